"""What follows from the frames of one capture, whichever way they came: measured, judged, compared, recorded.

`flows/complete_session.py` decides on a session that a client hands in, `flows/decide_records.py` on one that a kiosk
captured without a line; so that a pass is a pass either way. `measure` holds no transaction open, and `record` writes
everything that follows into one that its caller opened, or nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from auth_service.capture.session import CaptureSession
from auth_service.capture.steps import CapturedStep
from auth_service.core.clock import Clock, legal_date
from auth_service.core.errors import CalibrationMissing, SessionExpired
from auth_service.core.ids import new_id
from auth_service.core.keys import Signer
from auth_service.faces.copies import CopyPolicy
from auth_service.faces.sample import PhotoHash
from auth_service.faces.template import EngineIdentity, Template
from auth_service.flows.attempt_record import certificate_of, decided, failures_in_sessions, raise_flags
from auth_service.flows.chip_portrait import ReadPortrait, chip_beside
from auth_service.flows.device_flags import raise_kiosk_flags, raise_phone_flag
from auth_service.flows.film_memory import film_of, past_of, remember_film
from auth_service.flows.known_person import Copy, Known, KnownPeople
from auth_service.flows.session_terms import actor_of
from auth_service.flows.travel import raise_travel
from auth_service.liveness.decision import PadDecision, PadReason, PadVerdict
from auth_service.liveness.layers import Layer
from auth_service.liveness.measures import FrameMeasures, SessionMeasures
from auth_service.liveness.ports import Assess, Assessment, CaptureReader
from auth_service.liveness.replay import ReplayPolicy
from auth_service.liveness.replay_print import ReplayPrint
from auth_service.matching.calibration import Calibration, CalibrationSource, fitting
from auth_service.matching.comparison import ComparisonDecision, Zone
from auth_service.qualification.capture_outcome import CaptureOutcome, capture_outcome
from auth_service.qualification.certificate import Certificate
from auth_service.qualification.decision import Decision, DecisionPolicy, decide
from auth_service.qualification.evidence import Channel, EvidenceKind, FaceEvidence
from auth_service.storage.unit import NewCapture, Store, StoredSession, Unit


@dataclass(frozen=True, slots=True)
class CompletePolicies:
    """The policies of the stages that a session passes through."""

    decision: DecisionPolicy
    copies: CopyPolicy
    most_films: int = ReplayPolicy().most_known


@dataclass(frozen=True, slots=True)
class CaptureEngine:
    """What looks at the pictures.

    reader    measures the frames
    assess    from measures to a verdict about liveness
    reencode  a frame as a fresh JPEG made from pixels alone, for keeping. raises ImageRefused
    read      a photo by itself, as the portrait of a card. raises ImageRefused
    identity  of the templates that the reader makes
    """

    reader: CaptureReader
    assess: Assess
    reencode: Callable[[bytes], bytes]
    identity: Callable[[], EngineIdentity]
    read: ReadPortrait


@dataclass(frozen=True, slots=True)
class Completed:
    """`outcome` is for the client; the rest stays on the agency's side."""

    evidence_id: str
    decision: Decision
    outcome: CaptureOutcome
    certificate: Certificate | None
    flags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Terms:
    """Under what a capture is decided.

    taken_at  when it was handed in, by our own clock
    offline   it was captured without a line: the person has left, and no try follows
    portrait  of a card's chip that was read beside the capture; kept nowhere
    device_id  of the registry, where one captured it
    held      something speaks against the record, not against the person: a match passes only when somebody says so
    claimed   when the kiosk says that it was captured; None: with a line, and `taken_at` says it
    """

    taken_at: datetime
    offline: bool = False
    held: bool = False
    portrait: bytes | None = None
    device_id: str | None = None
    claimed: datetime | None = None


@dataclass(frozen=True, slots=True)
class Measured:
    """What was found, before anything is recorded.

    shown  step and frame that a person would look at
    jpeg   that frame made anew, where a person may have to look
    at     when somebody stood before the camera, as far as we are told
    """

    evidence: FaceEvidence
    at: datetime
    assessment: Assessment
    measures: SessionMeasures
    film: ReplayPrint
    copy: Copy | None
    shown: tuple[int, int]
    jpeg: bytes | None
    device_id: str | None = None


class SessionDecision:
    """The spine. One instance serves all threads."""

    def __init__(
        self,
        store: Store,
        engine: CaptureEngine,
        calibration: CalibrationSource,
        signer: Signer,
        clock: Clock,
        policies: CompletePolicies,
    ) -> None:
        self._store = store
        self._engine = engine
        self._calibration = calibration
        self._signer = signer
        self._clock = clock
        self._policies = policies
        self._people = KnownPeople(store, engine.identity, policies.copies)

    def calibration(self) -> Calibration:
        """The record that decides now. raises CalibrationMissing"""
        calibration = self._calibration()
        if calibration is None:
            raise CalibrationMissing(self._engine.identity().engine)
        return calibration

    def measure(self, stored: StoredSession, calibration: Calibration, terms: Terms) -> Measured:
        """With no transaction open but short reads.

        raises   SessionExpired (ended or erased in this moment), ImageRefused, CapacityExceeded, EngineFault,
                 StorageFault, Unavailable
        """
        session = stored.session
        with self._store.reading() as unit:
            steps = unit.steps.of(session)
        if session.challenge is None or len(steps) != len(session.challenge.steps):
            raise SessionExpired  # ended or erased in this moment
        known = self._people.of(session.person_id, stored.subject, legal_date(terms.taken_at))
        measures = self._engine.reader.measure(steps, session.challenge)
        if measures.probe is not None:  # asked whether or not anybody is enrolled
            calibration = fitting(calibration, measures.probe, measures.probe.images)
        copy = self._copied(measures, known)
        if known.decoy is not None:
            self._copied(measures, known.decoy)
        film = film_of(measures)
        past = past_of(self._store, known, film, self._policies.most_films)
        assessment = self._engine.assess(measures, session.challenge, past, possession=session.possession)
        if copy is None and PadReason.REPLAY_ATTACK in assessment.decision.reasons:
            copy = _played_again(assessment, measures)
        pad = self._verdict(assessment.decision, measures, copy)
        comparison = _compared(pad, measures.probe, known, calibration)
        living = measures.probe if pad.verdict is PadVerdict.BONA_FIDE else None
        chip = chip_beside(terms.portrait, self._engine.read, living, known, calibration)
        evidence = replace(self._evidence(stored, known, measures, pad, comparison, terms), chip=chip)
        shown = _shown(measures, copy)
        jpeg, at = self._jpeg_for_review(evidence, steps, shown), terms.claimed or terms.taken_at
        return Measured(evidence, at, assessment, measures, film, copy, shown, jpeg, terms.device_id)

    def _verdict(self, found: PadDecision, measures: SessionMeasures, copy: Copy | None) -> PadDecision:
        """What the layers cannot know: a picture of the past is no new capture, and without a probe nobody passes."""
        if copy is not None:
            return PadDecision(PadVerdict.ATTACK_SUSPECTED, (copy.reason, *found.reasons))
        if found.verdict is PadVerdict.BONA_FIDE:
            if not self._engine.reader.shows_turns:
                return PadDecision(PadVerdict.INCONCLUSIVE, (PadReason.GEOMETRY_UNKNOWN, *found.reasons))
            if measures.probe is None:
                return PadDecision(PadVerdict.INCONCLUSIVE, (PadReason.CONSISTENCY_UNKNOWN, *found.reasons))
        return found

    def _evidence(
        self,
        stored: StoredSession,
        known: Known,
        measures: SessionMeasures,
        pad: PadDecision,
        comparison: ComparisonDecision | None,
        terms: Terms,
    ) -> FaceEvidence:
        return FaceEvidence(
            id=new_id(),
            person_id=known.person_id,
            channel=Channel(stored.session.channel),
            kind=EvidenceKind.FACE,
            pad=pad,
            comparison=comparison,
            quality=measures.quality,
            has_reference=known.has_reference,
            probe_images=0 if measures.probe is None else measures.probe.images,
            taken_at=terms.taken_at,
            face_not_enough=known.face_not_enough,
            needs_a_person=pad.needs_a_person or not self._engine.reader.shows_turns,
            offline=terms.offline,
            held=terms.held,
        )

    def _copied(self, measures: SessionMeasures, known: Known) -> Copy | None:
        """The first frame that copies an enrolled photo, or is an earlier capture's to the pixel.

        Frames that merely resemble an earlier session's are no copies here: a person who tries again in the same chair
        resembles themselves. Whether the whole film was seen before, liveness/replay.py judges.
        """
        if measures.probe is None:
            return None
        for index, frame in enumerate(measures.frames):
            given = (_hash(frame), measures.probe)
            for photo in known.enrolled:
                found = self._people.copy_of(given, (photo.photo_hash, photo.template))
                if found is not None:
                    return Copy(index, PadReason.COPY_OF_REFERENCE, photo.picture, *found)
            for capture in known.captures:
                if capture.photo_hash.pixel_digest == frame.pixel_digest:
                    return Copy(index, PadReason.COPY_OF_EARLIER_CAPTURE, capture.photo_id, 0, None, exact=True)
        return None

    def record(self, unit: Unit, stored: StoredSession, measured: Measured) -> Completed:
        """Everything that follows, within the caller's transaction. raises SessionExpired: it has its decision, or is
        gone"""
        session, evidence = stored.session, measured.evidence
        # what earlier attempts left must not change under us
        unit.alone(f"verify {evidence.person_id or evidence.id}")
        if not unit.sessions.decide(session, evidence.id, self._clock.now()):
            raise SessionExpired
        decision = decide(evidence, failures_in_sessions(unit, stored, evidence), self._policies.decision)
        certificate = certificate_of(unit, decision, evidence, self._signer)
        unit.evidence.add(evidence, decision)
        if certificate is not None and evidence.person_id is not None:
            unit.certificates.add(certificate, evidence.person_id, evidence.id, evidence.taken_at)
        if evidence.chip is not None:
            unit.chips.add(evidence.id, evidence.chip, evidence.taken_at)
        unit.findings.add(evidence.id, evidence.person_id, measured.assessment, evidence.taken_at)
        remember_film(unit, evidence.id, evidence.person_id, measured.film, evidence.taken_at)
        photo_id = self._keep(unit, session, measured, decision)
        flags = raise_flags(unit, evidence, decision, measured.copy, photo_id)
        flags += raise_kiosk_flags(unit, evidence, measured.device_id, photo_id)
        flags += raise_phone_flag(unit, stored, evidence, decision)
        flags += raise_travel(unit, evidence, decision, session.device, measured.at)
        _record_consent(unit, stored, evidence)
        unit.audit.append(decided(actor_of(session), evidence, decision, certificate), evidence.taken_at)
        return Completed(evidence.id, decision, capture_outcome(decision, evidence.quality), certificate, flags)

    def _jpeg_for_review(
        self, evidence: FaceEvidence, steps: Sequence[CapturedStep], shown: tuple[int, int]
    ) -> bytes | None:
        """A fresh JPEG of what a person may have to look at; made for an unknown person too, and dropped."""
        matched = evidence.comparison is not None and evidence.comparison.zone is Zone.MATCH
        doubted = evidence.chip is not None and evidence.chip.differs
        if matched and not (evidence.quality or evidence.needs_a_person or evidence.held or doubted):
            return None
        n, place = shown
        return self._engine.reencode(steps[n].frames[place].data)

    def _keep(self, unit: Unit, session: CaptureSession, measured: Measured, decision: Decision) -> str | None:
        """Frames and a picture where a person must look; hashes always, for they recognise a film played again.

        Frames of a pass, and those that nobody could compare with anything, go here and now.
        """
        evidence, looked_at = measured.evidence, measured.jpeg if not decision.qualified else None
        kept = looked_at is not None and evidence.has_reference and evidence.person_id is not None
        if not kept:
            unit.steps.remove(session.id)
            if looked_at is not None:
                unit.photos.pretend(len(looked_at))  # as long as for somebody enrolled
        photo_id = None
        if kept and looked_at is not None:
            photo_id = unit.photos.put(evidence.person_id, "review", looked_at, evidence.taken_at)
        if evidence.person_id is not None and measured.measures.probe is not None:
            self._remember(unit, evidence.person_id, measured, measured.measures.probe, photo_id)
        return photo_id

    @staticmethod
    def _remember(unit: Unit, person_id: str, measured: Measured, probe: Template, photo_id: str | None) -> None:
        """One frame of each step."""
        evidence, shown = measured.evidence, measured.shown[0]
        for step in measured.measures.steps:
            frames = [frame for frame in step.frames if frame.box is not None]
            if frames:
                picture = photo_id if step.n == shown else None
                seen = (_hash(frames[len(frames) // 2]), probe)
                unit.captures.add(NewCapture(evidence.id, person_id, *seen, picture, evidence.taken_at, step.n))


def _record_consent(unit: Unit, stored: StoredSession, evidence: FaceEvidence) -> None:
    """With the person, once the session has shown that it was they who gave it: whoever merely knows an ID number can
    change nothing about that person's consents. Until then it stays with the session."""
    matched = evidence.comparison is not None and evidence.comparison.zone is Zone.MATCH
    if matched and evidence.person_id is not None and stored.consent is not None:
        unit.consents.add(evidence.person_id, stored.consent, stored.session.consent_id)


def _compared(
    pad: PadDecision, probe: Template | None, known: Known, calibration: Calibration
) -> ComparisonDecision | None:
    """Only a living person's face is compared for a pass."""
    if pad.verdict is not PadVerdict.BONA_FIDE or probe is None:
        return None
    return known.compare(probe, calibration)


def _played_again(assessment: Assessment, measures: SessionMeasures) -> Copy:
    """A film that was seen before, of which a person is shown the clearest frame."""
    told = next(one for one in assessment.findings if one.layer is Layer.REPLAY)
    exact = "same_pixels" in told.reasons
    distance = 0 if exact else None
    return Copy(_clearest(measures), PadReason.COPY_OF_EARLIER_CAPTURE, None, distance, None, exact)


def _shown(measures: SessionMeasures, copy: Copy | None) -> tuple[int, int]:
    """Step and frame for a person's eyes: the copy, else the clearest."""
    places = [(step.n, place) for step in measures.steps for place in range(len(step.frames))]
    return places[_clearest(measures) if copy is None else copy.probe]


def _clearest(measures: SessionMeasures) -> int:
    """The sharpest frame of the neutral step, which is the first, with one face."""
    neutral = measures.steps[0].frames
    return max(range(len(neutral)), key=lambda place: (neutral[place].faces == 1, neutral[place].sharpness))


def _hash(frame: FrameMeasures) -> PhotoHash:
    return PhotoHash(frame.pixel_digest, frame.face_hash, frame.frame_hash)
