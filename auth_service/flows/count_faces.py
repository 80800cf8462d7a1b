"""Counts the people whose faces are stored, and remembers the day on which a filing duty begins."""

from __future__ import annotations

from auth_service.core.audit import AuditEvent
from auth_service.core.clock import Clock
from auth_service.enrollment.filing import THRESHOLDS, FaceCount
from auth_service.storage.unit import Store


class CountFaces:
    """Run daily. The first count at or above a threshold is kept and audited, once."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def run(self) -> FaceCount:
        """raises DatabaseUnavailable, StorageFault"""
        with self._store.reading() as unit:
            count = unit.face_counts.count()
            known = {one.threshold for one in unit.face_counts.reached()}
        due = [threshold for threshold in THRESHOLDS if threshold <= count.people and threshold not in known]
        if due:
            self._remember(due, count.people)
        return count

    def _remember(self, thresholds: list[int], people: int) -> None:
        now = self._clock.now()
        with self._store.unit() as unit:
            for threshold in thresholds:
                if unit.face_counts.reach(threshold, people, now):
                    details = {"threshold": threshold, "people": people}
                    unit.audit.append(AuditEvent("system", "faces.threshold_reached", "", details), now)
