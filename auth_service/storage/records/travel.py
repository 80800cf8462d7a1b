"""Where and when somebody passed at kiosks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from auth_service.qualification.evidence import Channel
from auth_service.storage.records.passes import PASSED
from auth_service.storage.tables import CaptureSessionRow, EvidenceRow, OfflineRecordRow
from auth_service.storage.tables.schema import table_of
from auth_service.storage.work import Work

_EVIDENCE, _SESSIONS = table_of(EvidenceRow), table_of(CaptureSessionRow)
_RECORDS = table_of(OfflineRecordRow)
_AT = func.coalesce(_RECORDS.c.captured_at, _EVIDENCE.c.taken_at, type_=_EVIDENCE.c.taken_at.type)

_PLACES = (
    select(_EVIDENCE.c.id, _SESSIONS.c.device, _AT.label("at"))
    .join(_SESSIONS, _SESSIONS.c.evidence_id == _EVIDENCE.c.id)
    .outerjoin(_RECORDS, _RECORDS.c.session_id == _SESSIONS.c.id)
)


@dataclass(frozen=True, slots=True)
class KioskPass:
    """device: keyed hash; at: by the kiosk's own clock where it had no line, else by ours"""

    evidence_id: str
    device: str
    at: datetime


class Travel:
    """Passes of one person within one unit."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def place_of(self, evidence_id: str) -> KioskPass | None:
        """Where and when this one was captured, passed or not; None: at no kiosk, or its session is gone."""
        mine = _PLACES.where(_EVIDENCE.c.id == evidence_id, _EVIDENCE.c.channel == Channel.KIOSK.value)
        row = self._work.connection.execute(mine).one_or_none()
        return None if row is None else KioskPass(row.id, row.device, row.at)

    def passes(self, person_id: str, since: datetime, but: str) -> list[KioskPass]:
        """Those that came since, whatever they were captured at, while their sessions are kept. but: this one not"""
        wanted = _PLACES.where(
            _EVIDENCE.c.person_id == person_id,
            _EVIDENCE.c.channel == Channel.KIOSK.value,
            _EVIDENCE.c.taken_at >= since,
            _EVIDENCE.c.id != but,
            PASSED,
        )
        return [KioskPass(row.id, row.device, row.at) for row in self._work.connection.execute(wanted)]
