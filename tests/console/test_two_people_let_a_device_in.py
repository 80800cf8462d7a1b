"""The registry of devices on the console: one person enters, another approves; one ends, two let in again."""

from __future__ import annotations

import re
from datetime import timedelta

import httpx
import pytest
from sqlalchemy import text

from auth_service.accounts.roles import Role
from tests.channels.kiosk_client import Kiosk, keepers
from tests.channels.service import PAGE, PASSWORD, SAME_ORIGIN, Client, Deployment, hidden, sign_in
from tests.signing import Key

LIST = "/console/devices"
ENTRY = {"name": "一号机", "owner": "唐山农商行", "region": "130202", "place": "解放路支行", "lens": "wide"}
CODE = re.compile(r"(?:[a-z2-9]{4}-){6}[a-z2-9]{4}")


@pytest.fixture
def one(service: Deployment) -> Client:
    return service.sign_in(Role.SECURITY_ADMIN)


@pytest.fixture
def other(service: Deployment) -> Client:
    second = keepers(service)[1]
    client = service.client(headers=PAGE | SAME_ORIGIN)
    assert sign_in(client, second.username, PASSWORD).status_code == 303
    return client


def post(client: Client, path: str, **fields: str) -> httpx.Response:
    token = hidden(client.get(LIST).text, "csrf_token")
    return client.post(path, data={"csrf_token": token, **fields})


def entered(service: Deployment, client: Client) -> tuple[str, str]:
    """Device id and code, as the page shows them."""
    page = post(client, LIST, **ENTRY).text
    (device,) = service.wiring.keep_devices.all()
    found = CODE.search(page)
    assert found is not None, page
    return device.id, found[0]


def test_a_device_is_entered_approved_enrolled_set_aside_let_in_and_ended(
    service: Deployment, one: Client, other: Client
) -> None:
    device_id, code = entered(service, one)
    assert not CODE.search(one.get(LIST).text), "shown once"
    assert f"{device_id}/approve" not in one.get(LIST).text, "whoever entered it is not asked to approve"
    assert f"{device_id}/approve" in other.get(LIST).text
    assert "1 件待处理" in other.get("/console").text or other.get("/console").status_code == 303
    refused = post(one, f"{LIST}/{device_id}/approve")
    assert refused.status_code == 403
    assert "两名不同的人员" in refused.text
    assert post(other, f"{LIST}/{device_id}/approve").headers["location"] == f"{LIST}?recorded=1"
    terminal = Kiosk(service, service.client(), Key())
    assert terminal.enrol(code).status_code == 201
    terminal.status()
    assert "刚刚" in one.get(LIST).text, "heard of just now"
    for client, act, state in (
        (one, "quarantine", "quarantined"), (one, "release", "quarantined"), (other, "release", "active"),
        (other, "revoke", "revoked"),
    ):  # fmt: skip
        post(client, f"{LIST}/{device_id}/{act}")
        page = one.get(LIST).text
        assert f'<span class="pill {state}">' in page, act
        assert ("由工作人员隔离" in page, "已有人提议解除" in page) == (
            state == "quarantined",
            (act, state) == ("release", "quarantined"),
        )
    assert terminal.status().json()["code"] == "device_refused"
    assert post(other, f"{LIST}/{device_id}/approve").status_code == 409
    with service.wiring.store.reading() as unit:
        acts = [row.event.action for row in unit.audit.rows() if row.event.action.startswith("device.")]
    assert acts == [
        "device.created", "device.approved", "device.enrolled", "device.quarantined", "device.release_proposed",
        "device.released", "device.revoked",
    ]  # fmt: skip


def test_the_form_keeps_what_was_written_and_says_what_is_lacking(service: Deployment, one: Client) -> None:
    for wrong in ({"region": "13020"}, {"name": " "}, {"owner": "行" * 101}, {"lens": "fish"}):
        answer = post(one, LIST, **(ENTRY | wrong))
        assert answer.status_code == 422, wrong
        assert 'role="alert"' in answer.text
        assert ENTRY["place"] in answer.text
    assert service.wiring.keep_devices.all() == []
    assert post(one, f"{LIST}/{'0' * 32}/revoke").status_code == 404
    assert post(one, f"{LIST}/{'0' * 32}/explode").status_code == 404


@pytest.mark.asvs("7.5.3")
def test_after_five_minutes_each_act_asks_for_the_password_again(service: Deployment, one: Client) -> None:
    device_id, _ = entered(service, one)
    service.clock.instant += timedelta(minutes=6)
    assert 'type="password"' in one.get(LIST).text
    assert post(one, f"{LIST}/{device_id}/revoke").status_code == 403
    assert post(one, f"{LIST}/{device_id}/revoke", password="wrong").status_code == 401
    assert post(one, f"{LIST}/{device_id}/revoke", password=PASSWORD).status_code == 303
    assert service.wiring.keep_devices.all()[0].state == "revoked"


def test_a_record_that_was_changed_is_shown_as_such_and_can_be_ended(service: Deployment, one: Client) -> None:
    device_id, _ = entered(service, one)
    with service.wiring.store._database.writing() as connection:
        connection.execute(text("UPDATE devices SET guard = :none"), {"none": b""})
    page = one.get(LIST).text
    assert "记录被改动" in page
    assert f"{device_id}/revoke" in page
    assert f"{device_id}/approve" not in page
    assert post(one, f"{LIST}/{device_id}/revoke").status_code == 303


def test_a_flag_about_a_device_says_which_machine_it_is(service: Deployment, one: Client, other: Client) -> None:
    device_id, code = entered(service, one)
    post(other, f"{LIST}/{device_id}/approve")
    terminal = Kiosk(service, service.client(), Key())
    terminal.enrol(code)
    terminal.skew = timedelta(minutes=10)
    assert terminal.status().json()["code"] == "clock_skew"
    monitor = service.sign_in(Role.MONITOR)
    page = monitor.get("/console/flags?rule=V09").text
    assert "一号机 · 唐山农商行" in page
    (flag_id,) = re.findall(r"/console/flags/([0-9a-f]{32})", page)
    one_flag = monitor.get(f"/console/flags/{flag_id}").text
    assert "解放路支行" in one_flag
    assert "时钟快了五分钟以上" in one_flag
    assert "设备时钟不准" in one_flag, "a wrong clock has words of its own"
    assert "一号机" in monitor.get("/console/flags?rule=V09&region=130202").text
    assert "一号机" not in monitor.get("/console/flags?rule=V09&region=130203").text
