"""Templates along a session, by the engine that made the references: the probe, and whether one person was shown."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from auth_service.engines.best_frames import Best, Seen
from auth_service.engines.detectors import DlibPoints
from auth_service.engines.reader import EngineFaceReader
from auth_service.faces.copies import cosine
from auth_service.faces.image import AlignedFace
from auth_service.faces.template import Template

MIRRORED = 1
"""Of the frames behind a probe, how many are looked at in the mirror as well; each costs an embedding.

source  docs/accuracy.md, "A probe of a session": two mirrored frames tell people apart no better than one
"""


@dataclass(frozen=True, slots=True)
class Likeness:
    """As in SessionMeasures.

    With `dlib-resnet`, four frames over six seconds of each of 15 shared clips: least cosine 0.922 to 0.995 (median
    0.972) within one person; of two people 0.773 to 0.935 on average, and 0.924 at most as the least.
    """

    probe: Template | None
    least_cosine: float


def templates_of(reader: EngineFaceReader, best: Best, own: DlibPoints | None) -> Likeness:
    """The mean template of the best frames, and the least likeness between all frames that are checked.

    own  finds the points that the encoder needs, as for the references; None: it takes those of the frames' faces
    """
    shown = [(seen, _aligned(reader, seen, own)) for seen in best.checked]
    faces = [(seen, aligned) for seen, aligned in shown if aligned is not None]
    if not faces:
        return Likeness(None, 1.0)
    chosen = [number for number, (seen, _) in enumerate(faces) if any(seen is one for one in best.overall)]
    views = [aligned for _, aligned in faces]
    if reader.mirrored:
        views += [np.ascontiguousarray(faces[number][1][:, ::-1]) for number in chosen[:MIRRORED]]
    rows = reader.encoder.encode(views)
    plain = [Template(reader.identity, row, images=1, mirrored=False) for row in rows[: len(faces)]]
    least = min((cosine(one, other) for one, other in combinations(plain, 2)), default=1.0)
    return Likeness(_probe(reader, rows[[*chosen, *range(len(faces), len(rows))]], len(chosen)), least)


def _probe(reader: EngineFaceReader, views: NDArray[np.float32], images: int) -> Template | None:
    """views: embeddings of so many images, and of the mirror images among them; each weighs the same"""
    if not images:
        return None
    vector = views.mean(axis=0, dtype=np.float64).astype(np.float32)
    return Template(reader.identity, vector, images, mirrored=reader.mirrored)


def _aligned(reader: EngineFaceReader, seen: Seen, own: DlibPoints | None) -> AlignedFace | None:
    if seen.face is None:
        return None
    return reader.encoder.align(seen.pixels, seen.face if own is None else own.of(seen.grey, seen.face))
