"""What a person sees of themselves, with a code or a live pass, and what they may ask; on both databases."""

from __future__ import annotations

from datetime import timedelta

import pytest

from auth_service.accounts.roles import Role
from auth_service.beneficiaries.arrangements import Topic
from auth_service.channels.phone.own import told_export
from auth_service.core.clock import legal_date
from auth_service.core.errors import (
    AccessRefused,
    FieldInvalid,
    LivePassNeeded,
    PossessionNeeded,
    SessionUnknown,
    StaleJudgement,
)
from auth_service.enrollment.own_request import Answer, OwnWish, Papers
from auth_service.flows.ask_other_way import Named
from auth_service.flows.import_arrangements import ImportArrangements
from auth_service.flows.keep_data_wish import KeepDataWish
from auth_service.flows.keep_notices import KeepNotices
from auth_service.flows.own_requests import AnswerOwn, AskOwn
from auth_service.flows.see_own import FRESH, SeeOwn
from auth_service.flows.session_terms import SessionKey
from auth_service.notices.notice import Language, Wishes
from auth_service.qualification.capture_outcome import OutcomeWord
from auth_service.qualification.evidence import Channel
from auth_service.qualification.passes import passes
from auth_service.qualification.status import LifeState
from auth_service.storage.unit import LifeTerms
from tests.builders import LI, STRANGER, WANG, Agency
from tests.builders import Rows as RowsToBring
from tests.conftest import FixedClock
from tests.flows.capturing import Phone, Rows
from tests.flows.test_the_sweep_finds_who_is_due import bring, event

TELEPHONE = "13900000001"


@pytest.fixture
def see(phone: Phone) -> SeeOwn:
    phone.agency.person(LI, "李建国", phone=TELEPHONE)
    return SeeOwn(phone.agency.store, phone.agency.clock)


def with_code(phone: Phone, number: str = LI) -> SessionKey:
    key = phone.open(number)
    phone.proving.send(key)
    phone.proving.give(key, phone.codes.sent[-1][1])
    return key


def test_a_code_that_came_back_opens_the_status_for_a_quarter_of_an_hour(
    phone: Phone, see: SeeOwn, clock: FixedClock
) -> None:
    with pytest.raises(PossessionNeeded):
        see.status(phone.open(LI))
    key = with_code(phone)
    (standing,) = see.status(key)
    assert standing.status.state is LifeState.NORMAL
    for refused in (see.history, see.export):
        with pytest.raises(LivePassNeeded):
            refused(key)
    clock.advance(seconds=int(FRESH.total_seconds()) - 1)
    see.status(key)
    clock.advance(seconds=1)
    with pytest.raises(PossessionNeeded):
        see.status(key)


def test_a_live_pass_opens_history_and_all_data_for_as_long(phone: Phone, see: SeeOwn, clock: FixedClock) -> None:
    bring(phone.agency, event(WANG, "住院", legal_date(clock.now()) - timedelta(days=3)))
    key = phone.captured()
    with pytest.raises(LivePassNeeded):
        see.history(key)
    done = phone.completing.run(key)
    assert done.outcome.word is OutcomeWord.PASSED
    history = see.history(key)
    assert {one.event.source for one in history.events} == {"own", "health"}
    assert [one.certificate for one in history.certificates] == [done.certificate]
    data = see.export(key)
    assert (data.person.id_number.number, data.person.name) == (WANG, "王秀英")
    see.status(key)
    clock.advance(seconds=int(FRESH.total_seconds()))
    for refused in (see.history, see.export):
        with pytest.raises(LivePassNeeded):
            refused(key)


def test_a_face_that_did_not_pass_opens_nothing(phone: Phone, see: SeeOwn) -> None:
    key = phone.captured(WANG, "li")
    phone.completing.run(key)
    for refused in (see.history, see.export):
        with pytest.raises(LivePassNeeded):
            refused(key)


def test_known_and_unknown_are_refused_in_the_same_way(phone: Phone, see: SeeOwn) -> None:
    for number in (LI, STRANGER):
        key = phone.open(number)
        phone.proving.send(key)
        with pytest.raises(PossessionNeeded):
            see.status(key)
        with pytest.raises(LivePassNeeded):
            see.export(key)
    with pytest.raises(SessionUnknown):
        see.status(SessionKey("0" * 32, "x" * 40))


def test_every_look_is_in_the_trail(phone: Phone, see: SeeOwn) -> None:
    see.status(with_code(phone))
    with phone.agency.store.reading() as unit:
        seen = [row.event for row in unit.audit.rows() if row.event.action == "own_data.seen"]
    assert [(one.actor, dict(one.details)) for one in seen] == [("capture:phone", {"what": "status"})]


def test_all_data_has_what_was_arranged_around_a_person_and_how_they_want_to_be_told(phone: Phone, see: SeeOwn) -> None:
    agency = phone.agency
    with agency.store.reading() as unit:
        person = unit.people.id_of(WANG)
    assert person is not None
    told = (
        (Topic.PROXY, {"id_number": WANG, "kind": "监护人", "name": "王建国", "proxy_id_number": LI, "basis": "判决",
                       "source": "court"}),
        (Topic.ACCOMMODATION, {"id_number": WANG, "kind": "blind", "source": "village"}),
    )  # fmt: skip
    for topic, row in told:
        report = ImportArrangements(agency.ledger_store, agency.clock).run(
            topic, RowsToBring([row], "a.csv"), RowsToBring(), "cli", lambda _: None
        )
        assert report.refused == 0
    officer = agency.member(Role.OFFICER, "ou")
    KeepNotices(agency.store, agency.clock, lambda email: email).wish(WANG, Wishes(Language.EN, receipts=True), officer)
    key = phone.captured()
    phone.completing.run(key)
    data = see.export(key)
    assert {(one.topic, one.kind) for one in data.arranged} == {
        (Topic.PROXY, "guardian"), (Topic.ACCOMMODATION, "blind"),
    }  # fmt: skip
    assert (data.wishes.language, data.wishes.receipts) == (Language.EN, True)
    answer = told_export(data)
    assert "王建国" in answer.model_dump_json()
    assert LI not in answer.model_dump_json(), "another person's number is not theirs to hand out"


# --- what is asked ------------------------------------------------------------------------------------------


def asked(agency: Agency, number: str, name: str, wish: OwnWish) -> None:
    AskOwn(agency.store, agency.clock).by_number(Named(number, name), wish, Channel.PHONE)


def test_asking_changes_nothing_and_is_kept_once_a_day_for_whoever_is_known(agency: Agency, rows: Rows) -> None:
    agency.person()
    for _ in range(2):
        asked(agency, WANG, "王秀英", OwnWish.DATA_OPT_OUT)
    asked(agency, WANG, "别人", OwnWish.ERASE)
    asked(agency, STRANGER, "别人", OwnWish.ERASE)
    assert rows("SELECT wish, settled_at FROM own_requests") == [("data_opt_out", None)]
    assert rows("SELECT count(*) FROM life_events")[0][0] == 0


def test_a_privacy_officer_carries_it_out_with_papers_and_once(agency: Agency, clock: FixedClock) -> None:
    person, today = agency.person(), legal_date(clock.now())
    officer, other = agency.member(Role.PRIVACY_OFFICER, "li"), agency.member(Role.OFFICER, "zhao")
    desk = AnswerOwn(agency.store, agency.clock)
    bring(agency, event(WANG, "住院", today - timedelta(days=1), "before"))
    asked(agency, WANG, "王秀英", OwnWish.DATA_OPT_OUT)
    (one,) = desk.listed(officer, settled=False)
    with pytest.raises(AccessRefused):
        desk.listed(other, settled=False)
    with pytest.raises(FieldInvalid):
        desk.settle(one.id, ("done", "", ""), officer)
    desk.settle(one.id, ("done", "id_card", "本人到窗口"), officer)
    with pytest.raises(StaleJudgement):
        desk.settle(one.id, ("done", "id_card", ""), officer)
    (done,) = desk.listed(officer, settled=True)
    assert (done.answer, done.papers, done.note) == (Answer.DONE, Papers.ID_CARD, "本人到窗口")
    bring(agency, event(WANG, "住院", today, "after"))
    with agency.store.reading() as unit:
        facts = unit.lives.facts([person], LifeTerms(today, (), frozenset()))[0].facts
        book = unit.policies.book()
    assert [found.on for found in passes(facts, book, clock.now())] == [today - timedelta(days=1)]
    assert desk.waiting() == 0


def test_a_wish_that_came_by_two_ways_is_written_down_once_and_found_in_one_place(
    agency: Agency, clock: FixedClock, rows: Rows
) -> None:
    agency.person()
    officer, clerk = agency.member(Role.PRIVACY_OFFICER, "li"), agency.member(Role.OFFICER, "zhao")
    desk = AnswerOwn(agency.store, agency.clock)
    asked(agency, WANG, "王秀英", OwnWish.DATA_OPT_OUT)
    assert KeepDataWish(agency.store, agency.clock).run(WANG, clerk, wants_data=False, said="counter")
    (one,) = desk.listed(officer, settled=False)
    desk.settle(one.id, ("done", "id_card", ""), officer)
    assert rows("SELECT kind FROM life_events") == [("data_opt_out",)]
    clock.advance(minutes=1)
    asked(agency, WANG, "王秀英", OwnWish.DATA_OPT_IN)
    (two,) = desk.listed(officer, settled=False)
    desk.settle(two.id, ("done", "id_card", ""), officer)
    told = rows("SELECT actor, details FROM audit_rows WHERE action = 'person.data_wish' ORDER BY number")
    assert [actor for actor, _ in told] == [f"staff:{clerk.id}", f"staff:{officer.id}"]
    assert f"own request {two.id}" in told[1][1]
    assert not KeepDataWish(agency.store, agency.clock).run(WANG, clerk, wants_data=True, said="counter")


def test_nothing_is_carried_out_by_somebody_elses_word(agency: Agency, rows: Rows) -> None:
    agency.person()
    officer = agency.member(Role.PRIVACY_OFFICER, "li")
    desk = AnswerOwn(agency.store, agency.clock)
    asked(agency, WANG, "王秀英", OwnWish.DATA_OPT_OUT)
    (one,) = desk.listed(officer, settled=False)
    desk.settle(one.id, ("not_confirmed", "id_card", ""), officer)
    assert rows("SELECT count(*) FROM life_events")[0][0] == 0
    assert rows("SELECT answer, papers FROM own_requests") == [("not_confirmed", None)]
