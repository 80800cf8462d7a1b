"""The schema. Importing this package knows every table, so `metadata` is complete."""

from auth_service.storage.tables.accounts import (
    ApiKeyRow,
    ImportRow,
    SavedAnswerRow,
    SignInFailureRow,
    StaffRow,
    StaffSessionRow,
)
from auth_service.storage.tables.arrangements import ArrangementRow
from auth_service.storage.tables.attempts import CertificateRow, EvidenceRow
from auth_service.storage.tables.calibrations import CalibrationActivationRow, CalibrationRow
from auth_service.storage.tables.cases import CaseActRow, CaseFlagRow, CaseRow
from auth_service.storage.tables.checkpoints import AuditCheckpointRow, AuditWitnessRow
from auth_service.storage.tables.devices import ChipComparisonRow, DeviceNonceRow, DeviceRow, FlagDeviceRow
from auth_service.storage.tables.duplicates import DeclaredKinRow, FaceScanPairRow, FaceScanRow
from auth_service.storage.tables.faces import (
    CaptureRow,
    ConsentRow,
    PhotoRow,
    ReferencePhotoRow,
    ReferenceSetPhotoRow,
    ReferenceSetRow,
)
from auth_service.storage.tables.flash import FlashActRow, FlashMeasurementRow
from auth_service.storage.tables.fund import FundCountRow
from auth_service.storage.tables.keys import ErasureRow, WrappingKeyRow
from auth_service.storage.tables.life import (
    LifeEventRow,
    LifeStateRow,
    OutageRow,
    ServiceSignRow,
    SweepRow,
    TagChangeRow,
)
from auth_service.storage.tables.limits import LimitCountRow
from auth_service.storage.tables.links import LinkActRow, LinkFindingRow, LinkPlaceRow
from auth_service.storage.tables.money import (
    AnswerRow,
    ContestActRow,
    ContestRow,
    DecisionRow,
    MoneyFileRow,
    PaymentRecord,
    ProposalRow,
    SentRow,
)
from auth_service.storage.tables.notices import NoticeRow, NoticeWishRow
from auth_service.storage.tables.offline import OfflineRecordRow, OfflineTicketRow, ReconciliationRow
from auth_service.storage.tables.operations import FaceThresholdRow, JobLeaseRow, JobRunRow
from auth_service.storage.tables.own_requests import OwnRequestRow
from auth_service.storage.tables.people import BankReferenceRow, BenefitRow, PersonKeyRow, PersonRow, ServiceKeyRow
from auth_service.storage.tables.policies import PolicyActivationRow, PolicyRow
from auth_service.storage.tables.poverty import PovertyCountRow, PovertyLineRow, PovertyMonthRow
from auth_service.storage.tables.reach import SchemaReachRow
from auth_service.storage.tables.receipts import ReceiptRow, RevocationRow
from auth_service.storage.tables.regions import RegionRow
from auth_service.storage.tables.registry import (
    RegistryActRow,
    RegistryBatchRow,
    RegistryPushRow,
    RegistryRecordRow,
    RegistryRefusalRow,
)
from auth_service.storage.tables.rules import (
    RuleActivationRow,
    RuleRunRow,
    RuleSettingRow,
    ShadowFlagPersonRow,
    ShadowFlagRow,
    ShadowJudgementRow,
)
from auth_service.storage.tables.schema import Schema
from auth_service.storage.tables.sessions import (
    CaptureMoveRow,
    CaptureSessionRow,
    CaptureStepRow,
    OtherWayRow,
    PadFindingRow,
    ReplayCellRow,
    ReplayPrintRow,
)
from auth_service.storage.tables.supervision import (
    AuditBaseRow,
    AuditHeadRow,
    AuditRowTable,
    FlagPersonRow,
    FlagRow,
    JudgementRow,
    ReviewRow,
)

metadata = Schema.metadata

__all__ = [
    "AnswerRow",
    "ApiKeyRow",
    "ArrangementRow",
    "AuditBaseRow",
    "AuditCheckpointRow",
    "AuditHeadRow",
    "AuditRowTable",
    "AuditWitnessRow",
    "BankReferenceRow",
    "BenefitRow",
    "CalibrationActivationRow",
    "CalibrationRow",
    "CaptureMoveRow",
    "CaptureRow",
    "CaptureSessionRow",
    "CaptureStepRow",
    "CaseActRow",
    "CaseFlagRow",
    "CaseRow",
    "CertificateRow",
    "ChipComparisonRow",
    "ConsentRow",
    "ContestActRow",
    "ContestRow",
    "DecisionRow",
    "DeclaredKinRow",
    "DeviceNonceRow",
    "DeviceRow",
    "ErasureRow",
    "EvidenceRow",
    "FaceScanPairRow",
    "FaceScanRow",
    "FaceThresholdRow",
    "FlagDeviceRow",
    "FlagPersonRow",
    "FlagRow",
    "FlashActRow",
    "FlashMeasurementRow",
    "FundCountRow",
    "ImportRow",
    "JobLeaseRow",
    "JobRunRow",
    "JudgementRow",
    "LifeEventRow",
    "LifeStateRow",
    "LimitCountRow",
    "LinkActRow",
    "LinkFindingRow",
    "LinkPlaceRow",
    "MoneyFileRow",
    "NoticeRow",
    "NoticeWishRow",
    "OfflineRecordRow",
    "OfflineTicketRow",
    "OtherWayRow",
    "OutageRow",
    "OwnRequestRow",
    "PadFindingRow",
    "PaymentRecord",
    "PersonKeyRow",
    "PersonRow",
    "PhotoRow",
    "PolicyActivationRow",
    "PolicyRow",
    "PovertyCountRow",
    "PovertyLineRow",
    "PovertyMonthRow",
    "ProposalRow",
    "ReceiptRow",
    "ReconciliationRow",
    "ReferencePhotoRow",
    "ReferenceSetPhotoRow",
    "ReferenceSetRow",
    "RegionRow",
    "RegistryActRow",
    "RegistryBatchRow",
    "RegistryPushRow",
    "RegistryRecordRow",
    "RegistryRefusalRow",
    "ReplayCellRow",
    "ReplayPrintRow",
    "ReviewRow",
    "RevocationRow",
    "RuleActivationRow",
    "RuleRunRow",
    "RuleSettingRow",
    "SavedAnswerRow",
    "SchemaReachRow",
    "SentRow",
    "ServiceKeyRow",
    "ServiceSignRow",
    "ShadowFlagPersonRow",
    "ShadowFlagRow",
    "ShadowJudgementRow",
    "SignInFailureRow",
    "StaffRow",
    "StaffSessionRow",
    "SweepRow",
    "TagChangeRow",
    "WrappingKeyRow",
    "metadata",
]
