"""A kiosk comes into the registry and goes through a capture session: real application, engine and database."""

from __future__ import annotations

import dataclasses
import io
import json
from datetime import timedelta

import PIL.Image
import pytest
from sqlalchemy import text

from auth_service.app import create_app
from auth_service.core.audit_facts import DECIDED
from auth_service.core.ids import new_id
from auth_service.settings import Settings
from tests.channels.kiosk_client import AUTHORITY, KIOSK, WORDS, Kiosk, code_for, keepers, kiosk, still_session
from tests.channels.phone_client import BASE, PhonePage, still
from tests.channels.service import EILEEN, NAMES, NOBODY, SAME_ORIGIN, Deployment, id_number, jpeg
from tests.signing import Call, Key, signed, with_digest


def events(service: Deployment) -> list[tuple[str, str, str]]:
    with service.wiring.store.reading() as unit:
        rows = [row.event for row in unit.audit.rows()]
    return [(row.action, row.actor.split(":")[0], row.subject) for row in rows if row.action.startswith("device.")]


@pytest.mark.asvs("2.3.5")
def test_a_one_time_code_and_a_key_make_a_device_and_every_act_is_audited(service: Deployment) -> None:
    device_id, code = code_for(service)
    terminal = Kiosk(service, service.client(), Key())
    answer = terminal.enrol(code.upper().replace("-", " "))
    assert answer.status_code == 201, answer.text
    told = answer.json()
    assert (told["device_id"], told["state"], told["lens_profile"], told["counter"]) == (device_id, "active", "wide", 0)
    assert told["lens"] == {"degrees": 78.0, "near_cm": 40, "far_cm": 80}
    assert told == terminal.status().json()
    assert terminal.enrol(code).json() == told, "whoever lost the answer asks again"
    named = f"device:{device_id}"
    assert events(service) == [
        ("device.created", "staff", named), ("device.approved", "staff", named), ("device.enrolled", "device", named),
    ]  # fmt: skip


def test_a_code_is_good_once_for_whoever_signs_with_the_key_they_bring_and_after_two_people(
    service: Deployment,
) -> None:
    one, other = keepers(service)
    device, code = service.wiring.keep_devices.create(WORDS, one)
    first, second = (Kiosk(service, service.client(), Key()) for _ in range(2))
    refused = first.enrol(code)
    assert (refused.status_code, refused.json()["code"]) == (403, "enrolment_code_refused"), "nobody else approved it"
    service.wiring.keep_devices.approve(device.id, other)
    assert first.enrol("x" * 28).json()["code"] == "enrolment_code_refused"
    assert first.enrol(code).status_code == 201
    assert second.enrol(code).json()["code"] == "enrolment_code_refused"
    _, late = code_for(service)
    service.clock.instant += timedelta(hours=24)
    assert second.enrol(late).json()["code"] == "enrolment_code_refused"


def test_nobody_enrols_a_key_that_did_not_sign(service: Deployment) -> None:
    _, code = code_for(service)
    mine, anothers = Key(), Key()
    given = json.dumps({"code": code, "public_key": anothers.public_text}).encode()
    call = with_digest(Call("POST", AUTHORITY, f"{KIOSK}/enrolments", body=given), "application/json")
    for signer in (mine, Key(mine.private, anothers.public_text)):
        headers = signed(call, signer, service.clock.now())
        answer = service.client().request("POST", call.path, headers=headers, content=given)
        assert (answer.status_code, answer.json()["code"]) == (401, "signature_invalid")


def test_a_session_goes_as_the_phones_and_a_number_of_nobody_is_told_the_same(service: Deployment) -> None:
    terminal, seen = kiosk(service), []
    for number, name in ((EILEEN, NAMES[EILEEN]), (EILEEN, None), (EILEEN, "别人"), (NOBODY, None)):
        opened = terminal.opened(number, name=name, card={"read": True})
        terminal.session, terminal.token, terminal.nonce = opened.json()["id"], opened.json()["token"], ""
        assert terminal.held("GET").json()["state"] == "opened"
        started = terminal.start()
        for n in range(terminal.count):
            assert terminal.step(still(service, n)).status_code == 200
        done = terminal.complete()
        assert terminal.held("GET").json()["result"] == done.json()
        assert terminal.complete().headers["Idempotency-Replayed"] == "true"
        seen.append((opened.status_code, sorted(opened.json()), started.status_code, sorted(started.json()),
                     done.status_code))  # fmt: skip
        assert done.json()["outcome"] != "passed"
    assert all(one == seen[0] for one in seen)
    with service.wiring.store.reading() as unit:
        decided = [row.event.details["channel"] for row in unit.audit.rows() if row.event.action == DECIDED]
    assert decided[-4:] == ["kiosk"] * 4


def test_a_session_is_its_devices_and_its_channels_alone(service: Deployment) -> None:
    terminal, other = kiosk(service), kiosk(service)
    terminal.open(EILEEN)
    terminal.start()
    other.session, other.token, other.nonce = terminal.session, terminal.token, terminal.nonce
    for method, what, given in (
        ("GET", "", None), ("POST", "start", {}), ("POST", "complete", {}), ("DELETE", "", None),
    ):  # fmt: skip
        stolen = other.held(method, what, given)
        assert (stolen.status_code, stolen.json()["code"]) == (404, "session_unknown")
    browser = PhonePage(service.client())
    browser.client.http.cookies.set("auth_service_capture", f"{terminal.token}.{terminal.nonce}")
    answer = browser.client.get(f"{BASE}/{terminal.session}", headers=SAME_ORIGIN)
    assert (answer.status_code, answer.json()["code"]) == (404, "session_unknown"), "unsigned it goes on nowhere"
    phone = PhonePage(service.client())
    phone.open(EILEEN)
    cookie = dict(phone.client.http.cookies)["auth_service_capture"]
    terminal.session, terminal.token, terminal.nonce = phone.id, cookie.split(".")[0], ""
    assert terminal.start().json()["code"] == "session_unknown"


def test_the_wrong_nonce_or_none_hands_nothing_in(service: Deployment) -> None:
    terminal = kiosk(service)
    still_session(terminal, EILEEN)
    right, terminal.nonce = terminal.nonce, "0" * 32
    assert terminal.complete().json()["code"] == "session_unknown"
    terminal.nonce = ""
    assert terminal.complete().json()["code"] == "session_unknown"
    terminal.nonce = right
    assert terminal.complete().status_code == 200


def test_opening_again_with_the_same_key_gives_the_same_session(service: Deployment) -> None:
    terminal, key = kiosk(service), new_id()
    first, again = terminal.opened(EILEEN, key=key), terminal.opened(EILEEN, key=key)
    assert (again.json(), again.headers["Idempotency-Replayed"]) == (first.json(), "true")


def test_without_a_consent_to_this_very_text_nothing_is_opened(service: Deployment) -> None:
    terminal = kiosk(service)
    for consent in (None, {"version": "2026-11-28", "language": "zh"}):
        answer = terminal.opened(EILEEN, consent=consent)
        assert (answer.status_code, answer.json()["code"]) == (422, "consent_missing")


def test_another_way_is_open_with_a_session_and_without_one(service: Deployment) -> None:
    terminal = kiosk(service)
    terminal.open(EILEEN)
    assert terminal.held("POST", "other-ways", {"way": "counter"}).json() == {"received": True}
    given = {"way": "home_visit", "id_number": EILEEN, "phone": "0315-1234567"}
    assert terminal.call("POST", f"{KIOSK}/other-ways", given).status_code == 201
    asked = service.wiring.store.queries.requests(limit=5).rows
    assert [(row.way.value, row.channel.value) for row in asked] == [("counter", "kiosk"), ("home_visit", "kiosk")]


def test_one_kiosk_has_caps_of_its_own_and_no_other_waits_for_it(service: Deployment) -> None:
    terminal, other = kiosk(service), kiosk(service)
    for serial in range(60):
        assert terminal.opened(id_number(200 + serial)).status_code == 201
    full = terminal.opened(id_number(300))
    assert (full.status_code, full.json()["code"], full.json()["retryable"]) == (429, "attempts_used_up", False)
    assert int(full.headers["Retry-After"]) > 0
    assert terminal.opened(id_number(301)).status_code == 429
    (line,) = service.wiring.store.queries.flags("open", rule_id="V01", limit=5).rows
    assert line.device == (WORDS.name, WORDS.owner), "a monitor hears of it once a day"
    assert terminal.opened(id_number(200)).status_code == 201, "whoever was named already is no further person"
    assert other.opened(id_number(300)).status_code == 201


def test_a_device_that_is_set_aside_starts_nothing_and_is_told_so(service: Deployment) -> None:
    terminal = kiosk(service)
    one, other = keepers(service)
    keep = service.wiring.keep_devices
    keep.quarantine(terminal.id, one)
    answer = terminal.opened(EILEEN)
    assert (answer.status_code, answer.json()["code"]) == (403, "device_quarantined")
    assert terminal.status().json()["state"] == "quarantined"
    given = {"way": "counter", "id_number": EILEEN}
    assert terminal.call("POST", f"{KIOSK}/other-ways", given).status_code == 201, "people are not harmed"
    assert keep.release(terminal.id, one) is False
    assert terminal.opened(EILEEN).status_code == 403
    assert keep.release(terminal.id, other) is True
    assert terminal.opened(EILEEN).status_code == 201


@pytest.mark.asvs("7.4.5")
def test_a_device_that_is_revoked_is_refused_from_the_next_request_on(service: Deployment) -> None:
    terminal = kiosk(service)
    still_session(terminal, EILEEN)
    service.wiring.keep_devices.revoke(terminal.id, keepers(service)[0])
    for answer in (terminal.complete(), terminal.status(), terminal.opened(EILEEN)):
        assert (answer.status_code, answer.json()["code"]) == (401, "device_refused")


def chip_rows(service: Deployment) -> list[tuple[str | None, str | None]]:
    with service.wiring.store._database.reading() as connection:
        found = connection.execute(text("SELECT live_zone, enrolled_zone FROM chip_comparisons")).all()
    return [(row[0], row[1]) for row in found]


def test_the_portrait_of_a_card_is_compared_and_lies_nowhere(service: Deployment) -> None:
    terminal = kiosk(service)
    still_session(terminal, EILEEN, card={"read": True})
    portrait = service.portraits.eileen
    answer = terminal.held("POST", "complete", files=[("portrait", ("chip.jpg", portrait, "image/jpeg"))])
    assert answer.status_code == 200, answer.text
    assert chip_rows(service) == [(None, "match")], "a still picture is no living face, so the card says nothing of it"
    assert answer.json()["outcome"] != "passed"
    home = service.wiring.settings.home
    assert not [path for path in home.rglob("*") if path.is_file() and portrait[:2000] in path.read_bytes()]


def test_the_form_of_a_portrait_holds_one_picture_and_nothing_else(service: Deployment) -> None:
    terminal = kiosk(service)
    still_session(terminal, EILEEN)
    picture = ("chip.jpg", service.portraits.eileen, "image/jpeg")
    for files, status in (
        ([("photo", picture)], 422), ([("portrait", picture), ("portrait", picture)], 400),
        ([("portrait", ("chip.jpg", b"x" * 600_000, "image/jpeg"))], 413), ([("portrait", (None, "x"))], 400),
    ):  # fmt: skip
        answer = terminal.held("POST", "complete", files=files)
        assert answer.status_code == status, answer.text
    assert terminal.complete().status_code == 200, "the session is not spent by a wrong form"


def test_a_film_or_picture_before_a_kiosks_camera_raises_v05_about_the_device(service: Deployment) -> None:
    terminal = kiosk(service)
    held_up = jpeg(PIL.Image.open(io.BytesIO(service.portraits.eileen)).resize((560, 630)))
    terminal.open(EILEEN)
    terminal.start()
    for n in range(terminal.count):
        step = still(service, n)
        enrolled = tuple(dataclasses.replace(one, data=held_up) for one in step.frames)
        assert terminal.step(dataclasses.replace(step, frames=enrolled)).status_code == 200
    assert terminal.complete().json()["outcome"] == "in_review", "the enrolled photo itself was held up"
    (line,) = service.wiring.store.queries.flags("open", rule_id="V05", limit=5).rows
    assert line.device == ("一号机", "唐山农商行")
    assert line.person_keys == ()


def test_somebody_at_a_kiosk_calls_for_a_person_and_staff_see_where(service: Deployment) -> None:
    terminal = kiosk(service)
    assert terminal.call("POST", f"{KIOSK}/staff-calls", {}).json() == {"received": True}
    assert terminal.call("POST", f"{KIOSK}/staff-calls", {"name": "王"}).status_code == 400, "nobody is named"
    (device,) = service.wiring.keep_devices.all()
    assert (device.staff_called_at, device.tampered) == (service.clock.now(), False)
    assert ("device.staff_called", "device", f"device:{terminal.id}") in events(service)


def test_nobody_is_served_there_unless_the_agency_has_said_so(service: Deployment) -> None:
    assert not Settings().kiosk
    client = service.client(create_app(dataclasses.replace(service.services, kiosk_calls=False)))
    for method, path in (("GET", f"{KIOSK}/status"), ("POST", f"{KIOSK}/enrolments")):
        assert client.request(method, path).status_code == 404
    assert not [path for path in client.get("/openapi.json").json()["paths"] if "kiosk" in path]
