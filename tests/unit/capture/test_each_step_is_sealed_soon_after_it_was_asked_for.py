"""Whoever sends files learns what is asked only when it is asked, and has that step's time for an answer."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from auth_service.capture.challenge import Ask, Challenge, Colour, Motion, Route, StepKind
from auth_service.capture.pace import (
    Asked,
    Move,
    Pace,
    PacePolicy,
    Sealed,
    asked_next,
    check_may_seal,
    is_late,
    pace_of,
)
from auth_service.capture.steps import FramePrint, StepPrint
from auth_service.core.errors import StepLate, StepRefused

NOON = datetime(2026, 3, 10, 4, 0, tzinfo=UTC)
POLICY = PacePolicy()
COLOURS = (Colour.WHITE, Colour.BLUE) * 4
DRAWN = Challenge(Route.FLASH, (Ask(Motion.TURN_LEFT, 300), Ask(Motion.NOD, 600)), COLOURS)
ANEW = Challenge(Route.FLASH, (Ask(Motion.TURN_LEFT, 300), Ask(Motion.LOOK_UP, 300)), COLOURS[1:] + COLOURS[:1])


def later(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def sealed(n: int, seconds: float) -> Sealed:
    return Sealed(n, later(seconds), bytes([n]) * 32, 3, 3000, n * 5000 + 400)


def prints(n: int, lasting_ms: int = 400, first_ms: int | None = None) -> StepPrint:
    first = n * 5000 if first_ms is None else first_ms
    return StepPrint(n, tuple(FramePrint(first + lasting_ms * i // 2, 1000, bytes(32)) for i in range(3)))


def through(until: int) -> Pace:
    """A session of which so many steps are sealed, 5 s each."""
    moves: list[Move] = [Asked(0, NOON)]
    for n in range(until):
        one = sealed(n, 5.0 * (n + 1))
        moves += [one, *asked_next(pace_of(DRAWN, moves), one)]
    return pace_of(DRAWN, moves)


def test_nothing_is_told_before_its_time_and_the_colours_last() -> None:
    told = [[one.kind for one in through(n).known] for n in range(4)]
    assert told[0] == [StepKind.NEUTRAL]
    assert told[1] == [StepKind.NEUTRAL, StepKind.MOTION]
    assert told[3][-1] is StepKind.FLASH
    assert not through(3).colours_shown, "the person says when"
    assert through(3).time_left(later(90), POLICY, slow=False) is None, "and until then nothing runs"


@pytest.mark.parametrize(("n", "slow", "seconds"), [(0, False, 20), (1, False, 32), (0, True, 40), (1, True, 64)])
def test_each_step_has_its_time_and_no_more(n: int, slow: bool, seconds: float) -> None:
    pace = through(n)
    asked = 5.0 * n
    check_may_seal(pace, prints(n), later(asked + seconds), POLICY, slow=slow)
    with pytest.raises(StepLate):
        check_may_seal(pace, prints(n), later(asked + seconds + 0.1), POLICY, slow=slow)


@pytest.mark.parametrize(("slow", "seconds"), [(False, 15), (True, 23)])
def test_colours_are_not_slower_in_slow_mode_only_the_line_is(slow: bool, seconds: float) -> None:
    shown = pace_of(DRAWN, [Asked(0, NOON), *(sealed(n, n) for n in range(3)), Asked(3, later(50))])
    assert shown.colours_shown
    check_may_seal(shown, prints(3), later(50 + seconds), POLICY, slow=slow)
    assert is_late(shown, later(50.1 + seconds), POLICY, slow=slow)


def test_colours_that_nobody_asked_for_cannot_be_answered() -> None:
    with pytest.raises(StepRefused):
        check_may_seal(through(3), prints(3), later(20), POLICY, slow=False)


def test_only_the_open_step_can_be_sealed() -> None:
    for n in (0, 2, 3, 9, -1):
        with pytest.raises(StepRefused):
            check_may_seal(through(1), prints(n), later(6), POLICY, slow=False)


@pytest.mark.parametrize(
    ("first_ms", "lasting_ms", "after", "fits"),
    [(5000, 3000, 3.0, True), (5000, 3600, 3.0, False), (400, 500, 3.0, False), (5000, 200, 0.1, True)],
)
def test_the_phones_times_fit_between_what_was_asked_and_now(
    first_ms: int, lasting_ms: int, after: float, fits: bool
) -> None:
    """A step cannot last longer than it had, nor begin before the one before it ended."""
    pace, step = through(1), prints(1, lasting_ms, first_ms)
    if fits:
        check_may_seal(pace, step, later(5 + after), POLICY, slow=False)
        return
    with pytest.raises(StepRefused):
        check_may_seal(pace, step, later(5 + after), POLICY, slow=False)


def test_what_is_drawn_anew_voids_what_was_sealed_after_it_and_starts_its_time() -> None:
    moves = [
        Asked(0, NOON),
        sealed(0, 5),
        Asked(1, later(5)),
        sealed(1, 9),
        Asked(2, later(9)),
        Asked(2, later(60), ANEW),
    ]
    pace = pace_of(DRAWN, moves)
    assert (pace.challenge, [one.n for one in pace.sealed]) == (ANEW, [0, 1])
    assert not is_late(pace, later(80), POLICY, slow=False)
    again = pace_of(DRAWN, [*moves, Asked(1, later(70), DRAWN)])
    assert (again.challenge, [one.n for one in again.sealed]) == (DRAWN, [0])


def test_colours_that_were_drawn_anew_are_told_when_the_person_is_ready() -> None:
    lost = [
        Asked(0, NOON),
        *(sealed(n, n) for n in range(3)),
        Asked(3, later(9)),
        sealed(3, 14),
        Asked(3, later(20), ANEW),
    ]
    pace = pace_of(DRAWN, lost)
    assert (len(pace.sealed), pace.colours_shown, pace.challenge.flash) == (3, False, ANEW.flash)
    assert pace_of(DRAWN, [*lost, Asked(3, later(30))]).colours_shown


def test_time_enough_for_editing_by_hand_is_no_limit() -> None:
    assert not POLICY.is_unlimited
    assert PacePolicy(line_seconds=100).is_unlimited
