"""From measurement to decision: the table of contract.md section 4, in one function."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from auth_service.faces.quality import QualityReason
from auth_service.liveness.decision import PadVerdict
from auth_service.matching.comparison import Zone
from auth_service.qualification.evidence import FaceEvidence


class Outcome(StrEnum):
    """What follows. There is no outcome that takes anything away."""

    QUALIFIED = "qualified"
    RETRY = "retry"
    REFER = "refer"


class Reason(StrEnum):
    """Why. `REASON_TEXTS` holds the words for staff and for the person."""

    MATCH_ATTESTED = "match_attested"
    MATCH_LIVE = "match_live"
    GREY_ZONE = "grey_zone"
    NON_MATCH = "non_match"
    PHOTO_WITHOUT_ATTESTATION = "photo_without_attestation"
    LIVENESS_INCONCLUSIVE = "liveness_inconclusive"
    ATTACK_SUSPECTED = "attack_suspected"
    NO_USABLE_REFERENCE = "no_usable_reference"
    ATTEMPTS_USED_UP = "attempts_used_up"
    PHOTO_QUALITY = "photo_quality"
    FACE_NOT_ENOUGH = "face_not_enough"
    REFERENCE_OF_SAME_KEY = "reference_of_same_key"
    LIVENESS_NOT_ENOUGH = "liveness_not_enough"
    CHIP_DIFFERS = "chip_differs"
    CHIP_IS_OF_THE_PERSON = "chip_is_of_the_person"
    CAPTURED_OFFLINE = "captured_offline"
    RECORD_HELD = "record_held"


_OTHER_ZH, _OTHER_EN = "；也可到窗口或预约上门办理", "; the counter or a home visit is open too"
REASON_TEXTS: dict[Reason, tuple[str, str]] = {
    Reason.MATCH_ATTESTED: (
        "有工作人员或受信设备证明本人在场，且与登记照片一致",
        "A member of staff or a trusted device attested presence, and the face matches the enrolled photos",
    ),
    Reason.MATCH_LIVE: (
        "活体检测通过，且与登记照片一致",
        "Liveness was shown, and the face matches the enrolled photos",
    ),
    Reason.GREY_ZONE: (
        f"与登记照片相似但不够确定，需要人工查看{_OTHER_ZH}",
        f"The face is similar but not surely the same; a person must look{_OTHER_EN}",
    ),
    Reason.NON_MATCH: (
        f"与登记照片不一致{_OTHER_ZH}",
        f"The face does not match the enrolled photos{_OTHER_EN}",
    ),
    Reason.PHOTO_WITHOUT_ATTESTATION: (
        f"仅有照片，没有人证明本人在场{_OTHER_ZH}",
        f"There is only a photo, and nobody attested presence{_OTHER_EN}",
    ),
    Reason.LIVENESS_INCONCLUSIVE: (
        f"活体检测没有得出结论{_OTHER_ZH}",
        f"Liveness could not be established{_OTHER_EN}",
    ),
    Reason.ATTACK_SUSPECTED: (
        f"画面与已有照片几乎相同，需要人工查看{_OTHER_ZH}",
        f"The picture is almost the same as one on file; a person must look{_OTHER_EN}",
    ),
    Reason.NO_USABLE_REFERENCE: (
        "没有可用的登记照片，请到窗口采集，或预约上门办理",
        "There is no usable enrolled photo; have one taken at the counter, or ask for a home visit",
    ),
    Reason.ATTEMPTS_USED_UP: (
        "本次尝试次数已用完，已转人工；可到窗口或预约上门办理",
        "The tries are used up and a person takes over; the counter or a home visit is open",
    ),
    Reason.PHOTO_QUALITY: (
        f"照片质量不够，请按提示重拍{_OTHER_ZH}",
        f"The photo is not good enough; please follow the hints{_OTHER_EN}",
    ),
    Reason.FACE_NOT_ENOUGH: (
        "此人（未成年遗属或已登记的双胞胎）不能只凭人脸通过，请到窗口核对证件，或预约上门办理",
        "A child survivor or declared twin cannot pass on a face; papers are checked at the counter or at home",
    ),
    Reason.REFERENCE_OF_SAME_KEY: (
        f"登记照片全部来自提交本次认证的同一接口密钥，需由工作人员核对本人后重新采集{_OTHER_ZH}",
        f"All enrolled photos came from the same API key that asks; an officer must see the person{_OTHER_EN}",
    ),
    Reason.LIVENESS_NOT_ENOUGH: (
        f"这种方式本身不足以通过，需要人工查看，再试也不会改变{_OTHER_ZH}",
        f"Done in this way a person must look, and another try would not change that{_OTHER_EN}",
    ),
    Reason.CHIP_DIFFERS: (
        f"证件芯片中的照片与现场或登记照片不一致，可能只是照片年久，由工作人员查看{_OTHER_ZH}",
        f"The portrait in the card's chip differs, perhaps only because it is old; a person looks{_OTHER_EN}",
    ),
    Reason.CHIP_IS_OF_THE_PERSON: (
        "证件芯片中的照片与现场一致；证件本身不能代替登记照片",
        "The portrait in the card's chip is of the person there; a card alone stands for no enrolled photo",
    ),
    Reason.CAPTURED_OFFLINE: (
        f"这是终端断网时的采集，本人已离开，不能当场重试，由工作人员查看{_OTHER_ZH}",
        f"It was captured while the kiosk had no line and the person has left; a person looks{_OTHER_EN}",
    ),
    Reason.RECORD_HELD: (
        f"终端或这条记录需要核对，由工作人员查看后决定，与本人无关{_OTHER_ZH}",
        f"The kiosk or this record must be checked, which says nothing of the person; a person looks{_OTHER_EN}",
    ),
}
"""Reason -> (zh, en)."""


@dataclass(frozen=True, slots=True)
class DecisionPolicy:
    """attempt_budget  the try that is no longer answered with `retry`: a person takes over. Per channel (phone and
                    kiosk are one), and on the agency API per key, in 24 h
    source: Hebei practice, human review after 3 failures (domain.md 2.1)."""

    attempt_budget: int = 3


@dataclass(frozen=True, slots=True)
class Decision:
    """The outcome with its reasons; `zone` is None where nothing was compared."""

    outcome: Outcome
    reasons: tuple[Reason, ...]
    zone: Zone | None

    @property
    def qualified(self) -> bool:
        return self.outcome is Outcome.QUALIFIED


def decide(evidence: FaceEvidence, failures_before: int, policy: DecisionPolicy) -> Decision:
    """The decision for one attempt.

    failures_before  failed tries in the last 24 h: of this person on this channel, on the agency API with this key; in
                     a session of this number, known or not, on this device as well (flows/attempt_record.py)
    source           contract.md section 4, top to bottom; anything unforeseen refers
    """
    zone = evidence.comparison.zone if evidence.comparison else None
    if evidence.pad.verdict is PadVerdict.ATTACK_SUSPECTED:
        return Decision(Outcome.REFER, (Reason.ATTACK_SUSPECTED,), zone)
    if evidence.pad.verdict is PadVerdict.INCONCLUSIVE:  # first: whoever showed no face learns of no reference
        return _inconclusive(evidence, zone, failures_before, policy)
    if not evidence.has_reference or evidence.comparison is None:
        return Decision(Outcome.REFER, (Reason.NO_USABLE_REFERENCE, *_chip_reason(evidence)), zone)
    if evidence.pad.verdict is PadVerdict.NONE:
        return Decision(Outcome.REFER, (Reason.PHOTO_WITHOUT_ATTESTATION, *_zone_reason(zone)), zone)
    return _bona_fide(evidence, zone, failures_before, policy)


def _inconclusive(evidence: FaceEvidence, zone: Zone | None, failures_before: int, policy: DecisionPolicy) -> Decision:
    if evidence.needs_a_person:
        return Decision(Outcome.REFER, (Reason.LIVENESS_NOT_ENOUGH,), zone)
    return _retry_or_refer(evidence, (Reason.LIVENESS_INCONCLUSIVE,), zone, failures_before, policy)


def _bona_fide(evidence: FaceEvidence, zone: Zone | None, failures_before: int, policy: DecisionPolicy) -> Decision:
    if evidence.chip is not None and evidence.chip.differs:
        return Decision(Outcome.REFER, (Reason.CHIP_DIFFERS, *_zone_reason(zone)), zone)
    if QualityReason.SEVERAL_FACES in evidence.quality:  # whose face was compared is not sure
        return _retry_or_refer(evidence, (Reason.PHOTO_QUALITY, *_zone_reason(zone)), zone, failures_before, policy)
    if zone is Zone.MATCH:
        return _match(evidence)
    if evidence.quality:  # a poor photo hides a likeness; it never makes a match, so a match above stands
        return _retry_or_refer(evidence, (Reason.PHOTO_QUALITY, *_zone_reason(zone)), zone, failures_before, policy)
    if zone is Zone.NON_MATCH:
        return _retry_or_refer(evidence, (Reason.NON_MATCH,), zone, failures_before, policy)
    return Decision(Outcome.REFER, (Reason.GREY_ZONE,), zone)


def _match(evidence: FaceEvidence) -> Decision:
    if evidence.face_not_enough:
        return Decision(Outcome.REFER, (Reason.FACE_NOT_ENOUGH,), Zone.MATCH)
    if evidence.needs_a_person:
        return Decision(Outcome.REFER, (Reason.LIVENESS_NOT_ENOUGH,), Zone.MATCH)
    if evidence.held:
        return Decision(Outcome.REFER, (Reason.RECORD_HELD,), Zone.MATCH)
    if evidence.own_reference:  # one party alone says both who the person is and that they came
        return Decision(Outcome.REFER, (Reason.REFERENCE_OF_SAME_KEY,), Zone.MATCH)
    reason = Reason.MATCH_ATTESTED if evidence.attested_by else Reason.MATCH_LIVE
    return Decision(Outcome.QUALIFIED, (reason,), Zone.MATCH)


def _chip_reason(evidence: FaceEvidence) -> tuple[Reason, ...]:
    """Beside that nobody is enrolled: what the card says, for whoever sees the person next."""
    if evidence.chip is None:
        return ()
    if evidence.chip.differs:
        return (Reason.CHIP_DIFFERS,)
    return (Reason.CHIP_IS_OF_THE_PERSON,) if evidence.chip.is_of_the_person else ()


def _zone_reason(zone: Zone | None) -> tuple[Reason, ...]:
    """Beside the main reason: what the comparison said, where it was not a match."""
    if zone is Zone.NON_MATCH:
        return (Reason.NON_MATCH,)
    return (Reason.GREY_ZONE,) if zone is Zone.GREY else ()


def _retry_or_refer(
    evidence: FaceEvidence,
    reasons: tuple[Reason, ...],
    zone: Zone | None,
    failures_before: int,
    policy: DecisionPolicy,
) -> Decision:
    if evidence.offline:
        return Decision(Outcome.REFER, (*reasons, Reason.CAPTURED_OFFLINE), zone)
    if failures_before + 1 >= policy.attempt_budget:
        return Decision(Outcome.REFER, (*reasons, Reason.ATTEMPTS_USED_UP), zone)
    return Decision(Outcome.RETRY, reasons, zone)
