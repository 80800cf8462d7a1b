"""Erasing a person: what is kept about them becomes unreadable in the database and in every older backup of it.

A privacy officer confirms it after a confirmation in person. It moves no due date and no payment, and it waits while a
flag about the person is open. What happens in which order, and what stays, is in docs/decisions/0016-erasure.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from auth_service.accounts.credentials import StaffMember
from auth_service.accounts.roles import Permission, may
from auth_service.beneficiaries.id_number import parse_id_number
from auth_service.core.audit import AuditEvent
from auth_service.core.clock import Clock, legal_date
from auth_service.core.erasure import OVERRIDING, ErasureReason, Requester, Tombstone, Tombstones
from auth_service.core.errors import AccessRefused, BeneficiaryUnknown, ErasureHeldBack, NotFound
from auth_service.storage.unit import Store, Unit


@dataclass(frozen=True, slots=True)
class EraseRequest:
    """Whom, and on whose word.

    id_number, person_id  one of the two
    confirmed_by          user name of the privacy officer who saw the papers
    """

    requested_by: Requester
    reason: ErasureReason
    confirmed_by: str
    actor: str
    id_number: str | None = None
    person_id: str | None = None


@dataclass(frozen=True, slots=True)
class Erased:
    """What was emptied: rows by kind, pictures among them. `already`: it had been erased before"""

    person_id: str
    counts: Mapping[str, int]
    already: bool


@dataclass(frozen=True, slots=True)
class Reapplied:
    """What `reapply` found. listed: tombstones on record; erased: people erased again; files: pictures removed"""

    listed: int
    erased: int
    files: int
    put_back: int


@dataclass(frozen=True, slots=True)
class ErasureState:
    """How the two lists agree.

    outside, inside  tombstones in the outside record and in the database
    unfinished       people whom the outside record names and this database still knows
    not_outside      tombstones that only the database has: an older backup would bring those people back
    files_left       pictures of erased people that are still on the disk
    """

    outside: int
    inside: int
    unfinished: int
    not_outside: int
    files_left: int

    @property
    def sound(self) -> bool:
        return not (self.unfinished or self.not_outside or self.files_left)


class Erase:
    """See the module.

    store, ledger_store  the same database as its two roles; one and the same where there are no roles
    """

    def __init__(self, store: Store, ledger_store: Store, outside: Tombstones, clock: Clock) -> None:
        self._store = store
        self._ledger = ledger_store
        self._outside = outside
        self._clock = clock

    def run(self, request: EraseRequest) -> Erased:
        """Erases one person, for good.

        raises   NotFound (no such officer), AccessRefused, BeneficiaryUnknown, ErasureHeldBack, StorageFault,
                 Unavailable; after the last two it may be half done, and `reapply` completes it
        """
        now = self._clock.now()
        with self._store.unit() as unit:
            officer = _officer(unit, request.confirmed_by)
            person_id = self._person(unit, request, now)
            if not unit.erasures.undone([person_id]):
                return Erased(person_id, {}, already=True)
            flags = unit.flags.unsettled_about(person_id)
            if flags and request.reason not in OVERRIDING:
                raise ErasureHeldBack(", ".join(flags))
            tombstone = Tombstone(person_id, request.requested_by, request.reason, officer.id, now)
            self._outside.append(tombstone)  # first: whatever happens from here on, `reapply` can complete it
            counts = self._erase(unit, tombstone, now)
            details = {"requested_by": request.requested_by.value, "reason": request.reason.value,
                       "confirmed_by": officer.id, "open_flags": len(flags)}  # fmt: skip
            unit.audit.append(AuditEvent(request.actor, "person.erased", f"person:{person_id}", details), now)
        return Erased(person_id, {**counts, **self._forget_apart(person_id, now)}, already=False)

    def reapply(self) -> Reapplied:
        """Erases whoever the outside record names and this database still knows: after a restore, or a crash.

        Tombstones that only the database has are put back on the outside record. Doing it again changes nothing.
        raises   StorageFault (the outside record is damaged), Unavailable
        """
        outside = self._outside.all()
        with self._store.reading() as unit:
            inside = unit.erasures.all()
            undone = unit.erasures.undone([tombstone.person_id for tombstone in outside])
        listed = {tombstone.person_id for tombstone in outside}
        missing = [tombstone for tombstone in inside if tombstone.person_id not in listed]
        for tombstone in missing:
            self._outside.append(tombstone)
        for tombstone in outside:
            if tombstone.person_id in undone:
                self._complete(tombstone)
        with self._store.reading() as unit:
            files = unit.photos.remove_left_over()
        return Reapplied(len(listed) + len(missing), len(undone), files, len(missing))

    def status(self) -> ErasureState:
        """How the outside record, the database and the photo folder agree. raises StorageFault"""
        outside = {tombstone.person_id for tombstone in self._outside.all()}
        with self._store.reading() as unit:
            inside = {tombstone.person_id for tombstone in unit.erasures.all()}
            undone = unit.erasures.undone(sorted(outside | inside))
            files = len(unit.photos.left_over())
        return ErasureState(len(outside), len(inside), len(undone), len(inside - outside), files)

    def _person(self, unit: Unit, request: EraseRequest, now: datetime) -> str:
        """The person, held until the unit ends. raises BeneficiaryUnknown, RowRefused"""
        person_id = request.person_id
        if request.id_number is not None:
            person_id = unit.people.id_of(parse_id_number(request.id_number, legal_date(now)).number)
        if person_id is None or not unit.erasures.hold(person_id):
            raise BeneficiaryUnknown(field="id_number" if request.id_number is not None else "person_id")
        return person_id

    def _complete(self, tombstone: Tombstone) -> None:
        now = self._clock.now()
        with self._store.unit() as unit:
            unit.erasures.hold(tombstone.person_id)
            self._erase(unit, tombstone, now)
            details = {"decided_at": tombstone.decided_at.isoformat(), "reason": tombstone.reason.value}
            unit.audit.append(
                AuditEvent("system", "person.erased_again", f"person:{tombstone.person_id}", details), now
            )
        self._forget_apart(tombstone.person_id, now)

    def _erase(self, unit: Unit, tombstone: Tombstone, now: datetime) -> dict[str, int]:
        counts = unit.erasures.erase(tombstone, now)
        counts["pictures"] = unit.photos.erase_of(tombstone.person_id, now)
        if self._ledger is self._store:
            counts |= unit.erasures.forget(tombstone.person_id, now)
        return counts

    def _forget_apart(self, person_id: str, now: datetime) -> dict[str, int]:
        """Where the ledger has a role of its own; the key is gone already, so this only tidies up."""
        if self._ledger is self._store:
            return {}
        with self._ledger.unit() as unit:
            return unit.erasures.forget(person_id, now)


def _officer(unit: Unit, username: str) -> StaffMember:
    """raises NotFound, AccessRefused"""
    member = unit.staff.by_username(username.strip().lower())
    if member is None:
        raise NotFound(f"no staff account {username!r}", field="confirmed_by")
    if member.disabled or not may(member.role, Permission.ERASE_PERSON):
        raise AccessRefused(f"{member.role.value} may not confirm an erasure", field="confirmed_by")
    return member
