"""The answers of the agency API, as documented types. Scores and thresholds have no field here."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from auth_service.faces.quality import QualityReason
from auth_service.qualification.certificate import Certificate, ReceiptKind
from auth_service.qualification.evidence import EvidenceKind
from auth_service.qualification.revocation import RevocationReason
from auth_service.web.errors import hint


class Answer(BaseModel):
    """Common to all: no field beyond those listed."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class CodedText(Answer):
    """A stable code with its sentence in both languages."""

    code: str
    zh: str
    en: str


class CertificateAnswer(Answer):
    """A signed certificate. `token` can be checked offline with the service's public key."""

    serial: str = Field(description="32 hex digits, random")
    token: str
    url: str
    passed_on: date
    due_on: date


class VerificationAnswer(Answer):
    """What follows from one attempt."""

    verification_id: str
    decision: Literal["qualified", "retry", "refer"]
    zone: Literal["match", "grey", "non_match"] | None
    reasons: tuple[CodedText, ...]
    evidence_kind: Literal["face", "assisted", "photo"]
    certificate: CertificateAnswer | None
    engine: str
    calibration: str | None
    hints: tuple[CodedText, ...] = Field(description="what the person can do better at the next photo")


class EnrollmentAnswer(Answer):
    """The reference set now in force. `usable` is false for a self-upload that nobody has looked at."""

    enrollment_id: str
    reference_set_id: str
    photos: int
    usable: bool
    hints: tuple[CodedText, ...]


class CertificateState(Answer):
    """All that a stranger may know of a certificate."""

    valid: bool
    evidence_kind: EvidenceKind | ReceiptKind | None
    passed_on: date | None
    due_on: date | None
    revoked_at: datetime | None = None
    reason: RevocationReason | None = None


class RevokedCertificate(Answer):
    """One that holds no longer."""

    serial: str
    revoked_at: datetime
    reason: RevocationReason


class RevokedList(Answer):
    """signed: the same list with its signature, for a check without a line; out of date from next_at on"""

    issued_at: datetime
    next_at: datetime
    revoked: tuple[RevokedCertificate, ...]
    signed: str


class ActAnswer(Answer):
    """What the paying agency said last of an act."""

    outcome: Literal["done", "refused"]
    code: str
    done_on: date | None


class ProposalAnswer(Answer):
    """One approved act on money. `id` names it for good: one that comes again is the same act."""

    id: str
    person_key: str
    benefit_kind: str
    act: Literal["hold", "suspend", "resume", "back_pay", "terminate", "recover"]
    month: str = Field(description="the first entitlement month that it touches, YYYY-MM")
    amount: str | None = Field(description="yuan with two decimals, of back_pay and recover")
    approved_at: datetime
    answer: ActAnswer | None


class ProposalList(Answer):
    """A page of approved acts, in the order of their approval. `next_cursor` is null on the last."""

    proposals: tuple[ProposalAnswer, ...]
    next_cursor: str | None


class AnswerBody(BaseModel):
    """What was done with an act."""

    model_config = ConfigDict(extra="forbid")

    outcome: Literal["done", "refused"]
    code: str = Field(default="", max_length=64, description="your own word for why; a refusal must give one")
    done_on: str | None = Field(default=None, max_length=20, description="YYYY-MM-DD")


class AnswerKept(Answer):
    """`new` is false where the same was said before."""

    id: str
    new: bool


class RefusedRow(Answer):
    """One row of a file that was refused, without what it said. row: as a spreadsheet numbers it"""

    row: int
    field: str
    code: str


class BatchAnswer(Answer):
    """A file of a registry. It counts once `state` is `cleared` or `released`; what is odd waits for two people. A key
    without `beneficiaries` is told `received` of either, unless it may know why it waits."""

    batch: str = Field(description="32 hex digits")
    kind: str
    source: str
    state: Literal["received", "reading", "quarantined", "cleared", "released", "discarded", "tampered"]
    repeated: bool = Field(description="this very file was read to its end before, and nothing was done")
    begun_at: datetime
    finished_at: datetime | None
    counts: dict[str, int] = Field(description="`rows` is the sum of added, late, unchanged and refused")
    odd: tuple[str, ...] = Field(description="why it waits")
    refused: tuple[RefusedRow, ...] = Field(description="the first hundred, in the answer to the file itself")
    refused_by_code: dict[str, int]


class FlagAnswer(Answer):
    """Something that a person has to look at; it says nothing against anybody. No evidence, name or number."""

    id: str
    rule: str = Field(description="docs/rules.md")
    severity: str
    raised_at: datetime
    state: Literal["open", "needs_check", "false_flag"]
    person_keys: tuple[str, ...]
    region_code: str | None


class FlagList(Answer):
    """A page of flags, worst first, then newest. `next_cursor` is null on the last."""

    flags: tuple[FlagAnswer, ...]
    next_cursor: str | None


class TextAnswer(Answer):
    """What a person must be shown. `sha256` is of `text`; `released_sha256` of the text before the name went in."""

    kind: Literal["consent", "notice", "phone_consent", "pilot_consent", "kiosk_consent"]
    version: str
    language: Literal["zh", "en"]
    text: str
    sha256: str
    released_sha256: str


class Problem(BaseModel):
    """`application/problem+json`, RFC 9457."""

    type: str
    title: str
    titles: dict[str, str]
    status: int
    code: str
    request_id: str
    retryable: bool
    detail: str | None = None
    field: str | None = None
    hints: tuple[CodedText, ...] | None = None


class Health(Answer):
    """The process runs."""

    status: Literal["ok"] = "ok"


class ReadinessAnswer(Answer):
    """Whether this process can do its work, and what it lacks."""

    ready: bool
    checks: dict[str, bool]
    missing: tuple[str, ...]
    attention: tuple[str, ...] = ()


def hints(reasons: tuple[QualityReason, ...]) -> tuple[CodedText, ...]:
    """Quality reasons as sentences."""
    return tuple(CodedText(**hint(reason)) for reason in reasons)


def certificate_answer(certificate: Certificate, public_url: str) -> CertificateAnswer:
    """A certificate with the address where anybody can check it."""
    return CertificateAnswer(
        serial=certificate.serial,
        token=certificate.token,
        url=f"{public_url}/certificates/{certificate.serial}",
        passed_on=certificate.passed_on,
        due_on=certificate.due_on,
    )
