"""Enrolment: photos become the references of one person. The bulk run is in flows/enroll_many.py."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

from auth_service.beneficiaries.id_number import parse_id_number
from auth_service.core.audit import AuditEvent, Details
from auth_service.core.clock import Clock, legal_date
from auth_service.core.errors import (
    BeneficiaryUnknown,
    CalibrationMissing,
    EnrollmentRefused,
    FaceDiffersFromReference,
    FieldInvalid,
    ImageOfAnotherPerson,
    QualityTooLow,
    ReferencesComplete,
    ServiceError,
)
from auth_service.core.ids import new_id
from auth_service.enrollment.admission import admit
from auth_service.enrollment.consent import Consent
from auth_service.enrollment.copy_index import CopyIndex
from auth_service.enrollment.references import (
    ADDED_WITHIN_DAYS,
    MAX_REFERENCES,
    MOST_ADDED,
    ReferencePhoto,
    ReferenceSet,
    form_reference_set,
)
from auth_service.enrollment.sources import BY_KEY_PREFIX
from auth_service.faces.copies import CopyPolicy, cosine, is_copy, mirrored_distance
from auth_service.faces.ports import FaceReader
from auth_service.faces.sample import FaceSample
from auth_service.faces.template import EngineIdentity, Template
from auth_service.flows.enroll_terms import Admitted, Enrolled, EnrollRequest, Offer, OfferedPhoto
from auth_service.matching.calibration import CalibrationSource
from auth_service.matching.comparison import Zone, compare
from auth_service.monitoring.rules.i09_shared_image import SharedImage, SharedImageFacts
from auth_service.storage.unit import Store, Unit

__all__ = ["Admitted", "Enroll", "EnrollRequest", "Enrolled", "Offer", "OfferedPhoto", "ReferenceDesk"]


class ReferenceDesk:
    """Admits photos inside an open unit; shared by the single and the bulk flow.

    calibration  decides whether a photo joins a set in force
    starting     says whether the first photos of a person differ from one another; the same as `calibration` when None.
                 Production enrols with the shipped record before there is one of its own: it decides about nobody then
    """

    def __init__(
        self,
        identity: EngineIdentity,
        calibration: CalibrationSource,
        copies: CopyPolicy,
        starting: CalibrationSource | None = None,
    ) -> None:
        self._identity = identity
        self._calibration = calibration
        self._starting = starting or calibration
        self._copies = copies
        self._index = CopyIndex()
        self._index_lock = threading.Lock()

    def admit(self, unit: Unit, offer: Offer, now: datetime) -> Admitted:
        """Refuses copies of other people's photos and faces that differ; keeps, averages and activates the rest."""
        unit.references.take_turn()  # before our own lock: whoever holds that one waits for nobody
        with self._index_lock:
            self._add_new(unit)
            fresh, known_already, refused = self._sort_out(unit, offer, now)
        in_force = unit.references.current(offer.person_id, self._identity)
        replaces = offer.confirmed_by is not None
        anchor = in_force.template if in_force and not replaces else None
        fits = None if anchor is None else partial(self._matches, anchor)
        admission = admit([photo for _, photo in fresh], fits, self._alike)
        positions = {photo.id: index for index, photo in fresh}
        refused += [(positions[p.id], FaceDiffersFromReference(field="photo")) for p in admission.differing]
        room = self._room(unit, offer, None if anchor is None else in_force, now)
        joined = admission.joined[:room]
        refused += [(positions[p.id], ReferencesComplete(field="photo")) for p in admission.joined[room:]]
        for photo in joined:
            self._store_photo(unit, offer, positions[photo.id], photo, now)
        if not joined:
            return Admitted(in_force, 0, known_already, tuple(refused))
        kept = in_force.photos if in_force and not replaces else ()
        everything = [*kept, *joined]
        reference_set = form_reference_set(new_id(), offer.person_id, everything, now)
        unit.references.activate(reference_set)
        if _differs(unit.consents.current(offer.person_id), offer.consent):
            unit.consents.add(offer.person_id, offer.consent)
        unit.audit.append(_accepted(offer, reference_set, len(joined)), now)
        return Admitted(reference_set, len(joined), known_already, tuple(refused))

    def _room(self, unit: Unit, offer: Offer, in_force: ReferenceSet | None, now: datetime) -> int:
        """How many photos may join. Only what keys add to a person who has references is limited: beside anchors that
        fill the set a further face would be kept for nothing, and a stream of small changes is looked at by staff."""
        if in_force is None or not offer.actor.startswith(BY_KEY_PREFIX):
            return len(offer.photos)
        if len(in_force.anchors) >= MAX_REFERENCES:
            return 0
        since = now - timedelta(days=ADDED_WITHIN_DAYS)
        return max(0, MOST_ADDED - unit.references.added_by_keys(offer.person_id, self._identity, since))

    def forget(self) -> None:
        """Drops the index after a rolled-back unit, whose rows it may have seen; the next offer builds it anew."""
        with self._index_lock:
            self._index = CopyIndex()

    def catch_up(self, unit: Unit) -> None:
        """Brings the index up to what is committed; called with a reading unit before the write unit is opened, so
        that the long first pass over all enrolled photos holds up nobody."""
        with self._index_lock:
            self._add_new(unit)

    def _add_new(self, unit: Unit) -> None:
        """Inside a write unit nobody can add between this and our own."""
        while known := unit.references.hashes_since(self._index.watermark, 2000):
            for photo in known:
                self._index.add(photo.sequence, photo.person_id, photo.photo_id, photo.photo_hash)

    def _sort_out(
        self, unit: Unit, offer: Offer, now: datetime
    ) -> tuple[list[tuple[int, ReferencePhoto]], int, list[tuple[int, ServiceError]]]:
        fresh: list[tuple[int, ReferencePhoto]] = []
        refused: list[tuple[int, ServiceError]] = []
        known_already = 0
        seen: set[bytes] = set()
        for index, offered in enumerate(offer.photos):
            digest = offered.sample.photo_hash.pixel_digest
            if digest in seen or unit.references.has_photo(offer.person_id, self._identity, digest):
                known_already += 1
                continue
            seen.add(digest)
            owner = self._other_owner(unit, offer.person_id, offered.sample)
            if owner is not None:
                self._flag_shared(unit, offer, offered, owner, now)
                refused.append((index, ImageOfAnotherPerson(field="photo")))
                continue
            fresh.append((index, _as_reference(offered, offer, now)))
        return fresh, known_already, refused

    def _other_owner(self, unit: Unit, person_id: str, sample: FaceSample) -> SharedImageFacts | None:
        """Somebody else whose enrolled photo this one copies, pixel by pixel or nearly."""
        for owner, photo_id in unit.references.owners_of(sample.photo_hash.pixel_digest):
            if owner != person_id:
                return SharedImageFacts(person_id, owner, True, 0, 1.0, "", photo_id)
        for candidate in self._index.near(sample.photo_hash, self._copies):
            known = unit.references.known(candidate.photo_id) if candidate.person_id != person_id else None
            if known is None or known.template.identity != self._identity:
                continue
            if is_copy(sample.photo_hash, sample.template, known.photo_hash, known.template, self._copies):
                distance = mirrored_distance(sample.photo_hash.face_hash, known.photo_hash.face_hash)
                likeness = cosine(sample.template, known.template)
                return SharedImageFacts(person_id, candidate.person_id, False, distance, likeness, "", known.picture_id)
        return None

    def _flag_shared(
        self, unit: Unit, offer: Offer, offered: OfferedPhoto, facts: SharedImageFacts, now: datetime
    ) -> None:
        photo_id = unit.photos.put(offer.person_id, "review", offered.jpeg, now)
        flag = SharedImage().judge(
            SharedImageFacts(
                facts.offered_for, facts.enrolled_for, facts.exact, facts.hash_distance, facts.similarity, photo_id,
                facts.enrolled_photo,
            ),
            now,
        )  # fmt: skip
        if flag is not None and unit.flags.raise_once(flag) is not None:
            unit.audit.append(AuditEvent("system", "flag.raised", f"person:{offer.person_id}", {"rule": "I09"}), now)

    def _store_photo(self, unit: Unit, offer: Offer, index: int, photo: ReferencePhoto, now: datetime) -> None:
        offered = offer.photos[index]
        unit.photos.put(offer.person_id, "reference", offered.jpeg, now, photo_id=photo.id)
        unit.references.add_photo(offer.person_id, photo, offered.file_digest)

    def _alike(self, one: ReferencePhoto, other: ReferencePhoto) -> bool:
        return not self.differ(one.template, other.template)

    def _matches(self, anchor: Template, photo: ReferencePhoto) -> bool:
        calibration = self._calibration()
        if calibration is None:
            raise CalibrationMissing(self._identity.engine)
        return compare(photo.template, anchor, calibration).zone is Zone.MATCH

    def differ(self, one: Template, other: Template) -> bool:
        """Whether two templates are a clear non-match. raises CalibrationMissing"""
        calibration = self._starting()
        if calibration is None:
            raise CalibrationMissing(self._identity.engine)
        return compare(one, other, calibration).zone is Zone.NON_MATCH


class Enroll:
    """One person's photos, offered at a counter or by an agency system.

    `conclude` of `one` runs inside the transaction that enrols, for what must stand or fall with it (the answer
    saved under an Idempotency-Key).
    """

    def __init__(self, store: Store, reader: FaceReader, desk: ReferenceDesk, clock: Clock) -> None:
        self._store = store
        self._reader = reader
        self._desk = desk
        self._clock = clock

    def one(self, request: EnrollRequest, conclude: Callable[[Unit, Enrolled], None] | None = None) -> Enrolled:
        """raises RowRefused, ImageRefused, EnrollmentRefused, EngineFault, StorageFault, Unavailable"""
        now = self._clock.now()
        number = parse_id_number(request.id_number, legal_date(now)).number
        if not 1 <= len(request.photos) <= MAX_REFERENCES:
            raise FieldInvalid(f"between 1 and {MAX_REFERENCES} photos", field="photo")
        offered = [self._offered(photo, request) for photo in request.photos]
        try:
            with self._store.reading() as unit:
                self._desk.catch_up(unit)
            with self._store.unit() as unit:
                person_id = unit.people.proven(number)
                admitted = None
                if person_id is not None:
                    admitted = self._desk.admit(unit, _offer(request, person_id, offered), now)
                enrolled = _enrolled(admitted)
                if conclude is not None and enrolled is not None:
                    conclude(unit, enrolled)
        except BaseException as error:
            self._desk.forget()
            if isinstance(error, CalibrationMissing) and not request.reveal_unknown:
                raise EnrollmentRefused from error  # only who has photos is compared: nobody may learn who does
            raise
        if enrolled is None:
            raise self._refusal(request, admitted)
        return enrolled

    def _offered(self, photo: bytes, request: EnrollRequest) -> OfferedPhoto:
        sample = self._reader.read(photo)
        refuse_poor_quality(sample)
        digest = hashlib.sha256(photo).digest()
        return OfferedPhoto(sample, self._reader.reencode(photo), request.source, request.taken_on, digest)

    @staticmethod
    def _refusal(request: EnrollRequest, admitted: Admitted | None) -> ServiceError:
        """The precise error for a caller who may know it; one and the same for everybody else."""
        if not request.reveal_unknown:
            return EnrollmentRefused()
        if admitted is None:
            return BeneficiaryUnknown(field="id_number")
        return admitted.refused[0][1] if admitted.refused else EnrollmentRefused()


def _offer(request: EnrollRequest, person_id: str, photos: Sequence[OfferedPhoto]) -> Offer:
    return Offer(person_id, photos, request.consent, request.actor, request.confirmed_by, request.reason)


def _enrolled(admitted: Admitted | None) -> Enrolled | None:
    """None when nothing of the offer stands, so that the flags it raised are kept and the caller is told."""
    if admitted is None or admitted.reference_set is None or (admitted.refused and not admitted.added):
        return None
    chosen = admitted.reference_set
    return Enrolled(new_id(), chosen.id, len(chosen.photos), chosen.template is not None, ())


def _differs(current: Consent | None, offered: Consent) -> bool:
    """Whether the offered ground is another than the one on record; the time alone makes no new ground."""
    return current is None or replace(offered, recorded_at=current.recorded_at) != current


def refuse_poor_quality(sample: FaceSample) -> None:
    """raises QualityTooLow: detail lists the reasons, comma-separated"""
    if not sample.quality.acceptable:
        raise QualityTooLow(",".join(reason.value for reason in sample.quality.reasons), field="photo")


def _as_reference(offered: OfferedPhoto, offer: Offer, now: datetime) -> ReferencePhoto:
    return ReferencePhoto(
        id=new_id(),
        source=offered.source,
        taken_on=offered.taken_on,
        enrolled_at=now,
        template=offered.sample.template,
        photo_hash=offered.sample.photo_hash,
        looked_at=offer.confirmed_by is not None,
        origin=offer.actor,
    )


def _accepted(offer: Offer, reference_set: ReferenceSet, added: int) -> AuditEvent:
    details: Details = {
        "set": reference_set.id,
        "photos": len(reference_set.photos),
        "added": added,
        "engine": reference_set.identity.engine,
        "usable": reference_set.template is not None,
        "confirmed_by": offer.confirmed_by,
        "reason": offer.reason,
    }
    action = "enrollment.accepted" if offer.confirmed_by is None else "enrollment.replaced"
    return AuditEvent(offer.actor, action, f"person:{offer.person_id}", details)
