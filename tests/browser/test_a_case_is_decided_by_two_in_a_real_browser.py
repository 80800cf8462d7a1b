"""In Chromium at a desk, zh and en: a record of a death, a case, its steps; one says how it ends, another agrees."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest

from auth_service.accounts.roles import Role
from auth_service.casework.case import CaseState
from auth_service.casework.disposition import Disposition
from tests.browser.desks import Visitor, visiting
from tests.channels.service import EILEEN, Deployment
from tests.console.cased import Cased

__all__ = ["visiting"]
pytestmark = pytest.mark.browser

MOST_CLICKS = 5
"""From the home page to the act."""
WORDS = {
    "zh": ("案件", "登记有误", "确认去世", "同意", "登记的日期最早为 2025-12-20"),
    "en": ("Cases", "The record is wrong", "The death is confirmed", "Agree", "Registered, at the earliest 2025-12-20"),
}


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_flag_becomes_a_case_that_two_people_end(
    service: Deployment,
    visiting: Callable[[Role, str], AbstractContextManager[Visitor]],
    language: str,
) -> None:
    title, theory, confirmed, agree, registered = WORDS[language]
    cased = Cased(service)
    cased.money.pay(EILEEN, "2025-09", "2026-02")
    cased.died(EILEEN)
    cased.flag(EILEEN, "D07")
    with visiting(Role.MONITOR, language) as monitor:
        monitor.click("main a", has_text=title)
        monitor.look("cases-empty")
        monitor.click("form[action$='gather'] button")
        monitor.look("cases")
        monitor.click("td.what a")
        assert monitor.page.locator(".side").get_by_text(theory).is_visible()
        assert monitor.page.locator("svg.case-line").get_by_text(registered).is_visible()
        assert monitor.page.locator("svg .mark.payment.clashes").count() == 2
        monitor.look("case")
        monitor.click("form[action$='assignment'] button")
        monitor.page.wait_for_url("**?recorded=assigned")
        assert monitor.clicks <= MOST_CLICKS
        monitor.page.select_option("#checked", "call/not_reached")
        monitor.click("form[action$='steps'] button")
        assert monitor.page.locator("input[name=disposition]").count() == 0  # nobody met the person yet
        monitor.look("case-call")
        monitor.page.select_option("#checked", "visit/told_of_death")
        monitor.page.fill("#note", "女儿出示死亡证明")
        monitor.click("form[action$='steps'] button")
        monitor.page.get_by_label(confirmed).check()
        monitor.page.fill("#reason", "死亡证明原件，与登记一致")
        monitor.look("case-proposing")
        monitor.click("form[action$='disposition'] button")
        monitor.page.wait_for_url("**?recorded=proposed")
        assert monitor.page.locator("form[action$='second-word']").count() == 0
    with visiting(Role.CHECKER, language) as checker:
        checker.click("main a", has_text=title)
        checker.page.goto(checker.page.url + "?state=proposed")
        checker.click("td.what a")
        checker.page.get_by_label(agree, exact=False).check()
        checker.look("case-deciding")
        checker.click("form[action$='second-word'] button")
        checker.page.wait_for_url("**?recorded=approved")
        checker.look("case-closed")
        assert checker.clicks <= MOST_CLICKS
        checker.click("a[href$='/pack']")
        checker.look("pack")
    standing = cased.case(EILEEN).standing
    assert (standing.state, standing.disposition) == (CaseState.CLOSED, Disposition.CONFIRMED_DEATH)
    assert cased.wiring.store.queries.proposal_counts()["waiting"] == 0  # no money moved
