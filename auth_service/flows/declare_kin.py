"""Twins and siblings: declared by one member of staff, confirmed by another, taken back by one."""

from __future__ import annotations

from auth_service.accounts.credentials import StaffMember
from auth_service.accounts.roles import Permission, may
from auth_service.beneficiaries.kin import FOLLOWS, KinAct, Relation, in_order
from auth_service.core.audit import AuditEvent, Details
from auth_service.core.clock import Clock
from auth_service.core.errors import (
    AccessRefused,
    AlreadyExists,
    FieldInvalid,
    FieldTooLong,
    NotFound,
    ReasonMissing,
    SecondPersonNeeded,
)
from auth_service.flows.find_person import found_person
from auth_service.storage.unit import Store, StoredKin, Unit

_SHORTEST_REASON = 2
_LONGEST_REASON = 1000


class DeclareKin:
    """See the module. An exempt pair is passed over by the next scan of faces; a flag that stands already stays."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def declare(self, who: tuple[str, str], relation: Relation, reason: str, member: StaffMember) -> StoredKin:
        """who: two people, each by ID number or the ledger's key. Exempts nobody before a second person confirms it.

        raises   AccessRefused, BeneficiaryUnknown, FieldInvalid (one and the same), ReasonMissing, FieldTooLong,
                 AlreadyExists (it stands)
        """
        _may(member, Permission.DECLARE_KIN)
        text = _checked(reason)
        pair = self._pair(who)
        with self._store.unit() as unit:
            last = _last(unit, pair)
            if not _follows(KinAct.DECLARED, last):
                raise AlreadyExists("this pair is declared already", field="who")
            return self._add(unit, pair, (relation, KinAct.DECLARED, member.id), text, member)

    def confirm(self, who: tuple[str, str], reason: str, member: StaffMember) -> StoredKin:
        """The second person saw the papers too. From here on a scan passes the pair over.

        raises   as declare; NotFound (nothing waits), SecondPersonNeeded: the declarer
        """
        _may(member, Permission.CONFIRM_KIN)
        text = _checked(reason)
        pair = self._pair(who)
        with self._store.unit() as unit:
            last = _last(unit, pair)
            if last is None or not last.genuine or not _follows(KinAct.CONFIRMED, last):
                raise NotFound("no declaration of this pair waits", field="who")
            if last.declared_by == member.id:
                raise SecondPersonNeeded
            return self._add(unit, pair, (last.relation, KinAct.CONFIRMED, last.declared_by), text, member)

    def withdraw(self, who: tuple[str, str], reason: str, member: StaffMember) -> StoredKin:
        """One person is enough: the next scan looks at the pair again. raises as confirm, without SecondPersonNeeded"""
        _may(member, Permission.DECLARE_KIN)
        text = _checked(reason)
        pair = self._pair(who)
        with self._store.unit() as unit:
            last = _last(unit, pair)
            if last is None or not _follows(KinAct.WITHDRAWN, last):
                raise NotFound("this pair is not declared", field="who")
            return self._add(unit, pair, (last.relation, KinAct.WITHDRAWN, last.declared_by), text, member)

    def all(self) -> list[tuple[StoredKin, str]]:
        """The newest act on every pair with its reason, newest first; without a reason where either was erased."""
        with self._store.reading() as unit:
            return [(one, unit.kin.reason(one)) for one in unit.kin.all()]

    def _pair(self, who: tuple[str, str]) -> tuple[str, str]:
        now = self._clock.now()
        first, second = (found_person(self._store, words, now) for words in who)
        if first == second:
            raise FieldInvalid("two people are needed", field="who")
        return in_order(first, second)

    def _add(
        self, unit: Unit, pair: tuple[str, str], act: tuple[Relation, KinAct, str], reason: str, member: StaffMember
    ) -> StoredKin:
        """act: the relation, what is done, and who declared it"""
        now = self._clock.now()
        act_id = unit.kin.add(pair, act[0], act[1], (act[2], member.id), reason, now)
        details: Details = {"first": pair[0], "second": pair[1], "relation": act[0].value}
        event = AuditEvent(f"staff:{member.id}", f"kin.{act[1].value}", f"declared_kin:{act_id}", details)
        unit.audit.append(event, now)
        added = unit.kin.of(*pair)
        if added is None:
            raise AssertionError("what was just added is there")
        return added


def _last(unit: Unit, pair: tuple[str, str]) -> StoredKin | None:
    unit.alone(f"kin {pair[0]} {pair[1]}")
    return unit.kin.of(*pair)


def _follows(act: KinAct, last: StoredKin | None) -> bool:
    return (None if last is None else last.act) in FOLLOWS[act]


def _checked(reason: str) -> str:
    text = reason.strip()
    if len(text) < _SHORTEST_REASON:
        raise ReasonMissing(field="reason")
    if len(text) > _LONGEST_REASON:
        raise FieldTooLong(field="reason")
    return text


def _may(member: StaffMember, permission: Permission) -> None:
    if member.disabled or not may(member.role, permission):
        raise AccessRefused(f"{member.role.value} may not: {permission.value}")
