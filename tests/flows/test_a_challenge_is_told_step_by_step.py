"""What a session asks is told step by step, and each answer has to come soon; on both databases."""

from __future__ import annotations

from dataclasses import replace

import pytest

from auth_service.capture.challenge import StepKind
from auth_service.core.errors import (
    AttemptsUsedUp,
    RateLimited,
    SessionExpired,
    SessionUnknown,
    StepConflict,
    StepLate,
    StepRefused,
)
from tests.conftest import FixedClock
from tests.flows.capturing import Phone, step


def test_a_start_tells_the_first_step_and_the_last_seal_but_one_no_colours(phone: Phone) -> None:
    key, begun = phone.start(phone.open())
    assert ([one.kind for one in begun.steps], begun.colours) == ([StepKind.NEUTRAL], ())
    assert (begun.count, begun.flashes) == (4, 8)
    for n in range(3):
        begun = phone.seal(key, step(n))
        assert (len(begun.steps), begun.colours) == (n + 2, ())
        with pytest.raises(StepRefused) if n < 2 else pytest.raises(StepRefused, match="not shown"):
            phone.sealing.run(key, step(n + 1 if n == 2 else 3).prints)
    shown = phone.starting.colours(key)
    assert len(shown.colours) == 8
    assert phone.starting.colours(key).colours == shown.colours, "a lost answer is asked for again"
    with pytest.raises(SessionUnknown):
        phone.starting.colours(replace(key, nonce=b""))


def test_colours_are_told_only_when_it_is_their_turn(phone: Phone) -> None:
    key, _ = phone.start(phone.open())
    phone.send(key, step(0))
    with pytest.raises(StepRefused):
        phone.starting.colours(key)


def test_a_seal_is_final_and_the_pictures_must_be_those_that_were_sealed(phone: Phone) -> None:
    key, _ = phone.start(phone.open())
    first = phone.seal(key, step(0))
    assert phone.sealing.run(key, step(0).prints) == first, "sent again, answered again"
    for other in (step(0, take=2), step(0, frames=5)):
        with pytest.raises(StepConflict):
            phone.sealing.run(key, other.prints)
        with pytest.raises(StepConflict):
            phone.accepting.run(key, other)
    with pytest.raises(StepRefused):
        phone.accepting.run(key, step(1))
    assert phone.look.looked == 0, "nobody looks at pictures that were not sealed"
    phone.accepting.run(key, step(0))


def test_colours_that_are_answered_late_are_drawn_anew_and_count_as_a_draw(phone: Phone, clock: FixedClock) -> None:
    for _ in range(6):
        phone.start(phone.open(device="a"))
    key, _ = phone.start(phone.open(device="a"))
    for n in range(3):
        phone.send(key, step(n))
    first = phone.starting.colours(key)
    clock.advance(seconds=16)
    with pytest.raises(StepLate):
        phone.sealing.run(key, step(3).prints)
    second = phone.starting.colours(key)
    assert second.colours != first.colours
    clock.advance(seconds=5)
    phone.sealing.run(key, step(3).prints)
    phone.accepting.run(key, step(3))
    assert phone.completing.run(key).decision.qualified
    with pytest.raises(AttemptsUsedUp):
        phone.start(phone.open(device="a"))


def test_a_line_that_is_away_for_twenty_seconds_loses_nothing(phone: Phone, clock: FixedClock) -> None:
    key, _ = phone.start(phone.open())
    phone.send(key, step(0))
    clock.advance(seconds=24)
    phone.send(key, step(1))
    phone.send(key, step(2))
    phone.starting.colours(key)
    clock.advance(seconds=22)
    with pytest.raises(StepLate):
        phone.sealing.run(key, step(3).prints)
    phone.starting.colours(key)
    phone.send(key, step(3))
    assert phone.completing.run(key).decision.qualified


def test_a_reload_that_lost_pictures_goes_on_with_another_prompt(phone: Phone) -> None:
    key, _ = phone.start(phone.open())
    phone.send(key, step(0))
    phone.seal(key, step(1))
    phone.seal(key, step(2))
    again = phone.starting.run(key, lost_from=1)
    assert (again.accepted, again.sealed, len(again.steps)) == ((0,), (0,), 2)
    with pytest.raises(StepRefused):
        phone.accepting.run(key, step(1))
    assert phone.starting.run(key, lost_from=0).sealed == (0,), "what is kept stays"
    for n in (1, 2, 3):
        phone.send(key, step(n, take=2))
    assert phone.completing.run(key).decision.qualified


def test_a_motion_that_came_late_is_drawn_anew_at_the_next_start(phone: Phone, clock: FixedClock) -> None:
    key, _ = phone.start(phone.open())
    phone.send(key, step(0))
    clock.advance(seconds=33)
    with pytest.raises(StepLate):
        phone.sealing.run(key, step(1).prints)
    assert phone.starting.run(key).sealed == (0,)
    phone.send(key, step(1))


def test_a_slow_person_who_answered_twice_too_late_has_the_time_of_a_session_left(
    phone: Phone, clock: FixedClock
) -> None:
    key, _ = phone.start(phone.open())
    phone.send(key, step(0))
    for take in (1, 2):
        clock.advance(seconds=33)
        with pytest.raises(StepLate):
            phone.sealing.run(key, step(1, take=take).prints)
        phone.starting.run(key)
    for n in (1, 2):
        clock.advance(seconds=20)
        phone.send(key, step(n, take=3))
    phone.send(key, step(3, take=3))
    assert phone.completing.run(key).decision.qualified, "130 s after the camera began"


def test_motions_are_drawn_anew_twice_and_then_the_session_is_over(phone: Phone) -> None:
    """What is sealed before stays, so that a film could otherwise be matched motion by motion."""
    key, _ = phone.start(phone.open())
    phone.send(key, step(0))
    for take in (1, 2):
        phone.seal(key, step(1, take=take))
        assert phone.starting.run(key, lost_from=1).sealed == (0,)
    phone.seal(key, step(1, take=3))
    with pytest.raises(SessionExpired):
        phone.starting.run(key, lost_from=1)
    assert phone.starting.run(key).sealed == (0, 1), "whoever lost nothing goes on"


def test_frames_of_one_step_are_looked_at_a_few_times_and_no_more(
    phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    key, _ = phone.start(phone.open())
    phone.seal(key, step(0))

    def dies(*_: object) -> None:
        raise StepRefused

    monkeypatch.setattr(phone.look, "look", dies)
    for _ in range(5):
        with pytest.raises(StepRefused):
            phone.accepting.run(key, step(0))
    with pytest.raises(RateLimited):
        phone.accepting.run(key, step(0))
