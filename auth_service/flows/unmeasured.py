"""A capture that nothing here can measure goes to a person as it is: a broken picture is nobody's fault who came."""

from __future__ import annotations

from datetime import datetime

from auth_service.core.errors import SessionExpired
from auth_service.core.ids import new_id
from auth_service.flows.attempt_record import decided
from auth_service.flows.session_decision import Terms
from auth_service.flows.session_terms import actor_of
from auth_service.liveness.decision import PadDecision, PadReason, PadVerdict
from auth_service.qualification.decision import DecisionPolicy, decide
from auth_service.qualification.evidence import Channel, EvidenceKind, FaceEvidence
from auth_service.storage.unit import StoredSession, Unit


def unmeasured(unit: Unit, stored: StoredSession, terms: Terms, now: datetime) -> str:
    """Id of the evidence, which says nothing but that somebody is to be asked another way. raises SessionExpired"""
    evidence = FaceEvidence(
        id=new_id(),
        person_id=stored.session.person_id,
        channel=Channel(stored.session.channel),
        kind=EvidenceKind.FACE,
        pad=PadDecision(PadVerdict.INCONCLUSIVE, (PadReason.CONSISTENCY_UNKNOWN,)),
        comparison=None,
        quality=(),
        has_reference=False,
        probe_images=0,
        taken_at=terms.taken_at,
        offline=True,
        held=True,
    )
    if not unit.sessions.decide(stored.session, evidence.id, now):
        raise SessionExpired
    decision = decide(evidence, 0, DecisionPolicy())  # of a record without a line no try is left in any case
    unit.evidence.add(evidence, decision)
    unit.steps.remove(stored.session.id)  # nobody's eyes could open them either
    unit.audit.append(decided(actor_of(stored.session), evidence, decision, None), evidence.taken_at)
    return evidence.id
