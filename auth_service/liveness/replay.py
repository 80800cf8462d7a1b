"""Was this film seen before?

Two looks. The same pixels: no camera gives one picture twice, so one frame is enough. The same movement: whatever was
re-encoded, resized, cropped, mirrored, brightened or filmed from a screen, the face still moves as it did, all along. A
person who turns the head again, in the same room, does not turn it the same way at the same pace in every frame.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from auth_service.core.errors import ScoreInvalid
from auth_service.liveness.layers import Layer, LayerFinding, Sign
from auth_service.liveness.measures import SessionMeasures
from auth_service.liveness.replay_match import Agreement, agreement, movement
from auth_service.liveness.replay_print import KnownPrint, PrintedStep, ReplayPrint, print_of


@dataclass(frozen=True, slots=True)
class ReplayPolicy:
    """max_likeness    of two films' movement, from which they are one
    least_movement  of a step that can be compared: a still face looks like itself
    least_frames    that must agree, of all steps together
    most_known      prints of a person that a session is held against

    source  docs/liveness-replay.md. Set on half of the shared clips: 1 of 84 pairs of other films of one person called
            a replay. Reported on the other half: 0 of 188; of 29 copies that moved enough, 6 missed, all of one clip
            that moves faster than eight frames a second show. Turned heads move by 0.2 to 0.5, talking ones by less
    """

    max_likeness: float = 0.72
    least_movement: float = 0.08
    least_frames: int = 20
    most_known: int = 8


@dataclass(frozen=True, slots=True)
class FilmMatch:
    """How a session compares with one known print.

    same_pixels  frames whose pixels both have
    """

    known: KnownPrint
    same_pixels: int
    moved: Agreement

    def is_replay(self, policy: ReplayPolicy) -> bool:
        return self.same_pixels > 0 or (
            self.moved.frames >= policy.least_frames and self.moved.likeness >= policy.max_likeness
        )


def examine(measures: SessionMeasures, known: Sequence[KnownPrint], policy: ReplayPolicy) -> LayerFinding:
    """known  of the person, and anybody's that share a cell (replay_print.KnownPrints); with none there is no replay"""
    try:
        film = print_of(measures)
    except ScoreInvalid:
        return LayerFinding(Layer.REPLAY, Sign.UNKNOWN, ("not_finite",))
    found = matches(film, known, policy)
    moving = moving_steps(film, policy)
    scores = {
        "compared": float(len(found)),
        "same_pixels": float(max((match.same_pixels for match in found), default=0)),
        "likeness": max((match.moved.likeness for match in found), default=0.0),
        "movement": max((movement(step) for step in film.steps), default=0.0),
    }
    sign, reasons = _judged(found, moving, policy)
    return LayerFinding(Layer.REPLAY, sign, reasons, scores)


def matches(film: ReplayPrint, known: Sequence[KnownPrint], policy: ReplayPolicy) -> tuple[FilmMatch, ...]:
    """A session's film beside each of the known ones, in their order: says which one a replay was made of."""
    moving = moving_steps(film, policy)
    return tuple(
        FilmMatch(one, len(film.digests & one.print.digests), agreement(moving, one.print.steps)) for one in known
    )


def moving_steps(film: ReplayPrint, policy: ReplayPolicy) -> tuple[PrintedStep, ...]:
    return tuple(step for step in film.steps if movement(step) >= policy.least_movement)


def _judged(
    found: Sequence[FilmMatch], moving: Sequence[PrintedStep], policy: ReplayPolicy
) -> tuple[Sign, tuple[str, ...]]:
    if any(match.same_pixels for match in found):
        return Sign.ATTACK, ("same_pixels",)
    if any(match.is_replay(policy) for match in found):
        return Sign.ATTACK, ("same_movement",)
    if found and sum(len(step.times) for step in moving) < policy.least_frames:
        return Sign.UNKNOWN, ("moved_too_little",)
    return Sign.LIVE, ()
