"""The parallax layer on points in space: a room stays, a large print carries its own along, a panned phone all."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from auth_service.capture.challenge import Motion
from auth_service.liveness.layers import LayerFinding, Sign
from auth_service.liveness.parallax import ParallaxPolicy, examine
from tests.unit.liveness.bodies import Body, Show, challenge, head, session, sheet

POLICY = ParallaxPolicy()
LEFT = (Motion.TURN_LEFT,)


def judged(body: Body, show: Show, motions: tuple[Motion, ...] = LEFT) -> LayerFinding:
    return examine(session(body, motions, show), challenge(*motions), POLICY)


def test_a_room_stays_when_a_head_turns() -> None:
    found = judged(head(), Show())
    assert found.sign is Sign.LIVE, found
    assert all(np.isfinite(score) for score in found.scores.values())


def test_a_room_shakes_with_the_hand_and_stays_a_room() -> None:
    assert judged(head(), Show(pan=(12.0, -9.0))).sign is Sign.LIVE


def test_a_large_print_carries_its_own_room() -> None:
    found = judged(sheet(), Show(degrees=30.0, carried=True))
    assert (found.sign, found.reasons) == (Sign.ATTACK, ("background_went_with_the_face",))


def test_a_large_print_that_comes_closer_grows_as_a_whole() -> None:
    found = judged(sheet(), Show(carried=True), (Motion.COME_CLOSER,))
    assert (found.sign, found.reasons) == (Sign.ATTACK, ("background_went_with_the_face",))


def test_one_motion_with_its_background_is_enough() -> None:
    motions = (Motion.TURN_LEFT, Motion.TURN_RIGHT)
    real, print_ = session(head(), motions), session(sheet(), motions, Show(degrees=30.0, carried=True))
    mixed = replace(real, steps=(*real.steps[:2], print_.steps[2]))
    assert examine(mixed, challenge(*motions), POLICY).sign is Sign.ATTACK


def test_a_panned_phone_before_a_still_face_is_no_attack() -> None:
    found = judged(head(), Show(degrees=0.5, pan=(60.0, 20.0)))
    assert (found.sign, found.reasons) == (Sign.ABSENT, ("face_stayed_with_the_background",))


def test_a_print_cut_out_before_a_real_room_is_not_seen_here() -> None:
    """What this layer cannot do; geometry.py does it."""
    assert judged(sheet(), Show(degrees=30.0)).sign is Sign.LIVE


def test_a_plain_wall_tells_nothing() -> None:
    assert judged(head(), Show(room=5)).reasons == ("background_too_plain",)
    assert judged(head(), Show(room=0)).sign is Sign.UNKNOWN


def test_missing_points_pass_nobody() -> None:
    whole = session(head(), LEFT)
    paths = whole.steps[1].paths
    assert paths is not None
    broken = replace(paths, background=np.full_like(paths.background, np.nan))
    for given in (None, broken, replace(paths, face=paths.face[:3]), replace(paths, first=99)):
        steps = (whole.steps[0], replace(whole.steps[1], paths=given))
        assert examine(replace(whole, steps=steps), challenge(*LEFT), POLICY).sign is Sign.UNKNOWN
    assert examine(replace(whole, steps=whole.steps[:1]), challenge(*LEFT), POLICY).sign is Sign.UNKNOWN
    assert examine(whole, challenge(), POLICY).reasons == ("no_motion_was_asked",)


def test_a_background_that_goes_everywhere_is_unknown() -> None:
    whole = session(head(), LEFT)
    paths = whole.steps[1].paths
    assert paths is not None
    chance = np.random.default_rng(4)
    leaves = paths.background + chance.normal(0, 30, paths.background.shape).astype(np.float32)
    steps = (whole.steps[0], replace(whole.steps[1], paths=replace(paths, background=leaves)))
    found = examine(replace(whole, steps=steps), challenge(*LEFT), POLICY)
    assert (found.sign, found.reasons) == (Sign.UNKNOWN, ("background_unsteady",))
