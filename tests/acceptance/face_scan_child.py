"""A scan of a crowd in a process of its own, with the service's parts and nothing else in memory.

python -m tests.acceptance.face_scan_child FOLDER ENGINE; prints one JSON document.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from auth_service.engines.face_scan import FaceScan
from auth_service.flows.duplicate_pairs import BLOCK, Going, candidates_of
from auth_service.matching.calibration import load_shipped
from auth_service.matching.duplicates import FaceScanner, Ranked, Tail, Thresholds
from auth_service.matching.population import Population
from auth_service.storage.unit import ScanState
from tests.acceptance.crowd import Crowd, person_id

_READ_AT_ONCE = 1000
_WARM = 256


class Peak:
    """The most anonymous memory of this process while it is looked at: files that are only mapped do not count."""

    def __init__(self) -> None:
        self.start = self.most = _anonymous_bytes()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def _look(self) -> None:
        while not self._ended.wait(0.02):
            self.most = max(self.most, _anonymous_bytes())

    def end(self) -> int:
        self._ended.set()
        self._thread.join()
        return max(self.most, _anonymous_bytes()) - self.start


def _anonymous_bytes() -> int:
    text = Path("/proc/self/status").read_text(encoding="ascii")
    return int(text.split("RssAnon:")[1].split()[0]) * 1024


def scan(crowd: Crowd, scanner_of: Callable[..., FaceScanner], queue: int) -> tuple[list[Ranked], Tail, FaceScanner]:
    """The whole queue, as flows/find_duplicates.py makes it of the same parts, without a database."""
    calibration = load_shipped("dlib-resnet")
    population = Population(crowd.people)
    scanner = scanner_of(crowd.people, crowd.vectors.shape[1], calibration.metric)
    for begin in range(0, crowd.people, _READ_AT_ONCE):
        end = min(begin + _READ_AT_ONCE, crowd.people)
        scanner.put(begin, np.asarray(crowd.vectors[begin:end]))
        for place in range(begin, end):
            population.add(person_id(place), int(crowd.images[place]), crowd.shared(place))
    population.close([])
    going = Going(calibration, Thresholds(calibration), population, scanner, 2 * queue, set())
    going.restart(ScanState("s", calibration.label, datetime.now(UTC), "", crowd.people, ()), [])
    for begin in range(0, crowd.people, BLOCK):
        near = scanner.near(begin, min(begin + BLOCK, crowd.people), going.thresholds.floor)
        going.pool.offer(list(candidates_of(near, going, going.tail)))
    return going.pool.ranked(going.tail)[:queue], going.tail, scanner


def told(ranked: list[Ranked]) -> list[tuple[str, str]]:
    return [(one.candidate.first, one.candidate.second) for one in ranked]


def main(folder: Path, queue: int) -> dict[str, Any]:
    crowd = Crowd.load(folder)
    small = Crowd(crowd.vectors[:_WARM], crowd.images[:_WARM], crowd.phones[:_WARM], crowd.villages[:_WARM], ())
    scan(small, FaceScan, queue)  # what the libraries themselves take is not the scan's
    peak, began, spent = Peak(), time.monotonic(), time.process_time()
    ranked, tail, scanner = scan(crowd, FaceScan, queue)
    seconds, processor = time.monotonic() - began, time.process_time() - spent
    grown = peak.end()
    assert isinstance(scanner, FaceScan)
    return {
        "people": crowd.people, "seconds": round(seconds, 1), "processor_seconds": round(processor, 1),
        "coded_bytes": scanner.coded_bytes, "grown_bytes": grown, "over_coded": round(grown / scanner.coded_bytes, 3),
        "reached": tail.total, "queue": told(ranked), "by_chance": [float(f"{one.by_chance:.4g}") for one in ranked],
    }  # fmt: skip


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(Path(sys.argv[1]), int(sys.argv[2]))))
