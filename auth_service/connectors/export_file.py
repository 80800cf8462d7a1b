"""Lists that leave as a file, and no cell of it a formula: CSV in UTF-8 with a byte order mark, which spreadsheets need
for Chinese, or an XLSX workbook of text cells."""

from __future__ import annotations

import csv
import io
import os
import secrets
from collections.abc import Iterable, Sequence
from pathlib import Path

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

from auth_service.connectors.formula_guard import guarded
from auth_service.core.errors import StorageFault


def csv_file(rows: Iterable[Sequence[str]]) -> bytes:
    """The rows, the head among them; UTF-8 with a byte order mark. source: formula_guard.py"""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    for row in rows:
        writer.writerow([guarded(cell) for cell in row])
    return text.getvalue().encode("utf-8-sig")


def xlsx_file(rows: Iterable[Sequence[str]]) -> bytes:
    """The same as a workbook of one sheet. Every cell is typed as text, so that none is a formula, and guarded as well:
    whoever saves the sheet as CSV makes no formula of it either. Characters that a workbook cannot hold are left out.
    """
    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    for row in rows:
        cells = []
        for text in row:
            cell = WriteOnlyCell(sheet, ILLEGAL_CHARACTERS_RE.sub("", guarded(text)))
            cell.data_type = "s"
            cells.append(cell)
        sheet.append(cells)
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def write_private(path: Path, content: bytes) -> None:
    """The file for its owner only, whole or not at all. raises StorageFault"""
    unfinished = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
    except OSError as error:
        unfinished.unlink(missing_ok=True)
        raise StorageFault(f"{path} cannot be written") from error
