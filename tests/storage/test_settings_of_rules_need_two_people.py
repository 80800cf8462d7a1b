"""The database keeps settings of rules as they were, puts none in force for the person who proposed it, and a rule with
one written by hand does not run."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy.exc import DBAPIError

from auth_service.accounts.credentials import StaffMember
from auth_service.accounts.roles import Role
from auth_service.core.audit import verify
from auth_service.core.errors import (
    AccessRefused,
    DateInvalid,
    FieldTooLong,
    NotFound,
    ReasonMissing,
    RuleFixed,
    RuleParameterInvalid,
    RuleTampered,
    SecondPersonNeeded,
    StorageFault,
)
from auth_service.core.ids import new_id
from auth_service.flows.keep_rules import KeepRules, RuleWish
from auth_service.monitoring.flags import Severity
from auth_service.monitoring.parameters import RuleState, RuleTerms, parameters_of
from auth_service.monitoring.rules.p04_amount_jump import AmountJump
from auth_service.monitoring.rules.p06_long_arrears import LongArrears
from auth_service.storage.unit import Store
from tests.conftest import FixedClock
from tests.storage.samples import NOW, direct_sql

TODAY = date(2026, 3, 10)


def member(store: Store, name: str, role: Role = Role.POLICY_ADMIN) -> StaffMember:
    made = StaffMember(new_id(), name, role, "hash", disabled=False, created_at=NOW)
    with store.unit() as unit:
        unit.staff.add(made)
    return made


def wish(percent: str = "30", state: RuleState = RuleState.SHADOW, **more: Any) -> RuleWish:
    return RuleWish("P04", state, "年度调整", parameters={"percent": percent}, **more)


def terms(store: Store, day: date = TODAY) -> RuleTerms:
    with store.reading() as unit:
        return unit.rule_settings.terms(AmountJump, day)


@pytest.fixture
def keeping(store: Store) -> KeepRules:
    return KeepRules(store, FixedClock(NOW))


def test_one_proposes_another_puts_in_force_and_the_past_stays(store: Store, keeping: KeepRules) -> None:
    li, wang = member(store, "li"), member(store, "wang")
    assert terms(store) == RuleTerms(AmountJump(), RuleState.IN_FORCE)
    first = keeping.propose(wish(), li)
    assert (first.setting.parameters, first.starts_on) == ({"percent": 30}, ())
    assert terms(store).setting_id is None
    keeping.activate(first.id, TODAY, wang)
    second = keeping.propose(wish("20", RuleState.IN_FORCE, severity=Severity.LOW), wang)
    assert second.setting.parameters == {}
    stored = keeping.activate(second.id, TODAY + timedelta(days=30), li)
    assert (stored.starts_on, stored.activated_by) == ((TODAY + timedelta(days=30),), li.id)
    assert terms(store) == RuleTerms(AmountJump(30), RuleState.SHADOW, None, first.id)
    later = terms(store, TODAY + timedelta(days=30))
    assert later == RuleTerms(AmountJump(), RuleState.IN_FORCE, Severity.LOW, second.id)
    with store.reading() as unit:
        assert unit.rule_settings.terms(LongArrears, TODAY).setting_id is None
        told = [row.event.action for row in unit.audit.rows() if row.event.action.startswith("rule.")]
        assert told == ["rule.proposed", "rule.activated"] * 2
        rows, head = unit.audit.head()
        assert verify(unit.audit.rows(), rows, head).ok


def test_what_may_not_be_done_is_refused(store: Store, keeping: KeepRules) -> None:
    li, wang, chen = member(store, "li"), member(store, "wang"), member(store, "chen", Role.MONITOR)
    proposed = keeping.propose(wish(), li)
    with pytest.raises(SecondPersonNeeded):
        keeping.activate(proposed.id, TODAY, li)
    with pytest.raises(DateInvalid):
        keeping.activate(proposed.id, TODAY - timedelta(days=1), wang)
    with pytest.raises(NotFound):
        keeping.activate(new_id(), TODAY, wang)
    with pytest.raises(RuleParameterInvalid):
        keeping.propose(wish("-1"), li)
    with pytest.raises(RuleFixed):
        keeping.propose(RuleWish("V05", RuleState.OFF, "不需要"), li)
    with pytest.raises(NotFound):
        keeping.propose(RuleWish("X99", RuleState.OFF, "不需要"), li)
    for reason, error in ((" ", ReasonMissing), ("长" * 201, FieldTooLong)):
        with pytest.raises(error):
            keeping.propose(RuleWish("P04", RuleState.OFF, reason), li)
    for refused in (lambda: keeping.propose(wish(), chen), lambda: keeping.activate(proposed.id, TODAY, chen)):
        with pytest.raises(AccessRefused):
            refused()


def test_a_setting_of_somebody_who_may_propose_no_more_is_not_put_in_force(store: Store, keeping: KeepRules) -> None:
    li, wang = member(store, "li"), member(store, "wang")
    proposed = keeping.propose(wish(), li)
    with store.unit() as unit:
        unit.staff.disable(li.id, NOW)
    with pytest.raises(SecondPersonNeeded):
        keeping.activate(proposed.id, TODAY, wang)


def test_a_setting_for_another_version_of_a_rule_is_not_put_in_force(
    store: Store, keeping: KeepRules, monkeypatch: pytest.MonkeyPatch
) -> None:
    li, wang = member(store, "li"), member(store, "wang")
    proposed = keeping.propose(wish(), li)
    monkeypatch.setattr(AmountJump, "version", 2)
    with pytest.raises(RuleParameterInvalid):
        keeping.activate(proposed.id, TODAY, wang)


@pytest.mark.asvs("2.3.5")
def test_one_person_cannot_be_both_not_even_by_sql(store: Store, url: str, keeping: KeepRules) -> None:
    li, wang = member(store, "li"), member(store, "wang")
    proposed = keeping.propose(wish(), li)
    with pytest.raises(StorageFault), store.unit() as unit:
        unit.rule_settings.activate(proposed.id, TODAY, (li.id, li.id), NOW)
    with pytest.raises(StorageFault), store.unit() as unit:
        unit.rule_settings.activate(proposed.id, TODAY, (wang.id, li.id), NOW)
    assert terms(store).setting_id is None
    statement = (
        "INSERT INTO rule_activations (number, setting_id, starts_on, proposed_by, activated_by, activated_at) "
        f"VALUES (1, '{proposed.id}', '2026-03-10', '{wang.id}', '{li.id}', '2026-03-10 00:00:00.000000')"
    )
    with pytest.raises(DBAPIError):
        direct_sql(url, statement)


def test_an_activation_put_in_by_sql_stops_the_rule_and_no_other(store: Store, url: str, keeping: KeepRules) -> None:
    li, wang = member(store, "li"), member(store, "wang")
    proposed = keeping.propose(wish(state=RuleState.OFF), li)
    direct_sql(
        url,
        "INSERT INTO rule_activations (number, setting_id, starts_on, proposed_by, activated_by, activated_at) "
        f"VALUES (1, '{proposed.id}', '2026-03-10', '{li.id}', '{wang.id}', '2026-03-10 00:00:00.000000')",
    )
    with pytest.raises(RuleTampered):
        terms(store)
    standing = {one.rule_id: one.terms for one in keeping.standings()}
    assert standing["P04"] is None
    assert standing["P06"] is not None
    with store.reading() as unit:
        refused = [row.event for row in unit.audit.rows() if row.event.action == "rule.refused"]
    assert [event.subject or (event.details or {}) for event in refused] == ["rule_activation:1"]
    again = keeping.propose(wish("25"), li)
    keeping.activate(again.id, TODAY, wang)
    assert parameters_of(terms(store).rule) == {"percent": 25}


def test_settings_and_findings_are_never_edited(store: Store, url: str, keeping: KeepRules) -> None:
    li, wang = member(store, "li"), member(store, "wang")
    keeping.activate(keeping.propose(wish(), li).id, TODAY, wang)
    for statement in (
        "UPDATE rule_settings SET state = 'off'",
        "DELETE FROM rule_settings",
        "UPDATE rule_activations SET starts_on = '2026-01-01'",
        "DELETE FROM rule_activations",
    ):
        with pytest.raises(DBAPIError, match="append-only"):
            direct_sql(url, statement)
