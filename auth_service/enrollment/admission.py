"""May this photo join the references of this person? The rules, apart from where photos are kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from auth_service.enrollment.references import ReferencePhoto, ranked

Likeness = Callable[[ReferencePhoto, ReferencePhoto], bool]
"""Whether two photos may show one person: anything but a non-match. Given by the flow, which holds the calibration."""


@dataclass(frozen=True, slots=True)
class Admission:
    """Which offered photos join, and which differ from the person's own references."""

    joined: tuple[ReferencePhoto, ...]
    differing: tuple[ReferencePhoto, ...]


def admit(offered: Sequence[ReferencePhoto], in_force: Sequence[ReferencePhoto], alike: Likeness) -> Admission:
    """Best-ranked first, each must be alike to at least half of those that count already.

    The photos in force outweigh the offered ones: who holds the person's card and phone must not be able to swap the
    face by offering a new one. source: trust.md section 0, the usual attacker is a relative
    """
    counted = list(in_force)
    joined: list[ReferencePhoto] = []
    differing: list[ReferencePhoto] = []
    for photo in ranked(offered):
        likes = sum(alike(photo, other) for other in counted)
        if counted and likes * 2 < len(counted):
            differing.append(photo)
            continue
        counted.append(photo)
        joined.append(photo)
    return Admission(tuple(joined), tuple(differing))
