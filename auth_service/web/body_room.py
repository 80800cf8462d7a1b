"""How many bytes of requests' bodies one process holds at once. What has no room is told so and kept nowhere.

Bodies stay in memory (forms.py), and whoever sends slowly holds one for a minute; without this bound, enough slow
senders are more than any machine's memory. Requests with photos, which only holders of a key or of a capture
session may send, and all others
have room of their own: a stranger at the sign-in form takes no room from a person who is being verified. Nor does one
key take all the room from the others, nor do capture sessions, which anybody may open, take more than half of it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Container

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from auth_service.core.errors import CapacityExceeded
from auth_service.web.admission import drained
from auth_service.web.limits import FILE_BYTES_AT_ONCE, FILES, SMALL_BYTES_AT_ONCE, is_of_a_session


class BodyRoom:
    """Counts the bytes of bodies from their arrival to the answer; what goes beyond is dropped and answered 503.

    A body that finds no room is read off the line to its end (within BodyLimits, which stands around this) before the
    answer goes out: closing on somebody who sends would lose the answer.

    photo_bytes   of requests to `photo_paths`
    small_bytes   of all others
    photo_share   of photo_bytes, what one caller may fill; all of it unless told otherwise
    """

    def __init__(
        self,
        app: ASGIApp,
        photo_paths: Container[str],
        photo_bytes: int,
        small_bytes: int = SMALL_BYTES_AT_ONCE,
        photo_share: int | None = None,
    ) -> None:
        self._app = app
        self._photo_paths = photo_paths
        share = photo_bytes if photo_share is None else photo_share
        self._photos = _Room(photo_bytes, share)
        self._sessions = _Room(photo_bytes // 2, share, self._photos)
        self._others = _Room(small_bytes, small_bytes)
        self._files = _Room(FILE_BYTES_AT_ONCE, FILE_BYTES_AT_ONCE // 2)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if scope["path"] in self._photo_paths:
            # by what the caller says of itself: a made-up key is refused before its body is read
            room = self._sessions if is_of_a_session(scope["path"]) else self._photos
            held = _Held(room, _caller(scope), receive, send)
        elif scope["path"] == FILES:
            held = _Held(self._files, _caller(scope), receive, send)
        else:
            held = _Held(self._others, "", receive, send)
        try:
            await self._app(scope, held.receive, held.send)
        finally:
            held.give_back()


def _caller(scope: Scope) -> str:
    """Whose share it is: the key's, and at a capture session, which asks for none and would believe any, that of the
    network address."""
    said = "" if is_of_a_session(scope["path"]) else Headers(scope=scope).get("authorization", "")
    return said or str((scope.get("client") or ("",))[0])


_TOGETHER = "capture sessions"


class _Room:
    """share   bytes that one caller may fill
    within  the room that this one is a part of; there all who are here count as one
    raises  CapacityExceeded
    """

    def __init__(self, most: int, share: int, within: _Room | None = None) -> None:
        self._within = within
        self._free = most
        self._share = share
        self._of: Counter[str] = Counter()

    def take(self, size: int, caller: str) -> None:
        if size > self._free or self._of[caller] + size > self._share:
            raise CapacityExceeded("too many bytes are being received")
        if self._within is not None:
            self._within.take(size, _TOGETHER)
        self._free -= size
        self._of[caller] += size

    def give_back(self, size: int, caller: str) -> None:
        if self._within is not None:
            self._within.give_back(size, _TOGETHER)
        self._free += size
        self._of[caller] -= size
        if not self._of[caller]:
            del self._of[caller]


class _Held:
    """What one request holds."""

    def __init__(self, room: _Room, caller: str, receive: Receive, send: Send) -> None:
        self._room = room
        self._caller = caller
        self._receive = receive
        self._send = send
        self._size = 0
        self._unread = False

    async def receive(self) -> Message:
        """raises CapacityExceeded: no room for what came; what this request held is given back"""
        message = await self._receive()
        size = len(message.get("body", b""))
        try:
            self._room.take(size, self._caller)
        except CapacityExceeded:
            self._unread = bool(message.get("more_body", False))
            self.give_back()
            message.clear()  # the error's frames outlive this, and nothing of a refused body may stay
            raise
        self._size += size
        return message

    async def send(self, message: Message) -> None:
        if self._unread:
            self._unread = False
            await drained(self._receive)
        await self._send(message)

    def give_back(self) -> None:
        self._room.give_back(self._size, self._caller)
        self._size = 0
