"""A measurement of the colours: counts and versions alone, of people enough, under limits that are in use."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from auth_service.core.errors import FieldInvalid, FlashTooFew
from auth_service.liveness.assess import LivenessPolicy
from auth_service.liveness.flash import FlashPolicy
from auth_service.liveness.flash_measurement import FEWEST, measurement_of, parse, render
from auth_service.liveness.fusion import PadPolicy
from auth_service.liveness.layers import Mode

TERMS = {"engine": "dlib-resnet", "versions": {"layers": "2", "yunet": "ab"}, "policy": "p" * 64}
RATE = {"apcer": 0.0, "errors": 0, "n": 45, "low": 0.0, "high": 0.08}


def pad_found(**changed: Any) -> dict[str, Any]:
    """What `evaluate pad` found on 30 people."""
    whole = {
        "bpcer": 0.1,
        "bpcer_n": 60,
        "bpcer_low": 0.04,
        "bpcer_high": 0.2,
        "no_answer": 0,
        "species": {"print": RATE},
    }
    layer = {"bpcer": {"bpcer": 0.1, "errors": 6, "n": 60, "low": 0.04, "high": 0.2}, "species": {"print": RATE}}
    flash = {"route": "flash", "bona_fide": 60, "subjects": 30, "attacks": 45, "whole": whole, **layer, **changed}
    return {
        "kind": "pad", "measured_on": "2026-11-28", **TERMS, "flash": flash, "model_installed": True,
        "intervals": "95 %", "data_sha256": "d" * 64,
        "subjects": 90, "unusable": [{"path": "bona_fide/wang xiuying/1.jpg"}],
        "no_response": {"paths": ["bona_fide/li jianguo/2.jpg"]},
    }  # fmt: skip


def test_it_comes_back_as_it_went_in_and_names_nobody() -> None:
    made = measurement_of(pad_found(), "pilot-1")
    assert parse(render(made)) == made
    assert (made.people, made.sessions, made.attacks, made.route) == (30, 60, 45, "flash")
    assert "wang" not in render(made)
    assert "li jianguo" not in render(made)


@pytest.mark.parametrize("lacking", ["subjects", "bona_fide", "attacks"])
def test_people_sessions_and_attacks_have_to_be_enough_and_those_with_colours_alone_count(lacking: str) -> None:
    with pytest.raises(FlashTooFew) as refused:
        measurement_of(pad_found(**{lacking: FEWEST - 1}), "pilot-1")
    assert f"{FEWEST - 1} " in str(refused.value.detail)


@pytest.mark.parametrize("name", ["", "a b", "x" * 65, "me@there", "../up"])
def test_a_name_is_short_and_plain(name: str) -> None:
    with pytest.raises(FieldInvalid):
        measurement_of(pad_found(), name)


@pytest.mark.parametrize("text", ["", "[]", "{}", "null", '{"name": "x"}'])
def test_something_else_is_no_measurement(text: str) -> None:
    assert parse(text) is None


def test_whatever_is_not_as_it_was_measured_is_named() -> None:
    terms = measurement_of(pad_found(), "pilot-1").terms
    assert terms.differing(terms) == ()
    changed = replace(terms, engine="other", versions={"layers": "3", "minifasnet": "cd"}, policy="q")
    assert changed.differing(terms) == ("engine", "layers", "minifasnet", "yunet", "policy")


def test_the_limits_are_the_same_whether_or_not_colours_count_and_change_with_every_limit() -> None:
    policy = LivenessPolicy()
    needing = LivenessPolicy(pad=PadPolicy(flash_needs_measuring=True, flash_measured=True))
    assert needing.limits_digest == policy.limits_digest
    assert needing.digest != policy.digest, "verdicts are not judged alike"
    assert LivenessPolicy(pad=PadPolicy(texture=Mode.ENFORCE)).limits_digest != policy.limits_digest
    looser = replace(FlashPolicy(), **{next(iter(FlashPolicy.__dataclass_fields__)): 0.123})
    assert LivenessPolicy(flash=looser).limits_digest != policy.limits_digest
