"""How much a caller may send and for how long. Enforced while reading, before anything is parsed or kept."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass, field

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from auth_service.core.errors import BodyTooLarge, BodyTooSlow, RequestRefused, ServiceError

PHOTO_BYTES = 4 * 1024 * 1024
"""source: trust.md 2.6, one image <= 4 MB"""
PHOTOS = 3
"""Photos in one request; flows.verify sets the same number for one attempt."""
SMALL_BYTES_AT_ONCE = 16 * 1024 * 1024
"""Of all bodies without photos that one process holds at once: 256 of the largest, thousands of usual ones."""


STEP_BYTES = PHOTO_BYTES + 256 * 1024
"""One step of a capture session: 18 frames of 480 pixels are 1.1 MB at most. source: trust.md 1.5 L3"""
_STEP = re.compile(r"(/v1/(?:kiosk/)?capture-sessions/)[^/]{1,64}/steps/[0-9]{1,3}")
PORTRAIT_BYTES = 512 * 1024
"""The portrait of a card's chip, with its form. source: own decision; 102 by 126 pixels, as an ID card has, are 38 kB
without compression, and a passport's is larger"""
_PORTRAIT = re.compile(r"/v1/kiosk/capture-sessions/[^/]{1,64}/complete")
FILE_BYTES = 4 * 1024 * 1024
"""A file of a registry. source: own decision; some 30,000 rows, larger ones come by command"""
FILES = "/v1/registry-batches"
FILE_BYTES_AT_ONCE = 4 * (FILE_BYTES + 256 * 1024)
"""Of such files that one process holds at once: apart, so that they take no room from a person or a sign-in."""
RECORDS = "/v1/kiosk/records"
"""One capture that a kiosk made without a line, with all its frames."""
_PHOTO = re.compile(r"/v1/capture-sessions/[^/]{1,64}/photo")
_COMPLETE = re.compile(r"(/v1/(?:kiosk/)?capture-sessions/)[^/]{1,64}/complete")


def is_of_a_session(path: str) -> bool:
    """Whether a path with pictures is a capture's, whose holder shows a cookie or a signature, and no key."""
    return path == RECORDS or any(one.fullmatch(path) for one in (_STEP, _PHOTO, _COMPLETE))


@dataclass(frozen=True, slots=True)
class PhotoPaths:
    """Routes whose work needs a reader: their requests take places and, where they carry pictures, room.

    exact   paths without parameters
    """

    exact: frozenset[str] = frozenset({"/v1/enrollments", "/v1/verifications"})

    def __contains__(self, path: object) -> bool:
        return isinstance(path, str) and self.route(path) != ""

    def route(self, path: str) -> str:
        """The path with the names of its parameters, for meters and logs; empty for a route of another kind."""
        if path in self.exact or path == RECORDS:
            return path
        if step := _STEP.fullmatch(path):
            return f"{step[1]}{{session_id}}/steps/{{n}}"
        if _PHOTO.fullmatch(path):
            return "/v1/capture-sessions/{session_id}/photo"
        whole = _COMPLETE.fullmatch(path)
        return f"{whole[1]}{{session_id}}/complete" if whole else ""


@dataclass(frozen=True, slots=True)
class BodyPolicy:
    """small_bytes   every route without photos: a form of a few short fields
    photo_bytes   routes with photos: as many as allowed, and 256 KiB for fields and boundaries; a kiosk's record, of
                  which 60 frames of 480 pixels are 4 MB at most
    step_bytes    one step of a capture session, or a photo that is left in one
    portrait_bytes  a kiosk's session that is handed in with the portrait of a card
    file_bytes    a file of a registry, with its form
    seconds       to send a whole body: three photos on a 2 Mbit/s line take 50 s
    step_seconds  for a step: as long as a whole session in slow mode, on a link of 2 kB/s
    idle_seconds  without a byte of it
    photo_paths   the routes with photos
    """

    small_bytes: int = 64 * 1024
    photo_bytes: int = PHOTOS * PHOTO_BYTES + 256 * 1024
    step_bytes: int = STEP_BYTES
    portrait_bytes: int = PORTRAIT_BYTES
    file_bytes: int = FILE_BYTES + 256 * 1024
    seconds: float = 60.0
    step_seconds: float = 240.0
    idle_seconds: float = 15.0
    photo_paths: PhotoPaths = field(default_factory=PhotoPaths)

    def limit(self, path: str) -> int:
        """Bytes of a request to this path."""
        if _STEP.fullmatch(path) or _PHOTO.fullmatch(path):
            return self.step_bytes
        if _PORTRAIT.fullmatch(path):
            return self.portrait_bytes
        if path == FILES:
            return self.file_bytes
        return self.photo_bytes if path in self.photo_paths.exact or path == RECORDS else self.small_bytes

    def time(self, path: str) -> float:
        """Seconds to send it."""
        return self.step_seconds if path == RECORDS or _STEP.fullmatch(path) or _PHOTO.fullmatch(path) else self.seconds


class BodyLimits:
    """Refuses a body that says it is too large, turns out too large, or does not come. `answer` words a refusal."""

    def __init__(self, app: ASGIApp, policy: BodyPolicy, answer: Callable[[Request, ServiceError], Response]) -> None:
        self._app = app
        self._policy = policy
        self._answer = answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        limit = self._policy.limit(scope["path"])
        headers = Headers(scope=scope)
        refusal = _announced_refusal(headers, limit)
        if refusal is not None:
            response = self._answer(Request(scope), refusal)
            response.headers["Connection"] = "close"
            await response(scope, receive, send)
            return
        body = _Metered(receive, limit, self._policy.time(scope["path"]), self._policy.idle_seconds)
        endless = "transfer-encoding" in headers

        async def closing(message: Message) -> None:
            # otherwise the server would go on reading a body that nobody wants and whose end nobody knows
            if message["type"] == "http.response.start" and (body.refused or (endless and not body.finished)):
                MutableHeaders(scope=message)["Connection"] = "close"
            await send(message)

        await self._app(scope, body, closing)


class _Metered:
    """`receive` with a byte count, one deadline for the whole body and one for each pause.

    raises  BodyTooLarge, BodyTooSlow
    """

    def __init__(self, receive: Receive, limit: int, seconds: float, idle_seconds: float) -> None:
        self._receive = receive
        self._left = limit
        self._seconds = seconds
        self._idle_seconds = idle_seconds
        self._deadline: float | None = None
        self.finished = False
        self.refused = False

    async def __call__(self) -> Message:
        if self.finished:
            return await self._receive()
        now = asyncio.get_running_loop().time()
        if self._deadline is None:
            self._deadline = now + self._seconds
        try:
            async with asyncio.timeout_at(min(self._deadline, now + self._idle_seconds)):
                message = await self._receive()
        except TimeoutError as error:
            self.refused = True
            raise BodyTooSlow from error
        self._left -= len(message.get("body", b""))
        if self._left < 0:
            self.refused = True
            raise BodyTooLarge
        self.finished = not message.get("more_body", False)
        return message


def _announced_refusal(headers: Headers, limit: int) -> ServiceError | None:
    announced = headers.get("content-length")
    if announced is None:
        return None
    if not (announced.isascii() and announced.isdigit()):
        return RequestRefused("Content-Length is not a number")
    return BodyTooLarge() if len(announced) > 15 or int(announced) > limit else None
