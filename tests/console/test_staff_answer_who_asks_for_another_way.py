"""The list of requests for another way: nothing lost, nobody named in full before somebody says why."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from auth_service.accounts.roles import Role
from auth_service.capture.other_way import Way
from auth_service.core.limits import LimitPolicy
from tests.channels.service import EILEEN, GRACE, NAMES, NOBODY, Client, Deployment, hidden
from tests.console.waiting import ask, person_of

PHONE = "13900001111"


@pytest.fixture
def officer(service: Deployment) -> Client:
    return service.sign_in(Role.OFFICER)


@pytest.fixture
def request_id(service: Deployment) -> str:
    return ask(service.wiring, person_of(service.wiring, EILEEN), service.clock.now() - timedelta(hours=3))


def post(client: Client, request_id: str, form: str, **fields: str) -> object:
    address = f"/console/requests/{request_id}"
    token = hidden(client.get(address).text, "csrf_token")
    return client.post(f"{address}/{form}", data={"csrf_token": token, **fields})


def test_who_waits_longest_comes_first_and_whom_nobody_can_call_is_counted(
    service: Deployment, officer: Client, request_id: str
) -> None:
    early = service.clock.now() - timedelta(days=2)
    earlier = ask(service.wiring, person_of(service.wiring, GRACE), early, Way.PHONE_CALL, "")
    fields = {"id_number": NOBODY, "name": "别人", "way": "counter"}
    headers = {"Idempotency-Key": "somebody-asks-once-0"}
    assert service.client().post("/v1/me/other-ways", json=fields, headers=headers).status_code < 300
    page = officer.get("/console/requests").text
    assert page.index(earlier) > 0
    found = re.findall(r'href="/console/requests/([0-9a-f]{32})"', page)
    assert set(found) == {earlier, request_id}
    assert found[0] == earlier
    for words in ("2 天前", "3 小时前", "预约上门", "请打电话给我", "留有电话", "没有留电话", "张**", "另有 1 个请求"):
        assert words in page
    for secret in (PHONE, EILEEN, NAMES[EILEEN]):
        assert secret not in page
    only = officer.get("/console/requests?way=phone_call").text
    assert earlier in only
    assert request_id not in only
    assert officer.get("/console/requests?cursor=nonsense").status_code == 422
    assert officer.get("/console/requests?state=<x>&way='--").status_code == 200


def test_pages_follow_one_another_without_gap_or_repetition(service: Deployment, officer: Client) -> None:
    person, now = person_of(service.wiring, EILEEN), service.clock.now()
    for place in range(27):
        ask(service.wiring, person, now - timedelta(minutes=place // 3), phone="")
    address, seen = "/console/requests", []
    while address:
        page = officer.get(address).text
        seen += re.findall(r'href="/console/requests/([0-9a-f]{32})"', page)
        found = re.search(r'href="([^"]+)" rel="next"', page)
        address = found.group(1).replace("&amp;", "&") if found else ""
    assert len(seen) == len(set(seen)) == 27


@pytest.mark.asvs("8.2.3", "14.2.6", "16.3.2")
def test_a_name_and_a_number_are_shown_with_a_reason_that_stays_in_the_trail(
    service: Deployment, officer: Client, request_id: str
) -> None:
    page = officer.get(f"/console/requests/{request_id}").text
    assert PHONE not in page
    assert NAMES[EILEEN] not in page
    for reason in ({}, {"reason": "because"}):
        answer = post(officer, request_id, "contact", **reason)
        assert answer.status_code == 422
        assert PHONE not in answer.text
    answer = post(officer, request_id, "contact", reason="call_back")
    assert answer.status_code == 200
    assert PHONE in answer.text
    assert NAMES[EILEEN] in answer.text
    assert answer.headers["cache-control"] == "no-store"
    assert PHONE not in officer.get(f"/console/requests/{request_id}").text, "once"
    with service.wiring.store.reading() as unit:
        told = [row.event for row in unit.audit.rows() if row.event.action == "contact.revealed"]
    assert [(event.details or {})["reason"] for event in told] == ["call_back"]
    auditor = service.sign_in(Role.AUDITOR)
    assert "您的角色可以查看，不能办理" in auditor.get(f"/console/requests/{request_id}").text
    assert post(auditor, request_id, "contact", reason="call_back").status_code == 403


@pytest.mark.asvs("2.4.1")
def test_one_member_of_staff_looks_at_fifty_people_a_day(service: Deployment, officer: Client, request_id: str) -> None:
    member = next(one for one in service.wiring.keep_staff.all() if one.role is Role.OFFICER)
    for _ in range(LimitPolicy().reveals_per_day):
        service.wiring.limit.reveal(member.id)
    answer = post(officer, request_id, "contact", reason="call_back")
    assert answer.status_code == 429
    assert PHONE not in answer.text


def test_what_was_done_is_written_down_and_the_request_leaves_the_list(
    service: Deployment, officer: Client, request_id: str
) -> None:
    answer = post(officer, request_id, "done", note=" ")
    assert answer.status_code == 422
    assert "请写明理由" in answer.text
    answer = post(officer, request_id, "done", note="已电话约定<b>周三</b>上门")
    assert answer.headers["location"] == f"/console/requests/{request_id}?recorded=1"
    page = officer.get(answer.headers["location"]).text
    assert "已标为已办" in page
    assert "已电话约定&lt;b&gt;周三&lt;/b&gt;上门" in page
    assert request_id not in officer.get("/console/requests").text
    assert request_id in officer.get("/console/requests?state=done").text
    assert "已被他人处理" in post(officer, request_id, "done", note="又一次").text
    assert officer.get(f"/console/requests/{'0' * 32}").status_code == 404
