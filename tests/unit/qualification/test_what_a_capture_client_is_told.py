"""From decision to words: every row of contract.md section 4, and nothing in the answer that tells films apart."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from itertools import product

import pytest

from auth_service.faces.quality import QualityReason
from auth_service.liveness.decision import PadDecision, PadVerdict
from auth_service.matching.comparison import ComparisonDecision, Zone
from auth_service.qualification.capture_outcome import GUIDE_TEXTS, Guide, OutcomeWord, capture_outcome
from auth_service.qualification.decision import Decision, DecisionPolicy, Outcome, Reason, decide
from auth_service.qualification.evidence import Channel, EvidenceKind, FaceEvidence
from auth_service.qualification.review import may_accept

POLICY = DecisionPolicy()
USED_UP = POLICY.attempt_budget - 1


def session(verdict: PadVerdict, zone: Zone | None = None, **changed: object) -> FaceEvidence:
    """Evidence of a capture session: compared only when bona fide."""
    comparison = None if zone is None else ComparisonDecision(0.9, zone, "dlib-resnet", "record@1", 0.95, 0.9)
    made = FaceEvidence(
        id="e", person_id="p", channel=Channel.PHONE, kind=EvidenceKind.FACE, pad=PadDecision(verdict, ()),
        comparison=comparison, quality=(), has_reference=True, probe_images=4,
        taken_at=datetime(2026, 3, 10, tzinfo=UTC),
    )  # fmt: skip
    return replace(made, **changed)  # type: ignore[arg-type]


def told(evidence: FaceEvidence, failures: int = 0) -> tuple[OutcomeWord, Guide | QualityReason, bool]:
    outcome = capture_outcome(decide(evidence, failures, POLICY), evidence.quality)
    return outcome.word, outcome.guide, outcome.other_way


LIVE, UNSURE, ATTACK = PadVerdict.BONA_FIDE, PadVerdict.INCONCLUSIVE, PadVerdict.ATTACK_SUSPECTED
PASSED = (OutcomeWord.PASSED, Guide.DONE, False)
TRY_AGAIN = (OutcomeWord.TRY_AGAIN, Guide.FOLLOW_PROMPTS, False)
IN_REVIEW = (OutcomeWord.IN_REVIEW, Guide.A_PERSON_LOOKS, False)
IN_REVIEW_OR_ELSE = (OutcomeWord.IN_REVIEW, Guide.A_PERSON_LOOKS, True)
OTHER_WAY = (OutcomeWord.OTHER_WAY, Guide.COUNTER_OR_VISIT, True)


@pytest.mark.parametrize(
    ("evidence", "failures", "expected"),
    [
        (session(LIVE, Zone.MATCH), 0, PASSED),
        (session(LIVE, Zone.GREY), 0, IN_REVIEW),
        (session(LIVE, Zone.NON_MATCH), 0, TRY_AGAIN),
        (session(LIVE, Zone.NON_MATCH), USED_UP, IN_REVIEW_OR_ELSE),
        (session(UNSURE), 0, TRY_AGAIN),
        (session(UNSURE), USED_UP, OTHER_WAY),
        (session(ATTACK), 0, IN_REVIEW),
        (session(ATTACK), USED_UP, IN_REVIEW),
        (session(LIVE, has_reference=False), 0, OTHER_WAY),
        (session(UNSURE, has_reference=False), 0, TRY_AGAIN),
        (session(UNSURE, has_reference=False), USED_UP, OTHER_WAY),
        (session(UNSURE, has_reference=False, needs_a_person=True), 0, IN_REVIEW),
        (session(LIVE, Zone.MATCH, face_not_enough=True), 0, OTHER_WAY),
        (session(LIVE, Zone.MATCH, own_reference=True), 0, OTHER_WAY),
        (session(UNSURE, needs_a_person=True), 0, IN_REVIEW),
        (session(LIVE, Zone.MATCH, needs_a_person=True), 0, IN_REVIEW),
        (session(LIVE, Zone.MATCH, offline=True), 0, PASSED),
        (session(LIVE, Zone.NON_MATCH, offline=True), 0, IN_REVIEW),
        (session(UNSURE, offline=True), 0, OTHER_WAY),
        (session(LIVE, Zone.MATCH, offline=True, held=True), 0, IN_REVIEW),
        (session(LIVE, Zone.MATCH, held=True, face_not_enough=True), 0, OTHER_WAY),
    ],
)
def test_each_row_of_the_table_has_its_word(
    evidence: FaceEvidence, failures: int, expected: tuple[OutcomeWord, Guide | QualityReason, bool]
) -> None:
    assert told(evidence, failures) == expected


def test_only_a_qualified_decision_is_called_passed() -> None:
    for verdict, zone, reference, short in product(PadVerdict, [None, *Zone], [True, False], [True, False]):
        evidence = session(verdict, zone, has_reference=reference, needs_a_person=short)
        decision = decide(evidence, 0, POLICY)
        assert (told(evidence)[0] is OutcomeWord.PASSED) == decision.qualified
        assert decision.qualified == (verdict is LIVE and zone is Zone.MATCH and reference and not short)


@pytest.mark.parametrize("quality", [(), (QualityReason.TOO_DARK, QualityReason.BLURRED)])
def test_a_stranger_with_the_right_motions_and_a_person_without_are_told_the_same(
    quality: tuple[QualityReason, ...],
) -> None:
    assert told(session(LIVE, Zone.NON_MATCH, quality=quality)) == told(session(UNSURE, quality=quality))


def test_a_suspected_attack_looks_like_a_grey_likeness_from_outside() -> None:
    assert told(session(ATTACK)) == told(session(LIVE, Zone.GREY))


def test_who_may_try_again_hears_first_what_the_picture_lacked() -> None:
    dark = session(UNSURE, quality=(QualityReason.TOO_DARK,))
    outcome = capture_outcome(decide(dark, 0, POLICY), dark.quality)
    assert outcome.guide is QualityReason.TOO_DARK
    assert all(outcome.text)


def test_an_inconclusive_session_is_no_fault_of_the_reference() -> None:
    assert decide(session(UNSURE), 0, POLICY).reasons == (Reason.LIVENESS_INCONCLUSIVE,)


def test_every_reason_of_a_referral_leads_to_a_word() -> None:
    for reason in Reason:
        outcome = capture_outcome(Decision(Outcome.REFER, (reason,), None), ())
        assert outcome.word in {OutcomeWord.IN_REVIEW, OutcomeWord.OTHER_WAY}


def test_every_guide_has_words_in_both_languages_and_none_accuses() -> None:
    assert set(GUIDE_TEXTS) == set(Guide)
    for zh, en in GUIDE_TEXTS.values():
        assert zh
        assert en
        assert not any(word in zh + en for word in ("攻击", "欺诈", "冒充", "attack", "fraud", "fake"))


def test_nobody_who_has_left_is_asked_to_try_again_and_no_held_record_passes_by_itself() -> None:
    for verdict, zone, held, failures in product(PadVerdict, [None, *Zone], [True, False], [0, USED_UP]):
        decision = decide(session(verdict, zone, offline=True, held=held), failures, POLICY)
        assert decision.outcome is not Outcome.RETRY
        assert decision.qualified == (verdict is LIVE and zone is Zone.MATCH and not held)


def test_a_person_may_let_a_held_record_pass() -> None:
    evidence = session(LIVE, Zone.MATCH, offline=True, held=True)
    assert may_accept(evidence, decide(evidence, 0, POLICY))
