"""Whether somebody may ask once more. Counts lie in the database; when they cannot be kept, what is public closes, and
what a person came for goes on under the same limits in each process."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from hashlib import blake2b

from auth_service.beneficiaries.id_number import parse_id_number
from auth_service.core import limits
from auth_service.core.clock import Clock, legal_date
from auth_service.core.errors import (
    AttemptsUsedUp,
    RateLimited,
    ServiceError,
    StorageFault,
    Unavailable,
)
from auth_service.core.limits import Count, LimitPolicy
from auth_service.storage.unit import Store

_Before = dict[bytes, tuple[datetime, int] | None]
_MOST_HELD = 100_000
"""Counts that one process keeps while the database cannot; about 20 MB."""


class Limit:
    """One instance serves all threads.

    alarm  told of every count that could not be kept in the database
    """

    def __init__(
        self, store: Store, policy: LimitPolicy, clock: Clock, alarm: Callable[[ServiceError], None] | None = None
    ) -> None:
        self._store = store
        self._policy = policy
        self._clock = clock
        self._alarm = alarm or (lambda _: None)
        self._held = _Held()

    def key(self, key_id: str) -> None:
        """A request with an API key. raises RateLimited"""
        self._count(limits.of_key(self._policy, key_id), RateLimited)

    def capture(self, key_id: str, channel: str, device: str | None, id_number: str) -> None:
        """One capture, counted whether or not the ID number is known. raises AttemptsUsedUp, IdNumberInvalid"""
        self._count(
            limits.of_capture(self._policy, key_id, channel, device, self._normalised(id_number)), AttemptsUsedUp
        )

    def kiosk(self, device_id: str, id_number: str) -> None:
        """One capture at a kiosk, known number or not. raises AttemptsUsedUp, IdNumberInvalid"""
        self._count(limits.of_kiosk(self._policy, device_id, self._normalised(id_number)), AttemptsUsedUp)

    def session(self, most: int, channel: str, device: str, subject: str, draw: str) -> None:
        """One challenge, before it is drawn; counted whether or not the person is known. raises AttemptsUsedUp"""
        self._count(limits.of_session(most, channel, device, subject, draw), AttemptsUsedUp)

    def look(self, session_id: str, n: int, most: int) -> None:
        """A quick look at the frames of one step. raises RateLimited"""
        self._count(limits.of_look(most, session_id, n), RateLimited)

    def photo_look(self, session_id: str, most: int) -> None:
        """A look at a photo that is left for staff. raises RateLimited"""
        self._count(limits.of_photo_look(most, session_id), RateLimited)

    def code(self, channel: str, device: str, subject: str, most: int) -> None:
        """A one-time code that is asked for, whether or not the person is known.

        raises  RateLimited, Unavailable: the counts cannot be kept
        """
        self._count(limits.of_code(most, channel, device, subject), RateLimited, public=True)

    def code_to_phone(self, phone: str, most: int) -> bool:
        """Whether one more may go to this telephone; nobody but the sender is told.

        raises  Unavailable: the counts cannot be kept
        """
        try:
            self._count(limits.of_code_to_phone(most, phone), RateLimited, public=True)
        except RateLimited:
            return False
        return True

    def code_try(self, session_id: str, code: str, most: int) -> None:
        """raises RateLimited, Unavailable: the counts cannot be kept"""
        self._count(limits.of_code_try(most, session_id, code), RateLimited, public=True)

    def wish(self, client: str, subject: str) -> None:
        """A request for another way. raises RateLimited, Unavailable: the counts cannot be kept"""
        self._count(limits.of_wish(self._policy, client, subject), RateLimited, public=True)

    def enrollment(self, key_id: str, id_number: str) -> None:
        """raises AttemptsUsedUp, IdNumberInvalid"""
        self._count(limits.of_enrollment(self._policy, key_id, self._normalised(id_number)), AttemptsUsedUp)

    def lookup(self, client: str) -> None:
        """A public page that looks something up. raises RateLimited, Unavailable: the counts cannot be kept"""
        self._count(limits.of_lookup(self._policy, client), RateLimited, public=True)

    def opening(self, client: str) -> None:
        """Somebody names a person by their ID number. raises RateLimited, Unavailable: the counts cannot be kept"""
        self._count(limits.of_opening(self._policy, client), RateLimited, public=True)

    def sign_in(self, client: str) -> None:
        """raises RateLimited, Unavailable: the counts cannot be kept"""
        self._count(limits.of_sign_in(self._policy, client), RateLimited, public=True)

    def reveal(self, staff_id: str) -> None:
        """A member of staff looks at whom to call. raises RateLimited"""
        self._count(limits.of_reveal(self._policy, staff_id), RateLimited)

    def purge(self) -> int:
        """Forgets windows that are over; returns how many counts that were."""
        with self._store.unit(durable=False) as unit:
            return unit.limits.purge(self._clock.now())

    def _normalised(self, id_number: str) -> str:
        return parse_id_number(id_number, legal_date(self._clock.now())).number

    def _count(self, counts: Sequence[Count], refusal: type[RateLimited], *, public: bool = False) -> None:
        now = self._clock.now()
        wanted = [count for count in counts if count.most > 0]
        if not wanted:
            return
        try:
            self._take(wanted, now)
        except (StorageFault, Unavailable) as fault:
            self._alarm(fault)
            if public:
                raise Unavailable("limits cannot be counted") from fault
            full = self._held.first_full(wanted, now)
        except _Full as found:
            full = found.count
        else:
            return
        if full is not None:
            raise refusal(retry_after=_seconds_until(full.ends_at(now), now))

    def _take(self, counts: Sequence[Count], now: datetime) -> None:
        """All or none: what is refused counts against nobody. raises _Full"""
        with self._store.unit(durable=False) as unit:  # a power cut gives back a few tries
            for count in counts:
                if not unit.limits.take(count, now):
                    raise _Full(count)


def _seconds_until(instant: datetime, now: datetime) -> int:
    return max(1, -((now - instant) // timedelta(seconds=1)))


class _Full(Exception):
    """A window is full."""

    def __init__(self, count: Count) -> None:
        super().__init__(count.rule)
        self.count = count


class _Held:
    """The same counts in this process alone, for as long as the database cannot keep them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: dict[bytes, tuple[datetime, int]] = {}
        self._key = secrets.token_bytes(32)

    def first_full(self, counts: Sequence[Count], now: datetime) -> Count | None:
        with self._lock:
            if len(self._counts) > _MOST_HELD:
                self._counts = {name: held for name, held in self._counts.items() if held[0] > now}
            before: _Before = {}
            full = next((count for count in counts if not self._take(count, now, before)), None)
            if full is not None:
                self._put_back(before)
            return full

    def _put_back(self, before: _Before) -> None:
        for name, held in before.items():
            if held is None:
                del self._counts[name]
            else:
                self._counts[name] = held

    def _take(self, count: Count, now: datetime, before: _Before) -> bool:
        ends_at = count.ends_at(now)
        name = f"{count.rule}\0{count.subject}"
        if count.each is None:
            return self._raise(self._hidden(name, ends_at), ends_at, count.most, before)
        seen = self._hidden(f"{name}\0\0{count.each}", ends_at)
        if seen in self._counts:
            return True
        room = self._raise(self._hidden(name, ends_at), ends_at, count.most, before)
        return room and self._raise(seen, ends_at, 1, before)

    def _hidden(self, name: str, ends_at: datetime) -> bytes:
        return blake2b(f"{ends_at.timestamp()}\0{name}".encode(), key=self._key, digest_size=16).digest()

    def _raise(self, name: bytes, ends_at: datetime, most: int, before: _Before) -> bool:
        held = self._counts.get(name)
        taken = 0 if held is None else held[1]
        if taken >= most or (held is None and len(self._counts) > _MOST_HELD):
            return False
        before.setdefault(name, held)
        self._counts[name] = (ends_at, taken + 1)
        return True
