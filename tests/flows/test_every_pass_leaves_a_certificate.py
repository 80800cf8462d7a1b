"""Passes by data, visit or somebody else's word leave a certificate, and lose it when their source takes them back."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy.exc import DBAPIError

from auth_service.accounts.roles import Role
from auth_service.connectors.signing import verify_list, verify_token
from auth_service.core.clock import legal_date
from auth_service.core.errors import AccessRefused, FileUnreadable, NotFound, SealBroken
from auth_service.flows.issue_receipts import IssueReceipts
from auth_service.flows.revocations import RevocationDesk
from auth_service.qualification.certificate import ReceiptKind
from auth_service.qualification.evidence import EvidenceKind
from auth_service.qualification.revocation import LIST_HOURS, RevocationReason, read_list
from auth_service.storage.unit import IssuedCertificate
from tests.builders import WANG, Agency
from tests.conftest import FixedClock
from tests.fakes import picture
from tests.flows.test_the_sweep_finds_who_is_due import bring, event, swept
from tests.storage.samples import direct_sql


def issued(agency: Agency) -> dict[str, int]:
    return dict(IssueReceipts(agency.store, agency.signer, agency.clock).run())


def held_by(agency: Agency, person: str) -> list[IssuedCertificate]:
    with agency.store.reading() as unit:
        return unit.receipts.of_person(person)


def desk(agency: Agency) -> RevocationDesk:
    return RevocationDesk(agency.store, agency.signer, agency.clock)


def keys(agency: Agency) -> dict[str, bytes]:
    return {agency.signer.key_id: agency.signer.public_key()}


def test_a_vaccination_leaves_a_certificate_that_says_neither_who_nor_what(agency: Agency, clock: FixedClock) -> None:
    person, today = agency.person(), legal_date(clock.now())
    bring(agency, event(WANG, "疫苗接种", today))
    assert issued(agency) == {"issued": 1, "revoked": 0}
    (held,) = held_by(agency, person)
    told = verify_token(held.certificate.token, keys(agency))
    assert (told.evidence_kind, told.passed_on) == ("silent", today)
    assert told.due_on == date(today.year + 1, today.month, 31)
    assert "vaccin" not in held.certificate.token.lower()
    assert issued(agency) == {"issued": 0, "revoked": 0}


def test_every_kind_of_pass_has_one_and_what_proves_nothing_has_none(agency: Agency, clock: FixedClock) -> None:
    person, today = agency.person(), legal_date(clock.now())
    kinds = ("home_visit", "consulate", "other_region", "border", "pharmacy", "utility_bill", "visit_attempt")
    days = [today - timedelta(days=n) for n in range(len(kinds))]
    bring(agency, *(event(WANG, kind, day, kind) for kind, day in zip(kinds, days, strict=True)))
    assert issued(agency)["issued"] == 4
    assert [one.certificate.evidence_kind for one in held_by(agency, person)] == [
        ReceiptKind.HOME_VISIT, ReceiptKind.CONSULATE, ReceiptKind.OTHER_REGION, ReceiptKind.SILENT
    ]  # fmt: skip


def test_an_older_pass_that_is_told_late_has_its_own(agency: Agency, clock: FixedClock) -> None:
    person, today = agency.person(), legal_date(clock.now())
    bring(agency, event(WANG, "住院", today, "new"))
    assert issued(agency)["issued"] == 1
    bring(agency, event(WANG, "hotel", today - timedelta(days=40), "old"))
    swept(agency)
    assert issued(agency)["issued"] == 1
    assert [one.certificate.passed_on for one in held_by(agency, person)] == [today, today - timedelta(days=40)]


def test_a_worker_that_was_away_for_weeks_catches_up_by_the_standing(agency: Agency, clock: FixedClock) -> None:
    agency.person()
    bring(agency, event(WANG, "住院", legal_date(clock.now())))
    clock.advance(days=60)
    assert issued(agency)["issued"] == 0
    swept(agency)
    assert issued(agency)["issued"] == 1


def test_what_the_source_takes_back_is_taken_back_here(agency: Agency, clock: FixedClock) -> None:
    person, today = agency.person(), legal_date(clock.now())
    bring(agency, event(WANG, "住院", today))
    issued(agency)
    (held,) = held_by(agency, person)
    assert desk(agency).of(held.certificate.serial) is None
    clock.advance(days=2)
    bring(agency, event(WANG, "住院", today, message="void"))
    assert issued(agency) == {"issued": 0, "revoked": 1}
    end = desk(agency).of(held.certificate.serial)
    assert end is not None
    assert end.reason is RevocationReason.VOIDED_BY_SOURCE
    assert issued(agency) == {"issued": 0, "revoked": 0}


def test_what_the_source_corrects_gets_a_new_one_in_its_place(agency: Agency, clock: FixedClock) -> None:
    person, today = agency.person(), legal_date(clock.now())
    bring(agency, event(WANG, "住院", today))
    issued(agency)
    bring(agency, event(WANG, "住院", today - timedelta(days=3), message="correct"))
    assert issued(agency) == {"issued": 1, "revoked": 1}
    new, old = sorted(held_by(agency, person), key=lambda one: one.revoked is not None)
    assert (new.certificate.passed_on, new.revoked) == (today - timedelta(days=3), None)
    assert old.revoked is not None
    assert old.revoked.reason is RevocationReason.CORRECTED_BY_SOURCE


def test_the_signed_list_says_what_holds_no_longer_and_nothing_else(agency: Agency, clock: FixedClock) -> None:
    person, today = agency.person(), legal_date(clock.now())
    revocations = desk(agency)
    assert verify_list(revocations.published(), keys(agency)).revoked == ()
    bring(agency, event(WANG, "住院", today))
    issued(agency)
    bring(agency, event(WANG, "住院", today, message="void"))
    issued(agency)
    text = revocations.published()
    told = verify_list(text, keys(agency))
    (held,) = held_by(agency, person)
    assert [one.serial for one in told.revoked] == [held.certificate.serial]
    assert told.next_at - told.issued_at == timedelta(hours=LIST_HOURS)
    assert told.of("0" * 32) is None
    assert revocations.published() == text, "it is signed once in a while, not for everybody who asks"
    with pytest.raises(SealBroken):
        verify_list(text, {"other": agency.signer.public_key()})
    head, body, key, signature = text.split(".")
    with pytest.raises(SealBroken):
        verify_list(f"{head}.{body}.{key}.{'A' * len(signature)}", keys(agency))
    with pytest.raises(FileUnreadable):
        read_list(held.certificate.token)
    clock.advance(days=500)
    assert verify_list(revocations.published(), keys(agency)).revoked == (), "what is over needs no revocation"


def test_a_row_that_somebody_writes_into_the_database_revokes_nothing(agency: Agency, clock: FixedClock) -> None:
    person, today = agency.person(), legal_date(clock.now())
    bring(agency, event(WANG, "住院", today))
    issued(agency)
    (held,) = held_by(agency, person)
    direct_sql(
        agency.urls.front,
        "INSERT INTO revocations (serial, reason, revoked_at, due_on) VALUES "
        f"('{held.certificate.serial}', 'issued_in_error', '2026-01-01 00:00:00', '2099-01-01')",
    )
    assert desk(agency).of(held.certificate.serial) is None
    assert read_list(desk(agency).published()).revoked == ()
    with pytest.raises(DBAPIError):
        direct_sql(agency.urls.front, "DELETE FROM receipts")


def test_two_people_take_back_a_certificate_of_a_pass_that_was_none(agency: Agency) -> None:
    person = agency.person()
    agency.enroll(WANG, picture("wang"), picture("wang", take=2))
    given = agency.verify(WANG, picture("wang", take=3)).certificate
    assert given is not None
    officer, checker = agency.member(Role.OFFICER, "li"), agency.member(Role.CHECKER, "zhao")
    revocations = desk(agency)
    with pytest.raises(AccessRefused):
        revocations.revoke(given.serial, officer, officer)
    with pytest.raises(AccessRefused):
        revocations.revoke(given.serial, checker, officer)
    with pytest.raises(NotFound):
        revocations.revoke("0" * 32, officer, checker)
    assert revocations.revoke(given.serial, officer, checker)
    assert not revocations.revoke(given.serial, officer, checker)
    (held,) = held_by(agency, person)
    assert (held.certificate.evidence_kind, held.revoked is not None) == (EvidenceKind.ASSISTED, True)
    swept(agency)
    assert direct_sql(agency.urls.front, "SELECT passed_on FROM life_states")[0][0] is not None, "no due date moves"
