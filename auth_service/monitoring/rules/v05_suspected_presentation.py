"""V05: a member of staff who looked at a capture suspects that it does not show the person, live."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

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
class SuspectedPresentation:
    """Somebody else, a picture or an earlier film before the camera, as a person saw it."""

    rule_id: ClassVar[str] = "V05"
    version: ClassVar[int] = 1
    severity: ClassVar[Severity] = Severity.HIGH
    words: ClassVar[RuleWords] = RuleWords(
        "复核人员怀疑不是本人在场", "A reviewer suspects that the person was not there",
        "工作人员查看了这次认证的画面，认为镜头前不是本人，或是照片、屏幕、旧录像。",
        "A member of staff looked at a capture and saw somebody else before the camera, or a photo, a screen, an"
        " earlier film.",
        "请当面或上门核实本人情况；认证没有通过，待遇没有改变，也不能仅凭此项改变。",
        "Check in person. The attempt did not pass; nothing was changed about the benefit, and nothing may be on this"
        " ground alone.",
    )  # fmt: skip

    def judge(self, facts: PresentationFacts, now: datetime) -> Flag:
        """Every suspicion is a flag; one per capture."""
        evidence: Facts = {"reviewed": facts.reason, "by_machine": facts.by_machine, "evidence": facts.evidence_id}
        given = (("probe", facts.probe_photo), ("reference", facts.reference_photo))
        photos = tuple((label, photo) for label, photo in given if photo is not None)
        key = key_of_capture(self.rule_id, facts.evidence_id)
        return Flag(self.rule_id, self.version, self.severity, (facts.person_id,), evidence, key, now, photos)
