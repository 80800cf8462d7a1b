"""docs/integration/kiosk.md: its vectors are computed again, its codes are those of the service, its calls exist."""

from __future__ import annotations

import base64
import re
from pathlib import Path

import pytest

from auth_service.accounts.devices import LENS_DEGREES, DevicePolicy
from auth_service.accounts.signatures import SignedMessage, check_time
from auth_service.channels.kiosk.routes import KIOSK
from auth_service.connectors.message_signatures import DeviceSignatures
from auth_service.core.errors import all_error_classes
from auth_service.web.errors import STATUS
from tests.channels.service import Deployment
from tests.kiosk_vectors import AT, CALLS, KEY, SEED, headers_of, told

PAGE = (Path(__file__).parents[2] / "docs" / "integration" / "kiosk.md").read_text(encoding="utf-8")


def test_the_key_of_the_vectors_is_shown() -> None:
    assert base64.urlsafe_b64encode(SEED).decode().rstrip("=") in PAGE
    assert KEY.public_text in PAGE


@pytest.mark.parametrize("name", CALLS)
def test_a_vector_is_what_the_signer_makes_and_the_service_takes(name: str) -> None:
    assert told(name) in PAGE, "python -m tests.kiosk_vectors prints them"
    call, check = CALLS[name], DeviceSignatures()
    length = {"content-length": str(len(call.body))} if call.body else {}
    message = SignedMessage(
        call.method, f"https://{call.authority}{call.path}", tuple((headers_of(call) | length).items())
    )
    claim = check.claim_of(message)
    check.verify(message, claim.key_id, KEY.public)
    check_time(claim, AT, DevicePolicy())
    check.check_body(message.lines("content-digest"), call.body)


def test_every_code_of_the_table_is_one_with_its_status() -> None:
    rows = re.findall(r"^\| (\d{3}) \| `([a-z_]+)` \|", PAGE, re.MULTILINE)
    known = {cls.code: STATUS[cls] for cls in all_error_classes()}
    assert len(rows) > 15
    assert {code: int(status) for status, code in rows} == {code: known[code] for _, code in rows}


def test_every_call_is_described_and_every_described_call_exists(service: Deployment) -> None:
    served = {
        f"{method} {route.path}"
        for route in service.app.routes
        if str(getattr(route, "path", "")).startswith(KIOSK)
        for method in route.methods  # type: ignore[attr-defined]
    }
    described = {f"{method} {path}" for method, path in re.findall(r"`(GET|POST|DELETE) (/v1/kiosk/[^ `]+)`", PAGE)}
    assert described == served


def test_the_lenses_are_as_the_service_has_them() -> None:
    for profile, degrees in LENS_DEGREES.items():
        assert f"| `{profile.value}` | {degrees:.0f}° |" in PAGE
