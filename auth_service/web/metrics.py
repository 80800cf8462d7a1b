"""Counts and durations for Prometheus. Labels are route templates, status classes and codes: nothing personal.

Several processes of one host share their counts through files in the folder that PROMETHEUS_MULTIPROC_DIR names
(`serve` sets it when there is more than one): whichever process answers /metrics tells the sum of all.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead
from prometheus_client.registry import Collector

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
SHARED_FOLDER = "PROMETHEUS_MULTIPROC_DIR"
"""The library's own name; read by it when it is imported."""
_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
PROBES = {
    "auth_service_inference_queue_depth": "Photos that are being read or wait for a reader",
    "auth_service_inference_places": "Photos that may be read or wait at once before 503 is answered",
    "auth_service_database_connections_in_use": "Database connections in use",
    "auth_service_database_connections_most": "Database connections that may be open at once",
    "auth_service_keys_cached": "Unwrapped person keys held in memory",
    "auth_service_resident_bytes": "Memory of the serving processes",
}
"""What is looked up when a request ends and when the meters are read; summed over the processes."""


class Measures:
    """The service's meters.

    probes  by names of PROBES; one that is left out stays 0
    facts   what is looked up in database and file system at each reading; the same from every process
    """

    def __init__(
        self, registry: CollectorRegistry, probes: Mapping[str, Callable[[], float]], facts: Collector | None = None
    ) -> None:
        self._registry = registry
        self._facts = facts
        self._shared = os.environ.get(SHARED_FOLDER)
        self.requests = Counter(
            "auth_service_requests", "Requests answered", ("method", "route", "status"), registry=registry
        )
        self.durations = Histogram(
            "auth_service_request_seconds", "Time to answer", ("method", "route"), buckets=_SECONDS, registry=registry
        )
        self.attempts = Counter("auth_service_attempts", "Verifications begun", ("channel",), registry=registry)
        self.decisions = Counter("auth_service_decisions", "Decisions made", ("outcome", "channel"), registry=registry)
        self.not_acquired = Counter(
            "auth_service_failures_to_acquire",
            "Attempts whose photo could not be used, by reason",
            ("reason", "channel"),
            registry=registry,
        )
        self.errors = Counter("auth_service_errors", "Errors answered, by code", ("code",), registry=registry)
        self.waits = Histogram(
            "auth_service_inference_wait_seconds", "Waiting for a free reader", buckets=_SECONDS, registry=registry
        )
        self._probes = [
            (Gauge(name, meaning, registry=registry, multiprocess_mode="livesum"), probes.get(name, _nothing))
            for name, meaning in PROBES.items()
        ]
        if facts is not None and not self._shared:
            registry.register(facts)
        if self._shared:
            _forget_the_dead(Path(self._shared))

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        """One request."""
        self.refused(method, route, status, seconds)
        self.sample()

    def refused(self, method: str, route: str, status: int, seconds: float) -> None:
        """One request that nobody worked on: counted, and nothing is looked at, for there may be hundreds a second."""
        self.requests.labels(method, route, f"{status // 100}xx").inc()
        self.durations.labels(method, route).observe(seconds)

    def sample(self) -> None:
        """Looks at the probes of this process, so that the others can tell its state."""
        for gauge, probe in self._probes:
            gauge.set(probe())

    def exposition(self) -> bytes:
        """The text that Prometheus reads."""
        self.sample()
        if not self._shared:
            return generate_latest(self._registry)
        _forget_the_dead(Path(self._shared))
        together = CollectorRegistry()
        MultiProcessCollector(together)  # type: ignore[no-untyped-call]
        if self._facts is not None:
            together.register(self._facts)
        return generate_latest(together)


def _nothing() -> float:
    return 0.0


def _forget_the_dead(folder: Path) -> None:
    """A process that was killed has no queue and no connections any more; what it counted stays."""
    for file in folder.glob("gauge_live*_*.db"):
        pid = file.stem.rpartition("_")[2]
        if pid.isdigit() and not Path(f"/proc/{pid}").exists() and Path("/proc/self").exists():
            mark_process_dead(int(pid), str(folder))  # type: ignore[no-untyped-call]


def resident_bytes() -> float:
    """Memory of this process, 0 where the system does not tell."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except (OSError, IndexError, ValueError):
        return 0.0
    return float(pages * os.sysconf("SC_PAGE_SIZE"))
