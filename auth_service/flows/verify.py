"""One verification: a fresh photo against the enrolled ones, from bytes to a decision."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import combinations

from auth_service.beneficiaries.id_number import parse_id_number
from auth_service.core.clock import Clock, legal_date
from auth_service.core.errors import (
    FieldInvalid,
    IdempotencyInFlight,
    PhotosDiffer,
)
from auth_service.core.ids import new_id
from auth_service.core.keys import Signer
from auth_service.faces.ports import FaceReader
from auth_service.faces.sample import FaceSample
from auth_service.faces.template import Template, mean_template
from auth_service.flows.attempt_record import certificate_of, decided, failures_before, raise_flags
from auth_service.flows.known_person import Copy, Known, KnownPeople
from auth_service.flows.verify_terms import (
    MOST_PHOTOS,
    Conclude,
    VerifyPolicies,
    VerifyRequest,
    VerifyResult,
    still_open,
)
from auth_service.liveness.attestation import attest
from auth_service.liveness.decision import PadDecision, PadReason, PadVerdict
from auth_service.matching.calibration import Calibration, CalibrationSource, fitting
from auth_service.matching.comparison import ComparisonDecision, Zone, compare
from auth_service.qualification.decision import Decision, decide
from auth_service.qualification.evidence import Channel, EvidenceKind, FaceEvidence
from auth_service.storage.unit import NewCapture, Store, Unit

__all__ = ["Conclude", "Verify", "VerifyPolicies", "VerifyRequest", "VerifyResult"]


@dataclass(frozen=True, slots=True)
class _Attempt:
    """What was measured, before anything is recorded."""

    evidence: FaceEvidence
    samples: Sequence[FaceSample]
    copy: Copy | None
    calibration: str


class Verify:
    """The spine of this release. One instance serves all threads."""

    def __init__(
        self,
        store: Store,
        reader: FaceReader,
        calibration: CalibrationSource,
        signer: Signer,
        clock: Clock,
        policies: VerifyPolicies,
    ) -> None:
        self._store = store
        self._reader = reader
        self._calibration = calibration
        self._signer = signer
        self._clock = clock
        self._policy = policies.decision
        self._copies = policies.copies
        self._people = KnownPeople(store, lambda: reader.identity, policies.copies)

    def run(self, request: VerifyRequest, conclude: Conclude | None = None) -> VerifyResult:
        """One attempt. raises RowRefused, ImageRefused, CapacityExceeded, EngineFault, StorageFault, Unavailable"""
        now = self._clock.now()
        today = legal_date(now)
        number = parse_id_number(request.id_number, today).number
        if not 1 <= len(request.photos) <= MOST_PHOTOS:
            raise FieldInvalid(f"between 1 and {MOST_PHOTOS} photos", field="photo")
        known = self._people.by_number(number, today)
        # read whether or not the person is known: the time of an answer tells little of who is in the ledger
        samples = [self._reader.read(photo) for photo in request.photos]
        # one record for the whole attempt, whatever is activated meanwhile; none stops everybody, enrolled or not
        calibration = fitting(self._calibration(), samples[0].template, len(samples))
        probe = self._one_probe(samples, calibration)
        copy = self._copied(samples, known, now, request.channel)
        if known.decoy is not None:
            self._copied(samples, known.decoy, now, request.channel)
        pad = _assess(request, copy)
        comparison = None if copy else known.compare(probe, calibration)
        evidence = _evidence(request, known, pad, comparison, samples, now)
        with_copy = _Attempt(evidence, samples, copy, calibration.label)
        return self._record(request, with_copy, conclude)

    def _one_probe(self, samples: Sequence[FaceSample], calibration: Calibration) -> Template:
        """The mean of the photos, once no two of them are a non-match. raises PhotosDiffer"""
        for one, other in combinations(samples, 2):
            if compare(one.template, other.template, calibration).zone is Zone.NON_MATCH:
                raise PhotosDiffer
        return mean_template([sample.template for sample in samples])

    def _copied(self, samples: Sequence[FaceSample], known: Known, now: datetime, channel: Channel) -> Copy | None:
        """The first probe photo that copies an enrolled photo or a capture that is over."""
        for index, sample in enumerate(samples):
            for photo in known.enrolled:
                found = self._people.copy_of((sample.photo_hash, sample.template), (photo.photo_hash, photo.template))
                if found is not None:
                    return Copy(index, PadReason.COPY_OF_REFERENCE, photo.picture, *found)
            for capture in known.captures:
                if still_open(capture, now, channel):
                    continue
                found = self._people.copy_of(
                    (sample.photo_hash, sample.template), (capture.photo_hash, capture.template)
                )
                if found is not None:
                    return Copy(index, PadReason.COPY_OF_EARLIER_CAPTURE, capture.photo_id, *found)
        return None

    def _record(self, request: VerifyRequest, attempt: _Attempt, conclude: Conclude | None) -> VerifyResult:
        """Everything that follows, in one transaction or not at all."""
        evidence, copy = attempt.evidence, attempt.copy
        kept = self._jpeg_for_review(request, evidence, copy)
        with self._store.unit() as unit:
            # what earlier attempts left must not change under us
            unit.alone(f"verify {evidence.person_id or evidence.id}")
            decision = decide(evidence, failures_before(unit, request.actor, evidence), self._policy)
            self._refuse_second_pass(unit, attempt, decision)
            certificate = certificate_of(unit, decision, evidence, self._signer)
            unit.evidence.add(evidence, decision)
            if certificate is not None and evidence.person_id is not None:
                unit.certificates.add(certificate, evidence.person_id, evidence.id, evidence.taken_at)
            photo_id = self._keep(unit, attempt, decision, kept)
            flags = raise_flags(unit, evidence, decision, copy, photo_id)
            result = VerifyResult(
                evidence_id=evidence.id,
                decision=decision,
                evidence_kind=evidence.kind,
                certificate=certificate,
                engine=self._reader.identity.engine,
                calibration=attempt.calibration,
                due_on=certificate.due_on if certificate else None,
                quality_hints=evidence.quality,
                comparison=evidence.comparison,
                flags=flags,
                in_ledger=evidence.person_id is not None,
            )
            unit.audit.append(decided(request.actor, evidence, decision, certificate), evidence.taken_at)
            if conclude is not None:
                conclude(unit, result)
        return result

    def _jpeg_for_review(self, request: VerifyRequest, evidence: FaceEvidence, copy: Copy | None) -> bytes | None:
        """A fresh JPEG of what a person may have to look at: a copied picture, or an attested try that does not match.

        A pass keeps none, nor does a bare photo, which nobody took of anybody for certain. For an unknown person it is
        made all the same (and dropped), so that the time of an answer does not tell who is enrolled.
        """
        matched = evidence.comparison is not None and evidence.comparison.zone is Zone.MATCH
        if copy is None and (evidence.attested_by is None or (matched and not evidence.quality)):
            return None
        return self._reader.reencode(request.photos[copy.probe if copy else 0])

    def _refuse_second_pass(self, unit: Unit, attempt: _Attempt, decision: Decision) -> None:
        """One picture sent many times at once passes once. raises IdempotencyInFlight: another of them was faster"""
        if not decision.qualified or attempt.evidence.person_id is None:
            return
        sent = {sample.photo_hash.pixel_digest for sample in attempt.samples}
        known = unit.captures.of(attempt.evidence.person_id, self._reader.identity, self._copies.most_captures)
        if any(capture.qualified and capture.photo_hash.pixel_digest in sent for capture in known):
            raise IdempotencyInFlight

    @staticmethod
    def _keep(unit: Unit, attempt: _Attempt, decision: Decision, jpeg: bytes | None) -> str | None:
        """The picture where a person must look; the hashes always, for they recognise it when it comes again."""
        evidence, shown = attempt.evidence, attempt.copy.probe if attempt.copy else 0
        looked_at = jpeg if not decision.qualified else None
        if looked_at is not None and not evidence.has_reference:
            unit.photos.pretend(len(looked_at))  # as long as for somebody enrolled
        if evidence.person_id is None:
            return None
        photo_id = None
        if looked_at is not None and evidence.has_reference:
            photo_id = unit.photos.put(evidence.person_id, "review", looked_at, evidence.taken_at)
        for place, sample in enumerate(attempt.samples):
            picture = photo_id if place == shown else None
            seen = (sample.photo_hash, sample.template)
            unit.captures.add(NewCapture(evidence.id, evidence.person_id, *seen, picture, evidence.taken_at, place))
        return photo_id


def _assess(request: VerifyRequest, copy: Copy | None) -> PadDecision:
    if copy is not None:
        return PadDecision(PadVerdict.ATTACK_SUSPECTED, (copy.reason,))
    return attest(vouched=request.attested_by is not None, by_device=request.by_device)


def _evidence(
    request: VerifyRequest,
    known: Known,
    pad: PadDecision,
    comparison: ComparisonDecision | None,
    samples: Sequence[FaceSample],
    now: datetime,
) -> FaceEvidence:
    hints = tuple(dict.fromkeys(reason for sample in samples for reason in sample.quality.reasons))
    return FaceEvidence(
        id=new_id(),
        person_id=known.person_id,
        channel=request.channel,
        kind=EvidenceKind.ASSISTED if request.attested_by else EvidenceKind.PHOTO,
        pad=pad,
        comparison=comparison,
        quality=hints,
        has_reference=known.has_reference,
        probe_images=len(samples),
        taken_at=now,
        attested_by=request.attested_by,
        face_not_enough=known.face_not_enough,
        own_reference=known.reference is not None and known.reference.is_word_of(request.actor),
    )
