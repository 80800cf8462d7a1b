"""A one-time code goes to the telephone on file and comes back: who holds the session holds that telephone too."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from auth_service.accounts.credentials import new_token
from auth_service.capture.one_time_code import CodeGiven, CodePolicy, CodeSent, check_code, last_sent, new_code
from auth_service.capture.ports import CodeSender
from auth_service.capture.session import CaptureSession, SessionPolicy, check_may_start
from auth_service.core.clock import Clock
from auth_service.core.errors import CodeNotOffered, StorageFault
from auth_service.flows.session_terms import SessionKey, own_session, require_nonce
from auth_service.storage.unit import Store, StoredSession, Unit


@dataclass(frozen=True, slots=True)
class CodeCounts:
    """How codes are counted.

    asked     one that is asked for: channel, device (keyed hash or empty), subject. raises RateLimited
    may_send  whether one more may go to this telephone
    tried     a try: session, which code. raises RateLimited
    """

    asked: Callable[[str, str, str], None]
    may_send: Callable[[str], bool]
    tried: Callable[[str, str], None]


class ProvePossession:
    """One instance serves all threads. Nobody learns whether a telephone, or the person, is known.

    sender  None: the agency sends no codes
    """

    def __init__(
        self,
        store: Store,
        clock: Clock,
        policies: tuple[SessionPolicy, CodePolicy],
        sender: CodeSender | None,
        counts: CodeCounts,
    ) -> None:
        self._store = store
        self._clock = clock
        self._policies = policies
        self._sender = sender
        self._counts = counts

    @property
    def offered(self) -> bool:
        """Whether the agency sends codes."""
        return self._sender is not None

    def send(self, key: SessionKey) -> None:
        """A new code; the one before holds no longer. A telephone that got enough today gets none, and nobody is told:
        whether somebody else's codes go to the same telephone is nobody's business.

        raises  CodeNotOffered, SessionUnknown, SessionExpired, SessionSpent, RateLimited, Unavailable
        """
        if self._sender is None:
            raise CodeNotOffered
        with self._store.reading() as unit:
            stored = self._open(unit, key)
            phone = _phone_of(unit, stored)
        self._counts.asked(stored.session.channel, stored.session.device, stored.subject)
        # an unknown number and one without a telephone are counted as often
        if not self._counts.may_send(phone or stored.subject):
            phone = None
        code, now = new_code(), self._clock.now()
        right = code if phone is not None else new_token()  # what went to nobody comes back from nobody, guessed or not
        with self._store.unit() as unit:
            session = self._open(unit, key, alone=True).session
            unit.sessions.move(session, CodeSent(now, unit.sessions.hidden_code(session.id, right)))
        self._sender.send(phone, code, now)

    def give(self, key: SessionKey, code: str) -> None:
        """raises CodeRefused, SessionUnknown, SessionExpired, SessionSpent, RateLimited: too many tries"""
        with self._store.reading() as unit:
            session = self._open(unit, key).session
        sent = last_sent(session.moves)
        self._counts.tried(session.id, "" if sent is None else sent.digest.hex())
        now = self._clock.now()
        with self._store.unit() as unit:
            session = self._open(unit, key, alone=True).session
            digest = unit.sessions.hidden_code(session.id, code)
            check_code(last_sent(session.moves), digest, now, self._policies[1])
            if not session.possession:
                unit.sessions.move(session, CodeGiven(now))

    def _open(self, unit: Unit, key: SessionKey, *, alone: bool = False) -> StoredSession:
        stored = own_session(unit, key, alone=alone)
        session: CaptureSession = stored.session
        require_nonce(session, key)
        check_may_start(session, self._clock.now(), self._policies[0])
        return stored


def _phone_of(unit: Unit, stored: StoredSession) -> str | None:
    """As the ledger has it. For nobody somebody else's record is opened, and nothing of it is used."""
    person_id = stored.session.person_id
    if person_id is None:
        with suppress(StorageFault):
            unit.people.get(unit.people.next_to(stored.subject) or "")
        return None
    person = unit.people.get(person_id)
    return None if person is None else person.phone
