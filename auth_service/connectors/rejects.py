"""The file of refused rows: each as it came, with its row number, field, code and reason in both languages."""

from __future__ import annotations

import csv
import os
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any

from auth_service.connectors.formula_guard import guarded
from auth_service.core.errors import ServiceError, StorageFault

REASON_COLUMNS = ("row", "field", "code", "reason")


class RejectWriter:
    """Writes refused rows; the file appears whole at the end, and not at all when nothing was refused.

    CSV in UTF-8 with a byte order mark, which spreadsheets need to see Chinese; cells guarded against formulas. The
    file holds what was refused, personal data included, and is readable by its owner only.
    """

    def __init__(self, path: Path, columns: Sequence[str]) -> None:
        """columns: English names of the file's columns, in the order to repeat them"""
        self.path = path
        self.count = 0
        self._columns = tuple(columns)
        self._unfinished = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
        self._file: Any = None
        self._writer: Any = None

    def __enter__(self) -> RejectWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is None:
            return
        if kind is not None:  # what was refused until then is still worth having
            self._writer.writerow([""] * len(self._columns) + ["", "", "interrupted", "未完成 / not finished"])
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        self._unfinished.replace(self.path)

    def reject_row(self, row: int, values: Mapping[str, str], error: ServiceError) -> None:
        """One refused row. row: as a spreadsheet numbers it"""
        self.reject(row, [values.get(column, "") for column in self._columns], error)

    def reject(self, row: int, values: Sequence[str], error: ServiceError) -> None:
        """One refused row, its values in the order of the columns."""
        if self._writer is None:
            self._begin()
        reason = f"{error.text('zh')} / {error.text('en')}"
        if error.detail:
            reason = f"{reason} ({error.detail})"
        cells = (*values, str(row), error.field or "", error.code, reason)
        self._writer.writerow([guarded(cell) for cell in cells])
        self.count += 1

    def _begin(self) -> None:
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(self._unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        self._file = os.fdopen(handle, "w", encoding="utf-8-sig", newline="")
        self._writer = csv.writer(self._file)
        self._writer.writerow([*self._columns, *REASON_COLUMNS])


@dataclass(frozen=True, slots=True)
class RejectFolder:
    """The files of refused rows as retention sees them. fulfils flows/retain.py OldFiles"""

    folder: Path

    def count(self, before: datetime) -> int:
        return len(self._old(before))

    def due(self, before: datetime) -> list[Callable[[], None]]:
        return [partial(_unlink, path) for path in self._old(before)]

    def _old(self, before: datetime) -> list[Path]:
        """Unfinished ones too: whoever still writes one has written within the hour."""
        found = self.folder.iterdir() if self.folder.is_dir() else iter(())
        return [path for path in found if path.is_file() and path.stat().st_mtime < before.timestamp()]


def _unlink(path: Path) -> None:
    """raises StorageFault"""
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise StorageFault("the folder of refused rows cannot be written") from error
