"""The reference set of one person: which photos count, what they average to, and whether a new one fits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from auth_service.enrollment.sources import SOURCE_RANK, PhotoSource
from auth_service.faces.sample import PhotoHash
from auth_service.faces.template import EngineIdentity, Template, mean_template

MAX_REFERENCES = 4
"""The calibration has cells up to four images a side (docs/accuracy.md, "Images per template").

And every stored face is a risk."""


@dataclass(frozen=True, slots=True)
class ReferencePhoto:
    """One enrolled photo with its own template, so that a set can be averaged anew.

    looked_at   a member of staff confirmed that it shows the person
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

    @property
    def picture(self) -> str:
        return self.picture_id or self.id

    @property
    def usable(self) -> bool:
        """A self-upload counts only after a human looked (contract.md section 4)."""
        return self.source is not PhotoSource.SELF_UPLOAD or self.looked_at


@dataclass(frozen=True, slots=True)
class ReferenceSet:
    """The photos in force for one person and engine. `template` is None when no photo is usable yet."""

    id: str
    person_id: str
    identity: EngineIdentity
    photos: tuple[ReferencePhoto, ...]
    template: Template | None
    active_since: datetime

    @property
    def alone_self_uploaded(self) -> bool:
        """Every photo came from the person's own upload: never enough for a pass by itself."""
        return all(photo.source is PhotoSource.SELF_UPLOAD for photo in self.photos)


def ranked(photos: Sequence[ReferencePhoto]) -> list[ReferencePhoto]:
    """Best first: source rank, then the newest, then as given."""
    return sorted(photos, key=lambda p: (SOURCE_RANK[p.source], -_age_key(p)))


def _age_key(photo: ReferencePhoto) -> int:
    return (photo.taken_on or photo.enrolled_at.date()).toordinal()


def form_reference_set(set_id: str, person_id: str, photos: Sequence[ReferencePhoto], now: datetime) -> ReferenceSet:
    """The set that these photos make: the best MAX_REFERENCES, averaged over the usable ones.

    raises   TemplatesIncomparable (photos of different engines), ValueError (no photo)
    """
    if not photos:
        raise ValueError("a reference set needs at least one photo")
    kept = tuple(ranked(photos)[:MAX_REFERENCES])
    usable = [photo.template for photo in kept if photo.usable]
    template = mean_template(usable) if usable else None
    return ReferenceSet(set_id, person_id, kept[0].template.identity, kept, template, now)
