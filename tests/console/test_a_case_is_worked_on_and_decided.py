"""Cases over HTTP: the queue, the page with both sides, steps, how one ends, and its evidence pack."""

from __future__ import annotations

import re

import pytest

from auth_service.accounts.roles import Role
from auth_service.casework.case import CaseState
from auth_service.casework.disposition import Disposition, Outcome, Step
from auth_service.connectors.case_packs import check_pack
from auth_service.monitoring.flags import Severity
from auth_service.payments.proposals import Act, Ground
from tests.channels.service import EILEEN, GRACE, NO_PHOTO, PASSWORD, Client, Deployment, hidden
from tests.console.cased import Cased
from tests.console.waiting import person_of


@pytest.fixture
def cased(service: Deployment) -> Cased:
    return Cased(service)


@pytest.fixture
def monitor(service: Deployment) -> Client:
    return service.sign_in(Role.MONITOR)


@pytest.fixture
def checker(service: Deployment) -> Client:
    return service.sign_in(Role.CHECKER)


def post(client: Client, case_id: str, where: str, **fields: str) -> tuple[int, str]:
    page = client.get(f"/console/cases/{case_id}").text
    told = {"csrf_token": hidden(page, "csrf_token"), "after": re.findall(r'name="after" value="(\w+)"', page)[0]}
    answer = client.post(f"/console/cases/{case_id}/{where}", data=told | fields)
    return answer.status_code, answer.text


def test_a_case_goes_from_the_queue_to_its_end(cased: Cased, monitor: Client, checker: Client) -> None:
    cased.died(EILEEN)
    page = monitor.get("/console/cases").text
    gathered = monitor.post("/console/cases/gather", data={"csrf_token": hidden(page, "csrf_token")})
    assert gathered.headers["location"] == "/console/cases?gathered=2"
    listed = monitor.get("/console/cases?gathered=2").text
    assert "2 个疑点" in listed
    assert "去世信息" in listed
    case_id = cased.case(EILEEN).id
    assert post(monitor, case_id, "assignment", assignee="monitor")[0] == 303
    assert post(monitor, case_id, "steps", checked="visit/told_of_death", note="邻居说已去世")[0] == 303
    said = {"disposition": "confirmed_death", "reason": "死亡证明原件"}
    assert post(monitor, case_id, "disposition", **said)[0] == 303
    waiting = checker.get(f"/console/cases/{case_id}").text
    assert "monitor 提出：确认去世" in waiting
    assert "死亡证明原件" in waiting
    assert post(checker, case_id, "second-word", verdict="approved", note="同意")[0] == 303
    assert cased.case(EILEEN).standing.state is CaseState.CLOSED
    ended = checker.get(f"/console/cases/{case_id}?recorded=approved").text
    person = person_of(cased.wiring, EILEEN)
    assert f"/console/money/{person}?act=hold&amp;ground=death_record&amp;benefit=resident_pension" in ended
    assert "案件已办结" in ended


def test_the_page_shows_both_sides_levels_and_what_clashes(cased: Cased, monitor: Client) -> None:
    cased.money.pay(EILEEN, "2025-11", "2026-02")
    cased.died(EILEEN)
    cased.died(EILEEN, "2025-12-28", source="police", name_level="sounds_alike", region_level="different")
    case_id = cased.open(EILEEN)
    page = monitor.get(f"/console/cases/{case_id}").text
    for words in (
        "登记记录与本人信息强匹配",
        "各来源的日期不一致",
        "有比对项目不一致",
        "读音相同",
        "不同县区",
        "与登记日期冲突",
    ):
        assert words in page
    assert "407.00 元" in page
    assert page.count("<svg") == 1
    english = monitor.get(f"/console/cases/{case_id}?lang=en").text
    for words in ("Sounds alike", "The sources&#39; dates disagree", "Clashes with the registered date"):
        assert words in english


def test_a_pass_after_a_registered_death_asks_for_a_meeting_first(cased: Cased, monitor: Client) -> None:
    cased.died(EILEEN)
    cased.flag(EILEEN, "D07")
    case_id = cased.open(EILEEN)
    cased.take(case_id)
    cased.check(case_id)
    page = monitor.get(f"/console/cases/{case_id}").text
    assert "两种可能" in page
    assert 'name="disposition"' not in page
    status, refused = post(monitor, case_id, "disposition", disposition="data_error", reason="登记有误")
    assert status == 409
    assert "须先上门或当面核实本人" in refused


def test_whoever_was_seen_cannot_be_confirmed_dead_on_the_page(cased: Cased, monitor: Client) -> None:
    cased.died(EILEEN)
    case_id = cased.open(EILEEN)
    cased.take(case_id)
    cased.check(case_id, Step.VISIT, Outcome.SEEN)
    page = monitor.get(f"/console/cases/{case_id}").text
    assert re.search(r'value="confirmed_death" required disabled', page)
    assert "工作人员近期刚见过本人" in page
    assert post(monitor, case_id, "disposition", disposition="confirmed_death", reason="有登记")[0] == 409


def test_who_decides_on_an_old_page_is_told_and_keeps_nothing(cased: Cased, checker: Client) -> None:
    cased.died(EILEEN)
    case_id = cased.open(EILEEN)
    cased.take(case_id)
    cased.check(case_id)
    cased.propose(case_id)
    page = checker.get(f"/console/cases/{case_id}").text
    cased.died(EILEEN, "2025-12-28", source="police")
    cased.wiring.gather_cases.run()
    told = {"csrf_token": hidden(page, "csrf_token"), "after": hidden(page, "after"), "verdict": "approved", "note": ""}
    answer = checker.post(f"/console/cases/{case_id}/second-word", data=told)
    assert answer.status_code == 409
    assert cased.case(EILEEN).standing.state is CaseState.VERIFYING


def test_the_button_answers_after_some_people_and_says_that_the_others_follow(
    cased: Cased, monitor: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    cased.wiring.gather_cases.run()
    monkeypatch.setattr("auth_service.console.cases.PEOPLE_AT_ONCE", 2)
    for number in (EILEEN, GRACE, NO_PHOTO):
        cased.died(number)
    told = {"csrf_token": hidden(monitor.get("/console/cases").text, "csrf_token")}
    shown = [monitor.post("/console/cases/gather", data=told).headers["location"] for _ in range(2)]
    assert shown == ["/console/cases?gathered=2&more=1", "/console/cases?gathered=1"]
    assert "其余由系统继续归集" in monitor.get(shown[0]).text
    assert "其余由系统继续归集" not in monitor.get(shown[1]).text


def test_an_approval_long_after_the_password_asks_for_it(cased: Cased, checker: Client) -> None:
    cased.died(EILEEN)
    case_id = cased.open(EILEEN)
    cased.take(case_id)
    cased.check(case_id)
    cased.propose(case_id)
    cased.later(0.01)
    assert post(checker, case_id, "second-word", verdict="approved")[0] in {401, 403}
    assert post(checker, case_id, "second-word", verdict="approved", password=PASSWORD)[0] == 303


def test_what_is_held_of_somebody_cleared_leads_to_restoring(cased: Cased, checker: Client, monitor: Client) -> None:
    cased.died(GRACE)
    case_id = cased.open(GRACE)
    cased.money.do(GRACE, Act.HOLD, Ground.MISSING)
    cased.take(case_id)
    cased.check(case_id, Step.SOURCE_QUERY, Outcome.SOURCE_CORRECTS)
    cased.close(case_id)
    assert f"/console/cases/{case_id}" in checker.get("/console/cases?state=restore").text
    assert (
        f'href="/console/money/{person_of(cased.wiring, GRACE)}">去恢复待遇'
        in checker.get(f"/console/cases/{case_id}").text
    )
    assert "由经办或复核人员恢复" in monitor.get(f"/console/cases/{case_id}").text


def test_the_queue_is_filtered_and_says_what_is_late(cased: Cased, monitor: Client) -> None:
    cased.died(EILEEN)
    cased.flag(GRACE, "V03", Severity.MEDIUM, failures_last_day=3, failures_in_cycle=6)  # and the deployment's own
    cased.wiring.gather_cases.run()
    cased.later(10)
    service = cased.service.sign_in(Role.MONITOR)
    overdue = service.get("/console/cases?state=overdue").text
    assert "已超期" in overdue
    assert overdue.count('<td class="what">') == overdue.count('<strong class="late">') == 2
    assert service.get("/console/cases?cause=verification").text.count('<td class="what">') == 2
    assert service.get("/console/cases?severity=critical&cause=death&region=1302").text.count('<td class="what">') == 1
    assert service.get("/console/cases?state=mine").text.count('<td class="what">') == 0
    assert service.get("/console/cases?cursor=nonsense").status_code == 422
    assert service.get(f"/console/cases/{'0' * 32}").status_code == 404


def test_a_pack_is_masked_signed_and_told_in_the_audit_trail(cased: Cased, monitor: Client) -> None:
    cased.died(EILEEN)
    case_id = cased.open(EILEEN)
    answer = monitor.get(f"/console/cases/{case_id}/pack.json")
    keys = {cased.wiring.signer.key_id: cased.wiring.signer.public_key()}
    assert check_pack(answer.text, keys)["person"]["name"] == "张**"
    assert EILEEN not in answer.text
    page = monitor.get(f"/console/cases/{case_id}/pack").text
    digest = re.findall(r"[0-9a-f]{64}", page)
    with cased.wiring.store.reading() as unit:
        told = [row.event for row in unit.audit.rows() if row.event.action == "case.packed"]
    assert [(event.details or {})["sha256"] for event in told][-1] in digest
    assert len(told) == 2


def test_an_erased_person_is_named_by_nothing(cased: Cased, monitor: Client) -> None:
    cased.died(EILEEN)
    case_id = cased.open(EILEEN)
    cased.take(case_id)
    cased.check(case_id, note="电话无人接")
    with cased.wiring.store.unit() as unit:
        unit.people.destroy_key(person_of(cased.wiring, EILEEN), cased.service.clock.now())
    page = monitor.get(f"/console/cases/{case_id}")
    assert page.status_code == 200
    assert "文字记录不再可读" in page.text
    assert "电话无人接" not in page.text
    assert monitor.get(f"/console/cases/{case_id}/pack").status_code == 200


def test_forms_without_their_token_do_nothing(cased: Cased, monitor: Client) -> None:
    cased.died(EILEEN)
    case_id = cased.open(EILEEN)
    for where in ("assignment", "steps", "disposition"):
        assert monitor.post(f"/console/cases/{case_id}/{where}", data={"after": ""}).status_code == 403
    assert cased.case(EILEEN).standing.state is CaseState.NEW
    assert Disposition.DATA_ERROR.value not in monitor.get("/console/cases").text
