"""For operators and tools: is it alive, is it ready, what does it count, how is it called."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from auth_service.channels.agency.description import describe
from auth_service.channels.agency.schemas import Health, ReadinessAnswer
from auth_service.web.logging import log
from auth_service.web.metrics import CONTENT_TYPE
from auth_service.web.services import services_of
from auth_service.web.static import static_file


async def healthz() -> Response:
    """Alive: the event loop answers. Nothing else is asked, so that a slow database restarts no process."""
    return JSONResponse(Health().model_dump())


def readyz(request: Request) -> Response:
    """Ready: the truth of this moment, with the names of what is missing; 503 as long as anything is."""
    readiness = services_of(request).readiness()
    if not readiness.ready:
        log.info("not_ready", missing=",".join(readiness.missing))
    answer = ReadinessAnswer(
        ready=readiness.ready, checks=dict(readiness.checks), missing=readiness.missing, attention=readiness.attention
    )
    headers = {} if readiness.ready else {"Retry-After": "5"}
    return JSONResponse(answer.model_dump(mode="json"), 200 if readiness.ready else 503, headers)


def metrics(request: Request) -> Response:
    """Prometheus text."""
    return Response(services_of(request).metrics.exposition(), media_type=CONTENT_TYPE)


def openapi(request: Request) -> Response:
    """OpenAPI 3.1."""
    return JSONResponse(describe(request.app))


def static(name: str) -> Response:
    """Style sheet and icon. raises NotFound"""
    return static_file(name)


def root() -> Response:
    """The front door leads to the console."""
    return RedirectResponse("/console", 303)
