"""Driving measured processes: one thread each, taking turns in short blocks, compared by their medians."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from statistics import median, quantiles

from auth_service.core.errors import EngineFault

ONE_THREAD = dict.fromkeys(
    ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "BLIS_NUM_THREADS", "NUMEXPR_NUM_THREADS"), "1"
)
"""Read by the numeric libraries when they are loaded, so it is set before a process starts."""
Item = dict[str, str]


@dataclass(slots=True)
class Timings:
    """Seconds per item; `processor` stays empty where the work is done by a process that is not ours to ask."""

    wall: list[float] = field(default_factory=list)
    processor: list[float] = field(default_factory=list)

    def add(self, times: Sequence[Sequence[float]]) -> None:
        self.wall.extend(pair[0] for pair in times)
        self.processor.extend(processor for pair in times for processor in pair[1:])

    def document(self) -> dict[str, float | int]:
        """Milliseconds: the median, the middle half's ends, and the CPU's share."""
        low, _, high = quantiles(self.wall, n=4) if len(self.wall) > 1 else (self.wall * 3)
        found: dict[str, float | int] = {
            "items": len(self.wall),
            "median_ms": round(median(self.wall) * 1e3, 3),
            "quarter_ms": round(low * 1e3, 3),
            "three_quarters_ms": round(high * 1e3, 3),
        }
        if self.processor:
            found["cpu_median_ms"] = round(median(self.processor) * 1e3, 3)
        return found


class Side:
    """One measured process."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self._receive()

    def time(self, task: str, items: Sequence[Item]) -> list[list[float]]:
        """Wall and CPU seconds of each item. raises EngineFault: the process ended"""
        line = json.dumps({"task": task, "items": list(items)})
        if self._process.stdin is None:
            raise EngineFault("no line to the measured process")
        try:
            self._process.stdin.write(line + "\n")
            self._process.stdin.flush()
        except BrokenPipeError as gone:
            raise EngineFault("a measured process ended") from gone
        times: list[list[float]] = self._receive()["times"]
        return times

    def _receive(self) -> dict[str, list[list[float]]]:
        line = self._process.stdout.readline() if self._process.stdout else ""
        if not line:
            raise EngineFault("a measured process ended; what it said stands above")
        answer: dict[str, list[list[float]]] = json.loads(line)
        return answer


@contextmanager
def side(name: str, *folders: Path) -> Iterator[Side]:
    """`ours` (models, cache and working folder) or `reference`: started and ready, ended after."""
    command = [sys.executable, "-m", "auth_service.cli.bench_child", name, *(str(folder) for folder in folders)]
    process = subprocess.Popen(  # noqa: S603 - our own program and interpreter
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={**os.environ, **ONE_THREAD}, text=True
    )
    try:
        yield Side(process)
    finally:
        for line in (process.stdin, process.stdout):
            if line is not None:
                with suppress(BrokenPipeError):
                    line.close()
        process.terminate()
        process.wait()


def reference_installed() -> bool:
    """Whether the package that we are compared with is there (extra `[reference]`)."""
    return importlib.util.find_spec("face_recognition") is not None


Measure = Callable[[Sequence[Item]], list[list[float]]]


WARM_UP = 2
"""Items at the beginning that warm each side up and do not count."""


def take_turns(
    sides: Sequence[Measure], items: Sequence[Item], block: int, done: Callable[[int], None]
) -> list[Timings]:
    """Every side times every item, block by block in turn, so that whatever else the machine does falls on all alike.

    items  WARM_UP ones that do not count, then those that do
    done   hears how many items of each block are through
    """
    timings = [Timings() for _ in sides]
    for measure in sides:
        measure(items[:WARM_UP])
    remaining = iter(items[WARM_UP:])
    while chunk := list(islice(remaining, block)):
        for measure, kept in zip(sides, timings, strict=True):
            kept.add(measure(chunk))
        done(len(chunk))
    return timings
