"""Facts of lives for tests: short words for what happened when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, time
from typing import Any

from auth_service.beneficiaries.person import BenefitKind
from auth_service.core.clock import AGENCY_ZONE
from auth_service.qualification.grades import EventKind
from auth_service.qualification.life import OWN, ActKind, LifeEvent, LifeFacts, Message, PaymentAct
from auth_service.qualification.policy import Policy, PolicyBook, PolicySet, PolicyVersion
from auth_service.qualification.status import Status, status_of

LONG_AGO = date(2000, 1, 1)
NATIONAL = PolicyBook()
"""Before an agency has policies of its own: twelve months."""


def at(day: date, hour: int = 12) -> datetime:
    """An instant of a legal day."""
    return datetime.combine(day, time(hour), AGENCY_ZONE)


def face(on: date, known: date | None = None, **more: Any) -> LifeEvent:
    """A pass by oneself."""
    return event(EventKind.FACE_REMOTE, on, known, source=OWN, **more)


def event(
    kind: EventKind, on: date, known: date | None = None, *, source: str = "feed", ref: str = "", **more: Any
) -> LifeEvent:
    """Something that happened, told on the same day or later."""
    told = at(known or on)
    return LifeEvent(source, ref or f"{kind}-{on}", kind, on, told, **more)


def void(of: LifeEvent, known: date) -> LifeEvent:
    """The source takes it back."""
    return replace(of, message=Message.VOID, known_at=at(known))


def correct(of: LifeEvent, known: date, on: date) -> LifeEvent:
    """The source says that it was on another day."""
    return replace(of, message=Message.CORRECT, known_at=at(known), on=on)


def act(kind: ActKind, day: date, by: str = "maker", approved_by: str | None = "checker") -> PaymentAct:
    return PaymentAct(f"{kind}-{day}", kind, day, at(day), by, approved_by)


def life(*events: LifeEvent, **more: Any) -> LifeFacts:
    """A resident pension awarded long ago."""
    given = {"award_month": LONG_AGO, "known_since": LONG_AGO, **more}
    return LifeFacts(BenefitKind.RESIDENT_PENSION, "130203001001", events=events, **given)


def book(*policies: tuple[date, Policy]) -> PolicyBook:
    """Policies, each in force from a day on."""
    return PolicyBook([PolicyVersion(day, PolicySet(f"p{n}", (one,))) for n, (day, one) in enumerate(policies)])


def status(facts: LifeFacts, day: date, policies: PolicyBook = NATIONAL) -> Status:
    return status_of(facts, policies, at(day))


def whys(found: Status) -> Sequence[str]:
    return [reason.why.value for reason in found.reasons]
