"""What follows from an attempt within the transaction that records it: tries before, certificate, flags, audit event.

`flows/verify.py` and `flows/complete_session.py` use it, so that a pass is a pass whichever way it came.
"""

from __future__ import annotations

from datetime import timedelta

from auth_service.core.audit import AuditEvent
from auth_service.core.audit_facts import DECIDED
from auth_service.core.clock import legal_date
from auth_service.core.ids import new_serial
from auth_service.core.keys import Signer
from auth_service.enrollment.sources import BY_KEY_PREFIX
from auth_service.flows.known_person import NOBODY, Copy
from auth_service.flows.next_due import due_after
from auth_service.liveness.decision import PadReason
from auth_service.monitoring.flags import Flag
from auth_service.monitoring.rules.v03_repeated_failures import FailureFacts, RepeatedFailures
from auth_service.monitoring.rules.v04_copied_capture import CopiedCapture, CopyFacts
from auth_service.qualification.certificate import Certificate, issue
from auth_service.qualification.decision import Decision
from auth_service.qualification.evidence import Channel, FaceEvidence
from auth_service.storage.unit import StoredSession, Unit

_DAY = timedelta(days=1)
SELF_SERVICE = (Channel.PHONE, Channel.KIOSK)
"""Channels of sessions, which share a person's tries. source: domain.md section 11, G8"""


def failures_before(unit: Unit, actor: str, evidence: FaceEvidence) -> int:
    """Failed tries of this person on this channel in the last 24 hours.

    What another key sends must not use up the tries at this one: no caller may lock a person out elsewhere.
    """
    attester = actor if actor.startswith(BY_KEY_PREFIX) else None
    since = evidence.taken_at - _DAY
    return unit.evidence.failures(evidence.person_id or NOBODY, evidence.channel, since, attester)


def failures_in_sessions(unit: Unit, stored: StoredSession, evidence: FaceEvidence) -> int:
    """What counts before the decision on a session.

    Whoever failed on a phone goes on at a kiosk where they stood, and the other way round: the tries are the
    person's. No count stands in the way of a match (qualification/decision.py), so that tries of somebody else's cost
    a person nothing but a second try.

    Until a face was compared only what this number, known or not, saw on this device: so much is the same for whoever
    is enrolled and for nobody, and no stranger elsewhere uses up a try. Both are asked for in either case.
    """
    since = evidence.taken_at - _DAY
    here = unit.sessions.tries(stored.session, stored.subject, since)
    of_person = sum(unit.evidence.failures(evidence.person_id or NOBODY, one, since) for one in SELF_SERVICE)
    return here if evidence.comparison is None else max(here, of_person)


def certificate_of(unit: Unit, decision: Decision, evidence: FaceEvidence, signer: Signer) -> Certificate | None:
    """A fresh one for a pass. raises KeyStoreUnavailable, PolicyTampered"""
    if not decision.qualified:
        return None
    passed_on = legal_date(evidence.taken_at)
    due_on = due_after(unit, evidence.person_id, evidence, evidence.taken_at)
    return issue(new_serial(), evidence.kind, passed_on, due_on, signer)


def raise_flags(
    unit: Unit, evidence: FaceEvidence, decision: Decision, copy: Copy | None, photo_id: str | None
) -> tuple[str, ...]:
    """V04 and V03, each once; ids of the new ones. photo_id: the picture that was kept for a look"""
    if decision.qualified:
        return ()
    now, person_id, found = evidence.taken_at, evidence.person_id or NOBODY, list[Flag]()
    if copy is not None and photo_id is not None:
        source = "reference" if copy.reason is PadReason.COPY_OF_REFERENCE else "capture"
        facts = CopyFacts(
            person_id, evidence.id, source, copy.exact, copy.distance, copy.similarity, photo_id, copy.photo_id
        )
        found.append(CopiedCapture().judge(facts, now))
    today, ever = unit.evidence.failures(person_id, None, now - _DAY), unit.evidence.failures_in_cycle(person_id)
    failures = FailureFacts(person_id, today, ever, photo_id)
    if evidence.person_id is None:
        return ()
    repeated = RepeatedFailures().judge(failures, now) if evidence.counts_as_try else None
    found.extend([repeated] if repeated else [])
    raised = (unit.flags.raise_once(flag) for flag in found)
    return tuple(flag_id for flag_id in raised if flag_id is not None)


def decided(actor: str, evidence: FaceEvidence, decision: Decision, certificate: Certificate | None) -> AuditEvent:
    """What the audit trail says of an attempt."""
    details = {
        "evidence": evidence.id,
        "outcome": decision.outcome.value,
        "zone": decision.zone.value if decision.zone else None,
        "channel": evidence.channel.value,
        "attested_by": evidence.attested_by,
        "certificate": certificate.serial if certificate else None,
    }
    subject = f"person:{evidence.person_id}" if evidence.person_id else ""
    return AuditEvent(actor, DECIDED, subject, details)
