"""Erasing one person: the key first, then everything that the key opened and every index that could find them.

What stays are facts that name nobody: dates, outcomes and comparison numbers of attempts, certificates, flags,
benefits and the audit chain, all under a random internal id (docs/decisions/0016-erasure.md). Doing it again changes
nothing, so a half-done erasure, or one that an older backup has taken back, is completed by doing it again.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, delete, select, text, update

from auth_service.core.audit import Details, details_text
from auth_service.core.erasure import Tombstone
from auth_service.core.errors import StorageFault
from auth_service.storage.records import notices
from auth_service.storage.records.bank import Bank
from auth_service.storage.records.erasure_guards import (
    guard_of_tombstone,
    is_genuine_tombstone,
    stored_tombstones,
    told_people,
    unreadable_tombstones,
)
from auth_service.storage.records.face_scans import FaceScans
from auth_service.storage.records.notice_wishes import NoticeWishes
from auth_service.storage.records.person_fields import SEALED_FIELDS
from auth_service.storage.records.poverty_lines import PovertyLines
from auth_service.storage.records.registry_rows import RegistryRows
from auth_service.storage.records.replay_prints import ReplayPrints
from auth_service.storage.tables import (
    AuditRowTable,
    CaptureMoveRow,
    CaptureRow,
    CaptureSessionRow,
    CaptureStepRow,
    ConsentRow,
    ErasureRow,
    OfflineRecordRow,
    OtherWayRow,
    PadFindingRow,
    PersonKeyRow,
    PersonRow,
    ReferencePhotoRow,
    ReferenceSetRow,
)
from auth_service.storage.tables.schema import insert_or_ignore, table_of
from auth_service.storage.work import Work

_KEYS = table_of(PersonKeyRow)
_PEOPLE = table_of(PersonRow)
_PHOTOS = table_of(ReferencePhotoRow)
_SETS = table_of(ReferenceSetRow)
_CAPTURES = table_of(CaptureRow)
_CONSENTS = table_of(ConsentRow)
_SESSIONS, _STEPS = table_of(CaptureSessionRow), table_of(CaptureStepRow)
_MOVES = table_of(CaptureMoveRow)
_FINDINGS, _WAYS = table_of(PadFindingRow), table_of(OtherWayRow)
_OFFLINE = table_of(OfflineRecordRow)
_ERASURES = table_of(ErasureRow)
_TRAIL = table_of(AuditRowTable)
_ASKED_AT_ONCE = 500
_NOTHING = b""
_NAMED = _PEOPLE.c.id_number_sealed != _NOTHING
_FORGET = text("SELECT rows_emptied, banks_dropped FROM forget_erased(:erased, :moment)")
_EMPTY_PHOTO = (
    update(_PHOTOS)
    .where(_PHOTOS.c.sequence == bindparam("of_sequence"))
    .values(
        template_sealed=_NOTHING, photo_hash_sealed=_NOTHING, pixel_index=bindparam("noise"), file_index=None,
        taken_on=None, erased_at=bindparam("now"),
    )
)  # fmt: skip


class Erasures:
    """Erasures and their tombstones within one unit."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def hold(self, person_id: str) -> bool:
        """Nobody else writes about this person until the unit ends. False when there is no such person"""
        held = select(_KEYS.c.person_id).where(_KEYS.c.person_id == person_id).with_for_update()
        return self._work.connection.execute(held).one_or_none() is not None

    def erase(self, tombstone: Tombstone, now: datetime) -> dict[str, int]:
        """Destroys the key, empties what only it opened and writes the tombstone; returns how many rows of what.

        The ledger's row follows in a unit of its own (`forget`); pictures go with `Photos.erase_of`.
        """
        person_id = tombstone.person_id
        counts = {"keys": int(self._work.keys.destroy(person_id, now))}  # first: triggers look whether it is destroyed
        counts["reference_photos"] = self._empty_photos(person_id, now)
        seen = (_CAPTURES.c.person_id == person_id) & _CAPTURES.c.erased_at.is_(None)
        emptied = {"template_sealed": _NOTHING, "photo_hash_sealed": _NOTHING, "erased_at": now}
        counts["captures"] = self._run(update(_CAPTURES).where(seen).values(**emptied))
        counts["reference_sets"] = self._empty_sets(person_id, now)
        papers = (_CONSENTS.c.person_id == person_id) & _CONSENTS.c.reference_sealed.is_not(None)
        counts["consents"] = self._run(update(_CONSENTS).where(papers).values(reference_sealed=None))
        counts |= self._drop_sessions(person_id)
        counts["offline_records"] = self._empty_records(person_id, now)
        counts["replay_prints"] = ReplayPrints(self._work).forget(person_id)
        counts["face_scan_pairs"] = FaceScans(self._work).forget(person_id)
        counts["notices_outbox"] = notices.forget(self._work, person_id)
        counts["notice_wishes"] = NoticeWishes(self._work).forget(person_id)
        number = select(_PEOPLE.c.id_number_index).where(_PEOPLE.c.id == person_id)
        counts["registry_records"] = RegistryRows(self._work).forget_person(number.scalar_subquery())
        counts["poverty_lines"] = PovertyLines(self._work).forget_person(number.scalar_subquery(), person_id)
        values = {
            "person_id": person_id,
            "requested_by": tombstone.requested_by.value,
            "reason": tombstone.reason.value,
            "confirmed_by": tombstone.confirmed_by,
            "decided_at": tombstone.decided_at,
            "erased_at": now,
            "guard": tombstone.guard,
        }
        self._work.connection.execute(insert_or_ignore(self._work.connection, ErasureRow), values)
        return counts

    def forget(self, person_id: str, now: datetime) -> dict[str, int]:
        """Empties the ledger's row of one person and drops their bank reference; returns how many rows of what.

        On PostgreSQL a function of the owner does it, because the role that serves may write neither. Nothing is done
        about somebody who came after the backup that this database was restored from: it never knew them.
        raises   StorageFault: their key is not destroyed yet
        """
        if not self._is_known(person_id):
            return {"people": 0, "bank_references": 0}
        alive = select(_KEYS.c.person_id).where(_KEYS.c.person_id == person_id, _KEYS.c.wrapped.is_not(None))
        if self._work.connection.execute(alive).one_or_none() is not None:
            raise StorageFault("a person whose key is alive cannot be forgotten")
        if self._work.connection.dialect.name == "postgresql":
            done = self._work.connection.execute(_FORGET, {"erased": person_id, "moment": now}).one()
            return {"people": done.rows_emptied, "bank_references": done.banks_dropped}
        named = (_PEOPLE.c.id == person_id) & _NAMED
        people = self._run(update(_PEOPLE).where(named).values(**_nobody(), changed_at=now))
        return {"people": people, "bank_references": Bank(self._work).erase(person_id)}

    def all(self) -> list[Tombstone]:
        """Every tombstone that can be one, in the order of the decisions, the guards not looked at."""
        return stored_tombstones(self._work)

    def unreadable(self) -> list[str]:
        """Whom rows name that cannot be tombstones of ours."""
        return unreadable_tombstones(self._work)

    def guarded(self, tombstone: Tombstone) -> Tombstone:
        """The same with the guard that it is obeyed by. raises KeyStoreUnavailable, KeyMissing"""
        return replace(tombstone, guard=guard_of_tombstone(self._work.indexes, tombstone))

    def genuine(self, tombstone: Tombstone) -> bool:
        """Whether this service wrote it as it stands. raises KeyStoreUnavailable, KeyMissing"""
        return is_genuine_tombstone(self._work.indexes, tombstone)

    def told(self, tombstones: Sequence[Tombstone]) -> set[str]:
        """Whose erasure the audit trail tells of just as these do."""
        return told_people(self._work, tombstones)

    def was_noted(self, action: str, details: Details) -> bool:
        """Whether the audit trail has such an event. Compared as text: nothing that somebody put in there is read."""
        same = (_TRAIL.c.action == action) & (_TRAIL.c.details == details_text(details))
        return self._work.connection.execute(select(_TRAIL.c.number).where(same).limit(1)).first() is not None

    def undone(self, person_ids: Sequence[str]) -> set[str]:
        """Whom of these this database has to erase yet: a tombstone is missing, a key alive, or a name still there."""
        left: set[str] = set()
        for asked in _in_parts(person_ids):
            stand = select(_ERASURES.c.person_id).where(_ERASURES.c.person_id.in_(asked))
            alive = select(_KEYS.c.person_id).where(_KEYS.c.person_id.in_(asked), _KEYS.c.wrapped.is_not(None))
            left |= set(asked) - set(self._work.connection.execute(stand).scalars())
            left |= set(self._work.connection.execute(alive).scalars())
            named = select(_PEOPLE.c.id).where(_PEOPLE.c.id.in_(asked), _NAMED)
            left |= set(self._work.connection.execute(named).scalars())
        return left

    def _is_known(self, person_id: str) -> bool:
        key = select(_KEYS.c.person_id).where(_KEYS.c.person_id == person_id)
        in_ledger = select(_PEOPLE.c.id).where(_PEOPLE.c.id == person_id)
        return self._work.connection.execute(key.union_all(in_ledger).limit(1)).first() is not None

    def _empty_photos(self, person_id: str, now: datetime) -> int:
        """Each with its own noise in the place of its index: two erased copies of one picture no longer agree."""
        wanted = select(_PHOTOS.c.sequence).where(
            _PHOTOS.c.person_id == person_id, _PHOTOS.c.template_sealed != _NOTHING
        )
        rows = [
            {"of_sequence": sequence, "noise": _noise(), "now": now}
            for sequence in self._work.connection.execute(wanted).scalars()
        ]
        if rows:
            self._work.connection.execute(_EMPTY_PHOTO, rows)
        return len(rows)

    def _empty_sets(self, person_id: str, now: datetime) -> int:
        """The set in force ends, and no set keeps its template."""
        mine = _SETS.c.person_id == person_id
        self._run(update(_SETS).where(mine, _SETS.c.superseded_at.is_(None)).values(superseded_at=now))
        return self._run(update(_SETS).where(mine, _SETS.c.template_sealed.is_not(None)).values(template_sealed=None))

    def _drop_sessions(self, person_id: str) -> dict[str, int]:
        """Sessions and their frames go whole, an open one with them; of findings the signs stay, as verdicts do."""
        mine = select(_SESSIONS.c.id).where(_SESSIONS.c.person_id == person_id)
        told = (_FINDINGS.c.person_id == person_id) & (_FINDINGS.c.details_sealed != _NOTHING)
        return {
            "capture_steps": self._run(delete(_STEPS).where(_STEPS.c.session_id.in_(mine))),
            "capture_moves": self._run(delete(_MOVES).where(_MOVES.c.session_id.in_(mine))),
            "capture_sessions": self._run(delete(_SESSIONS).where(_SESSIONS.c.person_id == person_id)),
            "pad_findings": self._run(update(_FINDINGS).where(told).values(details_sealed=_NOTHING)),
            "other_ways": self._run(delete(_WAYS).where(_WAYS.c.person_id == person_id)),
        }

    def _empty_records(self, person_id: str, now: datetime) -> int:
        """What a kiosk captured without a line: its place in the chain stays, which names nobody, and nothing more is
        decided."""
        waits = (_OFFLINE.c.person_id == person_id) & _OFFLINE.c.decided_at.is_(None)
        self._run(update(_OFFLINE).where(waits).values(decided_at=now, hold=""))
        mine = (_OFFLINE.c.person_id == person_id) & (_OFFLINE.c.record_sealed != _NOTHING)
        emptied = {"session_id": None, "record_sealed": _NOTHING, "signature": _NOTHING}
        return self._run(update(_OFFLINE).where(mine).values(**emptied))

    def _run(self, statement: Any) -> int:
        return self._work.connection.execute(statement).rowcount


def _nobody() -> dict[str, Any]:
    """A person row that finds and tells nobody. The region stays, so that totals by region still add up."""
    sealed: dict[str, Any] = {f"{name}_sealed": None for name in SEALED_FIELDS}
    sealed |= {"id_number_sealed": _NOTHING, "name_sealed": _NOTHING}
    indexes = {"id_number_index": _noise(), "name_index": _noise(), "phone_index": None}
    return {**sealed, **indexes, "person_key": f"erased-{secrets.token_hex(12)}", "birth_year": None, "sex": None}


def _noise() -> bytes:
    return secrets.token_bytes(32)


def _in_parts(person_ids: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(person_ids), _ASKED_AT_ONCE):
        yield person_ids[start : start + _ASKED_AT_ONCE]
