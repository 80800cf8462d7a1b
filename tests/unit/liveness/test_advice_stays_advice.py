"""Layers TEXTURE, MODEL and CHANNEL: what they say, and what they never say."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pytest

from auth_service.capture.challenge import Ask, Challenge, Motion, Route
from auth_service.liveness import channel, model, texture
from auth_service.liveness.channel import ChannelPolicy, ChannelSigns
from auth_service.liveness.layers import LayerFinding, Sign
from auth_service.liveness.measures import SessionMeasures, StepMeasures
from auth_service.liveness.model import ModelPolicy
from auth_service.liveness.texture import TexturePolicy
from tests.unit.liveness.flash_scene import frame, session

CHALLENGE = Challenge(Route.NO_FLASH, (Ask(Motion.TURN_LEFT, 300),))
PHONE = "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/126.0 Mobile Safari/537.36"


def with_moire(values: Sequence[float], sharpness: float = 150.0) -> LayerFinding:
    frames = tuple(frame(120 * n, moire=value, sharpness=sharpness) for n, value in enumerate(values))
    return texture.examine(session(StepMeasures(0, frames)), CHALLENGE, TexturePolicy())


def test_a_pattern_over_a_third_of_the_frames_looks_like_a_screen() -> None:
    assert with_moire([1.4] * 20).sign is Sign.LIVE
    assert with_moire([1.4] * 15 + [3.0] * 5).reasons == ("no_pattern",)
    screen = with_moire([1.4] * 14 + [3.0] * 6)
    assert (screen.sign, screen.reasons) == (Sign.ATTACK, ("regular_pattern",))
    assert screen.scores["patterned"] == pytest.approx(0.3)


def test_a_camera_that_hunts_for_focus_is_noted_alone() -> None:
    frames = tuple(frame(120 * n, sharpness=5.0 if n % 2 else 150.0) for n in range(20))
    finding = texture.examine(session(StepMeasures(0, frames)), CHALLENGE, TexturePolicy())
    assert (finding.sign, finding.reasons) == (Sign.LIVE, ("no_pattern", "focus_wanders"))


@pytest.mark.parametrize("values", [[1.4] * 11, [1.4] * 19 + [math.nan], []])
def test_texture_of_too_little_is_unknown(values: list[float]) -> None:
    finding = with_moire(values)
    assert (finding.sign, finding.scores) == (Sign.UNKNOWN, {})


def told(*shares: float | None) -> LayerFinding:
    frames = tuple(frame(120 * n, model=share) for n, share in enumerate(shares))
    return model.examine(session(StepMeasures(0, frames)), CHALLENGE, ModelPolicy())


@pytest.mark.parametrize(
    ("shares", "sign"),
    [
        ((None, 0.9, 0.8), Sign.LIVE),
        ((0.5,), Sign.LIVE),
        ((0.4, 0.3), Sign.ABSENT),
        ((0.02, 0.02), Sign.ABSENT),
        ((0.01, 0.001, 0.9), Sign.ATTACK),
        ((None, None), Sign.UNKNOWN),
        ((math.nan, 0.9), Sign.UNKNOWN),
        ((1.5,), Sign.UNKNOWN),
        ((-0.1,), Sign.UNKNOWN),
    ],
)
def test_the_model_speaks_by_the_middle_of_its_frames(shares: tuple[float | None, ...], sign: Sign) -> None:
    assert told(*shares).sign is sign


def came(signs: ChannelSigns) -> LayerFinding:
    measures: SessionMeasures = session(
        *(StepMeasures(n, tuple(frame(5000 * n + 120 * k) for k in range(8))) for n in range(3))
    )
    return channel.examine(measures, CHALLENGE, ChannelPolicy(), signs)


def test_nothing_odd_is_no_proof_of_anything() -> None:
    usual = ChannelSigns("camera2 1, facing front", (1500, 6500, 11500), (PHONE, PHONE), PHONE, page_mobile=True)
    for signs in (usual, ChannelSigns()):
        finding = came(signs)
        assert (finding.sign, finding.reasons) == (Sign.UNKNOWN, ("nothing_odd",))


@pytest.mark.parametrize(
    "label",
    ["OBS Virtual Camera", "ManyCam Video Source", "v4l2loopback", "fake_device_0", "虚拟摄像头", "Snap Camera"],
)
def test_a_camera_that_is_named_after_a_program_is_odd(label: str) -> None:
    assert came(ChannelSigns(label)).reasons == ("camera_looks_virtual",)


@pytest.mark.parametrize(
    "label",
    ["", "FaceTime HD Camera", "前置摄像头", "Front Camera", "camera 1, facing front", "Integrated Camera: Observer"],
)
def test_a_camera_of_a_phone_is_not(label: str) -> None:
    assert came(ChannelSigns(label)).sign is Sign.UNKNOWN


def test_frames_that_came_before_they_were_taken_are_odd() -> None:
    assert came(ChannelSigns(received_ms=(900, 5900, 7000))).reasons == ("frames_from_the_future",)
    assert came(ChannelSigns(received_ms=(900, 5900, 8900))).sign is Sign.UNKNOWN
    assert came(ChannelSigns(received_ms=(12000, 13000, 12500))).reasons == ("steps_out_of_order",)


def test_a_browser_that_changes_its_name_is_odd() -> None:
    assert came(ChannelSigns(header_agents=(PHONE, "curl/8"))).reasons == ("browser_changes",)
    assert came(ChannelSigns(header_agents=(PHONE,), page_agent="Mozilla/5.0 (X11)")).sign is Sign.ATTACK
    desktop = ChannelSigns(header_agents=(PHONE,), page_agent=PHONE, page_mobile=False)
    assert came(desktop).reasons == ("no_phone_though_it_says_so",)
