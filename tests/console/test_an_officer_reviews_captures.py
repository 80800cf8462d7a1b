"""The queue, one capture, its pictures, the decision, its undoing, and what follows when that is over."""

from __future__ import annotations

import io
import re
from datetime import timedelta

import PIL.Image
import pytest

from auth_service.accounts.roles import Role
from auth_service.core.audit import verify as verify_chain
from auth_service.qualification.decision import Outcome, Reason
from tests.channels.service import EILEEN, NAMES, PASSWORD, SAME_ORIGIN, Client, Deployment, hidden, sign_in
from tests.console.waiting import Waiting, capture, person_of, put


@pytest.fixture
def waiting(service: Deployment) -> str:
    """Somebody whose face was not surely the same, an hour ago."""
    return capture(service)


def decide(client: Client, evidence_id: str, **fields: str) -> object:
    page = client.get(f"/console/desk/{evidence_id}").text
    form = {"csrf_token": hidden(page, "csrf_token"), "after": hidden(page, "after"), "note": ""} | fields
    return client.post(f"/console/desk/{evidence_id}/decisions", data=form)


ACCEPT = {"verdict": "accepted", "reason": "same_features"}
SUSPECT = {"verdict": "suspected", "reason": "picture_or_screen"}
CANNOT = {"verdict": "cannot_tell", "reason": "too_poor"}


def actions(service: Deployment, action: str) -> int:
    with service.wiring.store.reading() as unit:
        return sum(row.event.action == action for row in unit.audit.rows())


def settle(service: Deployment, minutes: float = 10) -> dict[str, int]:
    service.clock.instant += timedelta(minutes=minutes)
    return dict(service.wiring.settle_reviews.run())


def test_one_capture_says_what_was_asked_what_each_check_saw_and_how_alike(
    service: Deployment, officer: Client, waiting: str
) -> None:
    page = officer.get(f"/console/desk/{waiting}").text
    for words in (
        "向本人左侧转头", "低头", "屏幕变换颜色", "看到动作", "共 7 帧，显示 4 帧", "像真实头部一样转动", "背景太简单",
        "必须通过",
        "0.934", "0.920", "0.948", "0.0056 % 至 0.017 %",
        "不够确定", "不保存分布图", "儿子", "52 秒", "张**", "yunet5", "工作人员采集",
    ):  # fmt: skip
        assert words in page, words
    assert page.count('<span class="swatch') == 8
    assert 'role="img" aria-labelledby="score-words"' in page
    assert EILEEN not in page
    assert NAMES[EILEEN] not in page


def test_what_the_machine_did_not_compare_is_compared_for_the_look_alone(service: Deployment, officer: Client) -> None:
    made = capture(service, Waiting(None, reasons=(Reason.LIVENESS_NOT_ENOUGH,)))
    page = officer.get(f"/console/desk/{made}").text
    assert "判定时没有比对" in page
    assert "相似度 1.000" in page, "its template is the enrolled photo's"
    with service.wiring.store.reading() as unit:
        stored = unit.evidence.get(made)
    assert stored is not None
    assert stored[0].comparison is None


def test_pages_of_the_desk_speak_english(service: Deployment, officer: Client, waiting: str) -> None:
    assert "Captures to review" in officer.get("/console/desk?lang=en").text
    page = officer.get(f"/console/desk/{waiting}").text
    for words in ("Asked to turn to the person’s own left", "moved as a body", "must be shown", "It is the person"):
        assert words in page


@pytest.mark.asvs("8.2.2", "14.2.1", "14.3.2", "16.3.2")
def test_every_look_at_a_face_is_written_down_and_kept_by_nobody(
    service: Deployment, officer: Client, waiting: str
) -> None:
    page = officer.get(f"/console/desk/{waiting}").text
    pictures = set(re.findall(r'<img src="(/console/[^"]+)"', page))
    assert len(pictures) == 1 + 1 + 16
    before = actions(service, "photo.seen")
    for address in pictures:
        answer = officer.get(address)
        assert answer.content[:3] == b"\xff\xd8\xff", address
        assert answer.headers["cache-control"] == "no-store"
        assert "sandbox" in answer.headers["content-security-policy"]
    assert actions(service, "photo.seen") == before + len(pictures)
    assert actions(service, "capture.seen") == 1
    for missing in (
        "photos/reference-9",
        "photos/other",
        "faces/reference-9",
        "frames/9/0",
        "frames/1/99",
        f"frames/{10**30}/0",
    ):
        assert officer.get(f"/console/desk/{waiting}/{missing}").status_code == 404
    assert officer.get(f"/console/desk/{'0' * 32}").status_code == 404
    assert officer.get(f"/console/desk/{'0' * 32}/photos/probe").status_code == 404
    with service.wiring.store.reading() as unit:
        assert verify_chain(unit.audit.rows(), *unit.audit.head()).ok


def test_what_a_phone_sent_reaches_a_browser_only_as_pixels(service: Deployment, officer: Client) -> None:
    buffer = io.BytesIO()
    PIL.Image.open(io.BytesIO(service.portraits.eileen_later)).save(buffer, "JPEG", comment=b"gps 39.63 118.18")
    made = put(service.wiring, person_of(service.wiring, EILEEN), (buffer.getvalue(),), service.clock.now())
    answer = officer.get(f"/console/desk/{made}/frames/1/0")
    assert answer.status_code == 200
    assert b"gps" in buffer.getvalue()
    assert b"gps" not in answer.content


@pytest.mark.asvs("8.2.3")
def test_an_auditor_reads_the_evidence_and_sees_no_face_and_decides_nothing(service: Deployment, waiting: str) -> None:
    auditor = service.sign_in(Role.AUDITOR)
    page = auditor.get(f"/console/desk/{waiting}").text
    assert "不能查看人脸照片" in page
    assert "/photos/" not in page
    assert "/frames/" not in page
    assert "<textarea" not in page
    assert auditor.get(f"/console/desk/{waiting}/photos/probe").status_code == 403


def test_an_acceptance_becomes_a_certificate_of_the_captures_day_once_it_cannot_be_undone(
    service: Deployment, officer: Client, waiting: str
) -> None:
    answer = decide(officer, waiting, **ACCEPT, note="左耳下有痣 <b>")
    assert answer.headers["location"] == f"/console/desk/{waiting}?decided=1"
    page = officer.get(f"/console/desk/{waiting}").text
    assert "10:10 生效，在此之前您可以撤回" in page
    assert "左耳下有痣 &lt;b&gt;" in page
    assert waiting not in officer.get("/console/desk").text
    assert waiting in officer.get("/console/desk?state=decided").text
    assert settle(service, 9.9) == {"accepted": 0, "suspected": 0, "cannot_tell": 0}
    assert settle(service, 0.1) == {"accepted": 1, "suspected": 0, "cannot_tell": 0}
    assert settle(service) == {"accepted": 0, "suspected": 0, "cannot_tell": 0}, "twice is once"
    with service.wiring.store.reading() as unit:
        certificate = unit.certificates.of_evidence(waiting)
        stored = unit.evidence.get(waiting)
        person = stored[0].person_id if stored else ""
        assert unit.evidence.last_pass(person or "") is not None
    assert certificate is not None
    assert str(certificate.passed_on) == "2026-03-10"
    assert stored is not None
    assert stored[1].outcome is Outcome.REFER, "the attempt itself is never changed"
    page = service.sign_in(Role.OFFICER).get(f"/console/desk/{waiting}").text
    assert "已签发凭证，下次认证截止 2027-03-31" in page
    assert service.client().get(f"/certificates/{certificate.serial}").status_code == 200


def test_a_decision_is_taken_back_by_who_made_it_for_ten_minutes(
    service: Deployment, officer: Client, waiting: str
) -> None:
    def undo(client: Client) -> object:
        page = client.get(f"/console/desk/{waiting}").text
        form = {"csrf_token": hidden(page, "csrf_token"), "after": after(officer)}
        return client.post(f"/console/desk/{waiting}/decisions/undo", data=form)

    def after(client: Client) -> str:
        return hidden(client.get(f"/console/desk/{waiting}").text, "after")

    decide(officer, waiting, **ACCEPT)
    service.wiring.keep_staff.create("second", Role.OFFICER, PASSWORD, "cli")
    second = service.client(headers={"Accept": "text/html"} | SAME_ORIGIN)
    sign_in(second, "second", PASSWORD)
    assert "撤回我的判断" not in second.get(f"/console/desk/{waiting}").text
    assert undo(second).status_code == 403
    assert undo(officer).headers["location"].endswith("?undone=1")
    assert settle(service) == {"accepted": 0, "suspected": 0, "cannot_tell": 0}
    assert "撤回" in officer.get(f"/console/desk/{waiting}").text
    decide(second, waiting, **CANNOT, password=PASSWORD)
    assert waiting in officer.get("/console/desk?state=decided").text


def test_after_ten_minutes_nobody_takes_it_back(service: Deployment, officer: Client, waiting: str) -> None:
    decide(officer, waiting, **ACCEPT)
    page = officer.get(f"/console/desk/{waiting}").text
    form = {"csrf_token": hidden(page, "csrf_token"), "after": hidden(page, "after")}
    service.clock.instant += timedelta(minutes=10)
    answer = officer.post(f"/console/desk/{waiting}/decisions/undo", data=form)
    assert answer.status_code == 409
    assert "撤回时间已过" in answer.text


def test_a_suspicion_raises_a_flag_and_takes_nothing_away(service: Deployment, officer: Client, waiting: str) -> None:
    decide(officer, waiting, **SUSPECT, note="屏幕边框可见")
    assert settle(service)["suspected"] == 1
    monitor = service.sign_in(Role.MONITOR)
    page = monitor.get("/console/flags?rule=V05").text
    flag_id = re.findall(r'href="/console/flags/([0-9a-f]{32})"', page)[0]
    page = monitor.get(f"/console/flags/{flag_id}").text
    assert "像翻拍的照片或屏幕" in page
    assert "不能仅凭此项改变" in page
    assert monitor.get(f"/console/flags/{flag_id}/photos/probe").status_code == 200
    with service.wiring.store.reading() as unit:
        assert unit.certificates.of_evidence(waiting) is None
        assert len(unit.other_ways.waiting(10)) == 0


def test_who_cannot_be_told_is_asked_to_come_another_way(service: Deployment, officer: Client, waiting: str) -> None:
    decide(officer, waiting, **CANNOT)
    assert settle(service)["cannot_tell"] == 1
    page = service.sign_in(Role.OFFICER).get("/console/requests").text
    assert "请打电话给我" in page
    assert "张**" in page


@pytest.mark.asvs("7.2.4", "7.5.3")
def test_a_decision_asks_for_the_password_again_after_five_minutes(
    service: Deployment, officer: Client, waiting: str
) -> None:
    service.clock.instant += timedelta(minutes=4, seconds=59)
    assert 'type="password"' not in officer.get(f"/console/desk/{waiting}").text
    page = officer.get(f"/console/desk/{waiting}").text
    form = {"csrf_token": hidden(page, "csrf_token"), "after": "", "note": "写好的说明", **ACCEPT}
    service.clock.instant += timedelta(seconds=1)
    address = f"/console/desk/{waiting}/decisions"
    for password, status, words in (("", 403, "请再输一次密码"), ("wrong-password-1", 401, "密码或密钥不正确")):
        answer = officer.post(address, data=form | {"password": password})
        assert answer.status_code == status
        assert words in answer.text
        assert "写好的说明" in answer.text
    old = officer.http.cookies["auth_service"]
    answer = officer.post(address, data=form | {"password": PASSWORD})
    assert answer.status_code == 303
    assert officer.http.cookies["auth_service"] != old, "a new session, and the old one has ended"
    stolen = service.client(headers={"Accept": "text/html"}, cookies={"auth_service": old})
    assert stolen.get("/console/desk").status_code == 303
    assert officer.get("/console/desk").status_code == 200


@pytest.mark.parametrize(
    ("fields", "status", "words"),
    [
        ({"verdict": "accepted", "reason": ""}, 422, "请写明理由"),
        ({"verdict": "accepted", "reason": "too_poor"}, 422, "内容格式不正确"),
        ({"verdict": "guilty", "reason": "aged"}, 422, "内容格式不正确"),
        ({**ACCEPT, "note": "长" * 1001}, 422, "内容过长"),
        ({**ACCEPT, "after": "0" * 32}, 409, "已被他人处理"),
    ],
)
def test_what_a_decision_lacks_is_said_on_the_page_and_nothing_follows(
    service: Deployment, officer: Client, waiting: str, fields: dict[str, str], status: int, words: str
) -> None:
    answer = decide(officer, waiting, **({"note": "写好的说明"} | fields))
    assert answer.status_code == status
    assert words in answer.text
    assert fields.get("note", "写好的说明") in answer.text
    assert "还没有人判断" in answer.text


@pytest.mark.parametrize(
    "reasons",
    [(Reason.ATTACK_SUSPECTED,), (Reason.FACE_NOT_ENOUGH,), (Reason.LIVENESS_INCONCLUSIVE, Reason.ATTEMPTS_USED_UP)],
    ids=str,
)
def test_what_pictures_cannot_settle_is_not_accepted_by_looking(
    service: Deployment, officer: Client, reasons: tuple[Reason, ...]
) -> None:
    made = capture(service, Waiting(None, reasons=reasons))
    assert 'value="accepted"' not in officer.get(f"/console/desk/{made}").text
    assert decide(officer, made, **ACCEPT).status_code == 422
    assert decide(officer, made, **CANNOT).status_code == 303


@pytest.mark.asvs("2.3.5", "8.2.2")
def test_nobody_reviews_a_capture_that_they_attested(service: Deployment, officer: Client) -> None:
    (copied,) = re.findall(r'href="/console/desk/([0-9a-f]{32})"', officer.get("/console/desk").text)
    page = officer.get(f"/console/desk/{copied}").text
    assert "这次采集是您本人作证的" in page
    form = {"csrf_token": hidden(page, "csrf_token"), "after": "", "note": "", **CANNOT}
    assert officer.post(f"/console/desk/{copied}/decisions", data=form).status_code == 403


@pytest.mark.asvs("3.5.1")
def test_a_forged_decision_is_refused(service: Deployment, officer: Client, waiting: str) -> None:
    address = f"/console/desk/{waiting}/decisions"
    token = hidden(officer.get("/console/desk").text, "csrf_token")
    for fields, headers in (({}, SAME_ORIGIN), ({"csrf_token": token}, {"Sec-Fetch-Site": "cross-site"})):
        form = {"after": "", "note": "", **ACCEPT} | fields
        assert officer.post(address, data=form, headers=headers).status_code == 403
        assert officer.post(f"{address}/undo", data=fields, headers=headers).status_code == 403
    assert "还没有人判断" in officer.get(f"/console/desk/{waiting}").text
