"""Presentations that were judged to measure attack detection: what each layer and all together made of them.

A single picture is no session, and neither is a film that answers nothing. Each is asked what can be asked of it, and
the rates say of how many of each kind they are.

source  ISO/IEC 30107-3:2023 for the rates (metrics.py)
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from auth_service.capture.challenge import Challenge
from auth_service.liveness.assess import LivenessPolicy, examine_all
from auth_service.liveness.decision import PadVerdict
from auth_service.liveness.fusion import fuse
from auth_service.liveness.layers import Layer, LayerFinding, Mode, Sign
from auth_service.liveness.measures import SessionMeasures
from auth_service.liveness.metrics import LIVE, Presentation
from auth_service.liveness.ports import NOTHING_KNOWN


class Kind(StrEnum):
    """What was shown."""

    PICTURE = "picture"
    """One picture: nothing moves, nothing was asked."""
    FILM = "film"
    """A film of whom nothing was asked, or nobody wrote down what. An attack of this kind meets a challenge that was
    drawn without it, as last year's film does; a living person's is asked only what needs no challenge."""
    SESSION = "session"
    """A film that answers the challenge beside it."""


STILL = (Layer.TEXTURE, Layer.MODEL)
UNASKED = (Layer.CONSISTENCY, *STILL)
WHOLE = tuple(layer for layer in Layer if layer not in {Layer.REPLAY, Layer.CHANNEL})
"""`evaluate replay` measures what is remembered; nothing tells the channel's signs here."""


@dataclass(frozen=True, slots=True)
class Shown:
    """One presentation.

    path     names it
    label    LIVE or the species of attack
    subject  whose face it shows
    """

    path: str
    kind: Kind
    label: str
    subject: str


@dataclass(frozen=True, slots=True)
class Trial:
    """A presentation that was judged.

    colours   whether the screen's colours were asked for
    findings  of all layers; those of `asked` count
    matched   whether its face matched the subject's references; None without references
    """

    shown: Shown
    colours: bool
    findings: tuple[LayerFinding, ...]
    verdict: PadVerdict
    verdict_without_model: PadVerdict
    matched: bool | None = None

    @property
    def label(self) -> str:
        return self.shown.label

    @property
    def living(self) -> bool:
        return self.shown.label == LIVE

    @property
    def asked(self) -> tuple[Layer, ...]:
        """The layers whose word counts."""
        return _asked(self.shown.kind, self.label, colours=self.colours)

    def presentation(self, *, with_model: bool) -> Presentation:
        return Presentation(self.label, self.verdict if with_model else self.verdict_without_model)


@dataclass(frozen=True, slots=True)
class Judge:
    """Judges presentations under one policy.

    The possession factor counts as given, and colours as measured: what is asked is what the pictures alone let pass.
    versions  of the engine's parts, as `fuse` wants them
    """

    policy: LivenessPolicy
    versions: Mapping[str, str]

    def __call__(self, shown: Shown, measures: SessionMeasures, challenge: Challenge, matched: bool | None) -> Trial:
        findings = examine_all(measures, challenge, NOTHING_KNOWN, self._policy_for(shown.kind))
        asked = _asked(shown.kind, shown.label, colours=bool(challenge.flash))
        with_model, without = (
            self._fused(told, measures, challenge) if Layer.CHALLENGE in asked else self._partly(told, asked)
            for told in (findings, [_without_model(one) for one in findings])
        )
        return Trial(shown, bool(challenge.flash), findings, with_model, without, matched)

    def _policy_for(self, kind: Kind) -> LivenessPolicy:
        """One picture has one frame."""
        if kind is not Kind.PICTURE:
            return self.policy
        return replace(self.policy, texture=replace(self.policy.texture, fewest_frames=1))

    def _fused(self, findings: Sequence[LayerFinding], measures: SessionMeasures, challenge: Challenge) -> PadVerdict:
        """As flows/complete_session.py: without a probe nobody passes."""
        pad = replace(self.policy.pad, flash_needs_measuring=False)
        verdict = fuse(findings, challenge, pad, possession=True, versions=self.versions).decision.verdict
        passed = verdict is PadVerdict.BONA_FIDE and measures.probe is None
        return PadVerdict.INCONCLUSIVE if passed else verdict

    def _partly(self, findings: Sequence[LayerFinding], asked: Iterable[Layer]) -> PadVerdict:
        """The rules of `fuse`, for the layers that could be asked."""
        told = {one.layer: one.sign for one in findings}
        counted = {layer: self.policy.pad.mode(layer) for layer in asked}
        if any(told[layer] is Sign.ATTACK and mode is not Mode.OFF for layer, mode in counted.items()):
            return PadVerdict.ATTACK_SUSPECTED
        if any(told[layer] is not Sign.LIVE and mode is Mode.ENFORCE for layer, mode in counted.items()):
            return PadVerdict.INCONCLUSIVE
        return PadVerdict.BONA_FIDE


def stopped_by(finding: LayerFinding, mode: Mode) -> bool:
    """Whether this layer alone would have kept the presentation from passing."""
    if mode is Mode.OFF:
        return False
    return finding.sign is Sign.ATTACK or (mode is Mode.ENFORCE and finding.sign is not Sign.LIVE)


def _asked(kind: Kind, label: str, *, colours: bool) -> tuple[Layer, ...]:
    if kind is Kind.PICTURE:
        return STILL
    if kind is Kind.FILM and label == LIVE:
        return UNASKED
    return WHOLE if colours else tuple(layer for layer in WHOLE if layer is not Layer.FLASH)


def _without_model(finding: LayerFinding) -> LayerFinding:
    """As a service says it that has not installed the pair."""
    if finding.layer is not Layer.MODEL:
        return finding
    return LayerFinding(Layer.MODEL, Sign.UNKNOWN, ("not_installed",))
