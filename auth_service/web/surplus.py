"""More requests with photos than there are places: what is too much is refused when its first lines are read.

A refusal has to cost far less than the work that it spares. Reading a photo of 100 KB to its end through the
application took some 4 ms of the one event loop, so that ten times the load made everybody wait, /healthz too
(docs/decisions/0026-proofs.md). Here no task is made, no byte of the body is looked at, and the answer lies ready.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Container
from dataclasses import dataclass, field

from starlette.datastructures import Headers
from starlette.requests import Request

from auth_service.core.errors import CapacityExceeded
from auth_service.web.errors import problem_response, status_of
from auth_service.web.headers import CSP_DATA, every_answer
from auth_service.web.i18n import Language, language_of
from auth_service.web.limits import is_of_a_session
from auth_service.web.logging import log
from auth_service.web.metrics import Measures
from auth_service.web.request_ids import HEADER, id_for

RawHeaders = list[tuple[bytes, bytes]]
LOG_SECONDS = 1.0
"""A crowd writes one log line in this time, with its number; the meters count each."""


@dataclass(slots=True)
class Places:
    """How many requests to `paths` one process works on at once, and how many it does.

    most    whole requests that wait for an answer; who is still sending holds no place. Those of capture sessions,
            which anybody may open, take half of them at most: no crowd of strangers keeps the agency's keys out
    route   a path as meters and logs name it
    """

    most: int
    paths: Container[str]
    route: Callable[[str], str] = lambda path: path
    taken: int = field(default=0, init=False)
    of_sessions: int = field(default=0, init=False)

    def full_for(self, path: str) -> bool:
        """Whether a request to this path is surplus now."""
        if path not in self.paths:
            return False
        return self.taken >= self.most or (is_of_a_session(path) and self.of_sessions >= max(1, self.most // 2))

    def take(self, path: str) -> None:
        self._count(path, 1)

    def give_back(self, path: str) -> None:
        self._count(path, -1)

    def _count(self, path: str, by: int) -> None:
        self.taken += by
        self.of_sessions += by * is_of_a_session(path)


@dataclass(frozen=True, slots=True)
class _Ready:
    """An answer but for its request id. Its length depends on that id's, so that there is one for each."""

    headers: RawHeaders
    body: bytes

    def for_request(self, request_id: str, stand_in: bytes) -> tuple[RawHeaders, bytes]:
        named = request_id.encode()
        return (
            [(name, named if value == stand_in else value) for name, value in self.headers],
            self.body.replace(stand_in, named),
        )


class Surplus:
    """Knows what is surplus and what it is told: the very answer that the application gives, made once."""

    def __init__(self, places: Places, measures: Measures, *, secure: bool) -> None:
        self._places = places
        self._measures = measures
        self._always = {"Content-Security-Policy": CSP_DATA, "Cache-Control": "no-store", **every_answer(secure=secure)}
        self._ready: dict[tuple[Language, int], _Ready] = {}
        self._unlogged = 0
        self._log_from = 0.0

    def is_surplus(self, method: bytes, target: bytes) -> bool:
        """Whether to refuse a request of which only the first lines are known."""
        return method == b"POST" and self._places.full_for(_path(target))

    def refusal(self, target: bytes, headers: RawHeaders) -> tuple[int, RawHeaders, bytes]:
        """Status, headers and body; counted like any other answer."""
        began = time.perf_counter()
        request_id = id_for(Headers(raw=headers))
        language = language_of(_request(target, headers))
        key = (language, len(request_id))
        if key not in self._ready:
            self._ready[key] = self._made(language, len(request_id))
        status, route = status_of(CapacityExceeded()), self._places.route(_path(target))
        self._measures.errors.labels(CapacityExceeded.code).inc()
        self._measures.refused("POST", route, status, time.perf_counter() - began)
        self._log(route, status, began)
        return (status, *self._ready[key].for_request(request_id, _stand_in(len(request_id))))

    def _made(self, language: Language, id_length: int) -> _Ready:
        request = _request(b"/?lang=" + language.encode(), [])
        request.state.request_id = _stand_in(id_length).decode()
        response = problem_response(request, CapacityExceeded())
        response.headers.update({HEADER: request.state.request_id, **self._always})
        return _Ready(response.raw_headers, bytes(response.body))

    def _log(self, route: str, status: int, now: float) -> None:
        self._unlogged += 1
        if now >= self._log_from:
            log.warning("surplus", route=route, status=status, code=CapacityExceeded.code, counts=self._unlogged)
            self._unlogged, self._log_from = 0, now + LOG_SECONDS


def _stand_in(length: int) -> bytes:
    """Holds the place of a request id, which no header or text of ours could be taken for."""
    return b"0" * length


def _path(target: bytes) -> str:
    return target.partition(b"?")[0].decode("latin-1")


def _request(target: bytes, headers: RawHeaders) -> Request:
    path, _, query = target.partition(b"?")
    return Request(
        {"type": "http", "method": "POST", "path": path.decode("latin-1"), "query_string": query, "headers": headers}
    )
