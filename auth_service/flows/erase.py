"""Erasing a person: what is kept about them becomes unreadable in the database and in every older backup of it.

A privacy officer confirms it after a confirmation in person. It moves no due date and no payment, and it waits while a
flag about the person is open. What happens in which order, and what stays, is in docs/decisions/0016-erasure.md.
Everything here is done by the role that serves: no process needs a second one to carry an erasure out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime

from auth_service.accounts.credentials import StaffMember
from auth_service.accounts.roles import Permission, may
from auth_service.beneficiaries.id_number import parse_id_number
from auth_service.core.audit import AuditEvent
from auth_service.core.clock import Clock, legal_date
from auth_service.core.erasure import OVERRIDING, ErasureReason, Requester, Tombstone, Tombstones
from auth_service.core.errors import (
    AccessRefused,
    BeneficiaryUnknown,
    ErasureHeldBack,
    PartlyDone,
    SecondPersonNeeded,
    ServiceError,
    StorageFault,
    TombstoneRefused,
    Unavailable,
)
from auth_service.flows.standing_erasures import standing, tell_refused
from auth_service.storage.unit import Store, Unit


@dataclass(frozen=True, slots=True)
class EraseRequest:
    """Whom, and on whose word.

    id_number, person_id  one of the two
    confirmed_by          the privacy officer who saw the papers, signed in
    second                somebody else, signed in, where open flags do not hold it back: a court order
    """

    requested_by: Requester
    reason: ErasureReason
    confirmed_by: StaffMember
    actor: str
    id_number: str | None = None
    person_id: str | None = None
    second: StaffMember | None = None


@dataclass(frozen=True, slots=True)
class Erased:
    """What was emptied.

    counts   rows by kind, pictures among them
    already  it had been erased before
    left     code of what kept the ledger's row from being emptied, which `reapply` does; None when all is done.
             Unreadable is everything either way: the key is gone
    """

    person_id: str
    counts: Mapping[str, int]
    already: bool = False
    left: str | None = None


@dataclass(frozen=True, slots=True)
class Reapplied:
    """What `reapply` found.

    listed    tombstones that are obeyed
    erased    people erased again
    files     pictures removed
    put_back  tombstones that only the database had
    failed    people who could not be erased again
    refused   people named only by tombstones that are not known to be ours; nothing was done about them
    """

    listed: int
    erased: int
    files: int
    put_back: int
    failed: int
    refused: int


@dataclass(frozen=True, slots=True)
class ErasureState:
    """How the two lists agree.

    outside, inside  tombstones in the outside record and in the database, those that are obeyed
    unfinished       people whom they name and this database still knows
    not_outside      tombstones that only the database has: an older backup would bring those people back
    files_left       pictures of erased people that are still on the disk
    refused          people named only by tombstones that are not known to be ours
    """

    outside: int
    inside: int
    unfinished: int
    not_outside: int
    files_left: int
    refused: int

    @property
    def sound(self) -> bool:
        return not (self.unfinished or self.not_outside or self.files_left or self.refused)


@dataclass(frozen=True, slots=True)
class Accepted:
    """Tombstones of a release without guards that an officer stands for now, and those held back by open flags."""

    accepted: int
    held_back: int


class Erase:
    """See the module."""

    def __init__(self, store: Store, outside: Tombstones, clock: Clock) -> None:
        self._store = store
        self._outside = outside
        self._clock = clock

    def run(self, request: EraseRequest) -> Erased:
        """Erases one person, for good.

        raises   AccessRefused, SecondPersonNeeded (a court order), BeneficiaryUnknown, ErasureHeldBack, StorageFault,
                 Unavailable; where one of the last two came with the commit, a tombstone may stand on the outside
                 record, and `reapply` completes it
        """
        now = self._clock.now()
        with self._store.unit() as unit:
            signatures = _signatures(unit, request)
            person_id = self._person(unit, request, now)
            if not unit.erasures.undone([person_id]):
                return Erased(person_id, {}, already=True)
            flags = unit.flags.unsettled_about(person_id)
            if flags and request.reason not in OVERRIDING:
                raise ErasureHeldBack(", ".join(flags))
            tombstone = unit.erasures.guarded(
                Tombstone(person_id, request.requested_by, request.reason, signatures["confirmed_by"], now)
            )
            counts = self._erase(unit, tombstone, now)
            details = {"requested_by": request.requested_by.value, "reason": request.reason.value, **signatures,
                       "open_flags": len(flags)}  # fmt: skip
            unit.audit.append(AuditEvent(request.actor, "person.erased", f"person:{person_id}", details), now)
            unit.audit.flush()  # now: what the database refuses must leave no tombstone outside
            self._outside.append(tombstone)  # last before the commit: from here on `reapply` can complete it
        return self._forgotten(Erased(person_id, counts), now)

    def reapply(self) -> Reapplied:
        """Erases whoever a tombstone of ours names and this database still knows: after a restore, or a crash.

        Tombstones that only the database has, and the audit trail tells of, are put back on the outside record. Doing
        it again changes nothing. Whoever cannot be erased, or is named by others alone, keeps nobody else from it.
        raises   StorageFault (the outside record is damaged), Unavailable; when all else is done: PartlyDone (some
                 people were not erased), TombstoneRefused (some tombstones are not known to be ours)
        """
        outside = self._outside.all()
        with self._store.reading() as unit:
            found = standing(unit, outside)
            undone = unit.erasures.undone([tombstone.person_id for tombstone in found.obeyed])
        for tombstone in found.missing:
            self._outside.append(tombstone)
        failures = self._complete_all([tombstone for tombstone in found.obeyed if tombstone.person_id in undone])
        with self._store.reading() as unit:
            files = unit.photos.remove_left_over()
        failed, refused = failures.total(), len(found.refused)
        if refused:
            with self._store.unit() as unit:
                tell_refused(unit, found.refused, self._clock.now())
        done = Reapplied(len(found.obeyed), len(undone) - failed, files, len(found.missing), failed, refused)
        if failures:
            told = ", ".join(f"{count} people: {code}" for code, count in sorted(failures.items()))
            raise PartlyDone(told, counts=asdict(done))
        if refused:
            raise TombstoneRefused(f"{refused} people", counts=asdict(done))
        return done

    def earlier(self) -> Sequence[Tombstone]:
        """Tombstones without a guard that nothing else vouches for: of an earlier release, or put in.

        raises   StorageFault
        """
        outside = self._outside.all()
        with self._store.reading() as unit:
            return standing(unit, outside).earlier

    def accept_earlier(self, people: Sequence[str], confirmed_by: StaffMember, actor: str) -> Accepted:
        """Puts those tombstones of `earlier` on the outside record with a guard, on a privacy officer's word; `reapply`
        obeys them then. Whoever has an open flag is left out, as with any erasure.

        people   ids, as the officer has seen them
        raises   AccessRefused, StorageFault, Unavailable
        """
        outside, now = self._outside.all(), self._clock.now()
        with self._store.unit() as unit:
            officer = _entitled(unit, confirmed_by, Permission.ERASE_PERSON, "confirmed_by")
            seen = [one for one in standing(unit, outside).earlier if one.person_id in set(people)]
            taken = [unit.erasures.guarded(one) for one in seen if not unit.flags.unsettled_about(one.person_id)]
            for tombstone in taken:
                details = {"confirmed_by": officer, "reason": tombstone.reason.value,
                           "decided_at": tombstone.decided_at.isoformat()}  # fmt: skip
                unit.audit.append(AuditEvent(actor, "erasure.accepted", f"person:{tombstone.person_id}", details), now)
            unit.audit.flush()  # now, as in `run`
            for tombstone in taken:
                self._outside.append(tombstone)
        return Accepted(len(taken), len(seen) - len(taken))

    def status(self) -> ErasureState:
        """How the outside record, the database and the photo folder agree. raises StorageFault"""
        outside = self._outside.all()
        with self._store.reading() as unit:
            found = standing(unit, outside)
            undone = unit.erasures.undone([tombstone.person_id for tombstone in found.obeyed])
            files = len(unit.photos.left_over())
        obeyed, missing = len(found.obeyed), len(found.missing)
        return ErasureState(obeyed - missing, found.inside, len(undone), missing, files, len(found.refused))

    def _person(self, unit: Unit, request: EraseRequest, now: datetime) -> str:
        """The person, held until the unit ends. raises BeneficiaryUnknown, RowRefused"""
        person_id = request.person_id
        if request.id_number is not None:
            person_id = unit.people.proven(parse_id_number(request.id_number, legal_date(now)).number)
        if person_id is None or not unit.erasures.hold(person_id):
            raise BeneficiaryUnknown(field="id_number" if request.id_number is not None else "person_id")
        return person_id

    def _complete_all(self, tombstones: Sequence[Tombstone]) -> Counter[str]:
        """Each in units of their own; returns how many failed, by code."""
        failures: Counter[str] = Counter()
        for tombstone in tombstones:
            try:
                self._complete(tombstone)
            except ServiceError as error:
                failures[error.code] += 1
        return failures

    def _complete(self, tombstone: Tombstone) -> None:
        """What is missing of one erasure, with an event for what was done."""
        now = self._clock.now()
        details = {"decided_at": tombstone.decided_at.isoformat(), "reason": tombstone.reason.value}
        event = AuditEvent("system", "person.erased_again", f"person:{tombstone.person_id}", details)
        with self._store.unit() as unit:
            unit.erasures.hold(tombstone.person_id)
            done = any(self._erase(unit, tombstone, now).values())
            if done:
                unit.audit.append(event, now)
        with self._store.unit() as unit:
            if any(unit.erasures.forget(tombstone.person_id, now).values()) and not done:
                unit.audit.append(event, now)

    @staticmethod
    def _erase(unit: Unit, tombstone: Tombstone, now: datetime) -> dict[str, int]:
        counts = unit.erasures.erase(tombstone, now)
        return {**counts, "pictures": unit.photos.erase_of(tombstone.person_id, now)}

    def _forgotten(self, erased: Erased, now: datetime) -> Erased:
        """In a unit of its own: whatever becomes of it, the key stays destroyed."""
        try:
            with self._store.unit() as unit:
                counts = unit.erasures.forget(erased.person_id, now)
        except (StorageFault, Unavailable) as error:
            return replace(erased, left=error.code)
        return replace(erased, counts={**erased.counts, **counts})


def _signatures(unit: Unit, request: EraseRequest) -> dict[str, str]:
    """Ids of who stands for it, as their accounts are now. raises AccessRefused, SecondPersonNeeded"""
    signed = {"confirmed_by": _entitled(unit, request.confirmed_by, Permission.ERASE_PERSON, "confirmed_by")}
    if request.reason in OVERRIDING:
        if request.second is None or request.second.id == request.confirmed_by.id:
            raise SecondPersonNeeded(field="second")
        signed["second"] = _entitled(unit, request.second, Permission.OVERRIDE_FLAGS, "second")
    return signed


def _entitled(unit: Unit, signed_in: StaffMember, permission: Permission, field: str) -> str:
    """raises AccessRefused"""
    member = unit.staff.get(signed_in.id)
    if member is None or member.disabled or not may(member.role, permission):
        raise AccessRefused(f"{signed_in.role.value} may not sign for an erasure", field=field)
    return member.id
