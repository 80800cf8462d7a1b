"""Contacts, proxies and accommodations within one unit: words are added, never changed; the newest of a slot counts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row, insert, select

from auth_service.beneficiaries.arrangements import (
    GUARDING,
    KINDS,
    MAY_CONTEST,
    SLOWER,
    VISITED,
    AccommodationKind,
    Arrangement,
    Topic,
    in_force,
    newest,
)
from auth_service.beneficiaries.id_number import normalise
from auth_service.beneficiaries.tags import Tag
from auth_service.capture.other_way import Way
from auth_service.core.clock import legal_date
from auth_service.core.ids import new_id
from auth_service.storage.records.people import People
from auth_service.storage.records.some_people import SomePeople, those
from auth_service.storage.sealing import Place
from auth_service.storage.tables import ArrangementRow
from auth_service.storage.tables.schema import table_of
from auth_service.storage.work import Work, to_json

_WORDS = table_of(ArrangementRow)
_LEDGER_COLUMNS = {"phone": "phone", "address": "address", "contact_phone": "relative"}
"""Columns of the ledger that are contacts -> kind."""
_NOBODY = "0" * 32
_SLOW_OF_NOBODY = 32
"""Of 256: the share of numbers in no ledger that get more time too, so that time tells nobody who is in it. source: own
decision, about as many as have such a need among people of seventy and more"""


class Arrangements:
    """Words of one topic."""

    topic: Topic

    def __init__(self, work: Work) -> None:
        self._work = work

    def tell(self, person_id: str, word: Arrangement, batch_id: str) -> str:
        """Keeps a word unless it says nothing new: `added`, `changed` or `unchanged`. raises KeyMissing"""
        before = {one.slot: one for one in newest(self.history(person_id))}.get(word.slot)
        if before is not None and before.says_the_same(word):
            return "unchanged"
        if before is None and not word.given:
            return "unchanged"  # what nobody said cannot be taken back
        self._add(person_id, word, batch_id)
        return "added" if before is None else "changed"

    def _add(self, person_id: str, word: Arrangement, batch_id: str) -> None:
        row_id = new_id()
        place = Place("arrangements", row_id, "details")
        values = {
            "id": row_id,
            "person_id": person_id,
            "topic": self.topic.value,
            "kind_index": self._index(word.kind),
            "details_sealed": self._work.keys.of(person_id).seal(place, to_json(dict(word.details)).encode()),
            "source": word.source,
            "given": word.given,
            "holds_from": word.on,
            "holds_until": word.until,
            "known_at": word.known_at,
            "batch_id": batch_id,
        }
        self._work.connection.execute(insert(_WORDS), values)

    def history(self, person_id: str) -> list[Arrangement]:
        """Every word, the oldest first. raises KeyMissing (erased), SealBroken"""
        told = self._told([person_id]).order_by(_WORDS.c.known_at, _WORDS.c.id)
        return [self._opened(row) for row in self._work.connection.execute(told).all()]

    def current(self, person_id: str, today: date | None = None) -> list[Arrangement]:
        """What holds on a day; None: whatever was not taken back. raises KeyMissing, SealBroken"""
        return in_force(self.history(person_id), today)

    def _told(self, people: SomePeople) -> Any:
        of = those(self._work.connection, _WORDS.c.person_id, people)
        return select(_WORDS).where(of, _WORDS.c.topic == self.topic.value)

    def _opened(self, row: Row[Any]) -> Arrangement:
        sealed = Place("arrangements", row.id, "details")
        details = json.loads(self._work.keys.of(row.person_id).open(sealed, row.details_sealed))
        return self._word(row, details)

    def _word(self, row: Row[Any], details: dict[str, str]) -> Arrangement:
        kinds = {self._index(kind.value): kind.value for kind in KINDS[self.topic]}
        return Arrangement(
            self.topic, kinds[row.kind_index], details, row.source, row.given, row.holds_from, row.holds_until,
            row.known_at,
        )  # fmt: skip

    def _index(self, kind: str) -> bytes:
        return self._work.indexes.of("arrangement", f"{self.topic.value}\n{kind}")


@dataclass(frozen=True, slots=True)
class Contact:
    """How somebody is reached. kind: ContactKind; name, relation: of a relative, else empty"""

    kind: str
    value: str
    name: str = ""
    relation: str = ""
    source: str = "ledger"
    since: date | None = None


class Contacts(Arrangements):
    """How people are reached: the ledger's own row first, then what other sources say."""

    topic = Topic.CONTACT

    def of_person(self, person_id: str, today: date | None = None) -> list[Contact]:
        """What holds on a day (None: whatever was not taken back), nothing twice. raises KeyMissing, SealBroken"""
        person = People(self._work).get(person_id)
        if person is None:
            return []
        found = [Contact("phone", person.phone)] if person.phone else []
        if person.contact_phone:
            found.append(Contact("relative", person.contact_phone, person.contact_name or ""))
        if person.address:
            found.append(Contact("address", person.address))
        known = {(one.kind, one.value) for one in found}
        for word in self.current(person_id, today):
            value = word.details["value"]
            if (word.kind, value) not in known:
                known.add((word.kind, value))
                name, relation = word.details.get("name", ""), word.details.get("relation", "")
                found.append(Contact(word.kind, value, name, relation, word.source, word.on))
        return found

    def keep_past(self, person_id: str, replaced: Mapping[str, str], now: datetime, batch_id: str) -> None:
        """What the ledger said until today, by its columns: who had which number when is asked after a fraud (I08)."""
        today = legal_date(now)
        for column, value in replaced.items():
            kind, details = _LEDGER_COLUMNS[column], {"value": value}
            self._add(
                person_id, Arrangement(self.topic, kind, details, "ledger", False, today, today, now), batch_id
            )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Proxy:
    """Who acts for somebody. kind: ProxyKind; basis: the paper on which it rests; until None: until taken back"""

    kind: str
    name: str
    basis: str
    source: str
    since: date
    until: date | None
    id_number: str = ""
    phone: str = ""


class Proxies(Arrangements):
    """Who may act for people. None of them passes for the person: nothing that compares faces reads this."""

    topic = Topic.PROXY

    def of_person(self, person_id: str, today: date) -> list[Proxy]:
        """Those whose time has come and is not over. raises KeyMissing, SealBroken"""
        return [
            Proxy(
                word.kind, word.details["name"], word.details["basis"], word.source, word.on, word.until,
                word.details.get("id_number", ""), word.details.get("phone", ""),
            )
            for word in self.current(person_id, today)
        ]  # fmt: skip

    def may_contest(self, person_id: str, proxy_number: str, today: date) -> str | None:
        """The kind of a guardian or agent on file with this ID number; None: they are none."""
        number = normalise(proxy_number)
        found = (one.kind for one in self.of_person(person_id, today) if one.id_number and one.id_number == number)
        return next((kind for kind in found if kind in MAY_CONTEST), None)


class Accommodations(Arrangements):
    """What makes it easier for people."""

    topic = Topic.ACCOMMODATION

    def of_person(self, person_id: str, today: date) -> frozenset[AccommodationKind]:
        """Kinds that hold on a day; nothing is decrypted."""
        return self.of_people([person_id], today).get(person_id, frozenset())

    def of_people(self, people: SomePeople, today: date) -> dict[str, frozenset[AccommodationKind]]:
        """The same of many; nobody who has none is named. Languages stand apart only by their details, which stay
        sealed, so that of those the newest counts."""
        words: dict[str, list[Arrangement]] = {}
        for row in self._work.connection.execute(self._told(people)).all():
            words.setdefault(row.person_id, []).append(self._word(row, {"detail": ""}))
        held = {person: frozenset(map(_kind, in_force(said, today))) for person, said in words.items()}
        return {person: kinds for person, kinds in held.items() if kinds}

    def tags_of(self, people: SomePeople, today: date) -> dict[str, frozenset[Tag]]:
        """The tags that keep people from a hold proposal before a visit. What a source took back guards no more."""
        held = self.of_people(people, today)
        found = {
            person: frozenset(GUARDING[kind] for kind in kinds if kind in GUARDING) for person, kinds in held.items()
        }
        return {person: tags for person, tags in found.items() if tags}

    def is_slow(self, person_id: str | None, subject: str, today: date) -> bool:
        """Whether more time is given. Of numbers in no ledger some get it too, always the same; see the module."""
        held = self.of_person(person_id or _NOBODY, today)
        drawn = self._work.indexes.of("slow", subject)[0] < _SLOW_OF_NOBODY
        return bool(held & SLOWER) if person_id is not None else drawn

    def nearest_way(self, person_id: str, today: date) -> Way:
        """How somebody goes on who cannot pass by camera: those who cannot come are visited, others are called."""
        return Way.HOME_VISIT if self.of_person(person_id, today) & VISITED else Way.PHONE_CALL


def _kind(word: Arrangement) -> AccommodationKind:
    return AccommodationKind(word.kind)


__all__ = ["Accommodations", "Contact", "Contacts", "Proxies", "Proxy"]
