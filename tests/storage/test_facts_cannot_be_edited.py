"""Append-only tables refuse UPDATE and DELETE from anybody, on both databases."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy.exc import DBAPIError

from auth_service.accounts.credentials import StaffMember
from auth_service.accounts.roles import Role
from auth_service.beneficiaries.person import BenefitKind
from auth_service.casework.case import CaseAct, CaseEvent, CaseFlag, Cause, standing_after
from auth_service.casework.contest import Contest, ContestAct, ContestStep
from auth_service.core.audit import AuditEvent
from auth_service.core.ids import new_id, new_serial
from auth_service.core.merkle import Frontier
from auth_service.enrollment.consent import Consent, ConsentBasis
from auth_service.liveness.layers import Layer, LayerFinding, Sign
from auth_service.monitoring.flags import Judgement, Severity, Verdict
from auth_service.payments.proposals import Act, Ground, Proposal
from auth_service.payments.proposals import Verdict as Verdict_
from auth_service.payments.rows import PaymentRow
from auth_service.qualification.certificate import Certificate
from auth_service.qualification.evidence import Channel, EvidenceKind
from auth_service.qualification.review import Review, ReviewAct, ReviewReason, ReviewVerdict
from auth_service.storage.unit import MoneyDecision, Store, StoredCheckpoint, StoredContest, Unit
from tests.fakes import assessed
from tests.storage.samples import NOW, PASSED, direct_sql, enrol, evidence, flag, person, reference_photo

CHANGES = {
    "evidence": "outcome = 'refer'",
    "certificates": "due_on = '2099-01-01'",
    "consents": "language = 'en'",
    "flags": "severity = 'low'",
    "flag_people": "position = 7",
    "judgements": "verdict = 'false_flag'",
    "reviews": "verdict = 'accepted'",
    "payments": "amount_fen = 1",
    "payment_proposals": "ground = 'missing'",
    "payment_decisions": "verdict = 'returned'",
    "contests": "channel = 'kiosk'",
    "contest_acts": "act = 'dismissed'",
    "cases": "cause = 'payment'",
    "case_flags": "number = 7",
    "case_acts": "severity = 'low'",
    "audit_rows": "actor = 'nobody'",
    "audit_head": "rows = 0",
    "audit_checkpoints": "note = 'another'",
    "pad_findings": "sign = 'live'",
    "reference_set_photos": "position = 7",
    "reference_sets": "active_since = '2020-01-01 00:00:00.000000'",
}


@pytest.fixture
def full(store: Store) -> Store:
    someone = person(store)
    with store.unit() as unit:
        proof = evidence(someone)
        unit.evidence.add(proof, PASSED)
        unit.findings.add(proof.id, someone, assessed([LayerFinding(Layer.FLASH, Sign.ATTACK)], {"fusion": "1"}), NOW)
        certificate = Certificate(
            new_serial(), EvidenceKind.ASSISTED, date(2026, 3, 10), date(2027, 3, 31), "AC1.a.b.c"
        )
        unit.certificates.add(certificate, someone, proof.id, NOW)
        unit.consents.add(someone, Consent(ConsentBasis.SEPARATE_CONSENT, "v1", "zh", "counter", NOW))
        raised = unit.flags.raise_once(flag(someone))
        assert raised is not None
        unit.judgements.add(Judgement(raised, Verdict.NEEDS_CHECK, "看一看", "staff", NOW), None)
        act = Review(
            proof.id, someone, ReviewAct.DECIDED, ReviewVerdict.CANNOT_TELL, ReviewReason.NOT_SURE, "", "staff", NOW
        )
        unit.reviews.add(act, [])
        enrol(unit, someone, reference_photo())
        _money(unit, someone)
        _case(unit, someone, raised)
        unit.audit.append(AuditEvent("cli", "test.done"), NOW)
        assert unit.checkpoints.add(StoredCheckpoint(1, 1, "note", Frontier(1, [b"x" * 32])))
    return store


def _money(unit: Unit, someone: str) -> None:
    """A payment, a hold that two stand for, and a contest that somebody has looked at."""
    li, wang = (
        StaffMember(new_id(), name, Role.CHECKER, "h", disabled=False, created_at=NOW) for name in ("li", "wang")
    )
    unit.staff.add(li)
    unit.staff.add(wang)
    benefit = BenefitKind.RESIDENT_PENSION
    unit.payments.add(someone, PaymentRow(benefit, "2026-01", date(2026, 1, 10), Decimal("148.00")), "batch", NOW)
    hold = Proposal(new_id(), someone, benefit, Act.HOLD, Ground.DEATH_RECORD, "2026-04", li.id, NOW, needs_two=True)
    unit.proposals.add(hold)
    unit.proposals.decide(hold, MoneyDecision(Verdict_.APPROVED, wang.id, NOW))
    contest = Contest(new_id(), someone, Channel.PHONE, "person", NOW)
    unit.contests.add(contest)
    unit.contests.add_step(StoredContest(contest, ()), ContestStep(ContestAct.SOURCE_TOLD, li.id, NOW))


def _case(unit: Unit, someone: str, flag_id: str) -> None:
    case_id = unit.cases.open(someone, Cause.VERIFICATION, NOW)
    held = [CaseFlag(flag_id, "V03", Severity.MEDIUM, NOW)]
    event = CaseEvent(CaseAct.GATHERED, None, NOW)
    unit.cases.add((case_id, someone), 1, event, standing_after(None, event, held))
    unit.cases.put_in(case_id, 1, [flag_id], NOW)


@pytest.mark.asvs("16.4.2")
@pytest.mark.parametrize("table", CHANGES)
def test_a_fact_is_neither_changed_nor_removed(full: Store, url: str, table: str) -> None:
    before = direct_sql(url, f"SELECT * FROM {table}")
    assert len(before) == 1
    statements = [f"UPDATE {table} SET {CHANGES[table]}", f"DELETE FROM {table}"]
    if url.startswith("postgresql"):
        statements.append(f"TRUNCATE {table} CASCADE")
    for statement in statements:
        with pytest.raises(DBAPIError, match="append-only"):
            direct_sql(url, statement)
    assert direct_sql(url, f"SELECT * FROM {table}") == before


def test_a_reference_set_is_superseded_once_and_never_revived(full: Store, url: str) -> None:
    direct_sql(url, "UPDATE reference_sets SET superseded_at = '2026-04-01 00:00:00.000000'")
    for change in ("superseded_at = NULL", "superseded_at = '2027-01-01 00:00:00.000000'"):
        with pytest.raises(DBAPIError, match="append-only"):
            direct_sql(url, f"UPDATE reference_sets SET {change}")


def test_one_set_in_force_per_person_and_engine_even_by_direct_sql(full: Store, url: str) -> None:
    with pytest.raises(DBAPIError, match=r"(?i)unique"):
        direct_sql(
            url,
            "INSERT INTO reference_sets (id, person_id, engine, weights_digest, active_since) "
            "SELECT 'other', person_id, engine, weights_digest, active_since FROM reference_sets",
        )


def test_replacing_a_fact_through_the_service_connection_is_refused_too(on_sqlite: Store) -> None:
    with on_sqlite._database.writing() as connection, pytest.raises(DBAPIError, match="append-only"):
        connection.exec_driver_sql("INSERT OR REPLACE INTO audit_head (id, rows, hash) VALUES (1, 0, 'x')")
