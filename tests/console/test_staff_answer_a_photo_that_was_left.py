"""A photo that somebody left on the phone's page stands with its request: an officer accepts or refuses it."""

from __future__ import annotations

import re
from datetime import timedelta

import httpx
import pytest

from auth_service.accounts.roles import Role
from auth_service.enrollment.sources import PhotoSource
from tests.channels.phone_client import BASE, page
from tests.channels.service import NAMES, NO_PHOTO, PAGE, PASSWORD, Client, Deployment, hidden
from tests.console.waiting import person_of


@pytest.fixture
def request_id(service: Deployment) -> str:
    return leave(service, service.portraits.grace_later)


def leave(service: Deployment, photo: bytes) -> str:
    phone = page(service)
    phone.open(NO_PHOTO)
    files = [("photo", ("a.jpg", photo, "image/jpeg"))]
    assert phone.call("POST", f"{BASE}/{phone.id}/photo", files=files).status_code == 201
    with service.wiring.store.reading() as unit:
        (request,) = unit.other_ways.waiting(10)
    return request.id


def answer(client: Client, request_id: str, **fields: str) -> httpx.Response:
    address = f"/console/requests/{request_id}"
    token = hidden(client.get(address).text, "csrf_token")
    return client.post(f"{address}/photo", data={"csrf_token": token, **fields})


def pictures(service: Deployment) -> int:
    return len(list((service.wiring.settings.home / "photos").glob("??/*")))


def test_the_page_shows_the_photo_and_what_an_officer_must_have_seen(
    service: Deployment, officer: Client, request_id: str
) -> None:
    listed = officer.get("/console/requests?way=photo").text
    assert request_id in listed
    assert "留一张照片，请工作人员核对" in listed
    assert request_id not in officer.get("/console/requests?way=counter").text
    shown = officer.get(f"/console/requests/{request_id}").text
    assert "请务必看过本人的身份证件，或本机构存档的照片" in shown
    assert "只凭自助上传的照片，任何人都不会通过认证" in shown
    assert NAMES[NO_PHOTO] not in shown
    assert f'src="/console/requests/{request_id}/photo"' in shown
    picture = officer.get(f"/console/requests/{request_id}/photo")
    assert (picture.headers["content-type"], picture.headers["cache-control"]) == ("image/jpeg", "no-store")
    assert picture.content.startswith(b"\xff\xd8")


@pytest.mark.asvs("8.2.1", "8.3.1")
def test_who_only_reads_sees_the_request_without_its_photo(service: Deployment, request_id: str) -> None:
    auditor = service.sign_in(Role.AUDITOR)
    shown = auditor.get(f"/console/requests/{request_id}")
    assert shown.status_code == 200
    assert "<img class=" not in shown.text
    assert auditor.get(f"/console/requests/{request_id}/photo").status_code == 403
    assert answer(auditor, request_id, verdict="refused", note="不像").status_code == 403
    assert service.sign_in(Role.MONITOR).get(f"/console/requests/{request_id}").status_code == 403
    assert service.client(headers=PAGE).get(f"/console/requests/{request_id}/photo").status_code == 303


def test_an_officer_accepts_with_what_was_seen_and_why(service: Deployment, officer: Client, request_id: str) -> None:
    for lacking in (
        {"verdict": "accepted", "note": "一致"},
        {"verdict": "accepted", "checked": "a feeling", "note": "一致"},
        {"verdict": "accepted", "checked": "file_photo", "note": " "},
        {"note": "一致"},
    ):
        told = answer(officer, request_id, **lacking)
        assert told.status_code == 422
        assert 'role="alert"' in told.text
    done = answer(officer, request_id, verdict="accepted", checked="identity_document", note="与身份证一致")
    assert done.headers["location"] == f"/console/requests/{request_id}?recorded=1"
    after = officer.get(done.headers["location"]).text
    assert "照片已处理，不再保留" in after
    assert "与身份证一致" in after
    with service.wiring.store.reading() as unit:
        found = unit.references.current(person_of(service.wiring, NO_PHOTO), service.wiring.identity)
    assert found is not None
    assert [(one.source, one.looked_at) for one in found.photos] == [(PhotoSource.SELF_UPLOAD, True)]
    assert found.alone_self_uploaded
    assert "已被他人处理" in answer(officer, request_id, verdict="refused", note="又一次").text


def test_an_officer_refuses_and_the_photo_is_gone(service: Deployment, officer: Client) -> None:
    before = pictures(service)
    request_id = leave(service, service.portraits.grace_later)
    assert answer(officer, request_id, verdict="refused", note="与证件不一致").status_code == 303
    assert pictures(service) == before
    assert officer.get(f"/console/requests/{request_id}/photo").status_code == 409
    assert request_id in officer.get("/console/requests?state=done").text


def test_a_copy_of_somebodys_enrolled_photo_is_told_and_flagged(service: Deployment, officer: Client) -> None:
    request_id = leave(service, service.portraits.grace)
    told = answer(officer, request_id, verdict="accepted", checked="file_photo", note="一致")
    assert told.status_code == 422
    assert "I09" in {row.rule_id for row in service.services.queries.flags(None, cursor=None, limit=50).rows}


@pytest.mark.asvs("7.5.3")
def test_after_five_minutes_the_password_is_asked_for(service: Deployment, officer: Client, request_id: str) -> None:
    service.clock.instant += timedelta(minutes=6)
    assert 'name="password"' in officer.get(f"/console/requests/{request_id}").text
    said = {"verdict": "refused", "note": "与证件不一致"}
    assert answer(officer, request_id, **said).status_code == 403
    assert answer(officer, request_id, **said, password=PASSWORD).status_code == 303
    assert not re.search("class=.left", officer.get(f"/console/requests/{request_id}").text)
