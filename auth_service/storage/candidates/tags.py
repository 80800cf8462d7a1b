"""Tags of poverty, as the ledger and the offices' lists have them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import case, func, select

from auth_service.beneficiaries.tags import Tag, TagChange, tags_on
from auth_service.core.clock import legal_date
from auth_service.monitoring.rules.s08_poverty_tag import POVERTY, PovertyTagFacts
from auth_service.storage.candidates.turns import next_keys, people_in_turn
from auth_service.storage.records.some_people import those
from auth_service.storage.tables import TagChangeRow
from auth_service.storage.tables.schema import table_of
from auth_service.storage.work import Work

_TAGS = table_of(TagChangeRow)
_LEDGER = "ledger"
_KEY_LENGTH = 16
"""Hex digits of a tag's keyed hash; eleven tags are told apart by far fewer."""


@dataclass(frozen=True, slots=True)
class _Told:
    """When the ledger and the lists first spoke of one tag, of anybody; None: never"""

    by_ledger: date | None
    by_lists: date | None


def poverty_tags(work: Work, after: str, most: int, now: datetime) -> list[PovertyTagFacts]:
    """Whoever was ever given such a tag, or had it taken back: one pass over the index of tags by person, and one over
    the table for each page, which tells since when each side speaks of a tag at all."""
    narrowed = select(_TAGS.c.person_id).where(_TAGS.c.tag_index.in_(_indexes(work))).distinct()

    def keys(behind: str, count: int) -> list[str]:
        return next_keys(work, narrowed, _TAGS.c.person_id, behind, count)

    return people_in_turn(work, after, most, keys, lambda people: poverty_tags_of(work, people, now))


def poverty_tags_of(work: Work, people: Sequence[str], now: datetime) -> list[PovertyTagFacts]:
    """The facts of these people, in their order and that of the tags."""
    indexes, told, today = _indexes(work), _told(work, now), legal_date(now)
    mine = those(work.connection, _TAGS.c.person_id, people)
    said: dict[tuple[str, Tag], list[TagChange]] = {}
    wanted = select(_TAGS).where(mine, _TAGS.c.tag_index.in_(indexes), _TAGS.c.known_at <= now)
    for row in work.connection.execute(wanted):
        tag = indexes[row.tag_index]
        change = TagChange(tag, row.source, row.given, row.holds_from, row.holds_until, row.known_at)
        said.setdefault((row.person_id, tag), []).append(change)
    keys = {tag: index.hex()[:_KEY_LENGTH] for index, tag in indexes.items()}
    return [_facts(person, keys[tag], said[person, tag], told[tag], today) for person, tag in sorted(said)]


def _facts(person_id: str, key: str, changes: Sequence[TagChange], told: _Told, today: date) -> PovertyTagFacts:
    by_ledger = bool(tags_on((one for one in changes if one.source == _LEDGER), today))
    by_lists = bool(tags_on((one for one in changes if one.source != _LEDGER), today))
    silent = told.by_lists if by_ledger else told.by_ledger
    days = [_last_word(one, today) for one in changes] + ([silent] if silent is not None else [])
    return PovertyTagFacts(
        person_id, key, by_ledger, by_lists, told.by_ledger is not None, told.by_lists is not None, max(days)
    )


def _last_word(change: TagChange, today: date) -> date:
    """When one line of the history last made a difference: as it was learnt, began or ran out."""
    days = (legal_date(change.known_at), change.on, change.until)
    return max(day for day in days if day is not None and day <= today)


def _told(work: Work, now: datetime) -> dict[Tag, _Told]:
    indexes = _indexes(work)
    at = _TAGS.c.known_at
    by_ledger = func.min(case((_TAGS.c.source == _LEDGER, at)), type_=at.type)
    by_lists = func.min(case((_TAGS.c.source != _LEDGER, at)), type_=at.type)
    wanted = (
        select(_TAGS.c.tag_index, by_ledger.label("by_ledger"), by_lists.label("by_lists"))
        .where(_TAGS.c.tag_index.in_(indexes), at <= now)
        .group_by(_TAGS.c.tag_index)
    )
    return {
        indexes[row.tag_index]: _Told(
            legal_date(row.by_ledger) if row.by_ledger else None, legal_date(row.by_lists) if row.by_lists else None
        )
        for row in work.connection.execute(wanted)
    }


def _indexes(work: Work) -> dict[bytes, Tag]:
    return {work.indexes.of("tag", tag.value): tag for tag in POVERTY}
