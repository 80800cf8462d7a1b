"""Small promises about every answer and every page."""

from __future__ import annotations

import dataclasses
import json
import re
from urllib.parse import quote

import pytest

from auth_service.accounts.roles import Role
from auth_service.app import create_app
from tests.channels.service import EILEEN, NAMES, PAGE, PASSWORD, SAME_ORIGIN, Deployment, hidden, sign_in

PATHS = ["/healthz", "/readyz", "/metrics", "/openapi.json", "/static/style.css", "/console/sign-in", "/nowhere"]
HOSTILE = [
    "' OR '1'='1",
    "'; DROP TABLE flags; --",
    "1302%",
    "_",
    "\\",
    "1302' UNION SELECT 1 --",
    "$(id)",
    "../../etc",
]


@pytest.mark.asvs("4.1.1")
@pytest.mark.parametrize("path", [*PATHS, "/v1/texts/consent/current"])
def test_every_body_says_what_it_is(service: Deployment, path: str) -> None:
    for headers in ({}, PAGE):
        answer = service.client().get(path, headers=headers)
        kind = answer.headers["content-type"]
        assert "charset=utf-8" in kind.lower() or kind.startswith("application/"), (path, kind)
        if kind.startswith("application/"):
            json.loads(answer.content.decode("utf-8"))


@pytest.mark.asvs("3.4.2")
@pytest.mark.parametrize("path", PATHS)
def test_no_other_origin_is_let_in(service: Deployment, path: str) -> None:
    for method in ("GET", "OPTIONS"):
        headers = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
        answer = service.client().request(method, path, headers=headers)
        assert not [name for name in answer.headers if name.lower().startswith("access-control")]


@pytest.mark.asvs("4.1.2")
def test_machines_are_never_redirected(service: Deployment) -> None:
    posts = ("/v1/verifications", "/v1/enrollments", "/v1/verifications/")
    gets = ("/v1/texts/consent/current", "/metrics", "/healthz/")
    for method, path in [("POST", path) for path in posts] + [("GET", path) for path in gets]:
        assert not 300 <= service.client().request(method, path).status_code < 400, path


@pytest.mark.asvs("3.5.8", "3.4.8", "3.4.5", "3.4.4")
@pytest.mark.parametrize("path", PATHS)
def test_nothing_can_be_embedded_elsewhere(service: Deployment, path: str) -> None:
    headers = service.client().get(path, headers=PAGE).headers
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-content-type-options"] == "nosniff"


@pytest.mark.asvs("3.4.1", "12.2.1")
def test_over_https_every_answer_holds_browsers_to_it_for_two_years(service: Deployment) -> None:
    secure = create_app(dataclasses.replace(service.services, cookie_secure=True, public_url="https://pension.example"))
    for path in PATHS:
        found = service.client(secure).get(path).headers["strict-transport-security"]
        assert found == "max-age=63072000; includeSubDomains"


@pytest.mark.asvs("1.2.4", "2.2.2")
@pytest.mark.parametrize("value", HOSTILE)
def test_hostile_filters_find_nothing_and_break_nothing(service: Deployment, value: str) -> None:
    client = service.sign_in(Role.MONITOR)
    asked = quote(value, safe="")
    for name in ("region", "rule", "severity", "state", "cursor"):
        answer = client.get(f"/console/flags?{name}={asked}")
        assert answer.status_code in {200, 404, 422}, (name, answer.status_code)
    assert client.get("/console/flags").status_code == 200


@pytest.mark.asvs("3.2.2")
def test_what_somebody_typed_is_shown_as_text(service: Deployment) -> None:
    client = service.sign_in(Role.MONITOR)
    path = f"/console/flags/{service.flag_id}"
    form = {"csrf_token": hidden(client.get(path).text, "csrf_token"), "verdict": "needs_check", "after": ""}
    typed = '<script>alert(1)</script> & "quoted" <b>'
    client.post(f"{path}/judgements", data={**form, "reason": typed})
    page = client.get(path).text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<script" not in page
    assert "<b>" not in page


@pytest.mark.asvs("3.2.1", "5.4.1", "5.4.2")
def test_a_photo_opened_by_itself_is_a_photo_in_a_sandbox_under_a_name_of_ours(service: Deployment) -> None:
    client = service.sign_in(Role.MONITOR)
    answer = client.get(f"/console/flags/{service.flag_id}/photos/probe?filename=..%2f..%2fx.html")
    assert answer.headers["content-type"] == "image/jpeg"
    assert answer.headers["content-disposition"] == 'inline; filename="photo.jpg"'
    assert "sandbox" in answer.headers["content-security-policy"]
    assert answer.content.startswith(b"\xff\xd8")


@pytest.mark.asvs("7.2.4")
def test_signing_in_again_gives_a_new_session_and_ends_the_one_that_was_shown(service: Deployment) -> None:
    client = service.sign_in(Role.MONITOR)
    first = client.http.cookies["auth_service"]
    sign_in(client, "monitor", PASSWORD)
    second = client.http.cookies["auth_service"]
    assert first != second
    assert client.get("/console/flags").status_code == 200
    assert service.client(headers=PAGE, cookies={"auth_service": first}).get("/console/flags").status_code == 303


@pytest.mark.asvs("7.4.4", "14.3.1")
def test_every_page_has_a_way_out_that_clears_the_browser(service: Deployment) -> None:
    client = service.sign_in(Role.MONITOR)
    for path in ("/console/flags", f"/console/flags/{service.flag_id}"):
        assert 'action="/console/sign-out"' in client.get(path).text
    token = hidden(client.get("/console/flags").text, "csrf_token")
    out = client.post("/console/sign-out", data={"csrf_token": token})
    assert out.headers["clear-site-data"] == '"cache", "storage"'


@pytest.mark.asvs("14.3.3")
def test_a_browser_keeps_random_tokens_and_a_language_and_nothing_else(service: Deployment) -> None:
    client = service.sign_in(Role.MONITOR)
    client.get(f"/console/flags/{service.flag_id}?lang=en")
    names = set(client.http.cookies.keys())
    assert names <= {"auth_service", "auth_service_form", "auth_service_device", "lang"}, names
    for value in client.http.cookies.values():
        assert EILEEN not in value
        assert NAMES[EILEEN] not in value


@pytest.mark.asvs("6.2.6", "6.2.7", "14.2.1")
def test_the_sign_in_form_hides_the_password_and_helps_managers(service: Deployment) -> None:
    page = service.client(headers=PAGE).get("/console/sign-in").text
    field = re.search(r"<input[^>]*name=\"password\"[^>]*>", page)
    assert field is not None
    assert 'type="password"' in field[0]
    assert 'autocomplete="current-password"' in field[0]
    assert "onpaste" not in page
    assert re.search(r'<form[^>]*method="post"', page), "a password never stands in an address"


@pytest.mark.asvs("14.2.1")
def test_no_address_takes_anything_of_a_person(service: Deployment) -> None:
    described = service.client().get("/openapi.json").json()
    parameters = {
        item["name"]
        for path in described["paths"].values()
        for call in path.values()
        for item in call.get("parameters", ())
        if item["in"] in {"path", "query"}
    }
    # A session's id is a random token, and `n` counts its steps; a kiosk's event is a random UUID; an act's id names
    # nobody, nor does a batch's, a place in a list, or what a list is narrowed by.
    named = {"serial", "kind", "version", "lang", "session_id", "n", "client_event", "proposal_id", "cursor", "limit"}
    named |= {"batch_id", "state", "rule", "severity", "region"}
    assert parameters <= named


@pytest.mark.asvs("13.4.4", "13.4.3", "13.4.5")
def test_trace_listings_and_documentation_are_not_offered(service: Deployment) -> None:
    client = service.client()
    assert client.request("TRACE", "/healthz").status_code == 405
    assert client.get("/static/").status_code == 404
    for path in ("/docs", "/redoc", "/debug", "/server-status", "/.git/HEAD", "/static/../../pyproject.toml"):
        assert client.get(path).status_code == 404, path


@pytest.mark.asvs("15.3.3", "15.3.7")
def test_fields_that_were_not_offered_or_come_twice_are_refused(service: Deployment) -> None:
    def post(fields: list[tuple[str, str]]) -> int:
        files = [("photo", ("a.jpg", service.portraits.eileen_later, "image/jpeg"))]
        multipart = [(name, (None, value)) for name, value in fields] + files
        headers = {"Authorization": f"Bearer {service.keys['all']}", "Idempotency-Key": "key-of-a-test-1"}
        return service.client().post("/v1/verifications", files=multipart, headers=headers).status_code

    assert post([("id_number", EILEEN), ("status", "qualified")]) == 422
    assert post([("id_number", EILEEN), ("score", "1.0")]) == 422
    assert post([("id_number", EILEEN), ("id_number", EILEEN)]) == 422


@pytest.mark.asvs("16.2.1", "16.2.2", "16.2.4", "16.3.2")
def test_a_refusal_is_logged_with_time_who_where_and_what(
    service: Deployment, capsys: pytest.CaptureFixture[str]
) -> None:
    client = service.sign_in(Role.DATA_STEWARD)
    capsys.readouterr()
    assert client.get("/console/flags").status_code == 403
    line = json.loads(capsys.readouterr().err.splitlines()[-1])
    assert (line["route"], line["method"], line["status"]) == ("/console/flags", "GET", 403)
    assert re.fullmatch(r"staff:[0-9a-f]{32}", line["actor"])
    assert line["timestamp"].endswith("Z")
    assert re.fullmatch(r"[0-9a-f]{32}", line["request_id"])


@pytest.mark.asvs("16.4.1")
def test_nobody_writes_a_line_of_the_log(service: Deployment, capsys: pytest.CaptureFixture[str]) -> None:
    forged = '{"event": "request", "status": 200}'
    service.client().get(f"/certificates/x%0d%0a{quote(forged)}", headers={"User-Agent": forged, "X-Request-Id": "a b"})
    for line in capsys.readouterr().err.splitlines():
        assert json.loads(line)["route"] != "x"
        assert "200}" not in json.loads(line).get("event", "")


@pytest.mark.asvs("6.3.2", "13.2.3")
def test_no_account_and_no_key_exists_before_somebody_makes_it(service: Deployment) -> None:
    client = service.client(headers=PAGE | SAME_ORIGIN)
    for name in ("admin", "root", "auth-service", "test", "staff", "monitor"):
        for password in (name, "admin", "password", "123456", "changeme", ""):
            assert sign_in(client, name, password).status_code in {401, 429}
