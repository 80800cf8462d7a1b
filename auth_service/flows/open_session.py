"""Opening a capture session for whoever an ID number names, known or not, and handing its ticket over once."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime

from auth_service.accounts.credentials import new_token
from auth_service.beneficiaries.id_number import parse_id_number
from auth_service.capture.challenge import Accommodation, Route, draw, route_for
from auth_service.capture.session import CaptureSession, SessionPolicy, check_may_start
from auth_service.core.clock import Clock, legal_date
from auth_service.core.errors import ConsentMissing, SessionUnknown
from auth_service.core.ids import new_id
from auth_service.enrollment.consent import Consent
from auth_service.flows.session_terms import SessionKey, named_person
from auth_service.qualification.evidence import Channel
from auth_service.storage.unit import NewSession, Store, Unit


@dataclass(frozen=True, slots=True)
class OpenRequest:
    """Who is to be captured, where, and what they can do.

    name     asked for on a page that anybody can open; another name than the ledger's opens a session for nobody
    device   the client's own secret of this device, or empty; only its keyed hash is kept
    wished   the route asked for; accommodations may change it
    helper   who holds the phone for the person, or empty
    mark     what a phone's browser is known by, or empty; only its keyed hash is kept
    at_once  whoever opens it goes on with it, as a kiosk does: no ticket is handed from one device to another
    consent  given before the camera; recorded with the person once the session has shown that it is them
    """

    id_number: str
    channel: Channel
    consent: Consent | None
    name: str | None = None
    device: str = ""
    wished: Route = Route.FLASH
    accommodations: Iterable[Accommodation] = field(default=())
    slow: bool = False
    helper: str = ""
    at_once: bool = False
    mark: str = ""


@dataclass(frozen=True, slots=True)
class Opened:
    """ticket: 256 random bits that are exchanged once; kept nowhere but with the client

    token  what it was exchanged for already, where it was asked for at once; empty otherwise
    """

    session_id: str
    ticket: str
    expires_at: datetime
    token: str = ""


Conclude = Callable[[Unit, Opened], object]
"""Called inside the transaction that opens the session, such as for keeping the answer."""


class OpenSession:
    """One instance serves all threads. counts: as of StartSession, which draws what is only tried here"""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        policy: SessionPolicy,
        counts: Callable[[Route], Route] = lambda wished: wished,
    ) -> None:
        self._store = store
        self._clock = clock
        self._policy = policy
        self._counts = counts

    def run(self, request: OpenRequest, conclude: Conclude = lambda _unit, _opened: None) -> Opened:
        """The same answer for a number that is in the ledger and for one that is not.

        raises   IdNumberInvalid, ConsentMissing, NoChallengeLeft (another way is open), Unavailable
        """
        now = self._clock.now()
        number = parse_id_number(request.id_number, legal_date(now)).number
        if request.consent is None:
            raise ConsentMissing(field="consent")
        able = frozenset(request.accommodations)
        draw(self._counts(route_for(request.wished, able)), able)  # said now, before anybody stands before a camera
        person_id = named_person(self._store, number, request.name)
        ticket = new_token()
        with self._store.unit() as unit:
            session = CaptureSession(
                id=new_id(),
                person_id=person_id,
                channel=request.channel.value,
                device=unit.sessions.hidden_device(request.device),
                consent_id=new_id(),
                wished=request.wished,
                accommodations=able,
                slow=request.slow or self._needs_time(unit, number, now),
                opened_at=now,
            )
            unit.sessions.open(NewSession(session, request.consent, number, ticket, request.helper, mark=request.mark))
            token = new_token() if request.at_once else ""
            if token:
                unit.sessions.exchange(ticket, token)
            opened = Opened(session.id, ticket, session.expires_at(self._policy), token)
            conclude(unit, opened)
        return opened

    @staticmethod
    def _needs_time(unit: Unit, number: str, now: datetime) -> bool:
        """By the number alone: whoever guesses a name learns nothing from the time that is given."""
        subject = unit.sessions.subject_of(number)
        return unit.accommodations.is_slow(unit.people.id_of(number), subject, legal_date(now))

    def exchange(self, ticket: str) -> SessionKey:
        """The key of a session for its ticket, once.

        raises   SessionUnknown (never given out, or used), SessionExpired
        """
        now, token = self._clock.now(), new_token()
        with self._store.unit() as unit:
            stored = unit.sessions.exchange(ticket, token)
            if stored is None:
                raise SessionUnknown
            check_may_start(stored.session, now, self._policy)
        return SessionKey(stored.session.id, token)
