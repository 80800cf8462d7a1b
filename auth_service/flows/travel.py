"""V06 within the transaction that records a pass at a kiosk, the machine's or an officer's: where else this person
passed about then."""

from __future__ import annotations

from datetime import datetime, timedelta

from auth_service.monitoring.rules.v06_impossible_travel import ImpossibleTravel, PassAt
from auth_service.qualification.decision import Decision
from auth_service.qualification.evidence import Channel, FaceEvidence
from auth_service.storage.unit import KioskPass, Unit

_RULE = ImpossibleTravel()
_CLOCKS = timedelta(minutes=5)
"""By so much a kiosk's clock may be ahead of ours. source: OfflinePolicy.skew_seconds"""


def raise_travel(unit: Unit, evidence: FaceEvidence, decision: Decision, device: str, at: datetime) -> tuple[str, ...]:
    """Ids of new flags.

    device  keyed hash of the kiosk
    at      when it was captured: by the kiosk's own clock where it had no line, for that is when somebody stood there
    """
    if not decision.qualified or evidence.person_id is None or evidence.channel is not Channel.KIOSK:
        return ()
    return _raised(unit, evidence.person_id, KioskPass(evidence.id, device, at), evidence.taken_at)


def raise_travel_of_accepted(unit: Unit, person_id: str, evidence_id: str, now: datetime) -> tuple[str, ...]:
    """The same for a capture that an officer lets pass later. Ids of new flags."""
    own = unit.travel.place_of(evidence_id)
    return () if own is None else _raised(unit, person_id, own, now)


def _raised(unit: Unit, person_id: str, mine: KioskPass, now: datetime) -> tuple[str, ...]:
    others = unit.travel.passes(person_id, mine.at - _RULE.within - _CLOCKS, mine.evidence_id)
    near = [one for one in others if abs(one.at - mine.at) <= _RULE.within and one.device != mine.device]
    if not near:
        return ()
    regions = {unit.sessions.hidden_device(one.word): one.words.region_code for one in unit.devices.all()}
    own, *places = (PassAt(one.evidence_id, regions.get(one.device, ""), one.at) for one in (mine, *near))
    judged = (_RULE.judge(person_id, (own, place), now) for place in places)
    raised = [unit.flags.raise_once(flag) for flag in judged if flag is not None]
    return tuple(flag_id for flag_id in raised if flag_id is not None)
