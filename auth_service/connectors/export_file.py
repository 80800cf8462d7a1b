"""Lists that leave as CSV: UTF-8 with a byte order mark, which spreadsheets need for Chinese, and no cell a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from auth_service.connectors.formula_guard import guarded


def csv_file(rows: Iterable[Sequence[str]]) -> bytes:
    """The rows, the head among them. source: formula_guard.py"""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    for row in rows:
        writer.writerow([guarded(cell) for cell in row])
    return text.getvalue().encode("utf-8-sig")
