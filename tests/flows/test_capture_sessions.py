"""A capture session from the first word to the decision, on both databases."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from auth_service.capture.challenge import Accommodation, Route
from auth_service.capture.ports import FramingHint
from auth_service.capture.session import SessionState
from auth_service.capture.steps import CapturedFrame
from auth_service.core.errors import (
    AttemptsUsedUp,
    CapacityExceeded,
    ConsentMissing,
    IdNumberInvalid,
    NoChallengeLeft,
    SessionExpired,
    SessionNotStarted,
    SessionSpent,
    SessionUnknown,
    StepConflict,
    StepRefused,
    StepsMissing,
)
from auth_service.flows.open_session import OpenRequest
from auth_service.liveness.decision import PadReason, PadVerdict
from auth_service.liveness.layers import Layer, Sign
from auth_service.qualification.capture_outcome import OutcomeWord
from auth_service.qualification.decision import Outcome, Reason
from auth_service.qualification.evidence import Channel, EvidenceKind
from tests.builders import LI, STRANGER, WANG, Agency
from tests.conftest import FixedClock
from tests.fakes import picture
from tests.flows.capturing import CONSENT, Phone, step

Rows = Callable[..., list[Any]]


@pytest.fixture
def phone(agency: Agency) -> Phone:
    agency.person()
    agency.enroll(WANG, picture("wang"), picture("wang", take=2))
    return Phone(agency)


def count(rows: Rows, table: str) -> int:
    return int(rows(f"SELECT count(*) FROM {table}")[0][0])


def test_a_living_person_passes_and_leaves_no_frame(phone: Phone, agency: Agency, rows: Rows) -> None:
    done = phone.run()
    assert (done.decision.outcome, done.decision.reasons) == (Outcome.QUALIFIED, (Reason.MATCH_LIVE,))
    assert (done.outcome.word, done.flags) == (OutcomeWord.PASSED, ())
    assert done.certificate is not None
    assert done.certificate.evidence_kind is EvidenceKind.FACE
    assert agency.look.certificate(done.certificate.serial) == done.certificate
    assert (count(rows, "capture_steps"), len(list((agency.folder / "photos").glob("??/*")))) == (0, 2)
    with agency.store.reading() as unit:
        stored = unit.evidence.get(done.evidence_id)
        findings = unit.findings.of(done.evidence_id)
        events = [row.event for row in unit.audit.rows()]
        assert unit.sessions.of_evidence(done.evidence_id) is not None
    assert stored is not None
    assert (stored[0].channel, stored[0].probe_images) == (Channel.PHONE, 3)
    assert [(one.finding.layer, one.finding.sign) for one in findings] == [
        (Layer.CHALLENGE, Sign.LIVE),
        (Layer.MODEL, Sign.UNKNOWN),
    ]
    assert (findings[0].finding.reasons, findings[0].finding.scores) == (("turned",), {"turn": 0.25})
    assert findings[0].versions == {"fusion": "1", "challenge": "1"}
    assert (events[-1].actor, events[-1].action) == ("capture:phone", "verification.decided")


def test_each_try_is_told_what_helps_and_the_third_goes_to_a_person(phone: Phone, rows: Rows) -> None:
    told = [phone.run(face="zhao", take=take).outcome for take in (1, 2, 3)]
    assert [(one.word, one.other_way) for one in told] == [
        (OutcomeWord.TRY_AGAIN, False),
        (OutcomeWord.TRY_AGAIN, False),
        (OutcomeWord.IN_REVIEW, True),
    ]
    assert phone.agency.flags() == ["V03"]
    assert count(rows, "capture_steps") > 0, "a person looks at the frames"


def test_whoever_does_not_follow_the_prompts_tries_again_and_then_takes_another_way(phone: Phone) -> None:
    phone.assess.verdict, phone.assess.reasons = PadVerdict.INCONCLUSIVE, (PadReason.CHALLENGE_ABSENT,)
    done = [phone.run(take=take) for take in (1, 2, 3)]
    assert [one.outcome.word for one in done] == [OutcomeWord.TRY_AGAIN, OutcomeWord.TRY_AGAIN, OutcomeWord.OTHER_WAY]
    assert [one.decision.zone for one in done] == [None, None, None], "not compared"


def test_a_pass_after_failures_stays_a_pass(phone: Phone) -> None:
    for take in (1, 2, 3, 4):
        phone.run(face="zhao", take=take)
    assert phone.run(take=5).outcome.word is OutcomeWord.PASSED, "nobody can lock a person out"


def test_a_suspected_attack_is_not_compared_and_goes_to_a_person(phone: Phone, rows: Rows) -> None:
    phone.assess.verdict, phone.assess.reasons = PadVerdict.ATTACK_SUSPECTED, (PadReason.GEOMETRY_ATTACK,)
    done = phone.run()
    assert (done.outcome.word, done.decision.zone, done.certificate) == (OutcomeWord.IN_REVIEW, None, None)
    assert count(rows, "capture_steps") > 0


def test_a_grey_likeness_goes_to_a_person(phone: Phone) -> None:
    done = phone.run(blur=0.55)
    assert (done.decision.reasons, done.outcome.word) == ((Reason.GREY_ZONE,), OutcomeWord.IN_REVIEW)


def test_without_points_that_show_a_turn_nobody_passes(agency: Agency) -> None:
    agency.person()
    agency.enroll(WANG, picture("wang"))
    done = Phone(agency, shows_turns=False).run()
    assert (done.decision.reasons, done.outcome.word) == ((Reason.LIVENESS_NOT_ENOUGH,), OutcomeWord.IN_REVIEW)


def test_a_missing_possession_factor_brings_a_person_not_another_try(phone: Phone) -> None:
    phone.assess.verdict, phone.assess.reasons = PadVerdict.INCONCLUSIVE, (PadReason.POSSESSION_MISSING,)
    done = phone.run()
    assert (done.decision.outcome, done.outcome.word) == (Outcome.REFER, OutcomeWord.IN_REVIEW)


def test_a_verdict_without_a_face_to_compare_is_no_pass(phone: Phone) -> None:
    done = phone.run(face="nobody")
    assert done.decision.outcome is Outcome.RETRY


@pytest.mark.asvs("2.3.1")
def test_the_same_film_again_is_suspected_whoever_holds_the_phone(phone: Phone, clock: FixedClock) -> None:
    assert phone.run().decision.qualified
    clock.advance(days=300)
    again = phone.run()
    assert again.decision.reasons == (Reason.ATTACK_SUSPECTED,)
    assert (again.outcome.word, phone.agency.flags()) == (OutcomeWord.IN_REVIEW, ["V04"])
    assert len(phone.assess.seen) > 2
    assert sum(photo.passed for photo in phone.assess.seen) == len(phone.assess.seen)


def test_the_enrolled_photo_before_the_camera_is_suspected(phone: Phone) -> None:
    key, begun = phone.start(phone.open())
    for planned in begun.challenge.steps:
        shown = step(planned.n)
        frames = (*shown.frames[:-1], CapturedFrame(picture("wang"), shown.frames[-1].at_ms))
        phone.accepting.run(key, replace(shown, frames=frames))
    assert phone.completing.run(key).decision.reasons == (Reason.ATTACK_SUSPECTED,)


def test_an_unknown_number_goes_the_same_way_and_leaves_nothing_to_look_at(phone: Phone, rows: Rows) -> None:
    agency = phone.agency
    agency.person(LI, "李建国")  # in the ledger, not enrolled
    told = []
    for number, take in ((STRANGER, 1), (LI, 2)):
        key, begun = phone.start(phone.open(number))
        looks = [phone.accepting.run(key, step(one.n, "zhao", take)) for one in begun.challenge.steps]
        done = phone.completing.run(key)
        told.append((len(begun.nonce), set(looks), done.outcome, done.certificate, done.flags))
    assert told[0] == told[1]
    assert told[0][2].word is OutcomeWord.OTHER_WAY
    assert count(rows, "capture_steps") == 0
    assert rows("SELECT count(*) FROM photos WHERE purpose = 'review'") == [(0,)]
    assert rows("SELECT count(*) FROM pad_findings WHERE person_id IS NULL AND length(details_sealed) > 0") == [(0,)]


def test_another_name_than_the_ledgers_opens_a_session_for_nobody(phone: Phone, rows: Rows) -> None:
    phone.open(name="王秀英")
    phone.open(name="王 秀英")
    phone.open(name="李秀英")
    phone.open(STRANGER, name="王秀英")
    found = rows("SELECT person_id FROM capture_sessions ORDER BY id")
    assert [person is not None for (person,) in found] == [True, True, False, False]


def test_nothing_begins_without_consent_a_number_and_motions_enough(phone: Phone) -> None:
    with pytest.raises(ConsentMissing):
        phone.opening.run(OpenRequest(WANG, Channel.PHONE, None))
    with pytest.raises(IdNumberInvalid):
        phone.open("123")
    with pytest.raises(NoChallengeLeft):
        phone.open(accommodations=[Accommodation.CANNOT_TURN])


@pytest.mark.asvs("7.2.3")
def test_a_ticket_is_exchanged_once(phone: Phone) -> None:
    opened = phone.opened()
    key = phone.opening.exchange(opened.ticket)
    assert key.session_id == opened.session_id
    for ticket in (opened.ticket, key.token, "guess", ""):
        with pytest.raises(SessionUnknown):
            phone.opening.exchange(ticket)


def test_a_ticket_is_no_key_and_a_late_one_opens_nothing(phone: Phone, clock: FixedClock) -> None:
    opened = phone.opened()
    with pytest.raises(SessionUnknown):
        phone.starting.run(replace(phone.open(), token=opened.ticket))
    clock.advance(seconds=600)
    with pytest.raises(SessionExpired):
        phone.opening.exchange(opened.ticket)


@pytest.mark.asvs("2.3.1", "8.2.2")
def test_no_part_of_one_session_serves_another(phone: Phone) -> None:
    mine, other = phone.captured(take=1), phone.captured(take=2)
    swapped = (
        replace(mine, nonce=other.nonce),
        replace(mine, token=other.token),
        replace(mine, session_id=other.session_id),
        replace(mine, nonce=b""),
    )
    for key in swapped:
        with pytest.raises(SessionUnknown):
            phone.completing.run(key)
        with pytest.raises(SessionUnknown):
            phone.accepting.run(key, step(0))
    with pytest.raises(SessionUnknown):
        phone.ending.run(replace(mine, session_id=other.session_id))
    assert phone.completing.run(mine).decision.qualified


def test_what_was_handed_in_cannot_be_handed_in_again(phone: Phone) -> None:
    key = phone.captured()
    phone.completing.run(key)
    for again in (phone.completing.run, phone.starting.run):
        with pytest.raises(SessionSpent):
            again(key)
    with pytest.raises(SessionSpent):
        phone.accepting.run(key, step(0))


def test_a_reload_gives_the_same_challenge_and_keeps_what_is_there(phone: Phone, clock: FixedClock) -> None:
    key, begun = phone.start(phone.open())
    phone.accepting.run(key, step(0))
    clock.advance(seconds=30)
    again = phone.starting.run(key)
    assert again == replace(begun, accepted=(0,))
    assert phone.seeing.run(key).begun == again
    assert phone.seeing.run(key).state is SessionState.STARTED


def test_a_lost_answer_is_found_again(phone: Phone) -> None:
    key = phone.captured()
    done = phone.completing.run(key)
    seen = phone.seeing.run(key)
    assert (seen.state, seen.outcome, seen.certificate) == (SessionState.DECIDED, done.outcome, done.certificate)
    assert seen.begun is None


def test_the_clock_starts_with_the_camera_and_slow_mode_has_twice_the_time(phone: Phone, clock: FixedClock) -> None:
    quick, slow = phone.open(device="a"), phone.open(device="b", slow=True)
    clock.advance(seconds=500)
    quick, slow = phone.start(quick)[0], phone.start(slow)[0]
    clock.advance(seconds=121)
    with pytest.raises(SessionExpired):
        phone.accepting.run(quick, step(0))
    phone.accepting.run(slow, step(0))
    assert phone.seeing.run(quick).state is SessionState.EXPIRED


def test_steps_come_in_order_and_all_of_them(phone: Phone) -> None:
    key = phone.open()
    with pytest.raises(SessionNotStarted):
        phone.accepting.run(key, step(0))
    key, begun = phone.start(key)
    with pytest.raises(StepRefused):
        phone.accepting.run(key, step(1))
    for n in range(len(begun.challenge.steps) - 1):
        phone.accepting.run(key, step(n))
    with pytest.raises(StepsMissing):
        phone.completing.run(key)
    with pytest.raises(StepRefused):
        phone.accepting.run(key, step(len(begun.challenge.steps)))


def test_a_step_is_final_and_the_same_again_gets_the_same_answer(phone: Phone) -> None:
    key, _ = phone.start(phone.open())
    first = phone.accepting.run(key, step(0, reasons=["too_dark"]))
    assert (first.hints, first.movement) == ((FramingHint.TOO_DARK,), True)
    assert phone.accepting.run(key, step(0, reasons=["too_dark"])) == first
    assert phone.look.looked == 1
    with pytest.raises(StepConflict):
        phone.accepting.run(key, step(0, take=2))


def test_a_session_takes_so_many_frames_and_no_more(phone: Phone) -> None:
    key, _ = phone.start(phone.open())
    phone.accepting.run(key, step(0, frames=40))
    with pytest.raises(StepRefused, match="too many frames"):
        phone.accepting.run(key, step(1, frames=21))


def test_without_light_or_by_choice_no_colours_are_asked(phone: Phone) -> None:
    _, dark = phone.start(phone.open(accommodations=[Accommodation.CANNOT_STAND_LIGHT]))
    _, chosen = phone.start(phone.open(wished=Route.NO_FLASH))
    assert [one.challenge.route for one in (dark, chosen)] == [Route.NO_FLASH] * 2


@pytest.mark.asvs("2.4.1")
def test_eight_challenges_a_day_on_one_device_and_more_elsewhere(phone: Phone, clock: FixedClock) -> None:
    for _ in range(8):
        key = phone.open(device="a")
        phone.start(key)
        phone.start(key)  # a reload is no attempt
    with pytest.raises(AttemptsUsedUp):
        phone.start(phone.open(device="a"))
    for _ in range(8):
        phone.start(phone.open(STRANGER, device="a"))
    with pytest.raises(AttemptsUsedUp):  # counted for an unknown number as well
        phone.start(phone.open(STRANGER, device="a"))
    phone.start(phone.open(device="b"))
    phone.agency.person(LI, "李建国")
    phone.start(phone.open(LI, device="a"))
    clock.advance(days=1)
    phone.start(phone.open(device="a"))


def test_a_process_that_dies_leaves_a_spent_session_and_no_pass(
    phone: Phone, rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = phone.captured()
    whole = phone.reader.measure

    def dies(*_: object) -> None:
        raise CapacityExceeded

    monkeypatch.setattr(phone.reader, "measure", dies)
    with pytest.raises(CapacityExceeded):
        phone.completing.run(key)
    monkeypatch.setattr(phone.reader, "measure", whole)
    with pytest.raises(SessionSpent):
        phone.completing.run(key)
    assert phone.seeing.run(key).state is SessionState.CLAIMED
    assert (count(rows, "evidence"), count(rows, "certificates")) == (0, 0)
    assert phone.run(take=2).decision.qualified, "a new one may be opened at once"


def test_what_fails_within_the_second_transaction_leaves_nothing_of_it(
    phone: Phone, rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = phone.captured()

    def dies(*_: object) -> None:
        raise CapacityExceeded

    with monkeypatch.context() as broken:
        broken.setattr("auth_service.flows.complete_session.raise_flags", dies)
        with pytest.raises(CapacityExceeded):
            phone.completing.run(key)
    left = [count(rows, table) for table in ("evidence", "certificates", "pad_findings", "captures")]
    assert left == [0, 0, 0, 0]
    assert count(rows, "capture_steps") > 0
    assert phone.seeing.run(key).state is SessionState.CLAIMED


def test_ending_a_session_removes_its_frames_at_once(phone: Phone, rows: Rows) -> None:
    key = phone.captured()
    assert phone.ending.run(key)
    assert not phone.ending.run(key)
    assert count(rows, "capture_steps") == 0
    with pytest.raises(SessionExpired):
        phone.completing.run(key)
    assert phone.seeing.run(key).state is SessionState.ENDED


def test_a_session_that_is_ended_while_it_is_decided_has_no_decision(
    phone: Phone, rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = phone.captured()
    whole = phone.reader.measure

    def ended_meanwhile(*asked: Any) -> Any:
        assert phone.ending.run(key)
        return whole(*asked)

    monkeypatch.setattr(phone.reader, "measure", ended_meanwhile)
    with pytest.raises(SessionExpired):
        phone.completing.run(key)
    assert (count(rows, "evidence"), count(rows, "capture_steps")) == (0, 0)


def test_a_session_that_is_ended_between_claim_and_reading_is_not_measured(
    phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = phone.captured()
    claim = phone.completing._claim

    def ended_meanwhile(*asked: Any) -> Any:
        stored = claim(*asked)
        assert phone.ending.run(key)
        return stored

    monkeypatch.setattr(phone.completing, "_claim", ended_meanwhile)
    with pytest.raises(SessionExpired):
        phone.completing.run(key)
    assert phone.reader.measured == 0


def test_what_is_decided_cannot_be_ended(phone: Phone) -> None:
    key = phone.captured()
    phone.completing.run(key)
    assert not phone.ending.run(key)
    assert phone.seeing.run(key).state is SessionState.DECIDED


def test_only_a_face_that_matched_gives_consent_for_the_person(phone: Phone, rows: Rows) -> None:
    before = count(rows, "consents")
    phone.run(face="zhao")
    assert count(rows, "consents") == before, "a stranger who knows the number changes nothing"
    done = phone.run(take=2)
    with phone.agency.store.reading() as unit:
        stored = unit.sessions.of_evidence(done.evidence_id)
        assert stored is not None
        assert unit.consents.current(stored.session.person_id or "") == CONSENT
    assert rows("SELECT id FROM consents WHERE id = :id", id=stored.session.consent_id) != []
