"""Lines of the poverty ledger within one unit: one person on one list in one version of a month.

Somebody who is not in the ledger is kept as a keyed hash of their ID number, a region and a month. Their name is sealed
with the month's key and goes with it, as registry extracts do.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row, Select, bindparam, func, select, update

from auth_service.beneficiaries.dates import PartialDate
from auth_service.beneficiaries.names import folded_name
from auth_service.beneficiaries.tags import Tag, TagChange, tags_on
from auth_service.core.errors import KeyDestroyed
from auth_service.core.ids import new_id
from auth_service.crosscheck.poverty import LISTS, Outcome, Who, county_of, may_be_one
from auth_service.crosscheck.sources import RegistryAct, RegistryKind
from auth_service.crosscheck.versions import in_force
from auth_service.storage.records.people import People
from auth_service.storage.records.registry_batches import RegistryBatches
from auth_service.storage.records.registry_rows import placed
from auth_service.storage.sealing import Place
from auth_service.storage.tables import (
    BenefitRow,
    PersonKeyRow,
    PersonRow,
    PovertyLineRow,
    PovertyMonthRow,
    RegistryRecordRow,
    TagChangeRow,
)
from auth_service.storage.tables.schema import insert_or_ignore, table_of
from auth_service.storage.work import Work, to_json

_LINES, _MONTHS, _PEOPLE = table_of(PovertyLineRow), table_of(PovertyMonthRow), table_of(PersonRow)
_BENEFITS, _TAGS, _KEYS = table_of(BenefitRow), table_of(TagChangeRow), table_of(PersonKeyRow)
_ROWS = table_of(RegistryRecordRow)
_ALIKE_AT_MOST = 20
"""Of people with one name; more are named by their number alone. source: own decision"""
_ON_LIST = (Outcome.INSURED_TAGGED.value, Outcome.UNINSURED_TAGGED.value, Outcome.TO_CONFIRM.value)
_EMPTIED: dict[str, Any] = {"subject_index": None, "said_sealed": None}
_BY_SUBJECT = select(_PEOPLE.c.id).where(_PEOPLE.c.id_number_index == bindparam("subject"))


@dataclass(frozen=True, slots=True)
class PovertyLine:
    """One line. said: what its sealed part says, where it has one: name and masked number"""

    kind: RegistryKind
    outcome: Outcome
    subject: bytes | None
    person_id: str | None
    region: str
    reached_60: bool | None = None
    drawing: bool = False
    premium_years: tuple[int, ...] = ()
    carried: bool = False
    candidates: tuple[str, ...] = ()
    said: Mapping[str, str] | None = None
    id: str = ""


class PovertyLines:
    """See the module."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._lists: dict[RegistryKind, bytes] = {}

    def list_indexes(self) -> dict[RegistryKind, bytes]:
        """Under which keyed hash each list stands."""
        if not self._lists:
            self._lists = {kind: self._work.indexes.of("poverty_list", kind.value) for kind in LISTS}
        return self._lists

    def subject_of(self, number: str | None, reference: str) -> bytes:
        """Who a row is about: by the ID number, and where it has none by the list's own reference."""
        if number is not None:
            return self._work.indexes.of("id_number", number)
        return self._work.indexes.of("poverty_row", reference)

    def person_of(self, subject: bytes | None) -> str | None:
        """The person of the ledger with this ID number, by its index."""
        if subject is None:
            return None
        return self._work.connection.execute(_BY_SUBJECT, {"subject": subject}).scalar_one_or_none()

    def region_of(self, person_id: str) -> str:
        """Where the ledger has somebody; empty where it does not say."""
        wanted = select(_PEOPLE.c.region_code).where(_PEOPLE.c.id == person_id)
        return self._work.connection.execute(wanted).scalar_one() or ""

    def drawing(self, person_id: str, month: str) -> bool:
        """Whether the ledger has a benefit that began by a month."""
        begun = select(_BENEFITS.c.kind).where(_BENEFITS.c.person_id == person_id, _BENEFITS.c.award_month <= month)
        return self._work.connection.execute(begun.limit(1)).first() is not None

    def alike(self, who: Who) -> tuple[str, ...]:
        """People of the ledger whom a row could mean by name, birth and village. raises KeyMissing, SealBroken"""
        index = self._work.indexes.of("name", folded_name(who.name))
        named = select(_PEOPLE.c.id).where(_PEOPLE.c.name_index == index).order_by(_PEOPLE.c.id).limit(_ALIKE_AT_MOST)
        return tuple(one for one in self._work.connection.execute(named).scalars().all() if self._is_alike(who, one))

    def _is_alike(self, who: Who, person_id: str) -> bool:
        try:
            known = People(self._work).get(person_id)
        except KeyDestroyed:
            return False
        if known is None:
            return False
        number = known.id_number.birth_date
        born = PartialDate(number.year, number.month, number.day) if number else known.birth_date
        return may_be_one(who, Who(known.name, born, known.village or "", known.region_code or ""))

    def withdrawn(self, record_ids: Sequence[str], of_month: Collection[str]) -> set[str]:
        """Of these rows those that a list took back, or corrected within the month."""
        mine = select(_ROWS.c.ref_index).where(_ROWS.c.id.in_(record_ids))
        rows = self._work.connection.execute(select(_ROWS).where(_ROWS.c.ref_index.in_(mine))).all()
        counting = RegistryBatches(self._work).counting({row.batch_id for row in rows})
        told: dict[bytes, list[Row[Any]]] = defaultdict(list)
        for row in rows:
            if row.batch_id in counting:
                told[row.ref_index].append(row)
        gone: set[str] = set()
        for said in told.values():
            held = in_force([placed(row, counting) for row in said])
            batch = next((row.batch_id for row in said if held is not None and row.id == held.record_id), "")
            if held is not None and (held.act is RegistryAct.VOID or batch in of_month):
                gone |= {row.id for row in said if row.id != held.record_id}
        return gone & set(record_ids)

    def add(self, month_id: str, line: PovertyLine) -> bool:
        """False: this person stands on this list already. raises KeyStoreUnavailable, KeyDestroyed"""
        line_id = new_id()
        sealed = None
        if line.said is not None:
            place = Place("poverty_lines", line_id, "said")
            sealed = self._work.keys.of(month_id).seal(place, to_json(dict(line.said)).encode())
        values = {
            "id": line_id,
            "month_id": month_id,
            "list_index": self.list_indexes()[line.kind],
            "subject_index": line.subject,
            "outcome": line.outcome.value,
            "person_id": line.person_id,
            "region_code": line.region or None,
            "reached_60": line.reached_60,
            "drawing": line.drawing,
            "premium_years": " ".join(map(str, line.premium_years)),
            "carried": line.carried,
            "candidates": to_json(list(line.candidates)),
            "said_sealed": sealed,
        }
        done = self._work.connection.execute(insert_or_ignore(self._work.connection, PovertyLineRow), values)
        return done.rowcount == 1

    def has(self, month_id: str, kind: RegistryKind, subject: bytes | None, person_id: str | None) -> bool:
        """Whether a version has this person on this list already, by number or as somebody of the ledger."""
        same = _LINES.c.subject_index == subject
        if person_id is not None:
            same |= _LINES.c.person_id == person_id
        mine = (_LINES.c.month_id == month_id) & (_LINES.c.list_index == self.list_indexes()[kind])
        return self._work.connection.execute(select(_LINES.c.id).where(mine, same).limit(1)).first() is not None

    def page(self, month_id: str, after: str, most: int) -> list[PovertyLine]:
        """Lines of a version behind one, in the order of their ids."""
        wanted = select(_LINES).where(_LINES.c.month_id == month_id, _LINES.c.id > after).order_by(_LINES.c.id)
        return self.opened(self._work.connection.execute(wanted.limit(most)).all())

    def opened(self, rows: Sequence[Row[Any]]) -> list[PovertyLine]:
        """raises KeyStoreUnavailable, SealBroken"""
        kinds = {index: kind for kind, index in self.list_indexes().items()}
        return [
            PovertyLine(
                kinds[row.list_index], Outcome(row.outcome), row.subject_index, row.person_id, row.region_code or "",
                row.reached_60, row.drawing, tuple(int(year) for year in row.premium_years.split()), row.carried,
                tuple(json.loads(row.candidates)), self._said(row), row.id,
            )
            for row in rows
        ]  # fmt: skip

    def _said(self, row: Row[Any]) -> Mapping[str, str] | None:
        """None: nothing was sealed, or its time is over."""
        if row.said_sealed is None:
            return None
        try:
            key = self._work.keys.of(row.month_id)
        except KeyDestroyed:
            return None
        said: dict[str, str] = json.loads(key.open(Place("poverty_lines", row.id, "said"), row.said_sealed))
        return said

    def standing(self, month_id: str, *, carried: bool) -> Counter[tuple[RegistryKind, str]]:
        """How many stand on each list of a version, by county as it was written down. carried: those too of whom no
        list has told"""
        kinds = {index: kind for kind, index in self.list_indexes().items()}
        wanted = select(_LINES.c.list_index, _LINES.c.region_code, func.count()).where(
            _LINES.c.month_id == month_id, _LINES.c.outcome.in_(_ON_LIST)
        )
        if not carried:
            wanted = wanted.where(_LINES.c.carried.is_(False))
        found: Counter[tuple[RegistryKind, str]] = Counter()
        for row in self._work.connection.execute(wanted.group_by(_LINES.c.list_index, _LINES.c.region_code)):
            found[kinds[row.list_index], county_of(row.region_code or "")] += int(row[2])
        return found

    def awaiting(self, month_id: str) -> set[tuple[RegistryKind, str]]:
        """People whom a row to be confirmed may mean: nothing is said of them on that list meanwhile."""
        kinds = {index: kind for kind, index in self.list_indexes().items()}
        waits = (_LINES.c.month_id == month_id) & (_LINES.c.outcome == Outcome.TO_CONFIRM.value)
        rows = self._work.connection.execute(select(_LINES.c.list_index, _LINES.c.candidates).where(waits))
        return {(kinds[row.list_index], one) for row in rows for one in json.loads(row.candidates)}

    def tagged(self, day: date, after: str, most: int) -> list[tuple[str, bytes, frozenset[RegistryKind]]]:
        """People with any word on a tag of these lists behind one: their number's index, and the lists whose tags hold
        on a day."""
        tags = {self._work.indexes.of("tag", tag.value): tag for held in LISTS.values() for tag in held}
        of_lists = _TAGS.c.tag_index.in_(list(tags)) & (_TAGS.c.person_id > after)
        ids = select(_TAGS.c.person_id).where(of_lists).distinct().order_by(_TAGS.c.person_id).limit(most)
        chosen = list(self._work.connection.execute(ids).scalars())
        said: dict[str, list[TagChange]] = {one: [] for one in chosen}
        for row in self._work.connection.execute(
            select(_TAGS).where(_TAGS.c.person_id.in_(chosen), _TAGS.c.tag_index.in_(list(tags)))
        ):
            change = TagChange(
                tags[row.tag_index], row.source, row.given, row.holds_from, row.holds_until, row.known_at
            )
            said[row.person_id].append(change)
        numbers = select(_PEOPLE.c.id, _PEOPLE.c.id_number_index).where(
            _PEOPLE.c.id.in_(chosen), _PEOPLE.c.id_number_sealed != b""
        )
        index = {row.id: row.id_number_index for row in self._work.connection.execute(numbers)}
        return [(one, index.get(one, b""), _lists_of(tags_on(said[one], day))) for one in chosen]

    # --- what must go -------------------------------------------------------------------------------------

    def forget_person(self, id_number_index: Any, person_id: str) -> int:
        """Empties what lines say of an erased person, as somebody of the ledger or before; returns how many."""
        theirs = (_LINES.c.subject_index == id_number_index) | (_LINES.c.person_id == person_id)
        full = _LINES.c.subject_index.is_not(None) | _LINES.c.said_sealed.is_not(None)
        return self._work.connection.execute(update(_LINES).where(theirs, full).values(**_EMPTIED)).rowcount

    def count_names(self, before: datetime) -> int:
        """Names that are still sealed, and keys that open them, of versions begun before an instant."""
        joined = _LINES.join(_MONTHS, _MONTHS.c.id == _LINES.c.month_id)
        old = select(func.count()).select_from(joined).where(_NAMED_LINE, _MONTHS.c.began_at < before)
        keys = select(func.count()).select_from(_live_keys(before).subquery())
        execute = self._work.connection.execute
        return int(execute(old).scalar_one()) + int(execute(keys).scalar_one())

    def empty_names(self, before: datetime, most: int, now: datetime) -> int:
        """Destroys keys first, which no backup survives either, then empties lines; returns how many of both, up to
        `most` of each."""
        owners = list(self._work.connection.execute(_live_keys(before).limit(most)).scalars())
        for month_id in owners:
            self._work.keys.destroy(month_id, now)
        old = select(_MONTHS.c.id).where(_MONTHS.c.began_at < before)
        left = select(_LINES.c.id).where(_NAMED_LINE, _LINES.c.month_id.in_(old)).limit(most)
        chosen = list(self._work.connection.execute(left).scalars())
        mine = update(_LINES).where(_LINES.c.id.in_(chosen))
        return len(owners) + self._work.connection.execute(mine.values(said_sealed=None)).rowcount


_NAMED_LINE = _LINES.c.said_sealed.is_not(None)


def _live_keys(before: datetime) -> Select[Any]:
    """Versions begun before an instant whose key still opens their names."""
    joined = _MONTHS.join(_KEYS, _KEYS.c.person_id == _MONTHS.c.id)
    return select(_MONTHS.c.id).select_from(joined).where(_MONTHS.c.began_at < before, _KEYS.c.wrapped.is_not(None))


def _lists_of(tags: frozenset[Tag]) -> frozenset[RegistryKind]:
    return frozenset(kind for kind, words in LISTS.items() if words & tags)
