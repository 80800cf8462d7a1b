"""What is told, over which way, and where one notice stands."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from auth_service.beneficiaries.person import BenefitKind


class NoticeKind(StrEnum):
    """What is told; notices/texts.py has the words of each."""

    REMINDER = "reminder"
    OVERDUE = "overdue"
    EXTENDED = "extended"
    RECEIPT = "receipt"
    HOLD_PROPOSED = "hold_proposed"
    CHECK_PROPOSED = "check_proposed"
    """A hold because a record says that the person died: the text does not say it, for the record may be wrong."""
    SUSPENSION_PROPOSED = "suspension_proposed"
    END_PROPOSED = "end_proposed"
    RECOVERY_PROPOSED = "recovery_proposed"
    PROPOSAL_ENDED = "proposal_ended"
    HELD = "held"
    SUSPENDED = "suspended"
    ENDED = "ended"
    RECOVERY = "recovery"
    RESUMED = "resumed"
    BACK_PAID = "back_paid"
    CONTEST_RECEIVED = "contest_received"
    CONTEST_DISMISSED = "contest_dismissed"


class Reach(StrEnum):
    """How somebody is reached. The last five are written down by staff, or by nobody's doing."""

    SMS = "sms"
    """To the telephone that the ledger has."""
    HELPER = "helper"
    """SMS to the telephone of the contact whom the ledger names, where it is another."""
    EMAIL = "email"
    LETTER = "letter"
    """Laid ready for printing."""
    IN_PERSON = "in_person"
    POST = "post"
    VISIT = "visit"
    """Somebody was at the door and left a note."""
    ONLY_ONE = "only_one"
    """Staff looked and found no second way; why stands in the words."""
    NONE = "none"
    """The ledger has nothing to reach the person by."""


BY_HAND = (Reach.IN_PERSON, Reach.POST, Reach.VISIT, Reach.ONLY_ONE)


class NoticeState(StrEnum):
    """Where one notice stands."""

    WAITING = "waiting"
    SENT = "sent"
    """Handed over to the gateway, the mail server, the folder or the person."""
    DEAD = "dead"
    """Given up: refused for good, or tried often enough. Staff look at these."""
    DROPPED = "dropped"
    """Of no use any more before it was sent, or nobody to send it to."""


class Language(StrEnum):
    """Of the text."""

    ZH = "zh"
    EN = "en"


@dataclass(frozen=True, slots=True)
class NoticeFacts:
    """What a text says besides its kind.

    day    until or since when, as the kind has it; month the first that an act touches, YYYY-MM
    how    in words already, of a receipt: kind of evidence in (zh, en); amount in CNY, told in letters and mails only
    """

    benefit: BenefitKind | None = None
    day: date | None = None
    passed_on: date | None = None
    month: str | None = None
    how: tuple[str, str] = ("", "")
    amount: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a person wants: language, an e-mail address beside the telephone on file, a receipt of every pass.

    since    when they said so: no receipt is sent for a pass before
    source   written down by staff alone: whoever holds the telephone must not send the notices elsewhere (trust.md 0)
    """

    language: Language = Language.ZH
    email: str = ""
    receipts: bool = False
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One message as a connector takes it.

    id       the same at every try: the key by which a gateway tells a repetition
    address  telephone, e-mail address, or postal address
    title    subject of a mail, head of a letter
    """

    id: str
    reach: Reach
    kind: NoticeKind
    address: str
    language: Language
    title: str
    text: str
    written_at: datetime


class Outcome(StrEnum):
    """What became of one try."""

    TAKEN = "taken"
    AGAIN = "again"
    """Refused for now; it is tried again."""
    UNREACHABLE = "unreachable"
    """Nobody answered: nothing about this message; the others of this way wait too."""
    NEVER = "never"
    """Refused for good, as a number that does not exist."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """code: stable, of a try that failed; wait_seconds: how long the other side asks us to wait"""

    outcome: Outcome
    code: str = ""
    wait_seconds: float = 0.0


TAKEN = Delivery(Outcome.TAKEN)
