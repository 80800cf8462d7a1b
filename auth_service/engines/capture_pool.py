"""Measuring sessions for many inside one serving process, with the same readers that photos are read with.

So sessions and photos together never take more processor at once than the pool has readers, and whoever finds the
waiting line full is refused at once, whatever they brought.
"""

from __future__ import annotations

import queue
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from auth_service.capture.challenge import Challenge, Planned
from auth_service.capture.ports import StepLook
from auth_service.capture.steps import CapturedStep
from auth_service.engines.capture_reader import CaptureParts, EngineCaptureReader, tells_turns
from auth_service.engines.pool import InferencePool
from auth_service.liveness.measures import SessionMeasures


class PooledCaptures:
    """Fulfils liveness.ports.CaptureReader and capture.ports.FrameLook; threads share it.

    pool   lends a reader for as long as one session is measured: 60 frames take about half a second of processor time
    build  makes the parts for one thread; called once per reader of the pool, at once
    """

    def __init__(self, pool: InferencePool, build: Callable[[], CaptureParts]) -> None:
        """raises what building the parts raises: weights that are there but wrong"""
        self._pool = pool
        built = [build() for _ in range(pool.workers)]
        self._layout = built[0].layout
        self._idle: queue.Queue[CaptureParts] = queue.Queue()
        for parts in built:
            self._idle.put(parts)

    @property
    def shows_turns(self) -> bool:
        return tells_turns(self._layout)

    @property
    def layout(self) -> str:
        """Of the points that sessions are measured by, for `doctor`."""
        return self._layout

    def measure(self, steps: Sequence[CapturedStep], challenge: Challenge) -> SessionMeasures:
        """raises CapacityExceeded, Unavailable (closed), and as EngineCaptureReader.measure"""
        with self._pool.borrowed("session.measure") as reader, self._parts() as parts:
            return EngineCaptureReader(reader, parts).measure(steps, challenge)

    def look(self, step: CapturedStep, planned: Planned) -> StepLook:
        """raises as `measure`"""
        with self._pool.borrowed("step.look") as reader, self._parts() as parts:
            return EngineCaptureReader(reader, parts).look_at(step, planned)

    @contextmanager
    def _parts(self) -> Iterator[CaptureParts]:
        """Never waits: there are as many as readers, and the caller holds one of those."""
        parts = self._idle.get_nowait()
        try:
            yield parts
        finally:
            self._idle.put(parts)
