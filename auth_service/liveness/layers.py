"""The layers of presentation attack detection and what each may say.

Every layer is one function `examine(measures, challenge, policy) -> LayerFinding` in a module of its own. None of them
decides: fusion.py does, under a mode per layer that the operator sets.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Layer(StrEnum):
    """Stable names; stored with every verdict and shown to reviewers, never to a capture client."""

    CHALLENGE = "challenge"
    """Were the motions that were asked for made, in order and in time, along one face track?"""
    GEOMETRY = "geometry"
    """Did the turned face move as a body and not as a plane or a bent print?"""
    PARALLAX = "parallax"
    """Did the face move against its background?"""
    FLASH = "flash"
    """Did each patch of skin reflect the screen's colours in their order?"""
    CONSISTENCY = "consistency"
    """Times, duplicates, frozen frames, one person throughout."""
    TEXTURE = "texture"
    """Moire and blur of screens and prints."""
    MODEL = "model"
    """MiniFASNet, where it is installed."""
    REPLAY = "replay"
    """Was this film seen before?"""
    CHANNEL = "channel"
    """Signs of a virtual camera or of frames that were pushed in; advice only."""


class Sign(StrEnum):
    """What a layer found."""

    LIVE = "live"
    """What a living person would show was shown."""
    ABSENT = "absent"
    """It was not shown; a person who did not follow the prompt looks like this too."""
    ATTACK = "attack"
    """Something was shown that a living person does not show."""
    UNKNOWN = "unknown"
    """It could not be told: too dark, too few frames, no points, a part that is not installed."""


class Mode(StrEnum):
    """How much a layer counts."""

    ENFORCE = "enforce"
    """Must say LIVE for a pass; ATTACK sends to a person."""
    ADVISE = "advise"
    """ATTACK sends to a person; anything else is noted."""
    OFF = "off"


@dataclass(frozen=True, slots=True)
class LayerFinding:
    """scores   named numbers for the reviewer and for `evaluate`, all finite
    reasons  stable words for what was seen, such as `turned_too_little`
    """

    layer: Layer
    sign: Sign
    reasons: tuple[str, ...] = ()
    scores: Mapping[str, float] = field(default_factory=dict)
