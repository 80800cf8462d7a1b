"""The list, one flag, its photos, and the judgement."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from auth_service.accounts.roles import Role
from auth_service.core.audit import verify as verify_chain
from tests.channels.service import EILEEN, NAMES, PASSWORD, SAME_ORIGIN, Client, Deployment, hidden, more_flags


@pytest.fixture
def monitor(service: Deployment) -> Client:
    return service.sign_in(Role.MONITOR)


def _judge(client: Client, flag_id: str, **fields: str) -> object:
    page = client.get(f"/console/flags/{flag_id}").text
    form = {"csrf_token": hidden(page, "csrf_token"), "after": hidden(page, "after"), **fields}
    return client.post(f"/console/flags/{flag_id}/judgements", data=form)


def test_the_list_shows_what_waits_and_says_so_when_nothing_does(service: Deployment, monitor: Client) -> None:
    page = monitor.get("/console/flags").text
    assert f"/console/flags/{service.flag_id}" in page
    assert "采集画面是已有照片的复制" in page
    assert "紧急" in page
    assert "路南区 130202" in page
    _judge(monitor, service.flag_id, verdict="false_flag", reason="家属重复提交")
    page = monitor.get("/console/flags").text
    assert "没有待处理的疑点" in page
    assert "state=needs_check" in page


def test_filters_narrow_the_list_and_unknown_ones_are_ignored(service: Deployment, monitor: Client) -> None:
    more_flags(service, 3)
    assert monitor.get("/console/flags?severity=high").text.count("证件号码有误</a>") == 3
    assert service.flag_id not in monitor.get("/console/flags?rule=I01").text
    assert service.flag_id in monitor.get("/console/flags?region=1302").text
    assert service.flag_id not in monitor.get("/console/flags?region=44").text
    assert monitor.get("/console/flags?severity=<script>&rule='--&state=x&region=%25").text.count("<td class") > 4
    assert "没有符合条件的疑点" in monitor.get("/console/flags?state=false_flag").text


def test_pages_follow_one_another_without_gap_or_repetition(service: Deployment, monitor: Client) -> None:
    more_flags(service, 60)
    address, seen = "/console/flags", []
    while address:
        page = monitor.get(address).text
        seen += re.findall(r'href="/console/flags/([0-9a-f]{32})"', page)
        found = re.search(r'href="([^"]+)" rel="next"', page)
        address = found.group(1).replace("&amp;", "&") if found else ""
    assert len(seen) == len(set(seen)) == 61
    assert seen[0] == service.flag_id
    assert monitor.get("/console/flags?cursor=nonsense").status_code == 422


@pytest.mark.asvs("14.2.6")
def test_one_flag_says_what_it_means_and_names_nobody_in_full(service: Deployment, monitor: Client) -> None:
    page = monitor.get(f"/console/flags/{service.flag_id}").text
    for words in ("为什么提示", "逐个像素相同", "建议怎么做", "本次提交的画面", "登记照片", "城乡居民养老", "张**"):
        assert words in page
    assert EILEEN not in page
    assert NAMES[EILEEN] not in page


@pytest.mark.asvs("5.3.2", "8.2.2", "16.3.2")
def test_photos_come_only_through_their_flag_and_every_look_is_written_down(
    service: Deployment, monitor: Client
) -> None:
    def looks() -> int:
        with service.wiring.store.reading() as unit:
            return sum(row.event.action == "photo.seen" for row in unit.audit.rows())

    before = looks()
    photo = monitor.get(f"/console/flags/{service.flag_id}/photos/probe")
    assert photo.headers["content-type"] == "image/jpeg"
    assert photo.content[:3] == b"\xff\xd8\xff"
    assert photo.headers["cache-control"] == "no-store"
    assert photo.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in photo.headers["content-security-policy"]
    assert looks() == before + 1
    for path in (f"{service.flag_id}/photos/other_reference", f"{'0' * 32}/photos/probe", f"{'0' * 32}"):
        assert monitor.get(f"/console/flags/{path}").status_code == 404
    with service.wiring.store.reading() as unit:
        assert verify_chain(unit.audit.rows(), *unit.audit.head()).ok


@pytest.mark.asvs("8.2.3")
def test_an_auditor_reads_the_flag_but_sees_no_face(service: Deployment) -> None:
    auditor = service.sign_in(Role.AUDITOR)
    page = auditor.get(f"/console/flags/{service.flag_id}").text
    assert "不能查看人脸照片" in page
    assert "<textarea" not in page
    assert "/photos/" not in page


def test_a_judgement_stays_with_its_reason_and_its_author(service: Deployment, monitor: Client) -> None:
    answer = _judge(monitor, service.flag_id, verdict="needs_check", reason="<b>已电话联系</b>\n待上门")
    assert answer.headers["location"] == f"/console/flags/{service.flag_id}?judged=1"
    page = monitor.get(answer.headers["location"]).text
    assert "已记录您的判断" in page
    assert "&lt;b&gt;已电话联系&lt;/b&gt;" in page
    assert "monitor，2026-03-10 10:00" in page
    _judge(monitor, service.flag_id, verdict="false_flag", reason="本人已到窗口")
    page = monitor.get(f"/console/flags/{service.flag_id}").text
    assert page.index("本人已到窗口") < page.index("已电话联系")


@pytest.mark.parametrize(
    ("fields", "status", "words"),
    [
        ({"verdict": "false_flag", "reason": "  "}, 422, "请写明理由"),
        ({"verdict": "false_flag", "reason": "长" * 1001}, 422, "内容过长"),
        ({"verdict": "guilty", "reason": "写好的理由"}, 422, "内容格式不正确"),
        ({"verdict": "false_flag", "reason": "写好的理由", "after": "0" * 32}, 409, "已被他人处理"),
    ],
)
def test_what_the_form_lacks_is_said_on_the_page_and_nothing_typed_is_lost(
    service: Deployment, monitor: Client, fields: dict[str, str], status: int, words: str
) -> None:
    answer = _judge(monitor, service.flag_id, **fields)
    assert answer.status_code == status
    assert words in answer.text
    assert fields["reason"] in answer.text
    assert "还没有人处理" in answer.text


@pytest.mark.asvs("7.5.3")
def test_a_judgement_asks_for_the_password_again_after_five_minutes_as_the_review_desk_does(
    service: Deployment, monitor: Client
) -> None:
    """A flag that is waved off at a screen that somebody left open is what an insider wants."""
    service.clock.instant += timedelta(minutes=4, seconds=59)
    page = monitor.get(f"/console/flags/{service.flag_id}").text
    assert 'type="password"' not in page
    form = {"csrf_token": hidden(page, "csrf_token"), "after": "", "verdict": "false_flag", "reason": "写好的理由"}
    service.clock.instant += timedelta(seconds=1)
    assert 'type="password"' in monitor.get(f"/console/flags/{service.flag_id}").text
    address = f"/console/flags/{service.flag_id}/judgements"
    for password, status, words in (("", 403, "请再输一次密码"), ("wrong-password-1", 401, "密码或密钥不正确")):
        answer = monitor.post(address, data=form | {"password": password})
        assert answer.status_code == status
        assert words in answer.text
        assert "写好的理由" in answer.text
        assert "还没有人处理" in answer.text
    old = monitor.http.cookies["auth_service"]
    answer = monitor.post(address, data=form | {"password": PASSWORD})
    assert answer.headers["location"] == f"/console/flags/{service.flag_id}?judged=1"
    assert monitor.http.cookies["auth_service"] != old, "a new session, and the old one has ended"


@pytest.mark.asvs("3.5.1", "3.5.2")
def test_a_forged_judgement_is_refused(service: Deployment, monitor: Client) -> None:
    address = f"/console/flags/{service.flag_id}/judgements"
    form = {"verdict": "false_flag", "reason": "伪造", "after": ""}
    token = hidden(monitor.get("/console/flags").text, "csrf_token")
    stranger = service.sign_in(Role.MONITOR)
    others = hidden(stranger.get("/console/flags").text, "csrf_token")
    for fields, headers in (
        ({}, SAME_ORIGIN),
        ({"csrf_token": others}, SAME_ORIGIN),
        ({"csrf_token": token}, {"Sec-Fetch-Site": "cross-site"}),
        ({"csrf_token": token}, {"Sec-Fetch-Site": "same-site"}),
    ):
        assert monitor.post(address, data=form | fields, headers=headers).status_code == 403
    assert "还没有人处理" in monitor.get(f"/console/flags/{service.flag_id}").text


def test_pages_speak_english_when_asked_and_remember_it(service: Deployment, monitor: Client) -> None:
    page = monitor.get("/console/flags?lang=en")
    assert 'lang="en"' in page.text
    assert "A capture that copies a known photo" in page.text
    assert "Fund monitor" in page.text
    assert "Why it was raised" in monitor.get(f"/console/flags/{service.flag_id}").text
    assert 'lang="zh-CN"' in monitor.get("/console/flags?lang=zh").text


def test_error_pages_stand_in_the_same_design_and_offer_another_way(service: Deployment, monitor: Client) -> None:
    for path, status in (("/console/nowhere", 404), ("/nowhere", 404), (f"/console/flags/{'0' * 32}", 404)):
        page = monitor.get(path)
        assert page.status_code == status
        assert "可以改由窗口" in page.text
        assert page.headers["x-request-id"] in page.text
    officer = service.sign_in(Role.OFFICER)
    refused = officer.get("/console/flags")
    assert refused.status_code == 403
    assert "没有权限" in refused.text
