"""Shapes and headers that every answer has, the operators' routes, and the certificate's page."""

from __future__ import annotations

import dataclasses
import json
import re
from datetime import timedelta

import pytest

from auth_service.app import create_app
from auth_service.connectors.signing import verify_list
from auth_service.web.services import Readiness
from tests.channels.service import EILEEN, NAMES, PAGE, Deployment
from tests.console.moneyed import Moneyed

PATHS = ["/healthz", "/readyz", "/metrics", "/openapi.json", "/static/style.css", "/console/sign-in", "/nowhere", "/"]


@pytest.mark.asvs("3.2.1", "3.4.3", "3.4.4", "3.4.5", "3.4.6", "3.4.8", "14.2.2", "14.3.2")
@pytest.mark.parametrize("path", PATHS)
def test_every_answer_carries_the_guards(service: Deployment, path: str) -> None:
    headers = service.client().get(path, headers=PAGE).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert "camera=()" in headers["permissions-policy"]
    assert headers["content-security-policy"].startswith("default-src 'none'")
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert "unsafe" not in headers["content-security-policy"]
    assert ("immutable" if "static" in path else "no-store") in headers["cache-control"]
    assert re.fullmatch("[0-9a-f]{32}", headers["x-request-id"])
    assert "server" not in headers


def test_a_problem_has_one_shape_and_the_asked_language(service: Deployment) -> None:
    zh = service.client().get("/v1/nowhere").json()
    assert {"type", "title", "titles", "status", "code", "request_id", "retryable"} == set(zh)
    assert zh["title"] == zh["titles"]["zh"]
    answer = service.client().get("/v1/nowhere", headers={"Accept-Language": "en"})
    assert answer.json()["title"] == zh["titles"]["en"]
    assert answer.headers["content-language"] == "en"


@pytest.mark.asvs("13.4.3", "13.4.5")
def test_unknown_paths_are_answered_alike_whatever_they_ask(service: Deployment) -> None:
    paths = (
        "/v1/people",
        f"/v1/beneficiaries/{EILEEN}",
        "/docs",
        "/redoc",
        "/.env",
        "/console/../etc",
        "/static/x.css",
    )
    bodies = set()
    for path in paths:
        answer = service.client().get(path)
        assert answer.status_code == 404
        bodies.add(json.dumps({**answer.json(), "request_id": ""}))
    assert len(bodies) == 1


@pytest.mark.parametrize("offered", ["0123456789abcdef" * 2, "0199aa11-2233-4455-8899-aabbccddeeff"])
def test_a_well_formed_request_id_is_kept(service: Deployment, offered: str) -> None:
    answer = service.client().get("/healthz", headers={"X-Request-Id": offered})
    assert answer.headers["x-request-id"] == offered


@pytest.mark.parametrize("offered", [EILEEN, "x", "a" * 200, "../../etc", "张", ""])
def test_any_other_request_id_is_replaced(service: Deployment, offered: str) -> None:
    answer = service.client().get("/healthz", headers={"X-Request-Id": offered.encode()})
    assert re.fullmatch("[0-9a-f]{32}", answer.headers["x-request-id"])


class _Broken:
    def run(self, *_: object) -> None:
        raise RuntimeError(f"{NAMES[EILEEN]} {EILEEN}")

    def certificate(self, serial: str) -> None:
        raise RuntimeError(f"{NAMES[EILEEN]} {EILEEN}")


@pytest.mark.asvs("13.4.2", "16.3.4", "16.5.1", "16.5.4")
def test_what_nobody_foresaw_shows_nothing_and_is_logged_by_place(
    service: Deployment, capsys: pytest.CaptureFixture[str]
) -> None:
    client = service.client(create_app(dataclasses.replace(service.services, look=_Broken())))
    answer = client.get("/certificates/" + "0" * 32)
    page = client.get("/certificates/" + "0" * 32, headers=PAGE)
    logged = capsys.readouterr()
    assert answer.status_code == page.status_code == 500
    assert answer.json()["code"] == "service_error"
    assert "可以改由窗口" in page.text
    for text in (answer.text, page.text, logged.out, logged.err):
        assert EILEEN not in text
        assert NAMES[EILEEN] not in text
        assert "Traceback" not in text
    line = next(json.loads(line) for line in logged.err.splitlines() if '"unforeseen"' in line)
    assert line["error_type"] == "RuntimeError"
    assert line["request_id"] == answer.headers["x-request-id"]


@pytest.mark.asvs("16.2.1", "16.2.5")
def test_logs_and_metrics_hold_templates_and_never_what_was_asked(
    service: Deployment, capsys: pytest.CaptureFixture[str]
) -> None:
    service.verify(EILEEN, service.portraits.eileen_later, attested_by="c.7")
    service.client().get(f"/certificates/{service.serial}?id_number={EILEEN}")
    service.client().get(f"/v1/{EILEEN}")
    metrics = service.client().get("/metrics").text
    logged = capsys.readouterr().err
    for text in (metrics, logged):
        assert EILEEN not in text
        assert service.serial not in text
        assert "/certificates/{serial}" in text
        assert "unmatched" in text
    assert 'auth_service_decisions_total{channel="agency_api",outcome="qualified"} 1.0' in metrics
    assert "auth_service_inference_queue_depth 0.0" in metrics
    assert all({"request_id", "method", "route", "status"} <= set(json.loads(line)) for line in logged.splitlines())


def test_a_made_up_method_is_no_label(service: Deployment) -> None:
    service.client().request("MAKEUP", "/healthz")
    assert "MAKEUP" not in service.client().get("/metrics").text


def test_ready_tells_the_truth_and_alive_stays_alive(service: Deployment) -> None:
    assert service.client().get("/readyz").json()["missing"] == []
    broken = dataclasses.replace(service.services, readiness=lambda: Readiness((("schema", True), ("engine", False))))
    client = service.client(create_app(broken))
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.headers["Retry-After"]
    lacking = {"ready": False, "checks": {"schema": True, "engine": False}, "missing": ["engine"], "attention": []}
    assert answer.json() == lacking
    assert client.get("/healthz").json() == {"status": "ok"}


def test_the_description_is_openapi_3_1_and_covers_every_route_for_programs(service: Deployment) -> None:
    schema = service.client().get("/openapi.json").json()
    assert schema["openapi"].startswith("3.1")
    assert set(schema["paths"]) == {
        "/v1/enrollments", "/v1/verifications", "/certificates/{serial}", "/v1/texts/{kind}/{version}",
        "/v1/certificates/revoked",
        "/healthz", "/readyz", "/metrics",
        "/v1/capture-sessions", "/v1/capture-sessions/{session_id}", "/v1/capture-sessions/{session_id}/exchange",
        "/v1/capture-sessions/{session_id}/code", "/v1/capture-sessions/{session_id}/code/check",
        "/v1/capture-sessions/{session_id}/colours", "/v1/capture-sessions/{session_id}/steps/{n}/seal",
        "/v1/capture-sessions/{session_id}/start", "/v1/capture-sessions/{session_id}/steps/{n}",
        "/v1/capture-sessions/{session_id}/complete", "/v1/capture-sessions/{session_id}/other-ways",
        "/v1/capture-sessions/{session_id}/photo",
        "/v1/me/other-ways", "/v1/me/contests", "/v1/me/status", "/v1/me/history", "/v1/me/export",
        "/v1/me/requests",
        "/v1/payment-proposals", "/v1/payment-proposals/{proposal_id}/answers",
        "/v1/registry-batches", "/v1/registry-batches/{batch_id}", "/v1/flags",
        "/v1/kiosk/enrolments", "/v1/kiosk/status", "/v1/kiosk/staff-calls", "/v1/kiosk/other-ways",
        "/v1/kiosk/capture-sessions", "/v1/kiosk/capture-sessions/{session_id}",
        "/v1/kiosk/capture-sessions/{session_id}/colours", "/v1/kiosk/capture-sessions/{session_id}/steps/{n}/seal",
        "/v1/kiosk/capture-sessions/{session_id}/start", "/v1/kiosk/capture-sessions/{session_id}/steps/{n}",
        "/v1/kiosk/capture-sessions/{session_id}/complete", "/v1/kiosk/capture-sessions/{session_id}/other-ways",
        "/v1/kiosk/offline-tickets", "/v1/kiosk/records", "/v1/kiosk/records/{client_event}",
        "/v1/kiosk/reconciliations",
    }  # fmt: skip
    assert schema["components"]["securitySchemes"]["apiKey"]["scheme"] == "bearer"
    for path in ("/v1/enrollments", "/v1/verifications"):
        post = schema["paths"][path]["post"]
        assert post["security"] == [{"apiKey": []}]
        assert {"400", "401", "403", "409", "413", "422", "503"} <= set(post["responses"])
        assert post["requestBody"]["content"]["multipart/form-data"]["schema"]["properties"]["photo"]["maxItems"] == 3
    references = set(re.findall(r'"#/components/schemas/(\w+)"', json.dumps(schema)))
    assert references <= set(schema["components"]["schemas"])


def test_the_certificates_page_shows_what_it_may_and_nothing_else(service: Deployment) -> None:
    page = service.client().get(f"/certificates/{service.serial}", headers=PAGE)
    assert page.status_code == 200
    for words in ("有效", "工作人员当面认证", "2026-03-10", "2027-03-31", "<svg"):
        assert words in page.text
    for name in NAMES.values():
        assert name not in page.text
    english = service.client().get(f"/certificates/{service.serial}?lang=en", headers=PAGE).text
    assert "Seen by a member of staff" in english


def test_unknown_serials_of_any_form_get_the_same_page(service: Deployment) -> None:
    pages = set()
    for serial in ("0" * 32, "f" * 32, "x", "%2e%2e", service.serial.upper() + "0"):
        answer = service.client().get(f"/certificates/{serial}", headers=PAGE)
        assert answer.status_code == 200
        assert "无效" in answer.text
        assert "<svg" not in answer.text
        pages.add(re.sub(r'href="/certificates/[^"]*"', "", answer.text))
    assert len(pages) == 1
    known = service.client().get(f"/certificates/{service.serial}", headers=PAGE).text
    assert all(word in known for word in ("认证方式", "通过日期", "下次认证截止"))


@pytest.mark.asvs("9.2.1")
def test_a_certificate_ends_after_its_last_day(service: Deployment) -> None:
    address = f"/certificates/{service.serial}"
    service.clock.instant += timedelta(days=386)
    assert service.client().get(address).json()["valid"] is True
    service.clock.instant += timedelta(days=1)
    assert service.client().get(address).json() == {
        "valid": False, "evidence_kind": "assisted", "passed_on": "2026-03-10", "due_on": "2027-03-31",
        "revoked_at": None, "reason": None,
    }  # fmt: skip
    assert "凭证已过期" in service.client().get(address, headers=PAGE).text


def test_a_certificate_that_was_taken_back_says_so_and_stands_on_the_signed_list(service: Deployment) -> None:
    client, keys = service.client(), service.wiring.key_choice.public_keys.all()
    assert client.get("/v1/certificates/revoked").json()["revoked"] == []
    money = Moneyed(service)
    service.wiring.revocations.revoke(service.serial, money.officer, money.checker)
    told = client.get(f"/certificates/{service.serial}").json()
    assert (told["valid"], told["reason"]) == (False, "issued_in_error")
    assert "已经撤销" in client.get(f"/certificates/{service.serial}", headers=PAGE).text
    listed = client.get("/v1/certificates/revoked").json()
    assert [one["serial"] for one in listed["revoked"]] == [service.serial]
    assert verify_list(listed["signed"], keys).of(service.serial) is not None
