"""Intervals that know that comparisons share people.

One person who is hard to recognise spoils several mated comparisons, and one with an everyday face spoils hundreds of
non-mated ones, so comparisons are not independent and the binomial interval alone is too narrow. The bootstrap here
draws *people*, with replacement: a person drawn w times brings each of its mated comparisons w times, and a non-mated
comparison of two persons counts w1 * w2 times (copies of one person are never compared with each other). The interval
is the 2.5 % to 97.5 % range of the rate over the draws, at a fixed threshold; it is then widened, never narrowed, to
the exact binomial interval, because the bootstrap says 0..0 when no error was seen.
source  ISO/IEC 19795-1 (uncertainty of estimates: comparisons of one test subject are dependent; bootstrap by subject);
        Bolle, Ratha and Pankanti, Computer Vision and Image Understanding 93 (2004), "subsets bootstrap"
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from auth_service.core.errors import EvaluationSetTooSmall
from auth_service.core.intervals import CONFIDENCE, Rate, clopper_pearson
from auth_service.matching.metrics import Scores, checked
from auth_service.matching.score_sets import People, ScoreSet

REPLICATES = 1000
"""Draws. source: Efron and Tibshirani, An Introduction to the Bootstrap (1993), 1,000 for percentile intervals"""

SEED = 19795
"""Fixed, so that one measurement gives one answer."""


DENSE_PEOPLE = 3000
"""Up to so many persons the comparisons are counted in a table of persons by persons (72 MB), and one matrix product
weighs all draws; beyond, pair by pair. Both give the same whole numbers."""


class ResampledScores:
    """A ScoreSet with the means to say how sure its rates are.

    mated_needed  False: the set may hold no mated comparison; asking for its FNMR is then refused
    raises        EvaluationSetTooSmall, ScoreInvalid
    """

    def __init__(
        self, scores: ScoreSet, replicates: int = REPLICATES, seed: int = SEED, *, mated_needed: bool = True
    ) -> None:
        mated = scores.is_mated
        self.mated: Scores = scores.scores[mated]
        if mated_needed or self.mated.size:
            checked(self.mated, "mated")
        self.non_mated: Scores = checked(scores.scores[~mated], "non-mated")
        self.people = int(np.unique(np.concatenate([scores.person_a, scores.person_b])).size)
        self._owner: People = scores.person_a[mated]
        self._left: People = scores.person_a[~mated]
        self._right: People = scores.person_b[~mated]
        self._weights = draw_people(scores.people, replicates, seed)
        self._mated_total = self._weigh_mated(np.ones(self.mated.size, dtype=np.bool_))
        self._non_mated_total = self._weigh_non_mated(np.ones(self.non_mated.size, dtype=np.bool_))

    def fnmr(self, threshold: float) -> Rate:
        """Mated comparisons below the threshold."""
        wrong = checked(self.mated, "mated") < threshold
        return _rate(wrong, self._weigh_mated(wrong), self._mated_total)

    def fmr(self, threshold: float) -> Rate:
        """Non-mated comparisons at or above the threshold."""
        wrong = self.non_mated >= threshold
        return _rate(wrong, self._weigh_non_mated(wrong), self._non_mated_total)

    def _weigh_mated(self, chosen: NDArray[np.bool_]) -> NDArray[np.float64]:
        """How many of the chosen mated comparisons each draw holds."""
        counts = np.bincount(self._owner[chosen], minlength=self._weights.shape[1])
        return self._weights @ counts.astype(np.float64)

    def _weigh_non_mated(self, chosen: NDArray[np.bool_]) -> NDArray[np.float64]:
        """How many of the chosen non-mated comparisons each draw holds."""
        people = self._weights.shape[1]
        codes = self._left[chosen].astype(np.int64) * people + self._right[chosen]
        if people <= DENSE_PEOPLE:
            table = np.bincount(codes, minlength=people * people).reshape(people, people).astype(np.float64)
            weighed: NDArray[np.float64] = np.einsum("rp,rp->r", self._weights @ table, self._weights)
            return weighed
        codes, counts = np.unique(codes, return_counts=True)
        left, right = codes // people, codes % people
        held = counts.astype(np.float64)
        return np.array([np.dot(weights[left] * held, weights[right]) for weights in self._weights])


def draw_people(people: int, replicates: int, seed: int) -> NDArray[np.float64]:
    """float64 (replicates, people): how often each person is in each draw of `people` persons with replacement."""
    if people < 2:
        raise EvaluationSetTooSmall("at least two persons are needed")
    generator = np.random.default_rng(seed)
    return generator.multinomial(people, np.full(people, 1.0 / people), size=replicates).astype(np.float64)


def _rate(wrong: NDArray[np.bool_], errors: NDArray[np.float64], trials: NDArray[np.float64]) -> Rate:
    """Counts, with the wider of the two intervals. A draw that holds no comparison says nothing."""
    count, total = int(np.count_nonzero(wrong)), int(wrong.size)
    low, high = clopper_pearson(count, total)
    said = trials > 0
    if np.any(said):
        tail = (1.0 - CONFIDENCE) / 2.0
        drawn = np.quantile(errors[said] / trials[said], [tail, 1.0 - tail])
        low, high = min(low, float(drawn[0])), max(high, float(drawn[1]))
    return Rate(count, total, low, high)
