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
from auth_service.liveness.ports import Past
from auth_service.liveness.replay_match import Agreement, agreements, movement
from auth_service.liveness.replay_print import KnownPrint, PrintedStep, ReplayPrint, print_of

_PASSED_OVER = "films_of_another_release"


@dataclass(frozen=True, slots=True)
class ReplayPolicy:
    """max_likeness    of two films' movement, from which they are one
    least_movement  of a step that can be compared: a still face looks like itself
    least_frames    that must agree, of all steps together; a motion that the page sends has 16 to 18
    most_known      prints of a person that a session is held against

    source  docs/liveness-replay.md, "Measured": rendered people who answer the same challenge again are alike by 0.85,
            one of 552 pairs by 0.89; their films recoded by 0.98 and more
    """

    max_likeness: float = 0.9
    least_movement: float = 0.03
    least_frames: int = 12
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


def examine(measures: SessionMeasures, past: Past, policy: ReplayPolicy) -> LayerFinding:
    """ATTACK where a frame has the very pixels of a picture of this person's past or of anybody's earlier film, or
    where the film moves as one of theirs did. Takes as long for somebody of whom nothing is known.

    Films of another release are passed over and told of: their pixels are known by `past.photos` and `past.shared`.
    UNKNOWN where there is nothing else. source: docs/liveness-replay.md, Limits
    """
    if not measures.frames:
        return LayerFinding(Layer.REPLAY, Sign.UNKNOWN, ("too_few_frames",))
    try:
        film = print_of(measures)
    except ScoreInvalid:
        return LayerFinding(Layer.REPLAY, Sign.UNKNOWN, ("not_finite",))
    found = matches(film, past.prints, policy)
    pictures = {photo.photo_hash.pixel_digest for photo in past.photos}
    same = [match.same_pixels for match in found] + [one.frames for one in past.shared]
    same.append(sum(frame.pixel_digest in pictures for frame in measures.frames))
    scores = {
        "compared": float(len(pictures) + len(found)),
        "same_pixels": float(max(same)),
        "likeness": max((match.moved.likeness for match in found), default=0.0),
        "movement": max((movement(step) for step in film.steps), default=0.0),
    }
    sign, reason = judged(found, film, policy) if max(same) == 0 else (Sign.ATTACK, "same_pixels")
    if past.of_another_version == 0:
        return LayerFinding(Layer.REPLAY, sign, (reason,), scores)
    scores["of_another_version"] = float(past.of_another_version)
    if reason == "nothing_known" and not pictures:
        return LayerFinding(Layer.REPLAY, Sign.UNKNOWN, (_PASSED_OVER,), scores)
    told = "nothing_returns" if reason == "nothing_known" else reason
    return LayerFinding(Layer.REPLAY, sign, (told, _PASSED_OVER), scores)


def matches(film: ReplayPrint, known: Sequence[KnownPrint], policy: ReplayPolicy) -> tuple[FilmMatch, ...]:
    """A session's film beside each of the known ones, in their order: says which one a replay was made of.

    As many are laid beside it as a long history has, whatever there is: the film itself stands in for the rest.
    """
    kept = known[: policy.most_known]
    films = [one.print for one in kept] + [film] * (policy.most_known - len(kept))
    moved = agreements(moving_steps(film, policy), [ReplayPrint(moving_steps(one, policy)) for one in films])
    return tuple(
        FilmMatch(one, len(film.digests & one.print.digests), how) for one, how in zip(kept, moved, strict=False)
    )


def moving_steps(film: ReplayPrint, policy: ReplayPolicy) -> tuple[PrintedStep, ...]:
    return tuple(step for step in film.steps if movement(step) >= policy.least_movement)


def judged(found: Sequence[FilmMatch], film: ReplayPrint, policy: ReplayPolicy) -> tuple[Sign, str]:
    """What follows from the known prints alone, with its reason."""
    if any(match.same_pixels for match in found):
        return Sign.ATTACK, "same_pixels"
    if any(match.is_replay(policy) for match in found):
        return Sign.ATTACK, "same_movement"
    if not found:
        return Sign.LIVE, "nothing_known"
    if sum(len(step.times) for step in moving_steps(film, policy)) < policy.least_frames:
        return Sign.UNKNOWN, "moved_too_little"
    return Sign.LIVE, "nothing_returns"
