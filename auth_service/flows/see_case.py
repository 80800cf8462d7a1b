"""What staff see of a case, both sides of it, and its evidence pack. Every look is in the audit trail."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from auth_service.accounts.credentials import StaffMember
from auth_service.accounts.roles import Permission, may
from auth_service.casework.case import PASSED_AFTER_DEATH, this_round
from auth_service.casework.disposition import Disposition, dispositions_of
from auth_service.casework.evidence_pack import Packed, digest_of, document_of
from auth_service.casework.terms import Bar, bar_of, restores_first
from auth_service.casework.time_line import Entry, Track
from auth_service.casework.weighing import Knowledge, Weighed, theories_of, weigh
from auth_service.core.audit import AuditEvent
from auth_service.core.clock import Clock
from auth_service.core.errors import NotFound
from auth_service.flows.case_file import (
    WITHDRAWN,
    PerhapsOverpaid,
    is_stopped,
    known_person,
    line_of,
    perhaps_overpaid,
    related,
    seen_since,
    taken_back,
)
from auth_service.flows.case_terms import alive_of
from auth_service.flows.money_terms import require
from auth_service.monitoring.flags import Verdict
from auth_service.storage.queries import PersonSummary
from auth_service.storage.unit import Store, StoredCase, StoredFlag, StoredNotice, Unit

Sign = Callable[[Mapping[str, Any]], dict[str, Any]]
"""Adds key id and signature to a document. raises KeyStoreUnavailable"""
_NEWEST_NOTICES = 5


@dataclass(frozen=True, slots=True)
class CaseShown:
    """One case with what speaks on either side.

    names     staff id -> user name; workers: user names of those who may work on it
    bars      how it may not end now, and why
    related   other people whom the same flags concern, with the rules
    seen_on   when somebody saw the person since it was opened
    stopped   something is not paid to the person now; restore_first: although nothing was wrong
    """

    stored: StoredCase
    person: PersonSummary
    flags: tuple[StoredFlag, ...]
    entries: tuple[Entry, ...]
    weighed: Weighed
    theories: tuple[str, ...]
    related: tuple[tuple[PersonSummary, tuple[str, ...]], ...]
    overpaid: tuple[PerhapsOverpaid, ...]
    notices: tuple[StoredNotice, ...]
    names: dict[str, str]
    workers: tuple[str, ...]
    bars: dict[Disposition, Bar]
    seen_on: date | None
    contested: bool
    stopped: bool
    restore_first: bool

    @property
    def passed_after_death(self) -> bool:
        """Two explanations are open, and somebody must meet the person."""
        return any(flag.rule_id == PASSED_AFTER_DEATH for flag in self.stored.round_flags)


class SeeCases:
    """One instance serves all threads."""

    def __init__(self, store: Store, clock: Clock, sign: Sign) -> None:
        self._store = store
        self._clock = clock
        self._sign = sign

    def case(self, case_id: str, staff: StaffMember) -> CaseShown:
        """raises AccessRefused, NotFound, SealBroken, PolicyTampered"""
        require(staff, Permission.SEE_CASES)
        now = self._clock.now()
        with self._store.unit() as unit:
            found = self._shown(unit, case_id, now)
            event = AuditEvent(f"staff:{staff.id}", "case.seen", f"person:{found.stored.person_id}", {"case": case_id})
            unit.audit.append(event, now)
        return found

    def pack(self, case_id: str, staff: StaffMember) -> dict[str, Any]:
        """The signed evidence pack, as this role may see it; its digest is in the audit trail.

        raises   as `case`; KeyStoreUnavailable
        """
        require(staff, Permission.SEE_CASES)
        now = self._clock.now()
        with self._store.unit() as unit:
            shown = self._shown(unit, case_id, now)
            document = document_of(
                _packed(shown, photos=may(staff.role, Permission.SEE_FLAG_PHOTOS)), now, staff.username
            )
            signed = self._sign(document)
            details = {"case": case_id, "sha256": digest_of(document)}
            subject = f"person:{shown.stored.person_id}"
            unit.audit.append(AuditEvent(f"staff:{staff.id}", "case.packed", subject, details), now)
        return signed

    def _shown(self, unit: Unit, case_id: str, now: datetime) -> CaseShown:
        case = unit.cases.get(case_id)
        if case is None:
            raise NotFound
        person = known_person(unit, case.person_id)
        flags = tuple(one for one in (unit.flags.get(flag.id) for flag in case.flags) if one is not None)
        entries = line_of(unit, case, flags, person, now)
        alive = alive_of(unit, case.person_id)
        known = _knowledge(case, flags, entries, taken_back(unit, flags))
        known = replace(known, seen_on=seen_since(case, alive.seen_at), contested=alive.contested)
        stopped, staff = is_stopped(unit, person), unit.staff.all()
        bars = {
            said: bar_of(case.cause, said, case.round_flags, case.events, alive) for said in dispositions_of(case.cause)
        }
        doubtful = any(flag.rule_id == PASSED_AFTER_DEATH for flag in case.round_flags)
        return CaseShown(
            case,
            self._summary(case.person_id),
            flags,
            entries,
            weigh(known),
            theories_of(case.cause, passed_after_death=doubtful),
            tuple((self._summary(other), tuple(rules)) for other, rules in related(unit, case.person_id).items()),
            perhaps_overpaid(unit, person, entries),
            tuple(unit.notices.of_person(case.person_id)[:_NEWEST_NOTICES]) if person else (),
            {member.id: member.username for member in staff},
            tuple(one.username for one in staff if not one.disabled and may(one.role, Permission.WORK_CASES)),
            {said: bar for said, bar in bars.items() if bar is not None},
            known.seen_on,
            alive.contested,
            stopped,
            restores_first(case.standing.disposition, is_closed=not case.standing.is_open, is_stopped=stopped),
        )

    def _summary(self, person_id: str) -> PersonSummary:
        found = self._store.queries.person_summary(person_id)
        if found is None:
            raise NotFound
        return found


def _knowledge(
    case: StoredCase,
    flags: tuple[StoredFlag, ...],
    entries: tuple[Entry, ...],
    gone: frozenset[str],
) -> Knowledge:
    """gone: findings that stand no more, which speak for nothing"""
    clashing = {entry.track for entry in entries if entry.clashes}
    told = [one.flag for one in flags if "id_level" in one.flag.evidence]
    standing = [flag for flag in told if flag.rule_id != WITHDRAWN and flag.evidence.get("link") not in gone]
    return Knowledge(
        records=[flag.evidence for flag in standing],
        steps=[event for event in this_round(case.events) if event.step is not None],
        passed_after=Track.PASS in clashing,
        paid_after=Track.PAYMENT in clashing,
        taken_back=len(standing) < len(told),
        false_flags=sum(bool(one.judgements) and one.judgements[-1][1].verdict is Verdict.FALSE_FLAG for one in flags),
    )


def _packed(shown: CaseShown, *, photos: bool) -> Packed:
    person = shown.person
    masked = {
        "person_key": person.person_key,
        "name": person.masked_name,
        "id_number": person.masked_id_number,
        "birth_year": person.birth_year,
        "region_code": person.region_code,
    }
    flags = [
        (one.id, one.flag, [(said.verdict.value, said.judged_at) for _, said in one.judgements]) for one in shown.flags
    ]
    stored = shown.stored
    return Packed(
        stored.id, stored.cause, stored.standing, masked, flags, stored.events, shown.entries, shown.weighed,
        shown.names, photos,
    )  # fmt: skip
