"""A session opens, starts, is handed in once and is over; steps come in order and are final."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta

import pytest

from auth_service.capture.challenge import Route, StepKind, draw
from auth_service.capture.pace import Asked, PacePolicy, Sealed
from auth_service.capture.session import (
    CaptureSession,
    SessionPolicy,
    SessionState,
    check_may_complete,
    check_may_start,
    check_may_step,
)
from auth_service.capture.steps import CapturedFrame, CapturedStep, StepPolicy, check_step
from auth_service.core.errors import (
    ServiceError,
    SessionExpired,
    SessionNotStarted,
    SessionSpent,
    StepConflict,
    StepRefused,
    StepsMissing,
)

NOON = datetime(2026, 3, 10, 4, 0, tzinfo=UTC)
POLICY = SessionPolicy()
CHALLENGE = draw(Route.FLASH)
OPENED = CaptureSession("a" * 32, "b" * 32, "phone", "", "c" * 32, Route.FLASH, frozenset(), False, NOON)
STARTED = dataclasses.replace(OPENED, started_at=NOON, nonce=bytes(16), drawn=CHALLENGE, moves=(Asked(0, NOON),))


def later(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def test_the_clock_that_matters_starts_with_the_camera() -> None:
    assert OPENED.state(later(599), POLICY) is SessionState.OPENED
    assert OPENED.state(later(600), POLICY) is SessionState.EXPIRED
    assert STARTED.state(later(119), POLICY) is SessionState.STARTED
    assert STARTED.state(later(120), POLICY) is SessionState.EXPIRED
    assert dataclasses.replace(STARTED, slow=True).state(later(239), POLICY) is SessionState.STARTED


def test_a_motion_that_is_drawn_anew_gives_its_time_back_and_no_more() -> None:
    """What a slow person lost over a late prompt is no part of the time for the rest; waiting long gains nothing."""
    asked = (Asked(0, NOON), Sealed(0, later(8), bytes(32), 3, 30, 900), Asked(1, later(8)))
    for lost, given_back in ((20, 20), (32, 32), (90, 32)):
        once = (*asked, Asked(1, later(8 + lost), CHALLENGE))
        assert dataclasses.replace(STARTED, moves=once).expires_at(POLICY) == later(120 + given_back)
    twice = (*asked, Asked(1, later(40), CHALLENGE), Asked(1, later(72), CHALLENGE))
    assert dataclasses.replace(STARTED, moves=twice).expires_at(POLICY) == later(120 + 64)
    assert dataclasses.replace(STARTED, moves=twice, slow=True).expires_at(POLICY) == later(240 + 64)
    slowly = (*asked, Asked(1, later(100), CHALLENGE))
    assert dataclasses.replace(STARTED, moves=slowly, slow=True).expires_at(POLICY) == later(240 + 64)


def test_a_reload_gives_the_time_of_all_that_it_lost_back_up_to_one_motions() -> None:
    lost = (
        Asked(0, NOON), Sealed(0, later(8), bytes(32), 3, 30, 900), Asked(1, later(8)),
        Sealed(1, later(20), bytes(32), 3, 30, 19000), Asked(2, later(20)), Asked(1, later(33), CHALLENGE),
    )  # fmt: skip
    assert dataclasses.replace(STARTED, moves=lost).expires_at(POLICY) == later(120 + 25)


def test_colours_that_are_drawn_anew_give_no_time_back() -> None:
    """They may be drawn as often as the day's tries allow."""
    n = len(CHALLENGE.asks) + 1
    shown = (Asked(n, later(60)), Asked(n, later(80), CHALLENGE), Asked(n, later(80)))
    assert dataclasses.replace(STARTED, moves=shown).expires_at(POLICY) == later(120)


@pytest.mark.parametrize("slow", [False, True])
def test_what_a_session_gives_back_is_what_a_motion_may_take(slow: bool) -> None:
    most = POLICY.slow_redraw_seconds if slow else POLICY.redraw_seconds
    assert timedelta(seconds=most) == PacePolicy().budget(StepKind.MOTION, slow=slow)


def test_what_was_handed_in_does_not_expire_any_more() -> None:
    claimed = dataclasses.replace(STARTED, claimed_at=later(100))
    assert claimed.state(later(9999), POLICY) is SessionState.CLAIMED
    with pytest.raises(SessionSpent):
        check_may_complete(claimed, [], later(101), POLICY)


def test_no_step_without_a_camera_and_none_afterwards() -> None:
    with pytest.raises(SessionNotStarted):
        check_may_step(OPENED, 0, [], later(1), POLICY)
    with pytest.raises(SessionExpired):
        check_may_step(STARTED, 0, [], later(121), POLICY)
    check_may_start(STARTED, later(10), POLICY)  # a reload


@pytest.mark.parametrize(
    ("n", "accepted", "refused"),
    [(0, [0], StepConflict), (2, [0], StepRefused), (0, [], StepRefused), (9, [], StepRefused), (-1, [], StepRefused)],
)
def test_pictures_come_in_order_once_sealed_and_are_final(
    n: int, accepted: list[int], refused: type[ServiceError]
) -> None:
    with pytest.raises(refused):
        check_may_step(STARTED, n, accepted, later(5), POLICY)


def test_a_session_is_whole_or_not_handed_in() -> None:
    whole = [step.n for step in CHALLENGE.steps]
    sealed = dataclasses.replace(STARTED, moves=tuple(Sealed(n, NOON, bytes(32), 3, 30, n) for n in whole))
    check_may_complete(sealed, whole, later(90), POLICY)
    for session, accepted in ((sealed, whole[:-1]), (STARTED, whole)):
        with pytest.raises(StepsMissing):
            check_may_complete(session, accepted, later(90), POLICY)


def frames(*times: int, size: int = 10) -> tuple[CapturedFrame, ...]:
    return tuple(CapturedFrame(bytes([at % 251]) * size, at) for at in times)


@pytest.mark.parametrize(
    ("step", "why"),
    [
        (CapturedStep(1, frames(0, 100)), "too few frames"),
        (CapturedStep(1, frames(0, 100, 100)), "frames out of order"),
        (CapturedStep(1, frames(0, 100, 90)), "frames out of order"),
        (CapturedStep(1, frames(-5, 100, 200)), "frames out of time"),
        (CapturedStep(1, frames(0, 100, 30_000)), "frames out of time"),
        (CapturedStep(1, frames(0, 100, 200, size=0)), "a frame is empty or too large"),
        (CapturedStep(1, frames(0, 100, 200, size=600_001)), "a frame is empty or too large"),
        (CapturedStep(1, frames(*range(0, 5800, 100))), "too many frames"),
    ],
)
def test_frames_are_refused_for_a_stated_reason(step: CapturedStep, why: str) -> None:
    with pytest.raises(StepRefused) as refused:
        check_step(step.prints, [CapturedStep(0, frames(0, 100, 200))], StepPolicy())
    assert refused.value.detail == why


def test_the_same_step_has_the_same_digest_and_no_other() -> None:
    step = CapturedStep(1, frames(0, 100, 200))
    assert step.digest == CapturedStep(1, frames(0, 100, 200)).digest == step.prints.digest
    others = [CapturedStep(2, step.frames), CapturedStep(1, frames(0, 100, 201)), CapturedStep(1, step.frames[:2])]
    assert step.digest not in {other.digest for other in others}
