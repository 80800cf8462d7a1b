"""V04: a capture that is a copy of an enrolled photo or of an earlier capture."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from auth_service.monitoring.flags import Facts, Flag, RuleWords, Severity, key_of_capture


@dataclass(frozen=True, slots=True)
class CopyFacts:
    """One attempt compared with what is known of the person.

    source         `reference` (an enrolled photo) or `capture` (an earlier attempt)
    hash_distance  of the two pictures; None for a film that was known by its movement
    similarity     of the two templates; None where another engine made the known one, and for a film
    known_photo    id of the stored photo that it copies, if that photo is kept
    """

    person_id: str
    evidence_id: str
    source: str
    exact: bool
    hash_distance: int | None
    similarity: float | None
    probe_photo: str
    known_photo: str | None


@dataclass(frozen=True, slots=True)
class CopiedCapture:
    """Replay: near-identical to an earlier capture or to the enrolled photo."""

    rule_id: ClassVar[str] = "V04"
    version: ClassVar[int] = 1
    severity: ClassVar[Severity] = Severity.CRITICAL
    words: ClassVar[RuleWords] = RuleWords(
        "采集画面是已有照片的复制", "A capture that copies a known photo",
        "提交的画面与登记照片或以前的采集几乎相同，现场拍摄不会如此，可能有人用旧照片代替本人。",
        "The picture is almost identical to an enrolled photo or an earlier capture, which no new capture is:"
        " somebody may use an old photo in the person's place.",
        "请联系本人，当面或上门核实；认证没有通过，待遇没有改变。",
        "Contact the person and check in person. The attempt did not pass, and nothing was changed about the benefit.",
    )  # fmt: skip

    def judge(self, facts: CopyFacts, now: datetime) -> Flag:
        """Every copy is a flag; one per attempt."""
        evidence: Facts = {
            "source": facts.source, "exact": facts.exact, "evidence": facts.evidence_id,
        }  # fmt: skip
        if facts.hash_distance is not None:
            evidence = {**evidence, "hash_distance": facts.hash_distance}
        if facts.similarity is not None:
            evidence = {**evidence, "similarity": round(facts.similarity, 4)}
        photos = [("probe", facts.probe_photo)]
        if facts.known_photo is not None:
            photos.append((facts.source, facts.known_photo))
        key = key_of_capture(self.rule_id, facts.evidence_id)
        return Flag(self.rule_id, self.version, self.severity, (facts.person_id,), evidence, key, now, tuple(photos))
