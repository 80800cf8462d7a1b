"""In Chromium at a desk, zh and en: one file names two people. One died, and two people hold the benefit; the other
lives, was held by two as well, and one gives it back.
"""

from __future__ import annotations

import csv
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from pathlib import Path

import pytest

from auth_service.accounts.roles import Role
from auth_service.connectors.tables import open_table
from auth_service.crosscheck.sources import REGISTRY_COLUMNS, REGISTRY_REQUIRED, RegistryKind
from auth_service.flows.import_registry import RegistryOrder
from auth_service.payments.proposals import PayState, state_after
from auth_service.storage.unit import BatchState
from tests.browser.desks import Visitor, visiting
from tests.builders import Rows
from tests.channels.service import EILEEN, GRACE, NAMES, Deployment
from tests.console.moneyed import RESIDENT, Moneyed
from tests.console.registered import steward, told_dead
from tests.console.waiting import person_of

__all__ = ["visiting"]
pytestmark = pytest.mark.browser
Visiting = Callable[[Role, str], AbstractContextManager[Visitor]]
SURNAMES = {EILEEN: "张", GRACE: "李"}
WORDS = {"zh": ("案件", "待遇变动"), "en": ("Cases", "Acts on money")}
MOST_CLICKS = 4
"""From the home page to a benefit that is paid again."""


def _import(service: Deployment, folder: Path) -> None:
    """The file of an office, as a data steward takes it in, and what the worker does in the night after."""
    told = {"event_date": "2026-03-28", "recorded_at": "2026-03-30"}
    rows = [told_dead(f"R-{one[-4:]}", one, name=NAMES[one], **told) for one in (EILEEN, GRACE)]
    path = folder / "死亡登记.csv"
    with path.open("w", encoding="gb18030", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    order = RegistryOrder(RegistryKind.DEATH, "", member=steward(service.wiring))
    table = open_table(path, REGISTRY_COLUMNS, required=REGISTRY_REQUIRED)
    report = service.wiring.import_registry.run(table, Rows(), order, lambda _: None)
    assert (report.state, report.counts["rows"]) == (BatchState.CLEARED, 2)
    service.wiring.compare_registry.run(lambda _what, _more: None)


def _state(service: Deployment, number: str) -> PayState:
    with service.wiring.store.reading() as unit:
        acts = unit.proposals.history(person_of(service.wiring, number), RESIDENT)
    return state_after(acts)


def _open_case(visitor: Visitor, title: str, number: str, state: str = "") -> None:
    visitor.click("main a", has_text=title)
    if state:
        visitor.page.goto(f"{visitor.page.url}?state={state}")
    visitor.click("td.what a", has_text=SURNAMES[number])


def _checked(monitor: Visitor, step: str, note: str) -> None:
    monitor.page.select_option("#checked", step)
    monitor.page.fill("#note", note)
    monitor.click("form[action$='steps'] button")


def _ends(visiting: Visiting, language: str, number: str, step: tuple[str, str], disposition: str) -> None:
    """A monitor checks and says how the case ends, a checker agrees."""
    title = WORDS[language][0]
    with visiting(Role.MONITOR, language) as monitor:
        _open_case(monitor, title, number)
        monitor.look("case")
        monitor.click("form[action$='assignment'] button")
        _checked(monitor, *step)
        monitor.page.check(f"input[value={disposition}]")
        monitor.page.fill("#reason", step[1])
        monitor.look("case-proposing")
        monitor.click("form[action$='disposition'] button")
        monitor.page.wait_for_url("**?recorded=proposed")
    with visiting(Role.CHECKER, language) as checker:
        _open_case(checker, title, number, "proposed")
        checker.page.check("input[value=approved]")
        checker.look("case-deciding")
        checker.click("form[action$='second-word'] button")
        checker.page.wait_for_url("**?recorded=approved")
        checker.look("case-closed")


def _holds(officer: Visitor, visiting: Visiting, language: str) -> None:
    """The form is filled in already; a checker approves."""
    assert officer.page.input_value("#ground") == "death_record"
    officer.look("hold")
    officer.click("form[action$='proposals'] button")
    officer.page.wait_for_url("**?recorded=proposed")
    assert officer.page.locator("form[action$='verdict']").count() == 0, "nobody approves their own"
    with visiting(Role.CHECKER, language) as checker:
        checker.click("main a", has_text=WORDS[language][1])
        checker.click("td.what a")
        checker.page.check("input[value=approved]")
        checker.look("hold-deciding")
        checker.click("form[action$='verdict'] button")
        checker.page.wait_for_url("**?recorded=approved")
        checker.look("hold-approved")


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_death_is_held_by_two_and_a_living_person_paid_again_by_one(
    service: Deployment, visiting: Visiting, tmp_path: Path, language: str
) -> None:
    title, acts = WORDS[language]
    money = Moneyed(service)
    for number in (EILEEN, GRACE):
        money.pay(number, "2025-10", "2026-03")
    service.clock.instant += timedelta(days=31)  # nobody was seen within the days that guard a person
    _import(service, tmp_path)
    assert _state(service, EILEEN) is _state(service, GRACE) is PayState.PAID, "a record takes nothing"
    with visiting(Role.MONITOR, language) as monitor:
        monitor.click("main a", has_text=title)
        monitor.click("form[action$='gather'] button")
        monitor.look("cases")
    _ends(visiting, language, EILEEN, ("visit/told_of_death", "女儿出示死亡证明原件"), "confirmed_death")
    assert _state(service, EILEEN) is PayState.PAID, "a case moves no money"
    with visiting(Role.OFFICER, language) as officer:
        _open_case(officer, title, EILEEN, "closed")
        officer.click("section[aria-labelledby=death] a.button")
        _holds(officer, visiting, language)
    assert _state(service, EILEEN) is PayState.HELD
    with visiting(Role.OFFICER, language) as officer:
        officer.click("main a", has_text=acts)
        officer.page.fill("#who", GRACE)
        officer.click("form.find button")
        officer.page.goto(officer.page.url + "?benefit=resident_pension&act=hold&ground=death_record")
        _holds(officer, visiting, language)
    assert _state(service, GRACE) is PayState.HELD
    with visiting(Role.OFFICER, language) as officer:  # she stands at the counter, with her card
        officer.click("main a", has_text=acts)
        officer.page.fill("#who", GRACE)
        officer.click("form.find button")
        officer.page.select_option("#restore-ground", "seen_in_person")
        officer.look("restore")
        officer.click("form[action$='restore'] button")
        officer.page.wait_for_url("**?restored=*")
        officer.look("restored")
        assert officer.clicks <= MOST_CLICKS
    assert _state(service, GRACE) is PayState.PAID
    _ends(visiting, language, GRACE, ("in_person/seen", "本人持身份证到柜台"), "data_error")
    assert (_state(service, EILEEN), _state(service, GRACE)) == (PayState.HELD, PayState.PAID)
