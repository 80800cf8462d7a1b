"""A second person agrees with how a case is to end, or gives it back. A case that ends moves no money by itself."""

from __future__ import annotations

from auth_service.accounts.credentials import StaffMember
from auth_service.accounts.roles import Permission, may
from auth_service.casework.case import CaseAct, CaseEvent, CaseState
from auth_service.casework.terms import bar_of
from auth_service.core.clock import Clock
from auth_service.core.errors import AccountTampered, CaseDoesNotFollow, KeyDestroyed, MakerGone, SecondPersonNeeded
from auth_service.flows.case_terms import alive_of, alone_with_case, error_of, judge_flags, keep_act
from auth_service.flows.money_terms import checked_note, require
from auth_service.storage.unit import Store, StoredCase, Unit


class DecideCase:
    """One instance serves all threads. after: the newest act on the page of whoever decides"""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def approve(self, case_id: str, note: str, staff: StaffMember, after: str | None = None) -> None:
        """The case is closed, and its flags are judged by what it found.

        raises   AccessRefused, SecondPersonNeeded (one's own), NotFound, CaseDoesNotFollow, StaleJudgement, ActRefused
                 (subclasses: as it was proposed it may not end any more, or its maker is gone), FieldTooLong
        """
        require(staff, Permission.DECIDE_CASES)
        said, now = checked_note(note), self._clock.now()
        with self._store.unit() as unit:
            case, proposed = _waiting(unit, case_id, staff, after)
            disposition = proposed.disposition
            if disposition is None or not _may_still_propose(unit, proposed.done_by or ""):
                raise MakerGone
            bar = bar_of(case.cause, disposition, case.round_flags, case.events, alive_of(unit, case.person_id))
            if bar is not None:
                raise error_of(bar)
            event = CaseEvent(
                CaseAct.APPROVED, staff.id, now, _words(unit, case, said), disposition=disposition,
                proposal_id=case.newest, proposed_by=proposed.done_by,
            )  # fmt: skip
            keep_act(unit, case, event)
            judge_flags(unit, case, disposition, event)

    def give_back(self, case_id: str, note: str, staff: StaffMember, after: str | None = None) -> None:
        """Returns it (退回): the work goes on. raises AccessRefused, SecondPersonNeeded, NotFound, CaseDoesNotFollow,
        StaleJudgement, FieldTooLong"""
        require(staff, Permission.DECIDE_CASES)
        said, now = checked_note(note), self._clock.now()
        with self._store.unit() as unit:
            case, proposed = _waiting(unit, case_id, staff, after)
            event = CaseEvent(
                CaseAct.RETURNED, staff.id, now, _words(unit, case, said), proposal_id=case.newest,
                proposed_by=proposed.done_by,
            )  # fmt: skip
            keep_act(unit, case, event)


def _waiting(unit: Unit, case_id: str, staff: StaffMember, after: str | None) -> tuple[StoredCase, CaseEvent]:
    """The case, and the proposal that waits. raises as the flow"""
    case = alone_with_case(unit, case_id, after)
    if case.standing.state is not CaseState.PROPOSED:
        raise CaseDoesNotFollow
    proposed = case.events[-1]
    if proposed.done_by == staff.id:
        raise SecondPersonNeeded
    return case, proposed


def _words(unit: Unit, case: StoredCase, said: str) -> str:
    """Nothing about somebody who was erased meanwhile; the case ends all the same."""
    try:
        unit.people.get(case.person_id)
    except KeyDestroyed:
        return ""
    return said


def _may_still_propose(unit: Unit, staff_id: str) -> bool:
    """An account that is disabled since, as a stolen one is, confirms nothing any more."""
    try:
        maker = unit.staff.get(staff_id)
    except AccountTampered:
        return False
    return maker is not None and not maker.disabled and may(maker.role, Permission.WORK_CASES)
