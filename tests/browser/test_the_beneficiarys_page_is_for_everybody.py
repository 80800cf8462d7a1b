"""Every screen in Chromium without a camera: what goes wrong with cameras and browsers, and who can use the page."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Playwright

from auth_service.app import create_app
from auth_service.capture.one_time_code import CodePolicy
from auth_service.capture.session import SessionPolicy
from auth_service.connectors.code_outbox import CodeOutbox
from auth_service.flows.prove_possession import CodeCounts, ProvePossession
from tests.browser import films
from tests.browser.fake_captures import FakeCaptures, Play, problem
from tests.browser.real_browser import SEEING, Watch, chromium, fits, served, wait_until
from tests.channels.service import Deployment

pytestmark = pytest.mark.browser

SCREENS = (
    "welcome", "who", "comfort", "light", "consent", "camera", "sending", "passed", "again", "review", "otherway",
    "over", "trouble", "ways", "photo", "collected", "asked", "contest", "contested", "withdraw", "withdrawn",
)  # fmt: skip
WECHAT = "Mozilla/5.0 (Linux; Android 13) AppleWebKit/537.36 Chrome/111 Mobile Safari/537.36 MicroMessenger/8.0.40"
ALIPAY = "Mozilla/5.0 (Linux; Android 13) AppleWebKit/537.36 Chrome/111 Mobile Safari/537.36 AlipayClient/10.5"
BANK = "Mozilla/5.0 (Linux; Android 13) AppleWebKit/537.36 Chrome/111 Mobile Safari/537.36 ICBCAndroidBS/1.0"
SHOW = """async (name) => {
  const place = document.querySelector('script[type=module]').src.replace('main.js', '');
  if (name === 'trouble') (await import(place + 'results.js')).showTrouble('in_use');
  else (await import(place + 'screens.js')).show(name);
}"""
FAULTS = (
    "(LEAST = 24) => {"
    + SEEING
    + """
  const found = [];
  for (const e of document.querySelectorAll('body *')) {
    if (!shown(e)) continue;
    const style = getComputedStyle(e);
    const name = `${e.tagName}#${e.id}.${e.className} ${e.textContent.trim().slice(0, 20)}`;
    if (own(e) || e.matches('input:not([type=radio], [type=checkbox]), select')) {
      if (parseFloat(style.fontSize) < LEAST) found.push(`small ${name} ${style.fontSize}`);
      const [a, b] = [light(rgb(style.color)), light(ground(e))];
      const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
      if (ratio < 7) found.push(`faint ${name} ${ratio.toFixed(1)}`);
    }
    if (e.matches('button, a, input, select')) {
      const box = (e.closest('label') || e).getBoundingClientRect();
      if (box.width < 44 || box.height < 44) found.push(`narrow ${name} ${box.width}x${box.height}`);
      const label = e.labels && e.labels.length ? e.labels[0].textContent : '';
      if (!(e.textContent.trim() || label.trim() || e.getAttribute('aria-label'))) found.push(`nameless ${name}`);
    }
    for (const n of e.matches('.act') ? e.childNodes : []) for (const word of (n.data || '').matchAll(/[A-Za-z]+/g)) {
      const range = new Range();
      range.setStart(n, word.index);
      range.setEnd(n, word.index + word[0].length);
      if (range.getClientRects().length > 1) found.push(`broken ${word[0]}`);
    }
    if (e.matches('img') && !e.hasAttribute('alt')) found.push(`no alt ${name}`);
  }
  const ids = [...document.querySelectorAll('[id]')].map((e) => e.id);
  for (const id of ids) if (ids.indexOf(id) !== ids.lastIndexOf(id)) found.push(`twice ${id}`);
  for (const e of document.querySelectorAll('[aria-labelledby], [aria-describedby]'))
    for (const id of ['labelledby', 'describedby'].flatMap((n) => (e.getAttribute(`aria-${n}`) || '').split(' ')))
      if (id) if (!document.getElementById(id)) found.push(`nothing ${id}`);
  const heads = [...document.querySelectorAll('h1')].filter(shown);
  if (heads.length !== 1) found.push(`${heads.length} headings`);
  if (document.activeElement !== heads[0]) found.push('the heading has no focus');
  return found;
}"""
)


@pytest.fixture(scope="module")
def browser(playwright: Playwright) -> Iterator[Browser]:
    """A browser that may use a camera, on a machine without one."""
    with chromium(playwright, films.camera_arguments(None)) as made:
        yield made


@pytest.fixture(scope="module")
def strict(playwright: Playwright) -> Iterator[Browser]:
    """A browser with a camera that nobody is allowed to use."""
    with chromium(playwright, ("--use-fake-device-for-media-stream",)) as made:
        yield made


@pytest.fixture
def address(site: str) -> str:
    return site


@contextmanager
def opened(
    browser: Browser, address: str, path: str = "/verify", *, allowed: tuple[str, ...] = (), **how: Any
) -> Iterator[Page]:
    how = {"viewport": {"width": 360, "height": 740}, "locale": "zh-CN", **how}
    with browser.new_context(**how) as context:
        page = context.new_page()
        page.set_default_timeout(60_000)
        watch = Watch(address, allowed)
        watch.over(page)
        page.goto(f"http://{address}{path}")
        page.wait_for_selector("#s-loading", state="hidden")
        yield page
    assert watch.complaints == []


def _to_camera(page: Page) -> None:
    _to_consent(page)
    page.click("#agree")
    page.wait_for_selector("#open:visible")


def _to_consent(page: Page) -> None:
    page.click("#s-welcome [data-go=who]")
    page.fill("#name", "张秀兰")
    page.fill("#id_number", "13020219480512122X")
    page.click("#f-who [type=submit]")
    page.click("#f-comfort [type=submit]")
    page.click("[data-route=no_flash]")


def test_a_code_is_sent_typed_or_done_without(browser: Browser, service: Deployment) -> None:
    """Only where the agency sends codes, and only on the way without colours."""
    captures = service.services.captures
    sending = ProvePossession(
        service.wiring.store, service.clock, (SessionPolicy(), CodePolicy()), CodeOutbox(Path("unused"), 10),
        CodeCounts(lambda *_: None, lambda _: True, lambda *_: None),
    )  # fmt: skip
    services = dataclasses.replace(service.services, captures=dataclasses.replace(captures, possession=sending))
    play = Play(service.serial)
    with served(FakeCaptures(create_app(services), play)) as address:
        for code in ("０12 345", ""):
            with opened(browser, address, allowed=("status of 422",)) as page:
                _to_consent(page)
                page.click("#agree")
                page.wait_for_selector("#h-code:visible")
                if code:
                    page.click("#code-send")
                    page.wait_for_selector("#code-sent:visible")
                    page.fill("#code", "999999")
                    page.click("#f-code [type=submit]")
                    page.wait_for_selector("#e-code:visible")
                    page.fill("#code", code)
                page.click("#f-code [type=submit]" if code else "#code-skip")
                page.wait_for_selector("#open:visible")
    assert play.codes == ["012345"]


def test_no_camera_is_told_in_its_own_words_with_another_way(browser: Browser, address: str) -> None:
    with opened(browser, address, permissions=["camera"]) as page:
        _to_camera(page)
        page.click("#open")
        page.wait_for_selector("#s-trouble:visible")
        assert page.inner_text("#h-trouble") == "没有找到摄像头"
        page.click("#s-trouble [data-go=ways]")
        page.wait_for_selector("#s-ways:visible")


def test_a_refused_camera_is_explained_and_can_be_tried_again(strict: Browser, address: str) -> None:
    with opened(strict, address) as page:
        _to_camera(page)
        page.click("#open")
        page.wait_for_selector("#s-trouble:visible")
        assert page.inner_text("#h-trouble") == "还没有允许使用摄像头"
        assert "小锁" in page.inner_text("#trouble-lead")
        page.context.grant_permissions(["camera"])
        page.click("#retry")
        page.wait_for_selector("#ready:visible")


@pytest.mark.parametrize(
    ("broken", "title"),
    [
        ("async () => { throw new DOMException('busy', 'NotReadableError'); }", "摄像头正被别的程序使用"),
        ("async () => { throw new DOMException('odd', 'OverconstrainedError'); }", "这个浏览器打不开摄像头"),
    ],
)
def test_a_camera_in_use_and_a_browser_that_cannot_are_told_apart(
    strict: Browser, address: str, broken: str, title: str
) -> None:
    with opened(strict, address) as page:
        page.evaluate(f"() => {{ navigator.mediaDevices.getUserMedia = {broken}; }}")
        _to_camera(page)
        page.click("#open")
        page.wait_for_selector("#s-trouble:visible")
        assert page.inner_text("#h-trouble") == title


@pytest.mark.parametrize(
    ("agent", "words"),
    [(WECHAT, "在浏览器打开"), (ALIPAY, "在浏览器中打开"), (BANK, "复制网址")],
    ids=["wechat", "alipay", "bank"],
)
def test_inside_another_app_the_way_to_the_phones_browser_is_told_first(
    strict: Browser, address: str, agent: str, words: str
) -> None:
    with opened(strict, address, user_agent=agent) as page:
        assert words in page.inner_text("#in-app")
        _to_camera(page)
        page.click("#open")
        page.wait_for_selector("#s-trouble:visible")
        assert words in page.inner_text("#trouble-lead")


def test_a_refused_number_is_told_beside_its_field(browser: Browser, address: str, play: Play) -> None:
    play.refusals["/capture-sessions"] = problem(
        422, "id_number_invalid", "证件号码有误。", "Wrong.", field="id_number"
    )
    with opened(browser, address, allowed=("status of 422",)) as page:
        page.click("#s-welcome [data-go=who]")
        page.click("#f-who [type=submit]")
        assert page.evaluate("document.activeElement.id") == "name"
        page.fill("#name", "张秀兰")
        page.fill("#id_number", "123")
        page.click("#f-who [type=submit]")
        page.click("#f-comfort [type=submit]")
        page.click("[data-route=flash]")
        page.click("#agree")
        page.wait_for_selector("#s-who:visible")
        assert page.inner_text("#e-id_number") == "证件号码有误。"
        assert page.evaluate("document.activeElement.id") == "id_number"
        assert page.get_attribute("#id_number", "aria-invalid") == "true"


def test_who_has_too_little_left_to_do_is_led_to_another_way(browser: Browser, address: str, play: Play) -> None:
    play.refusals["/capture-sessions"] = problem(
        422, "no_challenge_left", "手机认证不合适，请选择窗口或上门。", "Not suited."
    )
    with opened(browser, address, allowed=("status of 422",)) as page:
        page.click("#s-welcome [data-go=who]")
        page.fill("#name", "张秀兰")
        page.fill("#id_number", "13020219480512122X")
        page.click("#f-who [type=submit]")
        page.click("#f-comfort [type=submit]")
        page.click("[data-route=flash]")
        page.click("#agree")
        page.wait_for_selector("#s-otherway:visible")
        assert "窗口或上门" in page.inner_text("#otherway-reason")


def test_another_way_can_be_asked_for_before_anything_else(browser: Browser, address: str, play: Play) -> None:
    with opened(browser, address) as page:
        page.click("#s-welcome [data-go=ways]")
        page.click("#f-ways [type=submit]")
        assert page.inner_text("#e-way") == "请选一种方式"
        page.check("[value=phone_call]")
        page.click("#f-ways [type=submit]")
        assert page.evaluate("document.activeElement.id") == "ways-name"
        page.fill("#ways-name", "张秀兰")
        page.fill("#ways-id_number", "13020219480512122x")
        page.click("#f-ways [type=submit]")
        page.wait_for_selector("#s-asked:visible")
    wish = {"session": None, "way": "phone_call", "name": "张秀兰", "id_number": "13020219480512122X"}
    assert play.wishes == [wish]


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize(("width", "height"), [(360, 740), (1280, 800), (640, 400), (320, 640)])
def test_every_screen_is_large_strong_named_and_fits(
    browser: Browser, address: str, language: str, width: int, height: int
) -> None:
    """640x400 is 1280x800 at 200 % zoom; 320 is the reflow width of WCAG 1.4.10."""
    with opened(browser, address, f"/verify?lang={language}", viewport={"width": width, "height": height}) as page:
        for name in SCREENS:
            page.evaluate(SHOW, name)
            assert page.evaluate(FAULTS) == [], name
            assert fits(page), name


@pytest.mark.parametrize("name", SCREENS)
def test_no_choice_is_louder_than_another_way(browser: Browser, address: str, name: str) -> None:
    with opened(browser, address) as page:
        page.evaluate(SHOW, name)
        looks = page.eval_on_selector_all(
            f"#s-{name} .act",
            "all => all.filter(e => e.checkVisibility()).map(e => { const s = getComputedStyle(e);"
            " return [s.fontSize, s.fontWeight, s.color, s.backgroundColor, s.borderColor].join(); })",
        )
        assert looks
        assert len(set(looks)) == 1


def test_the_keyboard_reaches_every_control_in_the_order_of_reading(browser: Browser, address: str) -> None:
    with opened(browser, address) as page:
        for name in ("welcome", "who", "comfort", "light", "consent", "ways", "again", "withdraw"):
            page.evaluate(SHOW, name)
            reached = []
            for _ in range(20):
                page.keyboard.press("Tab")
                at = page.evaluate(
                    "(() => { const e = document.activeElement; const s = getComputedStyle(e);"
                    " const name = e.id || e.name || e.dataset.go || e.type;"
                    " return [e.closest('section') ? name : '', s.outlineStyle]; })()"
                )
                if not at[0]:
                    break
                assert at[1] == "solid", at
                reached.append(at[0])
            wanted = page.eval_on_selector_all(
                f"#s-{name} :is(button, a, input, select)",
                "all => all.filter(e => e.checkVisibility() && !(e.type === 'radio' && !e.checked &&"
                " document.querySelector(`[name=${e.name}]:checked`)))"
                ".map(e => e.id || e.name || e.dataset.go || e.type)",
            )
            radios = [one for place, one in enumerate(wanted) if one != "way" or wanted.index("way") == place]
            assert reached == radios, name


def test_whoever_asked_for_less_motion_sees_a_still_arrow(browser: Browser, address: str) -> None:
    moving = "getComputedStyle(document.getElementById('arrow')).animationName"
    with opened(browser, address, reduced_motion="reduce") as page:
        assert page.evaluate(moving) == "none"
    with opened(browser, address, reduced_motion="no-preference") as page:
        assert page.evaluate(moving) == "point"


def test_the_language_changes_in_place(browser: Browser, address: str) -> None:
    with opened(browser, address) as page:
        page.click("#language")
        wait_until(page, "document.documentElement.lang === 'en'")
        page.wait_for_selector("#s-welcome:visible")
        assert page.title() == "Please confirm your eligibility"
