"""What has been kept for as long as it may be: found, counted, removed in batches. core/retention.py has the periods.

Every step is a transaction that checks again what it removes, so that a job that was killed is simply run again.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, bindparam, case, delete, func, or_, select, text, update

from auth_service.qualification.review import ReviewAct
from auth_service.storage.records.passes import FOR_REVIEW
from auth_service.storage.records.replay_prints import ReplayPrints
from auth_service.storage.tables import (
    CaptureMoveRow,
    CaptureRow,
    CaptureSessionRow,
    CaptureStepRow,
    CertificateRow,
    ChipComparisonRow,
    DeviceNonceRow,
    EvidenceRow,
    FlagRow,
    ImportRow,
    JudgementRow,
    NoticeRow,
    OfflineRecordRow,
    OfflineTicketRow,
    OtherWayRow,
    PadFindingRow,
    PhotoRow,
    ReconciliationRow,
    ReferencePhotoRow,
    ReferenceSetPhotoRow,
    ReferenceSetRow,
    ReplayPrintRow,
    ReviewRow,
    SavedAnswerRow,
    SignInFailureRow,
    StaffSessionRow,
)
from auth_service.storage.tables.schema import table_of
from auth_service.storage.work import Work

_PHOTOS, _ENROLLED, _SETS = table_of(PhotoRow), table_of(ReferencePhotoRow), table_of(ReferenceSetRow)
_MEMBERS, _EVIDENCE, _CERTIFICATES = table_of(ReferenceSetPhotoRow), table_of(EvidenceRow), table_of(CertificateRow)
_MOVES = table_of(CaptureMoveRow)
_SESSIONS, _STEPS, _CAPTURES = table_of(CaptureSessionRow), table_of(CaptureStepRow), table_of(CaptureRow)
_FINDINGS, _REVIEWS, _WAYS = table_of(PadFindingRow), table_of(ReviewRow), table_of(OtherWayRow)
_CHIPS, _NONCES = table_of(ChipComparisonRow), table_of(DeviceNonceRow)
_OFFLINE, _TICKETS = table_of(OfflineRecordRow), table_of(OfflineTicketRow)
_LEFT = select(_WAYS.c.id).where(_WAYS.c.photo_id == _PHOTOS.c.id).exists()
_GONE = b""
"""What stands where a sealed value was."""
_AGES: dict[str, tuple[ColumnElement[Any], ColumnElement[datetime]]] = {
    "captures": (table_of(CaptureRow).c.evidence_id, table_of(CaptureRow).c.stored_at),
    "replay_prints": (table_of(ReplayPrintRow).c.evidence_id, table_of(ReplayPrintRow).c.taken_at),
    "saved_answers": (
        table_of(SavedAnswerRow).c.id,
        func.coalesce(table_of(SavedAnswerRow).c.finished_at, table_of(SavedAnswerRow).c.claimed_at),
    ),
    "sign_in_failures": (table_of(SignInFailureRow).c.id, table_of(SignInFailureRow).c.at),
    "staff_sessions": (table_of(StaffSessionRow).c.token_hash, table_of(StaffSessionRow).c.created_at),
    "imports": (table_of(ImportRow).c.id, table_of(ImportRow).c.begun_at),
    "other_ways": (_WAYS.c.id, case((_WAYS.c.person_id.is_(None), _WAYS.c.asked_at), else_=_WAYS.c.settled_at)),
    "notices": (table_of(NoticeRow).c.id, table_of(NoticeRow).c.settled_at),
    "offline_tickets": (_TICKETS.c.id, _TICKETS.c.expires_at),
    "offline_records": (_OFFLINE.c.id, _OFFLINE.c.received_at),
    "reconciliations": (table_of(ReconciliationRow).c.id, table_of(ReconciliationRow).c.reported_at),
    "device_nonces": (_NONCES.c.nonce, _NONCES.c.expires_at),
}
"""Rows that simply go: by which key, and which instant tells their age; without one a row stays, as a request for
another way that nobody has answered."""
_EXPIRE_CAPTURES = text("SELECT expire_captures(:before, :most)")


class Expiry:
    """Old records within one unit."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def count_rows(self, kind: str, before: datetime) -> int:
        """Rows of a simple kind older than `before`."""
        key, age = _AGES[kind]
        return self._count(select(key).where(age < before))

    def remove_rows(self, kind: str, before: datetime, limit: int) -> int:
        """Up to `limit` of them, the whole attempt where it has several rows; returns how many went.

        raises   StorageFault: captures younger than CAPTURE_DAYS or prints younger than LEAST_PRINT_DAYS, which the
                 database itself refuses
        """
        if kind == "replay_prints":
            return ReplayPrints(self._work).expire(before, limit)
        if kind == "captures" and self._work.connection.dialect.name == "postgresql":
            return int(self._work.connection.execute(_EXPIRE_CAPTURES, {"before": before, "most": limit}).scalar_one())
        key, age = _AGES[kind]
        old = select(key).where(age < before).limit(limit)
        return self._rows(delete(key.table).where(key.in_(old), age < before))

    def pictures(self, purpose: str, before: datetime, limit: int | None = None) -> list[str]:
        """Ids of kept pictures that nobody needs to look at any more.

        `review`: stored before, and every flag that shows it was decided before, and so was its review. `reference`:
        besides, no set holds it that is in force now or was at that instant. `upload`: stored before; those that were
        left for staff have a period of their own.
        """
        if purpose == "upload":
            left = select(_PHOTOS.c.id).where(_LEFT, _PHOTOS.c.erased_at.is_(None), _PHOTOS.c.stored_at < before)
            return list(self._work.connection.execute(left.limit(limit)).scalars())
        old = select(_PHOTOS.c.id).where(
            _PHOTOS.c.purpose == purpose, _PHOTOS.c.erased_at.is_(None), _PHOTOS.c.stored_at < before
        )
        if purpose == "reference":
            old = old.except_(_in_force(func.coalesce(_ENROLLED.c.picture_id, _ENROLLED.c.id), before))  # type: ignore[assignment]
        else:
            shown = _on_desk(before).join(_CAPTURES, _CAPTURES.c.evidence_id == _EVIDENCE.c.id)
            old = old.where(~shown.where(_CAPTURES.c.photo_id == _PHOTOS.c.id).exists(), ~_LEFT)
        held = self._shown_undecided(before)
        found: list[str] = []
        for photo_id in self._work.connection.execute(old).scalars():
            if photo_id not in held:
                found.append(photo_id)
                if len(found) == limit:
                    break
        return found

    def erase_pictures(self, photo_ids: list[str], now: datetime) -> list[str]:
        """Marks them erased; returns the files to be removed once that is committed."""
        chosen = _PHOTOS.c.id.in_(photo_ids) & _PHOTOS.c.erased_at.is_(None)
        names = list(self._work.connection.execute(select(_PHOTOS.c.file_name).where(chosen)).scalars())
        self._rows(update(_PHOTOS).where(chosen).values(erased_at=now))
        return names

    def count_averages(self, before: datetime) -> int:
        return self._count(_averages(before))

    def drop_averages(self, before: datetime, limit: int) -> int:
        """Templates of whole sets that went out of force."""
        chosen = _SETS.c.id.in_(_averages(before).limit(limit))
        return self._rows(update(_SETS).where(chosen).values(template_sealed=None))

    def enrolled(self, before: datetime, limit: int | None = None) -> list[str]:
        """Ids of enrolled photos that no set in force now or at that instant holds."""
        old = select(_ENROLLED.c.id).where(_ENROLLED.c.erased_at.is_(None), _ENROLLED.c.enrolled_at < before)
        wanted = old.except_(_in_force(_ENROLLED.c.id, before)).limit(limit)
        return list(self._work.connection.execute(wanted).scalars())

    def erase_enrolled(self, photo_ids: list[str], now: datetime) -> int:
        """Template, hashes and indexes go; the row stays, because sets of the past name it."""
        chosen = update(_ENROLLED).where(_ENROLLED.c.id == bindparam("of_id"), _ENROLLED.c.erased_at.is_(None))
        gone = chosen.values(
            template_sealed=_GONE,
            photo_hash_sealed=_GONE,
            file_index=None,
            erased_at=now,
            pixel_index=bindparam("unique"),
        )
        values = [{"of_id": one, "unique": b"erased " + one.encode()} for one in photo_ids]
        if values:
            self._work.connection.execute(gone, values)
        return len(values)

    def count_sessions(self, before: datetime, *, decided: bool) -> int:
        return self._count(_over(before, decided=decided))

    def remove_sessions(self, before: datetime, limit: int, *, decided: bool) -> int:
        """Sessions with their frames; returns how many sessions went.

        decided  those with a decision, once the picture of them that people look at is gone; else those that came to
                 none: expired, ended, or claimed by a process that died
        """
        chosen = list(self._work.connection.execute(_over(before, decided=decided).limit(limit)).scalars())
        self._rows(delete(_MOVES).where(_MOVES.c.session_id.in_(chosen)))
        self._rows(delete(_STEPS).where(_STEPS.c.session_id.in_(chosen)))
        mine = update(_OFFLINE).where(_OFFLINE.c.session_id.in_(chosen))
        self._rows(mine.values(session_id=None, record_sealed=_GONE, signature=_GONE))
        if decided:  # what a restore brought back without its session
            alone = ~select(_SESSIONS.c.id).where(_SESSIONS.c.id == _OFFLINE.c.session_id).exists()
            old = update(_OFFLINE).where(_OFFLINE.c.decided_at < before, _OFFLINE.c.record_sealed != _GONE, alone)
            self._rows(old.values(session_id=None, record_sealed=_GONE, signature=_GONE))
        return self._rows(delete(_SESSIONS).where(_SESSIONS.c.id.in_(chosen)))

    def count_facts(self, before: datetime) -> int:
        return self._count(select(_EVIDENCE.c.id).where(_EVIDENCE.c.taken_at < before))

    def remove_facts(self, before: datetime, limit: int) -> int:
        """Scores, verdicts and certificates; returns how many attempts.

        raises   StorageFault: younger than three years, which the database itself refuses
        """
        if self._work.connection.dialect.name == "postgresql":
            asked = {"before": before, "most": limit}
            return int(self._work.connection.execute(text("SELECT expire_facts(:before, :most)"), asked).scalar_one())
        old = select(_EVIDENCE.c.id).where(_EVIDENCE.c.taken_at < before).order_by(_EVIDENCE.c.taken_at).limit(limit)
        chosen = list(self._work.connection.execute(old).scalars())
        self._rows(delete(_CHIPS).where(_CHIPS.c.evidence_id.in_(chosen)))
        self._rows(delete(_FINDINGS).where(_FINDINGS.c.evidence_id.in_(chosen)))
        self._rows(delete(_CERTIFICATES).where(_CERTIFICATES.c.evidence_id.in_(chosen)))
        return self._rows(delete(_EVIDENCE).where(_EVIDENCE.c.id.in_(chosen)))

    def _shown_undecided(self, before: datetime) -> set[str]:
        """Pictures of flags that nobody has judged, or that were judged since: a person may still have to look."""
        judged = (
            select(
                JudgementRow.flag_id, func.max(JudgementRow.judged_at, type_=JudgementRow.judged_at.type).label("last")
            )
            .group_by(JudgementRow.flag_id)
            .subquery()
        )
        waiting = (
            select(FlagRow.photos)
            .outerjoin(judged, judged.c.flag_id == FlagRow.id)
            .where(or_(judged.c.last.is_(None), judged.c.last >= before), FlagRow.photos != "[]")
        )
        rows = self._work.connection.execute(waiting).scalars()
        return {photo_id for row in rows for _, photo_id in json.loads(row)}

    def _count(self, wanted: Select[Any]) -> int:
        return self._work.connection.execute(select(func.count()).select_from(wanted.subquery())).scalar_one()

    def _rows(self, statement: Any) -> int:
        return int(self._work.connection.execute(statement).rowcount)


def _over(before: datetime, *, decided: bool) -> Select[Any]:
    """Of sessions that nobody needs any more. What a kiosk captured without a line waits for its decision."""
    if not decided:
        waits = select(_OFFLINE.c.id).where(_OFFLINE.c.session_id == _SESSIONS.c.id, _OFFLINE.c.decided_at.is_(None))
        open_ = (_SESSIONS.c.decided_at.is_(None)) & (_SESSIONS.c.opened_at < before)
        return select(_SESSIONS.c.id).where(open_, ~waits.exists())
    shown = (
        select(_CAPTURES.c.evidence_id)
        .join(_PHOTOS, _PHOTOS.c.id == _CAPTURES.c.photo_id)
        .where(_CAPTURES.c.evidence_id == _SESSIONS.c.evidence_id, _PHOTOS.c.erased_at.is_(None))
    )
    waits = _on_desk(before).where(_EVIDENCE.c.id == _SESSIONS.c.evidence_id)
    return select(_SESSIONS.c.id).where(_SESSIONS.c.decided_at < before, ~shown.exists(), ~waits.exists())


def _on_desk(before: datetime) -> Select[Any]:
    """Of attempts that somebody must still look at, or that were settled since."""
    settled = select(_REVIEWS.c.id).where(
        _REVIEWS.c.evidence_id == _EVIDENCE.c.id,
        _REVIEWS.c.act == ReviewAct.SETTLED.value,
        _REVIEWS.c.done_at < before,
    )
    return select(_EVIDENCE.c.id).where(FOR_REVIEW, ~settled.exists())


def _averages(before: datetime) -> Select[Any]:
    return select(_SETS.c.id).where(_SETS.c.superseded_at < before, _SETS.c.template_sealed.is_not(None))


def _in_force(column: ColumnElement[Any], since: datetime) -> Select[Any]:
    """Of the photos that a set holds which is in force, or was at some time since."""
    return (
        select(column)
        .select_from(
            _ENROLLED.join(_MEMBERS, _MEMBERS.c.photo_id == _ENROLLED.c.id).join(_SETS, _SETS.c.id == _MEMBERS.c.set_id)
        )
        .where(or_(_SETS.c.superseded_at.is_(None), _SETS.c.superseded_at >= since))
    )
