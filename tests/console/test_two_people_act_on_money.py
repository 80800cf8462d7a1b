"""The console's pages about money: proposed by one, approved by another, given back by one."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from auth_service.accounts.roles import Role
from auth_service.payments.proposals import Act, Ground
from tests.channels.service import EILEEN, GRACE, NAMES, NOBODY, PASSWORD, Client, Deployment, hidden
from tests.console.moneyed import Moneyed
from tests.console.waiting import person_of


@pytest.fixture
def money(service: Deployment) -> Moneyed:
    return Moneyed(service)


@pytest.fixture
def checker(service: Deployment) -> Client:
    return service.sign_in(Role.CHECKER)


def post(client: Client, address: str, form: str, **fields: str) -> str:
    """Submits a form of that page; returns where it leads, or the page that says what it lacks."""
    token = hidden(client.get(address).text, "csrf_token")
    answer = client.post(f"{address}/{form}", data={"csrf_token": token, **fields})
    return answer.headers.get("location", answer.text)


def find(client: Client, who: str) -> str:
    return post(client, "/console/proposals", "find", who=who)


def test_from_a_number_to_a_hold_that_another_approves_and_one_lifts(
    service: Deployment, officer: Client, checker: Client
) -> None:
    address = find(officer, EILEEN)
    assert EILEEN not in address
    page = officer.get(address).text
    assert "正常发放" in page
    assert "待核实暂缓" in page
    form = officer.get(f"{address}?act=hold&benefit=resident_pension").text
    assert "收到去世信息，待核实" in form
    told = {"act": "hold", "benefit": "resident_pension", "ground": "detained", "month": "", "note": "<b>核实中</b>"}
    where = post(officer, address, "proposals", **told)
    proposal = where.partition("?")[0]
    assert "等待另一人复核" in officer.get(where).text
    assert "radio" not in officer.get(proposal).text
    shown = checker.get(proposal).text
    assert "&lt;b&gt;核实中" in shown
    assert proposal.rpartition("/")[2] in checker.get("/console/proposals").text
    assert post(checker, proposal, "verdict", verdict="approved", note="").endswith("recorded=approved")
    assert "待核实暂缓" in officer.get(address).text
    lifted = post(officer, address, "restore", ground="seen_in_person", note="本人到窗口")
    assert "已恢复发放" in officer.get(lifted).text
    assert "正常发放" in officer.get(address).text


def test_lists_name_nobody_in_full_and_tell_what_waits(money: Moneyed, service: Deployment, checker: Client) -> None:
    money.propose(EILEEN, Act.HOLD, Ground.MISSING)
    money.do(GRACE, Act.HOLD, Ground.DETAINED)
    page = checker.get("/console/proposals").text
    for words in ("张**", "下落不明", "待复核"):
        assert words in page
    for secret in (EILEEN, NAMES[EILEEN]):
        assert secret not in page
    assert len(re.findall(r'href="/console/proposals/[0-9a-f]{32}"', page)) == 1
    everything = checker.get("/console/proposals?state=all&act=hold&benefit=resident_pension").text
    assert len(re.findall(r'href="/console/proposals/[0-9a-f]{32}"', everything)) == 2
    assert "没有符合条件" in checker.get("/console/proposals?state=returned").text
    assert checker.get("/console/proposals?cursor=nonsense").status_code == 422
    assert checker.get("/console/proposals?state=<x>&act='--&region=13").status_code == 200
    home = checker.get("/console").text
    assert "异议" in home
    assert "1 件待处理" in home


def test_nobody_is_found_by_a_number_of_nobody(officer: Client) -> None:
    for who in (NOBODY, "P-unknown", "", "13020219480512"):
        assert "notice bad" in find(officer, who)


@pytest.mark.asvs("7.5.3")
def test_an_approval_asks_for_the_password_given_long_ago(money: Moneyed, service: Deployment, checker: Client) -> None:
    address = f"/console/proposals/{money.propose(EILEEN, Act.HOLD, Ground.MISSING).id}"
    service.clock.instant += timedelta(minutes=6)
    assert 'name="password"' in checker.get(address).text
    assert "notice bad" in post(checker, address, "verdict", verdict="approved", note="")
    assert "recorded" in post(checker, address, "verdict", verdict="approved", note="", password=PASSWORD)


def test_what_stands_in_the_way_is_said_before_anybody_clicks(
    money: Moneyed, service: Deployment, checker: Client
) -> None:
    proposal = money.propose(EILEEN, Act.HOLD, Ground.MISSING).id
    money.contest(EILEEN)
    page = checker.get(f"/console/proposals/{proposal}").text
    assert "异议办结前" in page
    assert 'value="approved"' not in page
    assert "notice bad" in post(checker, f"/console/proposals/{proposal}", "verdict", verdict="approved", note="")


def test_a_recovery_shows_every_row_with_its_reason(money: Moneyed, officer: Client, checker: Client) -> None:
    money.pay(EILEEN, "2025-10", "2026-02")
    address = find(officer, EILEEN)
    told = {"act": "recover", "benefit": "resident_pension", "ground": "late_report", "note": ""}
    unsure = post(officer, address, "proposals", **told, end_first="2025-11", end_last="")
    assert "日期不正确" in unsure
    range_ = post(officer, address, "proposals", **told, end_first="2025-11-03", end_last="2025-12-09")
    assert "尚未核实" in range_
    assert 'value="2025-11-03"' in range_
    where = post(officer, address, "proposals", **told, end_first="2025-11-03", funeral_grant="100.00")
    page = checker.get(where.partition("?")[0]).text
    for words in ("2025-12", "当月不再应发，计入", "当月仍应发放，不计入", "610.50", "510.50", "100.00"):
        assert words in page


def test_a_maker_withdraws_and_a_checker_returns(money: Moneyed, officer: Client, checker: Client) -> None:
    first = f"/console/proposals/{money.propose(EILEEN, Act.HOLD, Ground.MISSING).id}"
    assert "recorded=withdrawn" in post(officer, first, "withdraw")
    second = f"/console/proposals/{money.propose(EILEEN, Act.HOLD, Ground.MISSING).id}"
    assert "recorded=returned" in post(checker, second, "verdict", verdict="returned", note="请补充材料")
    assert "请补充材料" in officer.get(second).text
    assert "notice bad" in post(checker, second, "verdict", verdict="whatever", note="")


def test_who_passed_remotely_comes_first_with_the_day_by_which_to_restore(
    money: Moneyed, service: Deployment, officer: Client
) -> None:
    money.do(GRACE, Act.HOLD, Ground.DETAINED)
    money.do(EILEEN, Act.HOLD, Ground.DETAINED)
    earlier = money.contest(GRACE)
    service.clock.instant += timedelta(minutes=10)
    later = money.contest(EILEEN)
    page = officer.get("/console/contests").text
    assert page.index(earlier) < page.index(later)
    money.pass_remotely(EILEEN, minutes=120)
    page = officer.get("/console/contests").text
    assert page.index(later) < page.index(earlier)
    assert "请不晚于 2026-03-11 恢复" in page
    one = f"/console/contests/{later}"
    assert "passed_remotely" in officer.get(one).text
    assert "passed_remotely" not in officer.get(f"/console/contests/{earlier}").text
    where = post(officer, one, "restore", ground="passed_remotely", note="")
    assert "已恢复发放" in officer.get(where).text


def test_a_contest_is_written_down_answered_and_its_source_told(
    money: Moneyed, service: Deployment, officer: Client, checker: Client
) -> None:
    money.do(EILEEN, Act.HOLD, Ground.DETAINED)
    address = find(officer, EILEEN)
    where = post(officer, address, "contests", words="我一直在家").partition("?")[0]
    assert "我一直在家" in officer.get(where).text
    assert "recorded" in post(officer, where, "acts", act="dismissal_proposed", note="判决书核对无误")
    assert "等待另一人同意" in officer.get(where).text
    assert "notice bad" in post(officer, where, "dismiss", note="")
    assert "recorded" in post(checker, where, "dismiss", note="")
    assert "recorded" in post(officer, where, "acts", act="source_told", note="")
    assert "来源已更正" in officer.get(where).text
    assert "维持原状" in officer.get("/console/contests?state=dismissed").text
    assert "notice bad" in post(officer, where, "acts", act="seen", note="")


def test_where_nothing_is_held_there_is_nothing_to_contest(officer: Client) -> None:
    address = find(officer, EILEEN)
    where = post(officer, address, "contests", words="")
    assert "无需记录" in officer.get(where).text


def test_an_auditor_reads_and_may_do_nothing(money: Moneyed, service: Deployment) -> None:
    proposal = money.propose(EILEEN, Act.HOLD, Ground.MISSING).id
    auditor = service.sign_in(Role.AUDITOR)
    person = person_of(service.wiring, EILEEN)
    for address in ("/console/proposals", f"/console/proposals/{proposal}", f"/console/money/{person}"):
        page = auditor.get(address)
        assert page.status_code == 200
        assert "/verdict" not in page.text
        assert "/restore" not in page.text


def test_every_look_at_a_person_is_in_the_audit_trail(service: Deployment, officer: Client) -> None:
    officer.get(find(officer, EILEEN))
    with service.wiring.store.reading() as unit:
        told = [row.event.action for row in unit.audit.rows()]
    assert "money.seen" in told
