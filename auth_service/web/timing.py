"""One clock around each request: its log line, its meters and its span are of the same measurement."""

from __future__ import annotations

import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from auth_service.core.tracing import Tracer
from auth_service.web.logging import log
from auth_service.web.metrics import Measures

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class Timing:
    """Logs, counts and traces each request by route template: no path with an id or serial leaves the process."""

    def __init__(self, app: ASGIApp, measures: Measures, tracer: Tracer) -> None:
        self._app = app
        self._measures = measures
        self._tracer = tracer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        status = 500

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        method = method_of(scope)
        with self._tracer.span("request", method=method, request_id=str(scope["state"].get("request_id"))) as note:
            try:
                await self._app(scope, receive, noting)
            finally:
                route, seconds = route_template(scope), time.perf_counter() - started
                note(route=route, status=status)
                self._measures.answered(method, route, status, seconds)
                log.info(
                    "request",
                    request_id=scope["state"].get("request_id"),
                    actor=scope["state"].get("actor"),
                    method=method,
                    route=route,
                    status=status,
                    duration_ms=round(seconds * 1000, 1),
                )


def route_template(scope: Scope) -> str:
    """The path as written in the route table, or `unmatched`; never the path that was asked for."""
    return str(getattr(scope.get("route"), "path", "unmatched"))


def method_of(scope: Scope) -> str:
    """A known method, or `other`: a made-up method must not become a label."""
    method = str(scope.get("method", ""))
    return method if method in _METHODS else "other"
