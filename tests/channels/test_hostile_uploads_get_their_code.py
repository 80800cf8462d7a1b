"""What nobody should send, over HTTP: each gets its code in both languages, and nothing else changes."""

from __future__ import annotations

from datetime import timedelta

import pytest

from auth_service.core.errors import all_error_classes
from auth_service.core.ids import new_id
from auth_service.web.errors import STATUS
from tests.channels.service import EILEEN, ENROLMENT, Deployment
from tests.engines.hostile import REFUSED

STATUS_BY_CODE = {cls.code: STATUS[cls] for cls in all_error_classes()}


@pytest.mark.asvs("5.2.2", "5.3.1")
@pytest.mark.parametrize("path", ["/v1/verifications", "/v1/enrollments"])
def test_every_hostile_picture_is_refused_by_name_and_leaves_no_trace(service: Deployment, path: str) -> None:
    enrolling = path.endswith("enrollments")
    fields = {"id_number": EILEEN, **(ENROLMENT if enrolling else {})}
    before = service.services.queries.totals()
    client, wrong = service.client(), {}
    for name, (make, code) in REFUSED.items():
        service.clock.instant += timedelta(days=1)  # tries per person are counted by the day
        files = [("photo", ("p.jpg", make(), "image/jpeg"))]
        headers = service.headers("desk" if enrolling else "all")
        answer = client.post(path, headers=headers, data=fields, files=files)
        body = answer.json()
        complete = body["titles"]["zh"] and body["titles"]["en"] and body["request_id"]
        if (answer.status_code, body["code"]) != (STATUS_BY_CODE[code], code) or not complete:
            wrong[name] = (answer.status_code, body["code"])
    assert wrong == {}
    assert service.services.queries.totals() == before


def test_a_picture_without_a_face_is_refused(service: Deployment) -> None:
    answer = service.verify(EILEEN, service.portraits.no_face)
    assert answer.status_code == 422
    assert answer.json()["code"] == "no_face_found"


def _post(service: Deployment, **how: object) -> tuple[int, str]:
    headers = service.headers() | how.pop("headers", {})  # type: ignore[operator]
    answer = service.client().post("/v1/verifications", headers=headers, **how)
    assert answer.headers["content-type"] == "application/problem+json"
    return answer.status_code, answer.json()["code"]


@pytest.mark.asvs("15.3.7")
def test_forms_that_are_none_are_refused(service: Deployment) -> None:
    photo = ("p.jpg", service.portraits.eileen_later, "image/jpeg")
    number = {"id_number": EILEEN}
    assert _post(service, json=number) == (415, "media_type_unsupported")
    assert _post(service, content=b"x", headers={"Content-Type": "multipart/form-data"}) == (400, "request_invalid")
    cut = {"Content-Type": "multipart/form-data; boundary=b"}
    assert _post(service, content=b"--b\r\nContent-Disposition: x", headers=cut) == (422, "field_missing")
    assert _post(service, content=b"no boundary at all", headers=cut) == (400, "request_invalid")
    assert _post(service, data=number, files=[("photo", photo)] * 4) == (400, "request_invalid")
    assert _post(service, data=number, files=[("picture", photo)]) == (422, "field_invalid")
    assert _post(service, data={"id_number": [EILEEN, EILEEN]}, files=[("photo", photo)]) == (422, "field_invalid")
    many = {f"f{index}": "x" for index in range(30)}
    assert _post(service, data=many, files=[("photo", photo)]) == (400, "request_invalid")
    assert _post(service, data={"id_number": "x" * 17_000}, files=[("photo", photo)]) == (400, "request_invalid")
    assert _post(service, files=[("photo", photo)]) == (422, "field_missing")


def test_a_photo_sent_as_text_is_no_photo(service: Deployment) -> None:
    boundary = b'--b\r\nContent-Disposition: form-data; name="photo"\r\n\r\n\xff\xd8\xff\r\n--b--\r\n'
    answer = service.client().post(
        "/v1/verifications",
        content=boundary,
        headers=service.headers() | {"Content-Type": "multipart/form-data; boundary=b"},
    )
    assert answer.json()["code"] == "field_invalid"


@pytest.mark.parametrize(
    "header",
    ["", "Bearer", "Bearer ak_", "Bearer ak__", "Basic YTpi", "Bearer " + "x" * 5000, "ak_1_2", "Bearer ak_1_é"],
)
def test_a_credential_of_any_other_form_is_wrong(service: Deployment, header: str) -> None:
    headers = {"Authorization": header.encode("latin-1"), "Idempotency-Key": new_id()}
    answer = service.client().post("/v1/verifications", headers=headers)
    assert answer.status_code == 401
    assert answer.json()["code"] == "credentials_invalid"


def test_who_has_no_key_learns_it_before_the_body_is_looked_at(service: Deployment) -> None:
    answer = service.client().post("/v1/verifications", content=b"not a form", headers={"Idempotency-Key": new_id()})
    assert answer.status_code == 401


@pytest.mark.asvs("8.3.2")
def test_an_expired_and_a_disabled_key_are_wrong_keys(service: Deployment) -> None:
    for key in service.wiring.keep_api_keys.all():
        service.wiring.keep_api_keys.disable(key.id, "cli")
    assert service.verify(EILEEN, service.portraits.eileen_later).status_code == 401
