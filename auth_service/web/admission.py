"""How many requests with photos are worked on at once. The surplus is told so before anybody parses what it sent.

Without this a crowd is refused only where the readers are, after its forms were parsed and its keys looked up and
claimed: that cost more than serving it, and /healthz waited behind it (docs/decisions/0026-proofs.md). The connection
itself refuses what is surplus when it begins (surplus.py); here is refused what became so meanwhile.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from auth_service.core.errors import CapacityExceeded, ServiceError
from auth_service.web.surplus import Places

PATIENCE_SECONDS = 6.0
"""Longest wait before the work begins. source: trust.md 4, 99 of 100 verdicts within 8 s; measured, 3.6 s in a burst of
ten times on a busy machine"""


class Admission:
    """Answers 503 with Retry-After when every place is taken by a request that was received whole and not yet answered.

    in_hand   of them are worked on; the others wait here, where waiting costs nothing. Each in hand is a thread that
              wants the interpreter, and the event loop gets its share of it as one among them

    Whoever is still sending holds no place, so that slow senders shut nobody out; whose body is whole when no place is
    left is refused like whoever comes then. A surplus body is read off the line and dropped (within BodyLimits, which
    stands around this): closing on somebody who sends would lose the answer.
    """

    def __init__(
        self, app: ASGIApp, places: Places, in_hand: int, answer: Callable[[Request, ServiceError], Response]
    ) -> None:
        self._app = app
        self._places = places
        self._hands = asyncio.Semaphore(in_hand)
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
        received = in_hand = False

        async def counting() -> Message:
            nonlocal received, in_hand
            message = await receive()
            if not received and message["type"] == "http.request" and not message.get("more_body", False):
                if self._places.full_for(scope["path"]):
                    message.clear()  # the error's frames outlive this, and nothing of a refused body may stay
                    raise CapacityExceeded("all places were taken while this was received")
                received = True
                self._places.take(scope["path"])
                await self._wait_for_a_hand(message)
                in_hand = True
            return message

        try:
            await self._app(scope, counting, send)
        finally:
            if received:
                self._places.give_back(scope["path"])
            if in_hand:
                self._hands.release()

    async def _wait_for_a_hand(self, message: Message) -> None:
        """raises CapacityExceeded: none came free in time, as when those in hand wait for a database that hangs"""
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                await self._hands.acquire()
        except TimeoutError as late:
            message.clear()
            raise CapacityExceeded("nobody came free in time") from late


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
