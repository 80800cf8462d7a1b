"""Thresholds from the operator's own people: measured where people are enough, otherwise raised, never extrapolated.

Where n people allow it, a threshold is read as in a shipped record (`metrics.threshold_at_fmr`). Allowed it is from the
number of people on at which as many pairs of *people* would match falsely as the rule of 30 asks for; the number of
comparisons says little, since those of one pair of people are nearly the same trial.
The match threshold of a cell is the highest of
  the one that gives the target among everybody
  the one that gives the target inside each stratum (sex, age band, both) that has people enough: trust.md 1.2
and, where everybody are too few, or a stratum that was measured with fewer images is too small here
  the threshold of the cell with one image less, carried over by the ratio of the shipped record's distances
  the shipped threshold
  the one that the comparisons seen here ask for; where not even single images were measured, the one that shuts out
  the target's share of the pairs of people, by their most alike photos: with few people that is above all that was seen
The grey zone begins where the target is reached among everybody: a lower beginning lets more people be looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from auth_service.core.errors import EvaluationSetTooSmall
from auth_service.core.intervals import Rate
from auth_service.matching.calibration import (
    ACCEPT_FMR,
    GREY_FMR,
    UNKNOWN,
    Basis,
    Calibration,
    Cell,
    Metric,
    OperatingPoint,
    cell_key,
)
from auth_service.matching.evaluation import rounded_up
from auth_service.matching.metrics import ENOUGH_ERRORS, false_matches_allowed, threshold_at_fmr
from auth_service.matching.own_people import EVERYBODY, OwnPerson
from auth_service.matching.own_scores import CellScores, strongest_per_pair
from auth_service.matching.resampling import REPLICATES, ResampledScores
from auth_service.matching.score_sets import ScoreSet
from auth_service.matching.split import CELLS

SHOWN_FROM = 30
"""Smaller strata are not reported: they say nothing, and they begin to point at single people."""

AIMS = (1e-5, 1e-4, 1e-3)
"""Aims that somebody with too few people is pointed to, the strictest first. At a higher FMR a match would be
an opinion. source: trust.md 1.3"""


@dataclass(frozen=True, slots=True)
class Targets:
    """The FMR aimed at where zone `match` and where zone `grey` begins."""

    accept: float = ACCEPT_FMR
    grey: float = GREY_FMR


@dataclass(frozen=True, slots=True)
class Group:
    """Rates of one stratum at the thresholds of a cell.

    enough     people enough for the match target, so that the stratum had a say in the threshold
    threshold  its own threshold; None where people are too few
    fmr, fnmr  at the match threshold of the cell; trials 0: nothing could be compared
    """

    name: str
    people: int
    enough: bool
    threshold: float | None
    fmr: Rate
    fnmr: Rate


@dataclass(frozen=True, slots=True)
class CellFinding:
    """One cell with why its threshold is what it is.

    candidates  what was weighed -> threshold; the highest decided
    groups      everybody first, then the strata with SHOWN_FROM people
    """

    key: str
    cell: Cell
    decided_by: str
    candidates: Mapping[str, float]
    groups: tuple[Group, ...]


def least_people(target: float) -> int:
    """From how many people on a target counts as measured: n (n - 1) / 2 pairs of people, 30 of them false matches.

    1e-2: 78 people; 1e-3: 246; 1e-4: 776.   source: metrics.ENOUGH_ERRORS
    """
    people = 2
    while false_matches_allowed(target, people * (people - 1) // 2) < ENOUGH_ERRORS:
        people += 1
    return people


@dataclass(frozen=True, slots=True)
class Shortage:
    """How many people a record lacks for its aim.

    target  FMR aimed at where zone `match` begins
    needed  people that it takes, single images
    people  who could be compared
    wider   the strictest of AIMS that they suffice for; None where they suffice for none
    """

    target: float
    needed: int
    people: int
    wider: float | None


def shortage(calibration: Calibration) -> Shortage | None:
    """None where people enough stand behind the record."""
    if calibration.is_measured:
        return None
    single = calibration.cells[cell_key(1, 1)]
    target = single.accept.fmr_target
    reached = (aim for aim in AIMS if aim > target and least_people(aim) <= single.people)
    return Shortage(target, least_people(target), single.people, next(reached, None))


def find_thresholds(
    people: Sequence[OwnPerson],
    metric: Metric,
    targets: Targets,
    shipped: Calibration | None,
    done: Callable[[int], None] = lambda _: None,
) -> list[CellFinding]:
    """Every cell that can have a threshold, 1x1 first. done: called once per cell

    shipped  the record that came with the service for the same engine, if there is one
    raises   EvaluationSetTooSmall: not even single images of two people, TemplatesIncomparable, ScoreInvalid
    """
    found: dict[str, CellFinding] = {}
    for key, (references, probes) in CELLS.items():
        scores = CellScores(people, references, probes, metric)
        finding = _Search(people, scores, targets).cell(key, _Known(found, shipped, metric))
        if finding is not None:
            found[key] = finding
        done(1)
    single = found.get(cell_key(1, 1))
    if single is None or single.cell.accept.fmr.trials == 0:
        raise EvaluationSetTooSmall("nobody can be compared with anybody else")
    return list(found.values())


@dataclass(frozen=True, slots=True)
class _Known:
    """What is known before a cell is looked at: the cells with fewer images, and the shipped record."""

    found: Mapping[str, CellFinding]
    shipped: Calibration | None
    metric: Metric

    def before(self, key: str) -> CellFinding | None:
        """The finding for one image less."""
        return self.found.get(_before(key))

    def of_shipped(self, key: str) -> Cell | None:
        return self.shipped.cells.get(key) if self.shipped else None

    def carried(self, key: str, *, grey: bool = False) -> float | None:
        """The threshold of the cell before, as much nearer to `alike` as the shipped record's two cells are apart."""
        before, old, new = self.before(key), self.of_shipped(_before(key)), self.of_shipped(key)
        if before is None or old is None or new is None:
            return None
        top = 1.0 if self.metric is Metric.COSINE else 0.0
        from_shipped, to_shipped = (old.grey_at, new.grey_at) if grey else (old.accept_at, new.accept_at)
        start = before.cell.grey_at if grey else before.cell.accept_at
        ratio = min(1.0, (top - to_shipped) / (top - from_shipped))
        return top - (top - start) * ratio


class _Search:
    """The search in one cell."""

    def __init__(self, people: Sequence[OwnPerson], scores: CellScores, targets: Targets) -> None:
        self._scores = scores
        self._targets = targets
        names = sorted({name for person in people for name in person.groups} - {EVERYBODY})
        self._members = {
            name: [n for n, person in enumerate(people) if name in person.groups and scores.takes_part(n)]
            for name in (EVERYBODY, *names)
        }

    def cell(self, key: str, known: _Known) -> CellFinding | None:
        everybody = self._scores.among(self._members[EVERYBODY])
        own = self._own_thresholds(everybody)
        measured = EVERYBODY in own
        candidates = {**own, **self._stand_ins(key, known, everybody, own)}
        if not candidates:
            return None
        decided_by = max(candidates, key=lambda name: candidates[name])
        accept = rounded_up(candidates[decided_by])
        grey = min(accept, rounded_up(self._grey(key, known, everybody, accept)))
        points = self._points(everybody, accept, grey)
        basis = Basis.MEASURED if measured else Basis.RAISED
        groups = tuple(self._groups(accept, own, points[0]))
        return CellFinding(key, Cell(everybody.people, *points, basis), decided_by, candidates, groups)

    def _own_thresholds(self, everybody: ScoreSet) -> dict[str, float]:
        """Everybody's and each stratum's threshold at the target, where people are enough."""
        least = least_people(self._targets.accept)
        found = {}
        for name, members in self._members.items():
            if len(members) >= least:
                scores = everybody if name == EVERYBODY else self._scores.among(members)
                found[name] = threshold_at_fmr(scores.scores[~scores.is_mated], self._targets.accept)
        return found

    def _stand_ins(self, key: str, known: _Known, everybody: ScoreSet, own: Mapping[str, float]) -> dict[str, float]:
        """What else is weighed because somebody could not be measured here."""
        found = {}
        before = known.before(key)
        lost = before is not None and any(group.enough and group.name not in own for group in before.groups)
        carried = known.carried(key) if lost or EVERYBODY not in own else None
        if carried is not None:
            found[f"carried over from {_before(key)}"] = carried
        if EVERYBODY not in own:
            shipped = known.of_shipped(key)
            single = known.found.get(cell_key(1, 1))
            leaning = single is not None and single.cell.basis is Basis.MEASURED
            seen = everybody.scores[~everybody.is_mated] if leaning else strongest_per_pair(everybody)
            if shipped is None and carried is None:
                return {}  # nothing but too few people of one's own: the cell stays empty and its comparisons refused
            if shipped is not None:
                found["shipped record"] = shipped.accept_at
            if seen.size:
                what = "comparisons seen" if leaning else "pairs of people seen"
                found[what] = threshold_at_fmr(seen, self._targets.accept)
        return found

    def _grey(self, key: str, known: _Known, everybody: ScoreSet, accept: float) -> float:
        non_mated = everybody.scores[~everybody.is_mated]
        if everybody.people >= least_people(self._targets.grey):
            return threshold_at_fmr(non_mated, self._targets.grey)
        shipped = known.of_shipped(key)
        weighed = [known.carried(key, grey=True), shipped.grey_at if shipped else None]
        weighed.append(threshold_at_fmr(non_mated, self._targets.grey) if non_mated.size else None)
        return max((value for value in weighed if value is not None), default=accept)

    def _points(self, everybody: ScoreSet, accept: float, grey: float) -> tuple[OperatingPoint, OperatingPoint]:
        targets = self._targets
        rates = _Rates(everybody)
        return (
            OperatingPoint(targets.accept, accept, *rates.at(accept)),
            OperatingPoint(targets.grey, grey, *rates.at(grey)),
        )

    def _groups(self, accept: float, own: Mapping[str, float], everybody: OperatingPoint) -> list[Group]:
        total = len(self._members[EVERYBODY])
        found = [Group(EVERYBODY, total, EVERYBODY in own, own.get(EVERYBODY), everybody.fmr, everybody.fnmr)]
        for name, members in self._members.items():
            if name != EVERYBODY and len(members) >= SHOWN_FROM:
                fmr, fnmr = _Rates(self._scores.among(members)).at(accept)
                found.append(Group(name, len(members), name in own, own.get(name), fmr, fnmr))
        return found


class _Rates:
    """FMR and FNMR with intervals by person, UNKNOWN where nothing could be compared."""

    def __init__(self, scores: ScoreSet) -> None:
        self._mated = bool(np.any(scores.is_mated))
        compared = scores.people > 1 and not np.all(scores.is_mated)
        self._resampled = ResampledScores(scores, REPLICATES, mated_needed=False) if compared else None

    def at(self, threshold: float) -> tuple[Rate, Rate]:
        if self._resampled is None:
            return UNKNOWN, UNKNOWN
        fnmr = self._resampled.fnmr(threshold) if self._mated else UNKNOWN
        return self._resampled.fmr(threshold), fnmr


def _before(key: str) -> str:
    """The cell with one image less: of the reference if it has more, else of the probe; 1x1 has none."""
    more, fewer = (int(part) for part in key.split("x"))
    return f"{more - 1}x{fewer}" if more > fewer else f"{more}x{fewer - 1}"
