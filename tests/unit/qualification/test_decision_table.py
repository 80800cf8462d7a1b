"""The table of contract.md section 4, row by row."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import product

import pytest

from auth_service.faces.quality import QualityReason
from auth_service.liveness.decision import PadDecision, PadReason, PadVerdict
from auth_service.matching.comparison import ComparisonDecision, Zone
from auth_service.qualification.decision import REASON_TEXTS, DecisionPolicy, Outcome, Reason, decide
from auth_service.qualification.evidence import Channel, EvidenceKind, FaceEvidence

POLICY = DecisionPolicy()


def evidence(
    verdict: PadVerdict = PadVerdict.BONA_FIDE,
    zone: Zone | None = Zone.MATCH,
    *,
    attested: bool = True,
    quality: tuple[QualityReason, ...] = (),
    has_reference: bool = True,
) -> FaceEvidence:
    comparison = None if zone is None else ComparisonDecision(0.9, zone, "dlib-resnet", "record@1", 0.95, 0.9)
    return FaceEvidence(
        id="e", person_id="p", channel=Channel.COUNTER, kind=EvidenceKind.ASSISTED,
        pad=PadDecision(verdict, (PadReason.ATTESTED_BY_OFFICER,)), comparison=comparison, quality=quality,
        has_reference=has_reference, probe_images=1, taken_at=datetime(2026, 3, 10, tzinfo=UTC),
        attested_by="officer" if attested else None,
    )  # fmt: skip


def test_a_match_of_a_live_person_qualifies() -> None:
    assert decide(evidence(), 0, POLICY).outcome is Outcome.QUALIFIED


def test_the_grey_zone_goes_to_a_person() -> None:
    decision = decide(evidence(zone=Zone.GREY), 0, POLICY)
    assert (decision.outcome, decision.reasons) == (Outcome.REFER, (Reason.GREY_ZONE,))


def test_a_non_match_may_try_again_until_the_budget_is_used_up() -> None:
    outcomes = [decide(evidence(zone=Zone.NON_MATCH), failures, POLICY).outcome for failures in range(4)]
    assert outcomes == [Outcome.RETRY, Outcome.RETRY, Outcome.REFER, Outcome.REFER]


@pytest.mark.asvs("2.3.1")
@pytest.mark.parametrize("zone", [Zone.MATCH, Zone.GREY, Zone.NON_MATCH])
def test_a_bare_photo_never_qualifies(zone: Zone) -> None:
    decision = decide(evidence(PadVerdict.NONE, zone, attested=False), 0, POLICY)
    assert decision.outcome is Outcome.REFER
    assert decision.reasons[0] is Reason.PHOTO_WITHOUT_ATTESTATION


def test_a_suspected_attack_goes_to_a_person_even_when_the_face_matches() -> None:
    assert decide(evidence(PadVerdict.ATTACK_SUSPECTED), 0, POLICY).outcome is Outcome.REFER


def test_inconclusive_liveness_tries_again_and_then_goes_to_a_person() -> None:
    assert decide(evidence(PadVerdict.INCONCLUSIVE), 0, POLICY).outcome is Outcome.RETRY
    assert decide(evidence(PadVerdict.INCONCLUSIVE), 2, POLICY).outcome is Outcome.REFER


def test_without_a_usable_reference_a_person_takes_over() -> None:
    decision = decide(evidence(zone=None, has_reference=False), 0, POLICY)
    assert (decision.outcome, decision.reasons) == (Outcome.REFER, (Reason.NO_USABLE_REFERENCE,))


def test_a_poor_photo_that_does_not_match_asks_for_a_better_one() -> None:
    decision = decide(evidence(zone=Zone.NON_MATCH, quality=(QualityReason.TOO_DARK,)), 0, POLICY)
    assert decision.outcome is Outcome.RETRY
    assert decision.reasons[0] is Reason.PHOTO_QUALITY


def test_a_poor_photo_that_matches_still_counts() -> None:
    assert decide(evidence(quality=(QualityReason.TOO_DARK,)), 0, POLICY).qualified


def test_two_people_in_the_picture_never_qualify() -> None:
    assert not decide(evidence(quality=(QualityReason.SEVERAL_FACES,)), 0, POLICY).qualified


@pytest.mark.asvs("16.5.3")
def test_of_all_combinations_only_a_vouched_or_live_match_qualifies() -> None:
    for verdict, zone, attested, reference, failures in product(
        PadVerdict, [*Zone, None], [True, False], [True, False], range(5)
    ):
        decision = decide(evidence(verdict, zone, attested=attested, has_reference=reference), failures, POLICY)
        expected = verdict is PadVerdict.BONA_FIDE and zone is Zone.MATCH and reference
        assert decision.qualified == expected, (verdict, zone, attested, reference)


def test_every_reason_has_words_in_both_languages() -> None:
    assert set(REASON_TEXTS) == set(Reason)
    assert all(zh and en for zh, en in REASON_TEXTS.values())
