"""Staff answer somebody who asked for another way: they see whom to call, with a reason, and say what was done."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from auth_service.accounts.credentials import StaffMember
from auth_service.accounts.roles import Permission, may
from auth_service.core.audit import AuditEvent
from auth_service.core.clock import Clock
from auth_service.core.errors import AccessRefused, FieldTooLong, KeyDestroyed, NotFound, ReasonMissing, StaleJudgement
from auth_service.storage.queries import PersonSummary
from auth_service.storage.unit import OtherWay, Store, Unit

_SHORTEST_NOTE, LONGEST_NOTE = 2, 1000


class RevealReason(StrEnum):
    """Why a member of staff needs a name and a number in full; kept in the audit trail."""

    CALL_BACK = "call_back"
    ARRANGE_VISIT = "arrange_visit"
    CHECK_IDENTITY = "check_identity"


@dataclass(frozen=True, slots=True)
class Contact:
    """Whom to call. given: with the request; on_file: from the ledger; None where there is none"""

    name: str
    given: str | None
    on_file: str | None
    helper: str | None
    helper_phone: str | None


@dataclass(frozen=True, slots=True)
class RequestShown:
    """One request. settled_by: user name; may_answer: whether the visitor may see whom to call, and settle it

    has_photo  a picture that was left waits to be looked at
    """

    request: OtherWay
    person: PersonSummary
    settled_by: str
    may_answer: bool
    has_photo: bool = False


class AnswerRequest:
    """One instance serves all threads. count: one more look of a member of staff at somebody's contact"""

    def __init__(self, store: Store, clock: Clock, count: Callable[[str], None]) -> None:
        self._store = store
        self._clock = clock
        self._count = count

    def see(self, request_id: str, staff: StaffMember) -> RequestShown:
        """raises AccessRefused, NotFound"""
        if not may(staff.role, Permission.SEE_REQUESTS):
            raise AccessRefused
        with self._store.unit() as unit:
            request = _known(unit, request_id)
            photos = unit.photos.readable([request.photo_id] if request.photo_id else [])
            names = {member.id: member.username for member in unit.staff.all()}
            subject, details = f"person:{request.person_id}", {"request": request_id}
            unit.audit.append(AuditEvent(f"staff:{staff.id}", "request.seen", subject, details), self._clock.now())
        person = self._store.queries.person_summary(request.person_id)
        if person is None:
            raise NotFound
        settled_by = names.get(request.settled_by or "", "?") if request.settled_at else ""
        return RequestShown(request, person, settled_by, may(staff.role, Permission.ANSWER_REQUESTS), bool(photos))

    def reveal(self, request_id: str, reason: RevealReason, staff: StaffMember) -> Contact:
        """Name and telephone in full; who saw it and why is in the audit trail. raises AccessRefused, NotFound,
        RateLimited"""
        self._require(staff)
        self._count(staff.id)
        with self._store.unit() as unit:
            request = _known(unit, request_id)
            person = unit.people.get(request.person_id)
            if person is None:
                raise NotFound
            details = {"request": request_id, "reason": reason.value}
            subject = f"person:{request.person_id}"
            unit.audit.append(AuditEvent(f"staff:{staff.id}", "contact.revealed", subject, details), self._clock.now())
        return Contact(person.name, request.phone, person.phone, person.contact_name, person.contact_phone)

    def settle(self, request_id: str, note: str, staff: StaffMember) -> None:
        """Done, with what was done. raises AccessRefused, NotFound, ReasonMissing, FieldTooLong, StaleJudgement"""
        self._require(staff)
        text = note.strip()
        if len(text) < _SHORTEST_NOTE:
            raise ReasonMissing(field="note")
        if len(text) > LONGEST_NOTE:
            raise FieldTooLong(field="note")
        now = self._clock.now()
        with self._store.unit() as unit:
            request = _known(unit, request_id)
            if not unit.other_ways.settle(request, staff.id, text, now):
                raise StaleJudgement
            unit.photos.erase(request.photo_id or "", now)  # of a photo nobody accepted
            details = {"request": request_id, "way": request.way.value}
            subject = f"person:{request.person_id}"
            unit.audit.append(AuditEvent(f"staff:{staff.id}", "request.settled", subject, details), now)

    @staticmethod
    def _require(staff: StaffMember) -> None:
        if not may(staff.role, Permission.ANSWER_REQUESTS):
            raise AccessRefused


def _known(unit: Unit, request_id: str) -> OtherWay:
    """raises NotFound"""
    try:
        request = unit.other_ways.get(request_id)
    except KeyDestroyed as error:
        raise NotFound from error
    if request is None:
        raise NotFound
    return request
