"""Somebody asks for another way than the camera. It changes nothing by itself; staff see it."""

from __future__ import annotations

from auth_service.beneficiaries.id_number import parse_id_number
from auth_service.capture.other_way import Way
from auth_service.core.clock import Clock, legal_date
from auth_service.flows.session_terms import SessionKey, named_person, own_session
from auth_service.qualification.evidence import Channel
from auth_service.storage.unit import NewRequest, Store


class AskOtherWay:
    """One instance serves all threads. Nobody learns whether the number is in the ledger, or was asked for before."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def by_number(self, id_number: str, name: str | None, way: Way, channel: Channel, phone: str = "") -> None:
        """For whoever can name the person. raises IdNumberInvalid, Unavailable"""
        now = self._clock.now()
        number = parse_id_number(id_number, legal_date(now)).number
        person_id = named_person(self._store, number, name)
        with self._store.unit() as unit:
            subject = unit.sessions.subject_of(number)
            unit.other_ways.ask(NewRequest(person_id, subject, way, channel, phone), now)

    def in_session(self, key: SessionKey, way: Way, phone: str = "") -> None:
        """For whom the session was opened. raises SessionUnknown, Unavailable"""
        now = self._clock.now()
        with self._store.unit() as unit:
            stored = own_session(unit, key)
            session = stored.session
            new = NewRequest(session.person_id, stored.subject, way, Channel(session.channel), phone)
            unit.other_ways.ask(new, now)
