"""Pictures of a measurement: the DET curve and the score histograms, as PNG with English labels."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import cycle
from pathlib import Path

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from auth_service.matching.evaluation import FMR_TARGETS
from auth_service.matching.metrics import det_curve
from auth_service.matching.score_sets import ScoreSet

BINS = 120


def draw(
    sets: Mapping[str, ScoreSet], folder: Path, title: str, marks: Mapping[str, float] | None = None
) -> list[Path]:
    """`scores.png` with the histograms of the first set, and `det.png` with one curve per set that has mated ones.

    sets   each with non-mated comparisons
    marks  thresholds that are drawn into the histograms, by name
    returns the paths of what was drawn; without a mated comparison anywhere there is no curve, and an earlier
    measurement's does not stay beside the new histograms
    """
    folder.mkdir(parents=True, exist_ok=True)
    det, scores = folder / "det.png", folder / "scores.png"
    curves = {label: one for label, one in sets.items() if one.is_mated.any()}
    if curves:
        _save(_det_figure(curves, title), det)
    else:
        det.unlink(missing_ok=True)
    label, first = next(iter(sets.items()))
    _save(_histogram_figure(first, f"{title}: {label}", marks or {}), scores)
    return [det, scores] if curves else [scores]


def _det_figure(sets: Mapping[str, ScoreSet], title: str) -> Figure:
    """FNMR over FMR, both logarithmic; the curve begins at one false match."""
    figure = Figure(figsize=(6.4, 4.8), dpi=100, layout="constrained")
    axes = figure.add_subplot()
    lowest = 1e-2
    for label, scores in sets.items():
        mated, non_mated = scores.scores[scores.is_mated], scores.scores[~scores.is_mated]
        curve = det_curve(mated, non_mated)
        seen = (curve.fmr > 0) & (curve.fnmr > 0)
        axes.plot(curve.fmr[seen], curve.fnmr[seen], drawstyle="steps-post", linewidth=1.3, label=label)
        lowest = min(lowest, 1.0 / non_mated.size, 1.0 / mated.size)
    for target in FMR_TARGETS:
        axes.axvline(target, color="0.85", linewidth=0.8, zorder=0)
    axes.set(
        xscale="log",
        yscale="log",
        xlim=(max(lowest, 1e-6), 1.0),
        ylim=(max(lowest, 1e-4), 1.0),
        xlabel="false match rate (FMR)",
        ylabel="false non-match rate (FNMR)",
        title=title,
    )
    axes.grid(visible=True, color="0.92", linewidth=0.6)
    axes.legend(loc="lower left", fontsize="small")
    return figure


def _histogram_figure(scores: ScoreSet, title: str, marks: Mapping[str, float]) -> Figure:
    """Share of comparisons per bin of similarity, each kind that was made adding up to one."""
    figure = Figure(figsize=(6.4, 4.0), dpi=100, layout="constrained")
    axes = figure.add_subplot()
    edges = np.linspace(float(scores.scores.min()), float(scores.scores.max()) + 1e-9, BINS + 1)
    for label, chosen in (("non-mated", ~scores.is_mated), ("mated", scores.is_mated)):
        part = scores.scores[chosen]
        if not part.size:
            continue
        counts, _ = np.histogram(part, bins=edges)
        axes.stairs(counts / part.size, edges, fill=True, alpha=0.55, label=f"{label} ({part.size:,})")
    for (name, threshold), style in zip(marks.items(), cycle(("-", "--", ":"))):
        axes.axvline(threshold, color="black", linewidth=1.0, linestyle=style, label=f"{name} from {threshold:.4f}")
    axes.set(xlabel="similarity", ylabel="share of comparisons per bin", title=title)
    axes.legend(fontsize="small")
    return figure


def _save(figure: Figure, path: Path) -> None:
    """Without a time stamp, so that one measurement gives one file."""
    FigureCanvasAgg(figure)
    figure.savefig(path, format="png", metadata={"Software": None})
