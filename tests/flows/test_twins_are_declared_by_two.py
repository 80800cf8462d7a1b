"""Twins: one member of staff says so, another confirms, and from then on a scan of faces passes the pair over."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError

from auth_service.accounts.roles import Role
from auth_service.beneficiaries.kin import KinAct, Relation
from auth_service.core.errors import (
    AccessRefused,
    AlreadyExists,
    BeneficiaryUnknown,
    FieldInvalid,
    NotFound,
    ReasonMissing,
    SecondPersonNeeded,
)
from auth_service.flows.declare_kin import DeclareKin
from tests.builders import LI, Agency
from tests.flows.erasing import Privacy
from tests.flows.scanning import Scanning

REASON = "出生证明上为双胞胎"


class Twins:
    """Two people who look the same, and who may say that they are two."""

    def __init__(self, agency: Agency) -> None:
        self.scanning = Scanning(agency)
        self.flow = DeclareKin(agency.store, agency.clock)
        self.scanning.strangers(4)
        self.pair = self.scanning.enrol("twin", 30), self.scanning.enrol("twin", 31, take=1)
        self.officer = agency.member(Role.OFFICER, "ouyang")
        self.checker = agency.member(Role.CHECKER, "cheng")
        self.monitor = agency.member(Role.MONITOR, "meng")

    def declare(self) -> None:
        self.flow.declare(self.pair, Relation.TWIN, REASON, self.officer)

    def confirm(self) -> None:
        self.flow.confirm((self.pair[1], self.pair[0]), "户口簿已核", self.checker)


@pytest.fixture
def twins(agency: Agency) -> Twins:
    return Twins(agency)


def test_a_pair_that_two_people_declared_is_passed_over_and_listed(twins: Twins) -> None:
    twins.declare()
    twins.confirm()
    report = twins.scanning.run()
    assert (report.reached, report.raised, report.passed_over) == (1, 0, 1)
    ((stored, reason),) = twins.flow.all()
    assert (stored.exempt, stored.act, stored.relation, reason) == (True, KinAct.CONFIRMED, Relation.TWIN, "户口簿已核")
    assert (stored.declared_by, stored.done_by) == (twins.officer.id, twins.checker.id)


def test_what_one_person_says_exempts_nobody(twins: Twins) -> None:
    twins.declare()
    assert [stored.exempt for stored, _ in twins.flow.all()] == [False]
    assert twins.scanning.run().raised == 1


def test_taken_back_by_one_the_next_scan_looks_again(twins: Twins) -> None:
    twins.declare()
    twins.confirm()
    assert twins.scanning.run().raised == 0
    twins.flow.withdraw(twins.pair, "证件系伪造", twins.officer)
    assert twins.scanning.run().raised == 1
    with pytest.raises(NotFound):
        twins.confirm()
    twins.declare()


def test_confirmed_while_a_scan_goes_on_the_pair_is_not_raised(twins: Twins) -> None:
    """Found before, and looked at closely after."""
    twins.declare()
    scan = twins.scanning
    first = scan.scanner

    class Meanwhile(first):  # type: ignore[misc,valid-type]
        def near(self, begin: int, end: int, floor: float) -> Any:
            found = super().near(begin, end, floor)
            if end == 6:
                twins.confirm()
            return found

    scan.scanner = Meanwhile
    scan.block = 6
    assert scan.run().raised == 0


def test_nobody_confirms_what_they_declared_and_the_database_refuses_it_too(
    twins: Twins, rows: Callable[..., list[Any]]
) -> None:
    twins.declare()
    with pytest.raises(AccessRefused):
        twins.flow.confirm(twins.pair, REASON, twins.officer)
    both = "INSERT INTO declared_kin SELECT 'x', first_id, second_id, 2, relation, 'confirmed', declared_by, done_by, "
    with pytest.raises(IntegrityError):
        rows(both + "done_at, reason_sealed, guard FROM declared_kin")


def test_a_monitor_may_confirm_and_nobody_their_own_in_another_role(twins: Twins, agency: Agency) -> None:
    twins.declare()
    twins.flow.confirm(twins.pair, REASON, twins.monitor)
    with pytest.raises(AlreadyExists):
        twins.declare()
    auditor = agency.member(Role.AUDITOR, "an")
    for act in (twins.flow.confirm, twins.flow.withdraw):
        with pytest.raises(AccessRefused):
            act(twins.pair, REASON, auditor)


def test_the_declarer_is_refused_whatever_they_have_become(twins: Twins, monkeypatch: pytest.MonkeyPatch) -> None:
    twins.declare()
    monkeypatch.setattr("auth_service.flows.declare_kin.may", lambda *_: True)
    with pytest.raises(SecondPersonNeeded):
        twins.flow.confirm(twins.pair, REASON, twins.officer)


def test_a_row_that_came_by_sql_exempts_nobody(twins: Twins, rows: Callable[..., list[Any]]) -> None:
    twins.declare()
    forged = "INSERT INTO declared_kin SELECT 'x', first_id, second_id, 2, relation, 'confirmed', declared_by, :by, "
    rows(forged + "done_at, reason_sealed, guard FROM declared_kin", by=twins.checker.id)
    assert [stored.exempt for stored, _ in twins.flow.all()] == [False]
    assert twins.scanning.run().raised == 1
    with pytest.raises(NotFound):
        twins.confirm()


def test_what_was_said_cannot_be_edited(twins: Twins, rows: Callable[..., list[Any]]) -> None:
    twins.declare()
    for statement in ("UPDATE declared_kin SET act = 'withdrawn'", "DELETE FROM declared_kin"):
        with pytest.raises(IntegrityError):
            rows(statement)


@pytest.mark.parametrize("which", [0, 1])
def test_erasing_either_ends_the_reason(twins: Twins, privacy: Privacy, which: int) -> None:
    twins.declare()
    privacy.run(twins.pair[which])
    assert [reason for _, reason in twins.flow.all()] == [""]


def test_what_does_not_make_a_pair_is_refused(twins: Twins) -> None:
    with pytest.raises(FieldInvalid):
        twins.flow.declare((twins.pair[0], twins.pair[0]), Relation.TWIN, REASON, twins.officer)
    with pytest.raises(BeneficiaryUnknown):
        twins.flow.declare((twins.pair[0], LI), Relation.TWIN, REASON, twins.officer)
    with pytest.raises(ReasonMissing):
        twins.flow.declare(twins.pair, Relation.TWIN, " ", twins.officer)


def test_the_audit_trail_names_each_act(twins: Twins, rows: Callable[..., list[Any]]) -> None:
    twins.declare()
    twins.confirm()
    twins.flow.withdraw(twins.pair, REASON, twins.officer)
    told = rows("SELECT action, actor FROM audit_rows WHERE action LIKE 'kin.%' ORDER BY number")
    assert [tuple(row) for row in told] == [
        ("kin.declared", f"staff:{twins.officer.id}"),
        ("kin.confirmed", f"staff:{twins.checker.id}"),
        ("kin.withdrawn", f"staff:{twins.officer.id}"),
    ]
