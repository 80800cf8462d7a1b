"""An officer looks at a photo that somebody left, and makes it an enrolled one or refuses it.

The page asks the officer to have seen an identity document or the agency's own file photo. What is accepted goes
through the same admission as every enrolled photo, and a self-upload alone passes nobody even then
(enrollment/references.py).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from auth_service.accounts.credentials import StaffMember
from auth_service.accounts.roles import Permission, may
from auth_service.core.audit import AuditEvent
from auth_service.core.clock import Clock, legal_date
from auth_service.core.errors import (
    AccessRefused,
    EnrollmentRefused,
    FieldTooLong,
    KeyDestroyed,
    NotFound,
    QualityTooLow,
    ReasonMissing,
    StaleJudgement,
)
from auth_service.enrollment.sources import PhotoSource
from auth_service.faces.ports import FaceReader
from auth_service.faces.sample import FaceSample
from auth_service.flows.enroll import ReferenceDesk
from auth_service.flows.enroll_terms import Admitted, Offer, OfferedPhoto
from auth_service.storage.unit import OtherWay, Store, Unit

_SHORTEST_NOTE, LONGEST_NOTE = 2, 1000


class Checked(StrEnum):
    """What the officer held the photo against. source: domain.md 2.3, a self-upload is the sender's word alone"""

    IDENTITY_DOCUMENT = "identity_document"
    FILE_PHOTO = "file_photo"


@dataclass(frozen=True, slots=True)
class _Left:
    """One request with its picture, and what the reader found in that."""

    request: OtherWay
    jpeg: bytes
    sample: FaceSample


class AnswerPhoto:
    """One instance serves all threads."""

    def __init__(self, store: Store, reader: FaceReader, desk: ReferenceDesk, clock: Clock) -> None:
        self._store = store
        self._reader = reader
        self._desk = desk
        self._clock = clock

    def picture(self, request_id: str, staff: StaffMember) -> bytes:
        """The JPEG; who saw it is in the audit trail. raises AccessRefused, NotFound"""
        self._require(staff)
        with self._store.unit() as unit:
            request, jpeg = _left(unit, request_id)
            unit.audit.append(_event("photo.seen", staff, request), self._clock.now())
        return jpeg

    def accept(self, request_id: str, checked: Checked, note: str, staff: StaffMember) -> None:
        """It becomes an enrolled photo, looked at, and the request is done.

        raises   AccessRefused, NotFound, ReasonMissing, FieldTooLong, StaleJudgement (answered, or a usable photo was
                 enrolled meanwhile), QualityTooLow, EnrollmentRefused, ImageOfAnotherPerson (the fund monitor is told)
        """
        self._require(staff)
        text, now = _note(note), self._clock.now()
        with self._store.reading() as unit:
            _, jpeg = _left(unit, request_id)
            self._desk.catch_up(unit)
        sample = self._reader.read(jpeg)
        if not sample.quality.acceptable:
            raise QualityTooLow(",".join(reason.value for reason in sample.quality.reasons), field="photo")
        try:
            with self._store.unit() as unit:
                unit.alone(f"request {request_id}")
                request, jpeg = _left(unit, request_id)
                admitted = self._admit(unit, _Left(request, jpeg, sample), checked, staff)
                if admitted.added:
                    self._close(unit, request, text, staff, now)
                    unit.audit.append(_event("photo.accepted", staff, request, checked=checked.value), now)
        except BaseException:
            self._desk.forget()
            raise
        if not admitted.added:  # after the commit: a flag that was raised stands
            raise admitted.refused[0][1] if admitted.refused else EnrollmentRefused()

    def refuse(self, request_id: str, note: str, staff: StaffMember) -> None:
        """The picture goes and the request is done. raises AccessRefused, NotFound, ReasonMissing, FieldTooLong,
        StaleJudgement"""
        self._require(staff)
        text, now = _note(note), self._clock.now()
        with self._store.unit() as unit:
            unit.alone(f"request {request_id}")
            request, _ = _left(unit, request_id)
            self._close(unit, request, text, staff, now)
            unit.audit.append(_event("photo.refused", staff, request), now)

    def _admit(self, unit: Unit, left: _Left, checked: Checked, staff: StaffMember) -> Admitted:
        """In place of what could not be used before. raises StaleJudgement"""
        request, now = left.request, self._clock.now()
        if request.consent is None:
            raise NotFound
        in_force = unit.references.current(request.person_id, left.sample.template.identity)
        if in_force is not None and in_force.template is not None:  # enrolled meanwhile: nothing takes its place
            raise StaleJudgement
        taken_on, digest = legal_date(request.asked_at), hashlib.sha256(left.jpeg).digest()
        photo = OfferedPhoto(left.sample, left.jpeg, PhotoSource.SELF_UPLOAD, taken_on, digest)
        offer = Offer(request.person_id, [photo], request.consent, f"staff:{staff.id}", staff.id, checked.value)
        return self._desk.admit(unit, offer, now)

    @staticmethod
    def _close(unit: Unit, request: OtherWay, note: str, staff: StaffMember, now: datetime) -> None:
        """raises StaleJudgement: somebody was faster"""
        if not unit.other_ways.settle(request, staff.id, note, now):
            raise StaleJudgement
        unit.photos.erase(request.photo_id or "", now)

    @staticmethod
    def _require(staff: StaffMember) -> None:
        if not (may(staff.role, Permission.ANSWER_REQUESTS) and may(staff.role, Permission.ENROLL)):
            raise AccessRefused


def _left(unit: Unit, request_id: str) -> tuple[OtherWay, bytes]:
    """A request whose picture waits. raises NotFound; StaleJudgement: it was answered"""
    try:
        request = unit.other_ways.get(request_id)
        jpeg = None if request is None or request.photo_id is None else unit.photos.get(request.photo_id)
    except KeyDestroyed as error:
        raise NotFound from error
    if request is not None and request.settled_at is not None:
        raise StaleJudgement
    if request is None or jpeg is None:
        raise NotFound
    return request, jpeg


def _note(note: str) -> str:
    """raises ReasonMissing, FieldTooLong"""
    text = note.strip()
    if len(text) < _SHORTEST_NOTE:
        raise ReasonMissing(field="note")
    if len(text) > LONGEST_NOTE:
        raise FieldTooLong(field="note")
    return text


def _event(action: str, staff: StaffMember, request: OtherWay, **more: str) -> AuditEvent:
    details = {"request": request.id, **more}
    return AuditEvent(f"staff:{staff.id}", action, f"person:{request.person_id}", details)
