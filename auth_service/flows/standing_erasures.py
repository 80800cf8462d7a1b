"""Which tombstones are obeyed: those that this service wrote, whoever else can write a row or a line.

See docs/decisions/0016-erasure.md.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from auth_service.core.audit import AuditEvent, Details
from auth_service.core.erasure import Tombstone
from auth_service.storage.unit import Unit

REFUSED = "erasures.refused"
_NAMED = 20
"""So many people are named by one event; of any further ones it tells the number."""


@dataclass(frozen=True, slots=True)
class Standing:
    """The two lists, sorted.

    obeyed   one for each person, with the right guard
    missing  those of them that only the database has; the audit trail tells of each
    inside   how many of them the database has
    earlier  without a guard: of a release before the guards, or put in since. An officer may accept them
    refused  people whom only tombstones name that are not known to be ours, `earlier` among them
    """

    obeyed: Sequence[Tombstone]
    missing: Sequence[Tombstone]
    inside: int
    earlier: Sequence[Tombstone]
    refused: Sequence[str]


def standing(unit: Unit, outside: Sequence[Tombstone]) -> Standing:
    """outside: all of the record outside the database. raises KeyStoreUnavailable, KeyMissing"""
    inside = unit.erasures.all()
    first: dict[str, Tombstone] = {}
    for tombstone in outside:
        if tombstone.person_id not in first and unit.erasures.genuine(tombstone):
            first[tombstone.person_id] = tombstone
    ours = [one for one in inside if one.person_id not in first and unit.erasures.genuine(one)]
    told = unit.erasures.told(ours) if ours else set()
    missing = [one for one in ours if one.person_id in told]
    people = {*first, *told}
    others = [[one for one in part if one.person_id not in people] for part in (outside, inside)]
    named = {one.person_id for part in others for one in part} | set(unit.erasures.unreadable())
    return Standing(
        obeyed=[*first.values(), *missing],
        missing=missing,
        inside=len(people & {one.person_id for one in inside}),
        earlier=_earlier(unit, *others),
        refused=sorted(named - people),
    )


def _earlier(unit: Unit, outside: Sequence[Tombstone], inside: Sequence[Tombstone]) -> list[Tombstone]:
    """A row of the database came in one transaction with the end of the key: of somebody alive it never is ours."""
    alive = unit.erasures.undone([one.person_id for one in inside])
    found = [one for one in outside if not one.guard]
    found += [one for one in inside if not one.guard and one.person_id not in alive]
    return list({one.person_id: one for one in reversed(found)}.values())[::-1]


def tell_refused(unit: Unit, refused: Sequence[str], now: datetime) -> None:
    """One event for whom refused tombstones name, and no other until they are others."""
    digest = hashlib.sha256("\n".join(refused).encode()).hexdigest()
    named = " ".join(person_id[:32] for person_id in refused[:_NAMED])
    details: Details = {"count": len(refused), "people": named, "digest": digest}
    if not unit.erasures.was_noted(REFUSED, details):
        unit.audit.append(AuditEvent("system", REFUSED, "", details), now)
