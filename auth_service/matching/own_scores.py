"""Scores of one cell among the operator's own people: within a person all, between people a bounded number.

The same templates as in a shipped record (`split.runs`): every run of neighbouring photos. Between people the number
of comparisons grows with the square of their number, so of each person only so many runs take part that at most
MOST_COMPARISONS are made; which, is drawn with a fixed seed. People weigh more than comparisons there anyway.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from auth_service.faces.template import Template, mean_template
from auth_service.matching.calibration import Metric
from auth_service.matching.own_people import OwnPerson
from auth_service.matching.score_sets import People, ScoreSet, TemplateTable, all_against_all, all_scores, stack
from auth_service.matching.split import runs

MOST_COMPARISONS = 6_000_000
"""Bounds the memory of one cell to about 400 MB and its time to a few seconds."""


class CellScores:
    """Templates of `references` and of `probes` images of each person, made once, compared group by group."""

    def __init__(
        self, people: Sequence[OwnPerson], references: int, probes: int, metric: Metric, *, seed: int = 1
    ) -> None:
        """raises TemplatesIncomparable, ScoreInvalid"""
        self._metric = metric
        self._seed = seed
        self._references = [_made(person, references) for person in people]
        self._probes = self._references if references == probes else [_made(person, probes) for person in people]
        self._same = references == probes
        self._mated = [self._within(number) for number in range(len(people))]

    def takes_part(self, number: int) -> bool:
        """Whether this person has photos enough for both kinds of template."""
        return bool(self._references[number]) and bool(self._probes[number])

    def mated(self, number: int) -> NDArray[np.float64]:
        """float64 (n,): this person's templates against its own that share no photo."""
        return self._mated[number]

    def among(self, members: Sequence[int]) -> ScoreSet:
        """All mated comparisons of these people, and non-mated ones between them; numbered 0.. in this order."""
        members = [number for number in members if self.takes_part(number)]
        most = max(1, int(MOST_COMPARISONS**0.5) // max(1, len(members)))
        generator = np.random.default_rng(self._seed)
        left = _table(self._references, members, most, generator)
        right = left if self._same else _table(self._probes, members, most, generator)
        # the few runs that were drawn hold mated comparisons too; all of those are known already
        between = all_against_all(left, right, len(members), self._metric)
        between = between.where(~between.is_mated)
        own = [self._mated[number] for number in members]
        owner = np.repeat(np.arange(len(members), dtype=np.int32), [scores.size for scores in own])
        return ScoreSet(
            np.concatenate([*own, between.scores]) if members else np.zeros(0),
            np.concatenate([owner, between.person_a]).astype(np.int32),
            np.concatenate([owner, between.person_b]).astype(np.int32),
            len(members),
        )

    def _within(self, number: int) -> NDArray[np.float64]:
        left, right = self._references[number], self._probes[number]
        if not left or not right:
            return np.zeros(0)
        scores = all_scores(stack([made for _, made in left]), stack([made for _, made in right]), self._metric)
        kept = np.array([[not (a & b) for b, _ in right] for a, _ in left], dtype=np.bool_)
        if self._same:
            kept = np.triu(kept, 1)
        found: NDArray[np.float64] = scores[kept]
        return found


Made = list[tuple[frozenset[int], Template]]
"""Which photos of a person went in, and the template."""


def _made(person: OwnPerson, size: int) -> Made:
    photos = [photo.template for photo in person.photos]
    return [(frozenset(run), mean_template([photos[place] for place in run])) for run in runs(len(photos), size)]


def _table(made: Sequence[Made], members: Sequence[int], most: int, generator: np.random.Generator) -> TemplateTable:
    persons: list[int] = []
    templates: list[Template] = []
    images: list[frozenset[int]] = []
    for place, number in enumerate(members):
        chosen = generator.permutation(len(made[number]))[:most]
        for run in sorted(chosen):
            images.append(made[number][run][0])
            templates.append(made[number][run][1])
            persons.append(place)
    vectors = stack(templates) if templates else np.zeros((0, 0))
    return TemplateTable(vectors, np.array(persons, dtype=np.int32), tuple(images))


def strongest_per_pair(scores: ScoreSet) -> NDArray[np.float64]:
    """float64 (n,): for each two people that were compared, their most alike non-mated score."""
    chosen = ~scores.is_mated
    values, code = scores.scores[chosen], _pair_code(scores.person_a[chosen], scores.person_b[chosen], scores.people)
    order = np.lexsort((values, code))
    code = code[order]
    last = np.append(code[1:] != code[:-1], True) if code.size else np.zeros(0, dtype=np.bool_)
    found: NDArray[np.float64] = values[order][last]
    return found


def most_alike_pairs(scores: ScoreSet, count: int) -> list[tuple[int, int, float]]:
    """The pairs of different people with the highest scores, each pair once."""
    chosen = np.flatnonzero(~scores.is_mated)
    ranked = chosen[np.argsort(scores.scores[chosen])[::-1][: count * 50]]
    found: dict[tuple[int, int], float] = {}
    for place in ranked:
        a, b = int(scores.person_a[place]), int(scores.person_b[place])
        found.setdefault((min(a, b), max(a, b)), float(scores.scores[place]))
        if len(found) == count:
            break
    return [(a, b, score) for (a, b), score in found.items()]


def _pair_code(a: People, b: People, people: int) -> NDArray[np.int64]:
    low: NDArray[np.int64] = np.minimum(a, b).astype(np.int64)
    return low * people + np.maximum(a, b)
