"""What follows from reviews whose undo window has passed: a certificate, a flag, or a request to come another way.

The worker does it, one capture in a transaction, which checks again what it settles: twice is once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from auth_service.accounts.roles import Permission, may
from auth_service.core.clock import Clock, legal_date
from auth_service.core.errors import AccountTampered, NotFound, PartlyDone, ServiceError
from auth_service.core.ids import new_serial
from auth_service.core.keys import Signer
from auth_service.faces.template import EngineIdentity
from auth_service.flows.next_due import due_after
from auth_service.flows.review_terms import SYSTEM, for_review, keep, probe_of
from auth_service.flows.travel import raise_travel_of_accepted
from auth_service.liveness.decision import PadVerdict
from auth_service.matching.comparison import Zone
from auth_service.monitoring.flags import Verdict
from auth_service.monitoring.rules import keys_of_capture
from auth_service.monitoring.rules.v05_suspected_presentation import PresentationFacts, SuspectedPresentation
from auth_service.qualification.certificate import issue
from auth_service.qualification.decision import Decision
from auth_service.qualification.evidence import FaceEvidence
from auth_service.qualification.review import (
    Review,
    ReviewAct,
    ReviewPolicy,
    ReviewState,
    ReviewVerdict,
    may_accept,
    state_of,
)
from auth_service.storage.unit import NewRequest, Store, Unit

_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class _Case:
    evidence: FaceEvidence
    decision: Decision
    review: Review
    now: datetime


class SettleReviews:
    """identity: of the engine in use, whose references a flag shows"""

    def __init__(
        self, store: Store, signer: Signer, identity: Callable[[], EngineIdentity], clock: Clock, policy: ReviewPolicy
    ) -> None:
        self._store = store
        self._signer = signer
        self._identity = identity
        self._clock = clock
        self._policy = policy

    def run(self) -> Mapping[str, int]:
        """How many of each verdict. raises PartlyDone: some could not be settled, the others are; Unavailable"""
        now = self._clock.now()
        done: Counter[str] = Counter({verdict.value: 0 for verdict in ReviewVerdict})
        failed: Counter[str] = Counter()
        with self._store.reading() as unit:
            due = unit.reviews.due(now - self._policy.undo, _AT_ONCE)
        for evidence_id in due:
            try:
                verdict = self._settle(evidence_id, now)
            except ServiceError as error:
                failed[error.code] += 1
            else:
                done.update([verdict.value] if verdict else [])
        if failed:
            raise PartlyDone(", ".join(f"{code}: {count}" for code, count in sorted(failed.items())), counts=dict(done))
        return dict(done)

    def _settle(self, evidence_id: str, now: datetime) -> ReviewVerdict | None:
        """None: it was taken back or settled in this moment, or is taken back now: its reviewer may decide no more."""
        with self._store.unit() as unit:
            unit.alone(f"review {evidence_id}")
            try:
                evidence, decision = for_review(unit, evidence_id)
            except NotFound:  # erased, or three years old
                return None
            acts = unit.reviews.of(evidence_id)
            last = acts[-1].review if acts else None
            if last is None or state_of(acts) is not ReviewState.DECIDED or last.done_at > now - self._policy.undo:
                return None
            if not _may_still_decide(unit, last.done_by):
                keep(unit, replace(last, act=ReviewAct.TAKEN_BACK, verdict=None, reason=None, note="", done_by=SYSTEM,
                                   done_at=now), acts)  # fmt: skip
                return None
            case = _Case(evidence, decision, last, now)
            certificate = self._follow(unit, case)
            settled = Review(evidence_id, last.person_id, ReviewAct.SETTLED, last.verdict, last.reason, "", SYSTEM, now)
            keep(unit, settled, acts, certificate)
            return last.verdict

    def _follow(self, unit: Unit, case: _Case) -> str | None:
        """The serial of a certificate where one was issued."""
        if case.review.verdict is ReviewVerdict.ACCEPTED and may_accept(case.evidence, case.decision):
            return self._accept(unit, case)
        if case.review.verdict is ReviewVerdict.SUSPECTED:
            self._suspect(unit, case)
        else:
            _ask_in(unit, case)
        return None

    def _accept(self, unit: Unit, case: _Case) -> str:
        """The certificate counts from the day of the capture, when the person was seen, not from the look at it."""
        evidence, person_id = case.evidence, case.review.person_id
        passed_on, due_on = legal_date(evidence.taken_at), due_after(unit, person_id, evidence, case.now)
        certificate = issue(new_serial(), evidence.kind, passed_on, due_on, self._signer)
        unit.certificates.add(certificate, person_id, evidence.id, case.now)
        stored = unit.sessions.of_evidence(evidence.id)
        matched = evidence.comparison is not None and evidence.comparison.zone is Zone.MATCH
        if stored is not None and stored.consent is not None and not matched:  # a match has recorded it already
            unit.consents.add(person_id, stored.consent, stored.session.consent_id)
        raise_travel_of_accepted(unit, person_id, evidence.id, case.now)
        return certificate.serial

    def _suspect(self, unit: Unit, case: _Case) -> None:
        """A flag for the monitor, unless one about this capture waits for them already: it shows the decision."""
        standing = unit.flags.with_keys(keys_of_capture(case.evidence.id))
        if any(not flag.judgements or flag.judgements[-1][1].verdict is not Verdict.FALSE_FLAG for flag in standing):
            return
        evidence, person_id = case.evidence, case.review.person_id
        current = unit.references.current(person_id, self._identity())
        best = current.photos[0].picture if current is not None and current.photos else ""
        facts = PresentationFacts(
            person_id=person_id,
            evidence_id=evidence.id,
            reason=case.review.reason.value if case.review.reason else "",
            by_machine=evidence.pad.verdict is PadVerdict.ATTACK_SUSPECTED,
            probe_photo=probe_of(unit, evidence.id),
            reference_photo=best if best in unit.photos.readable([best]) else None,
        )
        unit.flags.raise_once(SuspectedPresentation().judge(facts, case.now))


def _may_still_decide(unit: Unit, staff_id: str) -> bool:
    """Nobody but the reviewer may take a decision back; an account that is disabled since, as a stolen one is, decides
    nothing any more."""
    try:
        member = unit.staff.get(staff_id)
    except AccountTampered:
        return False
    return member is not None and not member.disabled and may(member.role, Permission.DECIDE_REVIEWS)


def _ask_in(unit: Unit, case: _Case) -> None:
    """On the list of those who come another way, so that somebody calls the person, or goes to whoever cannot come."""
    person = unit.people.get(case.review.person_id)
    if person is None:
        raise NotFound
    subject = unit.sessions.subject_of(person.id_number.number)
    way = unit.accommodations.nearest_way(case.review.person_id, legal_date(case.now))
    new = NewRequest(case.review.person_id, subject, way, case.evidence.channel)
    unit.other_ways.ask(new, case.now)
