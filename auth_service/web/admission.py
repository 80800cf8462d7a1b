"""How many requests with photos are worked on at once. The surplus is told so before anybody parses what it sent.

Without this a crowd is refused only where the readers are, after its forms were parsed and its keys looked up and
claimed: that cost more than serving it, and /healthz waited behind it (docs/decisions/0026-proofs.md).
"""

from __future__ import annotations

from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from auth_service.core.errors import CapacityExceeded, ServiceError


class Admission:
    """Answers 503 with Retry-After when `most` requests to `paths` have been received whole and not yet answered.

    Whoever is still sending holds no place, so that slow senders shut nobody out. A surplus body is read off the line
    and dropped (within BodyLimits, which stands around this): closing on somebody who sends would lose the answer.
    """

    def __init__(
        self, app: ASGIApp, most: int, paths: frozenset[str], answer: Callable[[Request, ServiceError], Response]
    ) -> None:
        self._app = app
        self._most = most
        self._paths = paths
        self._answer = answer
        self._inside = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] not in self._paths:
            await self._app(scope, receive, send)
        elif self._inside >= self._most:
            refusal = await drained(receive)
            await self._answer(Request(scope), refusal)(scope, receive, send)
        else:
            await self._admit(scope, receive, send)

    async def _admit(self, scope: Scope, receive: Receive, send: Send) -> None:
        received = False

        async def counting() -> Message:
            nonlocal received
            message = await receive()
            if not received and message["type"] == "http.request" and not message.get("more_body", False):
                received = True
                self._inside += 1
            return message

        try:
            await self._app(scope, counting, send)
        finally:
            self._inside -= received


async def drained(receive: Receive) -> ServiceError:
    """Reads a body to its end and keeps none of it, not even while it waits for more; says what to answer."""
    try:
        while _goes_on(await receive()):
            pass
    except ServiceError as refused:
        return refused
    return CapacityExceeded()


def _goes_on(message: Message) -> bool:
    return message["type"] == "http.request" and bool(message.get("more_body", False))
