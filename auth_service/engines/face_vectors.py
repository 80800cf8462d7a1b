"""Templates along a session, by the engine that made the references: the probe, and whether one person was shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from auth_service.engines.best_frames import Best, Seen
from auth_service.engines.detectors import DlibPoints
from auth_service.engines.reader import EngineFaceReader
from auth_service.faces.copies import cosine
from auth_service.faces.image import AlignedFace
from auth_service.faces.template import Template, mean_template


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
        views += [np.ascontiguousarray(faces[number][1][:, ::-1]) for number in chosen]
    rows = reader.encoder.encode(views)
    plain = [Template(reader.identity, row, images=1, mirrored=False) for row in rows[: len(faces)]]
    least = min((cosine(one, other) for one, other in combinations(plain, 2)), default=1.0)
    return Likeness(_probe(reader, rows, chosen, len(faces)), least)


def _probe(
    reader: EngineFaceReader, rows: NDArray[np.float32], chosen: Sequence[int], mirrors_from: int
) -> Template | None:
    """Row `n` is a frame's embedding; from `mirrors_from` on, those of the chosen frames' mirror images."""
    made = []
    for place, number in enumerate(chosen):
        views = rows[[number, mirrors_from + place] if reader.mirrored else [number]]
        vector = views.mean(axis=0, dtype=np.float64).astype(np.float32)
        made.append(Template(reader.identity, vector, images=1, mirrored=reader.mirrored))
    return mean_template(made) if made else None


def _aligned(reader: EngineFaceReader, seen: Seen, own: DlibPoints | None) -> AlignedFace | None:
    if seen.face is None:
        return None
    return reader.encoder.align(seen.pixels, seen.face if own is None else own.of(seen.grey, seen.face))
