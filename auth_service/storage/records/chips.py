"""What chips' portraits were compared with, within one unit. The portraits are kept nowhere."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert, select

from auth_service.matching.comparison import Zone
from auth_service.qualification.chip import ChipComparison
from auth_service.storage.tables import ChipComparisonRow
from auth_service.storage.tables.schema import table_of
from auth_service.storage.work import Work

_CHIPS = table_of(ChipComparisonRow)


@dataclass(frozen=True, slots=True)
class StoredChip:
    """Similarity and zone, each None where there was nothing to compare with."""

    live: float | None
    live_zone: Zone | None
    enrolled: float | None
    enrolled_zone: Zone | None


class Chips:
    """See the module."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def add(self, evidence_id: str, chip: ChipComparison, now: datetime) -> None:
        values = {
            "evidence_id": evidence_id,
            "live": chip.live.similarity if chip.live else None,
            "live_zone": chip.live.zone.value if chip.live else None,
            "enrolled": chip.enrolled.similarity if chip.enrolled else None,
            "enrolled_zone": chip.enrolled.zone.value if chip.enrolled else None,
            "compared_at": now,
        }
        self._work.connection.execute(insert(_CHIPS), values)

    def of(self, evidence_id: str) -> StoredChip | None:
        """None: no card was read in this attempt."""
        row = self._work.connection.execute(select(_CHIPS).where(_CHIPS.c.evidence_id == evidence_id)).one_or_none()
        if row is None:
            return None
        zones = [Zone(word) if word else None for word in (row.live_zone, row.enrolled_zone)]
        return StoredChip(row.live, zones[0], row.enrolled, zones[1])
