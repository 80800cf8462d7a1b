"""A sample of what a rule in shadow found, drawn by lot and judged: so that a rule is measured before it is in force.
Nothing follows for anybody from it."""

from __future__ import annotations

from auth_service.accounts.credentials import StaffMember
from auth_service.accounts.roles import Permission, may
from auth_service.core.audit import AuditEvent
from auth_service.core.clock import Clock, legal_date
from auth_service.core.errors import (
    AccessRefused,
    FieldInvalid,
    FieldTooLong,
    NotFound,
    ReasonMissing,
    StaleJudgement,
)
from auth_service.monitoring.flags import Judgement, Verdict
from auth_service.monitoring.rules import swept
from auth_service.storage.unit import ShadowFlag, Store

MOST = 200
_SHORTEST_REASON, _LONGEST_REASON = 2, 1000


class JudgeShadow:
    """See the module."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def sample(self, rule_id: str, count: int, staff: StaffMember) -> list[ShadowFlag]:
        """So many by lot that nobody has judged, of what the rule found as it runs today.

        raises   AccessRefused, NotFound, RuleFixed, FieldInvalid (count), RuleTampered
        """
        _may_judge(staff)
        if not 1 <= count <= MOST:
            raise FieldInvalid(f"1 to {MOST}", field="count")
        rule = swept(rule_id)
        with self._store.reading() as unit:
            mark = unit.rule_settings.terms(rule, legal_date(self._clock.now())).mark
            return unit.shadow_flags.sample(rule_id, mark, count)

    def judge(self, flag_id: str, verdict: Verdict, reason: str, staff: StaffMember) -> Judgement:
        """raises AccessRefused, NotFound, ReasonMissing, FieldTooLong, StaleJudgement (somebody has judged it)"""
        _may_judge(staff)
        text = reason.strip()
        if len(text) < _SHORTEST_REASON:
            raise ReasonMissing(field="reason")
        if len(text) > _LONGEST_REASON:
            raise FieldTooLong(field="reason")
        now = self._clock.now()
        judgement = Judgement(flag_id, verdict, text, staff.id, now)
        with self._store.unit() as unit:
            if unit.shadow_flags.get(flag_id) is None:
                raise NotFound(field="flag")
            if not unit.shadow_flags.judge(judgement):
                raise StaleJudgement
            details = {"verdict": verdict.value}
            unit.audit.append(AuditEvent(f"staff:{staff.id}", "rule.judged", f"shadow_flag:{flag_id}", details), now)
        return judgement


def _may_judge(staff: StaffMember) -> None:
    if staff.disabled or not may(staff.role, Permission.JUDGE_FLAGS):
        raise AccessRefused
