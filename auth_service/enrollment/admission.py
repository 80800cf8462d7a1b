"""May this photo join the references of this person? The rules, apart from where photos are kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from auth_service.enrollment.references import ReferencePhoto, ranked
from auth_service.enrollment.sources import SOURCE_RANK

Likeness = Callable[[ReferencePhoto, ReferencePhoto], bool]
"""Whether two photos may show one person: anything but a non-match. Given by the flow, which holds the calibration."""


@dataclass(frozen=True, slots=True)
class Admission:
    """Which offered photos join, and which differ from the person's own references."""

    joined: tuple[ReferencePhoto, ...]
    differing: tuple[ReferencePhoto, ...]


Fits = Callable[[ReferencePhoto], bool]
"""Whether a photo is a match, not merely no non-match, with the set in force."""


def admit(offered: Sequence[ReferencePhoto], fits: Fits | None, alike: Likeness) -> Admission:
    """Which photos join.

    Where a set is in force (`fits` given), a photo joins only as a match with it: a stranger in a hundred lies in the
    grey zone. The set's template is that of its anchors, which what a key adds never moves (`anchors_of`). A grey or
    differing photo goes to an officer, who may put a new set in force in person (flows/enroll.py, `confirmed_by`).

    The first photos of a person come together from one source. Each must be alike to at least half of those that
    count already, the best-ranked first.

    Among first photos of one rank the one that most of the others resemble begins, so that a single wrong photo in a
    folder is the one refused, whatever the order of the files.

    source  trust.md section 0: the usual attacker is a relative who holds the card and the phone
    """
    if fits is not None:
        fitting = tuple(photo for photo in ranked(offered) if fits(photo))
        return Admission(fitting, tuple(photo for photo in offered if photo not in fitting))
    alike = _remembering(alike)
    counted: list[ReferencePhoto] = []
    differing: list[ReferencePhoto] = []
    for photo in _most_resembled_first(offered, alike):
        likes = sum(alike(photo, other) for other in counted)
        if counted and likes * 2 < len(counted):
            differing.append(photo)
            continue
        counted.append(photo)
    return Admission(tuple(counted), tuple(differing))


def _most_resembled_first(offered: Sequence[ReferencePhoto], alike: Likeness) -> list[ReferencePhoto]:
    """By source rank, then by how many of the other offered photos it is alike to, then newest, then as given."""
    if len(offered) < 3:
        return ranked(offered)
    support = {photo.id: sum(alike(photo, other) for other in offered if other is not photo) for photo in offered}
    return sorted(ranked(offered), key=lambda photo: (SOURCE_RANK[photo.source], -support[photo.id]))


def _remembering(alike: Likeness) -> Likeness:
    """Each pair of photos is compared once."""
    known: dict[frozenset[str], bool] = {}

    def remembered(one: ReferencePhoto, other: ReferencePhoto) -> bool:
        pair = frozenset((one.id, other.id))
        if pair not in known:
            known[pair] = alike(one, other)
        return known[pair]

    return remembered
