"""A capture session as the beneficiary's page goes through it: real application, engine and database."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from auth_service.app import create_app
from auth_service.wiring import Wiring
from tests.channels.phone_client import BASE, CONSENT, PhonePage, page, plan, small, still
from tests.channels.service import BASE as SITE
from tests.channels.service import EILEEN, NAMES, NOBODY, Deployment
from tests.puppet.camera import Puppet, Setting
from tests.puppet.cast import player
from tests.puppet.seeing import SMALL

_COOKIE = "auth_service_capture"
_LEAKS = ("score", "layer", "liveness", "pad", "challenge_", "geometry", "flash_absent", "cosine", "person_id", "nonce")


@pytest.fixture(scope="module")
def portrait() -> bytes:
    """A frame of the puppet, in the page's size."""
    from auth_service.capture.challenge import Ask, Challenge, Motion, Route  # noqa: PLC0415
    from tests.puppet.conftest import COLOURS  # noqa: PLC0415

    asked = Challenge(Route.FLASH, (Ask(Motion.TURN_LEFT, 300), Ask(Motion.NOD, 300)), COLOURS)
    puppet = Puppet(player("eileen"), asked, 1, Setting(view=SMALL))
    return puppet.jpeg(puppet.picture(0.5))


def accepted(service: Deployment, portrait: bytes, number: str = EILEEN) -> PhonePage:
    """A session whose steps are all there: one picture again and again."""
    phone = page(service)
    phone.open(number)
    phone.start()
    for n in range(phone.count):
        answer = phone.step(small(still(service, n), portrait))
        assert answer.status_code == 200, answer.text
    return phone


@pytest.mark.asvs("7.2.1", "3.3.1", "3.3.2", "3.3.4")
def test_the_ticket_becomes_a_cookie_once_and_no_script_can_read_it(service: Deployment) -> None:
    phone = page(service)
    made = phone.opened(EILEEN).json()
    assert made["url"] == f"{SITE}/verify#t={made['id']}.{made['ticket']}"
    answer = phone.exchanged(made["id"], made["ticket"])
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith(f"{_COOKIE}=")
    assert {"HttpOnly", "Path=/", "SameSite=strict"} <= set(cookie.split("; "))
    assert "Domain" not in cookie
    again = page(service).exchanged(made["id"], made["ticket"])
    assert (again.status_code, again.json()["code"]) == (404, "session_unknown")


@pytest.mark.asvs("3.3.1", "3.3.3")
def test_over_https_the_cookie_belongs_to_this_host_alone(service: Deployment) -> None:
    secure = create_app(dataclasses.replace(service.services, cookie_secure=True))
    phone = PhonePage(service.client(secure))
    made = phone.opened(EILEEN).json()
    cookie = phone.exchanged(made["id"], made["ticket"]).headers["set-cookie"]
    assert cookie.startswith(f"__Host-{_COOKIE}=")
    assert "Secure" in cookie


@pytest.mark.asvs("8.2.2", "16.5.1")
def test_a_number_of_nobody_another_name_and_a_known_one_get_the_same_answers(
    service: Deployment, portrait: bytes
) -> None:
    seen = []
    for number, name in ((EILEEN, NAMES[EILEEN]), (EILEEN, "别人"), (NOBODY, "别人")):
        phone = page(service)
        opened = phone.opened(number, name=name)
        phone.exchanged(opened.json()["id"], opened.json()["ticket"])
        started = phone.start()
        for n in range(phone.count):
            phone.step(small(still(service, n), portrait))
        done = phone.complete()
        state = phone.state()
        seen.append((
            opened.status_code, sorted(opened.json()), started.status_code, sorted(started.json()),
            done.status_code, state.json()["state"],
        ))  # fmt: skip
        assert done.json()["outcome"] != "passed"
    assert seen[0] == seen[1] == seen[2]


def test_without_points_that_show_turns_a_session_ends_with_a_person_never_with_a_pass(
    service: Deployment, portrait: bytes
) -> None:
    phone = accepted(service, portrait)
    answer = phone.complete()
    assert answer.status_code == 200, answer.text
    assert answer.json()["outcome"] in {"in_review", "other_way"}
    assert "certificate" not in answer.json()
    assert phone.state().json()["result"] == answer.json()


def test_whoever_hands_in_again_is_told_the_same(service: Deployment, portrait: bytes) -> None:
    phone = accepted(service, portrait)
    first, again = phone.complete(), phone.complete()
    assert again.json() == first.json()
    assert again.headers["Idempotency-Replayed"] == "true"


def test_a_reload_asks_for_the_same_and_names_the_steps_that_are_kept(service: Deployment, portrait: bytes) -> None:
    phone = page(service)
    phone.open(EILEEN)
    assert phone.state().json()["state"] == "opened"
    phone.start()
    assert phone.step(small(still(service, 0), portrait)).json()["movement_seen"] is False
    asked, again = phone.asked, phone.start().json()
    assert again["challenge"] == asked["challenge"] == phone.state().json()["challenge"]
    assert (again["accepted"], phone.state().json()["accepted"]) == ([0], [0])
    assert (again["sealed"], phone.state().json()["sealed"]) == ([0], [0])


def test_what_is_asked_is_told_step_by_step_and_colours_when_the_person_is_ready(
    service: Deployment, portrait: bytes
) -> None:
    phone = page(service)
    phone.open(EILEEN)
    phone.start()
    for n in range(phone.count):
        told = phone.asked["challenge"]
        assert ([one["n"] for one in told["steps"]], told["flash"]) == (list(range(n + 1)), [])
        if n == phone.count - 1:
            assert len(phone.colours().json()["challenge"]["flash"]) == told["flashes"] == 8
        else:
            assert phone.colours().json()["code"] == "step_refused"
        assert phone.asked["step_in_ms"] > 0
        phone.step(small(still(service, n), portrait))
    other = phone.sent(small(still(service, 0, shift=3), portrait))
    assert other.json()["code"] == "step_conflict"


def test_an_answer_that_comes_too_late_is_asked_for_anew(service: Deployment, portrait: bytes) -> None:
    phone = page(service)
    phone.open(EILEEN)
    phone.start()
    service.clock.instant += timedelta(seconds=30)
    late = phone.step(small(still(service, 0), portrait))
    assert (late.status_code, late.json()["code"]) == (409, "step_late")
    phone.start()
    assert phone.step(small(still(service, 0), portrait)).status_code == 200


def test_a_step_sent_again_is_answered_again_and_other_pictures_for_it_are_refused(
    service: Deployment, portrait: bytes
) -> None:
    phone = page(service)
    phone.open(EILEEN)
    phone.start()
    sent = small(still(service, 0), portrait)
    assert phone.step(sent).json() == phone.step(sent).json()
    other = phone.step(small(still(service, 0, shift=7), portrait))
    assert (other.status_code, other.json()["code"]) == (409, "step_conflict")
    missing = phone.complete()
    assert (missing.status_code, missing.json()["code"]) == (409, "steps_missing")


def test_pictures_go_when_the_person_leaves(service: Deployment, portrait: bytes) -> None:
    phone = page(service)
    phone.open(EILEEN)
    phone.start()
    phone.step(small(still(service, 0), portrait))
    kept = service.wiring.store.reading
    with kept() as unit:
        assert len(unit.steps.kept(phone.id)) == 1
    assert phone.call("DELETE", f"{BASE}/{phone.id}").status_code == 204
    with kept() as unit:
        assert not unit.steps.kept(phone.id)
    assert phone.state().json()["code"] == "session_unknown"


@pytest.mark.asvs("3.5.1", "3.5.2", "3.5.3")
@pytest.mark.parametrize("headers", [{"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}, {}])
def test_no_other_site_can_act_in_a_session(service: Deployment, headers: dict[str, str]) -> None:
    phone = page(service)
    phone.open(EILEEN)
    for method, path in (("POST", "/start"), ("POST", "/complete"), ("POST", "/other-ways"), ("DELETE", "")):
        how = {"json": {"way": "counter"} if path == "/other-ways" else {}} if method == "POST" else {}
        answer = phone.client.request(
            method, f"{BASE}/{phone.id}{path}", headers=headers | {"Idempotency-Key": "k" * 16}, **how
        )
        assert (answer.status_code, answer.json()["code"]) == (403, "csrf_refused"), path
    made, keyed = phone.opened(EILEEN).json(), headers | {"Idempotency-Key": "k" * 16}
    planted = phone.client.post(f"{BASE}/{made['id']}/exchange", headers=keyed, json={"ticket": made["ticket"]})
    assert planted.status_code == 403
    assert phone.state().json()["state"] == "opened"


@pytest.mark.asvs("8.2.2", "7.2.1")
def test_another_sessions_cookie_opens_nothing(service: Deployment) -> None:
    one, other = page(service), page(service)
    one.open(EILEEN)
    other.open(NOBODY)
    one.id, other.id = other.id, one.id
    for phone in (one, other, page(service)):
        phone.id = phone.id or one.id
        for answer in (phone.state(), phone.start(), phone.complete(), phone.step(still(service, 0))):
            assert (answer.status_code, answer.json()["code"]) == (404, "session_unknown")


@pytest.mark.asvs("2.3.4")
def test_one_key_opens_one_session(service: Deployment) -> None:
    phone = page(service)
    first, again = phone.opened(EILEEN, "key-of-one-act"), phone.opened(EILEEN, "key-of-one-act")
    assert again.json() == first.json()
    assert again.headers["Idempotency-Replayed"] == "true"
    other = phone.opened(NOBODY, "key-of-one-act")
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"consent": None}, "consent_missing", "consent"),
        ({"consent": CONSENT | {"version": "1999-1"}}, "consent_missing", "consent"),
        ({"accommodations": ["cannot_turn"]}, "no_challenge_left", None),
        ({"id_number": "130202194805120000"}, "id_number_check_digit", None),
        ({"route": "sideways"}, "request_invalid", "route"),
        ({"more": 1}, "request_invalid", "more"),
        ({"name": ""}, "request_invalid", "name"),
    ],
)
def test_what_cannot_be_opened_says_why(
    service: Deployment, change: dict[str, object], code: str, field: str | None
) -> None:
    answer = page(service).call("POST", BASE, json=plan(EILEEN) | change)
    assert answer.json()["code"] == code, answer.text
    assert field is None or answer.json()["field"] == field
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.asvs("2.4.1")
def test_one_address_opens_ten_a_minute_and_then_waits(service: Deployment) -> None:
    phone = page(service)
    told = [phone.opened(NOBODY).status_code for _ in range(11)]
    assert told == [201] * 10 + [429]
    wish = phone.call("POST", "/v1/me/other-ways", json={"way": "counter", "id_number": NOBODY, "name": "别人"})
    assert wish.status_code == 429


@pytest.mark.asvs("8.2.2")
def test_a_stranger_elsewhere_uses_up_nobodys_tries(service: Deployment) -> None:
    """Whoever knows an ID number can have challenges drawn for it, and is alone in having used them up."""
    stranger = PhonePage(service.client(address="192.0.2.66"))
    for _ in range(8):
        stranger.open(EILEEN)
        assert stranger.start().status_code == 200
    stranger.open(EILEEN)
    assert stranger.start().json()["code"] == "attempts_used_up"
    at_home = PhonePage(service.client(address="192.0.2.7"))
    at_home.open(EILEEN)
    assert at_home.start().status_code == 200


def test_another_way_is_asked_for_by_anybody_and_the_answer_is_always_the_same(service: Deployment) -> None:
    phone = page(service)
    phone.open(EILEEN)
    told = [phone.call("POST", f"{BASE}/{phone.id}/other-ways", json={"way": "home_visit", "phone": "13900000000"})]
    for number, name in ((EILEEN, NAMES[EILEEN]), (EILEEN, "别人"), (NOBODY, "别人")):
        body = {"way": "counter", "id_number": number, "name": name}
        told.append(page(service).call("POST", "/v1/me/other-ways", json=body))
    assert {(answer.status_code, answer.text) for answer in told} == {(201, '{"received":true}')}


@pytest.mark.asvs("6.6.3", "8.2.2")
def test_a_code_is_sent_and_given_back_and_the_answer_tells_of_nobody(service: Deployment, tmp_path: Path) -> None:
    settings = service.wiring.settings.model_copy(update={"code_outbox": tmp_path / "out"})
    wiring = Wiring(settings, service.clock)
    wiring.__dict__.update(pool=service.wiring.pool, store=service.wiring.store)
    client = service.client(create_app(wiring.services()))
    told = []
    for number in (EILEEN, NOBODY):
        phone = PhonePage(client)
        phone.open(number)
        sent = phone.call("POST", f"{BASE}/{phone.id}/code", json={})
        given = phone.call("POST", f"{BASE}/{phone.id}/code/check", json={"code": "000000"})
        told.append((sent.status_code, sent.json(), given.status_code, given.json()["code"]))
    assert told[0] == told[1] == (200, {"received": True}, 422, "code_refused")
    without = page(service)
    without.open(EILEEN)
    assert without.call("POST", f"{BASE}/{without.id}/code", json={}).json()["code"] == "code_not_offered"


@pytest.mark.asvs("14.2.6")
def test_no_answer_tells_anything_of_liveness_or_of_who_is_known(service: Deployment, portrait: bytes) -> None:
    phone = page(service)
    answers = [phone.opened(EILEEN)]
    made = answers[0].json()
    phone.exchanged(made["id"], made["ticket"])
    answers.append(phone.start())
    answers += [phone.step(small(still(service, n), portrait)) for n in range(phone.count)]
    answers += [phone.complete(), phone.state()]
    for answer in answers:
        names = json.dumps(list(_names(answer.json())))
        assert not [word for word in _LEAKS if word in names], answer.text


def _names(value: object) -> Sequence[str]:
    if isinstance(value, dict):
        return [*value, *(name for one in value.values() for name in _names(one))]
    return [name for one in value for name in _names(one)] if isinstance(value, list) else []


@pytest.mark.asvs("3.3.1", "3.3.2")
def test_a_phone_keeps_a_random_mark_that_names_nobody(service: Deployment) -> None:
    phone = page(service)
    cookies = [phone.opened(EILEEN).headers.get_list("set-cookie") for _ in range(2)]
    marks = [one for given in cookies for one in given if one.startswith("auth_service_phone=")]
    assert len(marks) == 2
    assert marks[0] == marks[1], "the same phone"
    assert {"HttpOnly", "Path=/", "SameSite=strict", "Max-Age=31536000"} <= set(marks[0].split("; "))
    other = page(service).opened(EILEEN).headers.get_list("set-cookie")
    assert other[0].split("; ")[0] != marks[0].split("; ")[0]
    phone.client.http.cookies.set("auth_service_phone", EILEEN)
    assert EILEEN not in phone.opened(EILEEN).headers["set-cookie"], "what is no mark of ours is replaced"
