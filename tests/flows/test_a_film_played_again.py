"""A film that was handed in before is known again: in parts, in another order, under another name. F29."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from auth_service.capture.steps import CapturedStep
from auth_service.flows.session_decision import Completed
from auth_service.liveness import replay_print
from auth_service.qualification.capture_outcome import OutcomeWord
from auth_service.qualification.decision import Reason
from tests.builders import LI, STRANGER, WANG
from tests.conftest import FixedClock
from tests.fakes import picture
from tests.flows.capturing import Phone, Rows, count, step

Change = Callable[[int], CapturedStep]


def played(phone: Phone, shown: Change, number: str = WANG) -> Completed:
    """A session in which the steps show this."""
    key, begun = phone.start(phone.open(number, device="another"))
    for n in range(begun.count):
        phone.send(key, shown(n))
    return phone.completing.run(key)


def without_what_is_remembered_of_each_step(n: int) -> CapturedStep:
    whole = step(n)
    return replace(whole, frames=tuple(one for place, one in enumerate(whole.frames) if place != 2))


def in_another_order(n: int) -> CapturedStep:
    pictures, times = step((n + 1) % 3).frames, (one.at_ms for one in step(n).frames)
    return CapturedStep(n, tuple(replace(one, at_ms=at) for one, at in zip(pictures, times, strict=True)))


def one_frame_among_new_ones(n: int) -> CapturedStep:
    new = step(n, take=7)
    return replace(new, frames=(step(n).frames[0], *new.frames[1:])) if n == 1 else new


@pytest.mark.asvs("2.3.1")
@pytest.mark.parametrize(
    "shown", [step, without_what_is_remembered_of_each_step, in_another_order], ids=lambda one: one.__name__
)
def test_it_never_passes_and_goes_to_a_person(phone: Phone, clock: FixedClock, shown: Change) -> None:
    assert phone.run().decision.qualified
    clock.advance(days=360)
    again = played(phone, shown)
    assert again.decision.reasons == (Reason.ATTACK_SUSPECTED,)
    assert (again.outcome.word, phone.agency.flags()) == (OutcomeWord.IN_REVIEW, ["V04"])


def test_frames_of_a_try_that_failed_are_known_as_well(phone: Phone) -> None:
    assert not phone.run(face="zhao").decision.qualified
    assert played(phone, lambda n: step(n, "zhao")).decision.reasons == (Reason.ATTACK_SUSPECTED,)


def test_a_single_old_frame_is_enough(phone: Phone) -> None:
    phone.run()
    assert played(phone, one_frame_among_new_ones).decision.reasons == (Reason.ATTACK_SUSPECTED,)


def test_one_film_under_two_names_is_suspected_whoever_came_first(phone: Phone, rows: Rows) -> None:
    phone.agency.person(LI, "李建国")
    phone.agency.enroll(LI, picture("li"))
    assert not phone.run(STRANGER, take=3).decision.qualified
    assert rows("SELECT person_id FROM replay_prints") == [(None,)]
    assert played(phone, lambda n: step(n, take=3)).decision.reasons == (Reason.ATTACK_SUSPECTED,)
    assert phone.run(take=4).decision.qualified
    of_another = played(phone, lambda n: step(n, take=4), LI)
    assert of_another.decision.reasons == (Reason.ATTACK_SUSPECTED,)
    assert phone.agency.flags() == ["V04", "V04"]


def test_films_of_another_release_lock_nobody_out_and_their_frames_stay_known(
    phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as before:
        before.setattr(replay_print, "VERSION", replay_print.VERSION + 1)
        assert phone.run(take=1).decision.qualified
    assert phone.run(take=2).decision.qualified
    past = phone.assess.past
    assert (len(past.prints), past.of_another_version) == (0, 1)
    assert played(phone, one_frame_among_new_ones).decision.reasons == (Reason.ATTACK_SUSPECTED,)


def test_the_same_person_again_within_minutes_passes(phone: Phone, clock: FixedClock) -> None:
    for take in (1, 2, 3):
        clock.advance(minutes=2)
        assert phone.run(take=take).decision.qualified, take


def test_a_session_that_shows_no_face_leaves_no_film(phone: Phone, rows: Rows) -> None:
    phone.reader.faces = 0
    phone.run(face="nobody")
    assert (count(rows, "replay_prints"), count(rows, "replay_cells")) == (0, 0)
