"""A monitor works on a case: assigns it, notes what was checked, and says how it ends. Nothing of it moves money."""

from __future__ import annotations

from dataclasses import dataclass

from auth_service.accounts.credentials import StaffMember
from auth_service.accounts.roles import Permission, may
from auth_service.casework.case import CaseAct, CaseEvent
from auth_service.casework.disposition import OUTCOMES, Disposition, Outcome, Step
from auth_service.casework.terms import bar_of
from auth_service.core.clock import Clock
from auth_service.core.errors import FieldInvalid, KeyDestroyed, NotFound, ReasonMissing
from auth_service.flows.case_terms import alive_of, alone_with_case, error_of, keep_act
from auth_service.flows.money_terms import checked_note, require
from auth_service.storage.unit import Store, StoredCase, Unit

_SHORTEST_REASON = 2


@dataclass(frozen=True, slots=True)
class Checked:
    """What somebody did to check, and what came of it."""

    step: Step
    outcome: Outcome
    note: str = ""


class WorkCase:
    """One instance serves all threads. after: the newest act on the page of whoever acts; None where they saw none"""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def assign(self, case_id: str, to: str, staff: StaffMember, after: str | None = None) -> None:
        """Somebody is to work on it, oneself or another monitor, named by user name.

        raises   AccessRefused, NotFound, FieldInvalid (nobody who may), CaseDoesNotFollow, StaleJudgement
        """
        require(staff, Permission.WORK_CASES)
        with self._store.unit() as unit:
            case = alone_with_case(unit, case_id, after)
            event = CaseEvent(CaseAct.ASSIGNED, staff.id, self._clock.now(), assignee=_worker(unit, to))
            keep_act(unit, case, event)

    def note_step(self, case_id: str, checked: Checked, staff: StaffMember, after: str | None = None) -> None:
        """raises AccessRefused, NotFound, FieldInvalid (an outcome of another step), FieldTooLong, CaseDoesNotFollow,
        StaleJudgement"""
        require(staff, Permission.WORK_CASES)
        if checked.outcome not in OUTCOMES[checked.step]:
            raise FieldInvalid(field="outcome")
        said, now = checked_note(checked.note), self._clock.now()
        with self._store.unit() as unit:
            case = alone_with_case(unit, case_id, after)
            event = CaseEvent(CaseAct.STEP, staff.id, now, said, checked.step, checked.outcome)
            _keep_words(unit, case, event)

    def propose(
        self, case_id: str, said: Disposition, reason: str, staff: StaffMember, after: str | None = None
    ) -> None:
        """How it ends, if somebody else agrees.

        raises   AccessRefused, NotFound, ReasonMissing, FieldTooLong, CaseDoesNotFollow, StaleJudgement; ActRefused
                 (subclasses: not of this cause, nothing checked, nobody met, or the person was seen alive)
        """
        require(staff, Permission.WORK_CASES)
        words = checked_note(reason)
        if len(words) < _SHORTEST_REASON:
            raise ReasonMissing(field="reason")
        now = self._clock.now()
        with self._store.unit() as unit:
            case = alone_with_case(unit, case_id, after)
            bar = bar_of(case.cause, said, case.round_flags, case.events, alive_of(unit, case.person_id))
            if bar is not None:
                raise error_of(bar)
            _keep_words(unit, case, CaseEvent(CaseAct.PROPOSED, staff.id, now, words, disposition=said))


def _keep_words(unit: Unit, case: StoredCase, event: CaseEvent) -> None:
    """raises NotFound: words about somebody who was erased are kept nowhere"""
    try:
        keep_act(unit, case, event)
    except KeyDestroyed as error:
        raise NotFound from error


def _worker(unit: Unit, username: str) -> str:
    """raises FieldInvalid"""
    for member in unit.staff.all():
        if member.username == username and not member.disabled and may(member.role, Permission.WORK_CASES):
            return member.id
    raise FieldInvalid(field="assignee")
