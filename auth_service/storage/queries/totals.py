"""How much of everything is stored."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, func, select

from auth_service.storage.queries.flags import OPEN, count_flags
from auth_service.storage.tables import AuditHeadRow, CertificateRow, PersonRow, ReferencePhotoRow, ReferenceSetRow
from auth_service.storage.work import Work


def count_everything(work: Work) -> dict[str, int]:
    """`stored_faces` counts people's faces in the sense of the filing duty at 100,000 (trust.md section 3): photos."""

    def count(wanted: Select[Any]) -> int:
        return work.connection.execute(wanted).scalar_one_or_none() or 0

    active = ReferenceSetRow.superseded_at.is_(None)
    enrolled = select(func.count(ReferenceSetRow.person_id.distinct())).where(active)
    return {
        "beneficiaries": count(select(func.count()).select_from(PersonRow)),
        "enrolled_people": count(enrolled),
        "stored_faces": count(select(func.count(ReferencePhotoRow.id)).where(ReferencePhotoRow.erased_at.is_(None))),
        "certificates": count(select(func.count()).select_from(CertificateRow)),
        "flags_open": count_flags(work)[OPEN],
        "audit_rows": count(select(AuditHeadRow.rows)),
    }
