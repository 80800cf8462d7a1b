"""The reference set of one person: which photos count, what they average to, and whether a new one fits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from auth_service.enrollment.sources import BY_KEY_PREFIX, SOURCE_RANK, PhotoSource, Standing
from auth_service.faces.sample import PhotoHash
from auth_service.faces.template import EngineIdentity, Template, mean_template

MAX_REFERENCES = 4
"""The calibration has cells up to four images a side (docs/accuracy.md, "Images per template").

And every stored face is a risk."""

MOST_ADDED, ADDED_WITHIN_DAYS = 4, 30
"""Photos that API keys together may add to one person who has references, in so many days; beyond it staff must look.

source  our own decision: a visit adds one to three, and whoever needs more than a whole set in a month has a set that
        an officer should replace (docs/decisions/0011-replacing-references.md)
"""


@dataclass(frozen=True, slots=True)
class ReferencePhoto:
    """One enrolled photo with its own template, so that a set can be averaged anew.

    looked_at   a member of staff confirmed that it shows the person
    origin      who brought it, named as in the audit trail; empty for what is older than this record
    picture_id  under which its picture is kept; its own id unless the template was made anew from an older photo
    """

    id: str
    source: PhotoSource
    taken_on: date | None
    enrolled_at: datetime
    template: Template
    photo_hash: PhotoHash
    looked_at: bool = False
    picture_id: str = ""
    origin: str = ""

    @property
    def standing(self) -> Standing:
        if self.looked_at:
            return Standing.CONFIRMED
        return Standing.BY_KEY if self.origin.startswith(BY_KEY_PREFIX) else Standing.OWN_FILES

    @property
    def picture(self) -> str:
        return self.picture_id or self.id

    @property
    def usable(self) -> bool:
        """A self-upload counts only after a human looked (contract.md section 4)."""
        return self.source is not PhotoSource.SELF_UPLOAD or self.looked_at


@dataclass(frozen=True, slots=True)
class ReferenceSet:
    """The photos in force for one person and engine.

    template  the mean of the anchors, whatever else is in the set; None when no photo is usable yet
    """

    id: str
    person_id: str
    identity: EngineIdentity
    photos: tuple[ReferencePhoto, ...]
    template: Template | None
    active_since: datetime

    @property
    def alone_self_uploaded(self) -> bool:
        """What counts came from the person's own upload: never enough for a pass by itself."""
        return all(photo.source is PhotoSource.SELF_UPLOAD for photo in self.anchors or self.photos)

    @property
    def anchors(self) -> tuple[ReferencePhoto, ...]:
        return anchors_of(self.photos)

    def is_word_of(self, actor: str) -> bool:
        """Whether it is this API key alone that says what the person looks like."""
        return actor.startswith(BY_KEY_PREFIX) and all(p.origin == actor for p in self.photos if p.usable)


def anchors_of(photos: Sequence[ReferencePhoto]) -> tuple[ReferencePhoto, ...]:
    """The usable photos that say what the person looks like: those of the agency, or else the first that a key brought.

    What a key adds later stands beside them and moves no comparison. A blend of two faces matches both, so a template
    that such photos could move would become a stranger's in a few steps, each of them a match.
    """
    usable = [photo for photo in photos if photo.usable]
    own = tuple(photo for photo in usable if photo.standing is not Standing.BY_KEY)
    if own or not usable:
        return own
    first = min(photo.enrolled_at for photo in usable)
    return tuple(photo for photo in usable if photo.enrolled_at == first)


def ranked(photos: Sequence[ReferencePhoto]) -> list[ReferencePhoto]:
    """Best first: standing, then source rank and the newest, then as given.

    Of what keys brought, the last received comes first: source and date are the caller's word.
    """
    return sorted(photos, key=_rank)


def _rank(photo: ReferencePhoto) -> tuple[int, int, float]:
    if photo.standing is Standing.BY_KEY:
        return photo.standing, 0, -photo.enrolled_at.timestamp()
    taken_on = photo.taken_on or photo.enrolled_at.date()
    return photo.standing, SOURCE_RANK[photo.source], -taken_on.toordinal()


def form_reference_set(set_id: str, person_id: str, photos: Sequence[ReferencePhoto], now: datetime) -> ReferenceSet:
    """The set that these photos make: the anchors, then the best of the others, MAX_REFERENCES in all.

    raises   TemplatesIncomparable (photos of different engines), ValueError (no photo)
    """
    if not photos:
        raise ValueError("a reference set needs at least one photo")
    anchors = ranked(anchors_of(photos))
    others = ranked([photo for photo in photos if photo not in anchors])
    kept = tuple([*anchors, *others][:MAX_REFERENCES])
    template = mean_template([photo.template for photo in anchors[:MAX_REFERENCES]]) if anchors else None
    return ReferenceSet(set_id, person_id, kept[0].template.identity, kept, template, now)
