"""The workbook reader's own process: an open file in, rows of text out, and nothing else that it could do.

Started by workbook.py, which also takes the form of the answers from here.
"""

from __future__ import annotations

import io
import json
import os
import struct
import sys
import warnings
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import closing
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, BinaryIO
from xml.etree.ElementTree import ParseError

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from auth_service.connectors.workbook_check import refuse_hostile
from auth_service.core.errors import FileUnreadable
from auth_service.core.fences import forbid_opening, forbid_system_calls, set_limits

ANSWER = struct.Struct("<BI")
"""Kind, and bytes of JSON that follow."""
READY, ROWS, END, REFUSED, TOO_COSTLY, FAULT = range(6)
"""JSON: none; a list of rows, each a list of text or [text] for a number that lost digits; none; why; none; what."""
MOST_ROWS = 1_048_576
"""source: ECMA-376 as spreadsheets keep it (Excel specifications and limits)"""
MOST_COLUMNS = 1_000
MOST_ANSWER = 64 * 1024 * 1024
_ROWS_AT_ONCE, _SIGNS_AT_ONCE = 500, 1_000_000

_KEPT_DIGITS = 15
"""source: IEEE 754 double as spreadsheets use it"""
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    InvalidFileException,
    ParseError,
    KeyError,
    ValueError,
    TypeError,
    AttributeError,
    IndexError,
    EOFError,
    OSError,
    NotImplementedError,
    RecursionError,
)
"""What openpyxl and zipfile let through for damaged workbooks; all of it means: this is no workbook we can read."""

Cell = str | list[str]


def main(file_at: int, data_bytes: int) -> None:
    """Reads one workbook to its end."""
    answers = os.dup(1)
    os.dup2(2, 1)
    file = os.fdopen(file_at, "rb")
    for _ in _rows(io.BytesIO(_sample())):
        pass  # what is loaded lazily is loaded by now
    set_limits(data_bytes)
    forbid_opening()
    forbid_system_calls()
    _say(answers, READY)
    os.read(0, 1)
    try:
        refuse_hostile(file)
        for rows in _batches(_rows(file)):
            _say(answers, ROWS, rows)
        _say(answers, END)
    except FileUnreadable as refused:
        _say(answers, REFUSED, refused.detail)
    except MemoryError:
        _say(answers, TOO_COSTLY)
    except _BROKEN as broken:
        _say(answers, REFUSED, f"damaged workbook: {type(broken).__name__}")
    except Exception as fault:  # noqa: BLE001 - the parent, who can log, is told
        _say(answers, FAULT, type(fault).__name__)


def _say(answers: int, kind: int, content: object = None) -> None:
    body = b"" if content is None else json.dumps(content, ensure_ascii=False).encode(errors="surrogatepass")
    line = memoryview(ANSWER.pack(kind, len(body)) + body)
    while line:
        line = line[os.write(answers, line) :]


def _batches(rows: Iterator[list[Cell]]) -> Iterator[list[list[Cell]]]:
    batch: list[list[Cell]] = []
    signs = 0
    for number, row in enumerate(rows, start=1):
        if number > MOST_ROWS:
            raise FileUnreadable(f"more than {MOST_ROWS} rows")
        if len(row) > MOST_COLUMNS:
            raise FileUnreadable(f"more than {MOST_COLUMNS} columns")
        batch.append(row)
        signs += sum(map(len, row))
        if len(batch) >= _ROWS_AT_ONCE or signs >= _SIGNS_AT_ONCE:
            yield batch
            batch, signs = [], 0
    yield batch


def _rows(file: BinaryIO) -> Iterator[list[Cell]]:
    with closing(_loaded(file)) as book:
        if not book.worksheets:
            raise FileUnreadable("the workbook has no sheet")
        sheet = book.worksheets[0]
        sheet.reset_dimensions()  # the size that a file states for itself may be wrong
        for row in sheet.iter_rows(values_only=True):
            yield [_text(value) for value in row]


def _loaded(file: BinaryIO) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about styles and extensions that we do not read
        return load_workbook(file, read_only=True, data_only=True, keep_links=False)


def _text(value: Any) -> Cell:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int | float):
        return _number_text(value)
    if isinstance(value, datetime):
        return str(value.date()) if value.time() == time() else value.isoformat(sep=" ")
    return value.isoformat() if isinstance(value, date | time) else str(value)


def _number_text(value: float) -> Cell:
    """Digits without an exponent; beyond what a number cell keeps, as the spreadsheet shows it, and marked."""
    digits = format(Decimal(repr(value)), "f")
    whole = digits.partition(".")[0].lstrip("-")
    if len(whole) > _KEPT_DIGITS:
        return [f"{value:.14E}"]
    return digits.rstrip("0").rstrip(".") if "." in digits else digits


def _sample() -> bytes:
    """A workbook with a text, a number, a date and a shared string, written before the fences stand."""
    from openpyxl import Workbook  # noqa: PLC0415 - for the sample only

    book = Workbook()
    book.worksheets[0].append(["text", 1.5, 10**17, datetime(2026, 1, 1), date(2026, 1, 1), time(1), True, None])  # noqa: DTZ001
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
