"""The audit trail as one file: a header, the checkpoints, then one row per line, each line JSON.

The rows hold pseudonymous ids, numbers and codes, nothing personal. Whoever has the file, a checkpoint from outside and
the public key can examine the trail without the service.
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from auth_service.core.audit import StoredRow, is_hash
from auth_service.core.errors import FileUnreadable
from auth_service.core.row_proof import row_of

_FORMAT = "auth-service audit export 1"
_LONGEST_LINE = 1_000_000
_NO_ROW = StoredRow(0, *[""] * 7)
"""Stands for a line that is no row; it fits nothing, so that the walk names its place."""


@dataclass(frozen=True, slots=True)
class ExportHeader:
    """How long the trail was, and its last hash, when it was written out."""

    rows: int
    head: str


def write_export(path: Path, header: ExportHeader, notes: Iterable[str], rows: Iterable[StoredRow]) -> int:
    """Writes the file whole or not at all, for its owner only; returns the rows written. raises FileUnreadable"""
    unfinished = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb", 1 << 20) as file:
            _line(file, {"format": _FORMAT, "rows": header.rows, "head": header.head})
            for note in notes:
                _line(file, {"checkpoint": note})
            count = 0
            for row in rows:
                _line(file, {"row": dict(zip(StoredRow._fields, row, strict=True))})
                count += 1
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
    except OSError as error:
        raise FileUnreadable(f"{path.name} cannot be written: {error.strerror}", field="out") from error
    finally:
        unfinished.unlink(missing_ok=True)
    return count


def _line(file: BinaryIO, document: dict[str, Any]) -> None:
    # ASCII only, so that no text in a row, however odd, can break a line or the file's encoding
    file.write(json.dumps(document, separators=(",", ":")).encode() + b"\n")


class AuditExport:
    """A written file, to be read again: its header and checkpoints at once, its rows line by line."""

    def __init__(self, path: Path) -> None:
        """raises FileUnreadable: not an export"""
        self._path = path
        with self._opened() as file:
            self.header = _header(file)
            self.notes = tuple(_notes(file))

    def rows(self) -> Iterator[StoredRow]:
        """A line that is no row comes out as one that does not fit."""
        with self._opened() as file:
            file.readline(_LONGEST_LINE)
            while line := file.readline(_LONGEST_LINE):
                document = _parsed(line)
                if isinstance(document, dict) and set(document) == {"checkpoint"}:
                    continue
                yield _row(document)

    def _opened(self) -> BinaryIO:
        try:
            return self._path.open("rb")
        except OSError as error:
            raise FileUnreadable(f"{self._path.name}: {error.strerror}", field="export") from error


def _header(file: BinaryIO) -> ExportHeader:
    document = _parsed(file.readline(_LONGEST_LINE))
    fits = isinstance(document, dict) and document.get("format") == _FORMAT
    if not fits or type(document.get("rows")) is not int or not is_hash(document.get("head")):
        raise FileUnreadable("not an export of the audit trail", field="export")
    return ExportHeader(document["rows"], document["head"])


def _notes(file: BinaryIO) -> Iterator[str]:
    """The checkpoints, which stand before the rows."""
    while line := file.readline(_LONGEST_LINE):
        document = _parsed(line)
        if not isinstance(document, dict) or set(document) != {"checkpoint"}:
            return
        yield str(document["checkpoint"])


def _row(document: Any) -> StoredRow:
    try:
        return row_of(document["row"])
    except (ValueError, KeyError, TypeError):
        return _NO_ROW


def _parsed(line: bytes) -> Any:
    """None for what is no JSON."""
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return None
