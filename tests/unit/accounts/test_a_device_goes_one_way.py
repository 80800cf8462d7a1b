"""What a device may do follows from what was done about it."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from auth_service.accounts.devices import (
    FAR_CM,
    LENS_DEGREES,
    NEAR_CM,
    Device,
    DeviceKind,
    DevicePolicy,
    DeviceState,
    DeviceWords,
    LensProfile,
    code_ends,
    code_hash,
    face_share,
    make_code,
)

NOW = datetime(2026, 11, 29, 2, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
WORDS = DeviceWords(DeviceKind.KIOSK, "一号机", "农商行", "130203", "大厅", LensProfile.WIDE)
ENTERED = Device("1" * 32, WORDS, "a" * 32, NOW, code_ends(NOW, DevicePolicy()))
APPROVED = replace(ENTERED, approved_by="b" * 32, approved_at=NOW)
ACTIVE = replace(APPROVED, public_key=b"k" * 32, enrolled_at=NOW)
ASIDE = replace(ACTIVE, quarantined_at=LATER, quarantine_reason="forked_chain")
FREE = replace(ASIDE, release_proposed_by="a" * 32, released_by="b" * 32, released_at=LATER)
GONE = replace(ASIDE, revoked_by="a" * 32, revoked_at=LATER)


@pytest.mark.parametrize(
    ("device", "state"),
    [(ENTERED, DeviceState.PENDING), (APPROVED, DeviceState.APPROVED), (ACTIVE, DeviceState.ACTIVE),
     (ASIDE, DeviceState.QUARANTINED), (FREE, DeviceState.ACTIVE), (GONE, DeviceState.REVOKED)],
)  # fmt: skip
def test_each_act_leads_to_one_state(device: Device, state: DeviceState) -> None:
    assert device.state is state


def test_a_code_is_good_for_an_approved_device_and_for_a_day() -> None:
    assert APPROVED.may_enrol(NOW + timedelta(hours=23, minutes=59))
    assert not APPROVED.may_enrol(NOW + timedelta(hours=24))
    assert not ENTERED.may_enrol(NOW)
    assert not ACTIVE.may_enrol(NOW)
    assert not replace(APPROVED, revoked_by="a" * 32, revoked_at=NOW).may_enrol(NOW)


def test_codes_are_random_and_read_as_people_type_them() -> None:
    codes = {make_code() for _ in range(100)}
    assert len(codes) == 100
    assert all(re.fullmatch(r"(?:[a-hjkmnp-z2-9]{4}-){6}[a-hjkmnp-z2-9]{4}", code) for code in codes)
    code = codes.pop()
    assert code_hash(code) == code_hash(f" {code.upper().replace('-', ' ')}\n")
    assert code_hash(code) != code_hash(codes.pop())


def test_a_wider_lens_shows_a_smaller_face_and_so_does_a_longer_way() -> None:
    assert set(LENS_DEGREES) == set(LensProfile)
    near = [face_share(lens, NEAR_CM) for lens in LensProfile]
    assert near == sorted(near, reverse=True)
    for lens in LensProfile:
        assert face_share(lens, NEAR_CM) == pytest.approx(face_share(lens, FAR_CM) * FAR_CM / NEAR_CM)
        assert 0.05 < face_share(lens, FAR_CM) < face_share(lens, NEAR_CM) < 0.5
