"""One file of a bulk enrolment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from auth_service.enrollment.sources import PhotoSource


@dataclass(frozen=True, slots=True)
class PhotoFile:
    """One file to enrol. `row` is its place in the manifest, or in the folder listing."""

    row: int
    path: Path
    id_number: str
    source: PhotoSource
    taken_on: date | None = None
