"""V06 within the transaction that records a pass at a kiosk: where else this person passed about then."""

from __future__ import annotations

from datetime import datetime, timedelta

from auth_service.monitoring.rules.v06_impossible_travel import ImpossibleTravel, PassAt
from auth_service.qualification.decision import Decision
from auth_service.qualification.evidence import Channel, FaceEvidence
from auth_service.storage.unit import Unit

_RULE = ImpossibleTravel()
_CLOCKS = timedelta(minutes=5)
"""By so much a kiosk's clock may be ahead of ours. source: OfflinePolicy.skew_seconds"""


def raise_travel(unit: Unit, evidence: FaceEvidence, decision: Decision, device: str, at: datetime) -> tuple[str, ...]:
    """Ids of new flags.

    device  keyed hash of the kiosk
    at      when it was captured: by the kiosk's own clock where it had no line, for that is when somebody stood there
    """
    person_id = evidence.person_id
    if not decision.qualified or person_id is None or evidence.channel is not Channel.KIOSK:
        return ()
    others = unit.travel.passes(person_id, at - _RULE.within - _CLOCKS, evidence.id)
    near = [one for one in others if abs(one.at - at) <= _RULE.within and one.device != device]
    if not near:
        return ()
    regions = {unit.sessions.hidden_device(one.word): one.words.region_code for one in unit.devices.all()}
    own = PassAt(evidence.id, regions.get(device, ""), at)
    pairs = ((own, PassAt(one.evidence_id, regions.get(one.device, ""), one.at)) for one in near)
    judged = (_RULE.judge(person_id, pair, evidence.taken_at) for pair in pairs)
    raised = [unit.flags.raise_once(flag) for flag in judged if flag is not None]
    return tuple(flag_id for flag_id in raised if flag_id is not None)
