"""How rules run: proposed by one person, put in force from a day on by another; and what their scorecards advise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from auth_service.accounts.credentials import StaffMember
from auth_service.accounts.roles import Permission, may
from auth_service.core.audit import AuditEvent, Details
from auth_service.core.clock import Clock, legal_date
from auth_service.core.errors import (
    AccessRefused,
    DateInvalid,
    FieldTooLong,
    NotFound,
    ReasonMissing,
    RuleParameterInvalid,
    RuleTampered,
    SecondPersonNeeded,
)
from auth_service.core.ids import new_id
from auth_service.monitoring.flags import Severity
from auth_service.monitoring.parameters import RuleState, RuleTerms, configured, parameters_of
from auth_service.monitoring.rules import SWEPT, swept
from auth_service.storage.unit import NewSetting, RuleRun, Store, StoredSetting

_SHORTEST_REASON, _LONGEST_REASON = 2, 200


@dataclass(frozen=True, slots=True)
class RuleWish:
    """How somebody wants a rule to run. parameters: name -> value as text or JSON; severity None: the rule's own"""

    rule_id: str
    state: RuleState
    reason: str
    severity: Severity | None = None
    parameters: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RuleStanding:
    """How a swept rule stands today. terms None: its setting was changed behind the service, and it does not run"""

    rule_id: str
    terms: RuleTerms | None
    newest_run: RuleRun | None


class KeepRules:
    """See the module."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def propose(self, wish: RuleWish, member: StaffMember) -> StoredSetting:
        """Keeps a setting for a second person.

        raises   AccessRefused, NotFound (no such rule), RuleFixed, RuleParameterInvalid, ReasonMissing, FieldTooLong
        """
        _may(member, Permission.PROPOSE_RULE)
        rule, reason = swept(wish.rule_id), wish.reason.strip()
        if len(reason) < _SHORTEST_REASON:
            raise ReasonMissing(field="reason")
        if len(reason) > _LONGEST_REASON:
            raise FieldTooLong(field="reason")
        made, own = parameters_of(configured(rule, wish.parameters)), parameters_of(rule)
        differing = {name: value for name, value in made.items() if value != own[name]}
        setting = NewSetting(rule.rule_id, rule.version, wish.state, wish.severity, differing, reason)
        now, setting_id = self._clock.now(), new_id()
        with self._store.unit() as unit:
            unit.rule_settings.add(setting_id, setting, member.id, now)
            details: Details = {
                "rule": rule.rule_id, "version": rule.version, "state": wish.state.value,
                "severity": None if wish.severity is None else wish.severity.value, "parameters": len(differing),
            }  # fmt: skip
            unit.audit.append(AuditEvent(f"staff:{member.id}", "rule.proposed", f"rule_setting:{setting_id}", details),
                              now)  # fmt: skip
        return self.find(setting_id)

    def activate(self, setting_id: str, starts_on: date, member: StaffMember) -> StoredSetting:
        """Puts a proposed setting in force from a day on; those before stay as history.

        raises   NotFound, AccessRefused, SecondPersonNeeded (the proposer, or a proposer who may act no longer),
                 DateInvalid: the day is over; RuleParameterInvalid: made for another version of the rule; RuleTampered
        """
        _may(member, Permission.ACTIVATE_RULE)
        now = self._clock.now()
        with self._store.unit() as unit:
            found = unit.rule_settings.get(setting_id)
            if found is None:
                raise NotFound(field="setting")
            proposer = unit.staff.get(found.proposed_by)
            if found.proposed_by == member.id:
                raise SecondPersonNeeded
            if proposer is None or proposer.disabled or not may(proposer.role, Permission.PROPOSE_RULE):
                raise SecondPersonNeeded("who proposed it may not propose any more: let somebody propose it anew")
            if found.setting.rule_version != swept(found.setting.rule_id).version:
                raise RuleParameterInvalid("made for another version of the rule: propose it anew", field="setting")
            if starts_on < legal_date(now):
                raise DateInvalid(f"not before {legal_date(now)}", field="from")
            unit.rule_settings.activate(setting_id, starts_on, (found.proposed_by, member.id), now)
            details: Details = {"rule": found.setting.rule_id, "starts_on": str(starts_on)}
            unit.audit.append(AuditEvent(f"staff:{member.id}", "rule.activated", f"rule_setting:{setting_id}", details),
                              now)  # fmt: skip
        return self.find(setting_id)

    def find(self, setting_id: str) -> StoredSetting:
        """raises NotFound, RuleTampered"""
        with self._store.reading() as unit:
            found = unit.rule_settings.get(setting_id)
        if found is None:
            raise NotFound(field="setting")
        return found

    def of(self, rule_id: str) -> list[StoredSetting]:
        """Every setting that was proposed for a rule, newest first. raises NotFound, RuleFixed, RuleTampered"""
        rule = swept(rule_id)
        with self._store.reading() as unit:
            return unit.rule_settings.of(rule.rule_id)

    def standings(self) -> list[RuleStanding]:
        """How each swept rule stands today, in the order of the catalogue."""
        today = legal_date(self._clock.now())
        with self._store.reading() as unit:
            runs, found = unit.rule_runs.newest(), []
            for rule in sorted(SWEPT, key=lambda one: one.rule_id):
                try:
                    terms: RuleTerms | None = unit.rule_settings.terms(rule, today)
                except RuleTampered:  # told as such: the list must show it, not end by it
                    terms = None
                found.append(RuleStanding(rule.rule_id, terms, runs.get(rule.rule_id)))
        return found


def _may(member: StaffMember, permission: Permission) -> None:
    if member.disabled or not may(member.role, permission):
        raise AccessRefused(f"{member.role.value} may not: {permission.value}")
