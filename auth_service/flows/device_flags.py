"""Flags that the device of a capture may raise, a kiosk or a phone, within the transaction that records it."""

from __future__ import annotations

from datetime import timedelta

from auth_service.liveness.decision import PadVerdict
from auth_service.monitoring.flags import Flag
from auth_service.monitoring.rules.v01_one_device import OneDevice, PhoneFacts
from auth_service.monitoring.rules.v05_suspected_presentation import CardFacts, DeviceFacts, SuspectedPresentation
from auth_service.qualification.chip import ChipComparison
from auth_service.qualification.decision import Decision
from auth_service.qualification.evidence import FaceEvidence
from auth_service.storage.unit import StoredSession, Unit


def raise_kiosk_flags(
    unit: Unit, evidence: FaceEvidence, device_id: str | None, photo_id: str | None
) -> tuple[str, ...]:
    """V05 about the device, and about the person whom a card's portrait does not show; ids of the new ones."""
    rule, now, found = SuspectedPresentation(), evidence.taken_at, list[Flag]()
    if device_id is not None and evidence.pad.verdict is PadVerdict.ATTACK_SUSPECTED:
        found.append(rule.judge_device(DeviceFacts(device_id, evidence.id), now))
    if evidence.person_id is not None and evidence.chip is not None and evidence.chip.doubts(evidence.comparison):
        facts = CardFacts(evidence.person_id, evidence.id, *_zones(evidence.chip), photo_id)
        found.append(rule.judge_card(facts, now))
    raised = (unit.flags.raise_once(flag) for flag in found)
    return tuple(flag_id for flag_id in raised if flag_id is not None)


def _zones(chip: ChipComparison) -> tuple[str | None, str | None]:
    """Beside the living face, and beside the enrolled photos."""
    live, enrolled = (one.zone.value if one is not None else None for one in (chip.live, chip.enrolled))
    return live, enrolled


def raise_phone_flag(unit: Unit, stored: StoredSession, evidence: FaceEvidence, decision: Decision) -> tuple[str, ...]:
    """V01 once many people have passed on one phone; the pass stands."""
    if not stored.browser or not decision.qualified:
        return ()
    rule, now = OneDevice(), evidence.taken_at
    people = unit.sessions.passed_on(stored.browser, now - timedelta(days=rule.days))
    flag = rule.judge_phone(PhoneFacts(stored.browser, tuple(people), rule.days), now)
    flag_id = None if flag is None else unit.flags.raise_once(flag)
    return () if flag_id is None else (flag_id,)
