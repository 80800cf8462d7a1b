"""A contest: somebody says "I am alive", or that a hold is wrong in another way.

rules   anybody who can name the person may open one, at any channel; it changes nothing by itself
        an officer who sees the person lifts the hold at once; after a remote live pass one clerk does, within a
        working day; to leave things as they are takes two
        what was wrong in a record goes back to its source, and the source's answer is kept
source  domain.md sections 7, 8 and 15 (G1), D13; contract.md section 4
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from auth_service.core.clock import legal_date, working_days_after
from auth_service.qualification.evidence import Channel


class ContestAct(StrEnum):
    """What was done about a contest."""

    SEEN = "seen"
    """An officer saw the person, and what was held is paid again."""
    RESTORED = "restored"
    """One member of staff gave back what was held, on other grounds."""
    DISMISSAL_PROPOSED = "dismissal_proposed"
    DISMISSED = "dismissed"
    """A second one agrees that things stay as they are."""
    SOURCE_TOLD = "source_told"
    """Whoever keeps the record was told that it is wrong."""
    SOURCE_CORRECTED = "source_corrected"
    SOURCE_STANDS = "source_stands"


class ContestState(StrEnum):
    """Where a contest stands."""

    OPEN = "open"
    DISMISSAL_PROPOSED = "dismissal_proposed"
    RESTORED = "restored"
    DISMISSED = "dismissed"


CLOSED = frozenset({ContestState.RESTORED, ContestState.DISMISSED})
_TO: dict[ContestAct, ContestState] = {
    ContestAct.SEEN: ContestState.RESTORED,
    ContestAct.RESTORED: ContestState.RESTORED,
    ContestAct.DISMISSAL_PROPOSED: ContestState.DISMISSAL_PROPOSED,
    ContestAct.DISMISSED: ContestState.DISMISSED,
}
_FROM: dict[ContestAct, frozenset[ContestState]] = {
    ContestAct.SEEN: frozenset({ContestState.OPEN, ContestState.DISMISSAL_PROPOSED}),
    ContestAct.RESTORED: frozenset({ContestState.OPEN, ContestState.DISMISSAL_PROPOSED}),
    ContestAct.DISMISSAL_PROPOSED: frozenset({ContestState.OPEN}),
    ContestAct.DISMISSED: frozenset({ContestState.DISMISSAL_PROPOSED}),
}
_ANSWERS = frozenset({ContestAct.SOURCE_CORRECTED, ContestAct.SOURCE_STANDS})


@dataclass(frozen=True, slots=True)
class Contest:
    """What somebody says. opened_by: `person`, a proxy on file (`proxy:guardian`, `proxy:agent`), or who wrote
    it down for them (`staff:...`, `api_key:...`)"""

    id: str
    person_id: str
    channel: Channel
    opened_by: str
    opened_at: datetime
    words: str = ""


@dataclass(frozen=True, slots=True)
class ContestStep:
    """One act about a contest. proposed_by: of a dismissal, who proposed it"""

    act: ContestAct
    done_by: str
    done_at: datetime
    note: str = ""
    proposed_by: str | None = None


def state_of(steps: Sequence[ContestStep]) -> ContestState:
    """steps: oldest first."""
    state = ContestState.OPEN
    for step in steps:
        state = _TO.get(step.act, state)
    return state


def is_open(steps: Sequence[ContestStep]) -> bool:
    return state_of(steps) not in CLOSED


def proposer_of_dismissal(steps: Sequence[ContestStep]) -> str | None:
    return next((step.done_by for step in reversed(steps) if step.act is ContestAct.DISMISSAL_PROPOSED), None)


def may_follow(steps: Sequence[ContestStep], act: ContestAct) -> bool:
    """Whether an act about this contest is possible now, whoever does it."""
    if act in _FROM:
        return state_of(steps) in _FROM[act]
    told = [step.act for step in steps if step.act is ContestAct.SOURCE_TOLD or step.act in _ANSWERS]
    return bool(told) and told[-1] is ContestAct.SOURCE_TOLD if act in _ANSWERS else True


def restore_by(passed_at: datetime) -> date:
    """The day by which one clerk restores after a remote live pass: the next working day.

    source   domain.md G1; own decision: public holidays are not known here, so the day falls early, never late
    """
    return working_days_after(legal_date(passed_at), 1)
