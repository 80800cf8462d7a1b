"""In Chromium at the size of a phone, zh and en: whoever hears that a payment is held says that it is wrong."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from auth_service.payments.proposals import Act, Ground
from tests.browser.real_browser import Watch, fits
from tests.browser.visiting import SIZES
from tests.channels.service import EILEEN, NAMES, Deployment
from tests.console.moneyed import Moneyed

pytestmark = pytest.mark.browser

MOST_TAPS = 3
"""From the page's first screen to the words that it is noted, typing apart."""
NOBODY = "11010519491231002X"


@contextmanager
def phone(browser: Browser, address: str, path: str, locale: str = "zh-CN") -> Iterator[Page]:
    width, height = SIZES["phone"]
    watch = Watch(address, allowed=("422",))
    with browser.new_context(viewport={"width": width, "height": height}, locale=locale) as context:
        page = context.new_page()
        watch.over(page)
        page.goto(f"http://{address}{path}")
        page.wait_for_selector("#s-loading", state="hidden")
        yield page
    assert watch.complaints == []


def _open_contests(service: Deployment) -> int:
    return service.services.queries.contest_counts()["open"]


@pytest.mark.parametrize("locale", ["zh-CN", "en"])
def test_a_person_whose_payment_is_held_says_so_in_three_taps(
    service: Deployment, browser: Browser, address: str, tmp_path: Path, locale: str
) -> None:
    Moneyed(service).do(EILEEN, Act.HOLD, Ground.MISSING)
    with phone(browser, address, "/verify", locale) as page:
        page.screenshot(path=tmp_path / f"{locale}-welcome.png", full_page=True)
        acts = page.locator("#s-welcome .act").all()
        looks = {act.evaluate("e => [e.offsetHeight, ...['color', 'backgroundColor', 'fontSize', 'fontWeight']"
                              ".map(n => getComputedStyle(e)[n])].join()") for act in acts}  # fmt: skip
        assert (len(acts), len(looks)) == (3, 1), "no way weighs less than another"
        page.click("#s-welcome [data-go=contest]")
        page.fill("#contest-name", NAMES[EILEEN])
        page.fill("#contest-id_number", EILEEN)
        page.fill("#words", "我在女儿家")
        assert fits(page)
        page.screenshot(path=tmp_path / f"{locale}-contest.png", full_page=True)
        page.click("#f-contest [type=submit]")
        page.wait_for_selector("#s-contested:visible")
        assert fits(page)
        page.screenshot(path=tmp_path / f"{locale}-contested.png", full_page=True)
    taps = 2
    assert taps <= MOST_TAPS
    assert _open_contests(service) == 1


def test_a_letters_address_opens_the_screen_and_nobody_learns_who_is_known(
    service: Deployment, browser: Browser, address: str
) -> None:
    shown = set()
    Moneyed(service).do(EILEEN, Act.HOLD, Ground.MISSING)
    for number in (EILEEN, NOBODY):
        with phone(browser, address, "/verify#contest") as page:
            page.fill("#contest-name", NAMES[EILEEN])
            page.fill("#contest-id_number", number)
            page.click("#f-contest [type=submit]")
            page.wait_for_selector("#s-contested:visible")
            shown.add(page.inner_text("main"))
    assert len(shown) == 1
    assert _open_contests(service) == 1


def test_a_slip_of_the_keyboard_is_told_beside_its_field(service: Deployment, browser: Browser, address: str) -> None:
    with phone(browser, address, "/verify#contest") as page:
        page.click("#f-contest [type=submit]")
        assert page.is_visible("#e-contest-name")
        page.fill("#contest-name", NAMES[EILEEN])
        page.fill("#contest-id_number", EILEEN[:-1] + "0")
        page.click("#f-contest [type=submit]")
        page.wait_for_selector("#e-contest-id_number:visible")
        assert page.is_visible("#s-contest")
    assert _open_contests(service) == 0
