"""Decoding strangers' photos outside this process: the parent's side of decode_child.py.

The photo goes to the child and its pixels come back over shared memory that the child can neither grow nor cut; what
it says about them is believed only within bounds, and they are copied before anything looks at them.

source  trust.md 2.2 API4 and F27; docs/decisions/0020-decoding-child.md
"""

from __future__ import annotations

import fcntl
import mmap
import os
import sys
import tempfile
import time
import weakref
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import numpy as np

from auth_service.core.errors import (
    CapacityExceeded,
    EngineFault,
    ImageDamaged,
    ImageEmpty,
    ImageRefused,
    ImageTooCostly,
    ImageTooManyBytes,
    ServiceError,
    Unavailable,
    all_error_classes,
)
from auth_service.core.fenced import ChildEnded, FencedChild, FencePolicy
from auth_service.engines.decode_child import (
    ANSWER,
    FAULT,
    FORMATS,
    JOB,
    LARGE,
    LONGEST_TEXT,
    PIXELS,
    READY,
    REFUSED,
    TOO_COSTLY,
)
from auth_service.engines.decoding import IntakePolicy
from auth_service.engines.pixel_room import PixelRoom
from auth_service.faces.image import Image

_MODULE = "auth_service.engines.decode_child"
_TRIES = 2
"""A photo that a child died with is tried once more in a fresh one; dying twice is the photo's doing."""
_KEEP_BYTES = 8 * 1024 * 1024
"""Shared memory that a photo left behind beyond this goes back to the system: 12 MP fill 36 MB."""
_SHORTEST_PAUSE, _LONGEST_PAUSE = 0.5, 30.0
"""Seconds between attempts to start a child that does not start, doubling."""
_REFUSALS = {cls.code: cls for cls in all_error_classes() if issubclass(cls, ImageRefused)}


class Decoder:
    """`decode` of decoding.py in a child of its own. Used by one thread at a time, as the reader that owns it.

    A child that dies or takes too long is replaced; only the photo that did it is refused.

    room  shared with the other decoders of a process by whoever has several
    """

    def __init__(self, policy: IntakePolicy, fences: FencePolicy | None = None) -> None:
        """Begins to start the child and does not wait for it: `ready` does, and otherwise the first photo."""
        self.policy = policy
        self.room = PixelRoom(policy.pixels_at_once)
        self._fences = fences or FencePolicy()
        self._memory, self._handle = _shared(policy.max_bytes + 3 * policy.max_pixels)
        self._close_handle = weakref.finalize(self, os.close, self._handle)
        self._used = 0
        self._pause = 0.0
        self._not_before = 0.0
        self._fenced = ""
        self._child: FencedChild | None = self._spawn()

    @property
    def pid(self) -> int | None:
        """The child's process id, while there is one."""
        return None if self._child is None else self._child.pid

    @property
    def fenced(self) -> str:
        """What holds the child, once it is ready: `system calls` (and limits) or `limits only`."""
        return self._fenced

    def ready(self) -> None:
        """Waits until the child is there and fenced in. raises EngineFault"""
        self._ready()

    @contextmanager
    def opened(self, data: bytes) -> Iterator[Image]:
        """The photo, with its place in the room while it is looked at.

        raises  as decoding.decode; ImageTooCostly: more memory or time than a photo may take; EngineFault: no child
                can be started; CapacityExceeded: too many large photos at once; Unavailable: the machine is too busy
                to decode in time
        """
        with ExitStack() as held:
            yield self._tried(data, held)

    def decode(self, data: bytes) -> Image:
        """As `opened`, without a place in the room afterwards."""
        with self.opened(data) as image:
            return image

    def close(self) -> None:
        """Ends the child and gives the memory back. A decoder that was closed is not used again."""
        if self._child is not None:
            self._child.close()
        self._child = None
        self._close_handle()
        self._memory.close()

    # --- one photo --------------------------------------------------------------------------------

    def _tried(self, data: bytes, held: ExitStack) -> Image:
        if not data:
            raise ImageEmpty
        if len(data) > self.policy.max_bytes:
            raise ImageTooManyBytes(f"{len(data)} bytes")
        for _ in range(_TRIES):
            child = self._ready()
            try:
                return self._decoded(child, data, held)
            except ChildEnded as ended:
                held.close()
                self._replace()
                if ended.reason == "cpu":
                    raise ImageTooCostly("decoding takes too long") from ended
                if ended.reason == "late":
                    raise Unavailable("decoding did not end in time") from ended
        raise ImageDamaged("decoding this photo ends the decoder")

    def _decoded(self, child: FencedChild, data: bytes, held: ExitStack) -> Image:
        self._memory[: len(data)] = data
        try:
            child.send(JOB.pack(len(data)))
            outcome, form, width, height, text = self._answer(child)
            if outcome == LARGE:
                self._enter_room(width * height, held)
                child.send(JOB.pack(len(data)))
                outcome, form, width, height, text = self._answer(child)
            if outcome == PIXELS:
                return self._image(form, width, height)
        finally:
            self._give_back()
        raise self._refusal(outcome, text)

    def _enter_room(self, pixels: int, held: ExitStack) -> None:
        try:
            held.enter_context(self.room.taken(min(pixels, self.policy.max_pixels)))
        except CapacityExceeded:
            self._replace()  # it waits for a word that will not come
            raise

    def _refusal(self, outcome: int, text: str) -> ServiceError:
        code, _, detail = text.partition("\n")
        if outcome == REFUSED and code in _REFUSALS:
            return _REFUSALS[code](detail)
        self._replace()  # after too little memory it may be in pieces, after anything else it is not to be trusted
        if outcome == TOO_COSTLY:
            return ImageTooCostly("decoding takes too much memory")
        return EngineFault(f"the decoder failed ({text[:80] if outcome == FAULT else outcome})")

    def _answer(self, child: FencedChild) -> tuple[int, int, int, int, str]:
        outcome, form, width, height, length = ANSWER.unpack(child.receive(ANSWER.size))
        text = child.receive(min(length, LONGEST_TEXT)).decode(errors="replace") if length else ""
        printable = "".join(sign for sign in text if sign.isprintable() or sign == "\n")
        return outcome, form, width, height, printable

    def _image(self, form: int, width: int, height: int) -> Image:
        """The child's word within bounds, and a copy that it cannot change any more. raises EngineFault"""
        if form >= len(FORMATS) or width < 1 or height < 1 or width * height > self.policy.max_pixels:
            self._replace()
            raise EngineFault("the decoder answers outside its bounds")
        start = self.policy.max_bytes
        size = 3 * width * height
        self._used = max(self._used, size)
        pixels = np.frombuffer(self._memory, np.uint8, size, start).reshape(height, width, 3).copy()
        return Image(pixels, FORMATS[form])

    def _give_back(self) -> None:
        if self._used > _KEEP_BYTES and sys.platform == "linux":
            self._memory.madvise(mmap.MADV_REMOVE)
        self._used = 0

    # --- the child --------------------------------------------------------------------------------

    def _spawn(self) -> FencedChild:
        policy = self.policy
        numbers = (self._handle, policy.max_bytes, policy.max_pixels, self._fences.data_bytes)
        return FencedChild(_MODULE, [str(number) for number in numbers], self._fences, (self._handle,))

    def _replace(self) -> None:
        """The next child starts at once, while this thread goes on."""
        if self._child is not None:
            self._child.close()
        self._fenced = ""
        self._child = self._spawn()

    def _ready(self) -> FencedChild:
        if self._child is not None and self._fenced and self._child.alive:
            return self._child
        if self._child is None or (self._fenced and not self._child.alive):
            self._restart()
        child = self._child
        assert child is not None  # noqa: S101 - for the type: just started
        try:
            outcome, _, _, _, text = self._answer(child)
        except ChildEnded as ended:
            self._not_started()
            raise EngineFault(f"the decoder does not start: {ended}") from ended
        if outcome != READY:
            self._not_started()
            raise EngineFault(f"the decoder does not start: {text[:80]}")
        self._fenced, self._pause = text, 0.0
        return child

    def _restart(self) -> None:
        """raises Unavailable: the last start failed a moment ago"""
        if time.monotonic() < self._not_before:
            raise Unavailable("the decoder does not start")
        self._replace()

    def _not_started(self) -> None:
        if self._child is not None:
            self._child.close()
        self._child = None
        self._pause = min(_LONGEST_PAUSE, max(_SHORTEST_PAUSE, 2 * self._pause))
        self._not_before = time.monotonic() + self._pause


def _shared(size: int) -> tuple[mmap.mmap, int]:
    """Memory that two processes see, and its handle for the child. On Linux nobody can change its size any more: a
    child that cut it would end the parent, who reads it."""
    if sys.platform == "linux":
        handle = os.memfd_create("photo", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
        os.ftruncate(handle, size)
        fcntl.fcntl(handle, fcntl.F_ADD_SEALS, fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SEAL)
    else:
        with tempfile.TemporaryFile() as file:
            file.truncate(size)
            handle = os.dup(file.fileno())
    return mmap.mmap(handle, size), handle
