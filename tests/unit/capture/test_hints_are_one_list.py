"""What a quick look says while the person is before the camera is said in the words that photos are judged in."""

from __future__ import annotations

from auth_service.capture.ports import FramingHint
from auth_service.faces.quality import QualityReason


def test_only_what_no_photo_is_judged_by_has_a_word_of_its_own() -> None:
    assert set(FramingHint) - {reason.value for reason in QualityReason} == {"no_face", "covered"}
