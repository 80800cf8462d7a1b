"""Fusion: a pass needs every enforced layer, an attack needs one, and nothing unclear ever passes."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auth_service.capture.challenge import Ask, Challenge, Colour, Motion, Route
from auth_service.liveness.decision import PadDecision, PadReason, PadVerdict
from auth_service.liveness.fusion import PadAssessment, PadPolicy, fuse, route_that_counts
from auth_service.liveness.layers import Layer, LayerFinding, Mode, Sign
from auth_service.liveness.reasons import PAD_TEXTS

POLICY = PadPolicy()
PILOT = PadPolicy(flash_needs_measuring=True)
ROW = (Colour.WHITE, Colour.BLUE) * 4
TWO = (Ask(Motion.TURN_LEFT, 300), Ask(Motion.NOD, 600))
FLASH = Challenge(Route.FLASH, TWO, ROW)
MOTIONS = Challenge(Route.NO_FLASH, (*TWO, Ask(Motion.TURN_RIGHT, 300)))
MOTIONS_AND_COLOURS = replace(MOTIONS, flash=ROW)
VERSIONS = {"engine": "yunet 1"}


def findings(**signs: Sign) -> list[LayerFinding]:
    """Every layer LIVE, but for those named."""
    return [LayerFinding(layer, signs.get(layer.value, Sign.LIVE)) for layer in Layer]


def judge(
    asked: Challenge = FLASH, policy: PadPolicy = POLICY, /, *, possession: bool = False, **signs: Sign
) -> PadAssessment:
    return fuse(findings(**signs), asked, policy, possession=possession, versions=VERSIONS)


def test_every_layer_live_is_bona_fide_on_the_flash_route() -> None:
    assessment = judge()
    assert assessment.bona_fide
    assert assessment.decision.reasons == (PadReason.LIVE_CAPTURE,)
    assert [one.layer for one in assessment.findings] == list(Layer)
    assert assessment.versions == {"engine": "yunet 1", "fusion": "1"}


@pytest.mark.parametrize("sign", [Sign.ABSENT, Sign.UNKNOWN])
@pytest.mark.parametrize("layer", [layer for layer in Layer if POLICY.mode(layer) is Mode.ENFORCE])
def test_an_enforced_layer_that_shows_nothing_is_in_the_way_and_named(layer: Layer, sign: Sign) -> None:
    decision = judge(**{layer.value: sign}).decision
    assert decision == PadDecision(PadVerdict.INCONCLUSIVE, (PadReason(f"{layer}_{sign}"),))
    assert not decision.needs_a_person


@pytest.mark.parametrize("sign", [Sign.ABSENT, Sign.UNKNOWN])
@pytest.mark.parametrize("layer", [layer for layer in Layer if POLICY.mode(layer) is Mode.ADVISE])
def test_an_advising_layer_that_shows_nothing_is_noted_in_the_findings_alone(layer: Layer, sign: Sign) -> None:
    assessment = judge(**{layer.value: sign})
    assert assessment.bona_fide
    assert LayerFinding(layer, sign) in assessment.findings


@pytest.mark.parametrize("layer", [layer for layer in Layer if layer is not Layer.CHANNEL])
def test_one_attack_outweighs_everything(layer: Layer) -> None:
    decision = judge(possession=True, **{layer.value: Sign.ATTACK}).decision
    assert decision == PadDecision(PadVerdict.ATTACK_SUSPECTED, (PadReason(f"{layer}_attack"),))


def test_a_layer_that_is_off_says_nothing() -> None:
    assert judge(FLASH, PadPolicy(texture=Mode.OFF), texture=Sign.ATTACK).bona_fide


def test_signs_of_the_channel_are_noted_and_decide_nothing() -> None:
    decision = judge(channel=Sign.ATTACK).decision
    assert decision.verdict is PadVerdict.BONA_FIDE
    assert decision.reasons == (PadReason.LIVE_CAPTURE, PadReason.CHANNEL_ATTACK)
    inconclusive = judge(channel=Sign.ATTACK, flash=Sign.ABSENT).decision
    assert inconclusive.reasons == (PadReason.FLASH_ABSENT, PadReason.CHANNEL_ATTACK)
    assert not inconclusive.needs_a_person
    with pytest.raises(ValueError, match="advice only"):
        PadPolicy(channel=Mode.ENFORCE)


@pytest.mark.parametrize("mode", [Mode.ADVISE, Mode.OFF])
def test_the_challenge_cannot_be_waived(mode: Mode) -> None:
    with pytest.raises(ValueError, match="must be enforced"):
        PadPolicy(challenge=mode)


@pytest.mark.parametrize("layer", Layer)
def test_a_layer_that_was_never_asked_has_not_said_live(layer: Layer) -> None:
    told = [one for one in findings() if one.layer is not layer]
    assessment = fuse(told, FLASH, POLICY, possession=True, versions=VERSIONS)
    assert assessment.bona_fide is (POLICY.mode(layer) is not Mode.ENFORCE)
    assert LayerFinding(layer, Sign.UNKNOWN, ("not_examined",)) in assessment.findings


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_live_from_numbers_that_are_none_is_unknown(number: float) -> None:
    told = [one if one.layer is not Layer.FLASH else replace(one, scores={"fit": number, "lag_ms": 80.0})
            for one in findings()]  # fmt: skip
    assessment = fuse(told, FLASH, POLICY, possession=True, versions=VERSIONS)
    assert assessment.decision.reasons == (PadReason.FLASH_UNKNOWN,)
    kept = next(one for one in assessment.findings if one.layer is Layer.FLASH)
    assert kept.scores == {"lag_ms": 80.0}
    assert kept.reasons == ("not_finite",)


def test_an_attack_stays_one_whatever_its_numbers() -> None:
    told = [replace(one, scores={"fit": math.nan}) for one in findings(flash=Sign.ATTACK)]
    assert fuse(told, FLASH, POLICY, possession=True, versions=VERSIONS).decision.reasons == (PadReason.FLASH_ATTACK,)


def test_of_two_findings_of_one_layer_the_worse_counts() -> None:
    for extra in (Sign.ABSENT, Sign.UNKNOWN):
        for told in (
            [*findings(), LayerFinding(Layer.REPLAY, extra)],
            [LayerFinding(Layer.REPLAY, extra), *findings()],
        ):
            assert not fuse(told, FLASH, POLICY, possession=True, versions=VERSIONS).bona_fide


def test_an_unknown_version_passes_nobody() -> None:
    decision = fuse(findings(), FLASH, POLICY, possession=True, versions={"engine": ""}).decision
    assert decision == PadDecision(PadVerdict.INCONCLUSIVE, (PadReason.VERSION_UNKNOWN,))


def test_motions_alone_pass_only_with_a_possession_factor() -> None:
    without = judge(MOTIONS, flash=Sign.UNKNOWN).decision
    assert without == PadDecision(PadVerdict.INCONCLUSIVE, (PadReason.POSSESSION_MISSING,))
    assert without.needs_a_person
    given_code = judge(MOTIONS, possession=True, flash=Sign.UNKNOWN)
    assert given_code.bona_fide
    assert given_code.decision.reasons == (PadReason.LIVE_CAPTURE_AND_POSSESSION,)


def test_a_possession_factor_replaces_no_colours_on_the_flash_route() -> None:
    assert not judge(possession=True, flash=Sign.ABSENT).bona_fide


def test_colours_that_were_not_measured_count_for_nothing_but_still_show_an_old_film() -> None:
    unmeasured = judge(FLASH, PILOT, possession=True).decision
    assert unmeasured == PadDecision(PadVerdict.INCONCLUSIVE, (PadReason.FLASH_NOT_MEASURED,))
    assert unmeasured.needs_a_person
    assert judge(MOTIONS_AND_COLOURS, PILOT, possession=True, flash=Sign.ABSENT).bona_fide
    assert not judge(MOTIONS_AND_COLOURS, PILOT).bona_fide
    old_film = judge(MOTIONS_AND_COLOURS, PILOT, possession=True, flash=Sign.ATTACK).decision
    assert old_film.verdict is PadVerdict.ATTACK_SUSPECTED
    assert judge(FLASH, replace(PILOT, flash_measured=True)).bona_fide


@pytest.mark.parametrize("mode", [Mode.ADVISE, Mode.OFF])
def test_colours_that_the_operator_does_not_enforce_carry_no_pass(mode: Mode) -> None:
    assert not judge(FLASH, PadPolicy(flash=mode)).bona_fide


def test_a_flash_challenge_without_its_colours_does_not_count_as_one() -> None:
    for row in ((), ROW[:7]):
        assert not judge(replace(FLASH, flash=row), possession=True).bona_fide


def test_the_route_is_chosen_by_what_will_count() -> None:
    assert route_that_counts(Route.FLASH, POLICY) is Route.FLASH
    assert route_that_counts(Route.FLASH, PILOT) is Route.NO_FLASH
    assert route_that_counts(Route.NO_FLASH, POLICY) is Route.NO_FLASH


modes = st.sampled_from(Mode)
policies = st.builds(
    PadPolicy, geometry=modes, parallax=modes, flash=modes, consistency=modes, texture=modes, model=modes, replay=modes,
    channel=st.sampled_from([Mode.ADVISE, Mode.OFF]), flash_needs_measuring=st.booleans(), flash_measured=st.booleans(),
)  # fmt: skip
told = st.lists(
    st.builds(
        LayerFinding, st.sampled_from(Layer), st.sampled_from(Sign),
        scores=st.dictionaries(st.just("fit"), st.floats(allow_nan=True)),
    ),
    max_size=14,
)  # fmt: skip
challenges = st.sampled_from([FLASH, MOTIONS, MOTIONS_AND_COLOURS])


@given(told, challenges, policies, st.booleans())
def test_no_combination_passes_that_lacks_an_enforced_layer(
    told: list[LayerFinding], challenge: Challenge, policy: PadPolicy, possession: bool
) -> None:
    """Written from the rule's words, not from the code's steps."""
    verdict = fuse(told, challenge, policy, possession=possession, versions=VERSIONS).decision.verdict
    live = {
        layer
        for layer in Layer
        if (mine := [one for one in told if one.layer is layer])
        and all(one.sign is Sign.LIVE and all(map(math.isfinite, one.scores.values())) for one in mine)
    }
    enforced = {layer for layer in Layer if policy.mode(layer) is Mode.ENFORCE}
    colours = challenge is FLASH and policy.flash_may_count
    if verdict is PadVerdict.BONA_FIDE:
        assert enforced - live <= (set() if colours else {Layer.FLASH})
        assert colours or (possession and challenge is not FLASH)
    attacked = any(
        one.sign is Sign.ATTACK and one.layer is not Layer.CHANNEL and policy.mode(one.layer) is not Mode.OFF
        for one in told
    )
    assert (verdict is PadVerdict.ATTACK_SUSPECTED) is attacked


@given(st.permutations(findings(flash=Sign.ABSENT, model=Sign.ATTACK, channel=Sign.ATTACK)))
def test_the_order_of_the_findings_does_not_matter(told: list[LayerFinding]) -> None:
    expected = judge(flash=Sign.ABSENT, model=Sign.ATTACK, channel=Sign.ATTACK)
    assert fuse(told, FLASH, POLICY, possession=False, versions=VERSIONS) == expected


@pytest.mark.parametrize("layer", [layer for layer in Layer if layer is not Layer.CHANNEL])
@pytest.mark.parametrize("sign", [sign for sign in Sign if sign is not Sign.LIVE])
def test_whatever_a_layer_finds_has_a_reason(layer: Layer, sign: Sign) -> None:
    assert PadReason(f"{layer}_{sign}") in PAD_TEXTS


def test_every_reason_has_words_in_both_languages() -> None:
    assert set(PAD_TEXTS) == set(PadReason)
    assert all(zh.strip() and en.strip() for zh, en in PAD_TEXTS.values())
    assert len(set(PAD_TEXTS.values())) == len(PAD_TEXTS)
