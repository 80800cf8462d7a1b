"""Rows of a text file: encoding and delimiter found from its content."""

from __future__ import annotations

import codecs
import csv
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

from auth_service.core.errors import FileUnreadable

_ENCODINGS = ("utf-8-sig", "gb18030")
"""UTF-8 first: it refuses nearly every other encoding, while GB18030 accepts much that it is not."""
_DELIMITERS = (",", "\t", ";")
_PIECE = 1 << 20


def text_rows(path: Path, known_in: Callable[[list[str]], int]) -> Iterator[list[str]]:
    """Every record, blank ones as empty lists. The whole encoding is checked before the first row comes.

    known_in  how many columns of a header row are known; chooses the delimiter
    raises    FileUnreadable: neither encoding, NUL bytes, or quotes that never close
    """
    encoding = _encoding(path)
    delimiter = _delimiter(path, encoding, known_in)
    try:
        with path.open(encoding=encoding, newline="") as file:
            yield from csv.reader(file, delimiter=delimiter, strict=True)
    except csv.Error as error:
        raise FileUnreadable(f"broken CSV: {error}") from error


def _encoding(path: Path) -> str:
    for encoding in _ENCODINGS:
        decoder = codecs.getincrementaldecoder(encoding)()
        try:
            with path.open("rb") as file:
                while piece := file.read(_PIECE):
                    if b"\0" in piece:
                        raise FileUnreadable("the file holds NUL bytes; save it as CSV in UTF-8 or GB18030")
                    decoder.decode(piece)
                decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            continue
        return encoding
    raise FileUnreadable("the text is neither UTF-8 nor GB18030")


def _delimiter(path: Path, encoding: str, known_in: Callable[[list[str]], int]) -> str:
    with path.open(encoding=encoding, newline="") as file:
        first = "".join(islice(file, 1))[:_PIECE]
    return max(_DELIMITERS, key=lambda delimiter: known_in(next(csv.reader([first], delimiter=delimiter), [])))
