"""V05: a capture that perhaps does not show the person, live: as a reviewer saw it, by the card's portrait, or by what
one device sends."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from auth_service.core.clock import legal_date
from auth_service.monitoring.flags import Facts, Flag, RuleWords, Severity, key_of_capture


@dataclass(frozen=True, slots=True)
class PresentationFacts:
    """One capture and what its reviewer said.

    reason        code of qualification.review.ReviewReason
    by_machine    liveness had suspected an attack as well
    probe_photo, reference_photo  ids of stored photos, where they are kept
    """

    person_id: str
    evidence_id: str
    reason: str
    by_machine: bool
    probe_photo: str | None
    reference_photo: str | None


@dataclass(frozen=True, slots=True)
class CardFacts:
    """One capture whose living face matches no enrolled photo, and the portrait of a card that is of somebody else.

    live, enrolled  zones of the portrait beside the two; None: nothing to compare with
    """

    person_id: str
    evidence_id: str
    live: str | None
    enrolled: str | None
    probe_photo: str | None


@dataclass(frozen=True, slots=True)
class DeviceFacts:
    """One capture at a device of the registry in which liveness suspected an attack."""

    device_id: str
    evidence_id: str


@dataclass(frozen=True, slots=True)
class SuspectedPresentation:
    """Somebody else, a picture or an earlier film before the camera.

    source  domain.md section 6, V05
    """

    rule_id: ClassVar[str] = "V05"
    version: ClassVar[int] = 2
    severity: ClassVar[Severity] = Severity.HIGH
    words: ClassVar[RuleWords] = RuleWords(
        "怀疑不是本人在场", "Perhaps the person was not there",
        "工作人员、证件照片比对或活体检测认为，镜头前可能不是本人，或是照片、屏幕、旧录像。",
        "A reviewer, the portrait of a card or the liveness check suspects somebody else before the camera, or a photo,"
        " a screen, an earlier film.",
        "涉及本人的，请当面或上门核实；涉及设备的，请查看设备和现场。认证没有通过，待遇没有改变，也不能仅凭此项改变。",
        "Check in person; where it is about a device, look at the machine and who stands there. The attempt did not"
        " pass; nothing was changed about the benefit, and nothing may be on this ground alone.",
    )  # fmt: skip

    def judge(self, facts: PresentationFacts, now: datetime) -> Flag:
        """Every suspicion is a flag; one per capture."""
        evidence: Facts = {"reviewed": facts.reason, "by_machine": facts.by_machine, "evidence": facts.evidence_id}
        given = (("probe", facts.probe_photo), ("reference", facts.reference_photo))
        photos = tuple((label, photo) for label, photo in given if photo is not None)
        key = key_of_capture(self.rule_id, facts.evidence_id)
        return Flag(self.rule_id, self.version, self.severity, (facts.person_id,), evidence, key, now, photos)

    def judge_card(self, facts: CardFacts, now: datetime) -> Flag:
        """One per capture, as above."""
        evidence: Facts = {
            "found": "chip_differs", "chip_live": facts.live, "chip_enrolled": facts.enrolled,
            "evidence": facts.evidence_id,
        }  # fmt: skip
        photos = (("probe", facts.probe_photo),) if facts.probe_photo else ()
        key = f"V05:{facts.evidence_id}:card"
        return Flag(self.rule_id, self.version, self.severity, (facts.person_id,), evidence, key, now, photos)

    def judge_device(self, facts: DeviceFacts, now: datetime) -> Flag:
        """One per device and day: somebody holds something before its camera, or feeds it. It is about nobody by name,
        because whoever stands there may have typed any number."""
        evidence: Facts = {"found": "attack_at_device", "evidence": facts.evidence_id}
        key = f"V05:{facts.device_id}:{legal_date(now)}"
        return Flag(self.rule_id, self.version, self.severity, (), evidence, key, now, device_id=facts.device_id)
