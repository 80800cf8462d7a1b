"""Erasure: who may, what goes and what stays (F42)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from auth_service.accounts.roles import Role
from auth_service.core.audit import verify as verify_chain
from auth_service.core.erasure import ErasureReason, Requester
from auth_service.core.errors import (
    AccessRefused,
    BeneficiaryUnknown,
    ErasureHeldBack,
    KeyDestroyed,
    NotFound,
    SecondPersonNeeded,
)
from auth_service.flows.erase import EraseRequest
from auth_service.monitoring.flags import Verdict
from auth_service.qualification.decision import Outcome
from tests.builders import LI, WANG, Agency
from tests.fakes import picture
from tests.flows.erasing import OFFICER, Privacy, live

EMPTY = {
    "people": ("id_number_sealed", "name_sealed", "birth_date_sealed", "phone_sealed", "contact_name_sealed"),
    "reference_photos": ("template_sealed", "photo_hash_sealed"),
    "reference_sets": ("template_sealed",),
    "captures": ("template_sealed", "photo_hash_sealed"),
    "consents": ("reference_sealed",),
}


def test_nothing_that_the_key_opened_or_that_finds_the_person_is_left(
    agency: Agency, privacy: Privacy, rows: Callable[..., list[Any]], tmp_path: Path
) -> None:
    person_id, other = live(agency), live(agency, LI, "li")
    found_by = "SELECT person_key, id_number_index, name_index, region_code FROM people WHERE id = :id"
    before = rows(found_by, id=person_id)
    files = set((tmp_path / "photos").rglob("????????*"))
    erased = privacy.run()
    assert not erased.already
    assert all(erased.counts[kind] for kind in ("keys", "people", "reference_photos", "captures", "pictures"))
    for table, columns in EMPTY.items():
        owner = "id" if table == "people" else "person_id"
        for row in rows(f"SELECT {', '.join(columns)} FROM {table} WHERE {owner} = :id", id=person_id):
            assert not any(bytes(value) for value in row if value is not None), table
        assert rows(f"SELECT 1 FROM {table} WHERE {owner} = :id", id=other) or table == "consents"
    after = rows(found_by, id=person_id)
    assert not set(before[0][:3]) & set(after[0][:3])
    assert before[0][3] == after[0][3], "totals by region must still add up"
    banked = "SELECT 1 FROM bank_references WHERE person_id = :id"
    assert rows(banked, id=person_id) == []
    assert rows(banked, id=other) != []
    gone = files - set((tmp_path / "photos").rglob("????????*"))
    assert len(gone) == erased.counts["pictures"]
    with agency.store.reading() as unit:
        assert unit.people.id_of(WANG) is None
        assert unit.people.by_id_number(LI) is not None
        with pytest.raises(KeyDestroyed):
            unit.people.get(person_id)


def test_facts_and_the_audit_chain_stay(agency: Agency, privacy: Privacy, rows: Callable[..., list[Any]]) -> None:
    person_id = live(agency)
    facts = "SELECT outcome, taken_at FROM evidence WHERE person_id = :id ORDER BY taken_at"
    due = "SELECT serial, due_on, token FROM certificates WHERE person_id = :id"
    before = rows(facts, id=person_id), rows(due, id=person_id)
    privacy.run()
    assert (rows(facts, id=person_id), rows(due, id=person_id)) == before
    assert agency.look.certificate(before[1][0][0]) is not None
    with agency.store.reading() as unit:
        trail = list(unit.audit.rows())
        assert verify_chain(trail).ok
    assert trail[-1].event.action == "person.erased"
    assert not any(WANG in str(row) or "王秀英" in str(row) for row in trail)


def test_only_a_privacy_officer_confirms_it(agency: Agency, privacy: Privacy) -> None:
    agency.person()
    admin = agency.member(Role.SECURITY_ADMIN, "chen")
    with pytest.raises(AccessRefused):
        privacy.run(by=admin)
    agency.staff.disable(OFFICER, "cli")
    with pytest.raises(AccessRefused):
        privacy.run()
    assert privacy.record.all() == []


def test_somebody_unknown_cannot_be_erased_and_twice_is_once(agency: Agency, privacy: Privacy) -> None:
    with pytest.raises(BeneficiaryUnknown):
        privacy.run()
    person_id = agency.person()
    privacy.run()
    with pytest.raises(BeneficiaryUnknown):
        privacy.run()
    request = EraseRequest(Requester.PERSON, ErasureReason.ASKED_FOR, privacy.officer, "cli", person_id=person_id)
    assert privacy.erase.run(request).already
    assert len(privacy.record.all()) == 1


def test_an_open_flag_holds_it_back_until_it_is_settled(agency: Agency, privacy: Privacy) -> None:
    live(agency)
    copied = agency.verify(WANG, picture("wang", take=1))
    (flag_id,) = copied.flags
    monitor = agency.member(Role.MONITOR, "ming")
    with pytest.raises(ErasureHeldBack, match=flag_id):
        privacy.run()
    agency.judge.run(flag_id, Verdict.NEEDS_CHECK, "look again", monitor, None)
    with pytest.raises(ErasureHeldBack):
        privacy.run()
    (newest,) = agency.look.flag(flag_id, monitor).judgements
    agency.judge.run(flag_id, Verdict.FALSE_FLAG, "the same paper photo", monitor, newest.id)
    assert not privacy.run().already


def test_a_court_order_does_not_wait_for_flags_and_the_audit_says_so(agency: Agency, privacy: Privacy) -> None:
    live(agency)
    agency.verify(WANG, picture("wang", take=1))
    privacy.run(reason=ErasureReason.COURT_ORDER)
    with agency.store.reading() as unit:
        details = list(unit.audit.rows())[-1].event.details
    assert details is not None
    assert (details["open_flags"], details["reason"]) == (1, "court_order")
    assert (details["confirmed_by"], details["second"]) == (privacy.officer.id, privacy.second.id)


def test_a_court_order_takes_two_different_people_of_fitting_roles(agency: Agency, privacy: Privacy) -> None:
    live(agency)
    order = EraseRequest(Requester.AUTHORITY, ErasureReason.COURT_ORDER, privacy.officer, "cli", WANG)
    for alone in (order, replace(order, second=privacy.officer)):
        with pytest.raises(SecondPersonNeeded):
            privacy.erase.run(alone)
    for role in Role:
        second = agency.member(role, role.value)
        if role in {Role.MONITOR, Role.PRIVACY_OFFICER}:
            continue
        with pytest.raises(AccessRefused):
            privacy.erase.run(replace(order, second=second))
    agency.staff.disable("an", "cli")
    with pytest.raises(AccessRefused):
        privacy.erase.run(replace(order, second=privacy.second))
    assert privacy.record.all() == []
    assert not privacy.run(reason=ErasureReason.COURT_ORDER, second=agency.member(Role.MONITOR, "ming")).already


def test_screens_say_erased_instead_of_failing(agency: Agency, privacy: Privacy) -> None:
    person_id = live(agency)
    (flag_id,) = agency.verify(WANG, picture("wang", take=1)).flags
    monitor = agency.member(Role.MONITOR, "ming")
    labels = agency.look.flag(flag_id, monitor).photos
    assert labels
    privacy.run(reason=ErasureReason.COURT_ORDER)
    view = agency.look.flag(flag_id, monitor)
    assert (view.photos, view.erased) == ((), labels)
    (shown,) = view.people
    assert (shown.masked_name, shown.masked_id_number, shown.birth_year, shown.sex) == (None, None, None, None)
    assert shown.person_key.startswith("erased-")
    assert shown.person_id == person_id
    with pytest.raises(NotFound):
        agency.look.photo(flag_id, labels[0], monitor)
    assert agency.store.queries.flags(None).rows
    assert agency.store.queries.totals()["stored_faces"] == 0


def test_whoever_still_stands_in_the_ledger_is_known_again_without_a_face(agency: Agency, privacy: Privacy) -> None:
    """Erasing here takes nobody off the agency's own ledger: a living pensioner can always be authenticated again."""
    gone = live(agency)
    privacy.run()
    again = agency.person()
    assert again != gone
    assert agency.verify(WANG, picture("wang", take=9)).decision.outcome is Outcome.REFER
    agency.enroll(WANG, picture("wang", take=1))
    assert agency.verify(WANG, picture("wang", take=10)).decision.qualified


def test_what_proves_a_consent_is_emptied_for_the_erased_only(
    agency: Agency, privacy: Privacy, rows: Callable[..., list[Any]]
) -> None:
    person_id, other = live(agency), live(agency, LI, "li")
    privacy.run()
    assert rows("SELECT basis FROM consents WHERE person_id = :id AND reference_sealed IS NULL", id=person_id)
    for change in ("reference_sealed = NULL", "basis = 'statutory_duty'"):
        with pytest.raises(Exception, match="append-only"):
            rows(f"UPDATE consents SET {change} WHERE person_id = :id", id=other)
    with pytest.raises(Exception, match="append-only"):
        rows("UPDATE consents SET language = 'en' WHERE person_id = :id", id=person_id)
    with pytest.raises(Exception, match="append-only"):
        rows("DELETE FROM erasures")
