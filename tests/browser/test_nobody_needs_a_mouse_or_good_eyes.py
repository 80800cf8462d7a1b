"""The whole way by keyboard at 200 % zoom, and axe on every screen."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, Playwright

from tests.browser import films
from tests.browser.axe import serious
from tests.browser.real_browser import chromium, fits, wait_until
from tests.browser.test_the_beneficiarys_page_is_for_everybody import SCREENS, SHOW, opened
from tests.browser.visiting import PATIENCE, SIZES, Opened

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def plain(playwright: Playwright) -> Iterator[Browser]:
    with chromium(playwright, films.camera_arguments(None)) as made:
        yield made


def test_axe_can_find_something(plain: Browser, site: str) -> None:
    with opened(plain, site) as page:
        page.evaluate("document.querySelector('#language').replaceChildren()")
        assert [one[1] for one in serious(page)] == ["link-name"]


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("size", SIZES)
def test_axe_finds_nothing_serious_on_any_screen(plain: Browser, site: str, language: str, size: str) -> None:
    width, height = SIZES[size]
    with opened(plain, site, f"/verify?lang={language}", viewport={"width": width, "height": height}) as page:
        for name in SCREENS:
            page.evaluate(SHOW, name)
            assert serious(page) == [], name


@pytest.mark.data
def test_axe_finds_nothing_serious_while_the_camera_runs_or_on_a_certificate(visit: Opened) -> None:
    with visit() as one:
        one.to_check()
        wait_until(one.page, "document.getElementById('hint').textContent !== ''")
        assert serious(one.page) == []
        one.begin()
        one.page.wait_for_selector("#arrow:visible")
        assert serious(one.page) == []
        one.ends("passed")
        assert serious(one.page) == []
        one.page.click("#certificate")
        one.page.wait_for_url("**/certificates/*")
        assert serious(one.page) == []


def tabbed(page: Page, selector: str) -> None:
    """Presses Tab until the focus is there, and nothing else."""
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("(wanted) => document.activeElement.matches(wanted)", selector):
            assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
            return
    raise AssertionError(f"{selector} is not reached by Tab")


def in_sight(page: Page, *ids: str) -> bool:
    """Whether these are on the screen at once."""
    script = """(ids) => ids.map((id) => document.getElementById(id).getBoundingClientRect()).every((box) =>
      box.height > 0 && box.top >= 0 && box.bottom <= innerHeight && box.left >= 0 && box.right <= innerWidth)"""
    return bool(page.evaluate(script, list(ids)))


@pytest.mark.data
def test_the_whole_way_is_gone_by_keyboard_at_double_size(visit: Opened) -> None:
    with visit(size="zoomed") as one:
        page = one.page
        page.goto(f"http://{one.address}/verify")
        page.wait_for_selector("#s-welcome:visible")
        for selector, typed in (
            ("#s-welcome [data-go=who]", "Enter"),
            ("#name", "张秀兰"),
            ("#id_number", "13020219480512122X"),
            ("#f-who [type=submit]", "Enter"),
            ("#f-comfort [type=submit]", "Enter"),
            ("[data-route=flash]", "Space"),
            ("#agree", "Enter"),
        ):
            tabbed(page, selector)
            assert fits(page), selector
            (page.keyboard.press if typed in {"Enter", "Space"} else page.keyboard.insert_text)(typed)
        page.wait_for_selector("#open:visible")
        tabbed(page, "#open")
        page.keyboard.press("Enter")
        page.wait_for_selector("#ready:visible", timeout=PATIENCE)
        wait_until(page, "document.activeElement.id === 'ready'")
        one.look("zoomed-check")
        assert in_sight(page, "stage", "ask", "ready"), "the picture and what is said of it, without scrolling"
        page.keyboard.press("Enter")
        page.wait_for_selector("#arrow:visible", timeout=PATIENCE)
        one.look("zoomed-guide")
        assert in_sight(page, "stage", "ask", "arrow")
        one.ends("passed")
        tabbed(page, "#certificate")
        page.keyboard.press("Enter")
        page.wait_for_url("**/certificates/*")
