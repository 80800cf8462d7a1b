"""Faces that a detector sees for one frame where the person is not: a fold of cloth, a picture on the wall, a mask.

Such a frame shows nothing of the person, as one in which a hand is before the lens: it is measured for no motion, no
template is made of it, and it is no leap of the face. What an attacker puts into single frames is passed over likewise.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from auth_service.faces.landmarks import Box


@dataclass(frozen=True, slots=True)
class LeapPolicy:
    """jump_widths  by which the face's middle moves from one frame that shows it to the next, in face widths
    jump_scale   by which its width changes from one frame that shows it to the next
    most_strays  share of a session's frames, one at least, in which the face may be seen elsewhere for that frame
                 alone; beyond it all of them count as leaps

    source  docs/liveness-fusion.md, "Consistency": the shared clips
    """

    jump_widths: float = 0.6
    jump_scale: float = 1.5
    most_strays: float = 0.05


def leaps(one: Box, other: Box, policy: LeapPolicy) -> bool:
    """Whether a face cannot have gone from one place to the other between two frames."""
    small, large = sorted((max(one.width, 1e-6), max(other.width, 1e-6)))
    across = (one.left + one.right - other.left - other.right) / 2.0
    down = (one.top + one.bottom - other.top - other.bottom) / 2.0
    return large / small > policy.jump_scale or float(np.hypot(across, down)) > policy.jump_widths * large


def strays(steps: Sequence[Sequence[Box | None]], policy: LeapPolicy) -> frozenset[tuple[int, int]]:
    """(step, frame) of faces that are elsewhere than before and after, where those agree; none where they are too many.

    steps  where the face of each frame is; None: no face. At a step's beginning or end two frames on one side have to
           agree, and between steps a person may move
    """
    found = {(place, index) for place, boxes in enumerate(steps) for index in _of_step(boxes, policy)}
    frames = sum(len(boxes) for boxes in steps)
    return frozenset(found) if len(found) <= max(1, int(policy.most_strays * frames)) else frozenset()


def _of_step(boxes: Sequence[Box | None], policy: LeapPolicy) -> list[int]:
    shown = [(index, box) for index, box in enumerate(boxes) if box is not None]
    found: list[int] = []
    for place, (index, box) in enumerate(shown):
        around = shown[max(0, min(place - 1, len(shown) - 3)) :][:3]
        beside = [other for there, other in around if there != index]
        agree = len(beside) == 2 and not leaps(beside[0], beside[1], policy)
        if agree and all(leaps(box, other, policy) for other in beside):
            found.append(index)
    return found
