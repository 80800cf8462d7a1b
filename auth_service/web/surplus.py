"""More requests with photos than there are places: what is too much is refused when its first lines are read.

A refusal has to cost far less than the work that it spares. Reading a photo of 100 KB to its end through the
application took some 4 ms of the one event loop, so that ten times the load made everybody wait, /healthz too
(docs/decisions/0026-proofs.md). Here no task is made and no byte of the body is looked at.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

from starlette.datastructures import Headers
from starlette.requests import Request

from auth_service.core.errors import CapacityExceeded
from auth_service.web.errors import problem_response, status_of
from auth_service.web.headers import CSP_DATA, every_answer
from auth_service.web.logging import log
from auth_service.web.metrics import Measures
from auth_service.web.request_ids import HEADER, id_for

RawHeaders = list[tuple[bytes, bytes]]


@dataclass(slots=True)
class Places:
    """How many requests to `paths` one process works on at once, and how many it does.

    most    whole requests that wait for an answer; who is still sending holds no place
    """

    most: int
    paths: frozenset[str]
    taken: int = field(default=0, init=False)

    def full_for(self, path: str) -> bool:
        """Whether a request to this path is surplus now."""
        return self.taken >= self.most and path in self.paths


class Surplus:
    """Knows what is surplus and what it is told: the very answer that the application gives, made by hand."""

    def __init__(self, places: Places, measures: Measures, *, secure: bool) -> None:
        self._places = places
        self._measures = measures
        self._always = {"Content-Security-Policy": CSP_DATA, "Cache-Control": "no-store", **every_answer(secure=secure)}

    def is_surplus(self, method: bytes, target: bytes) -> bool:
        """Whether to refuse a request of which only the first lines are known."""
        return method == b"POST" and self._places.full_for(target.partition(b"?")[0].decode("latin-1"))

    def refusal(self, target: bytes, headers: RawHeaders) -> tuple[int, RawHeaders, bytes]:
        """Status, headers and body; counted and logged like any other answer."""
        began = time.perf_counter()
        raw_path, _, query = target.partition(b"?")
        request_id = id_for(Headers(raw=headers))
        error, route = CapacityExceeded(), raw_path.decode("latin-1")
        scope: dict[str, Any] = {
            "type": "http", "method": "POST", "path": route, "query_string": query, "headers": headers,
            "state": {"request_id": request_id},
        }  # fmt: skip
        response = problem_response(Request(scope), error)
        response.headers.update({HEADER: request_id, **self._always})
        status, seconds = status_of(error), time.perf_counter() - began
        self._measures.errors.labels(error.code).inc()
        self._measures.answered("POST", route, status, seconds)
        log.info(
            "request", request_id=request_id, method="POST", route=route, status=status, code=error.code,
            duration_ms=round(seconds * 1000, 1),
        )  # fmt: skip
        return status, response.raw_headers, bytes(response.body)
