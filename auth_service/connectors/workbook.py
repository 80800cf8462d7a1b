"""Rows of the first sheet of an XLSX workbook. No macro runs, no formula is computed, no outside part is fetched.

The workbook is unpacked and parsed in a process of its own (workbook_child.py), behind the same fences as photos: a
crafted one can use up that process's memory and time, and no more.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from auth_service.connectors.workbook_child import (
    ANSWER,
    END,
    MOST_ANSWER,
    READY,
    REFUSED,
    ROWS,
    TOO_COSTLY,
)
from auth_service.core.cells import LostDigits
from auth_service.core.errors import FileUnreadable
from auth_service.core.fenced import ChildEnded, FencedChild, FencePolicy

WORKBOOK_FENCES = FencePolicy(data_bytes=416 * 1024 * 1024, cpu_seconds=900, wall_seconds=120.0)
"""For one workbook; the clock runs per batch of rows. source: measured,
100,000 rows of ten cells (12 MB) take 40 s and 63 MB, so the largest file (100 MB) about 340 s"""


def workbook_rows(path: Path, fences: FencePolicy = WORKBOOK_FENCES) -> Iterator[list[str]]:
    """Every row of the first sheet as text. raises FileUnreadable: damaged, hostile, too costly, or without a sheet"""
    try:
        with path.open("rb") as file:
            numbers = (str(file.fileno()), str(fences.data_bytes))
            child = FencedChild("auth_service.connectors.workbook_child", numbers, fences, (file.fileno(),))
    except OSError as error:
        raise FileUnreadable(f"damaged workbook: {type(error).__name__}") from error
    try:
        yield from _received(child)
    except ChildEnded as ended:
        why = "too much time" if ended.reason in {"cpu", "late"} else "too much memory, or it is damaged"
        raise FileUnreadable(f"reading the workbook takes {why}; save it as CSV") from ended
    finally:
        child.close()


def _received(child: FencedChild) -> Iterator[list[str]]:
    kind, content = _answer(child)
    if kind != READY:
        raise FileUnreadable("the workbook reader does not start")
    child.send(b"!")
    while True:
        kind, content = _answer(child)
        if kind == END:
            return
        if kind == REFUSED:
            raise FileUnreadable(str(content)[:200])
        if kind == TOO_COSTLY:
            raise FileUnreadable("reading the workbook takes too much memory; save it as CSV")
        if kind != ROWS:
            raise FileUnreadable("the workbook cannot be read")
        yield from [[_cell(cell) for cell in row] for row in content]


def _answer(child: FencedChild) -> tuple[int, Any]:
    """raises FileUnreadable: not an answer that a child of ours gives"""
    child.wait_anew()
    kind, length = ANSWER.unpack(child.receive(ANSWER.size))
    if length > MOST_ANSWER:
        raise FileUnreadable("the workbook cannot be read")
    try:
        return kind, json.loads(child.receive(length).decode(errors="surrogatepass")) if length else None
    except (ValueError, RecursionError) as error:
        raise FileUnreadable("the workbook cannot be read") from error


def _cell(cell: Any) -> str:
    return LostDigits(str(cell[0])) if isinstance(cell, list) else str(cell)
