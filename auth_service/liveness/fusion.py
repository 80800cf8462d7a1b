"""From what the layers found to one verdict.

rules   every enforced layer LIVE, and nothing else in the way: bona fide
        ATTACK of an enforced or advising layer: attack suspected, whatever the others say; CHANNEL alone never
        anything else: inconclusive. A layer that was not asked, or whose numbers are not finite, has shown nothing
source  docs/decisions/0029-capture-and-liveness.md
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from auth_service.capture.challenge import FLASHES, Challenge, Route
from auth_service.liveness.decision import PadDecision, PadReason, PadVerdict
from auth_service.liveness.layers import Layer, LayerFinding, Mode, Sign

FUSION_VERSION = "1"
"""Rises with every change of these rules; stored with each verdict."""

_STRICTEST_FIRST = (Mode.ENFORCE, Mode.ADVISE, Mode.OFF)
_WORST_FIRST = (Sign.ATTACK, Sign.UNKNOWN, Sign.ABSENT, Sign.LIVE)


@dataclass(frozen=True, slots=True)
class PadPolicy:
    """How much each layer counts: `enforce`, `advise` or `off`.

    challenge    cannot be less than `enforce`: it alone ties the film to this session on both routes
    geometry     enforced: a print or a screen that is turned makes the motions, but has no depth (measured.md)
    parallax     advises: before a plain wall there is nothing to compare with, and nobody is refused for a wall
    flash        enforced: 13 of the flash route's 17 bits are the colours'
    consistency  enforced: one film of one person, without cuts
    texture      advises: cheap cameras and strong compression look like screens (trust.md, fairness)
    model        advises: refuses half of the real faces where the crop is tight (measured.md)
    replay       enforced: last year's film is the commonest attack (trust.md 0)
    channel      advises, and cannot be more: BPCER 14.6 % at APCER 10 % in published work (trust.md 1.4)
    flash_needs_measuring  colours count only after `flash_measured`; true in the production profile
    flash_measured         set by the service alone, from the measurement that two people put in force
                           (`auth-service flash list`); production refuses it as a setting

    source  docs/decisions/0029-capture-and-liveness.md; docs/liveness.md, "How the layers decide"
    """

    challenge: Mode = Mode.ENFORCE
    geometry: Mode = Mode.ENFORCE
    parallax: Mode = Mode.ADVISE
    flash: Mode = Mode.ENFORCE
    consistency: Mode = Mode.ENFORCE
    texture: Mode = Mode.ADVISE
    model: Mode = Mode.ADVISE
    replay: Mode = Mode.ENFORCE
    channel: Mode = Mode.ADVISE
    flash_needs_measuring: bool = False
    flash_measured: bool = False

    def __post_init__(self) -> None:
        if self.challenge is not Mode.ENFORCE:
            raise ValueError("the challenge must be enforced")
        if self.channel is Mode.ENFORCE:
            raise ValueError("signs of the channel are advice only")

    @property
    def is_weakened(self) -> bool:
        """Whether a layer counts for less than by default: for measuring, and not where a pass is worth money."""
        return any(
            _STRICTEST_FIRST.index(self.mode(layer)) > _STRICTEST_FIRST.index(PadPolicy().mode(layer))
            for layer in Layer
        )

    @property
    def flash_may_count(self) -> bool:
        """Whether the colours can carry a pass at all."""
        return self.flash is Mode.ENFORCE and (self.flash_measured or not self.flash_needs_measuring)

    def mode(self, layer: Layer) -> Mode:
        """What the operator set."""
        return Mode(getattr(self, layer.value))


@dataclass(frozen=True, slots=True)
class PadAssessment:
    """A verdict with everything it rests on; stored with the attempt and shown to reviewers.

    findings  one of each layer, in the order of `Layer`
    modes     how much each counted in this session
    versions  name -> version of every program and model that had a part, `fusion` among them
    """

    decision: PadDecision
    findings: tuple[LayerFinding, ...]
    modes: Mapping[Layer, Mode]
    versions: Mapping[str, str]

    @property
    def bona_fide(self) -> bool:
        return self.decision.verdict is PadVerdict.BONA_FIDE


def route_that_counts(wished: Route, policy: PadPolicy) -> Route:
    """The route whose challenge has bits enough under this policy: without colours that count, more motions."""
    return wished if policy.flash_may_count else Route.NO_FLASH


def fuse(
    findings: Iterable[LayerFinding],
    challenge: Challenge,
    policy: PadPolicy,
    *,
    possession: bool,
    versions: Mapping[str, str],
) -> PadAssessment:
    """The verdict of one session.

    possession  whether a one-time code to the contact on file was given in this session
    versions    of everything that had a part; an empty one is an unknown one, and nobody passes
    """
    told = _one_of_each(findings)
    counts = _flash_counts(challenge, policy)
    modes = _modes(policy, flash_counts=counts)
    known = {**versions, "fusion": FUSION_VERSION}
    noted = _reasons(told, [layer for layer in Layer if layer is Layer.CHANNEL and modes[layer] is not Mode.OFF])
    attacks = _reasons(told, [layer for layer in Layer if layer is not Layer.CHANNEL and modes[layer] is not Mode.OFF])
    lacking = [
        PadReason(f"{layer}_{told[layer].sign}")
        for layer in Layer
        if modes[layer] is Mode.ENFORCE and told[layer].sign is not Sign.LIVE
    ]
    if not counts:
        lacking += _without_colours(challenge, possession=possession)
    if not all(known.values()):
        lacking.append(PadReason.VERSION_UNKNOWN)
    if attacks:
        decision = PadDecision(PadVerdict.ATTACK_SUSPECTED, (*attacks, *noted))
    elif lacking:
        decision = PadDecision(PadVerdict.INCONCLUSIVE, (*lacking, *noted))
    else:
        shown = PadReason.LIVE_CAPTURE if counts else PadReason.LIVE_CAPTURE_AND_POSSESSION
        decision = PadDecision(PadVerdict.BONA_FIDE, (shown, *noted))
    return PadAssessment(decision, tuple(told[layer] for layer in Layer), modes, known)


def _reasons(told: Mapping[Layer, LayerFinding], layers: Iterable[Layer]) -> list[PadReason]:
    """ATTACK of these layers, as reasons."""
    return [PadReason(f"{layer}_attack") for layer in layers if told[layer].sign is Sign.ATTACK]


def _one_of_each(findings: Iterable[LayerFinding]) -> dict[Layer, LayerFinding]:
    """The worst finding of each layer; UNKNOWN where there is none."""
    told: dict[Layer, LayerFinding] = {}
    for finding in map(_finite, findings):
        before = told.get(finding.layer)
        if before is None or _WORST_FIRST.index(finding.sign) < _WORST_FIRST.index(before.sign):
            told[finding.layer] = finding
    return {layer: told.get(layer, LayerFinding(layer, Sign.UNKNOWN, ("not_examined",))) for layer in Layer}


def _finite(finding: LayerFinding) -> LayerFinding:
    """The same; a layer that reckoned with numbers that are none has told nothing but, perhaps, an attack."""
    if all(math.isfinite(value) for value in finding.scores.values()):
        return finding
    scores = {name: value for name, value in finding.scores.items() if math.isfinite(value)}
    sign = finding.sign if finding.sign is Sign.ATTACK else Sign.UNKNOWN
    return replace(finding, sign=sign, reasons=(*finding.reasons, "not_finite"), scores=scores)


def _flash_counts(challenge: Challenge, policy: PadPolicy) -> bool:
    return policy.flash_may_count and challenge.route is Route.FLASH and len(challenge.flash) == FLASHES


def _modes(policy: PadPolicy, *, flash_counts: bool) -> dict[Layer, Mode]:
    """As set; colours that do not count are advice, so that an old film is still seen in them."""
    modes = {layer: policy.mode(layer) for layer in Layer}
    if not flash_counts and modes[Layer.FLASH] is Mode.ENFORCE:
        modes[Layer.FLASH] = Mode.ADVISE
    return modes


def _without_colours(challenge: Challenge, *, possession: bool) -> list[PadReason]:
    """What is missing where only motions count: those of the no-flash route, and the possession factor."""
    lacking = []
    if challenge.route is not Route.NO_FLASH:
        lacking.append(PadReason.FLASH_NOT_MEASURED)
    if not possession:
        lacking.append(PadReason.POSSESSION_MISSING)
    return lacking
