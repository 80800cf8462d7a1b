"""Templates along a session, by the engine that made the references: the probe, and whether one person was shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from auth_service.engines.best_frames import Best, Seen
from auth_service.engines.reader import EngineFaceReader
from auth_service.faces.copies import cosine
from auth_service.faces.image import AlignedFace, Pixels
from auth_service.faces.landmarks import Box
from auth_service.faces.ports import FaceDetector
from auth_service.faces.template import Template, mean_template

_REGION = 0.6
"""The region in which the engine's own detector looks goes this share of the box beyond it on each side."""


@dataclass(frozen=True, slots=True)
class Likeness:
    """As in SessionMeasures."""

    probe: Template | None
    least_cosine: float


def templates_of(reader: EngineFaceReader, best: Best, own: FaceDetector | None) -> Likeness:
    """The mean template of the best frames, and the least likeness between the frames of all steps.

    own  finds the points that the encoder needs, around the known face and as it did for the references; None: the
         encoder takes the points with which the frames' faces were found
    """
    shown = [(seen, _aligned(reader, seen, own)) for seen in best.each]
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


def _aligned(reader: EngineFaceReader, seen: Seen, own: FaceDetector | None) -> AlignedFace | None:
    if seen.face is None:
        return None
    if own is None:
        return reader.encoder.align(seen.pixels, seen.face)
    region = _region(seen.pixels, seen.face.box)
    found = own.detect(region)
    return reader.encoder.align(region, found[0]) if found else None


def _region(pixels: Pixels, box: Box) -> Pixels:
    height, width = pixels.shape[:2]
    aside, above = _REGION * box.width, _REGION * box.height
    left, top = max(0, round(box.left - aside)), max(0, round(box.top - above))
    right, bottom = min(width, round(box.right + aside)), min(height, round(box.bottom + above))
    return np.ascontiguousarray(pixels[top:bottom, left:right])
