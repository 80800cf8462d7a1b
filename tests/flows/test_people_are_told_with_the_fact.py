"""A notice is written with the fact that it tells of, once, and money waits until people know."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest

from auth_service.accounts.credentials import StaffMember
from auth_service.accounts.roles import Role
from auth_service.casework.contest import ContestAct
from auth_service.core.errors import (
    AccessRefused,
    AlreadyExists,
    BeneficiaryUnknown,
    FieldInvalid,
    NotFound,
    NotToldYet,
    ReasonMissing,
    StaleJudgement,
)
from auth_service.flows.ask_other_way import Named
from auth_service.notices.notice import Language, NoticeFacts, NoticeKind, NoticeState, Reach, Wishes
from auth_service.notices.plan import SILENT
from auth_service.payments.proposals import Act, Ground, PayState
from auth_service.qualification.evidence import Channel
from tests.builders import LI, STRANGER, WANG, Agency
from tests.conftest import FixedClock
from tests.flows.erasing import Privacy
from tests.flows.telling import HELPER, PHONE, PLAN, Telling
from tests.gateway import Gateway, gateway


@pytest.fixture
def sms() -> Iterator[Gateway]:
    with gateway() as made:
        yield made


@pytest.fixture
def desk(agency: Agency, clock: FixedClock, sms: Gateway) -> Telling:
    return Telling(agency, clock, sms)


ALL = ("helper", "letter", "sms")


def test_a_proposed_hold_is_told_over_every_way_before_anything_happens(desk: Telling) -> None:
    desk.propose(Act.HOLD, Ground.NOT_REACHED)
    assert desk.told() == [("hold_proposed", way, "waiting") for way in ALL]
    assert {one.contact for one in desk.log()} == {PHONE, HELPER, "某县某村 7 号"}
    assert all("还没定" in one.text for one in desk.log())
    assert desk.state() is PayState.PAID


def test_whoever_is_being_told_of_a_proposal_is_told_that_it_came_to_nothing(desk: Telling) -> None:
    proposal = desk.propose(Act.HOLD, Ground.NOT_REACHED)
    now = desk.clock.now()
    with desk.agency.store.unit() as unit:  # a sender has it in hand
        assert len(unit.notices.claim([Reach.SMS], 8, now, now + timedelta(seconds=60))) == 1
    desk.deciding.withdraw(proposal.id, "", desk.officer)
    assert NoticeKind.PROPOSAL_ENDED in {one.kind for one in desk.log()}


def test_nobody_hears_of_the_end_of_what_nobody_heard_of(desk: Telling) -> None:
    proposal = desk.propose(Act.HOLD, Ground.NOT_REACHED)
    desk.deciding.withdraw(proposal.id, "", desk.officer)
    assert {one.state for one in desk.log()} == {NoticeState.DROPPED}


def test_a_death_record_is_asked_about_and_not_spoken_of(desk: Telling) -> None:
    desk.propose(Act.HOLD, Ground.DEATH_RECORD)
    assert {one.kind for one in desk.log()} == {NoticeKind.CHECK_PROPOSED}


def test_without_the_fact_there_is_no_notice_and_without_the_notice_no_fact(
    desk: Telling, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any, **__: Any) -> bool:
        raise RuntimeError("the database went away")

    with monkeypatch.context() as patch:
        patch.setattr("auth_service.storage.records.notices.Notices.add", broken)
        with pytest.raises(RuntimeError):
            desk.propose()
    assert (desk.acts(), desk.told()) == ([], [])
    with monkeypatch.context() as patch:
        patch.setattr("auth_service.storage.records.audit.Audit.flush", broken)
        with pytest.raises(RuntimeError):
            desk.propose()
    assert (desk.acts(), desk.told()) == ([], [])


def test_money_is_not_taken_away_before_the_person_was_told_over_two_ways_and_could_answer(desk: Telling) -> None:
    proposal = desk.propose()
    with pytest.raises(NotToldYet):
        desk.approve(proposal)
    desk.sending.run()
    with pytest.raises(NotToldYet):
        desk.approve(proposal)
    desk.clock.advance(hours=23, minutes=59)
    with pytest.raises(NotToldYet):
        desk.approve(proposal)
    desk.clock.advance(minutes=1)
    desk.approve(proposal)
    assert desk.state() is PayState.HELD
    assert [one for one in desk.told() if one[0] == "held"] == [("held", way, "waiting") for way in ALL]
    assert any("我还健在" in one.text for one in desk.log() if one.kind is NoticeKind.HELD)


def test_a_gateway_that_is_away_takes_nobodys_money(desk: Telling, sms: Gateway) -> None:
    sms.always = "cut"
    proposal = desk.propose()
    desk.sending.run()
    desk.time_to_answer()
    with pytest.raises(NotToldYet):
        desk.approve(proposal)
    assert desk.state() is PayState.PAID


def test_giving_back_waits_for_no_notice_and_is_told(desk: Telling) -> None:
    proposal = desk.propose()
    desk.sending.run()
    desk.time_to_answer()
    desk.approve(proposal)
    desk.restore()
    assert desk.state() is PayState.PAID
    assert {way for kind, way, _ in desk.told() if kind == "resumed"} == set(ALL)


def test_what_came_to_nothing_at_night_frightens_nobody(desk: Telling) -> None:
    desk.clock.instant = desk.clock.instant.replace(hour=14)  # ten in the evening there
    proposal = desk.propose()
    desk.sending.run()
    desk.deciding.withdraw(proposal.id, "看错了人", desk.officer)
    assert desk.told() == [
        ("check_proposed", "helper", "dropped"), ("check_proposed", "letter", "sent"),
        ("check_proposed", "sms", "dropped"),
        *[("proposal_ended", way, "waiting") for way in ALL],
    ]  # fmt: skip
    other = desk.propose()
    desk.deciding.give_back_to_maker(other.id, "不同意", desk.checker)
    again = [one for one in desk.log() if one.about == other.id]
    assert {one.state for one in again} == {NoticeState.DROPPED}, "nobody heard of it, and nobody hears that it ended"


def test_staff_tell_by_hand_where_machines_do_not_reach(agency: Agency, clock: FixedClock, sms: Gateway) -> None:
    desk = Telling(agency, clock, sms)
    person = desk.add_person(LI, "TS-2", phone="", contact_phone="", address="")
    desk.person = person
    proposal = desk.propose()
    assert desk.told() == [("check_proposed", "none", "dropped")], "the log says that nobody could be reached"
    by_hand: Callable[[Reach, str, StaffMember], None] = lambda way, note, who: desk.keeping.told_by_hand(  # noqa: E731
        proposal.id, way, note, who
    )
    with pytest.raises(ReasonMissing):
        by_hand(Reach.VISIT, " ", desk.officer)
    with pytest.raises(FieldInvalid):
        by_hand(Reach.SMS, "打过电话", desk.officer)
    with pytest.raises(AccessRefused):
        by_hand(Reach.VISIT, "门上留了条", desk.checker)
    by_hand(Reach.VISIT, "门上留了条，邻居答应转告", desk.officer)
    with pytest.raises(AlreadyExists):
        by_hand(Reach.VISIT, "又去了一次", desk.officer)
    desk.clock.advance(days=2)
    with pytest.raises(NotToldYet):
        desk.approve(proposal)
    by_hand(Reach.ONLY_ONE, "台账无电话无地址，村委会也没有联系方式", desk.officer)
    desk.approve(proposal)
    assert desk.state() is PayState.HELD
    with pytest.raises(StaleJudgement):
        by_hand(Reach.IN_PERSON, "见到本人", desk.officer)
    with pytest.raises(NotFound):
        desk.keeping.told_by_hand("0" * 32, Reach.VISIT, "x", desk.officer)


def test_a_row_that_somebody_put_into_the_database_counts_for_nothing(
    desk: Telling, rows: Callable[..., list[Any]]
) -> None:
    proposal = desk.propose()
    at = "2026-03-01 00:00:00+00:00" if "postgresql" in desk.agency.urls.front else "2026-03-01 00:00:00.000000"
    rows("UPDATE notices_outbox SET state = 'sent', settled_at = :at", at=at)
    desk.time_to_answer()
    with pytest.raises(NotToldYet):
        desk.approve(proposal)


def test_a_contest_is_received_once_and_answered(desk: Telling) -> None:
    proposal = desk.propose()
    desk.sending.run()
    for _ in range(2):
        desk.opening.by_number(Named(WANG, None), Channel.PHONE, "我还好好的")
    received = [one for one in desk.log() if one.kind is NoticeKind.CONTEST_RECEIVED]
    assert [one.reach for one in received] == [Reach.SMS]
    contest = desk.contest()
    assert contest is not None
    assert contest.contest.id == received[0].about != proposal.id
    desk.answering.act(contest.contest.id, ContestAct.DISMISSAL_PROPOSED, "核实过", desk.officer)
    assert not [one for one in desk.log() if one.kind is NoticeKind.CONTEST_DISMISSED], "one person decides nothing"
    desk.answering.dismiss(contest.contest.id, "同意", desk.other)
    assert {one.reach.value for one in desk.log() if one.kind is NoticeKind.CONTEST_DISMISSED} == set(ALL)


def test_where_nothing_is_held_a_stranger_makes_nobodys_telephone_ring(desk: Telling) -> None:
    for number in (WANG, STRANGER):
        desk.opening.by_number(Named(number, None), Channel.PHONE)
    assert desk.told() == []


def test_an_agency_that_sends_nothing_writes_nothing_and_waits_for_nothing(
    agency: Agency, clock: FixedClock, sms: Gateway
) -> None:
    desk = Telling(agency, clock, sms, SILENT)
    desk.do()
    desk.restore()
    assert desk.told() == []


def test_many_at_once_write_it_once(desk: Telling) -> None:
    facts = (NoticeKind.REMINDER, "resident_pension/60/2026-05-31", NoticeFacts())
    start, failed = threading.Barrier(8), []

    def write() -> None:
        from auth_service.flows.notice_terms import tell  # noqa: PLC0415

        start.wait()
        try:
            with desk.agency.store.unit() as unit:
                person = unit.people.get(desk.person)
                assert person is not None
                tell(unit, PLAN, person, facts, desk.clock.now())
        except Exception as error:  # noqa: BLE001 - shown below
            failed.append(error)

    threads = [threading.Thread(target=write) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (failed, desk.told()) == ([], [("reminder", "sms", "waiting")])


def test_only_staff_say_where_notices_go_and_mail_comes_beside_the_telephone(desk: Telling) -> None:
    wishes = Wishes(Language.EN, "wang@example.cn", receipts=True)
    with pytest.raises(AccessRefused):
        desk.keeping.wish(WANG, wishes, desk.checker)
    with pytest.raises(BeneficiaryUnknown):
        desk.keeping.wish(STRANGER, wishes, desk.officer)
    desk.keeping.wish(WANG, wishes, desk.officer)
    desk.keeping.wish(WANG, Wishes(Language.EN, "wang.x@example.cn"), desk.officer)
    with desk.agency.store.reading() as unit:
        kept = unit.notice_wishes.of(desk.person)
    assert (kept.email, kept.receipts, kept.since) == ("wang.x@example.cn", False, desk.clock.now())
    desk.propose()
    assert {one.reach.value for one in desk.log()} == {*ALL, "email"}
    assert all(one.language is Language.EN and "othing is decided" in one.text for one in desk.log())


def test_whoever_is_erased_is_told_nothing_more_and_leaves_nothing(
    desk: Telling, privacy: Privacy, rows: Callable[..., list[Any]]
) -> None:
    desk.keeping.wish(WANG, Wishes(email="wang@example.cn"), desk.officer)
    desk.propose()
    privacy.run(WANG)
    assert desk.sending.run() == {"sent": 0, "again": 0, "dead": 0}
    assert rows("SELECT count(*) FROM notices_outbox") == [(0,)]
    assert rows("SELECT count(*) FROM notice_wishes") == [(0,)]
    proposal = desk.acts()[0].proposal
    desk.deciding.withdraw(proposal.id, "", desk.officer)


def test_nothing_that_is_told_lies_in_clear(desk: Telling, rows: Callable[..., list[Any]]) -> None:
    desk.propose()
    stored = "".join(
        bytes(value).decode("utf-8", "replace") if isinstance(value, bytes | memoryview) else str(value)
        for row in rows("SELECT * FROM notices_outbox")
        for value in row
    )
    assert not [canary for canary in (PHONE, HELPER, "某县某村", "王", "还没定") if canary in stored]


def test_members_of_staff_are_not_told_of_by_others(desk: Telling) -> None:
    """An account that only checks proposes nothing, and what it cannot propose it does not put on record."""
    monitor = desk.agency.member(Role.MONITOR, "qian")
    proposal = desk.propose()
    with pytest.raises(AccessRefused):
        desk.keeping.told_by_hand(proposal.id, Reach.IN_PERSON, "见到本人", monitor)
    assert timedelta(0) == desk.clock.now() - proposal.proposed_at
