"""Limits over HTTP: 429 with Retry-After and a code, before the work is done, and the same for everybody."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import httpx
import pytest
from starlette.requests import Request

from auth_service.app import create_app
from auth_service.core.limits import LimitPolicy
from auth_service.flows.limit import Limit
from auth_service.web.access import client_of
from tests.channels.service import EILEEN, NOBODY, PAGE, PASSWORD, SAME_ORIGIN, Deployment, hidden, sign_in


@pytest.fixture
def limited(service: Deployment) -> Callable[..., None]:
    """Serves the same deployment under other limits."""

    def serve(**limits: int) -> None:
        limit = Limit(service.wiring.store, replace(LimitPolicy(), **limits), service.clock)
        service.services = replace(service.services, limit=limit)
        service.app = create_app(service.services)

    return serve


def problem(answer: httpx.Response) -> tuple[int, str, str]:
    return answer.status_code, answer.json()["code"], answer.headers["Retry-After"]


@pytest.mark.asvs("2.3.2", "2.4.1")
@pytest.mark.asvs("2.4.1")
def test_captures_of_one_person_end_known_or_not(service: Deployment, limited: Callable[..., None]) -> None:
    limited(person_per_day=2)
    for number in (EILEEN, NOBODY):
        photo = service.portraits.eileen_later
        assert [service.verify(number, photo, "verify").status_code for _ in range(2)] == [200, 200]
        refused = service.verify(number, photo, "verify")
        assert problem(refused) == (429, "attempts_used_up", "50400")
        assert service.verify(number, photo, "verify", device_id="kiosk-2").status_code == 200
        assert service.verify(number, photo, "assisted").status_code == 200


def test_a_repetition_counts_once(service: Deployment, limited: Callable[..., None]) -> None:
    limited(person_per_day=1)
    headers = service.headers("verify")
    how = {"headers": headers, "data": {"id_number": EILEEN}}
    for replayed in (None, "true", "true"):
        files = [("photo", ("p.jpg", service.portraits.eileen_later, "image/jpeg"))]
        answer = service.client().post("/v1/verifications", files=files, **how)
        assert answer.status_code == 200
        assert answer.headers.get("Idempotency-Replayed") == replayed


def test_a_device_is_named_in_plain_letters(service: Deployment) -> None:
    refused = service.verify(EILEEN, service.portraits.eileen_later, "verify", device_id="kiosk 1\n")
    assert (refused.status_code, refused.json()["field"]) == (422, "device_id")


@pytest.mark.asvs("2.4.1", "5.2.4")
def test_enrolments_of_one_person_end(service: Deployment, limited: Callable[..., None]) -> None:
    limited(enrollments_per_day=1)
    assert service.enroll(EILEEN, service.portraits.eileen_later).status_code == 201
    refused = service.enroll(EILEEN, service.portraits.eileen_later)
    assert problem(refused)[:2] == (429, "attempts_used_up")


@pytest.mark.asvs("2.4.1")
def test_a_key_is_refused_before_its_body_is_read(service: Deployment, limited: Callable[..., None]) -> None:
    limited(key_per_minute=1)
    assert service.verify(EILEEN, service.portraits.eileen_later, "verify").status_code == 200
    sent = []

    async def body():  # type: ignore[no-untyped-def]
        sent.append(1)
        yield b"x" * 1000

    headers = {**service.headers("verify"), "Content-Type": "multipart/form-data; boundary=x"}
    refused = service.client().post("/v1/verifications", headers=headers, content=body())
    assert problem(refused) == (429, "rate_limited", "60")
    assert service.verify(EILEEN, service.portraits.eileen_later, "all").status_code == 200


def test_certificate_pages_end_for_one_address(service: Deployment, limited: Callable[..., None]) -> None:
    limited(client_per_minute=2)
    client = service.client()
    for _ in range(2):
        assert client.get(f"/certificates/{service.serial}").status_code == 200
    assert problem(client.get(f"/certificates/{service.serial}"))[:2] == (429, "rate_limited")
    page = client.get(f"/certificates/{service.serial}", headers=PAGE)
    assert (page.status_code, page.headers["content-type"]) == (429, "text/html; charset=utf-8")
    service.clock.instant = service.clock.instant.replace(minute=1)
    assert client.get(f"/certificates/{service.serial}").status_code == 200


@pytest.mark.asvs("6.3.1", "2.4.1")
@pytest.mark.asvs("6.3.1")
def test_signing_in_ends_for_one_address_whatever_the_names(service: Deployment, limited: Callable[..., None]) -> None:
    limited(sign_in_per_minute=3)
    client = service.client(headers=PAGE | SAME_ORIGIN)
    assert [sign_in(client, f"nobody-{n}", "wrong").status_code for n in range(3)] == [401] * 3
    refused = sign_in(client, "monitor", PASSWORD)
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "60")
    assert hidden(refused.text, "csrf_token")


@pytest.mark.parametrize(
    ("host", "counted"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("", ""),
        ("socket", "socket"),
    ],
)
def test_a_household_has_one_count_however_many_addresses_it_has(host: str, counted: str) -> None:
    assert client_of(Request({"type": "http", "client": (host, 1) if host else None, "headers": []})) == counted
