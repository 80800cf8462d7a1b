"""Inference for many inside one serving process; `bulk.py` reads whole folders in several."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol, TypeVar

from auth_service.core.errors import (
    CapacityExceeded,
    Unavailable,
)
from auth_service.core.tracing import NoTracer, Tracer
from auth_service.engines.reader import EngineFaceReader
from auth_service.faces.sample import FaceSample
from auth_service.faces.template import EngineIdentity

K = TypeVar("K")


class BuildsReaders(Protocol):
    """Builds a reader, in whichever process; ReaderSpec of catalogue.py is one."""

    def build(self) -> EngineFaceReader: ...


class InferencePool:
    """A fixed number of warmed readers that calling threads borrow in turn. Fulfils faces.ports.FaceReader.

    The caller's own thread does the work: dlib, OpenCV and onnxruntime let go of the interpreter meanwhile, and plain
    `def` routes run outside the event loop. Who finds all readers busy waits; who finds the waiting line full gets
    CapacityExceeded at once.

    workers  readers, so photos read at the same time; sensible is one per core
    waiting  callers that may wait besides
    waited   told the seconds that each caller waited for a reader
    """

    def __init__(
        self,
        spec: BuildsReaders,
        *,
        workers: int,
        waiting: int,
        waited: Callable[[float], None] | None = None,
        tracer: Tracer | None = None,
    ) -> None:
        """raises what building a reader raises, so that a service without weights does not start"""
        if workers < 1 or waiting < 0:
            raise ValueError("a pool needs a worker, and no less than nobody can wait")
        readers = [spec.build() for _ in range(workers)]
        self.workers = workers
        self.places = workers + waiting
        self._waited = waited
        self._tracer = tracer or NoTracer()
        self._identity = readers[0].identity
        self._idle: queue.Queue[EngineFaceReader] = queue.Queue()
        self._readers = readers
        for reader in readers:
            reader.share(readers[0].room)
            self._idle.put(reader)
        self._places = threading.BoundedSemaphore(workers + waiting)
        self._inside = 0
        self._count = threading.Condition()
        self._closed = False

    @property
    def identity(self) -> EngineIdentity:
        return self._identity

    @property
    def open(self) -> bool:
        """Whether callers are let in."""
        return not self._closed

    @property
    def depth(self) -> int:
        """Callers that are being served or wait, for the metrics."""
        return self._inside

    @property
    def fenced(self) -> str:
        """What holds the decoders' processes, for `doctor`."""
        return self._readers[0].fenced

    def read(self, data: bytes) -> FaceSample:
        """raises CapacityExceeded, Unavailable (closed), and as EngineFaceReader.read"""
        with self.borrowed() as reader:
            return reader.read(data)

    def read_kept(self, data: bytes) -> tuple[FaceSample, bytes]:
        """The sample and the photo for keeping, decoded once. raises as `read`"""
        with self.borrowed() as reader:
            return reader.read_kept(data)

    def reencode(self, data: bytes) -> bytes:
        """raises as `read`"""
        with self.borrowed() as reader:
            return reader.reencode(data)

    def portrait(self, data: bytes) -> bytes:
        """raises as `read`"""
        with self.borrowed() as reader:
            return reader.portrait(data)

    def close(self, timeout_seconds: float = 30.0) -> bool:
        """Takes nobody in any more, waits for those inside and ends the decoders' processes.

        returns  whether all were served in time; otherwise the processes stay until this one ends
        """
        with self._count:
            self._closed = True
            served = self._count.wait_for(lambda: self._inside == 0, timeout_seconds)
        if served:
            for reader in self._readers:
                reader.close()
        return served

    @contextmanager
    def borrowed(self, span: str = "photo.read") -> Iterator[EngineFaceReader]:
        """One reader for this thread alone. raises CapacityExceeded, Unavailable (closed)"""
        if not self._places.acquire(blocking=False):
            raise CapacityExceeded
        try:
            self._enter()
            try:
                reader = self._patient()
                try:
                    with self._tracer.span(span, engine=self._identity.engine):
                        yield reader
                finally:
                    self._idle.put(reader)
            finally:
                self._leave()
        finally:
            self._places.release()

    def _patient(self) -> EngineFaceReader:
        started = time.perf_counter()
        with self._tracer.span("reader.wait"):
            reader = self._idle.get()
        if self._waited is not None:
            self._waited(time.perf_counter() - started)
        return reader

    def _enter(self) -> None:
        with self._count:
            if self._closed:
                raise Unavailable("the service is closing")
            self._inside += 1

    def _leave(self) -> None:
        with self._count:
            self._inside -= 1
            self._count.notify_all()
