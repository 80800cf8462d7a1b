"""Staff at a desk in Chromium: they sign in, their clicks are counted, and every page that is looked at is checked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from auth_service.accounts.roles import Role
from tests.browser.axe import serious
from tests.browser.real_browser import Watch, fits
from tests.browser.test_an_officer_reviews_in_a_real_browser import FAULTS
from tests.browser.visiting import SIZES
from tests.channels.service import PASSWORD, username_of


class Visitor:
    """A page whose clicks are counted; choosing in a list and typing are none."""

    def __init__(self, page: Page, address: str, shots: Path, name: str) -> None:
        self.page, self._address, self._shots, self._name = page, address, shots, name
        self.clicks = 0

    def sign_in(self, role: Role, language: str) -> None:
        self.page.goto(f"http://{self._address}/console/sign-in?lang={language}")
        self.page.fill("#username", username_of(role))
        self.page.fill("#password", PASSWORD)
        self.page.locator("main button").click()
        self.page.wait_for_url("**/console")

    def click(self, selector: str, **more: str) -> None:
        """A link or a button that leads to another page."""
        with self.page.expect_navigation():
            self.page.locator(selector, **more).first.click()  # type: ignore[arg-type]
        self.clicks += 1

    def look(self, name: str) -> None:
        assert fits(self.page), f"{name} is wider than the screen"
        assert self.page.evaluate(FAULTS) == [], name
        assert serious(self.page) == [], name
        self.page.screenshot(path=self._shots / f"{self._name}-{name}.png", full_page=True)


@pytest.fixture
def visiting(browser: Browser, address: str, tmp_path: Path) -> Callable[[Role, str], AbstractContextManager[Visitor]]:
    @contextmanager
    def opened(role: Role, language: str) -> Iterator[Visitor]:
        width, height = SIZES["desk"]
        watch = Watch(address, allowed=("409", "ERR_ABORTED"))  # a refused act; who leaves a page lets its pictures go
        with browser.new_context(viewport={"width": width, "height": height}) as context:
            page = context.new_page()
            watch.over(page)
            visitor = Visitor(page, address, tmp_path, f"{language}-{role.value}")
            visitor.sign_in(role, language)
            yield visitor
        assert watch.complaints == []

    return opened
