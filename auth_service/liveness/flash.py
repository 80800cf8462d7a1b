"""Layer FLASH: did each patch of skin reflect the screen's colours in their order?

What is followed is the logarithm of the skin's light over that of the surround, per patch and colour channel: the
camera's exposure and white balance act on both and drop out, and what reflects as strongly all around says nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from auth_service.capture.challenge import Challenge, StepKind
from auth_service.liveness.flash_rows import Numbers, align, best_lag, every_row, fits, index_of
from auth_service.liveness.layers import Layer, LayerFinding, Sign
from auth_service.liveness.measures import FrameMeasures, SessionMeasures

VERSION = "flash 1"
_COARSE_MS, _FINE_MS = 60.0, (-40.0, -20.0, 20.0, 40.0)
_LATE_MS = (-400.0, 1200.0, 100.0)
"""Where the row is looked for when it was not found in time, only to say so."""
_FLOOR = 0.01
"""Linear light added before the logarithm: near black a camera gives noise."""


@dataclass(frozen=True, slots=True)
class FlashPolicy:
    """most_rows       of the 8,748 that fit a film best, those that count as followed. A film meets the row of a new
                    session with a chance of most_rows / 8,748 at most, whatever it shows: with 1 all 13.1 bits stay.
                    Of 60 simulated living people 97 % pass at 100 lux, 88 % at 150 (docs/liveness-fusion.md)
    least_fit       of the skin's changes, the share that the row explains
    least_patch_fit  the same on one patch
    least_patches   patches of skin that follow; and more than half of those that can be seen
    clear_fit       fit of another row from which an old film is suspected, if the row asked for lies `clear_lead` lower
    clear_lead      see there
    most_surround   strength of the surround's following over the skin's, of which a tinted film has 1.0. A dim wall at
                    arm's length can come near it: it gets (40 cm / 60 cm)^2 = 0.44 of the screen's light
    dark_room       strength of the skin (natural logarithm, full light) from which the surround is not asked: where the
                    screen is the only lamp, it doubles the light on everything
    longest_lag_ms  from the page's clock to the light in the picture; screen 20 to 60 ms, camera 50 to 250 ms
    fewest_frames   of the colour step, with skin in them
    saturated       linear light from which a channel says nothing

    source  docs/liveness.md, "Flash": simulated sessions, no real person yet
    """

    most_rows: int = 1
    least_fit: float = 0.5
    least_patch_fit: float = 0.3
    least_patches: int = 3
    clear_fit: float = 0.8
    clear_lead: float = 0.35
    most_surround: float = 0.9
    dark_room: float = 0.7
    longest_lag_ms: float = 380.0
    fewest_frames: int = 14
    saturated: float = 0.95


@dataclass(frozen=True, slots=True)
class _Seen:
    """at_ms (frames,); ratio (frames, patches, 3) log skin over surround, centred; around (frames, 3) log surround."""

    at_ms: Numbers
    ratio: Numbers
    around: Numbers


@dataclass(frozen=True, slots=True)
class _Fit:
    """What was found at the lag at which the film is clearest.

    asked, best  fit of the row asked for, and of the row that fits best
    rank         rows that fit as well as the one asked for or better, itself included
    surround_share  strength of the surround over that of the skin, each by itself; 0 where the surround does not follow
    patches      patches that follow the row asked for; and those that follow the best one
    """

    lag_ms: float
    asked: float
    best: float
    rank: int
    strength: float
    patches: int
    patches_of_best: int
    surround_share: float


def examine(measures: SessionMeasures, challenge: Challenge, policy: FlashPolicy) -> LayerFinding:
    """LIVE where the skin followed the row asked for, ABSENT where it followed something else, ATTACK where that was
    clearly another row, UNKNOWN where nothing was to be seen.
    """
    asked = index_of(challenge.flash)
    steps = [step.n for step in challenge.steps if step.kind is StepKind.FLASH]
    if asked is None or not steps:
        return _finding(Sign.UNKNOWN, "not_asked")
    frames = [frame for step in measures.steps if step.n in steps for frame in step.frames]
    seen = _look(frames, policy)
    if isinstance(seen, str):
        return _finding(Sign.UNKNOWN, seen)
    found = _fit(seen, asked, policy)
    if found is None:
        return _finding(Sign.UNKNOWN, "too_few_frames")
    sign, reason = _judge(found, seen, asked, policy)
    scores = {
        "fit": found.asked, "best_fit": found.best, "rank": float(found.rank), "lag_ms": found.lag_ms,
        "strength": found.strength, "patches": float(found.patches), "surround_share": found.surround_share,
    }  # fmt: skip
    return LayerFinding(Layer.FLASH, sign, (reason,), scores)


def _finding(sign: Sign, reason: str) -> LayerFinding:
    return LayerFinding(Layer.FLASH, sign, (reason,))


def _look(frames: list[FrameMeasures], policy: FlashPolicy) -> _Seen | str:
    """The series of the usable patches, or why there are none."""
    shown = [frame for frame in frames if frame.skin is not None and np.isfinite(frame.surround).all()]
    if len(shown) < policy.fewest_frames:
        return "too_few_frames"
    skin = np.array([frame.skin for frame in shown], np.float64)
    around = np.array([frame.surround for frame in shown], np.float64)
    there: NDArray[np.bool_] = np.all(np.isfinite(skin), axis=2)
    full: NDArray[np.bool_] = np.any(np.where(there[..., None], skin, 0.0) > policy.saturated, axis=2)
    usable = (there.mean(axis=0) >= 0.8) & (full.mean(axis=0) < 0.2)
    if usable.sum() < policy.least_patches:
        return "skin_saturated" if (full.mean(axis=0) >= 0.2).any() else "skin_not_seen"
    whole: NDArray[np.bool_] = np.all(there[:, usable], axis=1)
    if whole.sum() < policy.fewest_frames:
        return "too_few_frames"
    at_ms = np.array([frame.at_ms - frames[0].at_ms for frame in shown], np.float64)[whole]
    dark = np.log(np.maximum(around[whole], 0.0) + _FLOOR)
    ratio = np.log(np.maximum(skin[whole][:, usable], 0.0) + _FLOOR) - dark[:, None, :]
    return _Seen(at_ms, ratio - ratio.mean(axis=0), dark)


def _fit(seen: _Seen, asked: int, policy: FlashPolicy) -> _Fit | None:
    series = np.median(seen.ratio, axis=1)
    coarse = best_lag(series, seen.at_ms, np.arange(0.0, policy.longest_lag_ms + 1.0, _COARSE_MS).tolist())
    if coarse is None:
        return None
    near = [coarse, *(coarse + step for step in _FINE_MS if 0.0 <= coarse + step <= policy.longest_lag_ms)]
    lag = best_lag(series, seen.at_ms, near)
    aligned = align(series, seen.at_ms, lag) if lag is not None else None
    if lag is None or aligned is None:
        return None
    every, strength = fits(aligned, every_row())
    best = int(every.argmax())
    return _Fit(
        lag_ms=lag,
        asked=float(every[asked]),
        best=float(every[best]),
        rank=int(np.count_nonzero(every >= every[asked])),
        strength=float(strength[asked].max()),
        patches=_following(seen, lag, asked, policy),
        patches_of_best=_following(seen, lag, best, policy),
        surround_share=_surround_share(seen, lag, asked, policy),
    )


def _row_fit(series: Numbers, at_ms: Numbers, lag_ms: float, row: int, fewest: int = 7) -> tuple[float, float]:
    """Fit and strongest channel of one row; 0 where too few of its colours were seen."""
    aligned = align(series, at_ms, lag_ms, fewest)
    if aligned is None:
        return 0.0, 0.0
    fit, strength = fits(aligned, every_row().only(row))
    return float(fit[0]), float(strength[0].max())


def _surround_share(seen: _Seen, lag_ms: float, row: int, policy: FlashPolicy) -> float:
    """How strongly the surround follows a row, over the skin; the camera's exposure lowers both and never raises it."""
    fit, strength = _row_fit(seen.around, seen.at_ms, lag_ms, row)
    if fit < policy.least_fit:
        return 0.0
    _, skin = _row_fit(np.median(seen.ratio, axis=1) + seen.around, seen.at_ms, lag_ms, row)
    if skin >= policy.dark_room:
        return 0.0
    return min(strength / skin, 10.0) if skin > 0.0 else 10.0


def _following(seen: _Seen, lag_ms: float, row: int, policy: FlashPolicy) -> int:
    """How many patches follow a row, each for itself."""
    each = [_row_fit(seen.ratio[:, patch], seen.at_ms, lag_ms, row)[0] for patch in range(seen.ratio.shape[1])]
    return sum(fit >= policy.least_patch_fit for fit in each)


def _judge(found: _Fit, seen: _Seen, asked: int, policy: FlashPolicy) -> tuple[Sign, str]:
    needed = max(policy.least_patches, seen.ratio.shape[1] // 2 + 1)
    if found.surround_share > policy.most_surround:
        return Sign.ABSENT, "surround_follows"
    if found.best < policy.least_fit:
        return Sign.UNKNOWN, "no_colour_seen"
    if found.asked >= policy.least_fit and found.rank <= policy.most_rows:
        return (Sign.LIVE, "row_followed") if found.patches >= needed else (Sign.ABSENT, "few_patches_follow")
    if _late(seen, asked, policy):
        return Sign.ABSENT, "row_out_of_time"
    lead = found.best - found.asked
    if found.best >= policy.clear_fit and lead >= policy.clear_lead and found.patches_of_best >= needed:
        return Sign.ATTACK, "another_row_followed"
    return Sign.ABSENT, "row_not_followed"


def _late(seen: _Seen, asked: int, policy: FlashPolicy) -> bool:
    """Whether the row asked for is there, but at another time: a page that stuttered, not an old film."""
    series: NDArray[np.float64] = np.median(seen.ratio, axis=1)
    return any(
        _row_fit(series, seen.at_ms, lag, asked, fewest=5)[0] >= policy.least_fit
        for lag in np.arange(*_LATE_MS)
        if not 0.0 <= lag <= policy.longest_lag_ms
    )
