"""Did the turned face move as a body, or as a flat or bent sheet?

The points of a sheet that is turned move by a homography, those of a bent one by a homography and a bending across one
direction. A head's nose runs ahead of both. ATTACK is said only of a sheet that was seen to turn: a head that stays
straight moves as a plane too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from auth_service.capture.challenge import TURNS, Challenge
from auth_service.liveness.layers import Layer, LayerFinding, Sign
from auth_service.liveness.measures import SessionMeasures, StepMeasures
from auth_service.liveness.planes import FEWEST, Sheets, fit, standing_out
from auth_service.liveness.pose import TELLING_LAYOUT, pose_of


@dataclass(frozen=True, slots=True)
class GeometryPolicy:
    """Residuals are in eye distances; see planes.py.

    least_eyes      pixels between the eyes, below which half a pixel of noise looks like a nose
    body_flat, body_bent  a body leaves at least so much beside a flat, and beside a bent sheet
    body_nose       and its nose runs so far ahead of a bent sheet
    sheet_flat, sheet_bent, sheet_nose  a sheet leaves at most so much
    squeezed        a sheet was seen to turn: one direction shrank by so much more than the other
    stirred         the nose moved by so much: an open mouth stretches a face like a sheet that bends, and moves no nose
    turned          the nose moved by so much: somebody turned far enough to be judged (pose.py)

    source  docs/liveness.md, Geometry: measured on the shared turns and on rendered prints
    """

    least_eyes: float = 40.0
    body_flat: float = 0.025
    body_bent: float = 0.015
    body_nose: float = 0.03
    sheet_flat: float = 0.02
    sheet_bent: float = 0.012
    sheet_nose: float = 0.012
    squeezed: float = 1.07
    stirred: float = 0.05
    turned: float = 0.1


@dataclass(frozen=True, slots=True)
class Turned:
    """What one turn looked like."""

    sign: Sign
    reason: str
    scores: Mapping[str, float] = field(default_factory=dict)


def examine(measures: SessionMeasures, challenge: Challenge, policy: GeometryPolicy) -> LayerFinding:
    """LIVE when every turn was a body's; ATTACK when one was a sheet's."""
    if measures.layout != TELLING_LAYOUT:
        return LayerFinding(Layer.GEOMETRY, Sign.UNKNOWN, ("points_do_not_show_turns",))
    steps = {step.n: step for step in measures.steps}
    turns = [plan.n for plan in challenge.steps if plan.ask is not None and plan.ask.motion in TURNS]
    if not turns:
        return LayerFinding(Layer.GEOMETRY, Sign.UNKNOWN, ("no_turn_was_asked",))
    seen = [_turn(steps.get(n), policy) for n in turns]
    scores = {f"{name}_{n}": value for n, one in zip(turns, seen, strict=True) for name, value in one.scores.items()}
    sign = _together([one.sign for one in seen])
    reasons = tuple(sorted({one.reason for one in seen if one.sign is not Sign.LIVE}))
    return LayerFinding(Layer.GEOMETRY, sign, reasons, scores)


def _together(signs: Sequence[Sign]) -> Sign:
    return next((sign for sign in (Sign.ATTACK, Sign.UNKNOWN, Sign.ABSENT) if sign in signs), Sign.LIVE)


def _turn(step: StepMeasures | None, policy: GeometryPolicy) -> Turned:
    if step is None or step.paths is None or not 0 <= max(step.paths.first, step.paths.last) < len(step.frames):
        return Turned(Sign.UNKNOWN, "points_not_followed")
    before, after = (step.frames[index].points for index in (step.paths.first, step.paths.last))
    straight, aside = pose_of(before), pose_of(after)
    if before is None or after is None or straight is None or aside is None:
        return Turned(Sign.UNKNOWN, "points_unclear")
    if straight.eyes < policy.least_eyes:
        return Turned(Sign.UNKNOWN, "face_too_small")
    sheets = fit(step.paths.face, straight.eyes)
    if sheets is None:
        return Turned(Sign.UNKNOWN, f"fewer_than_{FEWEST}_points")
    nose = standing_out(step.paths.face, before, after)
    sign, reason = _judged(sheets, nose, abs(aside.since(straight).yaw), policy)
    scores = {
        "flat": sheets.flat,
        "bent": sheets.bent,
        "squeeze": sheets.squeeze,
        "points": float(len(step.paths.face)),
    }
    return Turned(sign, reason, scores if nose is None else scores | {"nose": nose})


def _judged(sheets: Sheets, nose: float | None, turned: float, policy: GeometryPolicy) -> tuple[Sign, str]:
    """The plain cases of each kind; between them nothing is said."""
    if (
        sheets.squeeze >= policy.squeezed
        and sheets.flat <= policy.sheet_flat
        and (nose is None or abs(nose) <= policy.sheet_nose)
    ):
        return Sign.ATTACK, "moved_as_a_flat_sheet"
    if turned >= policy.stirred and _bent(sheets, nose, policy):
        return Sign.ATTACK, "moved_as_a_bent_sheet"
    if turned < policy.turned:
        return Sign.ABSENT, "turned_too_little"
    if nose is None:
        return Sign.UNKNOWN, "nose_not_followed"
    if sheets.flat >= policy.body_flat and sheets.bent >= policy.body_bent and nose >= policy.body_nose:
        return Sign.LIVE, "moved_as_a_body"
    return Sign.UNKNOWN, "between_sheet_and_body"


def _bent(sheets: Sheets, nose: float | None, policy: GeometryPolicy) -> bool:
    """Whether a bent sheet was seen to turn."""
    flat_nose = nose is not None and abs(nose) <= policy.sheet_nose
    return flat_nose and sheets.squeeze >= policy.squeezed and sheets.bent <= policy.sheet_bent
