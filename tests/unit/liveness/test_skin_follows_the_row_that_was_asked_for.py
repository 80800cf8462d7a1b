"""Layer FLASH on simulated sessions (flash_scene.py), and the bound on chance that holds for every film."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from auth_service.capture.challenge import FLASHES, Challenge, Colour, Route, draw
from auth_service.liveness.flash import FlashPolicy, examine
from auth_service.liveness.flash_rows import align, all_rows, every_row, fits, index_of, light
from auth_service.liveness.layers import LayerFinding, Sign
from auth_service.liveness.measures import FrameMeasures, SessionMeasures, StepMeasures
from tests.unit.liveness.flash_scene import LIGHTS, TONES, Scene, flash_session, session

POLICY = FlashPolicy()


def row(seed: int) -> tuple[Colour, ...]:
    return draw(Route.FLASH, (), random.Random(seed).randrange).flash


def colours(index: int) -> tuple[Colour, ...]:
    return tuple(list(Colour)[place] for place in all_rows()[index])


def found(scene: Scene, seed: int, asked: tuple[Colour, ...] | None = None) -> LayerFinding:
    return examine(*flash_session(asked or row(seed), scene, seed), POLICY)


def changed(measures: SessionMeasures, change: object) -> SessionMeasures:
    """The session with each of its frames changed by a function of the frame and its number."""
    step = measures.steps[0]
    frames = tuple(change(frame, number) for number, frame in enumerate(step.frames))  # type: ignore[operator]
    return replace(measures, steps=(replace(step, frames=frames),))


@pytest.mark.parametrize("lux", [10, 60, 100])
@pytest.mark.parametrize("tone", TONES)
def test_every_tone_of_skin_follows_in_a_room(tone: str, lux: float) -> None:
    finding = found(Scene(tone=tone, lux=lux), seed=int(lux) + 1)
    assert (finding.sign, finding.reasons) == (Sign.LIVE, ("row_followed",))
    assert finding.scores["rank"] <= POLICY.most_rows
    assert abs(finding.scores["lag_ms"] - 120) <= 60


@pytest.mark.parametrize("light_name", LIGHTS)
@pytest.mark.parametrize("fps", [6.0, 10.0])
@pytest.mark.parametrize("exposure", [0.0, 1.0])
def test_neither_lamps_nor_slow_cameras_nor_their_exposure_hide_it(
    light_name: str, fps: float, exposure: float
) -> None:
    scene = Scene(light=light_name, fps=fps, exposure_follows=exposure, lux=80, lag_ms=200)
    assert found(scene, seed=7).sign is Sign.LIVE


def test_an_old_film_follows_its_own_row_and_is_suspected() -> None:
    signs = Counter(found(Scene(lux=60, film=row(seed + 500)), seed).sign for seed in range(12))
    assert signs[Sign.LIVE] == 0
    assert signs[Sign.ATTACK] >= 6


def test_a_film_without_colours_shows_nothing() -> None:
    signs = Counter(found(Scene(lux=150, nits=0.0), seed).sign for seed in range(12))
    assert set(signs) <= {Sign.UNKNOWN, Sign.ABSENT}
    assert signs[Sign.UNKNOWN] >= 10


def test_in_the_sun_it_cannot_be_told() -> None:
    finding = found(Scene(lux=20_000), seed=3)
    assert (finding.sign, finding.reasons) == (Sign.UNKNOWN, ("no_colour_seen",))


def test_a_page_that_stutters_is_no_attack() -> None:
    signs = [found(Scene(lux=40, lag_ms=700), seed) for seed in range(6)]
    assert all(finding.sign is Sign.ABSENT for finding in signs)
    assert sum(finding.reasons == ("row_out_of_time",) for finding in signs) >= 4


@pytest.mark.parametrize("tint", [0.05, 0.2, 0.5])
def test_a_film_that_is_tinted_as_a_whole_does_not_follow_like_skin(tint: float) -> None:
    for seed in range(4):
        assert found(Scene(lux=100, nits=0.0, tint=tint), seed).sign is not Sign.LIVE


def test_one_cheek_is_not_enough() -> None:
    measures, challenge = flash_session(row(5), Scene(lux=50), 5)
    assert examine(measures, challenge, POLICY).sign is Sign.LIVE

    def still(frame: FrameMeasures, number: int) -> FrameMeasures:
        skin = np.array(frame.skin)
        skin[:2] = frame.surround * 1.3 * (1.0 + 0.01 * np.sin(number * 2.1))
        skin[4] = frame.surround * 0.9
        return replace(frame, skin=skin)

    finding = examine(changed(measures, still), challenge, POLICY)
    assert finding.sign is not Sign.LIVE


def test_skin_that_is_white_in_the_picture_says_nothing() -> None:
    measures, challenge = flash_session(row(6), Scene(lux=50), 6)
    bright = changed(measures, lambda frame, _: replace(frame, skin=np.full((5, 3), 1.0, np.float32)))
    finding = examine(bright, challenge, POLICY)
    assert (finding.sign, finding.reasons) == (Sign.UNKNOWN, ("skin_saturated",))


def test_patches_outside_the_frame_are_left_out_and_too_few_say_nothing() -> None:
    measures, challenge = flash_session(row(6), Scene(lux=50), 6)

    def without(count: int) -> SessionMeasures:
        def cut(frame: FrameMeasures, _: int) -> FrameMeasures:
            skin = np.array(frame.skin)
            skin[:count] = np.nan
            return replace(frame, skin=skin)

        return changed(measures, cut)

    assert examine(without(1), challenge, POLICY).sign is Sign.LIVE
    assert examine(without(3), challenge, POLICY).reasons == ("skin_not_seen",)


@pytest.mark.parametrize("lacking", ["skin", "surround", "frames"])
def test_frames_that_show_nothing_do_not_pass(lacking: str) -> None:
    measures, challenge = flash_session(row(6), Scene(lux=50), 6)
    if lacking == "frames":
        step = measures.steps[0]
        poor = session(StepMeasures(step.n, step.frames[:13]))
    elif lacking == "skin":
        poor = changed(measures, lambda frame, number: replace(frame, skin=None) if number % 3 else frame)
    else:
        poor = changed(measures, lambda frame, _: replace(frame, surround=np.full(3, np.nan, np.float32)))
    assert examine(poor, challenge, POLICY).reasons == ("too_few_frames",)


def test_frames_of_half_the_time_do_not_pass() -> None:
    measures, challenge = flash_session(row(6), Scene(lux=50, fps=12), 6)
    step = measures.steps[0]
    half = session(StepMeasures(step.n, step.frames[:20]))
    assert examine(half, challenge, POLICY).sign is Sign.UNKNOWN


def test_a_row_that_cannot_be_drawn_is_never_followed() -> None:
    measures, challenge = flash_session(row(6), Scene(lux=50), 6)
    for wrong in ((), challenge.flash[:7], (Colour.WHITE,) * FLASHES):
        assert examine(measures, replace(challenge, flash=wrong), POLICY).reasons == ("not_asked",)
    assert examine(measures, Challenge(Route.NO_FLASH, challenge.asks), POLICY).sign is Sign.UNKNOWN


def test_the_rows_are_those_that_the_challenge_counts() -> None:
    assert all_rows().shape == (4 * 3**7, FLASHES)
    assert len({one.tobytes() for one in all_rows()}) == len(all_rows())
    for seed in range(50):
        place = index_of(row(seed))
        assert place is not None
        assert colours(place) == row(seed)
    assert light()[list(Colour).index(Colour.WHITE)] == pytest.approx(1.0)
    assert light()[list(Colour).index(Colour.BLUE)] == pytest.approx([0.0, 0.0, 1.0])


def series(kind: str, count: int, chance: np.random.Generator) -> NDArray[np.float64]:
    return {
        "noise": lambda: chance.normal(size=(count, 3)),
        "nothing": lambda: np.zeros((count, 3)),
        "one colour": lambda: np.repeat(chance.normal(size=(count, 1)), 3, axis=1),
        "steps": lambda: np.repeat(chance.normal(size=(count // 4 + 1, 3)), 4, axis=0)[:count],
        "wild": lambda: chance.standard_cauchy(size=(count, 3)) * 1e6,
    }[kind]()


@pytest.mark.parametrize("kind", ["noise", "nothing", "one colour", "steps", "wild"])
def test_of_any_film_no_more_rows_are_accepted_than_the_rank_allows(kind: str) -> None:
    """Counted over all 8,748 rows, so it is a bound and no estimate; with equal fits none is accepted."""
    chance = np.random.default_rng(9)
    at_ms = np.cumsum(chance.uniform(90, 150, 32))
    for lag in (0.0, 130.0, 380.0):
        aligned = align(series(kind, 32, chance), at_ms - at_ms[0], lag)
        assert aligned is not None
        every, _ = fits(aligned, every_row())
        assert np.isfinite(every).all()
        rank = np.array([np.count_nonzero(every >= fit) for fit in every])
        for most in (1, 2, 4):
            assert np.count_nonzero(rank <= most) <= most
    assert POLICY.most_rows / len(all_rows()) < 2**-13


def test_the_layer_itself_accepts_no_more_rows_of_one_film() -> None:
    """The lag does not depend on the row that is asked for, so the ranks of one film are of one order."""
    for seed, scene in ((1, Scene(lux=40)), (2, Scene(lux=250))):
        measures, challenge = flash_session(row(seed), scene, seed)
        own = all_rows()[index_of(row(seed))]
        near = np.argsort((all_rows() != own).sum(axis=1), kind="stable")[:60]
        far = np.random.default_rng(seed).choice(len(all_rows()), 20, replace=False)
        told = [
            examine(measures, replace(challenge, flash=colours(index)), POLICY)
            for index in {*near.tolist(), *far.tolist()}
        ]
        assert sum(one.sign is Sign.LIVE for one in told) <= POLICY.most_rows
        assert len({one.scores["lag_ms"] for one in told}) == 1
        assert len({one.scores["best_fit"] for one in told}) == 1
