"""Whether a case may end now as somebody says, and who comes first when it has."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from auth_service.casework.case import (
    PASSED_AFTER_DEATH,
    CaseEvent,
    CaseFlag,
    Cause,
    asks_about_records,
    this_round,
)
from auth_service.casework.disposition import CLEARS, CONFIRMS, MEETINGS, Disposition, Outcome, dispositions_of
from auth_service.monitoring.flags import Verdict


class Bar(StrEnum):
    """Why a case may not end like this now."""

    NOT_OF_CAUSE = "not_of_cause"
    NOT_CHECKED = "not_checked"
    NOT_MET = "not_met"
    """A pass after a registered death, and nobody went to see or met the person."""
    SEEN_ALIVE = "seen_alive"
    CONTESTED = "contested"
    """Somebody says that the person is alive, or that a hold is wrong, and nobody has answered yet."""


OF_THE_LIVING = frozenset({Bar.SEEN_ALIVE, Bar.CONTESTED})
"""Bars of a confirmed death alone."""


@dataclass(frozen=True, slots=True)
class Alive:
    """What speaks of the person beside this case.

    seen_at    when a member of staff last saw them, such as at an attested pass or for another of their cases
    contested  a contest is open
    """

    seen_at: datetime | None = None
    contested: bool = False


def bar_of(
    cause: Cause,
    said: Disposition,
    flags: Sequence[CaseFlag],
    events: Sequence[CaseEvent],
    alive: Alive,
) -> Bar | None:
    """Why a disposition may not be proposed or approved now; None where it may.

    flags    of the present round
    events   all, oldest first
    """
    steps = [event for event in this_round(events) if event.step is not None]
    if said not in dispositions_of(cause):
        return Bar.NOT_OF_CAUSE
    if said is Disposition.CONFIRMED_DEATH and (_seen_since(flags, alive.seen_at) or _found_alive(steps)):
        return Bar.SEEN_ALIVE
    if said is Disposition.CONFIRMED_DEATH and alive.contested:
        return Bar.CONTESTED
    if not steps:
        return Bar.NOT_CHECKED
    needs_meeting = any(flag.rule_id == PASSED_AFTER_DEATH for flag in flags)
    if needs_meeting and not any(event.step in MEETINGS and event.outcome in _SETTLES for event in steps):
        return Bar.NOT_MET
    return None


_SETTLES = frozenset({Outcome.SEEN, Outcome.TOLD_OF_DEATH})
"""Of a meeting, what it may end with for it to have been one: a door that stayed shut says nothing."""


def _seen_since(flags: Sequence[CaseFlag], seen_at: datetime | None) -> bool:
    """Since the first of them was gathered: whoever was seen before may have died since."""
    return seen_at is not None and any(seen_at >= flag.gathered_at for flag in flags)


def _found_alive(steps: Sequence[CaseEvent]) -> bool:
    """A meeting in which the person was there; a voice on a telephone may be anybody's."""
    return any(event.outcome is Outcome.SEEN for event in steps)


def verdict_of(said: Disposition, flag: CaseFlag) -> Verdict | None:
    """What the end of a case says of one flag in it; None: nothing. Whoever asked whether a record is wrong was right
    where one is."""
    if said in CONFIRMS or (said is Disposition.DATA_ERROR and asks_about_records(flag.rule_id)):
        return Verdict.NEEDS_CHECK
    return Verdict.FALSE_FLAG if said in CLEARS else None


def restores_first(said: Disposition | None, *, is_closed: bool, is_stopped: bool) -> bool:
    """Whether something is still held of somebody about whom nothing was wrong: first of all, one person restores."""
    return is_closed and is_stopped and said in CLEARS
