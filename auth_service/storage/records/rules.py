"""Settings of rules within one unit: proposed, in force, of the past.

As of policies (records/policies.py), each setting and each activation carries a guard and names people who may do what
they did. A rule with an activation that is not so does not run, while all others go on: to fall back on the one before
would let whoever can spoil a row switch a rule off, or bring a harsher one back.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row, func, insert, select

from auth_service.accounts.roles import Permission, Role, may
from auth_service.core.errors import RuleParameterInvalid, RuleTampered
from auth_service.monitoring.flags import Severity
from auth_service.monitoring.parameters import RuleState, RuleTerms, Value, configured
from auth_service.monitoring.rules import IN_FORCE_FROM_START
from auth_service.monitoring.swept import SweptRule
from auth_service.storage.records.guards import guard_of, is_genuine, subject_of
from auth_service.storage.tables import RuleActivationRow, RuleSettingRow, StaffRow
from auth_service.storage.tables.schema import Schema, table_of
from auth_service.storage.work import Work, to_json

_SETTINGS, _ACTS, _STAFF = table_of(RuleSettingRow), table_of(RuleActivationRow), table_of(StaffRow)
_ALL_ACTS = select(_ACTS, _SETTINGS.c.rule_id).join(_SETTINGS, _SETTINGS.c.id == _ACTS.c.setting_id)


@dataclass(frozen=True, slots=True)
class NewSetting:
    """How a rule is to run. parameters: those that differ from its own; severity None: its own"""

    rule_id: str
    rule_version: int
    state: RuleState
    severity: Severity | None
    parameters: Mapping[str, Value]
    reason: str


@dataclass(frozen=True, slots=True)
class StoredSetting:
    """One proposal with what became of it. activated_by None, starts_on empty: never put in force"""

    id: str
    setting: NewSetting
    proposed_by: str
    proposed_at: datetime
    activated_by: str | None
    starts_on: tuple[date, ...]


class RuleSettings:
    """See the module."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def add(self, setting_id: str, setting: NewSetting, by: str, now: datetime) -> None:
        """Keeps a proposal."""
        values = {
            "id": setting_id,
            "rule_id": setting.rule_id,
            "rule_version": setting.rule_version,
            "state": setting.state.value,
            "severity": None if setting.severity is None else setting.severity.value,
            "parameters": to_json(dict(setting.parameters)),
            "reason": setting.reason,
            "proposed_by": by,
            "proposed_at": now,
        }
        guard = guard_of(self._work.indexes, RuleSettingRow, values)
        self._work.connection.execute(insert(_SETTINGS), {**values, "guard": guard})

    def activate(self, setting_id: str, starts_on: date, people: tuple[str, str], now: datetime) -> None:
        """people: who proposed, who activates. raises StorageFault: the database refuses one and the same person"""
        newest = select(func.coalesce(func.max(_ACTS.c.number), 0) + 1)
        values = {
            "number": self._work.connection.execute(newest).scalar_one(),
            "setting_id": setting_id,
            "starts_on": starts_on,
            "proposed_by": people[0],
            "activated_by": people[1],
            "activated_at": now,
        }
        guard = guard_of(self._work.indexes, RuleActivationRow, values)
        self._work.connection.execute(insert(_ACTS), {**values, "guard": guard})

    def terms(self, rule: type[SweptRule], today: date) -> RuleTerms:
        """How a rule runs on a day: by the newest activation that has begun, else as its class says.

        raises   RuleTampered: an activation or its setting was not written by this service as it stands, names somebody
                 who may not, or fits the rule no more; unless a later one that has begun has taken its place
        """
        found: RuleTerms | None = None
        fault: RuleTampered | None = None
        mine = _ALL_ACTS.where(_SETTINGS.c.rule_id == rule.rule_id, _ACTS.c.starts_on <= today)
        for act in self._work.connection.execute(mine.order_by(_ACTS.c.number)).all():
            try:
                self._require(RuleActivationRow, act, act.activated_by, Permission.ACTIVATE_RULE)
                found, fault = self._terms(rule, self._setting_row(act.setting_id)), None
            except RuleTampered as error:
                fault = error
        if fault is not None:
            raise fault
        if found is not None:
            return found
        first = RuleState.IN_FORCE if rule.rule_id in IN_FORCE_FROM_START else RuleState.SHADOW
        return RuleTerms(configured(rule, {}), first)

    def newest(self) -> int:
        """The number of the newest activation of any rule; 0 where there is none."""
        return int(self._work.connection.execute(select(func.coalesce(func.max(_ACTS.c.number), 0))).scalar_one())

    def get(self, setting_id: str) -> StoredSetting | None:
        """raises RuleTampered"""
        row = self._work.connection.execute(select(_SETTINGS).where(_SETTINGS.c.id == setting_id)).one_or_none()
        return None if row is None else self._stored(row)

    def of(self, rule_id: str) -> list[StoredSetting]:
        """Every proposal about a rule, newest first. raises RuleTampered"""
        wanted = select(_SETTINGS).where(_SETTINGS.c.rule_id == rule_id)
        newest_first = wanted.order_by(_SETTINGS.c.proposed_at.desc(), _SETTINGS.c.id.desc())
        return [self._stored(row) for row in self._work.connection.execute(newest_first).all()]

    def _setting_row(self, setting_id: str) -> Row[Any]:
        return self._work.connection.execute(select(_SETTINGS).where(_SETTINGS.c.id == setting_id)).one()

    def _terms(self, rule: type[SweptRule], row: Row[Any]) -> RuleTerms:
        setting = self._genuine(row)
        try:
            made = configured(rule, setting.parameters)
        except RuleParameterInvalid as error:  # of an earlier version of the rule: it would run as nobody said
            raise RuleTampered(subject_of(RuleSettingRow, row)) from error
        return RuleTerms(made, setting.state, setting.severity, row.id)

    def _stored(self, row: Row[Any]) -> StoredSetting:
        acts = self._work.connection.execute(_ALL_ACTS.where(_ACTS.c.setting_id == row.id).order_by(_ACTS.c.number))
        genuine = [act for act in acts.all() if is_genuine(self._work.indexes, RuleActivationRow, act)]
        return StoredSetting(
            row.id,
            self._genuine(row),
            row.proposed_by,
            row.proposed_at,
            genuine[-1].activated_by if genuine else None,
            tuple(act.starts_on for act in genuine),
        )

    def _genuine(self, row: Row[Any]) -> NewSetting:
        """A setting that this service wrote as it stands. raises RuleTampered"""
        self._require(RuleSettingRow, row, row.proposed_by, Permission.PROPOSE_RULE)
        severity = None if row.severity is None else Severity(row.severity)
        parameters = json.loads(row.parameters)
        return NewSetting(row.rule_id, row.rule_version, RuleState(row.state), severity, parameters, row.reason)

    def _require(self, kind: type[Schema], row: Row[Any], by: str, permission: Permission) -> None:
        """raises RuleTampered: the guard does not fit, or who did it has no role that may. An account that has ended
        since does not undo what it did."""
        member = self._work.connection.execute(select(_STAFF).where(_STAFF.c.id == by)).one_or_none()
        indexes = self._work.indexes
        known = member is not None and is_genuine(indexes, StaffRow, member) and may(Role(member.role), permission)
        if not known or not is_genuine(indexes, kind, row):
            raise RuleTampered(subject_of(kind, row))
