"""Somebody asks for another way than the camera. It changes nothing by itself; staff see it."""

from __future__ import annotations

from auth_service.beneficiaries.id_number import parse_id_number
from auth_service.capture.other_way import Way
from auth_service.core.clock import Clock, legal_date
from auth_service.flows.session_terms import SessionKey, own_session
from auth_service.qualification.evidence import Channel
from auth_service.storage.unit import Store


class AskOtherWay:
    """One instance serves all threads. Nobody learns whether the number is in the ledger, or was asked for before."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def by_number(self, id_number: str, way: Way, channel: Channel) -> None:
        """raises IdNumberInvalid, Unavailable"""
        now = self._clock.now()
        number = parse_id_number(id_number, legal_date(now)).number
        with self._store.unit() as unit:
            subject = unit.sessions.subject_of(number)
            unit.other_ways.ask(unit.people.id_of(number), subject, way, channel, now)

    def in_session(self, key: SessionKey, way: Way) -> None:
        """For whom the session was opened. raises SessionUnknown, Unavailable"""
        now = self._clock.now()
        with self._store.unit() as unit:
            stored = own_session(unit, key)
            channel = Channel(stored.session.channel)
            unit.other_ways.ask(stored.session.person_id, stored.subject, way, channel, now)
