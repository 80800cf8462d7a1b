"""The database keeps policies as they were, puts none in force for the person who proposed it, and one written by hand
judges nobody."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy.exc import DBAPIError

from auth_service.accounts.credentials import StaffMember
from auth_service.accounts.roles import Role
from auth_service.beneficiaries.person import BenefitKind
from auth_service.connectors.policy_file import read_policy_text
from auth_service.core.audit import verify
from auth_service.core.errors import (
    AccessRefused,
    AlreadyExists,
    DateInvalid,
    NotFound,
    PolicyRefused,
    PolicyTampered,
    SecondPersonNeeded,
    StorageFault,
)
from auth_service.core.ids import new_id
from auth_service.flows.keep_policies import KeepPolicies
from auth_service.storage.unit import Store
from tests.conftest import FixedClock
from tests.storage.samples import NOW, direct_sql

TODAY = date(2026, 3, 10)
FIRST = read_policy_text("name: first\npolicies:\n  - benefits: [survivor]\n    cycle: {months: 6}\n")
SECOND = read_policy_text("name: second\npolicies:\n  - benefits: [survivor]\n    cycle: {months: 9}\n")


def member(store: Store, name: str, role: Role = Role.POLICY_ADMIN) -> StaffMember:
    made = StaffMember(new_id(), name, role, "hash", disabled=False, created_at=NOW)
    with store.unit() as unit:
        unit.staff.add(made)
    return made


def months(store: Store, day: date) -> int:
    with store.reading() as unit:
        return unit.policies.book().on(day, BenefitKind.SURVIVOR, "").cycle.months


@pytest.fixture
def keeping(store: Store) -> KeepPolicies:
    return KeepPolicies(store, FixedClock(NOW))


def test_one_proposes_another_puts_in_force_and_the_past_stays(store: Store, keeping: KeepPolicies) -> None:
    li, wang = member(store, "li"), member(store, "wang")
    keeping.propose(FIRST, li)
    keeping.propose(SECOND, li)
    assert months(store, TODAY) == 12
    keeping.activate("first", TODAY, wang)
    stored = keeping.activate("second", TODAY + timedelta(days=30), wang)
    assert (stored.starts_on, stored.activated_by) == ((TODAY + timedelta(days=30),), wang.id)
    assert [months(store, TODAY + timedelta(days=days)) for days in (-1, 0, 29, 30)] == [12, 6, 6, 9]
    with store.reading() as unit:
        told = [row.event.action for row in unit.audit.rows() if row.event.action.startswith("policy.")]
        assert told == ["policy.proposed"] * 2 + ["policy.activated"] * 2
        rows, head = unit.audit.head()
        assert verify(unit.audit.rows(), rows, head).ok


def test_what_may_not_be_done_is_refused(store: Store, keeping: KeepPolicies) -> None:
    li, wang, chen = member(store, "li"), member(store, "wang"), member(store, "chen", Role.MONITOR)
    keeping.propose(FIRST, li)
    with pytest.raises(AlreadyExists):
        keeping.propose(FIRST, wang)
    with pytest.raises(SecondPersonNeeded):
        keeping.activate("first", TODAY, li)
    with pytest.raises(DateInvalid):
        keeping.activate("first", TODAY - timedelta(days=1), wang)
    with pytest.raises(NotFound):
        keeping.activate("other", TODAY, wang)
    with pytest.raises(PolicyRefused, match="line 2"):
        keeping.propose(read_policy_text("name: a\npolicies: x\n"), li)
    for refused in (lambda: keeping.propose(SECOND, chen), lambda: keeping.activate("first", TODAY, chen)):
        with pytest.raises(AccessRefused):
            refused()


@pytest.mark.asvs("2.3.5")
def test_one_person_cannot_be_both_not_even_by_sql(store: Store, url: str, keeping: KeepPolicies) -> None:
    li, wang = member(store, "li"), member(store, "wang")
    policy = keeping.propose(FIRST, li)
    with pytest.raises(StorageFault), store.unit() as unit:
        unit.policies.activate(policy.id, TODAY, (li.id, li.id), NOW)
    columns = "INSERT INTO policy_activations (policy_id, starts_on, proposed_by, activated_by, activated_at) VALUES"
    for proposed_by, activated_by in ((li.id, li.id), (wang.id, li.id)):
        values = f"('{policy.id}', '{TODAY}', '{proposed_by}', '{activated_by}', '2026-03-10 00:00:00.000000')"
        with pytest.raises(DBAPIError):
            direct_sql(url, f"{columns} {values}")
    assert months(store, TODAY) == 12


@pytest.mark.parametrize("table", ["policies", "policy_activations"])
def test_neither_can_be_edited(store: Store, url: str, keeping: KeepPolicies, table: str) -> None:
    keeping.propose(FIRST, member(store, "li"))
    keeping.activate("first", TODAY, member(store, "wang"))
    column = "document" if table == "policies" else "starts_on"
    for statement in (f"UPDATE {table} SET {column} = {column}", f"DELETE FROM {table}"):
        with pytest.raises(DBAPIError, match="append-only"):
            direct_sql(url, statement)


def test_a_policy_written_by_hand_judges_nobody_until_two_people_put_one_in_force_anew(
    store: Store, url: str, keeping: KeepPolicies
) -> None:
    li, wang = member(store, "li"), member(store, "wang")
    policy = keeping.propose(FIRST, li)
    earlier = TODAY - timedelta(days=400)
    direct_sql(
        url,
        "INSERT INTO policy_activations (policy_id, starts_on, proposed_by, activated_by, activated_at) VALUES "
        f"('{policy.id}', '{earlier}', '{li.id}', '{wang.id}', '2026-03-10 00:00:00.000000')",
    )
    with pytest.raises(PolicyTampered):
        months(store, TODAY)
    keeping.activate("first", TODAY, wang)
    with pytest.raises(PolicyTampered):
        months(store, TODAY)
    keeping.activate("first", earlier, wang)
    assert months(store, TODAY) == 6
    with store.reading() as unit:
        assert "policy.refused" in [row.event.action for row in unit.audit.rows()]
