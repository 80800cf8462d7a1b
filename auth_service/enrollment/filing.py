"""The duty to file once the faces of 100,000 people are stored.

source   Measures for the Security Management of Face Recognition Technology Application (CAC and MPS, in force
         2025-06-01): filing with the provincial cyberspace administration within 30 working days (trust.md section 3)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from auth_service.core.clock import legal_date

WARNED_AT = 80_000
"""People; leaves time to prepare the file. source: trust.md section 3, alarm at 80,000"""
DUE_AT = 100_000
"""People; from the day on which this is reached the term runs."""
THRESHOLDS = (WARNED_AT, DUE_AT)
WORKING_DAYS = 30


@dataclass(frozen=True, slots=True)
class FaceCount:
    """people     with any stored face: enrolled photo, template, or a capture's
    usable     of these, people who can be compared with (a template in force)
    photos     enrolled photos
    """

    people: int
    usable: int
    photos: int


@dataclass(frozen=True, slots=True)
class Reached:
    """A threshold and the first count that was not below it."""

    threshold: int
    people: int
    at: datetime


class FilingDuty(StrEnum):
    """What the count asks for."""

    NONE = "none"
    PREPARE = "prepare"
    FILE = "file"


DUTY_TEXTS: dict[FilingDuty, tuple[str, str]] = {
    FilingDuty.NONE: (
        "存储人脸信息人数未达 8 万，暂无备案义务。",
        "Fewer than 80,000 people: nothing has to be filed.",
    ),
    FilingDuty.PREPARE: (
        "存储人脸信息人数已达 8 万，请准备备案材料（10 万人起 30 个工作日内备案）。",
        "80,000 people or more: prepare the filing, which is due within 30 working days of reaching 100,000.",
    ),
    FilingDuty.FILE: (
        "存储人脸信息人数已达 10 万，须在 30 个工作日内向省级网信部门备案。",
        "100,000 people or more: file with the provincial cyberspace administration within 30 working days.",
    ),
}
"""(zh, en)"""


def duty(people: int) -> FilingDuty:
    """What so many people ask for."""
    if people >= DUE_AT:
        return FilingDuty.FILE
    return FilingDuty.PREPARE if people >= WARNED_AT else FilingDuty.NONE


def file_by(reached: Sequence[Reached]) -> date | None:
    """The last day for the filing, None while nothing is due.

    Counts Mondays to Fridays from the day after; public holidays are not known here. They make the true term later,
    working weekends make it earlier: check the State Council's calendar of the year.
    """
    due = next((one for one in reached if one.threshold == DUE_AT), None)
    if due is None:
        return None
    day, left = legal_date(due.at), WORKING_DAYS
    while left:
        day += timedelta(days=1)
        left -= day.weekday() < 5
    return day
