"""How connections are held: strict about what a request is, impatient with who does not send one.

uvicorn's own protocol waits for ever for a request's first lines, and h11 mends what other servers read differently
(folded lines, bare line feeds, two lengths). Here such requests are refused and their connection is closed, because a
proxy in front may have read them otherwise; and whoever holds a connection without asking anything loses it. What is
too much is refused here as well, before the application hears of it.

source  RFC 9112 sections 2.2, 5.2, 6.1, 6.3 and 11.2; trust.md F25 and F26
"""

from __future__ import annotations

import asyncio
import json
import re
from collections import OrderedDict
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from auth_service.core.errors import RequestRefused
from auth_service.core.limits import ConnectionPolicy
from auth_service.web.surplus import RawHeaders, Surplus

_END = re.compile(rb"\n\r?\n")
_BARE = re.compile(rb"(?<!\r)\n|\r(?!\n)|\0")
MOST_HEADER_BYTES, MOST_HEADERS = 32 * 1024, 100
"""source: usual servers take 8 to 32 KB and 100 headers; browsers send 20"""
_VERSION = re.compile(rb"HTTP/1\.([01])\Z")
_CLOSE = (b"connection", b"close")
_REFUSAL = json.dumps(
    {
        "type": f"urn:auth-service:error:{RequestRefused.code}",
        "title": RequestRefused.zh,
        "titles": {"zh": RequestRefused.zh, "en": RequestRefused.en},
        "status": 400,
        "code": RequestRefused.code,
        "retryable": False,
    },
    ensure_ascii=False,
).encode()


_WAITING: OrderedDict[GuardedConnection, None] = OrderedDict()
"""Connections of this process that are between requests, the longest waiting first."""


class GuardedConnection(H11Protocol):
    """One connection. uvicorn makes them from the class alone, so that what they need stands there."""

    policy = ConnectionPolicy()
    surplus: Surplus | None = None

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.conn: StrictConnection = StrictConnection(h11.SERVER, MOST_HEADER_BYTES, self.surplus)
        self._deadline: asyncio.TimerHandle | None = None
        self._requests = 0
        self._lingers_until: float | None = None
        self._heard = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        super().connection_made(transport)
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        self._wait_no_more()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._lingers_until is not None:
            self._heard = True  # and nothing else: nobody waits for it
            return
        super().data_received(data)
        if self._is_between_requests and self._deadline is None and not self.transport.is_closing():
            self._wait()

    def handle_events(self) -> None:
        before = self.cycle
        super().handle_events()
        if self.conn.turned_away is not None:
            self._turn_away(self.conn.turned_away)
        elif self.cycle is not before:
            self._wait_no_more()
            self._requests += 1
            if self._requests >= self.policy.most_requests:
                self.scope["headers"] = [*self.scope["headers"], _CLOSE]

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self._is_between_requests and not self.transport.is_closing():
            self._queue_up()  # uvicorn's own keep-alive timer runs

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - uvicorn's words
        """In our own form; the request that was read so far is told to nobody."""
        self._wait_no_more()
        headers = [
            (b"content-type", b"application/problem+json"),
            (b"content-length", str(len(_REFUSAL)).encode()),
            (b"cache-control", b"no-store"),
            (b"x-content-type-options", b"nosniff"),
            _CLOSE,
        ]
        if self.conn.our_state in {h11.IDLE, h11.SEND_RESPONSE}:
            self._say(400, headers, _REFUSAL)
        self.transport.close()

    def _say(self, status: int, headers: RawHeaders, body: bytes) -> None:
        for event in (h11.Response(status_code=status, headers=headers), h11.Data(data=body), h11.EndOfMessage()):
            self.transport.write(self.conn.send(event) or b"")

    def _turn_away(self, request: h11.Request) -> None:
        """Answers a request that has only begun, and goes on taking what its sender still sends: closing on somebody
        who sends would lose the answer."""
        assert self.surplus is not None  # noqa: S101 - nobody else turns away
        self._wait_no_more()
        self._unset_keepalive_if_required()
        status, headers, body = self.surplus.refusal(request.target, list(request.headers))
        self._say(status, [*headers, _CLOSE], body)
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self.flow.resume_reading()
        self._lingers_until = self.loop.time() + self.policy.linger_seconds
        self._linger()

    def _linger(self) -> None:
        pause = min(self.policy.linger_pause_seconds, (self._lingers_until or 0.0) - self.loop.time())
        self._heard = False
        self._deadline = self.loop.call_later(max(0.0, pause), self._linger_on)
        self._queue_up()

    def _linger_on(self) -> None:
        if self._heard and self.loop.time() < (self._lingers_until or 0.0):
            self._linger()
        else:
            self.give_up()

    @property
    def _is_between_requests(self) -> bool:
        return self.cycle is None or self.cycle.response_complete

    def _wait(self) -> None:
        self._deadline = self.loop.call_later(self.policy.header_seconds, self.give_up)
        self._queue_up()

    def _queue_up(self) -> None:
        _WAITING[self] = None
        if len(_WAITING) > self.policy.most_waiting:
            next(iter(_WAITING)).give_up()

    def _wait_no_more(self) -> None:
        _WAITING.pop(self, None)
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def give_up(self) -> None:
        """Closes a connection that asks nothing."""
        self._wait_no_more()
        self.transport.close()


class StrictConnection(h11.Connection):
    """h11, without its mercy for requests that another server would read differently.

    turned_away  the request that was surplus; after it nothing more is read
    """

    def __init__(self, role: type[h11.SERVER], most_header_bytes: int, surplus: Surplus | None = None) -> None:
        super().__init__(role, most_header_bytes)
        self._surplus = surplus
        self.turned_away: h11.Request | None = None

    def next_event(self) -> h11.Event | type[h11.NEED_DATA] | type[h11.PAUSED]:
        if self.their_state is h11.IDLE and not _is_unambiguous(self.trailing_data[0]):
            raise h11.RemoteProtocolError("ambiguous request")
        event = super().next_event()
        if self._surplus and isinstance(event, h11.Request) and self._surplus.is_surplus(event.method, event.target):
            self.turned_away = event
            return h11.PAUSED
        return event


def _is_unambiguous(received: bytes) -> bool:
    """Whether the headers, once they are whole, say one thing only; True while they are not."""
    found = _END.search(received)
    if found is None:
        return True
    head = received[: found.end()]
    lines = head.split(b"\r\n")
    version = _VERSION.search(lines[0])
    if version is None or len(head) > MOST_HEADER_BYTES or len(lines) > MOST_HEADERS + 3:
        return False
    if _BARE.search(head) or any(line[:1] in {b" ", b"\t"} for line in lines):
        return False
    names = [line.partition(b":")[0].strip().lower() for line in lines[1:]]
    lengths, encodings = names.count(b"content-length"), names.count(b"transfer-encoding")
    return lengths + encodings <= 1 and not (encodings and version[1] == b"0")
