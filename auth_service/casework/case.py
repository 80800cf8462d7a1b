"""A case: what several flags say about one person for one cause, and where the work on it stands.

rules   one case per person and cause; a new flag after its end opens it again, with its history
        a flag about no person makes no case, and a flag of low severity alone makes none: it joins one
        the most severe flag of the present round sets the queue, the number of different rules breaks ties
        machines gather; people assign, check, propose, and another person decides (disposition.py)
source  domain.md sections 6 and 8
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from auth_service.casework.disposition import Disposition, Outcome, Step
from auth_service.core.clock import legal_date, working_days_after
from auth_service.monitoring.flags import SEVERITY_ORDER, Severity


class Cause(StrEnum):
    """What a case is about."""

    DEATH = "death"
    IDENTITY = "identity"
    PAYMENT = "payment"
    VERIFICATION = "verification"
    CONDITION = "condition"
    """Something else may have ended the right: prison, another country, a survivor's marriage."""
    CONTROL = "control"
    """Members of staff, not the person, did what asks for a look."""
    LEDGER = "ledger"
    """The record may be wrong."""


_OF_FAMILY = {
    "D": Cause.DEATH,
    "I": Cause.IDENTITY,
    "P": Cause.PAYMENT,
    "V": Cause.VERIFICATION,
    "S": Cause.CONDITION,
    "C": Cause.CONTROL,
}
_OF_RULE = {
    "I01": Cause.LEDGER, "I02": Cause.LEDGER, "I05": Cause.PAYMENT, "I06": Cause.PAYMENT, "S08": Cause.LEDGER,
}  # fmt: skip
"""Rules whose finding belongs elsewhere than their family: a wrong record, and a benefit that is paid twice."""
PASSED_AFTER_DEATH = "D07"
"""Either the record of the death is wrong or somebody else passed: both are kept open until somebody met the person."""
TAKEN_BACK = "D13"
"""A registry took its record back: what people confirmed by it is asked again, however mild the flag."""
_OF_RECORDS = frozenset({PASSED_AFTER_DEATH, "D08", TAKEN_BACK})
"""Rules besides those about the ledger by which a record may be wrong: dates disagree, or a registry took it back."""
MEETING_DAYS = 3
"""Calendar days until that meeting. source: domain.md section 6, D07"""
_WORKING_DAYS = {Severity.CRITICAL: 5, Severity.HIGH: 10, Severity.MEDIUM: 20, Severity.LOW: 20}
"""source: domain.md section 8, clocks; low flags only join, so they hurry nobody"""


def cause_of(rule_id: str) -> Cause | None:
    """By the rule's id; None for a rule of no family."""
    return _OF_RULE.get(rule_id) or _OF_FAMILY.get(rule_id[:1])


def asks_about_records(rule_id: str) -> bool:
    """Whether a flag of this rule asks for a wrong record, so that finding one proves it right."""
    return rule_id in _OF_RECORDS or cause_of(rule_id) is Cause.LEDGER


def rules_of(cause: Cause) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """(first letters of rule ids, rule ids besides, rule ids that are not meant): for narrowing in SQL."""
    letters = tuple(letter for letter, one in _OF_FAMILY.items() if one is cause)
    besides = tuple(rule for rule, one in _OF_RULE.items() if one is cause)
    return letters, besides, tuple(rule for rule, one in _OF_RULE.items() if one is not cause and rule[:1] in letters)


class CaseState(StrEnum):
    """Where a case stands."""

    NEW = "new"
    ASSIGNED = "assigned"
    VERIFYING = "verifying"
    PROPOSED = "proposed"
    """Somebody says how it ends; another person decides."""
    CLOSED = "closed"


class CaseAct(StrEnum):
    """What was done about a case."""

    GATHERED = "gathered"
    """The machine put flags into it, the first of them to open it."""
    ASSIGNED = "assigned"
    STEP = "step"
    PROPOSED = "proposed"
    APPROVED = "approved"
    RETURNED = "returned"
    REOPENED = "reopened"
    """The machine found a new flag after the end."""


BY_MACHINE = frozenset({CaseAct.GATHERED, CaseAct.REOPENED})
SECOND_WORD = frozenset({CaseAct.APPROVED, CaseAct.RETURNED})
"""What only somebody else than the proposer may do."""
_WORKING = frozenset({CaseState.ASSIGNED, CaseState.VERIFYING})
_FROM: dict[CaseAct, frozenset[CaseState | None]] = {
    CaseAct.GATHERED: frozenset({None, CaseState.NEW, *_WORKING, CaseState.PROPOSED}),
    CaseAct.ASSIGNED: frozenset({CaseState.NEW, *_WORKING}),
    CaseAct.STEP: _WORKING,
    CaseAct.PROPOSED: frozenset({CaseState.VERIFYING}),
    CaseAct.APPROVED: frozenset({CaseState.PROPOSED}),
    CaseAct.RETURNED: frozenset({CaseState.PROPOSED}),
    CaseAct.REOPENED: frozenset({CaseState.CLOSED}),
}


def may_follow(state: CaseState | None, act: CaseAct) -> bool:
    """Whether an act is possible now, whoever does it. None: the case is being opened"""
    return state in _FROM[act]


def state_after(state: CaseState | None, act: CaseAct) -> CaseState:
    """What a possible act leads to. A new flag takes a proposal back: it was made without it."""
    if act is CaseAct.GATHERED:
        return CaseState.NEW if state is None else CaseState.VERIFYING if state is CaseState.PROPOSED else state
    if act is CaseAct.ASSIGNED:
        return CaseState.VERIFYING if state is CaseState.VERIFYING else CaseState.ASSIGNED
    return {
        CaseAct.STEP: CaseState.VERIFYING,
        CaseAct.PROPOSED: CaseState.PROPOSED,
        CaseAct.APPROVED: CaseState.CLOSED,
        CaseAct.RETURNED: CaseState.VERIFYING,
        CaseAct.REOPENED: CaseState.NEW,
    }[act]


@dataclass(frozen=True, slots=True)
class CaseFlag:
    """A flag in a case.

    gathered_at  when it was put there, from which its days run
    number       of the act that put it there, from 1: what came in which round is told by this, for a clock may stand
                 or go back
    """

    id: str
    rule_id: str
    severity: Severity
    gathered_at: datetime
    number: int = 1


@dataclass(frozen=True, slots=True)
class CaseEvent:
    """One act about a case.

    done_by      None: the machine
    assignee     who is to work on it, of an assignment
    proposal_id  of a second word: the act that it answers; proposed_by: who did that
    """

    act: CaseAct
    done_by: str | None
    done_at: datetime
    note: str = ""
    step: Step | None = None
    outcome: Outcome | None = None
    disposition: Disposition | None = None
    assignee: str | None = None
    proposal_id: str | None = None
    proposed_by: str | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a case stands after an act. rules: how many different ones fired in this round

    disposition  proposed while it waits, and how it ended when it is closed
    """

    state: CaseState
    severity: Severity
    rules: int
    due_on: date
    assignee: str | None = None
    disposition: Disposition | None = None

    @property
    def is_open(self) -> bool:
        return self.state is not CaseState.CLOSED

    def is_overdue(self, today: date) -> bool:
        return self.is_open and today > self.due_on


def standing_after(before: Standing | None, event: CaseEvent, flags: Sequence[CaseFlag]) -> Standing:
    """What a possible act makes of a case. flags: of the present round, those of this act included"""
    state = state_after(before.state if before else None, event.act)
    kept = before if before is not None and event.act is not CaseAct.REOPENED else None
    assignee = event.assignee if event.act is CaseAct.ASSIGNED else kept.assignee if kept else None
    said = event.disposition if state in {CaseState.PROPOSED, CaseState.CLOSED} else None
    return Standing(state, severity_of(flags), len({flag.rule_id for flag in flags}), due_on(flags), assignee, said)


def severity_of(flags: Sequence[CaseFlag]) -> Severity:
    """The worst. raises ValueError: none"""
    return min((flag.severity for flag in flags), key=SEVERITY_ORDER.__getitem__)


def due_on(flags: Sequence[CaseFlag]) -> date:
    """The day by which the most urgent of these flags is to be settled. raises ValueError: none"""
    return min(_due(flag) for flag in flags)


def _due(flag: CaseFlag) -> date:
    day = legal_date(flag.gathered_at)
    if flag.rule_id == PASSED_AFTER_DEATH:
        return day + timedelta(days=MEETING_DAYS)
    return working_days_after(day, _WORKING_DAYS[flag.severity])


def this_round(events: Sequence[CaseEvent]) -> Sequence[CaseEvent]:
    """The acts since the case was last opened, oldest first."""
    opened = max((place for place, event in enumerate(events) if event.act is CaseAct.REOPENED), default=0)
    return events[opened:]
