"""A capture session from the first word to the decision, on both databases."""

from __future__ import annotations

from dataclasses import replace

import pytest

from auth_service.capture.steps import CapturedFrame
from auth_service.liveness.decision import PadReason, PadVerdict
from auth_service.liveness.layers import Layer, Mode, Sign
from auth_service.qualification.capture_outcome import OutcomeWord
from auth_service.qualification.decision import Outcome, Reason
from auth_service.qualification.evidence import Channel, EvidenceKind
from tests.builders import LI, STRANGER, WANG, Agency
from tests.conftest import FixedClock
from tests.fakes import picture
from tests.flows.capturing import Phone, Rows, count, step


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
        (Layer.REPLAY, Sign.LIVE),
    ]
    assert (findings[0].finding.reasons, findings[0].finding.scores) == (("turned",), {"turn": 0.25})
    assert (findings[0].versions, findings[0].mode) == ({"fusion": "1", "challenge": "1"}, Mode.ENFORCE)
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
    done = [phone.run(take=take, device="one phone") for take in (1, 2, 3)]
    assert [one.outcome.word for one in done] == [OutcomeWord.TRY_AGAIN, OutcomeWord.TRY_AGAIN, OutcomeWord.OTHER_WAY]
    assert [one.decision.zone for one in done] == [None, None, None], "not compared"


def test_sessions_in_which_no_face_was_compared_count_against_nobody(phone: Phone) -> None:
    """Whoever knows a number and a name opens sessions for it; they must use up neither tries nor call staff."""
    phone.assess.verdict, phone.assess.reasons = PadVerdict.INCONCLUSIVE, (PadReason.CHALLENGE_ABSENT,)
    for take in range(1, 4):
        phone.run(take=take)  # each on a device of its own
    phone.assess.verdict, phone.assess.reasons = PadVerdict.ATTACK_SUSPECTED, (PadReason.GEOMETRY_ATTACK,)
    for take in range(4, 7):
        assert phone.run(take=take).outcome.word is OutcomeWord.IN_REVIEW
    assert phone.agency.flags() == []
    phone.assess.verdict, phone.assess.reasons = PadVerdict.BONA_FIDE, ()
    assert phone.run(face="zhao", take=7).outcome.word is OutcomeWord.TRY_AGAIN, "the first try that counts"


def test_whoever_shows_no_face_learns_of_nobody_who_is_enrolled(phone: Phone) -> None:
    """Enrolled, in the ledger only, in none: the same words, from the first try to the last."""
    phone.agency.person(LI, "李建国")
    phone.assess.verdict, phone.assess.reasons = PadVerdict.INCONCLUSIVE, (PadReason.CHALLENGE_ABSENT,)
    told = {}
    for place, number in enumerate((WANG, LI, STRANGER)):
        done = [phone.run(number, take=10 * place + n + 10, device="one phone") for n in range(4)]
        told[number] = [(one.outcome, one.certificate, one.flags) for one in done]
    assert told[WANG] == told[LI] == told[STRANGER]
    assert [one.word for one, *_ in told[WANG]] == [OutcomeWord.TRY_AGAIN] * 2 + [OutcomeWord.OTHER_WAY] * 2
    phone.assess.reasons = (PadReason.POSSESSION_MISSING,)
    words = {phone.run(number, take=90 + place).outcome for place, number in enumerate((WANG, LI, STRANGER))}
    assert {one.word for one in words} == {OutcomeWord.IN_REVIEW}


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
    past = phone.assess.past
    assert len(past.photos) > 2
    assert sum(photo.passed for photo in past.photos) == len(past.photos)
    assert (len(past.prints), [one.frames for one in past.shared]) == (1, [8])


def test_the_enrolled_photo_before_the_camera_is_suspected(phone: Phone) -> None:
    key, begun = phone.start(phone.open())
    for n in range(begun.count):
        shown = step(n)
        frames = (*shown.frames[:-1], CapturedFrame(picture("wang"), shown.frames[-1].at_ms))
        phone.send(key, replace(shown, frames=frames))
    assert phone.completing.run(key).decision.reasons == (Reason.ATTACK_SUSPECTED,)


def test_an_unknown_number_goes_the_same_way_and_leaves_nothing_to_look_at(phone: Phone, rows: Rows) -> None:
    agency = phone.agency
    agency.person(LI, "李建国")  # in the ledger, not enrolled
    told = []
    for number, take in ((STRANGER, 1), (LI, 2)):
        key, begun = phone.start(phone.open(number))
        looks = [phone.send(key, step(n, "zhao", take)) for n in range(begun.count)]
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
