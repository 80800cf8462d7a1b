"""Changes of what people's faces are compared with, and the first pass after each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, select

from auth_service.monitoring.rules.i07_changed_photo import PhotoChangeFacts
from auth_service.storage.candidates.signs import OwnPass, own_passes
from auth_service.storage.candidates.spans import next_people
from auth_service.storage.candidates.turns import people_in_turn
from auth_service.storage.records.some_people import those
from auth_service.storage.tables import ReferencePhotoRow, ReferenceSetPhotoRow, ReferenceSetRow
from auth_service.storage.tables.schema import table_of
from auth_service.storage.work import Work

_SETS, _MEMBERS, _PHOTOS = table_of(ReferenceSetRow), table_of(ReferenceSetPhotoRow), table_of(ReferencePhotoRow)
_SEVERAL = (
    select(_SETS.c.person_id).where(_SETS.c.derived_from.is_(None)).group_by(_SETS.c.person_id).having(func.count() > 1)
)
"""By the index of sets over the person. A set that another engine's photos were measured into is no change, and
what it was derived from is a set of the same person."""


def photo_changes(work: Work, after: str, most: int, now: datetime) -> list[PhotoChangeFacts]:
    """Every change of everybody whose photos were changed at all."""

    def keys(behind: str, count: int) -> list[str]:
        return next_people(work, _SEVERAL, _SETS.c.person_id, behind, count)

    return people_in_turn(work, after, most, keys, lambda people: photo_changes_of(work, people, now))


def photo_changes_of(work: Work, people: Sequence[str], now: datetime) -> list[PhotoChangeFacts]:
    """The facts of these people, in their order and that of the changes."""
    passes, photos = own_passes(work, people, now), _photos_of(work, people)
    sets: dict[str, list[Row[*tuple[Any, ...]]]] = {}
    mine = those(work.connection, _SETS.c.person_id, people) & (_SETS.c.active_since <= now)
    columns = (_SETS.c.id, _SETS.c.person_id, _SETS.c.active_since, _SETS.c.derived_from)
    for row in work.connection.execute(select(*columns).where(mine).order_by(_SETS.c.active_since, _SETS.c.id)):
        sets.setdefault(row.person_id, []).append(row)
    found = []
    for person in sorted(sets):
        for place, one in enumerate(sets[person]):
            before = [other.active_since for other in sets[person][:place]]
            if one.derived_from is None and before:
                change = _change(one, (before[0], before[-1]), photos.get(one.id, []), passes.get(person, []))
                found.extend(change)
    return found


def _change(
    one: Row[*tuple[Any, ...]],
    before: tuple[datetime, datetime],
    photos: Sequence[Row[*tuple[Any, ...]]],
    passes: Sequence[OwnPass],
) -> list[PhotoChangeFacts]:
    """Nothing where no photo is new. before: since when the person's first set was in force, and the one before this"""
    first, last = before
    added = [photo for photo in photos if photo.enrolled_at > last]
    if not added:
        return []
    newest = max(added, key=lambda photo: (photo.enrolled_at, photo.sequence))
    facts = PhotoChangeFacts(
        one.person_id, one.id, first, one.active_since, len(added), len(photos) - len(added), newest.source
    )
    after = next((passed for passed in passes if passed.at >= one.active_since), None)
    if after is not None:
        facts = replace(facts, pass_id=after.evidence_id, passed_at=after.at, channel=after.channel.value)
    return [facts]


def _photos_of(work: Work, people: Sequence[str]) -> dict[str, list[Row[*tuple[Any, ...]]]]:
    """Which photos each set holds, without what is in them."""
    wanted = (
        select(_MEMBERS.c.set_id, _PHOTOS.c.enrolled_at, _PHOTOS.c.source, _PHOTOS.c.sequence)
        .join(_PHOTOS, _PHOTOS.c.id == _MEMBERS.c.photo_id)
        .join(_SETS, _SETS.c.id == _MEMBERS.c.set_id)
        .where(those(work.connection, _SETS.c.person_id, people))
    )
    found: dict[str, list[Row[*tuple[Any, ...]]]] = {}
    for row in work.connection.execute(wanted):
        found.setdefault(row.set_id, []).append(row)
    return found
