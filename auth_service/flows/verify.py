"""One verification: a fresh photo against the enrolled ones, from bytes to a decision."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import combinations

from auth_service.beneficiaries.id_number import parse_id_number
from auth_service.core.clock import Clock, legal_date
from auth_service.core.errors import (
    FieldInvalid,
    IdempotencyInFlight,
    PhotosDiffer,
    SealBroken,
    StorageFault,
)
from auth_service.core.ids import new_id, new_serial
from auth_service.core.keys import Signer
from auth_service.enrollment.references import ReferencePhoto, ReferenceSet
from auth_service.enrollment.sources import BY_KEY_PREFIX
from auth_service.faces.copies import cosine, is_copy, is_copy_by_hash, mirrored_distance
from auth_service.faces.ports import FaceReader
from auth_service.faces.sample import FaceSample, PhotoHash
from auth_service.faces.template import Template, mean_template
from auth_service.flows.verify_terms import (
    MOST_PHOTOS,
    Conclude,
    VerifyPolicies,
    VerifyRequest,
    VerifyResult,
    audit_event,
    still_open,
)
from auth_service.liveness.attestation import attest
from auth_service.liveness.decision import PadDecision, PadReason, PadVerdict
from auth_service.matching.calibration import Calibration, CalibrationSource, fitting
from auth_service.matching.comparison import ComparisonDecision, Zone, compare
from auth_service.monitoring.rules.v03_repeated_failures import FailureFacts, RepeatedFailures
from auth_service.monitoring.rules.v04_copied_capture import CopiedCapture, CopyFacts
from auth_service.qualification.certificate import Certificate, issue
from auth_service.qualification.decision import Decision, decide
from auth_service.qualification.evidence import Channel, EvidenceKind, FaceEvidence
from auth_service.qualification.period import due_date
from auth_service.storage.unit import KnownCapture, NewCapture, Store, Unit

__all__ = ["Conclude", "Verify", "VerifyPolicies", "VerifyRequest", "VerifyResult"]


_NOBODY = "0" * 32
"""Asked for in place of a person who is not in the ledger: nothing is found, and it takes as long."""


@dataclass(frozen=True, slots=True)
class _Known:
    """What the ledger and the past hold about the person asked for. `decoy`: of somebody else, for the time it takes;
    nothing of it is used."""

    person_id: str | None
    reference: ReferenceSet | None
    captures: Sequence[KnownCapture]
    enrolled: Sequence[ReferencePhoto] = ()
    face_not_enough: bool = False
    decoy: _Known | None = None


@dataclass(frozen=True, slots=True)
class _Copy:
    """The known photo that a probe photo copies."""

    probe: int
    reason: PadReason
    photo_id: str | None
    distance: int
    similarity: float | None
    exact: bool


@dataclass(frozen=True, slots=True)
class _Attempt:
    """What was measured, before anything is recorded."""

    evidence: FaceEvidence
    samples: Sequence[FaceSample]
    copy: _Copy | None
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

    def run(self, request: VerifyRequest, conclude: Conclude | None = None) -> VerifyResult:
        """One attempt. raises RowRefused, ImageRefused, CapacityExceeded, EngineFault, StorageFault, Unavailable"""
        now = self._clock.now()
        today = legal_date(now)
        number = parse_id_number(request.id_number, today).number
        if not 1 <= len(request.photos) <= MOST_PHOTOS:
            raise FieldInvalid(f"between 1 and {MOST_PHOTOS} photos", field="photo")
        known = self._known(number, today)
        # read whether or not the person is known: the time of an answer tells little of who is in the ledger
        samples = [self._reader.read(photo) for photo in request.photos]
        # one record for the whole attempt, whatever is activated meanwhile; none stops everybody, enrolled or not
        calibration = fitting(self._calibration(), samples[0].template, len(samples))
        probe = self._one_probe(samples, calibration)
        copy = self._copied(samples, known, now, request.channel)
        if known.decoy is not None:
            self._copied(samples, known.decoy, now, request.channel)
        pad = _assess(request, copy)
        comparison = None if copy else self._compare(probe, known.reference, calibration)
        evidence = _evidence(request, known, pad, comparison, samples, now)
        with_copy = _Attempt(evidence, samples, copy, calibration.label)
        return self._record(request, with_copy, conclude)

    def _known(self, number: str, today: date) -> _Known:
        with self._store.reading() as unit:
            person_id, known = unit.people.id_of(number), _Known(None, None, ())
            if person_id is not None:
                known = self._known_person(unit, person_id, number, today)
            if not known.enrolled:  # as much is read, opened and compared as for somebody enrolled
                with suppress(StorageFault):
                    somebody = unit.references.somebody(number) or unit.people.next_to(number) or ""
                    known = replace(known, decoy=self._known_person(unit, somebody, None, today))
            return known

    def _known_person(self, unit: Unit, person_id: str, number: str | None, today: date) -> _Known:
        """raises SealBroken: the record is of another ID number; KeyMissing"""
        identity = self._reader.identity
        person = unit.people.get(person_id)
        reference = unit.references.current(person_id, identity)
        captures = unit.captures.of(person_id, identity, self._copies.most_captures)
        if person is None or (number is not None and person.id_number.number != number):
            raise SealBroken("the index leads to a record with another ID number")
        # photos that left the set are still old photos: a copy of one is no new capture
        enrolled = unit.references.photos(person_id, identity)
        return _Known(person_id, reference, captures, enrolled, person.face_is_not_enough(today))

    def _one_probe(self, samples: Sequence[FaceSample], calibration: Calibration) -> Template:
        """The mean of the photos, once no two of them are a non-match. raises PhotosDiffer"""
        for one, other in combinations(samples, 2):
            if compare(one.template, other.template, calibration).zone is Zone.NON_MATCH:
                raise PhotosDiffer
        return mean_template([sample.template for sample in samples])

    def _compare(
        self, probe: Template, reference: ReferenceSet | None, calibration: Calibration
    ) -> ComparisonDecision | None:
        if reference is None or reference.template is None or reference.alone_self_uploaded:
            return None
        return compare(probe, reference.template, calibration)

    def _copied(self, samples: Sequence[FaceSample], known: _Known, now: datetime, channel: Channel) -> _Copy | None:
        """The first probe photo that copies an enrolled photo or a capture that is over."""
        for index, sample in enumerate(samples):
            for photo in known.enrolled:
                found = self._copy_of(sample, photo.photo_hash, photo.template)
                if found is not None:
                    return _Copy(index, PadReason.COPY_OF_REFERENCE, photo.picture, *found)
            for capture in known.captures:
                if still_open(capture, now, channel):
                    continue
                found = self._copy_of(sample, capture.photo_hash, capture.template)
                if found is not None:
                    return _Copy(index, PadReason.COPY_OF_EARLIER_CAPTURE, capture.photo_id, *found)
        return None

    def _copy_of(
        self, sample: FaceSample, known: PhotoHash, template: Template | None
    ) -> tuple[int, float | None, bool] | None:
        if template is None:
            copied = is_copy_by_hash(sample.photo_hash, known, self._copies)
        else:
            copied = is_copy(sample.photo_hash, sample.template, known, template, self._copies)
        if not copied:
            return None
        distance = mirrored_distance(sample.photo_hash.face_hash, known.face_hash)
        likeness = None if template is None else cosine(sample.template, template)
        return distance, likeness, sample.photo_hash.pixel_digest == known.pixel_digest

    def _record(self, request: VerifyRequest, attempt: _Attempt, conclude: Conclude | None) -> VerifyResult:
        """Everything that follows, in one transaction or not at all."""
        evidence, copy = attempt.evidence, attempt.copy
        kept = self._jpeg_for_review(request, evidence, copy)
        with self._store.unit() as unit:
            # what earlier attempts left must not change under us
            unit.alone(f"verify {evidence.person_id or evidence.id}")
            decision = self._decide(unit, request.actor, evidence)
            self._refuse_second_pass(unit, attempt, decision)
            certificate = self._certificate(decision, evidence)
            unit.evidence.add(evidence, decision)
            if certificate is not None and evidence.person_id is not None:
                unit.certificates.add(certificate, evidence.person_id, evidence.id, evidence.taken_at)
            photo_id = self._keep(unit, attempt, decision, kept)
            flags = self._flags(unit, evidence, decision, copy, photo_id)
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
            unit.audit.append(audit_event(request, evidence, result), evidence.taken_at)
            if conclude is not None:
                conclude(unit, result)
        return result

    def _jpeg_for_review(self, request: VerifyRequest, evidence: FaceEvidence, copy: _Copy | None) -> bytes | None:
        """A fresh JPEG of what a person may have to look at: a copied picture, or an attested try that does not match.

        A pass keeps none, nor does a bare photo, which nobody took of anybody for certain. For an unknown person it is
        made all the same (and dropped), so that the time of an answer does not tell who is enrolled.
        """
        matched = evidence.comparison is not None and evidence.comparison.zone is Zone.MATCH
        if copy is None and (evidence.attested_by is None or (matched and not evidence.quality)):
            return None
        return self._reader.reencode(request.photos[copy.probe if copy else 0])

    def _decide(self, unit: Unit, actor: str, evidence: FaceEvidence) -> Decision:
        since = evidence.taken_at - timedelta(days=1)
        # what another key sends must not use up the tries at this one: no caller may lock a person out elsewhere
        attester = actor if actor.startswith(BY_KEY_PREFIX) else None
        failures = unit.evidence.failures(evidence.person_id or _NOBODY, evidence.channel, since, attester)
        return decide(evidence, failures, self._policy)

    def _refuse_second_pass(self, unit: Unit, attempt: _Attempt, decision: Decision) -> None:
        """One picture sent many times at once passes once. raises IdempotencyInFlight: another of them was faster"""
        if not decision.qualified or attempt.evidence.person_id is None:
            return
        sent = {sample.photo_hash.pixel_digest for sample in attempt.samples}
        known = unit.captures.of(attempt.evidence.person_id, self._reader.identity, self._copies.most_captures)
        if any(capture.qualified and capture.photo_hash.pixel_digest in sent for capture in known):
            raise IdempotencyInFlight

    def _certificate(self, decision: Decision, evidence: FaceEvidence) -> Certificate | None:
        if not decision.qualified:
            return None
        passed_on = legal_date(evidence.taken_at)
        return issue(new_serial(), evidence.kind, passed_on, due_date(passed_on), self._signer)

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

    @staticmethod
    def _flags(
        unit: Unit, evidence: FaceEvidence, decision: Decision, copy: _Copy | None, photo_id: str | None
    ) -> tuple[str, ...]:
        if decision.qualified:
            return ()
        now, person_id = evidence.taken_at, evidence.person_id or _NOBODY
        found = []
        if copy is not None and photo_id is not None:
            source = "reference" if copy.reason is PadReason.COPY_OF_REFERENCE else "capture"
            facts = CopyFacts(
                person_id, evidence.id, source, copy.exact, copy.distance, copy.similarity, photo_id,
                copy.photo_id,
            )  # fmt: skip
            found.append(CopiedCapture().judge(facts, now))
        since = now - timedelta(days=1)
        today, ever = unit.evidence.failures(person_id, None, since), unit.evidence.failures_in_cycle(person_id)
        failures = FailureFacts(person_id, today, ever, photo_id)
        if evidence.person_id is None:
            return ()
        repeated = RepeatedFailures().judge(failures, now) if evidence.counts_as_try else None
        found.extend([repeated] if repeated else [])
        raised = (unit.flags.raise_once(flag) for flag in found)
        return tuple(flag_id for flag_id in raised if flag_id is not None)


def _assess(request: VerifyRequest, copy: _Copy | None) -> PadDecision:
    if copy is not None:
        return PadDecision(PadVerdict.ATTACK_SUSPECTED, (copy.reason,))
    return attest(vouched=request.attested_by is not None, by_device=request.by_device)


def _evidence(
    request: VerifyRequest,
    known: _Known,
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
        has_reference=known.reference is not None
        and known.reference.template is not None
        and not known.reference.alone_self_uploaded,
        probe_images=len(samples),
        taken_at=now,
        attested_by=request.attested_by,
        face_not_enough=known.face_not_enough,
        own_reference=known.reference is not None and known.reference.is_word_of(request.actor),
    )
