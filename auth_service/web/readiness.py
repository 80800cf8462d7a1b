"""Can this process do its work now? Asked afresh each time, and answered in time even when a part hangs."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from auth_service.core.errors import ServiceError
from auth_service.web.services import Readiness

PATIENCE_SECONDS = 3.0
"""A part that does not answer by then is missing. source: below the 5 s that probes commonly wait"""

Check = tuple[str, Callable[[], bool]]
"""A name and whether it is so; a ServiceError means no."""


@dataclass
class _Round:
    """One look at everything, each part in a thread of its own."""

    checks: Sequence[Check]
    advisory: frozenset[str] = frozenset()
    found: dict[str, bool] = field(default_factory=dict)
    finished: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def start(self) -> None:
        for name, check in self.checks:
            threading.Thread(target=self._look, args=(name, check), name=f"ready {name}", daemon=True).start()

    def _look(self, name: str, check: Callable[[], bool]) -> None:
        fine = False
        try:
            fine = check()
        except ServiceError:
            fine = False
        finally:
            with self._lock:
                self.found[name] = fine
                if len(self.found) == len(self.checks):
                    self.finished.set()

    def present(self) -> Readiness:
        with self._lock:
            looked = [(name, self.found.get(name, False)) for name, _ in self.checks]
        counted = tuple((name, fine) for name, fine in looked if name not in self.advisory)
        return Readiness(counted, tuple(name for name, fine in looked if name in self.advisory and not fine))


class ReadinessProbe:
    """Callers at the same time share one round, so that a database that hangs holds one round of threads and no more.

    checks    in the order in which an operator would look
    advisory  names of those that are told, and do not count
    """

    def __init__(
        self, checks: Sequence[Check], patience_seconds: float = PATIENCE_SECONDS, advisory: Sequence[str] = ()
    ) -> None:
        self._checks = tuple(checks)
        self._advisory = frozenset(advisory)
        self._patience = patience_seconds
        self._lock = threading.Lock()
        self._round: _Round | None = None

    def __call__(self) -> Readiness:
        with self._lock:
            if self._round is None or self._round.finished.is_set():
                self._round = _Round(self._checks, self._advisory)
                self._round.start()
            present = self._round
        present.finished.wait(self._patience)
        return present.present()
