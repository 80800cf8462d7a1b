"""In Chromium at a desk and at the size of a phone, zh and en: who is due, one person, policies by two people."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from auth_service.accounts.roles import Role
from auth_service.beneficiaries.ledger import check_ledger_row
from auth_service.beneficiaries.tags import Tag
from auth_service.core.clock import legal_date
from auth_service.payments.proposals import Act, Ground
from tests.browser.real_browser import Watch, fits
from tests.browser.test_an_officer_reviews_in_a_real_browser import FAULTS
from tests.browser.visiting import SIZES
from tests.channels.service import GRACE, NAMES, NO_PHOTO, PASSWORD, Deployment, username_of
from tests.console.moneyed import Moneyed
from tests.console.test_how_a_person_stands import SHORT, bring, swept
from tests.console.waiting import person_of

pytestmark = pytest.mark.browser


def _lived(service: Deployment) -> None:
    """A year and more: passes by data, one taken back, somebody held, two who are late, tags."""
    today = legal_date(service.clock.now())
    with service.wiring.ledger_store.unit() as unit:
        values = {"id_number": GRACE, "name": NAMES[GRACE], "benefit_kind": "城乡居民养老", "region_code": "130202"}
        row = check_ledger_row({**values, "tags": "低保;卧床"}, today)
        unit.people.apply(row, service.clock.now(), "b2")
        unit.life_events.set_tags(
            person_of(service.wiring, GRACE), (Tag.SUBSISTENCE, Tag.BEDRIDDEN), "ledger", service.clock.now(), "b2"
        )
    bring(service, GRACE, "住院", today)
    service.wiring.issue_receipts.run()
    bring(service, GRACE, "住院", today, message="void")
    bring(service, GRACE, "travel_gate", today - timedelta(days=2), source_ref="r2", source="rail")
    service.wiring.issue_receipts.run()
    Moneyed(service).do(GRACE, Act.HOLD, Ground.MISSING)
    service.clock.instant += timedelta(days=420)
    bring(service, NO_PHOTO, "other_region", legal_date(service.clock.now()), source_ref="r9")
    swept(service)


def _look(page: Page, shots: Path, name: str) -> None:
    assert fits(page), f"{name} is wider than the screen"
    assert page.evaluate(FAULTS) == [], name
    page.screenshot(path=shots / f"{name}.png", full_page=True)


def _signed_in(page: Page, address: str, username: str, language: str) -> None:
    page.goto(f"http://{address}/console/sign-in?lang={language}")
    page.fill("#username", username)
    page.fill("#password", PASSWORD)
    page.locator("main button").click()
    page.wait_for_url(lambda url: "sign-in" not in url)


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("size", ["desk", "phone"])
def test_who_is_due_and_why(
    service: Deployment, browser: Browser, address: str, tmp_path: Path, size: str, language: str
) -> None:
    _lived(service)
    width, height = SIZES[size]
    watch = Watch(address, allowed=("ERR_ABORTED",))
    with browser.new_context(viewport={"width": width, "height": height}) as context:
        page = context.new_page()
        watch.over(page)
        _signed_in(page, address, username_of(Role.OFFICER), language)
        _look(page, tmp_path, f"{size}-{language}-home")
        page.goto(f"http://{address}/console/due?state=all")
        _look(page, tmp_path, f"{size}-{language}-due")
        page.click(f"a[href='/console/people/{person_of(service.wiring, GRACE)}']")
        page.locator("details").evaluate_all("all => all.forEach((one) => one.open = true)")
        _look(page, tmp_path, f"{size}-{language}-person")
        page.goto(f"http://{address}/console/due?region=4401")
        _look(page, tmp_path, f"{size}-{language}-nobody")
    assert watch.complaints == []


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("size", ["desk", "phone"])
def test_a_policy_takes_two(
    service: Deployment, browser: Browser, address: str, tmp_path: Path, size: str, language: str
) -> None:
    _lived(service)
    service.wiring.keep_staff.create("second.policy", Role.POLICY_ADMIN, PASSWORD, "cli")
    width, height = SIZES[size]
    watch = Watch(address, allowed=("422", "ERR_ABORTED"))  # who leaves a page lets its pictures go
    start = str(legal_date(service.clock.now()) + timedelta(days=1))
    with browser.new_context(viewport={"width": width, "height": height}) as context:
        page = context.new_page()
        watch.over(page)
        _signed_in(page, address, username_of(Role.POLICY_ADMIN), language)
        page.goto(f"http://{address}/console/policies")
        page.fill("#document", SHORT.replace("months: 1", "months: x"))
        page.click("form[action='/console/policies'] button")
        _look(page, tmp_path, f"{size}-{language}-faults")
        page.fill("#document", SHORT)
        page.click("form[action='/console/policies'] button")
        page.wait_for_url("**?recorded=proposed")
        _look(page, tmp_path, f"{size}-{language}-proposed")
        policy = page.url.partition("?")[0]
    with browser.new_context(viewport={"width": width, "height": height}) as context:
        page = context.new_page()
        watch.over(page)
        _signed_in(page, address, "second.policy", language)
        page.goto(policy)
        page.fill("#rehearse-from", start)
        page.click("form[action$='rehearsal'] button")
        page.wait_for_selector("#result")
        _look(page, tmp_path, f"{size}-{language}-rehearsed")
        page.fill("#activate-from", start)
        page.click("form[action$='activation'] button")
        page.wait_for_url("**?recorded=activated")
        page.goto(f"http://{address}/console/policies")
        _look(page, tmp_path, f"{size}-{language}-policies")
    assert watch.complaints == []
