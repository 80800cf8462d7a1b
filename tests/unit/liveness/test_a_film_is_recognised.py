"""A film that comes back is recognised by its pixels or by its movement; the same person moving again is not."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from auth_service.core.errors import ScoreInvalid
from auth_service.faces.sample import PhotoHash
from auth_service.liveness.layers import Layer, LayerFinding, Sign
from auth_service.liveness.measures import WAVES, FrameMeasures, SessionMeasures, StepMeasures
from auth_service.liveness.ports import NOTHING_KNOWN, Past, SeenPhoto
from auth_service.liveness.replay import ReplayPolicy, examine, matches
from auth_service.liveness.replay_match import Agreement, agreements
from auth_service.liveness.replay_print import KnownPrint, PrintedStep, ReplayPrint, SharedFilm, print_of

POLICY = ReplayPolicy()
MIRROR = np.where((np.arange(1, WAVES + 1) % 8) % 2 == 1, -1.0, 1.0)
PERSON = np.random.default_rng(1).normal(0, 1, WAVES)
"""The face, the room and the light: the same in all sessions of this file."""


def frame(at_ms: int, waves: NDArray[np.float64] | None, digest: bytes, faces: int = 1) -> FrameMeasures:
    unit = None if waves is None else (waves / np.linalg.norm(waves)).astype(np.float32)
    surround = np.zeros(3, np.float32)
    return FrameMeasures(
        at_ms, 320, 320, faces, None, None, None, surround, 120.0, 60.0, 1.0, None, digest, 0, 0, unit
    )  # fmt: skip


class Movement:
    """Smooth paths of 63 numbers, so that a film of them can be sampled at any instant."""

    def __init__(self, seed: int, size: float = 0.6) -> None:
        rng = np.random.default_rng(seed)
        self._ways = rng.normal(0, size, (6, WAVES))
        self._pace, self._phase = rng.uniform(0.2, 1.1, 6), rng.uniform(0, 6, 6)

    def at(self, seconds: float) -> NDArray[np.float64]:
        return np.asarray(PERSON + np.sin(2 * np.pi * self._pace * seconds + self._phase) @ self._ways)


def session(
    movement: Movement, late: float = 0.0, speed: float = 1.0, noise: float = 0.0, stays: float = 0.0, way: float = 1.0
) -> SessionMeasures:
    """Two steps of 3 s at 8 frames a second; `late` frames late, with noise and something before the lens."""
    rng = np.random.default_rng(int(1000 * (late + speed + noise)))
    screen = stays * np.random.default_rng(7).normal(0, 1, WAVES)
    steps = []
    for n in (1, 2):
        seconds = 4.0 * n + (np.arange(24) + late) / 8.0
        waves = [(movement.at(s * speed) + screen + noise * rng.normal(0, 1, WAVES)) for s in seconds]
        waves = [wave * (MIRROR if way < 0 else 1.0) for wave in waves]
        frames = tuple(
            frame(round(1000 * s), wave, hashlib.sha256(wave.tobytes()).digest())
            for s, wave in zip(seconds, waves, strict=True)
        )
        steps.append(StepMeasures(n, frames))
    return SessionMeasures(tuple(steps), "arcface5", None, 1.0, ())


def known(measures: SessionMeasures) -> Past:
    return Past(prints=[KnownPrint("earlier", print_of(measures))])


def found(asked: SessionMeasures, earlier: SessionMeasures) -> LayerFinding:
    return examine(asked, known(earlier), POLICY)


def test_the_very_frames_are_recognised_even_a_single_one() -> None:
    earlier, other = session(Movement(1)), session(Movement(2))
    assert found(earlier, earlier).reasons == ("same_pixels",)
    borrowed = replace(other.steps[1].frames[5], pixel_digest=earlier.steps[0].frames[3].pixel_digest)
    frames = (*other.steps[1].frames[:5], borrowed, *other.steps[1].frames[6:])
    one = found(replace(other, steps=(other.steps[0], StepMeasures(2, frames))), earlier)
    assert (one.layer, one.sign, one.scores["same_pixels"]) == (Layer.REPLAY, Sign.ATTACK, 1.0)


@pytest.mark.parametrize(
    ("how", "changes"),
    [
        ("taken at other instants", {"late": 0.5}),
        ("recoded", {"late": 0.3, "noise": 0.1}),
        ("before a pattern that stays", {"late": 0.4, "stays": 0.5}),
        ("mirrored", {"late": 0.2, "way": -1.0}),
        ("mirrored, from a screen, with noise", {"late": 0.6, "way": -1.0, "stays": 0.4, "noise": 0.15}),
    ],
)
def test_the_same_movement_is_recognised(how: str, changes: dict[str, float]) -> None:
    finding = found(session(Movement(3), **changes), session(Movement(3)))
    assert (finding.sign, finding.reasons) == (Sign.ATTACK, ("same_movement",)), how
    assert finding.scores["same_pixels"] == 0.0


def test_the_same_movement_at_another_speed_is_recognised() -> None:
    slow = Movement(4)
    asked = session(slow, speed=1.1)
    assert found(asked, session(slow, late=3.0)).sign is Sign.ATTACK


def test_another_movement_of_the_same_person_in_the_same_room_is_live() -> None:
    signs = [found(session(Movement(seed)), session(Movement(seed + 50))).sign for seed in range(20)]
    assert signs == [Sign.LIVE] * 20


def test_steps_played_in_another_order_are_recognised() -> None:
    earlier = session(Movement(5))
    swapped = session(Movement(5), late=0.4)
    first, second = swapped.steps
    asked = replace(swapped, steps=(StepMeasures(1, second.frames), StepMeasures(2, first.frames)))
    assert found(asked, earlier).reasons == ("same_movement",)


def test_the_reviewer_is_told_which_session_it_was() -> None:
    asked = session(Movement(6), late=0.5)
    several = [KnownPrint(f"s{seed}", print_of(session(Movement(seed)))) for seed in (5, 6, 7)]
    found_in = [one.known.session_id for one in matches(print_of(asked), several, POLICY) if one.is_replay(POLICY)]
    assert found_in == ["s6"]
    assert examine(asked, Past(prints=several), POLICY).scores["compared"] == 3.0


def test_who_hardly_moves_cannot_be_told_from_an_earlier_film() -> None:
    still = session(Movement(8, size=0.05))
    assert found(still, session(Movement(9))).reasons == ("moved_too_little",)
    assert found(still, session(Movement(9))).sign is Sign.UNKNOWN


def test_with_nothing_known_there_is_no_replay() -> None:
    assert examine(session(Movement(1)), NOTHING_KNOWN, POLICY).sign is Sign.LIVE


def test_films_of_another_release_are_passed_over_and_told_of() -> None:
    asked, photo = session(Movement(1)), SeenPhoto(PhotoHash(b"enrolled", 0, 0), passed=True)
    beside = examine(asked, Past([photo], of_another_version=2), POLICY)
    assert (beside.sign, beside.scores["of_another_version"]) == (Sign.LIVE, 2.0)
    assert beside.reasons == ("nothing_returns", "films_of_another_release")
    known_too = examine(asked, replace(known(session(Movement(1), late=0.4)), of_another_version=1), POLICY)
    assert (known_too.sign, known_too.reasons) == (Sign.ATTACK, ("same_movement", "films_of_another_release"))


def test_where_films_of_another_release_are_all_there_is_nothing_can_be_told() -> None:
    alone = examine(session(Movement(1)), Past(of_another_version=1), POLICY)
    assert (alone.sign, alone.reasons) == (Sign.UNKNOWN, ("films_of_another_release",))


def test_a_frame_of_somebody_elses_film_or_of_an_enrolled_photo_is_enough() -> None:
    asked = session(Movement(1))
    shared = examine(asked, Past(shared=[SharedFilm("of somebody", 2)]), POLICY)
    assert (shared.sign, shared.reasons, shared.scores["same_pixels"]) == (Sign.ATTACK, ("same_pixels",), 2.0)
    photo = SeenPhoto(PhotoHash(asked.frames[9].pixel_digest, 0, 0), passed=True)
    assert examine(asked, Past([photo]), POLICY).reasons == ("same_pixels",)


def test_as_much_is_compared_for_somebody_of_whom_nothing_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    laid: list[int] = []

    def counting(asked: Sequence[PrintedStep], films: Sequence[ReplayPrint]) -> tuple[Agreement, ...]:
        laid.append(sum(len(step.times) for film in films for step in film.steps))
        return agreements(asked, films)

    monkeypatch.setattr("auth_service.liveness.replay.agreements", counting)
    for count in (0, 3, 8, 12):
        examine(session(Movement(1)), Past(prints=[KnownPrint("", print_of(session(Movement(2))))] * count), POLICY)
    assert laid == [8 * 48] * 4


def test_frames_of_a_covered_lens_count_for_nothing() -> None:
    dark = tuple(frame(100 * i, None, b"\x01" * 32, faces=0) for i in range(10))
    both = [
        replace(session(Movement(seed)), steps=(StepMeasures(0, dark), *session(Movement(seed)).steps))
        for seed in (1, 2)
    ]
    assert found(both[0], both[1]).sign is Sign.LIVE


def test_few_frames_fit_anything_and_prove_nothing() -> None:
    earlier = session(Movement(3))
    short = replace(earlier, steps=(StepMeasures(1, session(Movement(3), late=0.5).steps[0].frames[:9]),))
    assert found(short, earlier).sign is Sign.UNKNOWN


def test_a_step_that_claims_to_last_for_ever_is_compared_as_far_as_a_motion_lasts() -> None:
    whole = session(Movement(3))
    late = tuple(
        replace(one, at_ms=one.at_ms + (1 << 30) * (place == 23)) for place, one in enumerate(whole.steps[0].frames)
    )
    asked = session(Movement(3), late=0.5)
    assert found(asked, replace(whole, steps=(StepMeasures(1, late), whole.steps[1]))).reasons == ("same_movement",)


def test_numbers_that_are_not_finite_never_pass() -> None:
    asked = session(Movement(1))
    broken = replace(asked.steps[0].frames[4], waves=np.full(WAVES, np.nan, np.float32))
    steps = (StepMeasures(1, (*asked.steps[0].frames[:4], broken)), asked.steps[1])
    finding = found(replace(asked, steps=steps), session(Movement(2)))
    assert (finding.sign, finding.reasons) == (Sign.UNKNOWN, ("not_finite",))
    with pytest.raises(ScoreInvalid):
        print_of(replace(asked, steps=steps))


def test_a_print_comes_back_as_it_went_in_and_is_small() -> None:
    kept = print_of(session(Movement(1)))
    again = ReplayPrint.from_bytes(kept.to_bytes())
    assert again is not None
    assert again.to_bytes() == kept.to_bytes()
    assert again.digests == kept.digests
    assert len(kept.to_bytes()) < 100 * 48
    assert print_of(session(Movement(1))).cells == kept.cells


@pytest.mark.parametrize("change", [
    lambda data: b"XX" + data[2:],
    lambda data: data[:-1],
    lambda data: data + b"\x00",
    lambda data: b"",
])  # fmt: skip
def test_a_broken_print_is_refused(change: object) -> None:
    assert callable(change)
    with pytest.raises(ScoreInvalid):
        ReplayPrint.from_bytes(change(print_of(session(Movement(1))).to_bytes()))


def test_a_print_of_another_version_is_none_of_ours() -> None:
    data = print_of(session(Movement(1))).to_bytes()
    assert ReplayPrint.from_bytes(b"RP\x02" + data[3:]) is None


def test_half_of_a_film_still_shares_a_cell_with_the_whole_and_other_films_share_none() -> None:
    missed = 0
    for seed in range(60):
        whole = session(Movement(seed))
        half = print_of(replace(whole, steps=whole.steps[:1]))
        missed += not set(half.cells) & set(print_of(whole).cells)
        assert not set(half.cells) & set(print_of(session(Movement(seed + 100))).cells)
    assert missed == 0
