"""Policies within one unit: proposed, in force, of the past.

Each document and each activation carries a guard (records/guards.py) and names people who may do what they did. An
activation that is not so counts for nothing, and while there is one nothing is judged: to fall back on the one before
would let whoever can spoil a row choose an older, harder policy (as docs/decisions/0018 says of thresholds).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row, func, insert, select
from sqlalchemy.exc import IntegrityError

from auth_service.accounts.roles import Permission, Role, may
from auth_service.core.errors import AlreadyExists, PolicyTampered
from auth_service.qualification.policy import PolicyBook, PolicySet, PolicyVersion
from auth_service.qualification.policy_document import from_stored
from auth_service.storage.records.guards import guard_of, is_genuine, subject_of
from auth_service.storage.records.regions import RegionRecords
from auth_service.storage.tables import PolicyActivationRow, PolicyRow, StaffRow
from auth_service.storage.tables.schema import Schema, table_of
from auth_service.storage.work import Work

_PROPOSALS, _ACTS, _STAFF = table_of(PolicyRow), table_of(PolicyActivationRow), table_of(StaffRow)
_ALL_ACTS = (
    select(_ACTS, _PROPOSALS.c.document_digest)
    .join(_PROPOSALS, _PROPOSALS.c.id == _ACTS.c.policy_id)
    .order_by(_ACTS.c.number)
)


@dataclass(frozen=True, slots=True)
class StoredPolicy:
    """One proposal with what became of it. activated_by None, starts_on empty: never put in force"""

    id: str
    policies: PolicySet
    digest: str
    proposed_by: str
    proposed_at: datetime
    activated_by: str | None
    starts_on: tuple[date, ...]


class Policies:
    """See the module."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def add(self, policy_id: str, name: str, document: str, by: str, now: datetime) -> str:
        """Keeps a proposal; returns the digest of the document. raises AlreadyExists: the name is taken"""
        digest = digest_of(document)
        values = {
            "id": policy_id,
            "name": name,
            "document": document,
            "document_digest": digest,
            "proposed_by": by,
            "proposed_at": now,
        }
        try:
            guard = guard_of(self._work.indexes, PolicyRow, values)
            self._work.connection.execute(insert(_PROPOSALS), {**values, "guard": guard})
        except IntegrityError as error:
            raise AlreadyExists(field="name") from error
        return digest

    def activate(self, policy_id: str, starts_on: date, people: tuple[str, str], now: datetime) -> None:
        """people: who proposed, who activates. raises StorageFault: the database refuses one and the same person"""
        digest = select(_PROPOSALS.c.document_digest).where(_PROPOSALS.c.id == policy_id)
        values = {
            "number": self._next_number(),
            "policy_id": policy_id,
            "starts_on": starts_on,
            "proposed_by": people[0],
            "activated_by": people[1],
            "activated_at": now,
        }
        covered = {**values, "document_digest": self._work.connection.execute(digest).scalar_one()}
        guard = guard_of(self._work.indexes, PolicyActivationRow, covered)
        self._work.connection.execute(insert(_ACTS), {**values, "guard": guard})

    def book(self) -> PolicyBook:
        """Everything that was put in force, by its first day.

        raises   PolicyTampered: an activation or its document was not written by this service as it stands, or names
                 somebody who may not; unless a later activation from the same day or before has taken its place
        """
        versions, tampered = self._versions()
        if tampered:
            raise next(iter(tampered.values()))
        return PolicyBook(versions, RegionRecords(self._work).tree())

    def tampered_from(self) -> date | None:
        """The first day that an activation in the way of `book` speaks of: from there one must be put in force anew."""
        return min(self._versions()[1], default=None)

    def _versions(self) -> tuple[list[PolicyVersion], dict[date, PolicyTampered]]:
        versions: list[PolicyVersion] = []
        tampered: dict[date, PolicyTampered] = {}
        for act in self._work.connection.execute(_ALL_ACTS).all():
            try:
                self._require(PolicyActivationRow, act, act.activated_by, Permission.ACTIVATE_POLICY)
                row = self._work.connection.execute(select(_PROPOSALS).where(_PROPOSALS.c.id == act.policy_id)).one()
                versions.append(PolicyVersion(act.starts_on, self._genuine(row)))
            except PolicyTampered as fault:
                tampered[act.starts_on] = fault
            else:  # it speaks of every day from its own on, so that what is spoilt there counts for none
                tampered = {day: fault for day, fault in tampered.items() if day < act.starts_on}
        return versions, tampered

    def mark(self) -> int:
        """The number of the newest activation; 0 where there is none. What was judged before it is judged anew."""
        return int(self._work.connection.execute(select(func.coalesce(func.max(_ACTS.c.number), 0))).scalar_one())

    def by_name(self, name: str) -> StoredPolicy | None:
        """raises PolicyTampered: it was not written by this service as it stands"""
        found = self._work.connection.execute(select(_PROPOSALS).where(_PROPOSALS.c.name == name)).one_or_none()
        return None if found is None else self._stored(found)

    def all(self) -> list[StoredPolicy]:
        """Every proposal, newest first. raises PolicyTampered"""
        newest_first = select(_PROPOSALS).order_by(_PROPOSALS.c.proposed_at.desc(), _PROPOSALS.c.id)
        return [self._stored(row) for row in self._work.connection.execute(newest_first).all()]

    def _stored(self, row: Row[Any]) -> StoredPolicy:
        acts = self._work.connection.execute(_ALL_ACTS.where(_ACTS.c.policy_id == row.id)).all()
        genuine = [act for act in acts if is_genuine(self._work.indexes, PolicyActivationRow, act)]
        return StoredPolicy(
            row.id,
            self._genuine(row),
            row.document_digest,
            row.proposed_by,
            row.proposed_at,
            genuine[-1].activated_by if genuine else None,
            tuple(act.starts_on for act in genuine),
        )

    def _next_number(self) -> int:
        """Behind every activation there is: also behind one that somebody put in with a high number."""
        most = func.coalesce(func.max(_ACTS.c.number), 0) + 1
        return int(self._work.connection.execute(select(most)).scalar_one())

    def _genuine(self, row: Row[Any]) -> PolicySet:
        """The document of a row that this service wrote as it stands. raises PolicyTampered"""
        self._require(PolicyRow, row, row.proposed_by, Permission.PROPOSE_POLICY)
        found = from_stored(row.document) if digest_of(row.document) == row.document_digest else None
        if found is None or found.name != row.name:
            raise PolicyTampered(subject_of(PolicyRow, row))
        return found

    def _require(self, kind: type[Schema], row: Row[Any], by: str, permission: Permission) -> None:
        """raises PolicyTampered: the guard does not fit, or who did it has no role that may. An account that has ended
        since does not undo what it did."""
        member = self._work.connection.execute(select(_STAFF).where(_STAFF.c.id == by)).one_or_none()
        indexes = self._work.indexes
        known = member is not None and is_genuine(indexes, StaffRow, member) and may(Role(member.role), permission)
        if not known or not is_genuine(indexes, kind, row):
            raise PolicyTampered(subject_of(kind, row))


def digest_of(document: str) -> str:
    """SHA-256 (hex) of a document's JSON; it stands in the audit trail too."""
    return hashlib.sha256(document.encode()).hexdigest()
