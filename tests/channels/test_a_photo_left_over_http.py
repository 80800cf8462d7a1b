"""A photo left for staff over HTTP: one picture, one answer whoever the number names, decoded behind the fences."""

from __future__ import annotations

import httpx
import pytest

from auth_service.capture.other_way import Way
from auth_service.web.limits import PHOTO_BYTES
from tests.channels.phone_client import BASE, CONSENT, PhonePage, page
from tests.channels.service import EILEEN, NO_PHOTO, NOBODY, Deployment


def left(phone: PhonePage, *photos: bytes, name: str = "photo", key: str = "") -> httpx.Response:
    files = [(name, ("a.jpg", data, "image/jpeg")) for data in photos]
    return phone.call("POST", f"{BASE}/{phone.id}/photo", key, files=files)


def opened(service: Deployment, number: str = NO_PHOTO, **other: object) -> PhonePage:
    phone = page(service)
    phone.open(number, **other)
    return phone


def waiting(service: Deployment) -> list[Way]:
    with service.wiring.store.reading() as unit:
        return [request.way for request in unit.other_ways.waiting(10)]


@pytest.mark.asvs("8.2.2", "16.5.1")
def test_enrolled_known_and_unknown_are_answered_alike(service: Deployment) -> None:
    told = []
    for number in (EILEEN, NO_PHOTO, NOBODY):
        phone = opened(service, number)
        answers = [
            left(phone, b"no picture"),
            left(phone, service.portraits.no_face),
            left(phone, service.portraits.eileen_later),
            left(phone, service.portraits.eileen_later),
            left(phone, service.portraits.grace_later),
        ]
        told.append([(one.status_code, _said(one)) for one in answers])
    assert told[0] == told[1] == told[2]
    assert [status for status, _ in told[0]] == [422, 422, 201, 201, 409]
    assert told[0][2][1] == {"received": True}
    assert told[0][4][1]["code"] == "photo_conflict"
    assert waiting(service) == [Way.PHOTO, Way.PHOTO], "of the two in the ledger"


def _said(answer: httpx.Response) -> dict[str, object]:
    return {name: value for name, value in answer.json().items() if name not in {"instance", "request_id"}}


@pytest.mark.asvs("5.2.1", "5.2.2")
def test_what_is_no_single_picture_of_a_size_is_refused(service: Deployment) -> None:
    phone, portrait = opened(service), service.portraits.eileen_later
    for answer, status in (
        (left(phone, portrait, portrait), 422),
        (left(phone, portrait, name="frame"), 422),
        (left(phone, portrait + bytes(PHOTO_BYTES)), 413),
        (left(phone, portrait + bytes(PHOTO_BYTES + 1024 * 1024)), 413),
        (phone.call("POST", f"{BASE}/{phone.id}/photo", json={"photo": "x"}), 415),
        (phone.call("POST", f"{BASE}/{phone.id}/other-ways", json={"way": "photo"}), 400),
    ):
        assert answer.status_code == status, answer.text
    assert waiting(service) == []


@pytest.mark.asvs("7.2.1")
def test_only_whoever_holds_the_session_leaves_one(service: Deployment) -> None:
    phone, stranger = opened(service), page(service)
    stranger.id = phone.id
    answer = left(stranger, service.portraits.eileen_later)
    assert (answer.status_code, answer.json()["code"]) == (404, "session_unknown")
    phone.call("DELETE", f"{BASE}/{phone.id}")
    assert left(phone, service.portraits.eileen_later).status_code in {404, 410}
    assert waiting(service) == []


def test_an_earlier_consent_covers_no_photo(service: Deployment) -> None:
    phone = opened(service, consent=CONSENT | {"version": "2026-11-28"})
    answer = left(phone, service.portraits.eileen_later)
    assert (answer.status_code, answer.json()["code"]) == (422, "consent_missing")


def test_the_calls_are_described(service: Deployment) -> None:
    described = service.client().get("/openapi.json").json()["paths"][BASE + "/{session_id}/photo"]["post"]
    assert set(described["requestBody"]["content"]) == {"multipart/form-data"}
