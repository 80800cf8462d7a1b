"""The schema. Importing this package knows every table, so `metadata` is complete."""

from auth_service.storage.tables.accounts import (
    ApiKeyRow,
    ImportRow,
    SavedAnswerRow,
    SignInFailureRow,
    StaffRow,
    StaffSessionRow,
)
from auth_service.storage.tables.attempts import CertificateRow, EvidenceRow
from auth_service.storage.tables.faces import (
    CaptureRow,
    ConsentRow,
    PhotoRow,
    ReferencePhotoRow,
    ReferenceSetPhotoRow,
    ReferenceSetRow,
)
from auth_service.storage.tables.people import BenefitRow, PersonKeyRow, PersonRow, ServiceKeyRow
from auth_service.storage.tables.schema import Schema
from auth_service.storage.tables.supervision import AuditHeadRow, AuditRowTable, FlagPersonRow, FlagRow, JudgementRow

metadata = Schema.metadata

__all__ = [
    "ApiKeyRow",
    "AuditHeadRow",
    "AuditRowTable",
    "BenefitRow",
    "CaptureRow",
    "CertificateRow",
    "ConsentRow",
    "EvidenceRow",
    "FlagPersonRow",
    "FlagRow",
    "ImportRow",
    "JudgementRow",
    "PersonKeyRow",
    "PersonRow",
    "PhotoRow",
    "ReferencePhotoRow",
    "ReferenceSetPhotoRow",
    "ReferenceSetRow",
    "SavedAnswerRow",
    "ServiceKeyRow",
    "SignInFailureRow",
    "StaffRow",
    "StaffSessionRow",
    "metadata",
]
