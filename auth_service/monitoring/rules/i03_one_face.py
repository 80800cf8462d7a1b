"""I03: one face, several identities."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from auth_service.monitoring.flags import Facts, Flag, RuleWords, Severity


@dataclass(frozen=True, slots=True)
class OneFaceFacts:
    """Two enrolled people whose templates match by the calibration in force, as a scan of everybody found them.

    reaches      the similarity is in the zone `match`, compared one to one in full precision
    declared     two people said that the two are twins or siblings
    signals      what else they share, by name
    by_chance    how many pairs as alike and sharing as much chance alone would give among so many people
    first_photo, second_photo  ids of the stored photos, the best of each
    """

    first: str
    second: str
    reaches: bool
    declared: bool
    similarity: float
    accept_at: float
    calibration: str
    signals: tuple[str, ...]
    by_chance: float
    people: int
    first_photo: str
    second_photo: str


@dataclass(frozen=True, slots=True)
class OneFace:
    """Two identities, perhaps one face. A pair that was raised once is never raised again, whatever was said of it."""

    rule_id: ClassVar[str] = "I03"
    version: ClassVar[int] = 1
    severity: ClassVar[Severity] = Severity.CRITICAL
    severity_of_face_alone: ClassVar[Severity] = Severity.HIGH
    """Where the two share nothing besides: among many people that is most often chance."""
    words: ClassVar[RuleWords] = RuleWords(
        "两人疑为同一人脸", "Perhaps one face under two identities",
        "全库人脸核对中，这两人的登记照片相似度达到匹配线。人数众多时，不少相似纯属巧合，双胞胎和近亲也会相像；"
        "可能是一人以两个身份领取，也可能是不同的两个人。",
        "In a scan of all enrolled faces these two reach the match threshold. Among many people many pairs do so by "
        "chance, and twins and close kin are alike; it may be one person under two identities, or two people.",
        "请并排查看两张登记照片，核对证件、户籍和待遇档案，必要时请两人分别到场。是双胞胎或兄弟姐妹的，由两名工作人员登记声明。"
        "双方待遇均不变动。",
        "Lay the two photos side by side, compare papers, household and benefit files, and see both people where "
        "needed. Twins or siblings are declared by two members of staff. Nothing changes for either's benefit.",
    )  # fmt: skip

    def judge(self, facts: OneFaceFacts, now: datetime) -> Flag | None:
        """A flag where the two differ, match, and are not declared alike."""
        if facts.first == facts.second or not facts.reaches or facts.declared:
            return None
        evidence: Facts = {
            "similarity": round(facts.similarity, 4), "accept_at": round(facts.accept_at, 4),
            "calibration": facts.calibration, "shared": ",".join(facts.signals),
            "by_chance": float(f"{facts.by_chance:.3g}"), "scanned": facts.people,
        }  # fmt: skip
        severity = self.severity if facts.signals else self.severity_of_face_alone
        photos = (("reference", facts.first_photo), ("other_reference", facts.second_photo))
        people = (facts.first, facts.second)
        return Flag(self.rule_id, self.version, severity, people, evidence, key_of_pair(*people), now, photos)


def key_of_pair(one: str, other: str) -> str:
    """The dedupe key of two people, in whatever order."""
    first, second = sorted((one, other))
    return f"{OneFace.rule_id}:{first}:{second}"


def pair_of_key(key: str) -> tuple[str, str]:
    """The two people of such a key, in order."""
    _, first, second = key.split(":")
    return first, second
