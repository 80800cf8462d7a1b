"""In Chromium at a desk, zh and en: a hold proposed by one, approved by another, lifted by one in few clicks."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta

import pytest

from auth_service.accounts.roles import Role
from auth_service.payments.proposals import Act, Ground
from tests.browser.desks import Visitor, visiting
from tests.channels.service import EILEEN, GRACE, NO_PHOTO, Deployment
from tests.console.moneyed import Moneyed

__all__ = ["visiting"]
pytestmark = pytest.mark.browser

MOST_CLICKS = 5
"""From the home page to the act, for each of the three. source: the bar of issue 6"""
WORDS = {
    "zh": ("待遇变动", "异议", "待核实暂缓", "下落不明", "同意"),
    "en": ("Acts on money", "Contests", "Hold while checking", "Missing", "Approve"),
}


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_hold_takes_two_people_and_its_end_one_and_few_clicks(
    service: Deployment, visiting: Callable[[Role, str], AbstractContextManager[Visitor]], language: str
) -> None:
    title, contests, hold, ground, approve = WORDS[language]
    money = Moneyed(service)
    money.pay(EILEEN, "2025-12", "2026-02")
    with visiting(Role.OFFICER, language) as officer:
        officer.look("home")
        officer.click("main a", has_text=title)
        officer.look("proposals-empty")
        officer.page.fill("#who", EILEEN)
        officer.click("form.find button")
        officer.look("person")
        officer.click("a.button", has_text=hold)
        officer.page.select_option("#ground", label=ground)
        officer.page.fill("#note", "村干部两次上门未见到本人")
        officer.look("propose")
        officer.click("form[action$='proposals'] button")
        officer.page.wait_for_url("**?recorded=proposed")
        officer.look("proposed")
        assert officer.clicks <= MOST_CLICKS
    with visiting(Role.CHECKER, language) as checker:
        checker.click("main a", has_text=title)
        checker.look("proposals")
        checker.click("td.what a")
        checker.page.get_by_label(approve).check()
        checker.clicks += 1
        checker.look("proposal")
        checker.click("form[action$='verdict'] button")
        checker.page.wait_for_url("**?recorded=approved")
        checker.look("approved")
        assert checker.clicks <= MOST_CLICKS
    service.clock.instant += timedelta(minutes=1)
    money.contest(EILEEN, "我去女儿家住了两个月，人好好的")
    money.pass_remotely(EILEEN, minutes=1)
    with visiting(Role.OFFICER, language) as officer:
        officer.click("main a", has_text=contests)
        officer.look("contests")
        officer.click("td.what a")
        officer.look("contest")
        officer.click("form[action$='restore'] button")
        officer.page.wait_for_url("**?restored=*")
        officer.look("restored")
        assert officer.clicks <= MOST_CLICKS


@pytest.mark.parametrize("language", ["zh", "en"])
def test_sums_are_shown_row_by_row(
    service: Deployment, visiting: Callable[[Role, str], AbstractContextManager[Visitor]], language: str
) -> None:
    money = Moneyed(service)
    money.pay(GRACE, "2025-10", "2026-02")
    money.pay(GRACE, "2026-02", "2026-02", "returned")
    money.pay(NO_PHOTO, "2026-01", "2026-02")
    money.do(NO_PHOTO, Act.HOLD, Ground.DEATH_RECORD)
    money.propose(NO_PHOTO, Act.TERMINATE, Ground.DEATH_CONFIRMED)
    with visiting(Role.OFFICER, language) as officer:
        officer.page.goto(officer.page.url + "/proposals")
        officer.page.fill("#who", GRACE)
        officer.click("form.find button")
        officer.page.goto(officer.page.url + "?benefit=resident_pension&act=recover")
        officer.page.select_option("#ground", "late_report")
        officer.page.fill("#end_first", "2025-11")
        officer.look("recover")
        officer.page.fill("#end_first", "2025-11-20")
        officer.page.fill("#funeral_grant", "100.00")
        officer.click("form[action$='proposals'] button")
        officer.page.wait_for_url("**?recorded=proposed")
        officer.look("statement")
    with visiting(Role.CHECKER, language) as checker:
        checker.page.goto(checker.page.url + "/proposals?state=all")
        checker.look("all")
