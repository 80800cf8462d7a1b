"""Which people still have references of one engine alone, and the end of an engine's templates."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, exists, func, or_, select, update
from sqlalchemy.sql.selectable import NamedFromClause

from auth_service.faces.template import EngineIdentity
from auth_service.storage.tables import CaptureRow, PersonKeyRow, ReferencePhotoRow, ReferenceSetRow
from auth_service.storage.tables.schema import table_of
from auth_service.storage.work import Work

_SETS = table_of(ReferenceSetRow)
_PHOTOS = table_of(ReferencePhotoRow)
_CAPTURES = table_of(CaptureRow)
_KEYS = table_of(PersonKeyRow)
DESTROYED = b""
"""What stands where a template was."""


@dataclass(frozen=True, slots=True)
class EngineCount:
    """What is on record for one engine.

    people     with a set in force
    templates  that can still be read: of photos, sets and captures together
    """

    identity: EngineIdentity
    people: int
    templates: int


class Reembedding:
    """The change from one engine to another, within one unit."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def waiting(self, old: EngineIdentity, new: EngineIdentity, after: str, limit: int) -> list[str]:
        """People with a set of `old` in force that no set of `new` stands for, in the order of their ids.

        after  the last person of the page before; "" for the first page
        """
        sets = _SETS.alias("old")
        wanted = (
            select(sets.c.person_id)
            .join(_KEYS, _KEYS.c.person_id == sets.c.person_id)
            .where(_waiting(sets, old, new), sets.c.person_id > after, _KEYS.c.wrapped.is_not(None))
            .order_by(sets.c.person_id)
            .limit(limit)
        )
        return list(self._work.connection.execute(wanted).scalars())

    def count_waiting(self, old: EngineIdentity, new: EngineIdentity) -> int:
        """How many `waiting` would name in all."""
        sets = _SETS.alias("old")
        wanted = (
            select(func.count())
            .select_from(sets.join(_KEYS, _KEYS.c.person_id == sets.c.person_id))
            .where(_waiting(sets, old, new), _KEYS.c.wrapped.is_not(None))
        )
        return self._work.connection.execute(wanted).scalar_one()

    def engines(self) -> list[EngineCount]:
        """Every engine that has or had references here, by name."""
        named = select(_SETS.c.engine, _SETS.c.weights_digest).distinct().order_by(_SETS.c.engine)
        found = [EngineIdentity(row.engine, row.weights_digest) for row in self._work.connection.execute(named)]
        return [EngineCount(identity, self._people(identity), self._templates(identity)) for identity in found]

    def carry_file(self, old_photo: str, new_photo: str) -> None:
        """The file that an enrolled photo came from is the new row's too, so that a bulk run still knows it."""
        came_from = select(_PHOTOS.c.file_index).where(_PHOTOS.c.id == old_photo).scalar_subquery()
        self._rows(update(_PHOTOS).where(_PHOTOS.c.id == new_photo).values(file_index=came_from))

    def destroy(self, old: EngineIdentity, now: datetime, limit: int) -> int:
        """Destroys up to `limit` templates of each kind made by `old`; returns how many, 0 when none is left.

        Sets end, photos leave the index of enrolled ones. Hashes of captures stay: they still recognise an old picture.
        Templates of captures follow once no set of theirs is in force, which the database insists on.
        """
        photos = _PHOTOS.c.sequence.in_(
            select(_PHOTOS.c.sequence).where(_of(_PHOTOS, old), _PHOTOS.c.template_sealed != DESTROYED).limit(limit)
        )
        ended = update(_PHOTOS).where(photos)
        done = self._rows(ended.values(template_sealed=DESTROYED, photo_hash_sealed=DESTROYED, erased_at=now))
        left = _SETS.c.id.in_(select(_SETS.c.id).where(_of(_SETS, old), _SETS.c.superseded_at.is_(None)).limit(limit))
        self._rows(update(_SETS).where(left).values(superseded_at=now))
        sealed = _SETS.c.id.in_(
            select(_SETS.c.id).where(_of(_SETS, old), _SETS.c.template_sealed.is_not(None)).limit(limit)
        )
        done += self._rows(update(_SETS).where(sealed).values(template_sealed=None))
        in_force = exists().where(
            _SETS.c.person_id == _CAPTURES.c.person_id, _of(_SETS, old), _SETS.c.superseded_at.is_(None)
        )
        due = and_(_of(_CAPTURES, old), _CAPTURES.c.template_sealed != DESTROYED, ~in_force)
        seen = _CAPTURES.c.evidence_id.in_(select(_CAPTURES.c.evidence_id).where(due).limit(limit))
        emptied = update(_CAPTURES).where(seen, due)
        return done + self._rows(emptied.values(template_sealed=DESTROYED))

    def _rows(self, statement: object) -> int:
        return self._work.connection.execute(statement).rowcount  # type: ignore[call-overload,no-any-return]

    def _people(self, identity: EngineIdentity) -> int:
        wanted = select(func.count()).select_from(_SETS).where(_of(_SETS, identity), _SETS.c.superseded_at.is_(None))
        return self._work.connection.execute(wanted).scalar_one()

    def _templates(self, identity: EngineIdentity) -> int:
        photos = select(func.count()).where(_of(_PHOTOS, identity), _PHOTOS.c.template_sealed != DESTROYED)
        sets = select(func.count()).where(_of(_SETS, identity), _SETS.c.template_sealed.is_not(None))
        captures = select(func.count()).where(_of(_CAPTURES, identity), _CAPTURES.c.template_sealed != DESTROYED)
        return sum(self._work.connection.execute(wanted).scalar_one() for wanted in (photos, sets, captures))


def _of(table: NamedFromClause, identity: EngineIdentity) -> ColumnElement[bool]:
    return and_(table.c.engine == identity.engine, table.c.weights_digest == identity.weights_digest)


def _waiting(sets: NamedFromClause, old: EngineIdentity, new: EngineIdentity) -> ColumnElement[bool]:
    """In force under `old`, and neither taken over by a set of `new` nor older than one that was enrolled with it."""
    later = _SETS.alias("later")
    stands = and_(later.c.superseded_at.is_(None), later.c.active_since > sets.c.active_since)
    taken = exists().where(
        later.c.person_id == sets.c.person_id, _of(later, new), or_(later.c.derived_from == sets.c.id, stands)
    )
    return and_(_of(sets, old), sets.c.superseded_at.is_(None), ~taken)
