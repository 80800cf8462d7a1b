"""Every exception of the service, with its stable code and its words in Chinese and English.

Expected negatives (a non-match, a suspected attack, an overdue person) are values, not exceptions.
An exception is a broken precondition or an outage, and each says what to do next.

    ServiceError
    ├── InputRefused            what was sent cannot be used; the sender can mend it
    │   ├── ImageRefused        one photo
    │   ├── RowRefused          one row of a file
    │   ├── EnrollmentRefused   a photo that may not become a reference
    │   └── RequestRefused      a request over HTTP or a command's arguments
    ├── AccessRefused           who asks may not
    ├── EngineFault             weights or calibration missing, wrong or mixed
    ├── StorageFault            a record cannot be read or proved
    └── Unavailable             try again later

The texts stand beside the codes, not in `web`, because reject files and the command line speak the same
words as the HTTP channels (docs/decisions/0007-error-texts.md). The HTTP status of each is in
`web/errors.py`; a test walks this tree and fails when a class lacks a text or a status.
"""

from __future__ import annotations

from auth_service.core.errors.access import (
    AccessRefused,
    CredentialsInvalid,
    CsrfRefused,
    ScopeMissing,
    SecondPersonNeeded,
    SignInRequired,
    SignInThrottled,
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
    RestoreTargetNotEmpty,
    RestoreUnfinished,
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
from auth_service.core.errors.outages import (
    CalibrationMissing,
    CalibrationTampered,
    CapacityExceeded,
    DatabaseRightMissing,
    DatabaseUnavailable,
    DownloadFailed,
    EngineFault,
    EngineUnknown,
    KeyDestroyed,
    KeyMissing,
    KeyStoreUnavailable,
    PartlyDone,
    PhotoFilesUnexplained,
    SchemaOutdated,
    ScoreInvalid,
    SealBroken,
    StorageFault,
    StorageFull,
    StorageReadOnly,
    TemplatesIncomparable,
    TransactionConflict,
    Unavailable,
    WeightsDigestWrong,
    WeightsMissing,
)
from auth_service.core.errors.requests import (
    AlreadyExists,
    AttemptsUsedUp,
    BodyTooLarge,
    BodyTooSlow,
    CalibrationTooFew,
    EngineInUse,
    ErasureHeldBack,
    IdempotencyInFlight,
    IdempotencyKeyMissing,
    IdempotencyKeyReused,
    KeyInUse,
    MediaTypeUnsupported,
    MethodNotAllowed,
    NotFound,
    PeopleLeftBehind,
    RateLimited,
    ReasonMissing,
    RequestRefused,
    SettingInvalid,
    StaleJudgement,
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
    RowConflict,
    RowRefused,
)

__all__ = [
    "AccessRefused",
    "AccountTampered",
    "AlreadyExists",
    "AmountInvalid",
    "ArchiveKeyWrong",
    "ArchivePartsDiffer",
    "ArchiveSignerUnknown",
    "ArchiveUnreadable",
    "AttemptsUsedUp",
    "AuditBroken",
    "BackupNeedsNewerRelease",
    "BeneficiaryUnknown",
    "BodyTooLarge",
    "BodyTooSlow",
    "CalibrationMissing",
    "CalibrationTampered",
    "CalibrationTooFew",
    "CapacityExceeded",
    "CheckpointInvalid",
    "ColumnsMissing",
    "ConsentMissing",
    "CredentialsInvalid",
    "CsrfRefused",
    "DatabaseRightMissing",
    "DatabaseUnavailable",
    "DateInvalid",
    "DigitsLost",
    "DownloadFailed",
    "EngineFault",
    "EngineInUse",
    "EngineUnknown",
    "EnrollmentRefused",
    "ErasureHeldBack",
    "EvaluationSetTooSmall",
    "FaceDiffersFromReference",
    "FaceUnusable",
    "FieldInvalid",
    "FieldMissing",
    "FieldTooLong",
    "FileUnreadable",
    "IdNumberCheckDigit",
    "IdNumberDate",
    "IdNumberInvalid",
    "IdempotencyInFlight",
    "IdempotencyKeyMissing",
    "IdempotencyKeyReused",
    "ImageAnimated",
    "ImageColourUnsupported",
    "ImageDamaged",
    "ImageEmpty",
    "ImageFormatUnsupported",
    "ImageOfAnotherPerson",
    "ImagePolyglot",
    "ImageRefused",
    "ImageTooCostly",
    "ImageTooManyBytes",
    "ImageTooManyPixels",
    "InputRefused",
    "KeyDestroyed",
    "KeyInUse",
    "KeyMissing",
    "KeyStoreUnavailable",
    "MediaTypeUnsupported",
    "MethodNotAllowed",
    "NameInvalid",
    "NoFaceFound",
    "NotFound",
    "PartlyDone",
    "PeopleLeftBehind",
    "PhotoFilesUnexplained",
    "PhotosDiffer",
    "QualityTooLow",
    "RateLimited",
    "ReasonMissing",
    "RequestRefused",
    "RestoreDiffers",
    "RestoreTargetNotEmpty",
    "RestoreUnfinished",
    "RowConflict",
    "RowRefused",
    "SchemaOutdated",
    "ScopeMissing",
    "ScoreInvalid",
    "SealBroken",
    "SecondPersonNeeded",
    "ServiceError",
    "SettingInvalid",
    "SignInRequired",
    "SignInThrottled",
    "StaleJudgement",
    "StorageFault",
    "StorageFull",
    "StorageReadOnly",
    "TemplatesIncomparable",
    "TransactionConflict",
    "Unavailable",
    "WeightsDigestWrong",
    "WeightsMissing",
    "WitnessConflict",
    "WitnessUnreachable",
    "all_error_classes",
]


def all_error_classes() -> list[type[ServiceError]]:
    """Every class of the tree, the base first."""
    found: list[type[ServiceError]] = [ServiceError]
    for cls in found:
        found.extend(cls.__subclasses__())
    return found
