"""A capture without a line comes later, is kept once, answered always the same, and decided like any other."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest

from auth_service.capture.offline_rules import RecordState
from auth_service.core.errors import NotFound, RecordConflict, RecordInvalid, RecordUnsigned
from auth_service.flows.accept_record import Receipt
from auth_service.liveness.decision import PadReason, PadVerdict
from auth_service.qualification.capture_outcome import OutcomeWord
from auth_service.qualification.evidence import Channel
from tests.builders import LI, STRANGER, WANG, Agency
from tests.conftest import FixedClock
from tests.flows.capturing import Phone, Rows, count
from tests.flows.kiosks import Kiosk, written

ACCEPTED, PENDING, REFUSED = RecordState.ACCEPTED, RecordState.PENDING, RecordState.REFUSED


@pytest.fixture
def kiosk(phone: Phone) -> Kiosk:
    return Kiosk(phone)


def test_a_living_person_passes_hours_later_and_leaves_no_frame(kiosk: Kiosk, clock: FixedClock, rows: Rows) -> None:
    sent = kiosk.record()
    captured = clock.now()
    clock.advance(hours=30)
    receipt = kiosk.send(sent)
    assert (receipt.state, receipt.code, receipt.counter) == (ACCEPTED, "", 1)
    assert count(rows, "capture_steps") > 0
    assert kiosk.see(receipt).outcome is None
    assert kiosk.decide() == {"decided": 1, "held": 0, "waiting": 0}
    view = kiosk.see(receipt)
    assert view.outcome is not None
    assert (view.state, view.outcome.word) == (ACCEPTED, OutcomeWord.PASSED)
    assert view.certificate is not None
    assert view.certificate.passed_on.isoformat() == "2026-03-11", "by the day of receipt, not by the kiosk's word"
    assert count(rows, "capture_steps") == 0
    with kiosk.agency.store.reading() as unit:
        found = unit.evidence.get(view.record.evidence_id or "")
        actions = [row.event.action for row in unit.audit.rows()]
    assert found is not None
    assert (found[0].channel, found[0].taken_at) == (Channel.KIOSK, receipt.received_at)
    assert view.record.captured_at == captured
    assert actions[-2:] == ["record.received", "verification.decided"]


def test_the_same_record_gets_the_same_answer_before_and_after_its_decision(kiosk: Kiosk, rows: Rows) -> None:
    sent = kiosk.record()
    receipt = kiosk.send(sent)
    assert kiosk.send(sent) == receipt
    kiosk.decide()
    assert kiosk.send(sent) == receipt
    assert kiosk.decide() == {"decided": 0, "held": 0, "waiting": 0}
    assert (count(rows, "offline_records"), count(rows, "certificates")) == (1, 1)


def test_a_hundred_at_once_are_one_record_and_one_answer(kiosk: Kiosk, rows: Rows) -> None:
    sent, device, told = kiosk.record(), kiosk.device, list[Receipt]()
    start = threading.Barrier(20)

    def send() -> None:
        start.wait()
        for _ in range(5):
            told.append(kiosk.accepting.run(device, sent))

    threads = [threading.Thread(target=send) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(told), len(set(told))) == (100, 1)
    assert (count(rows, "offline_records"), count(rows, "capture_sessions")) == (1, 1)
    kiosk.decide()
    assert count(rows, "certificates") == 1


def test_whoever_has_left_is_not_asked_to_try_again(kiosk: Kiosk, rows: Rows) -> None:
    receipt = kiosk.sends(face="zhao")
    kiosk.decide()
    outcome = kiosk.see(receipt).outcome
    assert outcome is not None
    assert outcome.word is OutcomeWord.IN_REVIEW
    assert count(rows, "capture_steps") > 0, "a person looks at the frames"
    kiosk.phone.assess.verdict = PadVerdict.INCONCLUSIVE
    kiosk.phone.assess.reasons = (PadReason.CHALLENGE_ABSENT,)
    receipt = kiosk.sends()
    kiosk.decide()
    outcome = kiosk.see(receipt).outcome
    assert outcome is not None
    assert (outcome.word, outcome.other_way) == (OutcomeWord.OTHER_WAY, True)


def test_a_number_in_no_ledger_is_answered_like_any_other(kiosk: Kiosk, rows: Rows) -> None:
    kiosk.agency.person(LI, "李建国")  # not enrolled
    told = [kiosk.sends(number=number) for number in (WANG, STRANGER, LI)]
    assert {(one.state, one.code) for one in told} == {(ACCEPTED, "")}
    kiosk.decide()
    words = [view.outcome.word if view.outcome else None for view in map(kiosk.see, told)]
    assert words == [OutcomeWord.PASSED, OutcomeWord.OTHER_WAY, OutcomeWord.OTHER_WAY]
    assert count(rows, "capture_steps") == 0


def test_what_cannot_be_looked_at_is_refused_by_code_and_keeps_its_place(kiosk: Kiosk, rows: Rows) -> None:
    bare = kiosk.record()
    bare = replace(bare, frames={})
    told = [kiosk.send(bare), kiosk.sends(number="130203194805020121"), kiosk.sends(ticket="never-given")]
    old = {"version": "1999-01-01", "language": "zh", "at": written(kiosk.clock.now())}
    told.append(kiosk.sends(consent=old))
    told.append(kiosk.sends())
    assert [(one.state, one.code) for one in told] == [
        (REFUSED, "frames_missing"),
        (REFUSED, "id_number_invalid"),
        (REFUSED, "ticket_unknown"),
        (REFUSED, "consent_unknown"),
        (ACCEPTED, ""),
    ]
    assert kiosk.send(bare) == told[0]
    assert count(rows, "capture_sessions") == 1, "nothing is kept of the others"
    assert rows("SELECT count(*) FROM offline_records WHERE length(record_sealed) > 0") == [(1,)]
    assert kiosk.decide() == {"decided": 5, "held": 0, "waiting": 0}
    assert kiosk.agency.flags() == []


def test_steps_that_were_not_asked_for_are_refused(kiosk: Kiosk) -> None:
    kiosk.fetch(1)
    token, count_ = kiosk.tickets[0]
    kiosk.tickets[0] = (token, count_ - 1)
    receipt = kiosk.sends()
    assert (receipt.state, receipt.code) == (REFUSED, "steps_unfit")


def test_what_this_kiosk_did_not_sign_is_no_record(kiosk: Kiosk, phone: Phone, rows: Rows) -> None:
    sent, other = kiosk.record(), Kiosk(phone, name="二号机")
    forged = other.signed(sent.data, [])
    for wrong in (
        replace(sent, signature=forged.signature),
        replace(sent, signature=b""),
        replace(sent, signature=sent.signature[:-1]),
        replace(sent, data=sent.data.replace(b"wang", b"zhao") + b" "),
        replace(sent, signature=kiosk.key.sign(sent.data)),  # without the prefix: made for another purpose
    ):
        with pytest.raises(RecordUnsigned):
            kiosk.send(wrong)
    assert count(rows, "offline_records") == 0
    assert kiosk.agency.flags() == ["V09"], "one a day"
    assert kiosk.send(sent).state is ACCEPTED


def test_another_form_another_device_or_other_frames_are_refused_whole(kiosk: Kiosk, phone: Phone, rows: Rows) -> None:
    sent = kiosk.record()
    first = next(iter(sent.frames))
    more = {**sent.frames, (9, 9): b"x"}
    fewer = {key: data for key, data in sent.frames.items() if key != first}
    other = {**sent.frames, first: b"x" * len(sent.frames[first])}
    for frames in (more, fewer, other, {**sent.frames, first: b""}):
        with pytest.raises(RecordInvalid):
            kiosk.send(replace(sent, frames=frames))
    with pytest.raises(RecordInvalid) as refused:
        kiosk.send(kiosk.signed(sent.data + b"\n", []))
    assert refused.value.code == "record_invalid"
    other_kiosk = Kiosk(phone, name="二号机")
    with pytest.raises(RecordInvalid) as refused:
        other_kiosk.send(other_kiosk.signed(sent.data, []))
    assert refused.value.field == "device_id"
    assert count(rows, "offline_records") == 0


def test_another_record_under_the_same_event_is_a_conflict_and_the_first_stays(kiosk: Kiosk, agency: Agency) -> None:
    sent = kiosk.record()
    receipt = kiosk.send(sent)
    event = receipt.client_event
    with pytest.raises(RecordConflict):
        kiosk.send(kiosk.record(client_event=event))
    assert kiosk.send(sent) == receipt
    assert (agency.flags(), kiosk.device.quarantine_reason) == (["V09"], "event_reused")


def test_a_kiosk_sees_its_own_records_only(kiosk: Kiosk, phone: Phone) -> None:
    receipt = kiosk.sends()
    with pytest.raises(NotFound):
        Kiosk(phone, name="二号机").see(receipt)


def test_a_record_that_cannot_be_measured_goes_to_a_person_and_holds_up_nobody(kiosk: Kiosk, rows: Rows) -> None:
    kiosk.fetch(2)
    sent = kiosk.record()
    broken = {key: b"x" * len(data) for key, data in sent.frames.items()}
    receipt = kiosk.send(kiosk.rewritten(sent, broken))
    good = kiosk.sends()
    assert kiosk.decide() == {"decided": 2, "held": 0, "waiting": 0}
    outcomes = [view.outcome.word if view.outcome else None for view in (kiosk.see(receipt), kiosk.see(good))]
    assert outcomes == [OutcomeWord.OTHER_WAY, OutcomeWord.PASSED]
    assert count(rows, "capture_steps") == 0
