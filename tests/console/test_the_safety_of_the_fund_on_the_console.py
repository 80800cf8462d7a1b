"""Fund safety and scorecards on the console: whom we wronged stands first, every number says how it was counted."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import replace
from datetime import timedelta
from xml.etree import ElementTree

import openpyxl
import pytest

from auth_service.accounts.roles import Role
from auth_service.console.fund import SECTIONS
from auth_service.console.fund_tables import TABLES
from auth_service.flows.give_back import Restoring
from auth_service.monitoring.flags import Judgement, Severity, Verdict
from auth_service.monitoring.scorecard import wilson
from auth_service.payments.proposals import Act, Ground
from auth_service.qualification.evidence import Channel
from tests.channels.service import EILEEN, GRACE, Client, Deployment
from tests.console.moneyed import Moneyed
from tests.console.registered import steward, take, told_dead
from tests.console.waiting import person_of
from tests.storage.samples import NON_MATCH, PASSED, TRY_AGAIN, evidence, flag

PAGE, CARDS = "/console/fund", "/console/scorecards"


def lived(service: Deployment) -> None:
    """A wrongful hold of two days, a death that nobody acted on, an open contest, attempts, judged flags."""
    money, now = Moneyed(service), service.clock.now()
    money.pay(GRACE, "2026-01", "2026-03")
    take(service.wiring, steward(service.wiring), told_dead("D-1", GRACE, event_date="2026-01-11"))
    money.do(EILEEN, Act.HOLD, Ground.DEATH_RECORD)
    service.clock.instant += timedelta(days=2)
    money.contest(EILEEN)
    person = person_of(service.wiring, EILEEN)
    service.wiring.give_back.run(Restoring(person, Ground.RECORD_WITHDRAWN, "来源已更正"), money.officer)
    money.do(EILEEN, Act.HOLD, Ground.DETAINED)
    money.contest(EILEEN)
    tries = [evidence(person), evidence(person, channel=Channel.KIOSK), evidence(person, comparison=NON_MATCH)]
    flags = [replace(flag(person, key=f"f{n}"), raised_at=now) for n in range(3)]
    flags.append(replace(flag(person, key="f9", severity=Severity.HIGH), raised_at=now))
    with service.wiring.store.unit() as unit:
        for one, decision in zip(tries, (PASSED, PASSED, TRY_AGAIN), strict=True):
            unit.evidence.add(replace(one, taken_at=now), decision)
        ids = [unit.flags.raise_once(one) or "" for one in flags]
        for flag_id, verdict in zip(ids, (Verdict.NEEDS_CHECK, Verdict.FALSE_FLAG), strict=False):
            unit.judgements.add(Judgement(flag_id, verdict, "看", "s", now + timedelta(days=1)), None)
    service.clock.instant += timedelta(hours=6)
    service.wiring.count_fund.run()


def rows(client: Client, path: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(client.get(path).content.decode("utf-8-sig"))))


def tiles(page: str) -> dict[str, str]:
    return dict(re.findall(r"<div><dt>([^<]+)</dt><dd>([^<]+)</dd></div>", page))


def test_wrongful_holds_stand_first_with_days_and_open_contests(service: Deployment) -> None:
    lived(service)
    page = service.sign_in(Role.MONITOR).get(PAGE).text
    assert re.findall(r'aria-labelledby="(\w+)"', page)[0] == "wronged"
    told = tiles(page)
    assert (told["错停（起）"], told["恢复天数，中位"], told["恢复天数，九成以内"]) == ("1", "2", "2")
    assert (told["待答复的异议"], told["最久已等天数"]) == ("1", "0.2")
    assert told["每 10 万人每年"] == f"{100_000 * 365 / 90 / 3:,.2f}"
    assert (told["已停发的死亡信息"], told["尚未处理"]) == ("0", "1")
    assert rows(service.sign_in(Role.AUDITOR), f"{PAGE}/wrongful.csv") == [
        ["停发理由", "恢复理由", "起数", "中位天数", "九成以内（天）"],
        ["收到去世信息，待核实", "信息来源已更正", "1", "2", "2"],
    ]


def test_every_section_says_how_it_was_counted(service: Deployment) -> None:
    client = service.sign_in(Role.MONITOR)
    for path in (PAGE, CARDS):
        assert "尚未统计" in client.get(path).text, "the worker did not run yet"
    assert client.get(PAGE).text.count("口径：") == len(SECTIONS)
    lived(service)
    page = service.sign_in(Role.MONITOR).get(PAGE).text
    assert page.count("口径：") == len(SECTIONS)
    assert "尚未统计" not in page


def test_tables_hold_the_numbers_that_were_put_in(service: Deployment) -> None:
    lived(service)
    client = service.sign_in(Role.MONITOR)
    assert rows(client, f"{PAGE}/exposure.csv")[1] == ["未处理", "1", "1", "2", "407.00 元"]
    ways = {row[0]: row[1:] for row in rows(client, f"{PAGE}/ways.csv")[1:]}
    assert (ways["窗口"], ways["自助终端"]) == (["2", "66.7%"], ["1", "33.3%"]), "one passed before"
    (failures,) = rows(client, f"{PAGE}/failures.csv")[1:]
    low, high = wilson(1, 5).low, wilson(1, 5).high
    assert failures == ["70–79 岁", "5", "3", "1", "1", f"20.0% ({low:.1%}–{high:.1%})"]
    flagged = {(row[0][:3], row[1]): row[2:6] for row in rows(client, f"{PAGE}/flags.csv")[1:]}
    assert flagged["V03", "中"] == ["3", "1", "1", "1"]
    assert flagged["V03", "高"] == ["1", "1", "0", "0"]


def test_a_window_is_chosen_from_those_that_are_counted(service: Deployment) -> None:
    lived(service)
    service.clock.instant += timedelta(days=40)
    client = service.sign_in(Role.MONITOR)
    assert tiles(client.get(f"{PAGE}?days=30").text)["错停（起）"] == "0"
    assert tiles(client.get(f"{PAGE}?days=365").text)["错停（起）"] == "1"
    for wish in ("7", "x", "-1", "9" * 40):
        assert 'days=90" aria-current="page"' in client.get(f"{PAGE}?days={wish}").text


@pytest.mark.parametrize("name", TABLES)
def test_each_table_leaves_as_csv_and_as_a_workbook_with_the_same_cells(service: Deployment, name: str) -> None:
    lived(service)
    client = service.sign_in(Role.AUDITOR)
    answer = client.get(f"{PAGE}/{name}.xlsx?days=30")
    assert answer.headers["content-disposition"] == f'attachment; filename="fund-{name}-30-days.xlsx"'
    sheet = openpyxl.load_workbook(io.BytesIO(answer.content)).active
    assert sheet is not None
    told = [[str(cell.value or "") for cell in row] for row in sheet.iter_rows()]
    assert told == rows(client, f"{PAGE}/{name}.csv?days=30")
    assert len(told) > 1


def test_other_tables_and_forms_are_not_there(service: Deployment) -> None:
    client = service.sign_in(Role.MONITOR)
    for path in (f"{PAGE}/people.csv", f"{PAGE}/wrongful.exe", f"{CARDS}.pdf"):
        assert client.get(path).status_code == 404, path


def test_a_chart_has_words_of_its_own_and_a_table_with_the_same_numbers(service: Deployment) -> None:
    lived(service)
    page = service.sign_in(Role.MONITOR).get(f"{PAGE}?lang=en").text
    drawings = re.findall(r"<svg.*?</svg>", page, re.DOTALL)
    assert len(drawings) == len(re.findall("<figure>", page)) >= 6
    for drawing in drawings:
        svg = ElementTree.fromstring(drawing)
        named = (svg.get("aria-labelledby") or "").split()
        inside = {one.get("id"): one.text for one in svg if one.tag in {"title", "desc"}}
        assert svg.get("role") == "img"
        assert all(inside[one] for one in named)
        assert not re.search(r"style=|<style|<script|\son\w+=|href", drawing)
        shown = [one.text or "" for one in svg.iter("text") if one.get("class") == "value"]
        assert shown
        after = page.partition(drawing)[2].partition("</table>")[0]
        for value in shown:
            assert re.split(r" [·(]", value)[0].rstrip("%") in after, value


def test_links_lead_only_where_the_visitor_may_go(service: Deployment) -> None:
    lived(service)
    monitor, auditor = service.sign_in(Role.MONITOR), service.sign_in(Role.AUDITOR)
    assert 'href="/console/contests"' not in monitor.get(PAGE).text
    assert 'href="/console/contests"' in auditor.get(PAGE).text
    for client in (monitor, auditor):
        for url in set(re.findall(r'href="(/console/[^"]+)"', client.get(PAGE).text)):
            assert client.get(url.replace("&amp;", "&")).status_code == 200, url


def test_a_scorecard_counts_a_rule_whatever_its_severity(service: Deployment) -> None:
    lived(service)
    client = service.sign_in(Role.MONITOR)
    cards = {row[0][:3]: row[1:] for row in rows(client, f"{CARDS}.csv")[1:]}
    low, high = wilson(1, 2).low, wilson(1, 2).high
    assert cards["V03"] == ["4", "2", "2", "1", "1", f"50.0% ({low:.1%}–{high:.1%})", "1"]
    assert cards["V04"][-2:] == ["尚无判断", "—"], "a rule that never fired stands there too"
    page = client.get(CARDS).text
    assert "“待核查”不等于已证实" in page
    assert "/console/flags?state=all&amp;rule=V03" in page


def test_nobody_stands_on_these_pages_by_name(service: Deployment) -> None:
    lived(service)
    client = service.sign_in(Role.AUDITOR)
    for path in (PAGE, CARDS, *(f"{PAGE}/{name}.csv" for name in TABLES)):
        text = client.get(path).content.decode()
        assert not re.search("张秀兰|李桂英", text), path
        assert EILEEN not in text
        assert not re.search(r"[0-9a-f]{32}", re.sub(r'name="csrf_token" value="[^"]*"', "", text)), path
