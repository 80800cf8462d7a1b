"""All templates of one engine against each other, exactly, with faiss: for fund supervision alone (rule I03).

Exact means: no index that skips. Graphs and cells (HNSW, IVF) lost 8 to 29 % of planted duplicates at the settings
tried, and an index that loses some loses the same ones every time. source: design/measured.md, "Scale"
"""

from __future__ import annotations

from collections.abc import Sequence

import faiss
import numpy as np
from numpy.typing import NDArray

from auth_service.core.errors import ScoreInvalid
from auth_service.matching.calibration import Metric
from auth_service.matching.duplicates import Near

_STORED_AT_ONCE = 4096
"""Rows that faiss holds at one time: its own copy of so many, not of all. 2 MB at 128 numbers."""
_ASKED_AT_ONCE = 2048
_PRODUCTS_AT_ONCE = 512
"""Rows and columns of one product of matrices inside faiss: 1 MB of scratch. It would take sixteen times that."""


class FaceScan:
    """A FaceScanner in one array of float32, so that it takes hardly more room than its templates (SQ8 and float16
    codes would take less, and faiss compares those a hundred times slower, row by row)."""

    def __init__(self, people: int, dimensions: int, metric: Metric) -> None:
        self._codes = np.zeros((people, dimensions), dtype=np.float32)
        self._metric = metric
        self._gone = np.ones(people, dtype=np.bool_)  # until somebody is put there
        faiss.cvar.distance_compute_blas_query_bs = _PRODUCTS_AT_ONCE
        faiss.cvar.distance_compute_blas_database_bs = _PRODUCTS_AT_ONCE

    @property
    def coded_bytes(self) -> int:
        """What the templates themselves take."""
        return int(self._codes.nbytes)

    def put(self, place: int, vectors: NDArray[np.float32]) -> None:
        """As FaceScanner has it; cosine is the product of rows of length one."""
        lengths = np.linalg.norm(vectors.astype(np.float64), axis=1)
        if not np.all(np.isfinite(vectors)) or not np.all(lengths > 0):
            raise ScoreInvalid("a template is zero or not finite")
        rows = vectors / lengths[:, None] if self._metric is Metric.COSINE else vectors
        self._codes[place : place + len(vectors)] = rows
        self._gone[place : place + len(vectors)] = False

    def drop(self, places: Sequence[int]) -> None:
        """Their rows are overwritten at once."""
        self._codes[list(places)] = 0.0
        self._gone[list(places)] = True

    def near(self, begin: int, end: int, floor: float) -> Near:
        """As FaceScanner has it. floor: a similarity; with the Euclidean distance it is negative"""
        found: list[Near] = []
        for stored in range(begin - begin % _STORED_AT_ONCE, len(self._codes), _STORED_AT_ONCE):
            until = min(stored + _STORED_AT_ONCE, len(self._codes))
            index = self._index(stored, until)
            found.extend(
                self._search(index, (asked, min(asked + _ASKED_AT_ONCE, end)), stored, floor)
                for asked in range(begin, min(end, until), _ASKED_AT_ONCE)
            )
        return Near(
            np.concatenate([near.first for near in found], dtype=np.int64),
            np.concatenate([near.second for near in found], dtype=np.int64),
            np.concatenate([near.similarity for near in found], dtype=np.float32),
        )

    def _index(self, begin: int, end: int) -> faiss.IndexFlat:
        dimensions = self._codes.shape[1]
        cosine = self._metric is Metric.COSINE
        index = faiss.IndexFlatIP(dimensions) if cosine else faiss.IndexFlatL2(dimensions)
        index.add(self._codes[begin:end])
        return index

    def _search(self, index: faiss.IndexFlat, asked: tuple[int, int], stored: int, floor: float) -> Near:
        cosine = self._metric is Metric.COSINE
        # faiss takes what lies beyond its radius, so the next number on this side of the floor
        radius = np.nextafter(np.float32(floor), np.float32(-np.inf)) if cosine else np.float32(max(0.0, -floor)) ** 2
        if not cosine:
            radius = np.nextafter(radius, np.float32(np.inf))
        limits, scores, labels = index.range_search(self._codes[asked[0] : asked[1]], float(radius))
        first = np.repeat(np.arange(*asked, dtype=np.int64), np.diff(limits.astype(np.int64)))
        second = labels + stored
        kept = (first < second) & ~self._gone[first] & ~self._gone[second]
        similarity = scores if cosine else -np.sqrt(np.maximum(scores, 0.0))
        return Near(first[kept], second[kept], similarity[kept])
