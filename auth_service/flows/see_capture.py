"""One capture on the review desk: what was asked, what came, what each layer found. Who looks at a face is written
down, each picture by itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from auth_service.accounts.credentials import StaffMember
from auth_service.accounts.roles import Permission, may
from auth_service.capture.challenge import Planned
from auth_service.core.audit import AuditEvent
from auth_service.core.clock import Clock
from auth_service.core.errors import AccessRefused, CalibrationMissing, NoFaceFound, NotFound
from auth_service.enrollment.references import ReferencePhoto
from auth_service.faces.template import EngineIdentity
from auth_service.flows.review_terms import for_review, probe_of
from auth_service.matching.calibration import Calibration, CalibrationSource
from auth_service.matching.comparison import ComparisonDecision, compare
from auth_service.monitoring.rules import keys_of_capture
from auth_service.qualification.certificate import Certificate
from auth_service.qualification.decision import Decision
from auth_service.qualification.evidence import FaceEvidence
from auth_service.qualification.review import ReviewState, may_accept, state_of
from auth_service.storage.queries import PersonSummary
from auth_service.storage.unit import (
    Store,
    StoredChip,
    StoredFinding,
    StoredFlag,
    StoredRecord,
    StoredReview,
    StoredSession,
    Unit,
)

PROBE = "probe"
_REFERENCES = 4
"""Enrolled photos that are shown beside the probe; a set holds the best first."""
_MOST_STEPS = 100
"""More than any session has; a number without bounds is nothing for a database."""
SHOWN_FRAMES = 4
"""Frames of one step: the first, the last and two between them tell a movement."""


@dataclass(frozen=True, slots=True)
class StepShown:
    """One step of a session. frames: how many were sent; places: those that are shown"""

    planned: Planned
    frames: int
    movement: bool
    places: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ReferenceShown:
    """One enrolled photo in force. kept: its picture can be shown"""

    label: str
    photo: ReferencePhoto
    kept: bool


@dataclass(frozen=True, slots=True)
class CaptureShown:
    """Everything about one capture but its pictures.

    probe      whether a picture of it is kept
    session    None where it came another way, or is gone
    record     what a kiosk captured without a line; None where it had one
    compared   how alike: as the capture was judged, else as it looks now, for the eyes of the reviewer alone
    calibration  the record in force, where `compared` was judged by it
    certificate  what followed from an acceptance
    chip       what the portrait of a card's chip was compared with
    names      staff id -> user name, of those who reviewed it
    own        the visitor attested this capture, and may not decide about it
    flags      those that stand about this very capture
    """

    evidence: FaceEvidence
    decision: Decision
    person: PersonSummary
    probe: bool
    references: tuple[ReferenceShown, ...]
    session: StoredSession | None
    record: StoredRecord | None
    steps: tuple[StepShown, ...]
    findings: Sequence[StoredFinding]
    compared: ComparisonDecision | None
    calibration: Calibration | None
    certificate: Certificate | None
    reviews: Sequence[StoredReview]
    names: dict[str, str]
    sees_faces: bool
    may_decide: bool
    own: bool
    flags: Sequence[StoredFlag] = ()
    may_see_flags: bool = False
    chip: StoredChip | None = None

    @property
    def state(self) -> ReviewState:
        return state_of(self.reviews)

    @property
    def may_accept(self) -> bool:
        """A look may make it a pass, and there is something to look at."""
        return may_accept(self.evidence, self.decision) and self.probe and any(one.kept for one in self.references)


@dataclass(frozen=True, slots=True)
class PictureEngine:
    """What makes pictures for a person's eyes, from pixels alone: what a phone sent never reaches a browser of staff.

    reencode   a picture as a fresh JPEG. raises ImageRefused, CapacityExceeded
    portrait   its main face, eyes level and in their place. raises the same, NoFaceFound
    identity   of the engine in use, whose references are shown
    """

    reencode: Callable[[bytes], bytes]
    portrait: Callable[[bytes], bytes]
    identity: Callable[[], EngineIdentity]


class SeeCapture:
    """One instance serves all threads."""

    def __init__(self, store: Store, clock: Clock, engine: PictureEngine, calibration: CalibrationSource) -> None:
        self._store = store
        self._clock = clock
        self._engine = engine
        self._calibration = calibration

    def run(self, evidence_id: str, staff: StaffMember) -> CaptureShown:
        """raises AccessRefused, NotFound (not for the desk, or the person was erased), SealBroken"""
        if not may(staff.role, Permission.SEE_REVIEWS):
            raise AccessRefused
        with self._store.unit() as unit:
            evidence, decision = for_review(unit, evidence_id)
            session, record = unit.sessions.of_evidence(evidence_id), unit.offline_records.of_evidence(evidence_id)
            names = {member.id: member.username for member in unit.staff.all()}
            probe = probe_of(unit, evidence_id)
            steps = _steps(unit, session)
            references = self._references(unit, evidence)
            compared = evidence.comparison or self._compared_now(unit, evidence)
            findings, reviews = unit.findings.of(evidence_id), unit.reviews.of(evidence_id)
            certificate, chip = unit.certificates.of_evidence(evidence_id), unit.chips.of(evidence_id)
            flags = unit.flags.with_keys(keys_of_capture(evidence_id))
            self._note(unit, evidence, staff)
        person = self._store.queries.person_summary(evidence.person_id or "")
        if person is None:
            raise NotFound
        return CaptureShown(
            evidence=evidence,
            decision=decision,
            person=person,
            probe=probe is not None or bool(steps),
            references=references,
            session=session,
            record=record,
            steps=steps,
            findings=findings,
            compared=compared,
            calibration=self._record_of(compared),
            certificate=certificate,
            reviews=reviews,
            names=names,
            sees_faces=may(staff.role, Permission.SEE_REVIEW_PHOTOS),
            may_decide=may(staff.role, Permission.DECIDE_REVIEWS),
            own=evidence.attested_by == staff.id,
            flags=flags,
            may_see_flags=may(staff.role, Permission.SEE_FLAGS),
            chip=chip,
        )

    def _note(self, unit: Unit, evidence: FaceEvidence, staff: StaffMember) -> None:
        """Who looked at whose capture."""
        subject, given = f"person:{evidence.person_id}", {"evidence": evidence.id}
        unit.audit.append(AuditEvent(f"staff:{staff.id}", "capture.seen", subject, given), self._clock.now())

    def photo(self, evidence_id: str, label: str, staff: StaffMember, *, face: bool = False) -> bytes:
        """The probe or a reference, as JPEG. raises AccessRefused, NotFound, ImageRefused, CapacityExceeded

        face    only the face, so that two can be held side by side; the whole picture where none is found in it
        """
        self._require_faces(staff)
        with self._store.unit() as unit:
            evidence, _ = for_review(unit, evidence_id)
            picture, as_sent = self._picture(unit, evidence, label)
            self._looked(unit, staff, evidence, {"photo": label})
        if face:
            try:
                return self._engine.portrait(picture)
            except NoFaceFound:
                pass
        return self._engine.reencode(picture) if as_sent else picture

    def _picture(self, unit: Unit, evidence: FaceEvidence, label: str) -> tuple[bytes, bool]:
        """A picture, and whether it still is as a phone sent it. raises NotFound"""
        if label != PROBE:
            found = [one.photo.picture for one in self._references(unit, evidence) if one.label == label and one.kept]
            kept = unit.photos.get(found[0]) if found else None
        else:
            photo_id = probe_of(unit, evidence.id)
            kept = None if photo_id is None else unit.photos.get(photo_id)
            sent = None if kept is not None else _neutral_frame(unit, evidence.id)
            if sent is not None:
                return sent, True
        if kept is None:
            raise NotFound
        return kept, False

    def frame(self, evidence_id: str, n: int, place: int, staff: StaffMember) -> bytes:
        """One frame of step `n`, as JPEG. raises as `photo`"""
        self._require_faces(staff)
        with self._store.unit() as unit:
            evidence, _ = for_review(unit, evidence_id)
            session = unit.sessions.of_evidence(evidence_id)
            step = unit.steps.one(session.session, n) if session is not None and 0 <= n < _MOST_STEPS else None
            if step is None or not 0 <= place < step.count:
                raise NotFound
            self._looked(unit, staff, evidence, {"step": n, "frame": place})
        return self._engine.reencode(step.frames[place].data)

    @staticmethod
    def _require_faces(staff: StaffMember) -> None:
        if not may(staff.role, Permission.SEE_REVIEW_PHOTOS):
            raise AccessRefused

    def _looked(self, unit: Unit, staff: StaffMember, evidence: FaceEvidence, what: dict[str, str | int]) -> None:
        details = {"evidence": evidence.id, **what}
        event = AuditEvent(f"staff:{staff.id}", "photo.seen", f"person:{evidence.person_id}", details)
        unit.audit.append(event, self._clock.now())

    def _references(self, unit: Unit, evidence: FaceEvidence) -> tuple[ReferenceShown, ...]:
        current = unit.references.current(evidence.person_id or "", self._engine.identity())
        photos = current.photos[:_REFERENCES] if current is not None else ()
        kept = unit.photos.readable([photo.picture for photo in photos])
        return tuple(
            ReferenceShown(f"reference-{place}", photo, photo.picture in kept)
            for place, photo in enumerate(photos, start=1)
        )

    def _compared_now(self, unit: Unit, evidence: FaceEvidence) -> ComparisonDecision | None:
        """For a capture that was not compared, because liveness was not sure. It decides nothing: a person looks."""
        identity, calibration = self._engine.identity(), self._calibration()
        current = unit.references.current(evidence.person_id or "", identity)
        probe = unit.captures.template_of(evidence.id, identity)
        if calibration is None or probe is None or current is None or current.alone_self_uploaded:
            return None
        try:
            return None if current.template is None else compare(probe, current.template, calibration)
        except CalibrationMissing:  # none for so many images: then there is nothing to say
            return None

    def _record_of(self, compared: ComparisonDecision | None) -> Calibration | None:
        """The record in force, if it judged this capture: another one's error rates say nothing of its thresholds."""
        current = self._calibration()
        return None if current is None or compared is None or current.label != compared.calibration else current


def _neutral_frame(unit: Unit, evidence_id: str) -> bytes | None:
    """A session in which no face was found well enough has no picture of its own: the middle of its straight look."""
    session = unit.sessions.of_evidence(evidence_id)
    step = None if session is None else unit.steps.one(session.session, 0)
    return None if step is None else step.frames[step.count // 2].data


def _steps(unit: Unit, stored: StoredSession | None) -> tuple[StepShown, ...]:
    if stored is None or stored.session.challenge is None:
        return ()
    planned = {one.n: one for one in stored.session.challenge.steps}
    return tuple(
        StepShown(planned[one.n], one.count, one.look.movement, spread(one.count, SHOWN_FRAMES))
        for one in unit.steps.kept(stored.session.id)
        if one.n in planned
    )


def spread(count: int, most: int) -> tuple[int, ...]:
    """Up to `most` of `count` places, evenly, the first and the last among them."""
    if count <= most:
        return tuple(range(count))
    return tuple(round(place * (count - 1) / (most - 1)) for place in range(most))
