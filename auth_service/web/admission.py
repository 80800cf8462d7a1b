"""How many requests with photos are worked on at once. The surplus is told so before anybody parses what it sent.

Without this a crowd is refused only where the readers are, after its forms were parsed and its keys looked up and
claimed: that cost more than serving it, and /healthz waited behind it (docs/decisions/0026-proofs.md). The connection
itself refuses what is surplus when it begins (surplus.py); here is refused what became so meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from auth_service.core.errors import CapacityExceeded, ServiceError
from auth_service.web.surplus import Places


class Admission:
    """Answers 503 with Retry-After when every place is taken by a request that was received whole and not yet answered.

    Whoever is still sending holds no place, so that slow senders shut nobody out; whose body is whole when no place is
    left is refused like whoever comes then. A surplus body is read off the line and dropped (within BodyLimits, which
    stands around this): closing on somebody who sends would lose the answer.
    """

    def __init__(self, app: ASGIApp, places: Places, answer: Callable[[Request, ServiceError], Response]) -> None:
        self._app = app
        self._places = places
        self._answer = answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] not in self._places.paths:
            await self._app(scope, receive, send)
        elif self._places.full_for(scope["path"]):
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
                if self._places.full_for(scope["path"]):
                    message.clear()  # the error's frames outlive this, and nothing of a refused body may stay
                    raise CapacityExceeded("all places were taken while this was received")
                received = True
                self._places.taken += 1
            return message

        try:
            await self._app(scope, counting, send)
        finally:
            self._places.taken -= received


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
