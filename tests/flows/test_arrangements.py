"""Contacts, proxies and accommodations come from files, keep their history, and change what they should."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy.exc import DBAPIError

from auth_service.beneficiaries.arrangements import AccommodationKind, Topic
from auth_service.beneficiaries.tags import Tag
from auth_service.capture.other_way import Way
from auth_service.capture.session import SessionPolicy
from auth_service.core.clock import legal_date
from auth_service.core.errors import KeyDestroyed, ServiceError
from auth_service.enrollment.consent import Consent, ConsentBasis
from auth_service.flows.import_arrangements import ArrangementsReport, ImportArrangements
from auth_service.flows.import_ledger import ImportLedger
from auth_service.flows.open_session import OpenRequest, OpenSession
from auth_service.flows.sweep import Sweep
from auth_service.qualification.decision import Outcome
from auth_service.qualification.evidence import Channel
from auth_service.storage.unit import LifeTerms
from tests.builders import LI, STRANGER, WANG, Agency, Rows
from tests.conftest import FixedClock
from tests.fakes import picture
from tests.flows.erasing import Privacy
from tests.storage.samples import direct_sql

GUARDIAN = {
    "id_number": WANG, "kind": "监护人", "name": "王建国", "proxy_id_number": LI, "phone": "13900000001",
    "basis": "(2024)民特12号", "source": "court",
}  # fmt: skip


class Refused(Rows):
    """Refused rows with the field at fault."""

    def reject_row(self, row: int, values: Any, error: ServiceError) -> None:
        self.refused.append((row, error.field, error.code))


def bring(agency: Agency, topic: Topic, *rows: dict[str, str]) -> tuple[ArrangementsReport, Refused]:
    sink = Refused()
    flow = ImportArrangements(agency.ledger_store, agency.clock)
    return flow.run(topic, Rows(rows, "a.csv"), sink, "cli", lambda _: None), sink


def needs(agency: Agency, person: str) -> frozenset[AccommodationKind]:
    with agency.store.reading() as unit:
        return unit.accommodations.of_person(person, legal_date(agency.clock.now()))


def need(kind: str, number: str = WANG, **more: str) -> dict[str, str]:
    return {"id_number": number, "kind": kind, "source": "village", **more}


# --- contacts -----------------------------------------------------------------------------------------------


def test_contacts_of_the_ledger_and_of_others_stand_beside_each_other_and_nothing_twice(agency: Agency) -> None:
    person = agency.person(phone="13800000001")
    rows = [
        {"id_number": WANG, "kind": "电话", "value": "13800000001", "source": "bank"},
        {
            "id_number": WANG,
            "kind": "亲属",
            "value": "13800000002",
            "name": "王小明",
            "relation": "儿子",
            "source": "village",
        },
        {"id_number": WANG, "kind": "address", "value": "乙市丙县丁镇东村 5 号", "source": "village"},
    ]
    report, _ = bring(agency, Topic.CONTACT, *rows)
    assert (report.rows, report.added, report.refused) == (3, 3, 0)
    assert bring(agency, Topic.CONTACT, *rows)[0].unchanged == 3
    with agency.store.reading() as unit:
        found = [(one.kind, one.value, one.source) for one in unit.contacts.of_person(person)]
    assert found[0] == ("phone", "13800000001", "ledger")
    assert sorted(found[1:]) == [
        ("address", "乙市丙县丁镇东村 5 号", "village"), ("relative", "13800000002", "village"),
    ]  # fmt: skip


def test_a_contact_that_is_taken_back_is_called_no_more_and_stays_in_the_history(
    agency: Agency, clock: FixedClock
) -> None:
    person = agency.person()
    row = {"id_number": WANG, "kind": "phone", "value": "13800000009", "source": "village"}
    bring(agency, Topic.CONTACT, row)
    clock.advance(days=3)
    assert bring(agency, Topic.CONTACT, {**row, "message": "终止"})[0].changed == 1
    with agency.store.reading() as unit:
        assert unit.contacts.of_person(person) == []
        assert [(one.given, one.details["value"]) for one in unit.contacts.history(person)] == [
            (True, "13800000009"), (False, "13800000009"),
        ]  # fmt: skip


def test_a_telephone_that_a_new_ledger_replaces_stays_in_the_history(agency: Agency, clock: FixedClock) -> None:
    person = agency.person(phone="13800000001")
    clock.advance(days=5)
    row = {"id_number": WANG, "name": "王秀英", "benefit_kind": "resident_pension", "phone": "13800000007"}
    ImportLedger(agency.ledger_store, clock, lambda text: text).run(Rows([row]), Rows(), "cli", lambda _: None)
    with agency.store.reading() as unit:
        assert [one.value for one in unit.contacts.of_person(person)] == ["13800000007"]
        (past,) = unit.contacts.history(person)
    assert (past.details["value"], past.given, past.until) == ("13800000001", False, legal_date(clock.now()))


# --- proxies ------------------------------------------------------------------------------------------------


def test_a_guardian_is_on_file_with_paper_and_time_and_may_contest_as_one(agency: Agency, clock: FixedClock) -> None:
    person = agency.person()
    report, _ = bring(agency, Topic.PROXY, {**GUARDIAN, "valid_to": "2026-12-31"})
    assert (report.added, report.refused) == (1, 0)
    today = legal_date(clock.now())
    with agency.store.reading() as unit:
        (proxy,) = unit.proxies.of_person(person, today)
        assert (proxy.kind, proxy.name, proxy.basis, proxy.until) == (
            "guardian", "王建国", "(2024)民特12号", date(2026, 12, 31),
        )  # fmt: skip
        assert unit.proxies.may_contest(person, LI, today) == "guardian"
        assert unit.proxies.may_contest(person, STRANGER, today) is None
        assert unit.proxies.may_contest(person, LI, date(2027, 1, 1)) is None


def test_a_carer_decides_nothing(agency: Agency, clock: FixedClock) -> None:
    person = agency.person()
    bring(agency, Topic.PROXY, {**GUARDIAN, "kind": "照护人"})
    with agency.store.reading() as unit:
        assert unit.proxies.may_contest(person, LI, legal_date(clock.now())) is None


def test_a_guardians_face_never_passes_for_the_person(agency: Agency) -> None:
    agency.person()
    agency.enroll(WANG, picture("wang"), picture("wang", take=2))
    bring(agency, Topic.PROXY, GUARDIAN)
    assert agency.verify(WANG, picture("guardian")).decision.outcome is not Outcome.QUALIFIED
    assert agency.verify(WANG, picture("wang", take=3)).decision.outcome is Outcome.QUALIFIED


@pytest.mark.parametrize(
    ("topic", "row", "field", "code"),
    [
        (Topic.PROXY, {**GUARDIAN, "basis": ""}, "basis", "field_missing"),
        (Topic.PROXY, {**GUARDIAN, "kind": "朋友"}, "kind", "field_invalid"),
        (Topic.PROXY, {**GUARDIAN, "proxy_id_number": WANG}, "proxy_id_number", "row_conflict"),
        (Topic.PROXY, {**GUARDIAN, "proxy_id_number": "123"}, "proxy_id_number", "id_number_invalid"),
        (Topic.PROXY, {**GUARDIAN, "valid_from": "2026-05-01"}, "valid_from", "date_invalid"),
        (Topic.PROXY, {**GUARDIAN, "valid_to": "2020-05-01"}, "valid_to", "date_invalid"),
        (Topic.PROXY, {**GUARDIAN, "id_number": STRANGER}, "id_number", "beneficiary_unknown"),
        (Topic.CONTACT, {**need("phone"), "value": "abc"}, "value", "field_invalid"),
        (Topic.CONTACT, need("phone"), "value", "field_missing"),
        (Topic.ACCOMMODATION, need("language"), "detail", "field_missing"),
        (Topic.ACCOMMODATION, need("blind", message="maybe"), "message", "field_invalid"),
    ],
)
def test_a_row_that_cannot_be_used_comes_back_with_field_and_reason(
    agency: Agency, topic: Topic, row: dict[str, str], field: str, code: str
) -> None:
    agency.person()
    report, sink = bring(agency, topic, row)
    assert (report.refused_by_code, sink.refused) == ({code: 1}, [(2, field, code)])


# --- accommodations -----------------------------------------------------------------------------------------


def test_who_cannot_come_is_guarded_and_visited_until_it_ends(agency: Agency, clock: FixedClock) -> None:
    person = agency.person()
    until = legal_date(clock.now()) + timedelta(days=30)
    report, _ = bring(agency, Topic.ACCOMMODATION, need("卧床", valid_to=str(until)), need("方言", detail="冀东话"))
    assert (report.added, needs(agency, person)) == (2, {AccommodationKind.BEDRIDDEN, AccommodationKind.LANGUAGE})
    with agency.store.reading() as unit:
        assert unit.accommodations.tags_of([person], until) == {person: frozenset({Tag.BEDRIDDEN})}
        assert unit.accommodations.nearest_way(person, until) is Way.HOME_VISIT
        after = until + timedelta(days=1)
        assert unit.accommodations.tags_of([person], after) == {}
        assert unit.accommodations.nearest_way(person, after) is Way.PHONE_CALL
        (life,) = unit.lives.facts([person], LifeTerms(until, (), frozenset()))
        assert life.facts.tags == {Tag.BEDRIDDEN}
        (life,) = unit.lives.facts([person], LifeTerms(after, (), frozenset()))
        assert life.facts.tags == frozenset()


def test_a_new_need_and_one_that_ended_are_found_by_the_next_sweep(agency: Agency, clock: FixedClock) -> None:
    person, sweep = agency.person(), Sweep(agency.store, clock)
    sweep.run(None, "test", lambda _: None)
    clock.advance(days=5)
    bring(agency, Topic.ACCOMMODATION, need("blind", valid_to=str(legal_date(clock.now()) + timedelta(days=9))))
    with agency.store.reading() as unit:
        assert unit.lives.touched(clock.now() - timedelta(days=2), legal_date(clock.now())) == [person]
    clock.advance(days=10)
    with agency.store.reading() as unit:
        assert unit.lives.touched(clock.now() - timedelta(days=1), legal_date(clock.now())) == [person]
        assert unit.lives.touched(clock.now() + timedelta(days=5), legal_date(clock.now()) + timedelta(days=6)) == []


def test_who_needs_time_gets_it_unasked_whatever_name_is_given(agency: Agency, rows: Callable[..., list[Any]]) -> None:
    agency.person()
    agency.person(LI, name="李四")
    bring(agency, Topic.ACCOMMODATION, need("deaf"), need("no_smartphone", LI))
    opened = {
        name: slow_session(agency, number, name) for number, name in ((WANG, "王秀英"), (WANG, "张三"), (LI, "李四"))
    }
    assert opened == {"王秀英": True, "张三": True, "李四": False}


def test_time_tells_nobody_who_is_in_the_ledger(agency: Agency) -> None:
    """Of numbers in no ledger some get more time too, and always the same ones."""
    with agency.store.reading() as unit:
        today = legal_date(agency.clock.now())
        drawn = [unit.accommodations.is_slow(None, f"subject {n}", today) for n in range(2000)]
        assert drawn == [unit.accommodations.is_slow(None, f"subject {n}", today) for n in range(2000)]
    assert 150 < sum(drawn) < 350


def slow_session(agency: Agency, number: str, name: str) -> bool:
    consent = Consent(ConsentBasis.SEPARATE_CONSENT, "v1", "zh", "phone", agency.clock.now())
    opened = OpenSession(agency.store, agency.clock, SessionPolicy()).run(
        OpenRequest(number, Channel.PHONE, consent, name=name, at_once=True)
    )
    with agency.store.unit() as unit:
        stored = unit.sessions.by_token(opened.token)
    assert stored is not None
    return stored.session.slow


# --- what is kept -------------------------------------------------------------------------------------------


def test_nothing_of_it_is_readable_and_an_erasure_ends_it(agency: Agency, privacy: Privacy) -> None:
    person = agency.person()
    bring(agency, Topic.PROXY, GUARDIAN)
    bring(agency, Topic.ACCOMMODATION, need("失明"))
    told = direct_sql(agency.urls.front, "SELECT * FROM arrangements")
    assert len(told) == 2
    assert not any(word in repr(row) for row in told for word in ("王建国", LI, "民特", "blind", "guardian"))
    privacy.run()
    with agency.store.reading() as unit:
        for read in (unit.proxies.history, unit.accommodations.history):
            with pytest.raises(KeyDestroyed):
                read(person)


def test_what_was_told_is_never_changed_behind_the_service(agency: Agency) -> None:
    agency.person()
    bring(agency, Topic.PROXY, GUARDIAN)
    for statement in ("UPDATE arrangements SET source = 'x'", "DELETE FROM arrangements"):
        with pytest.raises(DBAPIError):
            direct_sql(agency.urls.front, statement)
