"""Every exception of the service, with its stable code and its words in Chinese and English.

Expected negatives (a non-match, a suspected attack, an overdue person) are values, not exceptions.
An exception is a broken precondition or an outage, and each says what to do next.

    ServiceError
    ├── InputRefused            what was sent cannot be used; the sender can mend it
    │   ├── ImageRefused        one photo
    │   ├── RowRefused          one row of a file
    │   ├── EnrollmentRefused   a photo that may not become a reference
    │   └── RequestRefused      a request over HTTP or a command's arguments; a capture session that cannot go on
    ├── AccessRefused           who asks may not
    ├── EngineFault             weights or calibration missing, wrong or mixed
    ├── LinkageFault            comparing registries did not finish
    ├── StorageFault            a record cannot be read or proved
    └── Unavailable             try again later

The texts stand beside the codes, not in `web`, because reject files and the command line speak the same
words as the HTTP channels (docs/decisions/0007-error-texts.md). The HTTP status of each is in
`web/errors.py`; a test walks this tree and fails when a class lacks a text or a status.
"""

from __future__ import annotations

from auth_service.core.errors.access import (
    AccessRefused,
    ConfirmationNeeded,
    CredentialsInvalid,
    CsrfRefused,
    KeyUnbound,
    KindNotOfKey,
    LivePassNeeded,
    OwnCapture,
    PossessionNeeded,
    PushRefused,
    ScopeMissing,
    SecondPersonNeeded,
    SignInRequired,
    SignInThrottled,
    SourceNotOfKey,
)
from auth_service.core.errors.audit import (
    AccountTampered,
    AuditBroken,
    CheckpointInvalid,
    WitnessConflict,
    WitnessUnreachable,
)
from auth_service.core.errors.backups import (
    ArchiveKeyWrong,
    ArchivePartsDiffer,
    ArchiveSignerUnknown,
    ArchiveUnreadable,
    BackupNeedsNewerRelease,
    RestoreDiffers,
    RestoreKeysMissing,
    RestoreTargetNotEmpty,
    RestoreUnfinished,
)
from auth_service.core.errors.captures import (
    CodeNotOffered,
    CodeRefused,
    NoChallengeLeft,
    PhotoConflict,
    SessionExpired,
    SessionNotStarted,
    SessionSpent,
    SessionUnknown,
    StepConflict,
    StepLate,
    StepRefused,
    StepsMissing,
)
from auth_service.core.errors.cases import CaseDoesNotFollow, CaseNeedsMeeting, CaseStepMissing, DispositionNotOfCause
from auth_service.core.errors.devices import (
    ClockSkewed,
    ClockWrong,
    DeviceQuarantined,
    DeviceRefused,
    DigestMismatch,
    EnrolmentCodeRefused,
    SignatureExpired,
    SignatureInvalid,
    SignatureMissing,
    SignatureRefused,
    SignatureReplayed,
)
from auth_service.core.errors.images import (
    FaceUnusable,
    ImageAnimated,
    ImageColourUnsupported,
    ImageDamaged,
    ImageEmpty,
    ImageFormatUnsupported,
    ImagePolyglot,
    ImageRefused,
    ImageTooCostly,
    ImageTooManyBytes,
    ImageTooManyPixels,
    NoFaceFound,
    PhotosDiffer,
    QualityTooLow,
)
from auth_service.core.errors.linkage import LinkageFault, LinkageRoomExceeded, SplinkMissing
from auth_service.core.errors.money import (
    ActDoesNotFollow,
    ActRefused,
    ContestIsOpen,
    EvidenceMissing,
    LateIsNoGround,
    MakerGone,
    MonthNotPossible,
    NothingHeld,
    NothingOwed,
    NotToldYet,
    OneIsWaiting,
    PersonJustSeen,
    ProposalTooOld,
    SumNotSure,
)
from auth_service.core.errors.offline import RecordConflict, RecordInvalid, RecordUnsigned
from auth_service.core.errors.outages import (
    CalibrationMissing,
    CalibrationTampered,
    CapacityExceeded,
    DatabaseRightMissing,
    DatabaseUnavailable,
    DownloadFailed,
    EngineFault,
    EngineUnknown,
    FlashTampered,
    KeyDestroyed,
    KeyMissing,
    KeyStoreUnavailable,
    LedgerRoleMissing,
    OwnerRoleMissing,
    PartlyDone,
    PhotoFilesUnexplained,
    PolicyTampered,
    RuleTampered,
    SchemaOutdated,
    ScoreInvalid,
    SealBroken,
    StorageFault,
    StorageFull,
    StorageReadOnly,
    TemplatesIncomparable,
    TombstoneRefused,
    TransactionConflict,
    Unavailable,
    WeightsDigestWrong,
    WeightsMissing,
)
from auth_service.core.errors.registry import (
    BatchRefused,
    BatchUnfinished,
    EventBeforeBirth,
    EventInFuture,
    ImporterMissing,
    ListsGone,
    ListsMissing,
    ProfileRefused,
    ReferenceRepeated,
)
from auth_service.core.errors.requests import (
    AlreadyExists,
    AttemptsUsedUp,
    BodyTooLarge,
    BodyTooSlow,
    CalibrationTooFew,
    EngineInUse,
    ErasureHeldBack,
    FlashOutdated,
    FlashTooFew,
    IdempotencyInFlight,
    IdempotencyKeyMissing,
    IdempotencyKeyReused,
    KeyInUse,
    MediaTypeUnsupported,
    MethodNotAllowed,
    NotFound,
    PeopleLeftBehind,
    PolicyRefused,
    RateLimited,
    ReasonMissing,
    RegistryBindingMissing,
    RequestRefused,
    ScopesConflict,
    SettingInvalid,
    StaleJudgement,
    UndoOver,
)
from auth_service.core.errors.root import (
    InputRefused,
    ServiceError,
)
from auth_service.core.errors.rows import (
    AmountInvalid,
    BeneficiaryUnknown,
    ColumnsMissing,
    ConsentMissing,
    DateInvalid,
    DigitsLost,
    EnrollmentRefused,
    EvaluationSetTooSmall,
    FaceDiffersFromReference,
    FieldInvalid,
    FieldMissing,
    FieldTooLong,
    FileUnreadable,
    IdNumberCheckDigit,
    IdNumberDate,
    IdNumberInvalid,
    ImageOfAnotherPerson,
    NameInvalid,
    ReferencesComplete,
    RegionUnknown,
    RowConflict,
    RowRefused,
)
from auth_service.core.errors.rules import RuleFixed, RuleParameterInvalid

__all__ = [
    "AccessRefused", "AccountTampered", "ActDoesNotFollow", "ActRefused", "AlreadyExists", "AmountInvalid",
    "ArchiveKeyWrong", "ArchivePartsDiffer", "ArchiveSignerUnknown", "ArchiveUnreadable", "AttemptsUsedUp",
    "AuditBroken", "BackupNeedsNewerRelease", "BatchRefused", "BatchUnfinished", "BeneficiaryUnknown", "BodyTooLarge",
    "BodyTooSlow", "CalibrationMissing", "CalibrationTampered", "CalibrationTooFew", "CapacityExceeded",
    "CaseDoesNotFollow", "CaseNeedsMeeting", "CaseStepMissing", "CheckpointInvalid", "ClockSkewed", "ClockWrong",
    "CodeNotOffered", "CodeRefused", "ColumnsMissing", "ConfirmationNeeded", "ConsentMissing", "ContestIsOpen",
    "CredentialsInvalid", "CsrfRefused", "DatabaseRightMissing", "DatabaseUnavailable", "DateInvalid",
    "DeviceQuarantined", "DeviceRefused", "DigestMismatch", "DigitsLost", "DispositionNotOfCause", "DownloadFailed",
    "EngineFault", "EngineInUse", "EngineUnknown", "EnrollmentRefused", "EnrolmentCodeRefused", "ErasureHeldBack",
    "EvaluationSetTooSmall", "EventBeforeBirth", "EventInFuture", "EvidenceMissing", "FaceDiffersFromReference",
    "FaceUnusable", "FieldInvalid", "FieldMissing", "FieldTooLong", "FileUnreadable", "FlashOutdated", "FlashTampered",
    "FlashTooFew", "IdNumberCheckDigit", "IdNumberDate", "IdNumberInvalid", "IdempotencyInFlight",
    "IdempotencyKeyMissing", "IdempotencyKeyReused", "ImageAnimated", "ImageColourUnsupported", "ImageDamaged",
    "ImageEmpty", "ImageFormatUnsupported", "ImageOfAnotherPerson", "ImagePolyglot", "ImageRefused", "ImageTooCostly",
    "ImageTooManyBytes", "ImageTooManyPixels", "ImporterMissing", "InputRefused", "KeyDestroyed", "KeyInUse",
    "KeyMissing", "KeyStoreUnavailable", "KeyUnbound", "KindNotOfKey", "LateIsNoGround", "LedgerRoleMissing",
    "LinkageFault", "LinkageRoomExceeded", "ListsGone", "ListsMissing", "LivePassNeeded", "MakerGone",
    "MediaTypeUnsupported", "MethodNotAllowed", "MonthNotPossible", "NameInvalid", "NoChallengeLeft", "NoFaceFound",
    "NotFound", "NotToldYet", "NothingHeld", "NothingOwed", "OneIsWaiting", "OwnCapture", "OwnerRoleMissing",
    "PartlyDone", "PeopleLeftBehind", "PersonJustSeen", "PhotoConflict", "PhotoFilesUnexplained", "PhotosDiffer",
    "PolicyRefused", "PolicyTampered", "PossessionNeeded", "ProfileRefused", "ProposalTooOld", "PushRefused",
    "QualityTooLow", "RateLimited", "ReasonMissing", "RecordConflict", "RecordInvalid", "RecordUnsigned",
    "ReferenceRepeated", "ReferencesComplete", "RegionUnknown", "RegistryBindingMissing", "RequestRefused",
    "RestoreDiffers", "RestoreKeysMissing", "RestoreTargetNotEmpty", "RestoreUnfinished", "RowConflict", "RowRefused",
    "RuleFixed", "RuleParameterInvalid", "RuleTampered", "SchemaOutdated", "ScopeMissing", "ScopesConflict",
    "ScoreInvalid", "SealBroken", "SecondPersonNeeded", "ServiceError", "SessionExpired", "SessionNotStarted",
    "SessionSpent", "SessionUnknown", "SettingInvalid", "SignInRequired", "SignInThrottled", "SignatureExpired",
    "SignatureInvalid", "SignatureMissing", "SignatureRefused", "SignatureReplayed", "SourceNotOfKey", "SplinkMissing",
    "StaleJudgement", "StepConflict", "StepLate", "StepRefused", "StepsMissing", "StorageFault", "StorageFull",
    "StorageReadOnly", "SumNotSure", "TemplatesIncomparable", "TombstoneRefused", "TransactionConflict", "Unavailable",
    "UndoOver", "WeightsDigestWrong", "WeightsMissing", "WitnessConflict", "WitnessUnreachable", "all_error_classes",
]  # fmt: skip


def all_error_classes() -> list[type[ServiceError]]:
    """Every class of the tree, the base first."""
    found: list[type[ServiceError]] = [ServiceError]
    for cls in found:
        found.extend(cls.__subclasses__())
    return found
