"""Whoever holds a database role's password can write rows that fit the chain; none is signed, and each is named.

On SQLite, which knows no roles, the attacker has the file.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from sqlalchemy.exc import DBAPIError

from auth_service.connectors.witness_folder import kept_notes
from auth_service.core.audit import AuditEvent, StoredRow, stored_row
from auth_service.core.audit_check import DISOWNED, Problem, Trouble, disowned_in, examine
from auth_service.core.errors import AuditBroken
from auth_service.flows.examine_audit import ExamineAudit
from auth_service.monitoring.flags import Verdict
from auth_service.payments.proposals import Ground, PayState
from tests.audit_trails import Trail, insertion, troubles
from tests.builders import LI, WANG, Agency
from tests.conftest import FixedClock
from tests.fakes import picture
from tests.flows.casing import Desk
from tests.flows.paying import Money
from tests.storage.samples import direct_sql


class Attacker:
    """Works with the serving role, triggers in place."""

    def __init__(self, agency: Agency, url: str) -> None:
        self.agency, self.url = agency, url
        self.on_postgres = url.startswith("postgresql")
        self.guard = "decode(repeat('00', 32), 'hex')" if self.on_postgres else "zeroblob(32)"

    def sql(self, *statements: str) -> list[Any]:
        return direct_sql(self.url, *statements)

    def next_row(self, event: AuditEvent, at: datetime) -> StoredRow:
        ((rows, head),) = self.sql("SELECT rows, hash FROM audit_head")
        return stored_row(rows + 1, at, event, head)

    def tell(self, event: AuditEvent, at: datetime) -> int:
        """A row that fits the chain, with some guard; returns its number."""
        row = self.next_row(event, at)
        self.sql(insertion(row, self.guard).replace('":', '"\\:'))  # no parameter
        return row.number

    def pass_for(self, person: str) -> None:
        """Evidence of a pass that never was, after the one that there is."""
        columns = (
            "pad_verdict, pad_reasons, similarity, zone, engine, calibration, accept_at, grey_at, quality, "
            "has_reference, probe_images, taken_at, attested_by, outcome, reasons, decision_zone"
        )
        self.sql(
            f"INSERT INTO evidence (id, person_id, channel, kind, {columns}) SELECT '{'e' * 32}', '{person}', channel, "
            f"kind, {columns} FROM evidence WHERE outcome = 'qualified'"
        )


@pytest.fixture
def trail(agency: Agency, clock: FixedClock) -> Trail:
    return Trail(agency, clock)


@pytest.fixture
def attacker(trail: Trail) -> Attacker:
    return Attacker(trail.agency, trail.agency.urls.front)


def a_day_of_work(trail: Trail) -> None:
    """A pass with its certificate, a try that did not match, and a flag that was judged."""
    agency = trail.agency
    for number, name in ((WANG, "wang"), (LI, "li")):
        agency.person(number)
        agency.enroll(number, picture(name))
    assert agency.verify(WANG, picture("wang", take=1)).certificate is not None
    flag = agency.verify(LI, picture("li")).flags[0]
    agency.judge.run(flag, Verdict.NEEDS_CHECK, "看过了", agency.member(), None)


def of_kind(trail: Trail, trouble: Trouble) -> list[Problem]:
    return [problem for problem in trail.verify().problems if problem.trouble is trouble]


def test_what_the_service_did_is_told_by_rows_of_its_own(trail: Trail) -> None:
    a_day_of_work(trail)
    trail.flow.run(force=True)
    assert trail.verify().ok


def test_a_fact_that_no_row_tells_of_is_named(trail: Trail, attacker: Attacker) -> None:
    a_day_of_work(trail)
    person = trail.agency.person(LI)
    attacker.pass_for(person)
    ((flag, reason),) = attacker.sql("SELECT flag_id, reason_sealed FROM judgements")
    del reason
    attacker.sql(
        "INSERT INTO judgements (id, flag_id, number, verdict, reason_sealed, judged_by, judged_at) "
        f"SELECT '{'d' * 32}', '{flag}', 2, 'false_flag', reason_sealed, judged_by, judged_at FROM judgements",
        "INSERT INTO certificates (serial, person_id, evidence_id, kind, passed_on, due_on, token, issued_at) "
        f"SELECT 'forged', '{person}', '{'e' * 32}', kind, passed_on, due_on, token, issued_at FROM certificates",
    )
    found = trail.verify()
    assert troubles(found) == {Trouble.FORGED_FACT}
    named = {problem.detail for problem in found.problems}
    assert named == {f"evidence:{'e' * 32}", f"judgement:{'d' * 32}", "certificate:forged"}


def test_acts_on_money_are_told_and_one_that_is_not_is_named(trail: Trail, attacker: Attacker) -> None:
    money = Money(trail.agency, trail.clock)
    money.do()
    money.restore()
    assert trail.verify().ok
    hold = money.propose(ground=Ground.DETAINED)
    columns = "proposal_id, verdict, needs_two, proposed_by, decided_by, decided_at"
    attacker.sql(
        f"INSERT INTO payment_decisions ({columns}) SELECT id, 'approved', needs_two, proposed_by, "
        f"'{money.checker.id}', proposed_at FROM payment_proposals WHERE id = '{hold.id}'"
    )
    found = trail.verify()
    assert troubles(found) == {Trouble.FORGED_FACT}
    assert {problem.detail for problem in found.problems} == {f"decision:{hold.id}"}
    assert money.state() is PayState.PAID


def test_acts_about_cases_are_told_and_one_that_is_not_is_named(trail: Trail, attacker: Attacker) -> None:
    desk = Desk(trail.agency, trail.clock)
    desk.died()
    desk.gather()
    desk.take()
    desk.check()
    assert trail.verify().ok
    copied = (
        "case_id, act, step, outcome, state, severity, severity_rank, rules, due_on, assignee, done_by, done_at, guard"
    )
    attacker.sql(
        f"INSERT INTO case_acts (id, number, {copied}) SELECT '{'d' * 32}', number + 1, {copied} FROM case_acts "
        "WHERE act = 'step'"
    )
    found = trail.verify()
    assert troubles(found) == {Trouble.FORGED_FACT}
    assert {problem.detail for problem in found.problems} == {f"case_act:{'d' * 32}"}


def test_a_row_that_fits_the_chain_but_is_not_ours_is_not_signed_and_proves_nothing(
    trail: Trail, attacker: Attacker
) -> None:
    a_day_of_work(trail)
    trail.flow.run(force=True)
    person = trail.agency.person(LI)
    attacker.pass_for(person)
    details = {"evidence": "e" * 32, "outcome": "qualified", "zone": "match", "channel": "counter"}
    event = AuditEvent(
        "cli", "verification.decided", f"person:{person}", {**details, "attested_by": "officer-1", "certificate": None}
    )
    number = attacker.tell(event, trail.clock.now())
    trail.write(3)
    trail.clock.advance(seconds=61)
    found = trail.verify()
    with pytest.raises(AuditBroken, match=f"row {number} was not written by this service"):
        trail.flow.run()
    assert troubles(found) == {Trouble.FORGED_ROW, Trouble.FORGED_FACT}
    with trail.agency.store.reading() as unit:
        assert [unit.audit.is_ours(row) for row in unit.audit.stored(after=number - 2)][:3] == [True, False, True]
    assert (found.first_bad, found.last_bad) == (number, number)
    assert [problem.detail for problem in found.problems if problem.trouble is Trouble.FORGED_FACT] == [
        f"evidence:{'e' * 32}"
    ]


@pytest.mark.parametrize("fitting", [True, False])
def test_a_forged_row_is_disowned_before_anything_is_signed_over_it(
    trail: Trail, attacker: Attacker, fitting: bool
) -> None:
    trail.grow(3)
    rows = [attacker.next_row(AuditEvent("cli", "test.forged"), trail.clock.now())]
    if not fitting:
        rows = [rows[0]._replace(details="not even JSON")]
    attacker.sql(insertion(rows[0], attacker.guard))
    number = attacker.tell(AuditEvent("system", DISOWNED, "", {"first": 1, "last": 3}), trail.clock.now())
    trail.write(2)
    trail.clock.advance(seconds=61)
    with pytest.raises(AuditBroken, match="row 4 was not written by this service"):
        trail.flow.run()
    assert trail.flow.status().newest == 1
    with trail.agency.store.reading() as unit:
        last = list(unit.audit.rows())[-1].event
        assert unit.audit.disowned() == {4, number}, "what the attacker disowns stays ours"
    assert (last.action, last.details) == (DISOWNED, {"first": 4, "last": 5})
    assert trail.flow.run().made
    trail.grow(2)
    found = trail.verify()
    assert [(problem.trouble, problem.first) for problem in found.problems] == [
        (Trouble.FORGED_ROW, 4),
        (Trouble.FORGED_ROW, 5),
    ]
    assert (found.rows, found.covered) == (10, 10)
    with pytest.raises(AuditBroken, match="row 4"):
        ExamineAudit(trail.agency.store).prove(4, trail.keyholders)
    with trail.agency.store.reading() as unit:
        rows = list(unit.audit.stored())
    outside = examine(rows, None, kept_notes(trail.outside), trail.keyholders, disowned_in(rows))
    assert {problem.first for problem in outside.problems if problem.trouble is Trouble.FORGED_ROW} >= {4, 5}
    assert Trouble.CHAIN_BROKEN not in troubles(outside)


def test_a_row_comes_in_only_behind_the_last_one_and_with_a_guard(trail: Trail, attacker: Attacker) -> None:
    trail.write(3)
    honest = attacker.next_row(AuditEvent("cli", "test.done"), trail.clock.now())
    for row, guard in (
        (honest, "''"),
        (honest._replace(number=honest.number + 1), attacker.guard),
        (honest._replace(number=9223372036854775807), attacker.guard),
        (honest._replace(number=1), attacker.guard),
        (honest._replace(previous="0" * 64), attacker.guard),
        (honest._replace(hash="x" * 64), attacker.guard),
    ):
        with pytest.raises(DBAPIError, match=r"(?i)one by one|unique"):
            attacker.sql(insertion(row, guard))
    trail.write(1)
    assert trail.verify().ok


@pytest.mark.parametrize(
    "change",
    [
        f"UPDATE audit_head SET rows = 9223372036854775807, hash = '{'0' * 64}'",
        f"UPDATE audit_head SET rows = rows + 1, hash = '{'0' * 64}'",
        "UPDATE audit_head SET hash = previous FROM audit_rows WHERE number = rows",
        "UPDATE audit_head SET id = 1",
        "DELETE FROM audit_head",
        "UPDATE audit_base SET rows = 3",
        "DELETE FROM audit_base",
    ],
)
def test_nobody_moves_the_head_or_the_base(trail: Trail, attacker: Attacker, change: str) -> None:
    trail.write(3)
    for url in {attacker.url, trail.agency.urls.ledger, trail.agency.urls.owner}:
        with pytest.raises(DBAPIError, match=r"append-only|permission denied"):
            direct_sql(url, change)
    trail.write(1)
    assert trail.verify().ok


def test_a_checkpoint_that_nobody_signed_is_passed_over_and_told(trail: Trail, attacker: Attacker) -> None:
    trail.grow(3)
    for number in (2, 3, 999_999):
        attacker.sql(
            "INSERT INTO audit_checkpoints (number, guard, rows, note, frontier) "
            f"VALUES ({number}, {attacker.guard}, {number + 3}, 'x', '')"
        )
    attacker.sql(  # a genuine note in the place of a later one
        "INSERT INTO audit_checkpoints (number, guard, rows, note, frontier) "
        f"SELECT 1000000, {attacker.guard}, rows, note, frontier FROM audit_checkpoints WHERE number = 1"
    )
    status = trail.flow.status()
    assert (status.newest, status.forged) == (1, 4)
    assert "checkpoint_forged" in status.problems(trail.policy, trail.clock.now())
    trail.grow(3, 4)
    status = trail.flow.status()
    assert (status.newest, status.waiting()) == (3, {trail.witnesses[0].name: 0})
    assert [number for number, note in _notes(trail) if note != "x"] == [1, 2, 3, 1_000_000]
    found = trail.verify()
    assert troubles(found) == {Trouble.NOT_SIGNED, Trouble.REPLAYED}
    assert found.covered == 10


def _notes(trail: Trail) -> list[tuple[int, str]]:
    with trail.agency.store.reading() as unit:
        return list(unit.checkpoints.notes())
