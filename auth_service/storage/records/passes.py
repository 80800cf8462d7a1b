"""Conditions on attempts that several records share."""

from __future__ import annotations

from sqlalchemy import and_, or_, select

from auth_service.qualification.decision import Outcome, Reason
from auth_service.qualification.evidence import EvidenceKind
from auth_service.storage.tables import CertificateRow, EvidenceRow
from auth_service.storage.tables.schema import table_of

_EVIDENCE, _CERTIFICATES = table_of(EvidenceRow), table_of(CertificateRow)
PASSED = or_(
    _EVIDENCE.c.outcome == Outcome.QUALIFIED.value,
    select(_CERTIFICATES.c.serial).where(_CERTIFICATES.c.evidence_id == _EVIDENCE.c.id).exists(),
)
"""A pass: it qualified by itself, or brought a certificate after a person looked."""
HELD = _EVIDENCE.c.reasons.contains(f'"{Reason.RECORD_HELD.value}"')
"""A match that waits for a person because of its device: no failure of whoever stood there. `reasons` is JSON."""
FOR_REVIEW = and_(
    _EVIDENCE.c.outcome == Outcome.REFER.value,
    _EVIDENCE.c.kind != EvidenceKind.PHOTO.value,
    _EVIDENCE.c.person_id.is_not(None),
)
"""What comes to the desk; the same as qualification.review.is_for_review."""
