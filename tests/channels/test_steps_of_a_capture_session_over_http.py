"""What is sent for a step of a capture session, and what of it is refused: real application and database."""

from __future__ import annotations

import pytest

from auth_service.capture.steps import CapturedFrame, CapturedStep
from tests.channels.phone_client import BASE, page, small, still
from tests.channels.service import EILEEN, Deployment


@pytest.mark.asvs("5.2.1")
def test_no_body_is_read_before_the_cookie_has_proved_right(service: Deployment) -> None:
    phone = page(service)
    phone.open(EILEEN)
    stranger = page(service)
    stranger.id = phone.id
    for path in ("start", "colours", "complete", "steps/0/seal", "other-ways"):
        for content in (b"{", b"x" * 60_000):
            headers = {"Content-Type": "application/json"}
            answer = stranger.call("POST", f"{BASE}/{phone.id}/{path}", content=content, headers=headers)
            assert (answer.status_code, answer.json()["code"]) == (404, "session_unknown"), path
    assert phone.call("POST", f"{BASE}/{phone.id}/complete", content=b"{}").json()["code"] == "request_invalid"


@pytest.mark.asvs("5.2.1")
def test_a_step_that_is_too_large_is_refused_by_its_first_lines(service: Deployment) -> None:
    phone = page(service)
    phone.open(EILEEN)
    phone.start()
    huge = CapturedStep(0, tuple(CapturedFrame(b"\xff" * 1_500_000, at) for at in (0, 100, 200)))
    answer = phone.sent(huge)
    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")


@pytest.mark.parametrize(
    ("files", "code"),
    [
        ([("at_ms", (None, "0"))], "field_missing"),
        ([("at_ms", (None, "1")), ("photo", ("a.jpg", b"x", "image/jpeg"))], "field_invalid"),
        ([("at_ms", (None, "-1")), ("frame", ("a.jpg", b"x", "image/jpeg"))], "field_invalid"),
        ([("frame", ("a.jpg", b"x", "image/jpeg"))], "field_invalid"),
    ],
)
def test_steps_of_a_wrong_form_say_what_is_wrong(service: Deployment, files: list[object], code: str) -> None:
    phone = page(service)
    phone.open(EILEEN)
    phone.start()
    answer = phone.call("POST", f"{BASE}/{phone.id}/steps/0", files=files)
    assert (answer.status_code, answer.json()["code"]) == (422, code)


def test_frames_that_are_no_pictures_are_refused_with_their_code(service: Deployment) -> None:
    phone = page(service)
    phone.open(EILEEN)
    phone.start()
    answer = phone.step(small(still(service, 0), b"not a picture"))
    assert answer.status_code == 422
    assert answer.json()["code"].startswith("image_")
