"""A child process that reads strangers' bytes, seen from its parent: started bare, given time by the job, ended.

The child starts with an empty environment, no arguments but its own, and two pipes; it fences itself in (fences.py)
and says so. It ends when its end of the pipe closes, so that a parent killed without warning leaves nobody behind.
"""

from __future__ import annotations

import json
import os
import resource
import select
import signal
import subprocess
import sys
import time
import weakref
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_BOOT = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[1]); sys.argv[:] = sys.argv[2:];"
    "import runpy; runpy.run_module(sys.argv[0], {}, '__main__')"
)
_ENVIRONMENT = {
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MALLOC_MMAP_THRESHOLD_": str(4 << 20),
    "MALLOC_TRIM_THRESHOLD_": str(16 << 20),
}
"""One thread: the fence of system calls holds for the thread that sets it. glibc: large blocks go back when they are
freed, small ones stay for the next job."""


@dataclass(frozen=True, slots=True)
class FencePolicy:
    """How much one child may use.

    data_bytes     private memory of a child; with shared libraries and the shared picture it stays under 512 MB
    cpu_seconds    processor time for one job
    wall_seconds   time for one job by the clock; longer than cpu_seconds, because other work may hold the processor
    start_seconds  time to start by the clock

    All of it holds for an honest child that a file costs too much, on any system. For one that a file has talked into
    working for it, memory and processor time hold on Linux only (fences.py: no memory besides what is counted, and no
    way to catch the signal that ends it); elsewhere the clock ends it. Processor time is whole seconds of the child's
    life: a job gets between cpu_seconds - 1 and cpu_seconds.

    source  trust.md 2.2 API4 and F27: decode worker limited to 512 MB and 5 s
    """

    data_bytes: int = 352 * 1024 * 1024
    cpu_seconds: int = 5
    wall_seconds: float = 15.0
    start_seconds: float = 60.0


class ChildEnded(Exception):
    """The child is gone: `reason` is `cpu`, `late` (ended by us) or `died`."""

    def __init__(self, reason: str, status: int | None) -> None:
        super().__init__(f"{reason} (exit {status})")
        self.reason = reason


class FencedChild:
    """One child running `module`, spoken to by one thread at a time over two pipes of bytes."""

    def __init__(self, module: str, arguments: Sequence[str], policy: FencePolicy, files: Sequence[int] = ()) -> None:
        self._policy = policy
        paths = [str(Path(entry).absolute()) for entry in sys.path]
        self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
            [sys.executable, "-I", "-S", "-B", "-c", _BOOT, json.dumps(paths), module, *arguments],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, bufsize=0,
            env=_ENVIRONMENT, cwd="/", pass_fds=tuple(files), start_new_session=True,
        )  # fmt: skip
        self.pid = self._process.pid
        assert self._process.stdin is not None  # noqa: S101 - asked for above
        assert self._process.stdout is not None  # noqa: S101
        self._to, self._from = self._process.stdin.fileno(), self._process.stdout.fileno()
        self._poll = select.poll()
        self._poll.register(self._from, select.POLLIN)
        self._deadline = time.monotonic() + policy.start_seconds
        self._end = weakref.finalize(self, _end, self._process)

    @property
    def alive(self) -> bool:
        return self._end.alive and self._process.poll() is None

    def send(self, job: bytes) -> None:
        """Hands a job over (less than a pipe holds, 4 KB), with its time. raises ChildEnded"""
        self._deadline = time.monotonic() + self._policy.wall_seconds
        try:
            self._grant(self._policy.cpu_seconds)
            os.write(self._to, job)
        except (BrokenPipeError, ProcessLookupError) as gone:
            raise self._ended() from gone

    def wait_anew(self) -> None:
        """The clock of the job starts again; the processor time goes on."""
        self._deadline = time.monotonic() + self._policy.wall_seconds

    def receive(self, size: int) -> bytes:
        """Exactly so many bytes, within the job's time. raises ChildEnded"""
        parts = bytearray()
        while len(parts) < size:
            left = self._deadline - time.monotonic()
            if not self._poll.poll(max(0, left * 1000)):
                self.close()
                raise ChildEnded("late", self._process.returncode)
            part = os.read(self._from, size - len(parts))
            if not part:
                raise self._ended()
            parts += part
        return bytes(parts)

    def close(self) -> None:
        """Ends the child, whatever it does."""
        self._end()

    def _grant(self, seconds: int) -> None:
        """Processor time from now on. The child cannot lengthen it: the call that does is fenced off."""
        if sys.platform != "linux":
            return
        fields = Path(f"/proc/{self.pid}/stat").read_bytes().rpartition(b") ")[2].split()
        used = (int(fields[11]) + int(fields[12])) // os.sysconf("SC_CLK_TCK")
        resource.prlimit(self.pid, resource.RLIMIT_CPU, (used + seconds, resource.RLIM_INFINITY))

    def _ended(self) -> ChildEnded:
        try:
            status: int | None = self._process.wait(timeout=1.0)
        except subprocess.TimeoutExpired:
            status = None
        self.close()
        return ChildEnded("cpu" if status == -signal.SIGXCPU else "died", status)


def _end(process: subprocess.Popen[bytes]) -> None:
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            pipe.close()
    process.kill()
    process.wait()
