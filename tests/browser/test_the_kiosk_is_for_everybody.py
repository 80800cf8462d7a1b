"""Every screen of the kiosk in Chromium, at both sizes of terminals and in both languages: large, strong, named, and
with another way and staff in reach.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Playwright

from tests.browser import films
from tests.browser.axe import serious
from tests.browser.fake_captures import FakeCaptures
from tests.browser.kiosk_site import NO_LINE, SIZES, KioskSite, terminal
from tests.browser.real_browser import chromium, fits
from tests.browser.test_the_beneficiarys_page_is_for_everybody import FAULTS, SHOW
from tests.browser.test_the_kiosk_in_a_real_browser import kiosk, served_kiosk
from tests.channels.service import Deployment

pytestmark = pytest.mark.browser
_ = (kiosk, served_kiosk, FakeCaptures, Deployment)

SCREENS = (
    "enrol", "closed", "start", "number", "name", "hello", "consent", "light", "comfort", "camera", "sending", "passed",
    "kept", "again", "review", "otherway", "over", "shut", "trouble", "ways", "asked", "called", "withdraw",
    "withdrawn", "refused",
)  # fmt: skip
LEAST = 32
"""CSS pixels: 24 pt."""
WORDS = {
    "hello-name": "张秀兰", "hello-number": "1302•• •••••••• 122X", "name-number": "130202 19480512 122X",
    "due": "2027-03-31", "serial": "4d8c 7237 2816 7de3 c064 6614 630a 7851", "kept-at": "2026-03-10 10:00",
    "kept-number": "0f8fad5b-d9cd-4e32-9b1a-5c1d2e3f4a5b", "again-reason": "光线太暗，请到窗边或开灯。",
    "otherway-reason": "还没有您的登记照片，请到窗口拍一张。", "called": "请在这里稍等，工作人员马上来。",
    "otherway-next": "可以先去社保窗口，带上身份证：工作人员当面帮您办。别的方式效力一样，您来选。",
    "review-next": "不想等的话：可以先去社保窗口，带上身份证：工作人员当面帮您办。别的方式效力一样，您来选。",
    "staff": "工作人员请看：12 份没有办成",
    "line": "网络暂时不通，可以照常办理 · 本机待送 3 份",
}  # fmt: skip
NOTICE = {
    "refused-number": "0f8fad5b-d9cd-4e32-9b1a-5c1d2e3f4a5b",
    "refused-why": "consent_unknown · 同意书版本不存在，画面没有保存；请更新终端后请本人再来一次。",
    "refused-do": "→ 请本人再来办一次。",
}
"""What people's data looks like on the screens that show some."""
FILL = """([words, notice]) => {
  for (const [id, text] of Object.entries(words)) {
    const part = document.getElementById(id);
    [part.textContent, part.hidden] = [text, false];
  }
  document.getElementById('due-line').hidden = false;
  const list = document.getElementById('refused');
  while (list.children.length < 12) {
    const entry = list.appendChild(document.createElement('li'));
    for (const id of ['refused-number', 'refused-why', 'refused-do']) {
      const line = entry.appendChild(document.createElement('p'));
      [line.textContent, line.className] = [notice[id], id === 'refused-number' ? 'mono' : ''];
    }
  }
}"""


@pytest.fixture(scope="module")
def plain(playwright: Playwright) -> Iterator[Browser]:
    """A browser that may use a camera, on a machine without one."""
    with chromium(playwright, films.camera_arguments(None)) as made:
        yield made


def each_screen(page: Page) -> Iterator[str]:
    for name in SCREENS:
        page.evaluate(SHOW, name)
        yield name


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("size", SIZES)
def test_every_screen_is_large_strong_named_and_fits(
    plain: Browser, kiosk: KioskSite, tmp_path: Path, size: str, language: str
) -> None:
    with terminal(plain, kiosk, tmp_path, size=size) as one:
        one.set_up(hardware=False, language=language)
        one.page.evaluate(FILL, [WORDS, NOTICE])
        for name in each_screen(one.page):
            one.look(f"{language}-{name}")
            assert one.page.evaluate(FAULTS, LEAST) == [], name
            assert fits(one.page), name


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("size", SIZES)
def test_what_can_be_done_is_on_the_screen_without_scrolling(
    plain: Browser, kiosk: KioskSite, tmp_path: Path, size: str, language: str
) -> None:
    inside = """(name) => {
      const [head, acts] = [document.getElementById('call'), document.querySelector(`#s-${name} .act`)]
        .map((e) => e.getBoundingClientRect());
      const buttons = [...document.querySelectorAll(`#s-${name} :is(.act, .pad button), header button`)]
        .filter((e) => e.checkVisibility());
      return buttons.map((e) => [e.textContent, e.getBoundingClientRect(), e.matches('.pad *')])
        .filter(([, box, key]) => box.top < 0 || box.bottom > innerHeight || (key && box.bottom > acts.top))
        .map(([text]) => text).concat(head.top > 60 ? ['a header of two lines'] : []); }"""
    with terminal(plain, kiosk, tmp_path, size=size) as one:
        one.set_up(hardware=False, language=language)
        one.page.evaluate(FILL, [WORDS, NOTICE])
        for name in each_screen(one.page):
            assert one.page.evaluate(inside, name) == [], name
            assert one.page.is_visible("#call"), name


@pytest.mark.parametrize("name", [one for one in SCREENS if one != "enrol"])
def test_no_choice_is_louder_than_another_way(plain: Browser, kiosk: KioskSite, tmp_path: Path, name: str) -> None:
    with terminal(plain, kiosk, tmp_path) as one:
        one.set_up(hardware=False)
        one.page.evaluate(SHOW, name)
        looks = one.page.eval_on_selector_all(
            f"#s-{name} .act",
            "all => all.filter(e => e.checkVisibility()).map(e => { const s = getComputedStyle(e);"
            " return [s.fontSize, s.fontWeight, s.color, s.backgroundColor, s.borderColor].join(); })",
        )
        assert len(set(looks)) == 1
        assert name == "ways" or one.page.is_visible(f"#s-{name} [data-go=ways]")


@pytest.mark.slow
@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("size", SIZES)
def test_axe_finds_nothing_serious_on_any_screen(
    plain: Browser, kiosk: KioskSite, tmp_path: Path, size: str, language: str
) -> None:
    with terminal(plain, kiosk, tmp_path, size=size) as one:
        one.set_up(hardware=False, language=language)
        one.page.evaluate(FILL, [WORDS, NOTICE])
        for name in each_screen(one.page):
            assert serious(one.page) == [], name
        one.page.evaluate("document.getElementById('idle').showModal()")
        assert serious(one.page) == [], "the question whether anybody is there"


@pytest.mark.slow
@pytest.mark.data
def test_axe_finds_nothing_serious_while_the_camera_runs(
    kiosk: KioskSite, cameras: Callable[[str], Browser], tmp_path: Path
) -> None:
    with terminal(cameras("kiosk"), kiosk, tmp_path, allowed=NO_LINE) as one:
        one.set_up()
        one.puts_card()
        assert serious(one.page) == []
        one.to_check()
        assert serious(one.page) == []
        one.begins()
        one.page.wait_for_selector("#arrow:visible")
        assert serious(one.page) == []
        one.screen("passed")
        assert serious(one.page) == []


def test_the_paper_of_the_slip_is_80_mm_and_has_nothing_else_on_it(
    plain: Browser, kiosk: KioskSite, tmp_path: Path
) -> None:
    fill = """async () => {
      const place = document.querySelector('script[type=module]').src.replace('main.js', '');
      const slip = await import(place + 'slip.js');
      window.print = () => { window.printed = true; };
      return slip.print(slip.ofReceipt({ number: '0f8fad5b-d9cd', at: Date.parse('2026-03-10T02:00:00Z') }));
    }"""
    with terminal(plain, kiosk, tmp_path) as one:
        one.set_up(hardware=False)
        assert one.page.evaluate(fill) == "browser"
        assert one.page.evaluate("window.printed")
        one.page.emulate_media(media="print")
        seen: Any = one.page.evaluate(
            "[...document.body.children].filter((e) => e.checkVisibility()).map((e) => e.id || e.tagName)"
        )
        assert seen == ["slip"]
        one.page.pdf(path=tmp_path / "slip.pdf", prefer_css_page_size=True)
        one.look("slip")
        assert "采集回执" in one.page.inner_text("#slip")
