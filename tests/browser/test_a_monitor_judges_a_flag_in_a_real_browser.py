"""In Chromium, on a phone and on a desk, in both languages: sign in, open the flag, judge it, see it judged."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.browser.real_browser import Watch, fits
from tests.channels.service import PASSWORD, Deployment

pytestmark = pytest.mark.browser

SIZES = {"desk": (1280, 800), "phone": (390, 844)}
WORDS = {
    "zh": ("登录", "疑点", "采集画面是已有照片的复制", "需要核查", "已记录您的判断", "没有待处理的疑点"),
    "en": (
        "Sign in",
        "Flags",
        "A capture that copies",
        "Needs a check",
        "Your judgement is recorded",
        "No flag is waiting",
    ),
}


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("size", SIZES)
def test_a_monitor_signs_in_judges_the_flag_and_sees_it_judged(
    service: Deployment, address: str, browser: Browser, tmp_path: Path, size: str, language: str
) -> None:
    sign_in, flags, title, verdict, recorded, nothing = WORDS[language]
    width, height = SIZES[size]
    watch = Watch(address)
    with browser.new_context(viewport={"width": width, "height": height}) as context:
        page = context.new_page()
        watch.over(page)

        def look(name: str) -> None:
            assert fits(page), f"{name} is wider than the screen"
            page.screenshot(path=tmp_path / f"{size}-{language}-{name}.png", full_page=True)

        page.goto(f"http://{address}/console/sign-in?lang={language}")
        look("sign-in")
        page.fill("#username", "monitor")
        page.fill("#password", PASSWORD)
        page.get_by_role("button", name=sign_in).click()
        page.wait_for_url("**/console")
        page.locator("main").get_by_role("link", name=flags).click()
        page.wait_for_url("**/console/flags")
        assert flags in page.inner_text("h1")
        look("flags")
        page.get_by_role("link", name=title).click()
        page.wait_for_url(f"**/{service.flag_id}")
        widths = page.eval_on_selector_all(".pair img", "images => images.map(i => [i.naturalWidth, i.clientWidth])")
        assert len(widths) == 2
        assert all(natural > 100 and shown > 120 for natural, shown in widths)
        look("flag")
        page.get_by_label(verdict).check()
        page.fill("#reason", "已电话联系，本人说没有办理 <script>alert(1)</script>")
        page.locator("form[action$='judgements'] button").click()
        page.wait_for_url("**?judged=1")
        assert recorded in page.inner_text("main")
        assert "<script>alert(1)</script>" in page.inner_text(".history")
        look("judged")
        page.goto(f"http://{address}/console/flags")
        assert nothing in page.inner_text("main")
        look("empty")
        page.goto(f"http://{address}/certificates/{service.serial}")
        look("certificate")
    assert watch.complaints == []
    assert len(list(tmp_path.glob(f"{size}-{language}-*.png"))) == 6


def test_another_role_is_refused_in_the_same_design(service: Deployment, address: str, browser: Browser) -> None:
    with browser.new_context(locale="zh-CN") as context:
        page = context.new_page()
        page.goto(f"http://{address}/console/flags/{service.flag_id}")
        page.fill("#username", "officer")
        page.fill("#password", PASSWORD)
        page.click("main button")
        page.wait_for_load_state()
        assert "没有权限" in page.inner_text("main")
        assert "改由窗口" in page.inner_text("main")
        assert page.locator("img[src*='/photos/']").count() == 0


def test_the_keyboard_alone_reaches_everything(address: str, browser: Browser) -> None:
    with browser.new_context() as context:
        page = context.new_page()
        page.goto(f"http://{address}/console/sign-in")
        page.wait_for_function("document.activeElement.id === 'username'")  # autofocus comes after the load
        page.keyboard.type("monitor")
        page.keyboard.press("Tab")
        page.keyboard.type(PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_url("**/console")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.className") == "skip"
        assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"


def test_text_is_large_and_strong_enough_to_read(address: str, browser: Browser) -> None:
    with browser.new_context(viewport={"width": 1280, "height": 800}) as context:
        page = context.new_page()
        page.goto(f"http://{address}/console/sign-in")
        sizes = page.evaluate(
            "[...document.querySelectorAll('body *')].filter(e => e.innerText && e.offsetParent)"
            ".map(e => parseFloat(getComputedStyle(e).fontSize))"
        )
        body = page.evaluate("parseFloat(getComputedStyle(document.body).fontSize)")
    assert body >= 16
    assert min(sizes) >= 15
