"""A capture session moves one way only: its ticket, its clock, its steps, its end; on both databases."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from auth_service.capture.challenge import Accommodation, Route
from auth_service.capture.ports import FramingHint
from auth_service.capture.session import SessionState
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
from auth_service.flows.open_session import OpenRequest, OpenSession
from auth_service.qualification.evidence import Channel
from tests.builders import LI, STRANGER, WANG
from tests.conftest import FixedClock
from tests.flows.capturing import CONSENT, Phone, Rows, count, step


def test_nothing_begins_without_consent_a_number_and_motions_enough(phone: Phone) -> None:
    with pytest.raises(ConsentMissing):
        phone.opening.run(OpenRequest(WANG, Channel.PHONE, None))
    with pytest.raises(IdNumberInvalid):
        phone.open("123")
    with pytest.raises(NoChallengeLeft):
        phone.open(accommodations=[Accommodation.CANNOT_TURN])


def test_whoever_is_left_with_too_few_motions_where_colours_do_not_count_is_told_before_the_camera(
    phone: Phone,
) -> None:
    opening = OpenSession(phone.agency.store, phone.clock, phone.policy, lambda _: Route.NO_FLASH)
    with pytest.raises(NoChallengeLeft):
        opening.run(OpenRequest(WANG, Channel.PHONE, CONSENT, accommodations=[Accommodation.BEDRIDDEN]))


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
            phone.send(key, step(0))
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
        phone.send(key, step(0))


def test_a_reload_asks_for_the_same_and_keeps_what_is_there(phone: Phone, clock: FixedClock) -> None:
    key, begun = phone.start(phone.open())
    phone.send(key, step(0))
    clock.advance(seconds=20)
    again = phone.starting.run(key)
    assert (again.nonce, again.accepted, again.sealed) == (begun.nonce, (0,), (0,))
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
        phone.send(quick, step(0))
    assert phone.starting.run(slow).sealed == (), "and what came too late is asked for anew"
    phone.send(slow, step(0))
    assert phone.seeing.run(quick).state is SessionState.EXPIRED


def test_steps_come_in_order_and_all_of_them(phone: Phone) -> None:
    key = phone.open()
    with pytest.raises(SessionNotStarted):
        phone.send(key, step(0))
    key, begun = phone.start(key)
    with pytest.raises(StepRefused):
        phone.send(key, step(1))
    for n in range(begun.count - 1):
        phone.send(key, step(n))
    with pytest.raises(StepsMissing):
        phone.completing.run(key)
    with pytest.raises(StepRefused):
        phone.send(key, step(begun.count))
    phone.seal(key, step(begun.count - 1))
    with pytest.raises(StepsMissing):
        phone.completing.run(key)


def test_a_step_is_final_and_the_same_again_gets_the_same_answer(phone: Phone) -> None:
    key, _ = phone.start(phone.open())
    first = phone.send(key, step(0, reasons=["too_dark"]))
    assert (first.hints, first.movement) == ((FramingHint.TOO_DARK,), True)
    assert phone.send(key, step(0, reasons=["too_dark"])) == first
    assert phone.look.looked == 1
    with pytest.raises(StepConflict):
        phone.send(key, step(0, take=2))


def test_a_session_takes_so_many_frames_and_no_more(phone: Phone) -> None:
    key, _ = phone.start(phone.open())
    phone.send(key, step(0, frames=40))
    with pytest.raises(StepRefused, match="too many frames"):
        phone.send(key, step(1, frames=21))


def test_without_light_or_by_choice_no_colours_are_asked(phone: Phone) -> None:
    _, dark = phone.start(phone.open(accommodations=[Accommodation.CANNOT_STAND_LIGHT]))
    _, chosen = phone.start(phone.open(wished=Route.NO_FLASH))
    assert [one.route for one in (dark, chosen)] == [Route.NO_FLASH] * 2


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
        broken.setattr("auth_service.flows.session_decision.raise_flags", dies)
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
