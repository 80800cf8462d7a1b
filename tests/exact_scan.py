"""A FaceScanner that anybody can check by eye: one product of matrices, nothing skipped."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from auth_service.matching.calibration import Metric
from auth_service.matching.duplicates import Near


class ExactScan:
    """With numpy, in float64, whole rows at once."""

    def __init__(self, people: int, dimensions: int, metric: Metric) -> None:
        self.rows = np.zeros((people, dimensions))
        self.here = np.zeros(people, dtype=np.bool_)
        self.metric = metric

    def put(self, place: int, vectors: NDArray[np.float32]) -> None:
        rows = vectors.astype(np.float64)
        if self.metric is Metric.COSINE:
            rows = rows / np.linalg.norm(rows, axis=1)[:, None]
        self.rows[place : place + len(rows)] = rows
        self.here[place : place + len(rows)] = True

    def drop(self, places: Sequence[int]) -> None:
        self.rows[list(places)] = 0.0
        self.here[list(places)] = False

    def near(self, begin: int, end: int, floor: float) -> Near:
        found: list[tuple[int, int, float]] = []
        for first in range(begin, end):
            behind = self.rows[first + 1 :]
            if self.metric is Metric.COSINE:
                scores = behind @ self.rows[first]
            else:
                scores = -np.linalg.norm(behind - self.rows[first], axis=1)
            near = np.flatnonzero((scores >= floor) & self.here[first + 1 :] & self.here[first])
            found += [(first, first + 1 + int(at), float(scores[at])) for at in near]
        first_, second, similarity = zip(*found, strict=True) if found else ((), (), ())
        return Near(
            np.array(first_, dtype=np.int64), np.array(second, dtype=np.int64), np.array(similarity, dtype=np.float32)
        )
