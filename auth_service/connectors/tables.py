"""Table files for imports: CSV or XLSX by content, Chinese or English headers, columns in any order.

What makes a whole file doubtful (encoding, damaged parts, ragged rows, twice the same column) refuses the file
before its first row is used; what one row lacks is for the checks of its stage.
"""

from __future__ import annotations

import csv
import hashlib
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path

from auth_service.connectors.delimited import text_rows
from auth_service.connectors.formula_guard import unguarded
from auth_service.connectors.rejects import RejectWriter
from auth_service.connectors.workbook import workbook_rows
from auth_service.core.cells import LostDigits
from auth_service.core.errors import ColumnsMissing, FileUnreadable

__all__ = ["RejectWriter", "TableFile", "open_table"]

MAX_BYTES = 100_000_000
MAX_ROWS = 5_000_000
MAX_CELL_BYTES = 4_096
"""source of the three: issue bar for imports (trust.md 2.6, size, row and cell caps)"""
_ZIP = b"PK\x03\x04"
_OLD_WORKBOOK = b"\xd0\xcf\x11\xe0"


class TableFile:
    """An opened table: what it is called and holds, and its rows, which may be read more than once."""

    def __init__(self, path: Path, names: Mapping[str, str]) -> None:
        """names: header as folded by `_folded` -> English column name"""
        self._path = path
        self._names = names
        self.name = path.name
        self.digest = _digest(path)
        cells = self._cells()
        header = next(cells, [])
        self._unchecked: Iterator[list[str]] = chain([header], cells)
        self._columns = [names.get(_folded(cell)) for cell in header]
        self.columns = tuple(column for column in self._columns if column is not None)
        given = [cell.strip() for cell, column in zip(header, self._columns, strict=True) if column is None]
        self.unknown_columns = tuple(cell for cell in given if cell)
        _refuse_twice([*self.columns, *self.unknown_columns])

    def rows(self) -> Iterator[tuple[int, dict[str, str]]]:
        """(row number as a spreadsheet shows it, English column -> text), without blank rows.

        Cells are unguarded against formulas, otherwise as they lie in the file; a number cell that lost digits is a
        core.cells.LostDigits.
        raises   FileUnreadable: damaged in the middle
        """
        for number, cells in enumerate(self._cells(), start=1):
            if number > 1 and any(cells):
                yield (
                    number,
                    {
                        column: _value(cell)
                        for column, cell in zip(self._columns, cells, strict=False)
                        if column is not None
                    },
                )

    def check(self) -> None:
        """Reads the file once to the end, so that a doubtful one is refused before anything of it is used. Once only.

        raises   FileUnreadable: ragged rows, too many rows, too long a cell, damaged
        """
        width = len(self._columns)
        for number, cells in enumerate(self._unchecked, start=1):
            if number > MAX_ROWS + 1:
                raise FileUnreadable(f"more than {MAX_ROWS} rows")
            if any(len(cell) * 4 > MAX_CELL_BYTES and len(cell.encode()) > MAX_CELL_BYTES for cell in cells):
                raise FileUnreadable(f"row {number}: a cell is longer than {MAX_CELL_BYTES} bytes")
            if any("\0" in cell for cell in cells):
                raise FileUnreadable(f"row {number}: a NUL character")
            if any(cells[width:]) or (any(cells) and len(cells) < width):
                raise FileUnreadable(f"row {number} has {len(cells)} cells, the header {width}")

    def _cells(self) -> Iterator[list[str]]:
        if self._is_workbook():
            yield from self._padded(workbook_rows(self._path))
        else:
            yield from text_rows(self._path, self._known_in)

    @staticmethod
    def _padded(rows: Iterator[list[str]]) -> Iterator[list[str]]:
        """A sheet's rows end at their last filled cell; that makes none of them ragged."""
        width = 0
        for row in rows:
            width = width or len(row)
            yield row + [""] * (width - len(row))

    def _is_workbook(self) -> bool:
        with self._path.open("rb") as file:
            start = file.read(4)
        if start == _OLD_WORKBOOK:
            raise FileUnreadable("an old .xls workbook; save it as .xlsx or CSV")
        return start == _ZIP

    def _known_in(self, header: list[str]) -> int:
        return sum(_folded(cell) in self._names for cell in header)


def open_table(path: Path, columns: Mapping[str, tuple[str, ...]], required: Sequence[str]) -> TableFile:
    """A table whose header holds the required columns and whose rows all have the header's shape.

    columns  English name -> Chinese headers that mean the same
    raises   FileUnreadable, ColumnsMissing (names them)
    """
    try:
        size = path.stat().st_size
    except OSError as error:
        raise FileUnreadable(f"no file {path.name!r}") from error
    if size > MAX_BYTES:
        raise FileUnreadable(f"larger than {MAX_BYTES // 1_000_000} MB")
    names = {_folded(header): column for column, chinese in columns.items() for header in (column, *chinese)}
    try:
        table = TableFile(path, names)
    except (OSError, csv.Error) as error:
        raise FileUnreadable(f"{path.name!r} cannot be read") from error
    missing = [column for column in required if column not in table.columns]
    if missing:
        wanted = "; ".join(f"{column} ({' / '.join(columns[column])})" for column in missing)
        given = ", ".join([*table.columns, *table.unknown_columns][:40])
        raise ColumnsMissing(f"{wanted}. 文件里有 / the file has: {given}")
    table.check()
    return table


def _folded(header: str) -> str:
    return unicodedata.normalize("NFKC", header).strip().strip("\ufeff").casefold()


def _value(cell: str) -> str:
    return cell if isinstance(cell, LostDigits) else unguarded(cell)


def _refuse_twice(headers: Sequence[str]) -> None:
    twice = sorted({header for header in headers if headers.count(header) > 1})
    if twice:
        raise FileUnreadable(f"columns given twice: {', '.join(twice)}")


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
