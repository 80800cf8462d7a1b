"""Policies: checked line by line, proposed by one person, put in force from a day on by another."""

from __future__ import annotations

from datetime import date

from auth_service.accounts.credentials import StaffMember
from auth_service.accounts.roles import Permission, may
from auth_service.core.audit import AuditEvent, Details
from auth_service.core.clock import Clock, legal_date
from auth_service.core.document import Node, Problem, told
from auth_service.core.errors import (
    AccessRefused,
    AlreadyExists,
    DateInvalid,
    NotFound,
    PolicyRefused,
    SecondPersonNeeded,
)
from auth_service.core.ids import new_id
from auth_service.qualification.policy import PolicySet
from auth_service.qualification.policy_document import read_policies, stored_form
from auth_service.storage.unit import Store, StoredPolicy


class KeepPolicies:
    """See the module."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def check(self, document: Node) -> tuple[PolicySet | None, tuple[Problem, ...]]:
        """The policies, or every fault with its line."""
        return read_policies(document)

    def propose(self, document: Node, member: StaffMember) -> StoredPolicy:
        """Keeps a document for a second person. raises AccessRefused, PolicyRefused, AlreadyExists (the name)"""
        _may(member, Permission.PROPOSE_POLICY)
        found, problems = read_policies(document)
        if found is None:
            raise PolicyRefused(told(problems), field="document")
        now, policy_id = self._clock.now(), new_id()
        with self._store.unit() as unit:
            if unit.policies.by_name(found.name) is not None:
                raise AlreadyExists(field="name")
            digest = unit.policies.add(policy_id, found.name, stored_form(document), member.id, now)
            details: Details = {"name": found.name, "document_digest": digest, "policies": len(found.policies)}
            unit.audit.append(AuditEvent(f"staff:{member.id}", "policy.proposed", f"policy:{policy_id}", details), now)
        return self.find(found.name)

    def activate(self, name: str, starts_on: date, member: StaffMember) -> StoredPolicy:
        """Puts a proposed document in force from a day on; the ones before stay as history.

        raises   NotFound, AccessRefused, SecondPersonNeeded (the proposer, or a proposer who may act no longer),
                 DateInvalid: the day is over, and nothing was changed behind the service from then on; PolicyTampered
        """
        _may(member, Permission.ACTIVATE_POLICY)
        now = self._clock.now()
        with self._store.unit() as unit:
            found = unit.policies.by_name(name)
            if found is None:
                raise NotFound(f"no policy {name!r}", field="name")
            proposer = unit.staff.get(found.proposed_by)
            if found.proposed_by == member.id:
                raise SecondPersonNeeded
            if proposer is None or proposer.disabled or not may(proposer.role, Permission.PROPOSE_POLICY):
                raise SecondPersonNeeded("who proposed it may not propose any more: let somebody propose it anew")
            first = min(legal_date(now), unit.policies.tampered_from() or date.max)
            if starts_on < first:
                raise DateInvalid(f"not before {first}", field="from")
            unit.policies.activate(found.id, starts_on, (found.proposed_by, member.id), now)
            details = {"name": name, "document_digest": found.digest, "starts_on": str(starts_on)}
            unit.audit.append(AuditEvent(f"staff:{member.id}", "policy.activated", f"policy:{found.id}", details), now)
        return self.find(name)

    def all(self) -> list[StoredPolicy]:
        """Every document, newest first. raises PolicyTampered"""
        with self._store.reading() as unit:
            return unit.policies.all()

    def waiting(self) -> int:
        """How many were never put in force. raises PolicyTampered"""
        return sum(not one.starts_on for one in self.all())

    def by_id(self, policy_id: str) -> StoredPolicy:
        """raises NotFound, PolicyTampered"""
        found = next((one for one in self.all() if one.id == policy_id), None)
        if found is None:
            raise NotFound
        return found

    def find(self, name: str) -> StoredPolicy:
        """raises NotFound, PolicyTampered"""
        with self._store.reading() as unit:
            found = unit.policies.by_name(name)
        if found is None:
            raise NotFound(f"no policy {name!r}", field="name")
        return found


def _may(member: StaffMember, permission: Permission) -> None:
    if member.disabled or not may(member.role, permission):
        raise AccessRefused(f"{member.role.value} may not: {permission.value}")
