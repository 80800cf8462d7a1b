"""The use cases of one face under several identities, each built once. No channel and no page is handed any of them."""

from __future__ import annotations

from functools import cached_property

from auth_service.core.jobs import Job
from auth_service.flows.declare_kin import DeclareKin
from auth_service.flows.duplicate_pairs import ScanTerms
from auth_service.flows.find_duplicates import FindDuplicates
from auth_service.matching.calibration import Metric
from auth_service.matching.duplicates import FaceScanner
from auth_service.wiring.flows import Flows


class DuplicateFlows(Flows):
    """Fund supervision by faces across people (rule I03)."""

    @cached_property
    def find_duplicates(self) -> FindDuplicates:
        terms = ScanTerms(_scanner, self.current_calibration, self.settings.duplicates)
        return FindDuplicates(self.store, self.clock, terms)

    @cached_property
    def declare_kin(self) -> DeclareKin:
        return DeclareKin(self.store, self.clock)

    def duplicate_jobs(self) -> list[Job]:
        """None where the agency wants no scan by itself, or has named no ground for one."""
        if self.settings.duplicates.days == 0 or not self.settings.duplicates.ground.strip():
            return []
        return [Job("duplicates", 3600, lambda: self.find_duplicates.if_due())]  # noqa: PLW0108 - keys are opened late


def _scanner(people: int, dimensions: int, metric: Metric) -> FaceScanner:
    from auth_service.engines.face_scan import FaceScan  # noqa: PLC0415 - faiss is loaded by a scan alone

    return FaceScan(people, dimensions, metric)
