"""The chain of one kiosk's records: which record has its place, which one is missing, and what a copied kiosk leaves.

Every record has a counter, and names the record before it by its digest. What is wrong with a record follows from the
records that are there, whatever order they came in and however often: nothing here remembers an order.

rules   a copy of a kiosk (its key on two machines) makes two records of one counter, or two that name the same before
        them: a fork. No machine can tell which of the two is the copy, so neither passes by itself
        a record before which one is missing waits; it may be on its way
        a record that names another one before it than the one that is there is broken off
        what stands above the first such fault cannot be told from the copy's, and is held as well
source  trust.md F16 and F17
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

FIRST = "0" * 64
"""What the first record of a device names."""


@dataclass(frozen=True, slots=True)
class Link:
    """One record's place. previous: digest of the record before it, FIRST for the first; digest: of its own bytes"""

    counter: int
    previous: str
    digest: str


class ChainFault(StrEnum):
    """What is wrong with a record's place."""

    FORK = "fork"
    """Another record has the same counter, or names the same record before it."""
    BROKEN = "broken"
    """The record before it is there, and is another one than it names."""
    GAP = "gap"
    """The record before it is not there."""


@dataclass(frozen=True, slots=True)
class Near:
    """What is there around one record, itself left out.

    same    digests of records with its counter
    twins   digests of records with other counters that name the same record before them
    before  digests of records with the counter before its own
    """

    same: Collection[str] = ()
    twins: Collection[str] = ()
    before: Collection[str] = ()


def fault_of(link: Link, near: Near) -> ChainFault | None:
    """The gravest that is wrong with a record's place; None: it has its place."""
    if near.same or near.twins:
        return ChainFault.FORK
    if link.counter == 1:
        return None
    if not near.before:
        return ChainFault.GAP
    return None if link.previous in near.before else ChainFault.BROKEN


class Standing(StrEnum):
    """What follows for a record."""

    FITS = "fits"
    WAITS = "waits"
    HELD = "held"
    """It is decided, and passes only when a person says so."""


@dataclass(frozen=True, slots=True)
class ChainState:
    """What is known of a device's chain besides one record's own place.

    lowest_fault  the lowest counter with a fork, a break or a gap that was judged while the quarantine lasts
    lowest_gap    the lowest counter before which a record is missing, and which was not judged yet
    """

    lowest_fault: int | None = None
    lowest_gap: int | None = None


def standing_of(link: Link, fault: ChainFault | None, state: ChainState) -> Standing:
    """Of a record whose own gap, if it has one, was not judged yet."""
    if fault in {ChainFault.FORK, ChainFault.BROKEN}:
        return Standing.HELD
    if state.lowest_fault is not None and link.counter >= state.lowest_fault:
        return Standing.HELD
    if fault is ChainFault.GAP or (state.lowest_gap is not None and link.counter >= state.lowest_gap):
        return Standing.WAITS
    return Standing.FITS


def is_gap_for_good(
    received_at: datetime, quiet_since: datetime, now: datetime, waits: tuple[timedelta, timedelta]
) -> bool:
    """Whether a missing record has been waited for long enough.

    received_at  when the record above the gap came
    quiet_since  when the device's last record came: a queue that still empties is not judged
    waits        since then, and at most
    """
    quiet, most = waits
    return now - quiet_since >= quiet or now - received_at >= most
