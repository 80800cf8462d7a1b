"""The daily count: what a kiosk says that it did, beside what came. A difference is a question, no accusation.

A kiosk keeps each record until a reconciliation agrees, so that even what an older backup of ours has lost comes again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from auth_service.core.clock import AGENCY_ZONE


@dataclass(frozen=True, slots=True)
class Reported:
    """What a kiosk says of one day, in the agency's zone.

    captures      captures with a line that were answered with an outcome
    records       records that it made without a line, by its own clock
    last_counter  number of its last record ever; 0: it made none
    last_hash     digest of that record; zeros for none
    """

    day: date
    captures: int
    records: int
    last_counter: int
    last_hash: str


def bounds_of(day: date) -> tuple[datetime, datetime]:
    """From when to when a day lasts."""
    begins = datetime.combine(day, time(), AGENCY_ZONE)
    return begins, begins + timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Here:
    """What came.

    highest      the highest counter
    settled      the same of what came before the kiosk can have counted
    last_hashes  digests of the records with the kiosk's last counter: none, one, or those of a fork
    missing      counters up to the kiosk's last one that did not come, or whose frames are lost; the lowest of them
    """

    captures: int
    records: int
    highest: int
    settled: int
    last_hashes: tuple[str, ...]
    missing: tuple[int, ...]


class Code(StrEnum):
    """What can differ."""

    CAPTURES_DIFFER = "captures_differ"
    RECORDS_DIFFER = "records_differ"
    RECORDS_MISSING = "records_missing"
    """Send these again; nothing is doubled."""
    RECORDS_UNKNOWN = "records_unknown"
    """Here are records with higher numbers than the kiosk has made: somebody else has its key."""
    LAST_HASH_DIFFERS = "last_hash_differs"
    """The record with the kiosk's last number is another one: somebody else has its key."""


DIFFERENCE_TEXTS: dict[Code, tuple[str, str]] = {
    Code.CAPTURES_DIFFER: ("联网采集数量不一致", "The numbers of captures with a line differ"),
    Code.RECORDS_DIFFER: ("离线记录数量不一致", "The numbers of records without a line differ"),
    Code.RECORDS_MISSING: ("有离线记录没有收到，请重新发送", "Some records did not come; send them again"),
    Code.RECORDS_UNKNOWN: (
        "收到了这台终端没有做过的记录，终端密钥可能被复制",
        "Records came that this kiosk never made; its key may have been copied",
    ),
    Code.LAST_HASH_DIFFERS: (
        "最后一条记录与收到的不同，终端密钥可能被复制",
        "The last record is another one than came; the kiosk's key may have been copied",
    ),
}
"""Code -> (zh, en)."""
SUSPICIOUS = frozenset({Code.RECORDS_UNKNOWN, Code.LAST_HASH_DIFFERS})
"""No honest kiosk that kept its memory says this."""


@dataclass(frozen=True, slots=True)
class Difference:
    """kiosk, here: the two numbers; counters: the missing ones, at most a hundred"""

    code: str
    kiosk: int
    here: int
    counters: tuple[int, ...] = ()


def differences_of(reported: Reported, here: Here) -> tuple[Difference, ...]:
    """All that differs; none: both agree."""
    found = []
    if reported.captures != here.captures:
        found.append(Difference(Code.CAPTURES_DIFFER, reported.captures, here.captures))
    if reported.records != here.records:
        found.append(Difference(Code.RECORDS_DIFFER, reported.records, here.records))
    if here.missing:
        found.append(Difference(Code.RECORDS_MISSING, reported.last_counter, here.highest, here.missing))
    if here.settled > reported.last_counter:
        found.append(Difference(Code.RECORDS_UNKNOWN, reported.last_counter, here.settled))
    if here.last_hashes and set(here.last_hashes) != {reported.last_hash}:
        found.append(Difference(Code.LAST_HASH_DIFFERS, reported.last_counter, reported.last_counter))
    return tuple(found)
