"""A monitor's first judgement of a flag: false, or needs a check. It changes nothing about anybody's money."""

from __future__ import annotations

from auth_service.accounts.credentials import StaffMember
from auth_service.accounts.roles import Permission, may
from auth_service.core.clock import Clock
from auth_service.core.errors import AccessRefused, FieldTooLong, NotFound, ReasonMissing
from auth_service.flows.case_terms import keep_judgement
from auth_service.monitoring.flags import Judgement, Verdict
from auth_service.storage.unit import Store

_SHORTEST_REASON = 2
_LONGEST_REASON = 1000


class JudgeFlag:
    """Adds a judgement; earlier ones stay."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def run(self, flag_id: str, verdict: Verdict, reason: str, staff: StaffMember, after: str | None) -> Judgement:
        """`after` is the newest judgement on the monitor's page.

        raises AccessRefused, NotFound, ReasonMissing, FieldTooLong, StaleJudgement (somebody was faster)
        """
        if not may(staff.role, Permission.JUDGE_FLAGS):
            raise AccessRefused
        text = reason.strip()
        if len(text) < _SHORTEST_REASON:
            raise ReasonMissing(field="reason")
        if len(text) > _LONGEST_REASON:
            raise FieldTooLong(field="reason")
        now = self._clock.now()
        judgement = Judgement(flag_id, verdict, text, staff.id, now)
        with self._store.unit() as unit:
            if unit.flags.get(flag_id) is None:
                raise NotFound
            keep_judgement(unit, judgement, after)
        return judgement
