"""Guards of tombstones: a keyed HMAC over what each says, the same in the database and in the record outside it.

A tombstone erases for good, and again after every restore. So one that somebody put in, with a role of the database or
with the file at hand, must not be obeyed: they can write a line, but not its guard, whose key lies in the key store. It
is an index key, which survives every rotation and comes back with the key store.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select, update

from auth_service.accounts.roles import Permission, may
from auth_service.core.audit import AuditEvent, instant_text
from auth_service.core.erasure import ErasureReason, Requester, Tombstone
from auth_service.core.errors import AccountTampered
from auth_service.storage.records.audit import Audit
from auth_service.storage.records.staff import Staff
from auth_service.storage.sealing import BlindIndexes
from auth_service.storage.tables import AuditRowTable, ErasureRow
from auth_service.storage.tables.schema import table_of
from auth_service.storage.work import Work, to_json

ERASURES_GUARDED_SINCE = "2026_11_28_5_erasure_guards"
"""The migration step at which tombstones of earlier releases are guarded, once."""
_PURPOSE = "erasures"
_ERASURES, _TRAIL = table_of(ErasureRow), table_of(AuditRowTable)
_ASKED_AT_ONCE = 500
_READABLE = _ERASURES.c.decided_at.between(datetime(2000, 1, 1, tzinfo=UTC), datetime(9000, 1, 1, tzinfo=UTC))
"""Outside of it is nothing of ours, and what Python cannot hold ('infinity') would stop whoever reads the others."""


def guard_of_tombstone(indexes: BlindIndexes, tombstone: Tombstone) -> bytes:
    """raises KeyStoreUnavailable, KeyMissing"""
    at = tombstone.decided_at.astimezone(UTC).isoformat(timespec="microseconds")
    who = (tombstone.person_id, tombstone.requested_by.value, tombstone.reason.value, tombstone.confirmed_by)
    return indexes.of(_PURPOSE, to_json(["erasure", *who, at]))


def is_genuine_tombstone(indexes: BlindIndexes, tombstone: Tombstone) -> bool:
    """Whether this service wrote it as it stands. raises as guard_of_tombstone"""
    return hmac.compare_digest(tombstone.guard, guard_of_tombstone(indexes, tombstone))


def stored_tombstones(work: Work) -> list[Tombstone]:
    """Those of the database, in the order of the decisions."""
    wanted = select(
        *(_ERASURES.c[name] for name in ("person_id", "requested_by", "reason", "confirmed_by", "decided_at", "guard"))
    )
    rows = work.connection.execute(wanted.where(_READABLE).order_by(_ERASURES.c.decided_at, _ERASURES.c.person_id))
    return [
        Tombstone(
            row.person_id,
            Requester(row.requested_by),
            ErasureReason(row.reason),
            row.confirmed_by,
            row.decided_at,
            row.guard if isinstance(row.guard, bytes) else b"",  # SQLite takes text
        )
        for row in rows
    ]


def unreadable_tombstones(work: Work) -> list[str]:
    """People named by rows that cannot be ours: decided at no instant of this service's life."""
    return list(work.connection.execute(select(_ERASURES.c.person_id).where(~_READABLE)).scalars())


def told_people(work: Work, tombstones: Sequence[Tombstone]) -> set[str]:
    """People whose erasure the audit trail tells of just so: decided then, on that ground, by an officer who may."""
    told: set[str] = set()
    for start in range(0, len(tombstones), _ASKED_AT_ONCE):
        asked = {f"person:{one.person_id}": one for one in tombstones[start : start + _ASKED_AT_ONCE]}
        wanted = select(_TRAIL.c.action, _TRAIL.c.subject, _TRAIL.c.at, _TRAIL.c.details)
        events = _TRAIL.c.action.in_(("person.erased", "person.erased_again")) & _TRAIL.c.subject.in_(asked)
        for row in work.connection.execute(wanted.where(events)):
            tombstone = asked[row.subject]
            if tombstone.person_id not in told and _tells_of(work, row, tombstone):
                told.add(tombstone.person_id)
    return told


def _tells_of(work: Work, row: Any, tombstone: Tombstone) -> bool:
    details = _read(row.details)
    if details.get("reason") != tombstone.reason.value:
        return False
    if row.action == "person.erased_again":  # obeyed before; an older backup need not know the officer
        return _is_instant(details.get("decided_at"), tombstone.decided_at)
    if row.at != instant_text(tombstone.decided_at) or details.get("confirmed_by") != tombstone.confirmed_by:
        return False
    try:
        officer = Staff(work).get(tombstone.confirmed_by)
    except AccountTampered:
        return False
    return officer is not None and may(officer.role, Permission.ERASE_PERSON)


def _read(details: str) -> Mapping[str, Any]:
    """Empty where somebody put in what is no event of ours."""
    try:
        found = json.loads(details)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _is_instant(told: Any, at: datetime) -> bool:
    try:
        return datetime.fromisoformat(told) == at
    except (ValueError, TypeError):
        return False


def guard_earlier_erasures(work: Work) -> None:
    """Gives a guard to the tombstones that the audit trail tells of. What it does not tell of keeps none, and is
    refused from now on. Only in the transaction of ERASURES_GUARDED_SINCE.
    """
    earlier = stored_tombstones(work)
    told = told_people(work, earlier)
    for tombstone in earlier:
        if tombstone.person_id in told:
            mine = _ERASURES.c.person_id == tombstone.person_id
            guard = guard_of_tombstone(work.indexes, tombstone)
            work.connection.execute(update(_ERASURES).where(mine).values(guard=guard))
    refused = len(earlier) - len(told) + len(unreadable_tombstones(work))
    if told or refused:
        audit = Audit(work)
        counts = {"guarded": len(told), "refused": refused}
        audit.append(AuditEvent("system", "erasures.guarded", "", counts), datetime.now(UTC))
        audit.flush()
