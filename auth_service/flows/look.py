"""Looking: a flag with its photos, a certificate by its serial. Who looks at a face is written down."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from auth_service.accounts.credentials import StaffMember
from auth_service.accounts.devices import Device
from auth_service.accounts.roles import Permission, may
from auth_service.core.audit import AuditEvent
from auth_service.core.clock import Clock
from auth_service.core.errors import AccessRefused, FileUnreadable, NotFound, SealBroken
from auth_service.flows.review_terms import for_review
from auth_service.monitoring.flags import Flag, Judgement
from auth_service.monitoring.rules import OF_A_CAPTURE
from auth_service.qualification.certificate import Certificate, CertificateClaims
from auth_service.qualification.review import ReviewReason, ReviewState, ReviewVerdict, state_of
from auth_service.storage.queries import PersonSummary
from auth_service.storage.unit import Store, Unit

VerifyToken = Callable[[str], CertificateClaims]
"""Takes a token apart once its signature has proved right. raises SealBroken, FileUnreadable"""


@dataclass(frozen=True, slots=True)
class StoredJudgement:
    """A judgement with its id and the name of who made it."""

    id: str
    judgement: Judgement
    username: str


@dataclass(frozen=True, slots=True)
class AtTheDesk:
    """Where the capture that a flag is about stands on the review desk. verdict, reason: None while it waits"""

    evidence_id: str
    state: ReviewState
    verdict: ReviewVerdict | None = None
    reason: ReviewReason | None = None


@dataclass(frozen=True, slots=True)
class FlagView:
    """What a monitor page shows.

    desk    None where the flag is about no capture that is for the desk, or the person was erased
    photos  labels for `Look.photo`, empty when the role may not see faces
    erased  labels of pictures that are no longer kept: their time was over, or the person was erased
    device  the device that it concerns
    """

    id: str
    flag: Flag
    people: tuple[PersonSummary, ...]
    judgements: tuple[StoredJudgement, ...]
    photos: tuple[str, ...]
    may_judge: bool
    erased: tuple[str, ...] = ()
    desk: AtTheDesk | None = None
    may_see_reviews: bool = False
    device: Device | None = None


class Look:
    """Reads for screens that touch faces or need an audit row."""

    def __init__(self, store: Store, clock: Clock, verify_token: VerifyToken) -> None:
        self._store = store
        self._clock = clock
        self._verify_token = verify_token

    def flag(self, flag_id: str, staff: StaffMember) -> FlagView:
        """raises AccessRefused, NotFound, SealBroken"""
        if not may(staff.role, Permission.SEE_FLAGS):
            raise AccessRefused
        now = self._clock.now()
        with self._store.unit() as unit:
            stored = unit.flags.get(flag_id)
            if stored is None:
                raise NotFound
            desk = _at_the_desk(unit, stored.flag)
            names = {member.id: member.username for member in unit.staff.all()}
            readable = unit.photos.readable([photo_id for _, photo_id in stored.flag.photos])
            device = unit.devices.look_at(stored.flag.device_id) if stored.flag.device_id else None
            unit.audit.append(AuditEvent(f"staff:{staff.id}", "flag.seen", f"flag:{flag_id}"), now)
        people = [self._store.queries.person_summary(person_id) for person_id in stored.flag.person_ids]
        sees_faces = may(staff.role, Permission.SEE_FLAG_PHOTOS)
        return FlagView(
            id=stored.id,
            flag=stored.flag,
            people=tuple(person for person in people if person is not None),
            judgements=tuple(
                StoredJudgement(judgement_id, judgement, names.get(judgement.judged_by, "?"))
                for judgement_id, judgement in stored.judgements
            ),
            photos=tuple(label for label, photo in stored.flag.photos if photo in readable) if sees_faces else (),
            erased=tuple(label for label, photo in stored.flag.photos if photo not in readable) if sees_faces else (),
            may_judge=may(staff.role, Permission.JUDGE_FLAGS),
            desk=desk,
            may_see_reviews=may(staff.role, Permission.SEE_REVIEWS),
            device=device,
        )

    def photo(self, flag_id: str, label: str, staff: StaffMember) -> bytes:
        """One photo of a flag, as JPEG. raises AccessRefused, NotFound (no such label, or erased)"""
        if not may(staff.role, Permission.SEE_FLAG_PHOTOS):
            raise AccessRefused
        now = self._clock.now()
        with self._store.unit() as unit:
            stored = unit.flags.get(flag_id)
            photo_id = dict(stored.flag.photos).get(label) if stored else None
            jpeg = unit.photos.get(photo_id) if photo_id else None
            if jpeg is None:
                raise NotFound
            details = {"photo": label}
            unit.audit.append(AuditEvent(f"staff:{staff.id}", "photo.seen", f"flag:{flag_id}", details), now)
        return jpeg

    def certificate(self, serial: str) -> Certificate | None:
        """The certificate with this serial, if it was issued here: its signature holds and says what the row says.

        A row that somebody wrote into the database is no certificate.
        """
        with self._store.reading() as unit:
            found = unit.certificates.by_serial(serial) or unit.receipts.by_serial(serial)
        if found is None:
            return None
        try:
            claims = self._verify_token(found.token)
        except (SealBroken, FileUnreadable):
            return None
        stated = (claims.serial, claims.evidence_kind, claims.passed_on, claims.due_on)
        return found if stated == (found.serial, found.evidence_kind.value, found.passed_on, found.due_on) else None


def _at_the_desk(unit: Unit, flag: Flag) -> AtTheDesk | None:
    """raises SealBroken: a review that this service did not write"""
    evidence_id = flag.evidence.get("evidence") if flag.rule_id in OF_A_CAPTURE else None
    if not isinstance(evidence_id, str):
        return None
    try:
        for_review(unit, evidence_id)
    except NotFound:
        return None
    acts = unit.reviews.of(evidence_id)
    if not acts:
        return AtTheDesk(evidence_id, ReviewState.WAITING)
    return AtTheDesk(evidence_id, state_of(acts), acts[-1].review.verdict, acts[-1].review.reason)
