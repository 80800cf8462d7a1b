"""What a person reads of themselves, as documented types. Scores and thresholds have no field here."""

from __future__ import annotations

from datetime import date, datetime

from auth_service.beneficiaries.arrangements import Topic
from auth_service.beneficiaries.person import BenefitKind
from auth_service.beneficiaries.tags import Tag
from auth_service.channels.phone.schemas import Answer, Given, Line
from auth_service.enrollment.own_request import OwnWish
from auth_service.notices.notice import Language, NoticeState, Reach
from auth_service.payments.proposals import Act
from auth_service.qualification.certificate import ReceiptKind
from auth_service.qualification.evidence import EvidenceKind
from auth_service.qualification.grades import EventKind
from auth_service.qualification.revocation import RevocationReason
from auth_service.qualification.status import LifeState


class Said(Answer):
    """One sentence in both languages."""

    zh: str
    en: str


class BenefitStatus(Answer):
    """How one benefit stands, why, and until when."""

    benefit: BenefitKind
    state: LifeState
    words: Said
    due_on: date
    passed_on: date | None
    reasons: tuple[Said, ...]


class OwnStatusAnswer(Answer):
    """Every benefit of whoever the session was opened for."""

    benefits: tuple[BenefitStatus, ...]


class OwnEvent(Answer):
    """A pass or a record. counts: it confirms, alone or with others"""

    on: date
    kind: EventKind
    words: Said
    source: str
    learnt_at: datetime
    counts: bool


class OwnCertificate(Answer):
    """revoked_at, reason: None while it holds"""

    serial: str
    evidence_kind: EvidenceKind | ReceiptKind
    passed_on: date
    due_on: date
    revoked_at: datetime | None
    reason: RevocationReason | None


class OwnAct(Answer):
    """An act on money that was proposed. state: waiting, approved, returned, withdrawn"""

    act: Act
    words: Said
    benefit: BenefitKind
    month: str
    amount: str | None
    proposed_at: datetime
    state: str


class OwnTag(Answer):
    """A source gave a tag, or took it back."""

    tag: Tag
    words: Said
    source: str
    given: bool
    on: date
    until: date | None


class OwnNotice(Answer):
    """A message to the person, as it was written. settled_at: when it was sent, given up or dropped"""

    written_at: datetime
    settled_at: datetime | None
    reach: Reach
    state: NoticeState
    title: str
    text: str


class OwnHistoryAnswer(Answer):
    """What was told and decided, the newest first. notices: empty where none was ever written here"""

    benefits: tuple[BenefitStatus, ...]
    events: tuple[OwnEvent, ...]
    tags: tuple[OwnTag, ...]
    certificates: tuple[OwnCertificate, ...]
    acts: tuple[OwnAct, ...]
    notices: tuple[OwnNotice, ...] = ()


class OwnFields(Answer):
    """What the ledger holds. None: nothing is known"""

    person_key: str
    name: str
    id_number: str
    birth_date: str | None
    region_code: str | None
    village: str | None
    address: str | None
    phone: str | None
    contact_name: str | None
    contact_phone: str | None


class OwnConsent(Answer):
    """On what ground a face is compared."""

    basis: str
    text_version: str
    recorded_at: datetime


class OwnContest(Answer):
    """That somebody said that a hold is wrong."""

    opened_at: datetime
    words: str
    is_open: bool


class OwnAsked(Answer):
    """What was asked about one's own data, and what became of it."""

    wish: OwnWish
    asked_at: datetime
    answer: str | None
    settled_at: datetime | None


class OwnArrangement(Answer):
    """What a source said of contacts, of who may act for the person, or of what makes it easier for them, or took back.

    details  in words; a proxy's own ID number and telephone are not among them
    """

    topic: Topic
    kind: str
    details: dict[str, str]
    source: str
    given: bool
    on: date
    until: date | None


class OwnNoticeWishes(Answer):
    """How the person wants to be told."""

    language: Language
    email: str
    receipts: bool


class OwnExportAnswer(Answer):
    """Everything that is kept in words. Pictures and templates are shown at a counter, not sent."""

    made_at: datetime
    person: OwnFields
    history: OwnHistoryAnswer
    consent: OwnConsent | None
    contests: tuple[OwnContest, ...]
    requests: tuple[OwnAsked, ...]
    arranged: tuple[OwnArrangement, ...]
    wishes: OwnNoticeWishes


class OwnWishBody(Given):
    """What is asked, and for whom. It changes nothing by itself; a privacy officer meets the person first."""

    id_number: Line
    name: Line
    wish: OwnWish
