"""What a person says of a capture, and what follows for whoever captured, for the audit trail, for what is kept."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from auth_service.accounts.credentials import StaffMember
from auth_service.accounts.roles import Role
from auth_service.capture.other_way import Way
from auth_service.core.audit_check import Trouble
from auth_service.core.errors import FieldInvalid, NotFound, PartlyDone, SealBroken, StaleJudgement
from auth_service.core.retention import RetentionPolicy
from auth_service.flows.answer_request import AnswerRequest, RevealReason
from auth_service.flows.ask_other_way import Named
from auth_service.flows.judge_flag import JudgeFlag
from auth_service.flows.retain import Retain
from auth_service.flows.review_capture import Said
from auth_service.liveness.decision import PadReason, PadVerdict
from auth_service.monitoring.flags import Verdict
from auth_service.qualification.capture_outcome import OutcomeWord
from auth_service.qualification.evidence import Channel
from auth_service.qualification.review import ReviewReason, ReviewState, ReviewVerdict
from auth_service.storage.queries import DeskFilter
from tests.audit_trails import Trail, troubles
from tests.builders import LI, STRANGER, WANG, Agency
from tests.conftest import FixedClock
from tests.fakes import FAKE_ENGINE, picture
from tests.flows.capturing import Phone, count
from tests.flows.erasing import Privacy
from tests.flows.reviewing import ACCEPTED, CANNOT_TELL, SUSPECTED, Desk
from tests.storage.samples import direct_sql

Rows = Callable[..., list[Any]]


@pytest.fixture
def desk(agency: Agency, clock: FixedClock) -> Desk:
    return Desk(agency, clock)


def grey(phone: Phone, take: int = 1) -> str:
    done = phone.run(take=take, blur=0.55)
    assert done.outcome.word is OutcomeWord.IN_REVIEW
    return done.evidence_id


def test_who_was_accepted_finds_a_certificate_where_they_left_the_page(phone: Phone, desk: Desk, rows: Rows) -> None:
    key = phone.captured(blur=0.55)
    done = phone.completing.run(key)
    desk.decide(done.evidence_id)
    assert phone.seeing.run(key).outcome == done.outcome, "nothing follows while it may be taken back"
    desk.clock.advance(minutes=10)
    desk.settling.run()
    view = phone.seeing.run(key)
    assert view.outcome is not None
    assert (view.outcome.word, view.certificate is not None) == (OutcomeWord.PASSED, True)
    assert rows("SELECT count(*) FROM consents WHERE channel = 'phone'") == [(1,)], "it was they who consented"
    with desk.agency.store.reading() as unit:
        person = unit.people.id_of(WANG) or ""
        assert unit.evidence.last_pass(person) is not None
        assert unit.evidence.failures_in_cycle(person) == 0
        assert [capture.qualified for capture in unit.captures.of(person, FAKE_ENGINE, 20)] == [True] * 4


@pytest.mark.parametrize("what", [SUSPECTED, CANNOT_TELL], ids=lambda what: what[0].value)
def test_who_was_not_accepted_is_told_the_same_whatever_was_thought_of_them(
    phone: Phone, desk: Desk, what: tuple[ReviewVerdict, ReviewReason]
) -> None:
    key = phone.captured(blur=0.55)
    desk.settle(phone.completing.run(key).evidence_id, what)
    view = phone.seeing.run(key)
    assert view.outcome is not None
    assert (view.outcome.word, view.outcome.other_way, view.certificate) == (OutcomeWord.OTHER_WAY, True, None)
    assert desk.agency.flags() == (["V05"] if what is SUSPECTED else [])


@pytest.mark.parametrize("judged", [None, Verdict.NEEDS_CHECK, Verdict.FALSE_FLAG])
def test_a_copy_that_a_reviewer_suspects_as_well_is_one_flag_unless_it_was_found_false(
    phone: Phone, desk: Desk, judged: Verdict | None
) -> None:
    phone.run(take=1)
    again = phone.run(take=1)
    assert desk.agency.flags() == ["V04"]
    if judged is not None:
        monitor = desk.agency.member(Role.MONITOR, "zhou")
        JudgeFlag(desk.agency.store, desk.clock).run(again.flags[0], judged, "看过了", monitor, None)
    desk.settle(again.evidence_id, SUSPECTED)
    assert sorted(desk.agency.flags()) == (["V04", "V05"] if judged is Verdict.FALSE_FLAG else ["V04"])


def test_of_two_reviewers_at_once_one_wins_and_the_other_is_told(phone: Phone, desk: Desk) -> None:
    evidence_id, second = grey(phone), desk.agency.member(Role.OFFICER, "wu")

    def decide(who: StaffMember) -> str:
        try:
            desk.review.decide(Said(evidence_id, *ACCEPTED, "", None), who)
        except StaleJudgement as error:
            return error.code
        return "done"

    with ThreadPoolExecutor(2) as pool:
        ended = sorted(pool.map(decide, (desk.officer, second)))
    assert ended == ["done", "stale_judgement"]


def test_nothing_follows_from_the_decision_of_an_account_that_was_disabled_meanwhile(
    phone: Phone, desk: Desk, clock: FixedClock, rows: Rows
) -> None:
    trail, evidence_id = Trail(desk.agency, clock), grey(phone)
    desk.decide(evidence_id)
    desk.agency.staff.disable("liu", "cli")
    desk.clock.advance(minutes=10)
    assert desk.settling.run()["accepted"] == 0
    assert count(rows, "certificates") == 0
    assert desk.see.run(evidence_id, desk.officer).state is ReviewState.WAITING, "somebody else looks"
    assert trail.verify().ok
    desk.decide(evidence_id, by=desk.agency.member(Role.OFFICER, "wu"))
    desk.clock.advance(minutes=10)
    assert desk.settling.run()["accepted"] == 1


def test_nobody_accepts_what_nobody_can_look_at(phone: Phone, desk: Desk) -> None:
    """The page offers no such button; whoever sends the form themselves is refused."""
    evidence_id = grey(phone)
    with desk.agency.store.unit() as unit:
        person = unit.people.id_of(WANG) or ""
        current = unit.references.current(person, FAKE_ENGINE)
        assert current is not None
        unit.expiry.erase_pictures([photo.picture for photo in current.photos], desk.clock.now())
    with pytest.raises(FieldInvalid) as refused:
        desk.decide(evidence_id)
    assert refused.value.field == "verdict"
    desk.decide(evidence_id, CANNOT_TELL)


@pytest.mark.parametrize("reasons", [(), (PadReason.CHALLENGE_ABSENT,)], ids=["no depth", "nothing done"])
def test_nobody_accepts_what_an_engine_that_shows_no_turns_could_not_tell(
    agency: Agency, desk: Desk, reasons: tuple[PadReason, ...]
) -> None:
    agency.person()
    agency.enroll(WANG, picture("wang"))
    phone = Phone(agency, shows_turns=False)
    if reasons:
        phone.assess.verdict, phone.assess.reasons = PadVerdict.INCONCLUSIVE, reasons
    evidence_id = phone.run().evidence_id
    assert not desk.see.run(evidence_id, desk.officer).may_accept
    with pytest.raises(FieldInvalid):
        desk.decide(evidence_id)


def test_two_workers_settle_it_once(phone: Phone, desk: Desk, rows: Rows) -> None:
    desk.decide(grey(phone))
    desk.clock.advance(minutes=11)
    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(lambda _: desk.settling.run()["accepted"], range(2)))
    assert sum(done) == 1
    assert count(rows, "certificates") == 1


def test_the_audit_trail_tells_of_every_act_and_a_forged_one_brings_no_certificate(
    phone: Phone, desk: Desk, clock: FixedClock
) -> None:
    trail = Trail(desk.agency, clock)
    desk.settle(grey(phone))
    other = grey(phone, take=2)
    assert trail.verify().ok
    with desk.agency.store.reading() as unit:
        person = unit.people.id_of(WANG)
    direct_sql(
        desk.agency.urls.front,
        "INSERT INTO reviews (id, evidence_id, number, person_id, act, verdict, reason, done_by, done_at) SELECT "
        f"'{'d' * 32}', '{other}', 1, '{person}', 'decided', verdict, reason, done_by, done_at FROM reviews "
        "WHERE act = 'decided'",
    )
    found = trail.verify()
    assert troubles(found) == {Trouble.FORGED_FACT}
    assert {problem.detail for problem in found.problems} == {f"review:{'d' * 32}"}
    with pytest.raises(PartlyDone, match="seal_broken: 1"):
        desk.settling.run()
    with pytest.raises(SealBroken):
        desk.see.run(other, desk.officer)
    with desk.agency.store.reading() as unit:
        assert unit.certificates.of_evidence(other) is None


def test_pictures_and_frames_wait_for_the_look_and_go_sixty_days_after_it(
    phone: Phone, desk: Desk, clock: FixedClock, rows: Rows
) -> None:
    keeping = Retain(desk.agency.store, {}, RetentionPolicy(), clock)
    looked_at, waiting = grey(phone), grey(phone, take=2)
    clock.advance(days=100)
    keeping.run()
    assert count(rows, "capture_sessions") == 2, "nobody has looked yet"
    desk.settle(looked_at)
    clock.advance(days=59)
    keeping.run()
    assert count(rows, "capture_sessions") == 2, "it may be contested"
    assert desk.see.photo(looked_at, "probe", desk.officer)
    clock.advance(days=2)
    done = keeping.run().removed
    assert (done["review_pictures"], done["sessions"]) == (1, 1)
    assert desk.see.run(waiting, desk.officer).steps
    view = desk.see.run(looked_at, desk.officer)
    assert (view.probe, view.steps, view.session) == (False, (), None)
    with pytest.raises(NotFound):
        desk.see.photo(looked_at, "probe", desk.officer)


def test_a_session_in_which_nobody_was_found_shows_its_frames_as_they_came(phone: Phone, desk: Desk) -> None:
    phone.assess.verdict, phone.assess.reasons = PadVerdict.INCONCLUSIVE, (PadReason.POSSESSION_MISSING,)
    done = phone.run(face="nobody")
    view = desk.see.run(done.evidence_id, desk.officer)
    assert view.probe
    assert (view.evidence.comparison, view.compared) == (None, None)
    assert desk.see.photo(done.evidence_id, "probe", desk.officer).startswith(b"\xff\xd8")
    assert all(1 < len(step.places) <= 4 for step in view.steps)


def test_with_the_person_goes_the_capture_from_the_desk(phone: Phone, desk: Desk, privacy: Privacy, rows: Rows) -> None:
    evidence_id = grey(phone)
    desk.decide(evidence_id)
    privacy.run()
    with pytest.raises(NotFound):
        desk.see.run(evidence_id, desk.officer)
    desk.clock.advance(minutes=10)
    assert sum(desk.settling.run().values()) == 0
    assert count(rows, "certificates") == 0
    assert desk.agency.store.queries.desk_counts() == {"waiting": 0, "decided": 0, "settled": 0}


def test_a_request_waits_until_somebody_says_what_was_done_and_a_year_more(
    phone: Phone, desk: Desk, clock: FixedClock, rows: Rows
) -> None:
    answering = AnswerRequest(desk.agency.store, clock, lambda _: None)
    keeping = Retain(desk.agency.store, {}, RetentionPolicy(), clock)
    phone.asking.by_number(Named(WANG, "王秀英"), Way.HOME_VISIT, Channel.PHONE, "139")
    phone.asking.by_number(Named(STRANGER, "王秀英"), Way.HOME_VISIT, Channel.PHONE, "139")
    clock.advance(days=400)
    assert keeping.run().removed["other_ways"] == 1, "nobody can answer a number in no ledger"
    (line,) = desk.agency.store.queries.requests().rows
    contact = answering.reveal(line.id, RevealReason.CALL_BACK, desk.officer)
    assert (contact.name, contact.given, contact.on_file) == ("王秀英", "139", None)
    answering.settle(line.id, "已电话约定周三上门", desk.officer)
    with pytest.raises(StaleJudgement):
        answering.settle(line.id, "又一次", desk.officer)
    shown = answering.see(line.id, desk.officer)
    assert (shown.request.note, shown.settled_by) == ("已电话约定周三上门", "liu")
    assert "已电话" not in str(rows("SELECT note_sealed FROM other_ways"))
    clock.advance(days=365)
    assert keeping.run().removed["other_ways"] == 0
    clock.advance(days=2)
    assert keeping.run().removed["other_ways"] == 1


def test_a_photo_at_a_counter_that_did_not_match_is_looked_at_as_well(agency: Agency, desk: Desk) -> None:
    agency.person(LI)
    agency.enroll(LI, picture("li"))
    for take in (1, 2, 3):
        last = agency.verify(LI, picture("zhao", take=take))
    bare = agency.verify(LI, picture("zhao", take=4), attested=False)
    waiting = [row.id for row in agency.store.queries.desk(DeskFilter()).rows]
    assert waiting == [last.evidence_id], "a bare photo, which nobody took of anybody for certain, can never pass"
    with pytest.raises(NotFound):
        desk.see.run(bare.evidence_id, desk.officer)
    view = desk.see.run(last.evidence_id, desk.officer)
    assert (view.steps, view.session, view.may_accept) == ((), None, True)
