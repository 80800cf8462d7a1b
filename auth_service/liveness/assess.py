"""All layers on one session, and what follows from them together.

One pure function under one frozen policy, so that a session can be judged again from its measures alone.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property

from auth_service.capture.challenge import Challenge
from auth_service.liveness import (
    challenge_response,
    channel,
    consistency,
    flash,
    geometry,
    model,
    parallax,
    replay,
    texture,
)
from auth_service.liveness.challenge_response import ChallengePolicy
from auth_service.liveness.channel import ChannelPolicy, ChannelSigns
from auth_service.liveness.consistency import ConsistencyPolicy
from auth_service.liveness.flash import FlashPolicy
from auth_service.liveness.fusion import PadAssessment, PadPolicy, fuse
from auth_service.liveness.geometry import GeometryPolicy
from auth_service.liveness.layers import Layer, LayerFinding
from auth_service.liveness.measures import SessionMeasures
from auth_service.liveness.model import ModelPolicy
from auth_service.liveness.parallax import ParallaxPolicy
from auth_service.liveness.ports import Past
from auth_service.liveness.replay import ReplayPolicy
from auth_service.liveness.texture import TexturePolicy

LAYERS_VERSION = "3"
"""Rises with every change of what a layer finds in the same measures; stored with each verdict."""


@dataclass(frozen=True)
class LivenessPolicy:
    """What each layer holds for shown, and how much it counts (`pad`)."""

    pad: PadPolicy = field(default_factory=PadPolicy)
    challenge: ChallengePolicy = field(default_factory=ChallengePolicy)
    geometry: GeometryPolicy = field(default_factory=GeometryPolicy)
    parallax: ParallaxPolicy = field(default_factory=ParallaxPolicy)
    flash: FlashPolicy = field(default_factory=FlashPolicy)
    consistency: ConsistencyPolicy = field(default_factory=ConsistencyPolicy)
    texture: TexturePolicy = field(default_factory=TexturePolicy)
    model: ModelPolicy = field(default_factory=ModelPolicy)
    replay: ReplayPolicy = field(default_factory=ReplayPolicy)
    channel: ChannelPolicy = field(default_factory=ChannelPolicy)

    @cached_property
    def digest(self) -> str:
        """sha256 in hex over every limit and mode: two verdicts under one digest were judged alike."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True, default=str).encode()).hexdigest()

    @property
    def limits_digest(self) -> str:
        """The same without the question whether colours count: what a measurement of them was made under."""
        pad = replace(self.pad, flash_needs_measuring=False, flash_measured=False)
        return replace(self, pad=pad).digest


@dataclass(frozen=True, slots=True)
class AssessSession:
    """Fulfils liveness.ports.Assess; threads share it.

    versions  of the engine's parts, as wiring knows them; the session's own come to it
    """

    policy: LivenessPolicy
    versions: Mapping[str, str] = field(default_factory=dict)

    def __call__(
        self, measures: SessionMeasures, challenge: Challenge, past: Past, *, possession: bool = False
    ) -> PadAssessment:
        """possession: without it, a session without colours ends with a person"""
        told = examine_all(measures, challenge, past, self.policy)
        own = {"layers": LAYERS_VERSION, "points": measures.layout, "policy": self.policy.digest}
        versions = {**self.versions, **own}
        return fuse(told, challenge, self.policy.pad, possession=possession, versions=versions)


def examine_all(
    measures: SessionMeasures,
    challenge: Challenge,
    past: Past,
    policy: LivenessPolicy,
    signs: ChannelSigns | None = None,
) -> tuple[LayerFinding, ...]:
    """What every layer found, one finding each, in the order of `Layer`. signs: None where nothing was noticed"""
    found = {one.layer: one for one in _examined(measures, challenge, policy)}
    found[Layer.REPLAY] = replay.examine(measures, past, policy.replay)
    found[Layer.CHANNEL] = channel.examine(measures, challenge, policy.channel, signs or ChannelSigns())
    return tuple(found[layer] for layer in Layer)


def _examined(measures: SessionMeasures, challenge: Challenge, policy: LivenessPolicy) -> Iterator[LayerFinding]:
    """Those that need nothing but the session."""
    yield challenge_response.examine(measures, challenge, policy.challenge)
    yield geometry.examine(measures, challenge, policy.geometry)
    yield parallax.examine(measures, challenge, policy.parallax)
    yield flash.examine(measures, challenge, policy.flash)
    yield consistency.examine(measures, challenge, policy.consistency)
    yield texture.examine(measures, challenge, policy.texture)
    yield model.examine(measures, challenge, policy.model)
