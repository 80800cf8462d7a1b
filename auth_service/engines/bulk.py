"""Whole folders read in several processes: nothing is lost when one of them dies."""

from __future__ import annotations

import multiprocessing
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Generic, TypeVar

from auth_service.core.errors import EngineFault, FileUnreadable, ImageTooManyBytes, ServiceError
from auth_service.engines.pool import BuildsReaders
from auth_service.engines.reader import EngineFaceReader
from auth_service.faces.sample import FaceSample

K = TypeVar("K")

_AHEAD = 3
"""Photos that lie at one worker: one in work, the others so that it never waits for the parent."""
_TRIES = 2
"""A photo that a worker died with is tried once more in a fresh one; dying twice is the photo's doing."""


@dataclass(frozen=True, slots=True)
class BulkResult(Generic[K]):
    """What became of one photo: a sample (and the photo for keeping, if asked for), or an error with code and texts."""

    key: K
    sample: FaceSample | None = None
    jpeg: bytes | None = None
    error: ServiceError | None = None

    @property
    def code(self) -> str | None:
        return None if self.error is None else self.error.code

    @property
    def detail(self) -> str:
        return "" if self.error is None else self.error.detail


@dataclass(slots=True)
class _Task(Generic[K]):
    key: K
    path: Path
    tries: int = 0


@dataclass(slots=True)
class _Worker(Generic[K]):
    process: BaseProcess
    line: Connection
    tasks: deque[_Task[K]] = field(default_factory=deque)
    ready: bool = False


class BulkReader:
    """Reads whole folders in spawned processes, one thread each. Memory stays flat: a few photos per process.

    A process that dies (memory, a crash in a decoder) costs nothing but time: it is replaced, what lay at it is read
    again, and a photo that kills twice is reported as an error.
    """

    def __init__(self, spec: BuildsReaders, *, processes: int) -> None:
        if processes < 1:
            raise ValueError("bulk reading needs a process")
        self._spec = spec
        self._processes = processes

    def map(self, items: Iterable[tuple[K, Path]], *, keep_jpeg: bool) -> Iterator[BulkResult[K]]:
        """One result per item, in no order, each as soon as it is there. Stopping early stops the processes.

        raises  what building a reader raises; EngineFault: processes die before they can work
        """
        run = _BulkRun[K](self._spec, self._processes, keep_jpeg)
        try:
            yield from run.results(iter(items))
        finally:
            run.stop()


class _BulkRun(Generic[K]):
    """One call of `map`: who works on what."""

    def __init__(self, spec: BuildsReaders, processes: int, keep_jpeg: bool) -> None:
        self._start = (spec, keep_jpeg)
        self._context = multiprocessing.get_context("spawn")
        self._workers: list[_Worker[K]] = []
        self._again: deque[_Task[K]] = deque()
        self._processes = processes

    def results(self, items: Iterator[tuple[K, Path]]) -> Iterator[BulkResult[K]]:
        self._workers = [self._spawn() for _ in range(self._processes)]
        tasks = self._tasks(items)
        for worker in self._workers:
            self._hand_out(worker, tasks)
        while any(worker.tasks for worker in self._workers):
            lines = [worker.line for worker in self._workers if worker.tasks]
            for line in wait(lines):
                position = next(n for n, worker in enumerate(self._workers) if worker.line is line)
                yield from self._hear(position)
                self._hand_out(self._workers[position], tasks)

    def stop(self) -> None:
        for worker in self._workers:
            worker.line.close()
        for worker in self._workers:
            worker.process.join(timeout=0.5)
            if worker.process.is_alive():
                worker.process.kill()
                worker.process.join()
            worker.process.close()

    def _tasks(self, items: Iterator[tuple[K, Path]]) -> Iterator[_Task[K]]:
        for key, path in items:
            yield _Task(key, path)

    def _spawn(self) -> _Worker[K]:
        ours, theirs = self._context.Pipe()
        process = self._context.Process(target=_work, args=(theirs, *self._start), daemon=True)
        process.start()
        theirs.close()
        return _Worker(process, ours)

    def _hand_out(self, worker: _Worker[K], tasks: Iterator[_Task[K]]) -> None:
        while len(worker.tasks) < _AHEAD:
            task = self._again.popleft() if self._again else next(tasks, None)
            if task is None:
                return
            worker.tasks.append(task)
            try:
                worker.line.send(task.path)
            except (BrokenPipeError, ConnectionResetError):
                return  # its line wakes `wait`, and `_hear` sees to the rest

    def _hear(self, position: int) -> Iterator[BulkResult[K]]:
        worker = self._workers[position]
        try:
            answer = worker.line.recv()
        except (EOFError, ConnectionResetError):
            yield from self._replace(position)
            return
        if isinstance(answer, ServiceError) and not worker.ready:
            raise answer
        if not worker.ready:
            worker.ready = True
            return
        key = worker.tasks.popleft().key
        if isinstance(answer, ServiceError):
            yield BulkResult(key, error=answer)
        else:
            yield BulkResult(key, *answer)

    def _replace(self, position: int) -> Iterator[BulkResult[K]]:
        """After a death: the photo it had in work is tried once more, first; the rest is handed out again."""
        dead = self._workers[position]
        dead.line.close()
        dead.process.join()
        exit_code = dead.process.exitcode
        dead.process.close()
        if not dead.ready:
            del self._workers[position]
            raise EngineFault(f"a reading process died at its start (exit {exit_code})")
        self._workers[position] = self._spawn()
        suspect, *rest = dead.tasks
        suspect.tries += 1
        self._again.extend(rest)
        if suspect.tries < _TRIES:
            self._again.appendleft(suspect)
        else:
            yield BulkResult(suspect.key, error=EngineFault(f"reading this photo ends the process (exit {exit_code})"))


def _work(line: Connection, spec: BuildsReaders, keep_jpeg: bool) -> None:
    """A worker's life: build a reader, say so, then one answer per path until the parent closes the line."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent hears Ctrl-C and closes the line
    try:
        reader = spec.build()
    except ServiceError as fault:
        line.send(fault)
        return
    read = _keeping(reader) if keep_jpeg else _plain(reader)
    try:
        line.send(None)
        while True:
            line.send(_answer(line.recv(), read))
    except (EOFError, BrokenPipeError, ConnectionResetError):
        return


Answer = tuple[FaceSample, bytes | None]


def _keeping(reader: EngineFaceReader) -> Callable[[bytes], Answer]:
    return reader.read_kept


def _plain(reader: EngineFaceReader) -> Callable[[bytes], Answer]:
    return lambda data: (reader.read(data), None)


def _answer(path: Path, read: Callable[[bytes], Answer]) -> Answer | ServiceError:
    try:
        return read(_file(path))
    except ServiceError as refused:
        return refused.with_traceback(None)


def _file(path: Path) -> bytes:
    """raises FileUnreadable, ImageTooManyBytes (before a huge file fills the memory)"""
    try:
        if path.stat().st_size > _MOST_FILE_BYTES:
            raise ImageTooManyBytes(f"{path.stat().st_size} bytes")
        return path.read_bytes()
    except OSError as absent:
        raise FileUnreadable(type(absent).__name__) from absent


_MOST_FILE_BYTES = 64 * 1024 * 1024
"""Far above any intake policy, which has the last word on what was read."""
