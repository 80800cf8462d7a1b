"""Somebody asks for another way than the camera. It changes nothing by itself; staff see it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from auth_service.beneficiaries.id_number import parse_id_number
from auth_service.capture.other_way import Way
from auth_service.core.clock import Clock, legal_date
from auth_service.flows.session_terms import SessionKey, named_person, own_session
from auth_service.qualification.evidence import Channel
from auth_service.storage.unit import NewRequest, Store


@dataclass(frozen=True, slots=True)
class Named:
    """Who the request is for; another name than the ledger's asks for nobody. proxy: ID number of who acts for them"""

    id_number: str
    name: str | None
    proxy: str = ""


class AskOtherWay:
    """One instance serves all threads. Nobody learns whether the number is in the ledger, or was asked for before.

    count  called before a request is kept: network address, and what stands for the number. raises RateLimited
    """

    def __init__(
        self, store: Store, clock: Clock, count: Callable[[str, str], None] = lambda _client, _subject: None
    ) -> None:
        self._store = store
        self._clock = clock
        self._count = count

    def by_number(self, named: Named, way: Way, channel: Channel, phone: str = "", client: str = "") -> None:
        """For whoever can name the person. raises IdNumberInvalid, RateLimited, Unavailable"""
        now = self._clock.now()
        number = parse_id_number(named.id_number, legal_date(now)).number
        person_id = named_person(self._store, number, named.name)
        with self._store.reading() as unit:
            subject = unit.sessions.subject_of(number)
        self._count(client, subject)
        with self._store.unit() as unit:
            unit.other_ways.ask(NewRequest(person_id, subject, way, channel, phone), now)

    def in_session(self, key: SessionKey, way: Way, phone: str = "", client: str = "") -> None:
        """For whom the session was opened. raises SessionUnknown, RateLimited, Unavailable"""
        now = self._clock.now()
        with self._store.reading() as unit:
            stored = own_session(unit, key)
        self._count(client, stored.subject)
        session = stored.session
        new = NewRequest(session.person_id, stored.subject, way, Channel(session.channel), phone)
        with self._store.unit() as unit:
            unit.other_ways.ask(new, now)
