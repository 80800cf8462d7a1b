"""Counts and durations for Prometheus. Labels are route templates, status classes and outcomes: nothing personal."""

from __future__ import annotations

import time
from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class Measures:
    """The service's meters on one registry. Each worker process counts for itself.

    queue_depth  how many pieces of work wait for the inference pool at this moment
    """

    def __init__(self, registry: CollectorRegistry, queue_depth: Callable[[], float]) -> None:
        self._registry = registry
        self.requests = Counter(
            "auth_service_requests", "Requests answered", ("method", "route", "status"), registry=registry
        )
        self.durations = Histogram(
            "auth_service_request_seconds", "Time to answer", ("method", "route"), buckets=_SECONDS, registry=registry
        )
        self.decisions = Counter("auth_service_decisions", "Decisions made", ("outcome",), registry=registry)
        depth = Gauge("auth_service_inference_queue_depth", "Work waiting for the inference pool", registry=registry)
        depth.set_function(queue_depth)

    def exposition(self) -> bytes:
        """The text that Prometheus reads."""
        return generate_latest(self._registry)


class MeasureRequests:
    """Counts each request by route template, so that no path with an id or serial becomes a label."""

    def __init__(self, app: ASGIApp, measures: Measures) -> None:
        self._app = app
        self._measures = measures

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

        try:
            await self._app(scope, receive, noting)
        finally:
            method, route = method_of(scope), route_template(scope)
            self._measures.requests.labels(method, route, f"{status // 100}xx").inc()
            self._measures.durations.labels(method, route).observe(time.perf_counter() - started)


def route_template(scope: Scope) -> str:
    """The path as written in the route table, or `unmatched`; never the path that was asked for."""
    return str(getattr(scope.get("route"), "path", "unmatched"))


def method_of(scope: Scope) -> str:
    """A known method, or `other`: a made-up method must not become a label."""
    method = str(scope.get("method", ""))
    return method if method in _METHODS else "other"
