"""Lists that leave as a file, and no cell of it a formula: CSV in UTF-8 with a byte order mark, which spreadsheets need
for Chinese, or an XLSX workbook of text cells."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

from auth_service.connectors.formula_guard import guarded


def csv_file(rows: Iterable[Sequence[str]]) -> bytes:
    """The rows, the head among them. source: formula_guard.py"""
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
