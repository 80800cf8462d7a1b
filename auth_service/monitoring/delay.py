"""Days from a death to the hold that follows it: what early detection is measured by (domain.md finding 10)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from statistics import median

from auth_service.beneficiaries.dates import PartialDate
from auth_service.core.clock import legal_date
from auth_service.payments.months import Uncertain


@dataclass(frozen=True, slots=True)
class DeathAndHold:
    """A death that a registry told of, and the first approved hold of the same person after it became known.

    died     as the registry tells it, perhaps only month or year
    held_at  when the hold was approved; None: nobody is held for it
    """

    died: PartialDate
    held_at: datetime | None


@dataclass(frozen=True, slots=True)
class Delay:
    """least, most  days; they differ where the day of death is uncertain"""

    least: int
    most: int


@dataclass(frozen=True, slots=True)
class DelaySummary:
    """held, waiting    deaths with a hold and without
    median_least, median_most  days, over those with a hold; None: there are none
    """

    held: int
    waiting: int
    median_least: float | None
    median_most: float | None


def days_to_hold(one: DeathAndHold) -> Delay | None:
    """Legal days from the death to the approval; None: no hold. A hold before the death was for another reason and
    counts as no delay."""
    if one.held_at is None:
        return None
    died, held = Uncertain.among(one.died), legal_date(one.held_at)
    return Delay(_days(died.latest, held), _days(died.earliest, held))


def summary(deaths: Iterable[DeathAndHold]) -> DelaySummary:
    found = [days_to_hold(one) for one in deaths]
    held = [delay for delay in found if delay is not None]
    least = median(delay.least for delay in held) if held else None
    most = median(delay.most for delay in held) if held else None
    return DelaySummary(len(held), len(found) - len(held), least, most)


def _days(first: date, last: date) -> int:
    return max(0, (last - first).days)
