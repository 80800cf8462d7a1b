"""Events of lives, tags and outages within one unit: added, never changed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row, insert, select

from auth_service.beneficiaries.tags import Tag, TagChange, tags_on
from auth_service.core.clock import legal_date
from auth_service.core.ids import new_id
from auth_service.qualification.grades import EventKind
from auth_service.qualification.life import LifeEvent, Message, Outage
from auth_service.storage.records.some_people import SomePeople, those
from auth_service.storage.tables import LifeEventRow, OutageRow, TagChangeRow
from auth_service.storage.tables.schema import insert_or_ignore, table_of
from auth_service.storage.work import Work

_EVENTS, _TAGS, _OUTAGES = table_of(LifeEventRow), table_of(TagChangeRow), table_of(OutageRow)


class LifeEvents:
    """See the module."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._indexes: dict[bytes, Tag] = {}

    def add(self, person_id: str, event: LifeEvent, region_code: str | None, batch_id: str) -> bool:
        """False: exactly this was told before. The reference is kept as a keyed hash alone."""
        values = {
            "id": new_id(),
            "person_id": person_id,
            "source": event.source,
            "ref_index": self._work.indexes.of("life_event", f"{event.source}\n{event.ref}"),
            "message": event.message.value,
            "kind": event.kind.value,
            "happened_on": event.on,
            "region_code": region_code,
            "known_at": event.known_at,
            "batch_id": batch_id,
        }
        done = self._work.connection.execute(insert_or_ignore(self._work.connection, LifeEventRow), values)
        return done.rowcount == 1

    def told(self, source: str, ref: str) -> list[tuple[str, LifeEvent]]:
        """What a source has said under a reference, with the person it was about."""
        index = self._work.indexes.of("life_event", f"{source}\n{ref}")
        wanted = select(_EVENTS).where(_EVENTS.c.source == source, _EVENTS.c.ref_index == index)
        return [(row.person_id, _event(row)) for row in self._work.connection.execute(wanted)]

    def of_people(self, people: SomePeople) -> dict[str, list[LifeEvent]]:
        """Everything that was told of these people; their references as hashes."""
        found: dict[str, list[LifeEvent]] = {}
        for row in self._work.connection.execute(
            select(_EVENTS).where(those(self._work.connection, _EVENTS.c.person_id, people))
        ):
            found.setdefault(row.person_id, []).append(_event(row))
        return found

    def first_told(self, people: SomePeople) -> dict[tuple[str, str, str], str]:
        """(person, source, reference as a hash) -> id of the row in which its source first told of it: whatever it
        corrects later, it is known by this."""
        mine = those(self._work.connection, _EVENTS.c.person_id, people)
        columns = (_EVENTS.c.id, _EVENTS.c.person_id, _EVENTS.c.source, _EVENTS.c.ref_index)
        wanted = select(*columns).where(mine).order_by(_EVENTS.c.known_at.desc(), _EVENTS.c.id.desc())
        rows = self._work.connection.execute(wanted)
        return {(row.person_id, row.source, row.ref_index.hex()): row.id for row in rows}

    # --- tags -------------------------------------------------------------------------------------------

    def set_tags(self, person_id: str, tags: Iterable[Tag], source: str, known_at: datetime, batch: str) -> int:
        """What one source says now; only what differs becomes a line of the history, from the legal day on which it was
        learnt. Returns the number of lines."""
        today = legal_date(known_at)
        rows = self._work.connection.execute(select(_TAGS).where(_TAGS.c.person_id == person_id)).all()
        held = tags_on([self._change(row) for row in rows if row.source == source], today)
        wanted = frozenset(tags)
        lines = [(tag, True) for tag in sorted(wanted - held)] + [(tag, False) for tag in sorted(held - wanted)]
        for tag, given in lines:
            self._add_tag(person_id, TagChange(tag, source, given, today, None, known_at), batch)
        return len(lines)

    def give_tag(
        self, person_id: str, tag: Tag, source: str, days: tuple[date, date, date | None], known: tuple[datetime, str]
    ) -> bool:
        """A list has the person. False: that, and until when, is known already.

        days   from when they hold it, of which day the list is, until when they hold it
        known  when this was learnt, by which batch
        """
        (on, as_of, until), (known_at, batch) = days, known
        said = [
            one for one in self.tag_history(person_id) if one.source == source and one.tag is tag and one.on <= as_of
        ]
        last = max(said, key=lambda one: (one.on, one.known_at), default=None)
        if last is not None and last.given and last.until == until:
            return False
        on = on if last is None else max(on, last.on)
        self._add_tag(person_id, TagChange(tag, source, True, on, until, known_at), batch)
        return True

    def take_tag(self, person_id: str, tag: Tag, source: str, on: date, known: tuple[datetime, str]) -> None:
        """A whole list of a day has the person no more."""
        self._add_tag(person_id, TagChange(tag, source, False, on, None, known[0]), known[1])

    def holders(self, tag: Tag, source: str, day: date) -> set[str]:
        """Who holds a tag on a day by the word of this source."""
        of_tag = (_TAGS.c.tag_index == self._work.indexes.of("tag", tag.value)) & (_TAGS.c.source == source)
        changes: dict[str, list[TagChange]] = {}
        for row in self._work.connection.execute(select(_TAGS).where(of_tag)):
            changes.setdefault(row.person_id, []).append(self._change(row))
        return {person for person, said in changes.items() if tag in tags_on(said, day)}

    def tag_history(self, person_id: str) -> list[TagChange]:
        """Every word on a person's tags, in the order of the days from which they hold."""
        told = select(_TAGS).where(_TAGS.c.person_id == person_id).order_by(_TAGS.c.holds_from, _TAGS.c.known_at)
        return [self._change(row) for row in self._work.connection.execute(told).all()]

    def _add_tag(self, person_id: str, change: TagChange, batch: str) -> None:
        values = {
            "id": new_id(),
            "person_id": person_id,
            "tag_index": self._work.indexes.of("tag", change.tag.value),
            "source": change.source,
            "given": change.given,
            "holds_from": change.on,
            "holds_until": change.until,
            "known_at": change.known_at,
            "batch_id": batch,
        }
        self._work.connection.execute(insert(_TAGS), values)

    def tags_of(self, people: SomePeople, today: date) -> dict[str, frozenset[Tag]]:
        """The tags that hold on a day; nobody who has none is named."""
        changes: dict[str, list[TagChange]] = {}
        for row in self._work.connection.execute(
            select(_TAGS).where(those(self._work.connection, _TAGS.c.person_id, people))
        ):
            changes.setdefault(row.person_id, []).append(self._change(row))
        return {person: tags_on(said, today) for person, said in changes.items()}

    def _change(self, row: Row[Any]) -> TagChange:
        if not self._indexes:
            self._indexes = {self._work.indexes.of("tag", tag.value): tag for tag in Tag}
        tag = self._indexes[row.tag_index]
        return TagChange(tag, row.source, row.given, row.holds_from, row.holds_until, row.known_at)

    # --- outages ----------------------------------------------------------------------------------------

    def add_outage(self, outage: Outage, reason: str, told_by: str) -> None:
        """raises StorageFault: it ends before it begins"""
        values = {
            "id": new_id(),
            "began_on": outage.began_on,
            "ended_on": outage.ended_on,
            "reason": reason,
            "told_by": told_by,
            "known_at": outage.known_at,
        }
        self._work.connection.execute(insert(_OUTAGES), values)

    def outages(self) -> tuple[Outage, ...]:
        """All that are known, oldest first."""
        found = self._work.connection.execute(select(_OUTAGES).order_by(_OUTAGES.c.began_on, _OUTAGES.c.id))
        return tuple(Outage(row.began_on, row.ended_on, row.known_at) for row in found)


def _event(row: Row[Any]) -> LifeEvent:
    return LifeEvent(
        row.source, row.ref_index.hex(), EventKind(row.kind), row.happened_on, row.known_at, Message(row.message)
    )
