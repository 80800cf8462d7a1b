"""Sessions: who gets one, how it is protected, when it ends."""

from __future__ import annotations

import dataclasses
from datetime import timedelta

import pytest

from auth_service.accounts.roles import Role
from auth_service.app import create_app
from tests.channels.service import PAGE, PASSWORD, SAME_ORIGIN, Deployment, hidden, sign_in


@pytest.mark.asvs("6.3.8")
def test_a_wrong_name_and_a_wrong_password_are_answered_with_the_same_page(service: Deployment) -> None:
    client = service.client(headers=PAGE | SAME_ORIGIN)
    pages = []
    for name, password in (("monitor", "wrong-password-1"), ("nobody.here", "wrong-password-1"), ("", "")):
        answer = sign_in(client, name, password)
        assert answer.status_code == 401
        assert "auth_service=" not in answer.headers.get("set-cookie", "")
        pages.append(answer.text.replace(hidden(answer.text, "csrf_token"), ""))
    assert len(set(pages)) == 1
    assert "用户名、密码或密钥不正确" in pages[0]


def test_the_console_is_found_with_a_slash_at_the_end_too_and_names_the_agency(service: Deployment) -> None:
    app = create_app(dataclasses.replace(service.services, agency="唐山市社保局"))
    client = service.client(app, headers=PAGE)
    answer = client.get("/console/", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (308, "/console")
    assert "请联系唐山市社保局的系统管理员" in client.get("/console/sign-in").text
    assert "请联系本机构的系统管理员" in service.client(headers=PAGE).get("/console/sign-in").text


@pytest.mark.asvs("3.3.1", "3.3.2", "3.3.3", "3.3.4", "3.4.1")
def test_the_session_cookie_is_out_of_reach_of_scripts_and_other_sites(service: Deployment) -> None:
    secure = create_app(dataclasses.replace(service.services, cookie_secure=True, public_url="https://pension.example"))
    client = service.client(secure, headers=PAGE | SAME_ORIGIN)
    form = client.get("/console/sign-in")
    assert form.headers["Strict-Transport-Security"].startswith("max-age=63072000")
    token = form.cookies["__Host-auth_service_form"]
    answer = client.post(
        "/console/sign-in",
        data={"csrf_token": token, "username": "monitor", "password": PASSWORD},
        headers={"Cookie": f"__Host-auth_service_form={token}"},
    )
    cookie = next(c for c in answer.headers.get_list("set-cookie") if c.startswith("__Host-auth_service="))
    for attribute in ("HttpOnly", "Path=/", "SameSite=strict", "Secure"):
        assert attribute in cookie
    assert "Domain" not in cookie
    assert "Max-Age" not in cookie


@pytest.mark.asvs("7.3.1", "7.3.2")
def test_fifteen_idle_minutes_or_eight_hours_end_a_session(service: Deployment) -> None:
    client = service.sign_in(Role.MONITOR)
    service.clock.instant += timedelta(minutes=14)
    assert client.get("/console/flags").status_code == 200
    service.clock.instant += timedelta(minutes=16)
    assert client.get("/console/flags").headers["location"] == "/console/sign-in?next=/console/flags"
    again = service.sign_in(Role.MONITOR)
    for _ in range(48):
        service.clock.instant += timedelta(minutes=10)
        last = again.get("/console/flags").status_code
    assert last == 303


@pytest.mark.asvs("7.2.1", "7.4.1")
def test_signing_out_ends_the_session_on_the_server(service: Deployment) -> None:
    client = service.sign_in(Role.MONITOR)
    stolen = client.http.cookies["auth_service"]
    answer = client.post("/console/sign-out", data={"csrf_token": _csrf(client.get("/console/flags").text)})
    assert answer.headers["location"] == "/console/sign-in?ended=1"
    thief = service.client(headers=PAGE, cookies={"auth_service": stolen})
    assert thief.get("/console/flags").status_code == 303


def test_after_signing_in_the_visitor_lands_where_they_wanted_but_only_inside(service: Deployment) -> None:
    client = service.client(headers=PAGE | SAME_ORIGIN)
    wanted = f"/console/flags/{service.flag_id}"
    assert sign_in(client, "monitor", PASSWORD, next=wanted).headers["location"] == wanted
    for elsewhere in ("https://evil.example", "//evil.example", "/console/../x", "/console/flags\r\nX: y"):
        assert sign_in(client, "monitor", PASSWORD, next=elsewhere).headers["location"] == "/console"


@pytest.mark.asvs("3.5.1", "3.5.2")
@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {},
    ],
    ids=str,
)
def test_a_form_from_another_site_signs_nobody_in(service: Deployment, headers: dict[str, str]) -> None:
    client = service.client(headers=PAGE)
    token = hidden(client.get("/console/sign-in").text, "csrf_token")
    form = {"csrf_token": token, "username": "monitor", "password": PASSWORD}
    answer = client.post("/console/sign-in", data=form, headers=headers)
    assert answer.status_code == 403
    assert "auth_service" not in client.http.cookies


@pytest.mark.asvs("3.5.1")
def test_the_forms_own_token_is_needed_besides(service: Deployment) -> None:
    client = service.client(headers=PAGE | SAME_ORIGIN)
    client.get("/console/sign-in")
    form = {"username": "monitor", "password": PASSWORD}
    for token in ({}, {"csrf_token": ""}, {"csrf_token": "guess"}):
        assert client.post("/console/sign-in", data=form | token).status_code == 403


def test_a_browser_without_fetch_metadata_is_known_by_its_origin(service: Deployment) -> None:
    client = service.client(headers=PAGE)
    token = hidden(client.get("/console/sign-in").text, "csrf_token")
    form = {"csrf_token": token, "username": "monitor", "password": PASSWORD}
    answer = client.post("/console/sign-in", data=form, headers={"Origin": "http://127.0.0.1:8000"})
    assert answer.status_code == 303


def test_many_wrong_passwords_make_the_next_try_wait(service: Deployment) -> None:
    client = service.client(headers=PAGE | SAME_ORIGIN)
    statuses = [sign_in(client, "nobody.here", "wrong-password-1").status_code for _ in range(12)]
    assert statuses[0] == 401
    assert statuses[-1] == 429


def test_a_role_without_pages_is_told_so(service: Deployment) -> None:
    page = service.sign_in(Role.VILLAGE_WORKER).get("/console")
    assert page.status_code == 200
    assert "协办员" in page.text


def _csrf(page: str) -> str:
    return hidden(page, "csrf_token")


def test_a_browser_that_has_signed_in_is_not_held_up_by_others(service: Deployment) -> None:
    known = service.sign_in(Role.MONITOR)
    stranger = service.client(headers=PAGE | SAME_ORIGIN)
    assert sign_in(stranger, "monitor", PASSWORD + "x").status_code == 401
    for _ in range(11):
        last = sign_in(stranger, "monitor", "wrong-password-1").status_code
    assert last == 429
    assert sign_in(service.client(headers=PAGE | SAME_ORIGIN), "monitor", PASSWORD).status_code == 429
    assert sign_in(known, "monitor", PASSWORD).status_code == 303
