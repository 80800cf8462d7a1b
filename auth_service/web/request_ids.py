"""One id per request, in every log line, problem body and answer, so that a caller's report can be found."""

from __future__ import annotations

import re

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from auth_service.core.ids import new_id

HEADER = "X-Request-Id"
_WELL_FORMED = re.compile(r"[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
"""32 hex digits or a UUID. Nothing shorter or freer: an ID number must not reach the log as a request id."""


class RequestIds:
    """Takes a caller's well-formed id, else makes one; says it in the answer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = id_for(Headers(scope=scope))
        scope.setdefault("state", {})["request_id"] = request_id

        async def naming(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)[HEADER] = request_id
            await send(message)

        await self._app(scope, receive, naming)


def id_for(headers: Headers) -> str:
    """The caller's id if it is well formed, else a new one."""
    offered = headers.get(HEADER, "")
    return offered if _WELL_FORMED.fullmatch(offered) else new_id()


def request_id_of(connection: HTTPConnection) -> str:
    """The id of this request."""
    return str(connection.state.request_id)
