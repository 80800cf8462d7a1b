"""How many pixels one process holds at a time: large photos wait for one another, small ones pass by."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from auth_service.core.errors import CapacityExceeded

_LONGEST_WAIT = 20.0
"""Seconds. Longer than one photo takes, so that whoever waits in vain stands before a real crowd."""


class PixelRoom:
    """A counted room that decoders share.

    pixels  most at a time; a single photo larger than the room has it alone
    """

    def __init__(self, pixels: int) -> None:
        self._size = self._free = pixels
        self._changed = threading.Condition()

    @contextmanager
    def taken(self, pixels: int, seconds: float = _LONGEST_WAIT) -> Iterator[None]:
        """raises CapacityExceeded: no room in time"""
        wanted = min(pixels, self._size)
        with self._changed:
            if not self._changed.wait_for(lambda: self._free >= wanted, seconds):
                raise CapacityExceeded("too many large photos at once")
            self._free -= wanted
        try:
            yield
        finally:
            with self._changed:
                self._free += wanted
                self._changed.notify_all()
