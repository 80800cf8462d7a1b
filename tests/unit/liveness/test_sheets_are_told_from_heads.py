"""The geometry layer on points in space: a turned head leaves what neither a flat nor a bent sheet explains."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from auth_service.capture.challenge import Motion
from auth_service.liveness.geometry import GeometryPolicy, _judged, examine
from auth_service.liveness.layers import LayerFinding, Sign
from auth_service.liveness.measures import PointPaths, SessionMeasures
from auth_service.liveness.planes import Sheets, fit, homography, moved
from tests.unit.liveness.bodies import Body, Show, challenge, head, session, sheet

POLICY = GeometryPolicy()
TURNS = (Motion.TURN_LEFT, Motion.TURN_RIGHT)


def judged(body: Body, show: Show | None = None, motions: tuple[Motion, ...] = TURNS) -> LayerFinding:
    return examine(session(body, motions, show), challenge(*motions), POLICY)


def with_paths(paths: PointPaths | None) -> SessionMeasures:
    whole = session(head(), (Motion.TURN_LEFT,))
    return replace(whole, steps=(whole.steps[0], replace(whole.steps[1], paths=paths)))


@pytest.mark.parametrize("degrees", [18.0, 25.0, 35.0])
def test_a_head_that_turns_is_a_body(degrees: float) -> None:
    found = judged(head(), Show(degrees=degrees))
    assert found.sign is Sign.LIVE, found
    assert found.reasons == ()


@pytest.mark.parametrize("degrees", [25.0, 30.0, 35.0])
def test_a_flat_print_that_turns_is_an_attack(degrees: float) -> None:
    found = judged(sheet(), Show(degrees=degrees))
    assert (found.sign, found.reasons) == (Sign.ATTACK, ("moved_as_a_flat_sheet",))


@pytest.mark.parametrize("radius", [5.0, 8.0, 12.0, 20.0])
@pytest.mark.parametrize("degrees", [15.0, 25.0, 35.0])
def test_a_bent_print_that_turns_is_never_a_body(radius: float, degrees: float) -> None:
    assert judged(sheet(radius), Show(degrees=degrees)).sign is not Sign.LIVE


def test_a_print_bent_like_a_can_is_an_attack() -> None:
    found = judged(sheet(6.0), Show(degrees=35.0))
    assert (found.sign, found.reasons) == (Sign.ATTACK, ("moved_as_a_bent_sheet",))


def test_one_turn_as_a_sheet_is_enough() -> None:
    real, print_ = session(head(), TURNS), session(sheet(), TURNS, Show(degrees=30.0))
    mixed = replace(real, steps=(*real.steps[:2], print_.steps[2]))
    assert examine(mixed, challenge(*TURNS), POLICY).sign is Sign.ATTACK


@pytest.mark.parametrize("body", [head(), sheet()])
@pytest.mark.parametrize("pan", [(0.0, 0.0), (40.0, -25.0)])
def test_who_does_not_turn_is_no_attack(body: Body, pan: tuple[float, float]) -> None:
    """A head that stays straight moves as a plane too, however the phone shakes."""
    found = judged(body, Show(degrees=1.0, pan=pan))
    assert (found.sign, found.reasons) == (Sign.ABSENT, ("turned_too_little",))


def test_a_talking_face_whose_nose_stands_out_is_no_sheet() -> None:
    """An opening mouth stretches a face; these are numbers of the shared clip lp_d13 at 8.6 s."""
    talking = Sheets(flat=0.018, bent=0.013, squeeze=1.075)
    assert _judged(talking, 0.018, 0.01, POLICY) == (Sign.ABSENT, "turned_too_little")
    for nose in (0.003, None):
        assert _judged(talking, nose, 0.01, POLICY)[0] is Sign.ATTACK


def test_motions_other_than_turns_are_not_judged() -> None:
    found = judged(sheet(), Show(degrees=35.0), (Motion.NOD,))
    assert (found.sign, found.reasons) == (Sign.UNKNOWN, ("no_turn_was_asked",))


def test_what_cannot_be_told_is_unknown() -> None:
    paths = session(head(), (Motion.TURN_LEFT,)).steps[1].paths
    assert paths is not None
    few = replace(paths, face=paths.face[:19])
    broken = replace(paths, face=np.full_like(paths.face, np.nan))
    nowhere = replace(paths, last=99)
    on_a_line = replace(paths, face=paths.face * np.array([1.0, 0.0], np.float32))
    for given, reason in (
        (None, "points_not_followed"),
        (few, "fewer_than_20_points"),
        (broken, "fewer_than_20_points"),
        (on_a_line, "fewer_than_20_points"),
        (nowhere, "points_not_followed"),
    ):
        found = examine(with_paths(given), challenge(Motion.TURN_LEFT), POLICY)
        assert (found.sign, found.reasons) == (Sign.UNKNOWN, (reason,))


def test_dlibs_points_and_small_faces_and_missing_steps_pass_nobody() -> None:
    whole, asked = session(head(), TURNS), challenge(*TURNS)
    assert examine(replace(whole, layout="dlib5"), asked, POLICY).sign is Sign.UNKNOWN
    assert examine(whole, asked, GeometryPolicy(least_eyes=90.0)).reasons == ("face_too_small",)
    assert examine(replace(whole, steps=whole.steps[:2]), asked, POLICY).sign is Sign.UNKNOWN


def test_a_homography_is_recovered_from_points_some_of_which_are_wrong() -> None:
    chance = np.random.default_rng(2)
    plane = np.array([[1.1, 0.05, 0.3], [-0.04, 0.9, -0.2], [0.03, -0.02, 1.0]])
    before = chance.uniform(-1.5, 1.5, (80, 2))
    after = moved(plane, before) + chance.normal(0, 0.003, (80, 2))
    after[:4] += 0.3
    found = homography(before, after)
    assert found is not None
    assert moved(found, before) == pytest.approx(moved(plane, before), abs=0.02)


def test_a_sheet_keeps_its_residual_whatever_the_unit() -> None:
    paths = session(sheet(8.0), (Motion.TURN_LEFT,), Show(degrees=30.0, noise=0.0)).steps[1].paths
    assert paths is not None
    one, double = fit(paths.face, 60.0), fit(paths.face, 120.0)
    assert one is not None
    assert double is not None
    assert one.flat == pytest.approx(2 * double.flat, rel=1e-3)
    assert one.flat > 5 * one.bent
    assert fit(paths.face, 0.0) is None
