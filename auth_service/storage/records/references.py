"""Enrolled photos and the reference sets that they form. One set is in force per person and engine; the past stays."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, bindparam, func, insert, select, text, update

from auth_service.enrollment.references import ReferencePhoto, ReferenceSet
from auth_service.enrollment.sources import BY_KEY_PREFIX, PhotoSource
from auth_service.faces.sample import PhotoHash
from auth_service.faces.template import EngineIdentity, Template
from auth_service.storage.records.faces import open_hash, open_template, seal_hash, seal_template
from auth_service.storage.sealing import DataKey
from auth_service.storage.tables import PersonKeyRow, ReferencePhotoRow, ReferenceSetPhotoRow, ReferenceSetRow
from auth_service.storage.tables.schema import table_of
from auth_service.storage.work import Work

_PHOTOS = table_of(ReferencePhotoRow)
_SETS = table_of(ReferenceSetRow)
_MEMBERS = table_of(ReferenceSetPhotoRow)
_KEYS = table_of(PersonKeyRow)
_ENROLMENT_LOCK = 0x656E726F6C6C6564
"""Any fixed number: numbers of enrolled photos are given out in the order of commits (PostgreSQL advisory lock)."""
_READABLE = _PHOTOS.c.erased_at.is_(None)


def _of(columns: Any) -> ColumnElement[bool]:
    """The rows of one person and engine; the values are bound when a statement runs."""
    return and_(
        columns.person_id == bindparam("of_person"),
        columns.engine == bindparam("of_engine"),
        columns.weights_digest == bindparam("of_weights"),
    )


_ACTIVE = select(_SETS).where(_of(_SETS.c), _SETS.c.superseded_at.is_(None))
_PHOTOS_OF = select(_PHOTOS).where(_of(_PHOTOS.c), _READABLE).order_by(_PHOTOS.c.sequence)
_MEMBERS_OF = (
    select(_PHOTOS)
    .join(_MEMBERS, _MEMBERS.c.photo_id == _PHOTOS.c.id)
    .where(_MEMBERS.c.set_id == bindparam("set_id"))
    .order_by(_MEMBERS.c.position)
)
_SUPERSEDE = update(_SETS).where(_of(_SETS.c), _SETS.c.superseded_at.is_(None)).values(superseded_at=bindparam("now"))
_WITH_KEYS = (
    select(_PHOTOS, _KEYS.c.wrapping_key, _KEYS.c.wrapped)
    .join(_KEYS, _KEYS.c.person_id == _PHOTOS.c.person_id)
    .where(_READABLE, _KEYS.c.wrapped.is_not(None))
)
_SINCE = (
    _WITH_KEYS.with_only_columns(
        _PHOTOS.c.sequence, _PHOTOS.c.id, _PHOTOS.c.person_id, _PHOTOS.c.photo_hash_sealed, _KEYS.c.wrapping_key,
        _KEYS.c.wrapped, maintain_column_froms=True,
    )
    .where(_PHOTOS.c.sequence > bindparam("watermark"))
    .order_by(_PHOTOS.c.sequence)
    .limit(bindparam("most"))
)  # fmt: skip
_ONE = _WITH_KEYS.where(_PHOTOS.c.id == bindparam("wanted"))
_OWNERS = (
    select(_PHOTOS.c.person_id, _PHOTOS.c.id, _PHOTOS.c.picture_id)
    .where(_PHOTOS.c.pixel_index == bindparam("index"), _READABLE)
    .order_by(_PHOTOS.c.sequence)
)
_LAST = select(func.max(_PHOTOS.c.sequence))
_SOMEBODY = (
    select(_PHOTOS.c.person_id)
    .where(_PHOTOS.c.sequence >= bindparam("from_here"), _READABLE)
    .order_by(_PHOTOS.c.sequence)
    .limit(1)
)
_HELD = select(_PHOTOS.c.id).where(_of(_PHOTOS.c), _READABLE).limit(1)
_HAS_PIXELS = _HELD.where(_PHOTOS.c.pixel_index == bindparam("index"))
_HAS_FILE = _HELD.where(_PHOTOS.c.file_index == bindparam("index"))
_BEGUN = select(func.min(_PHOTOS.c.enrolled_at)).where(_of(_PHOTOS.c)).scalar_subquery()
_ADDED_BY_KEYS = select(func.count()).where(
    _of(_PHOTOS.c),
    _PHOTOS.c.origin.startswith(BY_KEY_PREFIX, autoescape=True),
    _PHOTOS.c.enrolled_at >= bindparam("since"),
    _PHOTOS.c.enrolled_at > _BEGUN,
)
_ADD_PHOTO, _ADD_SET, _ADD_MEMBERS = insert(_PHOTOS), insert(_SETS), insert(_MEMBERS)


@dataclass(frozen=True, slots=True)
class EnrolledHash:
    """The hashes of one enrolled photo, without its template. `sequence` grows in the order of enrolment."""

    sequence: int
    person_id: str
    photo_id: str
    photo_hash: PhotoHash


@dataclass(frozen=True, slots=True)
class KnownHash:
    """What recognises one enrolled photo. `sequence` grows in the order of enrolment."""

    sequence: int
    person_id: str
    photo_id: str
    picture_id: str
    photo_hash: PhotoHash
    template: Template


class References:
    """Enrolled photos and reference sets within one unit."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def current(self, person_id: str, identity: EngineIdentity) -> ReferenceSet | None:
        """The set in force. raises KeyMissing, SealBroken"""
        found = self._work.connection.execute(_ACTIVE, _asked(person_id, identity)).one_or_none()
        if found is None:
            return None
        key = self._work.keys.of(person_id)
        members = self._work.connection.execute(_MEMBERS_OF, {"set_id": found.id})
        template = None
        if found.template_sealed is not None:
            template = open_template(key, "reference_sets", found.id, identity, found.template_sealed)
        photos = tuple(_photo(key, row) for row in members)
        return ReferenceSet(found.id, person_id, identity, photos, template, found.active_since)

    def photos(self, person_id: str, identity: EngineIdentity) -> list[ReferencePhoto]:
        """All photos enrolled with one engine, in force or not, oldest first. raises KeyMissing, SealBroken"""
        rows = self._work.connection.execute(_PHOTOS_OF, _asked(person_id, identity)).all()
        if not rows:
            return []
        key = self._work.keys.of(person_id)
        return [_photo(key, row) for row in rows]

    def has_photo(self, person_id: str, identity: EngineIdentity, pixel_digest: bytes) -> bool:
        """Whether these very pixels are enrolled for this person and engine."""
        asked = {**_asked(person_id, identity), "index": self._work.indexes.of("pixels", pixel_digest)}
        return self._work.connection.execute(_HAS_PIXELS, asked).one_or_none() is not None

    def added_by_keys(self, person_id: str, identity: EngineIdentity, since: datetime) -> int:
        """Photos that API keys added at or after `since`, without those that the person's enrolment began with."""
        asked = {**_asked(person_id, identity), "since": since}
        return self._work.connection.execute(_ADDED_BY_KEYS, asked).scalar_one()

    def has_file(self, person_id: str, identity: EngineIdentity, file_digest: bytes) -> bool:
        """Whether a file of these very bytes is enrolled; asked before any inference when a bulk run is resumed."""
        asked = {**_asked(person_id, identity), "index": self._work.indexes.of("file", file_digest)}
        return self._work.connection.execute(_HAS_FILE, asked).one_or_none() is not None

    def somebody(self, number: str) -> str | None:
        """An enrolled person in place of one who is not: any, but the same for one number while nobody is enrolled
        meanwhile. None where nobody is."""
        last = self._work.connection.execute(_LAST).scalar_one() or 0
        drawn = int.from_bytes(self._work.indexes.of("somebody", number)[:8], "big") % max(last, 1) + 1
        return self._work.connection.execute(_SOMEBODY, {"from_here": drawn}).scalar_one_or_none()

    def take_turn(self) -> None:
        """From here to the end of the unit nobody else enrols; SQLite has one writer anyway."""
        if self._work.connection.dialect.name == "postgresql":
            self._work.connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _ENROLMENT_LOCK})

    def add_photo(self, person_id: str, photo: ReferencePhoto, file_digest: bytes | None = None) -> None:
        """Enrols one photo; it counts when a set with it is activated.

        file_digest  sha256 of the file as it came
        raises   StorageFault: the same pixels are enrolled for this person and engine already
        """
        self.take_turn()
        key = self._work.keys.of(person_id)
        template = photo.template
        values = {
            **_named(person_id, template.identity),
            "id": photo.id,
            "source": photo.source.value,
            "taken_on": photo.taken_on,
            "enrolled_at": photo.enrolled_at,
            "looked_at": photo.looked_at,
            "images": template.images,
            "mirrored": template.mirrored,
            "template_sealed": seal_template(key, "reference_photos", photo.id, template),
            "photo_hash_sealed": seal_hash(key, "reference_photos", photo.id, photo.photo_hash),
            "pixel_index": self._work.indexes.of("pixels", photo.photo_hash.pixel_digest),
            "file_index": None if file_digest is None else self._work.indexes.of("file", file_digest),
            "picture_id": photo.picture_id or None,
            "origin": photo.origin or None,
        }
        self._work.connection.execute(_ADD_PHOTO, values)

    def activate(self, reference_set: ReferenceSet, derived_from: str | None = None) -> None:
        """Puts a set in force and ends the one of its engine before it, which stays as history.

        derived_from  the set of another engine whose photos these are
        """
        person_id, identity, template = reference_set.person_id, reference_set.identity, reference_set.template
        self._work.connection.execute(_SUPERSEDE, {**_asked(person_id, identity), "now": reference_set.active_since})
        sealed = None
        if template is not None:
            sealed = seal_template(self._work.keys.of(person_id), "reference_sets", reference_set.id, template)
        values = {
            **_named(person_id, identity),
            "id": reference_set.id,
            "images": template.images if template else None,
            "mirrored": template.mirrored if template else None,
            "template_sealed": sealed,
            "active_since": reference_set.active_since,
            "derived_from": derived_from,
        }
        self._work.connection.execute(_ADD_SET, values)
        members = [
            {"set_id": reference_set.id, "position": position, "photo_id": photo.id}
            for position, photo in enumerate(reference_set.photos)
        ]
        if members:
            self._work.connection.execute(_ADD_MEMBERS, members)

    def history(self, person_id: str) -> list[tuple[str, datetime, datetime | None, int]]:
        """Every set, oldest first: id, in force since, until (None: still), number of photos."""
        sets = self._work.connection.execute(
            select(ReferenceSetRow.id, ReferenceSetRow.active_since, ReferenceSetRow.superseded_at)
            .where(ReferenceSetRow.person_id == person_id)
            .order_by(ReferenceSetRow.active_since, ReferenceSetRow.id)
        ).all()
        members = self._work.connection.execute(
            select(_MEMBERS.c.set_id).join(_SETS, _SETS.c.id == _MEMBERS.c.set_id).where(_SETS.c.person_id == person_id)
        )
        held = [row.set_id for row in members]
        return [(row.id, row.active_since, row.superseded_at, held.count(row.id)) for row in sets]

    def owners_of(self, pixel_digest: bytes) -> list[tuple[str, str]]:
        """(person id, picture id) of every enrolled photo with these very pixels, whoever it was enrolled for."""
        rows = self._work.connection.execute(_OWNERS, {"index": self._work.indexes.of("pixels", pixel_digest)})
        return [(row.person_id, row.picture_id or row.id) for row in rows]

    def hashes_since(self, watermark: int, limit: int) -> list[EnrolledHash]:
        """Enrolled photos after `watermark`, in order, without those whose key was destroyed. raises SealBroken"""
        rows = self._work.connection.execute(_SINCE, {"watermark": watermark, "most": limit})
        return [self._enrolled(row) for row in rows]

    def known(self, photo_id: str) -> KnownHash | None:
        """One enrolled photo by its id. raises SealBroken"""
        found = self._work.connection.execute(_ONE, {"wanted": photo_id}).one_or_none()
        return None if found is None else self._known(found)

    def _enrolled(self, row: Row[*tuple[Any, ...]]) -> EnrolledHash:
        key = self._work.keys.unwrapped(row.person_id, row.wrapping_key, row.wrapped)
        photo_hash = open_hash(key, "reference_photos", row.id, row.photo_hash_sealed)
        return EnrolledHash(row.sequence, row.person_id, row.id, photo_hash)

    def _known(self, row: Row[Any]) -> KnownHash:
        key = self._work.keys.unwrapped(row.person_id, row.wrapping_key, row.wrapped)
        photo = _photo(key, row)
        return KnownHash(row.sequence, row.person_id, row.id, photo.picture, photo.photo_hash, photo.template)


def _named(person_id: str, identity: EngineIdentity) -> dict[str, Any]:
    return {"person_id": person_id, "engine": identity.engine, "weights_digest": identity.weights_digest}


def _asked(person_id: str, identity: EngineIdentity) -> dict[str, Any]:
    return {"of_person": person_id, "of_engine": identity.engine, "of_weights": identity.weights_digest}


def _photo(key: DataKey, row: Row[Any]) -> ReferencePhoto:
    identity = EngineIdentity(row.engine, row.weights_digest)
    return ReferencePhoto(
        id=row.id,
        source=PhotoSource(row.source),
        taken_on=row.taken_on,
        enrolled_at=row.enrolled_at,
        template=open_template(key, "reference_photos", row.id, identity, row.template_sealed),
        photo_hash=open_hash(key, "reference_photos", row.id, row.photo_hash_sealed),
        looked_at=row.looked_at,
        picture_id=row.picture_id or "",
        origin=row.origin or "",
    )
