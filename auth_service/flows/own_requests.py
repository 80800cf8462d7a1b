"""What a person asks about their own data: written down from any channel, answered by a privacy officer in person.

Asking changes nothing. What erases is done by `flows/erase.py` before it is answered here; it moves no due date and no
payment and waits for open flags.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from auth_service.accounts.credentials import StaffMember
from auth_service.accounts.roles import Permission, may
from auth_service.beneficiaries.id_number import parse_id_number
from auth_service.capture.other_way import Way
from auth_service.core.audit import AuditEvent
from auth_service.core.clock import Clock, legal_date
from auth_service.core.errors import AccessRefused, NotFound, StaleJudgement
from auth_service.enrollment.own_request import Answer, OwnRequest, OwnWish, check_answer
from auth_service.flows.ask_other_way import Named
from auth_service.flows.keep_data_wish import write_data_wish
from auth_service.flows.money_terms import checked_note
from auth_service.flows.session_terms import named_person
from auth_service.qualification.evidence import Channel
from auth_service.storage.queries import PersonSummary
from auth_service.storage.unit import NewRequest, Store

_MOST = 200
_WANTS_DATA = {OwnWish.DATA_OPT_OUT: False, OwnWish.DATA_OPT_IN: True}


@dataclass(frozen=True, slots=True)
class OwnRequestShown:
    """One request with whom it is about; person None: erased and gone. names: staff id -> user name"""

    request: OwnRequest
    person: PersonSummary | None
    names: dict[str, str]


class AskOwn:
    """One instance serves all threads. Nobody learns whether the number is in the ledger.

    count  called before anything is kept: network address or key, and what stands for the number. raises RateLimited
    """

    def __init__(
        self, store: Store, clock: Clock, count: Callable[[str, str], None] = lambda _client, _subject: None
    ) -> None:
        self._store = store
        self._clock = clock
        self._count = count

    def by_number(self, named: Named, wish: OwnWish, channel: Channel, client: str = "") -> None:
        """For whoever can name the person; staff call back to arrange the meeting in person.

        raises  IdNumberInvalid, RateLimited, Unavailable
        """
        now = self._clock.now()
        number = parse_id_number(named.id_number, legal_date(now)).number
        person_id = named_person(self._store, number, named.name)
        with self._store.reading() as unit:
            subject = unit.sessions.subject_of(number)
        self._count(client, subject)
        with self._store.unit() as unit:
            unit.other_ways.ask(NewRequest(person_id, subject, Way.PHONE_CALL, channel), now)
            if person_id is not None:
                unit.own_requests.ask(person_id, wish, channel, now)


class AnswerOwn:
    """One instance serves all threads; privacy officers alone."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def listed(self, staff: StaffMember, *, settled: bool) -> Sequence[OwnRequest]:
        """raises AccessRefused"""
        _require(staff)
        with self._store.reading() as unit:
            return unit.own_requests.listed(settled=settled, most=_MOST)

    def waiting(self) -> int:
        with self._store.reading() as unit:
            return len(unit.own_requests.listed(settled=False, most=_MOST))

    def see(self, request_id: str, staff: StaffMember) -> OwnRequestShown:
        """raises AccessRefused, NotFound"""
        _require(staff)
        with self._store.unit() as unit:
            found = unit.own_requests.get(request_id)
            if found is None:
                raise NotFound
            names = {member.id: member.username for member in unit.staff.all()}
            event = AuditEvent(f"staff:{staff.id}", "own_request.seen", f"person:{found.person_id}", {})
            unit.audit.append(event, self._clock.now())
        return OwnRequestShown(found, self._store.queries.person_summary(found.person_id), names)

    def settle(self, request_id: str, given: tuple[str, str, str], staff: StaffMember) -> None:
        """given: answer, papers that were seen, note. Wishes about data comparison are carried out here.

        raises   AccessRefused, NotFound, FieldInvalid, FieldTooLong, StaleJudgement (answered meanwhile)
        """
        _require(staff)
        answer, papers = check_answer(given[0], given[1])
        note, now = checked_note(given[2]), self._clock.now()
        with self._store.unit() as unit:
            unit.alone(f"own request {request_id}")
            found = unit.own_requests.get(request_id)
            if found is None:
                raise NotFound
            done = replace(found, settled_by=staff.id, answer=answer, papers=papers, note=note)
            if found.settled_at is not None or not unit.own_requests.settle(done, now):
                raise StaleJudgement
            if answer is Answer.DONE and found.wish in _WANTS_DATA:
                write_data_wish(unit, found.person_id, (_WANTS_DATA[found.wish], f"own request {found.id}"), staff, now)
            details = {"wish": found.wish.value, "answer": answer.value, "papers": papers.value if papers else None}
            event = AuditEvent(f"staff:{staff.id}", "own_request.settled", f"person:{found.person_id}", details)
            unit.audit.append(event, now)


def _require(staff: StaffMember) -> None:
    if staff.disabled or not may(staff.role, Permission.ERASE_PERSON):
        raise AccessRefused
