"""In Chromium at a desk and on a phone, zh and en: an odd file takes two people, and the fund in numbers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from auth_service.accounts.roles import Role
from auth_service.storage.unit import BatchState
from tests.browser.axe import serious
from tests.browser.real_browser import Watch, fits
from tests.browser.test_an_officer_reviews_in_a_real_browser import FAULTS
from tests.browser.visiting import SIZES
from tests.channels.service import PASSWORD, Deployment, username_of
from tests.console.registered import odd_file, steward, take, told_dead
from tests.console.test_the_safety_of_the_fund_on_the_console import lived

pytestmark = pytest.mark.browser
_FORGE = """(form) => { form.action = form.action.replace("/discard", "/release");
  form.querySelector("#reason").closest(".field").remove(); }"""


def _look(page: Page, shots: Path, name: str) -> None:
    """It fits, has no fault that a script can see, and nothing serious by axe."""
    assert fits(page), f"{name} is wider than the screen"
    assert page.evaluate(FAULTS) == [], name
    assert serious(page) == [], name
    page.screenshot(path=shots / f"{name}.png", full_page=True)


def _signed_in(page: Page, address: str, role: Role, language: str) -> None:
    page.goto(f"http://{address}/console/sign-in?lang={language}")
    page.fill("#username", username_of(role))
    page.fill("#password", PASSWORD)
    page.locator("main button").click()
    page.wait_for_url(lambda url: "sign-in" not in url)


def _visit(browser: Browser, size: str) -> Any:
    width, height = SIZES[size]
    return browser.new_context(viewport={"width": width, "height": height})


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("size", ["desk", "phone"])
def test_an_odd_file_is_refused_for_its_importer_and_released_by_another(
    service: Deployment, browser: Browser, address: str, tmp_path: Path, size: str, language: str
) -> None:
    batch_id = odd_file(service.wiring, steward(service.wiring))
    take(service.wiring, steward(service.wiring), told_dead("OK"))
    page_of_it, watch = f"http://{address}/console/batches/{batch_id}", Watch(address, allowed=("403",))
    with _visit(browser, size) as context:
        page = context.new_page()
        watch.over(page)
        _signed_in(page, address, Role.DATA_STEWARD, language)
        _look(page, tmp_path, f"{size}-{language}-waiting")
        page.goto(f"http://{address}/console/batches?state=all")
        _look(page, tmp_path, f"{size}-{language}-all")
        page.click(f"a[href='/console/batches/{batch_id}']")
        assert page.locator(f"form[action='/console/batches/{batch_id}/release']").count() == 0
        _look(page, tmp_path, f"{size}-{language}-mine")
        # no button is there; whoever makes one is refused
        page.locator("form[action$='/discard']").evaluate(_FORGE)
        page.locator("form[action$='/release'] button").click()
        page.wait_for_selector("[role=alert]")
        _look(page, tmp_path, f"{size}-{language}-refused")
        assert service.wiring.keep_registry.show(batch_id).batch.state is BatchState.QUARANTINED
    with _visit(browser, size) as context:
        page = context.new_page()
        watch.over(page)
        _signed_in(page, address, Role.MONITOR, language)
        page.goto(page_of_it)
        _look(page, tmp_path, f"{size}-{language}-odd")
        page.click(f"form[action='/console/batches/{batch_id}/release'] button")
        page.wait_for_url("**?recorded=released")
        _look(page, tmp_path, f"{size}-{language}-released")
    assert service.wiring.keep_registry.show(batch_id).batch.state is BatchState.RELEASED
    assert watch.complaints == []


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("size", ["desk", "phone"])
def test_the_fund_in_numbers_fits_the_screen(
    service: Deployment, browser: Browser, address: str, tmp_path: Path, size: str, language: str
) -> None:
    watch = Watch(address)
    with _visit(browser, size) as context:
        page = context.new_page()
        watch.over(page)
        _signed_in(page, address, Role.AUDITOR, language)
        page.goto(f"http://{address}/console/fund")
        _look(page, tmp_path, f"{size}-{language}-fund-empty")
    lived(service)
    with _visit(browser, size) as context:
        page = context.new_page()
        watch.over(page)
        _signed_in(page, address, Role.MONITOR, language)
        page.goto(f"http://{address}/console/fund?days=365")
        _look(page, tmp_path, f"{size}-{language}-fund")
        page.goto(f"http://{address}/console/scorecards")
        _look(page, tmp_path, f"{size}-{language}-scorecards")
    assert watch.complaints == []
