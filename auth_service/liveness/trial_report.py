"""The record of a measurement of attack detection: rates, what was counted, and what it was measured with.

Its part `flash` is what two people put in force so that colours count (liveness/flash_measurement.py): how many living
people and how many attacks the colours were tried on, and what came of it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from auth_service.capture.challenge import Route
from auth_service.core.intervals import Rate
from auth_service.liveness.fusion import PadPolicy
from auth_service.liveness.layers import Layer, LayerFinding
from auth_service.liveness.metrics import PadErrors, pad_errors, rate_of
from auth_service.liveness.trials import Kind, Trial, stopped_by

INTERVALS = "95 %, two-sided, Clopper-Pearson, as if every presentation were another person's or another attack's"


@dataclass(frozen=True, slots=True)
class Silent:
    """A presentation in which no face was found: it says nothing, and is in no rate."""

    path: str
    label: str


def pad_document(trials: Sequence[Trial], silent: Sequence[Silent], pad: PadPolicy, *, model: bool) -> dict[str, Any]:
    """JSON. With the model where it is installed, and without it; all together, and of each kind by itself.

    model    whether the MiniFASNet pair was installed
    raises   EvaluationSetTooSmall: nothing was judged
    """
    living = [one for one in trials if one.living]
    attacks = [one for one in trials if not one.living]
    return {
        "kind": "pad",
        "bona_fide": len(living),
        "subjects": len({one.shown.subject for one in living}),
        "attacked_subjects": len({one.shown.subject for one in attacks}),
        **_rates(pad_errors(one.presentation(with_model=model) for one in trials)),
        "intervals": INTERVALS,
        "no_response": _no_response(silent),
        "model_installed": model,
        "by_kind": {
            kind.value: _of_kind(those, pad, model=model)
            for kind in Kind
            if (those := [one for one in trials if one.shown.kind is kind])
        },
        "flash": _flash(trials, pad, model=model),
        "matcher": _matcher(trials, model=model),
    }


def _of_kind(trials: Sequence[Trial], pad: PadPolicy, *, model: bool) -> dict[str, Any]:
    asked = [layer for layer in Layer if any(layer in one.asked for one in trials)]
    return {
        "presentations": _counted(one.label for one in trials),
        "with_model": _fused(trials, with_model=True) if model else None,
        "without_model": _fused(trials, with_model=False),
        "layers": {layer.value: _of_layer(trials, layer, pad) for layer in asked},
    }


def _fused(trials: Iterable[Trial], *, with_model: bool) -> dict[str, Any]:
    return _rates(pad_errors(one.presentation(with_model=with_model) for one in trials))


def _rates(errors: PadErrors) -> dict[str, Any]:
    """bpcer of living people, and apcer of each species; `worst` may be worst, by the upper end of its interval."""
    bpcer = errors.bpcer
    return {
        "bpcer": None if bpcer is None else bpcer.value,
        "bpcer_n": 0 if bpcer is None else bpcer.trials,
        "bpcer_low": None if bpcer is None else bpcer.low,
        "bpcer_high": None if bpcer is None else bpcer.high,
        "no_answer": errors.no_answer,
        "species": {name: _named("apcer", rate) for name, rate in errors.apcer.items()},
        "worst": errors.worst,
    }


def _named(name: str, rate: Rate) -> dict[str, Any]:
    return {name: rate.value, "errors": rate.errors, "n": rate.trials, "low": rate.low, "high": rate.high}


def _of_layer(trials: Sequence[Trial], layer: Layer, pad: PadPolicy) -> dict[str, Any]:
    """What it said, and what it would have let pass or stopped by itself under its mode."""
    mode = pad.mode(layer)
    found: dict[str, list[Trial]] = {}
    for one in trials:
        if layer in one.asked:
            found.setdefault(one.label, []).append(one)
    signs = {
        label: _counted(_finding(one, layer).sign.value for one in those) for label, those in sorted(found.items())
    }
    reasons = {
        label: _counted(reason for one in those for reason in _finding(one, layer).reasons)
        for label, those in sorted(found.items())
    }
    stops = {label: [stopped_by(_finding(one, layer), mode) for one in those] for label, those in found.items()}
    living = [stopped for label, those in stops.items() for stopped in those if found[label][0].living]
    return {
        "mode": mode.value,
        "said": signs,
        "reasons": reasons,
        "bpcer": _named("bpcer", rate_of(sum(living), len(living))) if living else None,
        "species": {
            label: _named("apcer", rate_of(those.count(False), len(those)))
            for label, those in sorted(stops.items())
            if not found[label][0].living
        },
    }


def _counted(words: Iterable[str]) -> dict[str, int]:
    return dict(sorted(Counter(words).items()))


def _finding(trial: Trial, layer: Layer) -> LayerFinding:
    return next(one for one in trial.findings if one.layer is layer)


def _flash(trials: Sequence[Trial], pad: PadPolicy, *, model: bool) -> dict[str, Any]:
    """Sessions in which the colours were really shown: those of living people, and attacks that answered them.

    A film that was made before the row was drawn is not among them. `whole` is what all layers made of them together,
    as the service would, the rest what the colours made of them alone.
    """
    shown = [one for one in trials if one.shown.kind is Kind.SESSION and one.colours]
    living = sum(one.living for one in shown)
    told = _of_layer(shown, Layer.FLASH, pad) if shown else {"said": {}, "reasons": {}, "bpcer": None, "species": {}}
    subjects = len({one.shown.subject for one in shown if one.living})
    whole = _fused(shown, with_model=model) if shown else None
    counts = {"bona_fide": living, "subjects": subjects, "attacks": len(shown) - living}
    return {"route": Route.FLASH.value, **counts, "whole": whole, **told}


def _matcher(trials: Sequence[Trial], *, model: bool) -> dict[str, Any] | None:
    """Where the person's references were given: of each species, how many the matcher took for that person (IAPMR), and
    how many of those were also taken for living (IAPAR). None without references."""
    compared = [one for one in trials if one.matched is not None]
    if not compared:
        return None
    living = [one for one in compared if one.living]
    species = sorted({one.label for one in compared if not one.living})
    return {
        "bona_fide": {
            "n": len(living),
            "matched": sum(bool(one.matched) for one in living),
            "accepted": sum(_accepted(one, model=model) for one in living),
        },
        "species": {
            name: {
                "iapmr": _share(compared, name, lambda one: bool(one.matched)),
                "iapar": _share(compared, name, lambda one: _accepted(one, model=model)),
            }
            for name in species
        },
    }


def _accepted(trial: Trial, *, model: bool) -> bool:
    return bool(trial.matched) and trial.presentation(with_model=model).passed


def _share(trials: Sequence[Trial], label: str, holds: Callable[[Trial], bool]) -> dict[str, Any]:
    those = [holds(one) for one in trials if one.label == label]
    return _named("rate", rate_of(sum(those), len(those)))


def _no_response(silent: Sequence[Silent]) -> Mapping[str, Any]:
    return {
        "count": len(silent),
        "by_label": _counted(one.label for one in silent),
        "paths": sorted(one.path for one in silent),
    }
