"""What a capture client is told of a decision: four words, and one hint that helps. A fifth word is for pilots, where
nothing is decided.

Scores, thresholds and what refused stay here (contract.md section 4). A person who did not follow the prompts and one
whose face did not match are told the same while they may try again, and so are a grey likeness and a suspected attack:
whoever tries films out learns nothing from the answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from auth_service.faces.quality import QUALITY_TEXTS, QualityReason
from auth_service.qualification.decision import Decision, Outcome, Reason
from auth_service.qualification.evidence import Channel


class OutcomeWord(StrEnum):
    """source: contract.md section 4; trust.md 1.5 L9"""

    PASSED = "passed"
    TRY_AGAIN = "try_again"
    IN_REVIEW = "in_review"
    OTHER_WAY = "other_way"
    COLLECTED = "collected"
    """A session of a pilot: nothing was decided."""


class Guide(StrEnum):
    """What helps now, where no QualityReason says it better."""

    DONE = "done"
    FOLLOW_PROMPTS = "follow_prompts"
    A_PERSON_LOOKS = "a_person_looks"
    COUNTER_OR_VISIT = "counter_or_visit"
    PILOT_DONE = "pilot_done"


GUIDE_TEXTS: dict[Guide, tuple[str, str]] = {
    Guide.DONE: ("认证完成，谢谢您。", "You are done. Thank you."),
    Guide.FOLLOW_PROMPTS: (
        "请在室内柔和的灯光下正对手机，避开阳光和强灯，听清提示后慢慢做完每个动作，再试一次。",
        "Please sit indoors in soft light, away from strong light, follow each prompt slowly and try once more.",
    ),
    Guide.A_PERSON_LOOKS: (
        "已提交，工作人员会尽快查看；在此期间待遇不受影响，您不必再做什么。",
        "It was handed in and a member of staff will look. Nothing changes meanwhile; you need not do anything.",
    ),
    Guide.COUNTER_OR_VISIT: (
        "换一种方式更合适：可到窗口办理，也可预约上门，待遇不受影响。",
        "Another way suits better: the counter, or a visit at home. Nothing changes meanwhile.",
    ),
    Guide.PILOT_DONE: (
        "这是试采，不是资格认证，不影响您的待遇。",
        "This was a pilot and no authentication. It changes nothing about your benefit.",
    ),
}
"""Guide -> (zh, en)."""


@dataclass(frozen=True, slots=True)
class CaptureOutcome:
    """guide      value of a Guide or of a QualityReason; `text` has its words
    other_way  the word is not all: another way is offered beside it
    """

    word: OutcomeWord
    guide: Guide | QualityReason
    other_way: bool = False

    @property
    def text(self) -> tuple[str, str]:
        """(zh, en)"""
        return GUIDE_TEXTS[self.guide] if isinstance(self.guide, Guide) else QUALITY_TEXTS[self.guide]


PILOT_OUTCOME = CaptureOutcome(OutcomeWord.COLLECTED, Guide.PILOT_DONE)


class NextWay(StrEnum):
    """What is proposed first where another way is offered; all others stay open."""

    KIOSK = "kiosk"
    """A bank's terminal: another lens, a screen that lights the face, and somebody near who helps."""
    COUNTER = "counter"


def next_way(outcome: CaptureOutcome, channel: Channel, *, kiosks: bool) -> NextWay | None:
    """The next best way after this outcome, by what the client is told alone: it says nothing that the word did not.

    kiosks  whether this agency has any
    source  domain.md sections 6 (V05, step up to a kiosk) and 11 (G8)
    """
    if not outcome.other_way:
        return None
    return NextWay.KIOSK if kiosks and channel is Channel.PHONE else NextWay.COUNTER


def reviewed_outcome(*, accepted: bool) -> CaptureOutcome:
    """What the same client is told once a person has looked. Whoever was suspected hears what one hears whose pictures
    were too dark: another way, at the same price."""
    if accepted:
        return CaptureOutcome(OutcomeWord.PASSED, Guide.DONE)
    return CaptureOutcome(OutcomeWord.OTHER_WAY, Guide.COUNTER_OR_VISIT, other_way=True)


_OTHER = frozenset(
    {
        Reason.NO_USABLE_REFERENCE,
        Reason.FACE_NOT_ENOUGH,
        Reason.REFERENCE_OF_SAME_KEY,
        Reason.LIVENESS_INCONCLUSIVE,
    }
)
"""Nobody who looks at the pictures could settle these."""


def capture_outcome(decision: Decision, quality: Sequence[QualityReason]) -> CaptureOutcome:
    """The row of contract.md section 4, in the client's words. quality: what the best frame lacked"""
    if decision.qualified:
        return CaptureOutcome(OutcomeWord.PASSED, Guide.DONE)
    if decision.outcome is Outcome.RETRY:
        return CaptureOutcome(OutcomeWord.TRY_AGAIN, next(iter(quality), Guide.FOLLOW_PROMPTS))
    reasons = set(decision.reasons)
    if Reason.ATTACK_SUSPECTED not in reasons and reasons & _OTHER:
        return CaptureOutcome(OutcomeWord.OTHER_WAY, Guide.COUNTER_OR_VISIT, other_way=True)
    return CaptureOutcome(OutcomeWord.IN_REVIEW, Guide.A_PERSON_LOOKS, other_way=Reason.ATTEMPTS_USED_UP in reasons)
