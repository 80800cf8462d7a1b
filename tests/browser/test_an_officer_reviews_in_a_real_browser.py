"""In Chromium, on a phone and on a desk, in both languages: what waits, one capture, a decision, another way."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from auth_service.qualification.decision import Reason
from tests.browser.real_browser import SEEING, Watch, fits
from tests.browser.visiting import SIZES
from tests.channels.service import EILEEN, GRACE, PASSWORD, Deployment
from tests.console.waiting import Waiting, ask, person_of, put

pytestmark = pytest.mark.browser

WORDS = {
    "zh": ("采集复核", "是本人，通过", "五官一致，神态自然", "撤回我的判断", "重新等待查看", "标为已办"),
    "en": ("Captures to review", "It is the person: accept", "Same features, natural behaviour",
           "Take my decision back", "The capture waits again", "Mark as done"),
}  # fmt: skip
FAULTS = (
    "() => {"
    + SEEING
    + """
  const found = [];
  for (const e of document.querySelectorAll('body *')) {
    if (!shown(e)) continue;
    const style = getComputedStyle(e);
    const name = `${e.tagName}#${e.id} ${e.textContent.trim().slice(0, 20)}`;
    if (own(e) && !e.closest('svg')) {
      if (parseFloat(style.fontSize) < 15) found.push(`small ${name} ${style.fontSize}`);
      const [a, b] = [light(rgb(style.color)), light(ground(e))];
      const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
      if (ratio < 4.5) found.push(`faint ${name} ${ratio.toFixed(1)}`);
    }
    if (e.matches('button, a, input:not([type=hidden]), select, textarea')) {
      const label = e.labels && e.labels.length ? e.labels[0].textContent : '';
      const alt = [...e.querySelectorAll('img')].map((i) => i.alt).join('');
      if (!(e.textContent.trim() || label.trim() || alt)) found.push(`nameless ${name}`);
    }
    if (e.matches('img') && !e.hasAttribute('alt')) found.push(`no alt ${name}`);
    if (e.matches('svg') && !e.hasAttribute('aria-labelledby')) found.push(`nameless ${name}`);
  }
  const ids = [...document.querySelectorAll('[id]')].map((e) => e.id);
  for (const id of ids) if (ids.indexOf(id) !== ids.lastIndexOf(id)) found.push(`twice ${id}`);
  for (const e of document.querySelectorAll('[aria-labelledby], [aria-describedby]'))
    for (const id of ['labelledby', 'describedby'].flatMap((n) => (e.getAttribute(`aria-${n}`) || '').split(' ')))
      if (id && !document.getElementById(id)) found.push(`nothing ${id}`);
  if ([...document.querySelectorAll('h1')].filter(shown).length !== 1) found.push('headings');
  return found;
}"""
)
"""What keeps somebody from reading or reaching something."""


def fill(service: Deployment) -> tuple[str, str]:
    """A grey capture, one that waits longer, and two people who ask for another way."""
    faces, now = service.portraits, service.clock.now()
    eileen, grace = (person_of(service.wiring, number) for number in (EILEEN, GRACE))
    suspected = Waiting(None, reasons=(Reason.ATTACK_SUSPECTED,))
    put(service.wiring, grace, (faces.grace_later,), now - timedelta(days=3), suspected)
    grey = put(service.wiring, eileen, (faces.eileen_later, faces.eileen), now - timedelta(hours=2))
    ask(service.wiring, grace, now - timedelta(days=1), phone="")
    return grey, ask(service.wiring, eileen, now - timedelta(hours=5))


@pytest.mark.parametrize(("size", "language"), [("desk", "zh"), ("phone", "zh"), ("phone", "en"), ("desk", "en")])
def test_an_officer_sees_what_waits_decides_takes_it_back_and_answers_a_request(
    service: Deployment, address: str, browser: Browser, tmp_path: Path, size: str, language: str
) -> None:
    title, accept, reason, undo, again, done = WORDS[language]
    grey, request_id = fill(service)
    width, height = SIZES[size]
    watch = Watch(address, allowed=("ERR_ABORTED",))  # who leaves a page lets its pictures go
    with browser.new_context(viewport={"width": width, "height": height}) as context:
        page = context.new_page()
        watch.over(page)

        def look(name: str) -> None:
            assert fits(page), f"{name} is wider than the screen"
            assert page.evaluate(FAULTS) == [], name
            page.screenshot(path=tmp_path / f"{size}-{language}-{name}.png", full_page=True)

        page.goto(f"http://{address}/console/sign-in?lang={language}")
        page.fill("#username", "officer")
        page.fill("#password", PASSWORD)
        page.locator("main button").click()
        page.wait_for_url("**/console")
        look("home")
        page.locator("main").get_by_role("link", name=title).click()
        page.wait_for_url("**/console/desk")
        look("queue")
        page.locator(f"a[href$='{grey}']").click()
        page.wait_for_url(f"**/{grey}")
        for picture in page.locator("main img").all():
            picture.scroll_into_view_if_needed()
        page.wait_for_load_state("networkidle")
        sizes = page.eval_on_selector_all(
            ".faces img", "images => images.map(i => [i.naturalWidth, i.clientWidth, i.clientHeight])"
        )
        assert len(sizes) == 2
        assert all(natural > 100 for natural, _, _ in sizes)
        assert abs(sizes[0][1] - sizes[1][1]) <= 6, "side by side in one size"
        assert page.locator(".strip img").count() == 16
        page.evaluate("document.querySelector('details').open = true")
        look("capture")
        page.get_by_label(accept).check()
        page.select_option("#reason", label=reason)
        page.fill("#note", "左耳下有痣 <script>alert(1)</script>")
        page.locator("form[action$='decisions'] button").click()
        page.wait_for_url("**?decided=1")
        look("decided")
        page.get_by_role("button", name=undo).click()
        page.wait_for_url("**?undone=1")
        assert again in page.inner_text("main")
        assert "<script>alert(1)</script>" in page.inner_text(".history")
        page.goto(f"http://{address}/console/requests")
        look("requests")
        page.locator(f"a[href$='{request_id}']").click()
        page.wait_for_url(f"**/{request_id}")
        look("request")
        page.select_option("#reason", "call_back")
        page.locator("form[action$='contact'] button").click()
        page.wait_for_selector(".contact")
        look("contact")
        page.fill("#note", "已电话约定周三上门")
        page.get_by_role("button", name=done).click()
        page.wait_for_url("**?recorded=1")
        look("done")
    assert watch.complaints == []
