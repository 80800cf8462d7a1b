"""I07: the enrolled photo was changed shortly before a pass."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar

from auth_service.monitoring.flags import Facts, Flag, RuleWords, Severity


@dataclass(frozen=True, slots=True)
class PhotoChangeFacts:
    """A set of enrolled photos that took an earlier one's place and holds a photo that is newer than it.

    enrolled_at  when the person's first set came into force
    added, kept  photos of this set that are newer than the earlier one, and that are not
    source       where the newest of them came from; code of enrollment.sources.PhotoSource
    pass_id, passed_at, channel  the first pass made here since; None: there is none
    """

    person_id: str
    set_id: str
    enrolled_at: datetime
    changed_at: datetime
    added: int
    kept: int
    source: str
    pass_id: str | None = None
    passed_at: datetime | None = None
    channel: str | None = None

    @property
    def place(self) -> str:
        return self.person_id


@dataclass(frozen=True, slots=True)
class ChangedPhoto:
    """A pass within thirty days of a change of what the face is compared with.

    enrolment_days  photos that come within these days of the first belong to one enrolment and change nothing.
                    source: own decision, a second visit with a better photo
    recent_days     a pass longer ago is asked about no more. source: own decision; pictures of captures are kept for
                    sixty days after the decision (docs/compliance/retention.md), and somebody must be able to look
    source          domain.md section 6, I07
    """

    rule_id: ClassVar[str] = "I07"
    version: ClassVar[int] = 1
    severity: ClassVar[Severity] = Severity.HIGH
    candidates: ClassVar[str] = "photo_changes"
    words: ClassVar[RuleWords] = RuleWords(
        "更换登记照片后不久通过认证", "A pass soon after the enrolled photo changed",
        "登记照片增加或更换后三十天内通过了认证。照片过旧时本就应当更新，但也可能有人先换照片、再用换上的人脸通过。",
        "A photo was added or replaced, and a pass followed within thirty days. Old photos should be renewed; somebody"
        " may also have changed the photo first and passed with the face on it.",
        "请把新旧照片与证件芯片照片放在一起看，必要时当面核对本人；认证仍然有效，待遇没有改变，也不能仅凭此项改变。",
        "Look at the new photo beside the earlier ones and the portrait in the card's chip, and see the person if in"
        " doubt. The pass stands; nothing was changed, and nothing may be on this ground alone.",
    )  # fmt: skip
    days: int = 30
    enrolment_days: int = 7
    recent_days: int = 60

    def judge(self, facts: PhotoChangeFacts, now: datetime) -> Flag | None:
        """One flag per change."""
        if facts.pass_id is None or facts.passed_at is None or facts.added < 1:
            return None
        if facts.changed_at - facts.enrolled_at <= timedelta(days=self.enrolment_days):
            return None
        apart = facts.passed_at - facts.changed_at
        if not timedelta(0) <= apart <= timedelta(days=self.days):
            return None
        if now - facts.passed_at > timedelta(days=self.recent_days):
            return None
        evidence: Facts = {
            "evidence": facts.pass_id, "channel": facts.channel, "photo_source": facts.source, "added": facts.added,
            "kept": facts.kept, "days_between": apart.days,
        }  # fmt: skip
        key = f"I07:{facts.person_id}:{facts.set_id}"
        return Flag(self.rule_id, self.version, self.severity, (facts.person_id,), evidence, key, now)
