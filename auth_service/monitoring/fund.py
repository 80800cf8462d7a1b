"""The safety of the fund in numbers, the harm that we do first: wrongful holds and how long they lasted, then how long
the dead were paid.

Whoever is judged by the money that is stopped stops the money of the living. So the first number is how many holds were
lifted because they were wrong, and the last are those that make a file longer (trust.md section 9, quotas on findings).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from math import ceil
from statistics import median

from auth_service.payments.proposals import Ground

WRONGFUL = frozenset({Ground.RECORD_WITHDRAWN, Ground.OUR_MISTAKE, Ground.SEEN_IN_PERSON, Ground.PASSED_REMOTELY})
"""Grounds of a resumption that say that the payment should not have stopped: the person lives and is entitled. A
sentence that ended, an acquittal and a missing person who came back are none: the ground was true while it lasted.
source: own decision on payments/proposals.py; whoever was late and then passed counts as wrongful, which is to our harm
and not to theirs"""
_DAY = 86_400
_YEAR = 365
EDGES = (1, 7, 30, 90)
"""Days at which a span falls into the next bar. source: own decision; a day, a week, a month, a quarter"""


class Standing(StrEnum):
    """How a recorded death stands with us."""

    OPEN = "open"
    """Nobody has stopped anything, and nobody has said that it is wrong."""
    CONTESTED = "contested"
    """Somebody says that the person lives, and nobody has answered yet."""
    HELD = "held"
    CONFIRMED = "confirmed"
    """The benefit was ended by two people because the death is confirmed."""


@dataclass(frozen=True, slots=True)
class Restore:
    """A benefit that was stopped and is paid again.

    taken, given        grounds of the first act that stopped it and of the one that resumed it
    taken_at, given_at  when each was approved
    """

    taken: Ground
    given: Ground
    taken_at: datetime
    given_at: datetime

    @property
    def days(self) -> float:
        return max(0.0, (self.given_at - self.taken_at).total_seconds() / _DAY)

    @property
    def is_wrongful(self) -> bool:
        return self.given in WRONGFUL


@dataclass(frozen=True, slots=True)
class Spread:
    """How long something took, in days; p90: nine of ten took no longer."""

    count: int
    median: float
    p90: float
    most: float


@dataclass(frozen=True, slots=True)
class RuleFlags:
    """Flags of one rule at one severity: how many were raised, and what the newest judgement of each says."""

    rule_id: str
    severity: str
    open: int
    needs_check: int
    false: int

    @property
    def raised(self) -> int:
        return self.open + self.needs_check + self.false


@dataclass(frozen=True, slots=True)
class Tries:
    """Attempts and passes of one way, county and age band.

    way      a channel of an attempt, or the kind of a pass by data, visit or another office's word
    region   county of today, six digits; empty where it is unknown
    band     age band; empty where the birth year is unknown
    failed   attempts that ended with "try again"
    waiting  attempts that a person looks at, and that brought no certificate so far
    """

    way: str
    region: str
    band: str
    passed: int
    failed: int = 0
    waiting: int = 0


@dataclass(frozen=True, slots=True)
class Death:
    """One recorded death of somebody in the ledger.

    days   from the death to the first act that stopped money for it; None: there was none. The longest that an
           uncertain day allows
    paid, fen  payments for months after the month of death, and their sum less what came back
    """

    standing: Standing
    days: float | None
    paid: int
    fen: int


@dataclass(frozen=True, slots=True)
class Exposure:
    """What was paid after deaths of one standing. people: with any such payment; deaths: all of them"""

    deaths: int
    people: int
    paid: int
    fen: int


@dataclass(frozen=True, slots=True)
class FundCount:
    """What is too much to be counted for each look: counted by the worker for the days up to `counted_at`.

    flags   by rule and severity; judged: of each rule, days from being raised to the first judgement
    deaths  spans to the first act, of those that have one; `waiting` have none
    """

    days: int
    counted_at: datetime
    people: int
    flags: tuple[RuleFlags, ...]
    judged: dict[str, Spread]
    tries: tuple[Tries, ...]
    bars: tuple[int, ...]
    deaths: Spread | None
    waiting: int
    exposure: dict[Standing, Exposure]


def spread(days: Iterable[float]) -> Spread | None:
    """None: there is nothing to tell. source: p90 by nearest rank, so that it is a span that somebody really waited"""
    ordered = sorted(days)
    if not ordered:
        return None
    return Spread(len(ordered), median(ordered), ordered[ceil(len(ordered) * 0.9) - 1], ordered[-1])


def bars(days: Iterable[float], edges: Sequence[int] = EDGES) -> tuple[int, ...]:
    """How many spans lie up to each edge, and one more number for those beyond the last."""
    found = [0] * (len(edges) + 1)
    for one in days:
        found[sum(one > edge for edge in edges)] += 1
    return tuple(found)


def yearly_per_100_000(count: int, people: int, days: int) -> float | None:
    """As the bar of trust.md section 9 is written. None: there is nobody"""
    return count * 100_000 * _YEAR / (people * days) if people else None


def exposure(deaths: Iterable[Death]) -> dict[Standing, Exposure]:
    """What was paid after deaths, by how each stands; every standing has its line."""
    found = dict.fromkeys(Standing, Exposure(0, 0, 0, 0))
    for one in deaths:
        so_far = found[one.standing]
        found[one.standing] = Exposure(
            so_far.deaths + 1, so_far.people + (one.fen > 0), so_far.paid + one.paid, so_far.fen + one.fen
        )
    return found
