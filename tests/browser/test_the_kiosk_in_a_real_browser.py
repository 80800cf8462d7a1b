"""The kiosk's page in Chromium, before a camera that plays a film: with a card and without one, near and far, and what
stays of a person afterwards. The service is played (fake_kiosk.py); every call's signature is checked by the library.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import cv2
import numpy as np
import pytest
from playwright.sync_api import Browser

from auth_service.connectors.kiosk_bridge import Card
from tests.browser.fake_captures import IN_REVIEW, OTHER_WAY, PASSED, TOO_DARK, FakeCaptures, problem
from tests.browser.kiosk_site import NO_LINE, SIZES, KioskSite, Terminal, kiosk_site, terminal
from tests.browser.real_browser import wait_until
from tests.channels.service import EILEEN, GRACE, NAMES, Deployment

pytestmark = [pytest.mark.browser, pytest.mark.data]

CHIP = b"\xff\xd8 the photo of a chip"
KEPT = """async () => {
  const base = await new Promise((r) => { const a = indexedDB.open("kiosk", 1); a.onsuccess = () => r(a.result); });
  const all = (name) => new Promise((r) => { const a = base.transaction(name).objectStore(name).getAll();
    a.onsuccess = () => r(a.result); });
  const text = (v) => v instanceof CryptoKey ? `key ${v.type} ${v.algorithm.name} ${v.extractable}`
    : v instanceof ArrayBuffer || ArrayBuffer.isView(v) ? new TextDecoder("latin1").decode(v)
    : v && typeof v === "object" ? Object.entries(v).map(([k, one]) => `${k}=${text(one)}`).join(";") : String(v);
  const found = [];
  for (const name of ["self", "tickets", "queue"]) for (const one of await all(name)) found.push(text(one));
  for (const one of [localStorage, sessionStorage]) found.push(JSON.stringify(one));
  for (const name of await caches.keys()) for (const one of await (await caches.open(name)).keys()) found.push(one.url);
  return { text: found.join("\\n"), cookies: document.cookie, url: location.href, history: history.length };
}"""
"""Everything that a browser keeps of a kiosk, as far as anybody could read it."""
HELD = """async () => {
  const place = document.querySelector('script[type=module]').src.replace('main.js', '');
  const { visit } = await import(place + 'visit.js');
  const inputs = [...document.querySelectorAll('input:not([type=radio], [type=checkbox])')];
  const fields = inputs.map((one) => one.value).join('');
  const ticked = document.querySelectorAll('input:checked').length;
  const pictures = [...document.querySelectorAll('#qr, #slip-qr')].map((one) => one.getAttribute('src') || '').join('');
  return JSON.stringify({ visit: Object.values(visit).filter(Boolean), fields, ticked, pictures,
    camera: Boolean(document.getElementById('video').srcObject) });
}"""
LAMP = "(({ width, height }) => [width, height])(document.getElementById('flash').getBoundingClientRect())"
CODE_SHOWN = """(() => {
  const [qr, acts] = ['#qr', '#s-passed .acts'].map((one) => document.querySelector(one).getBoundingClientRect());
  return qr.top >= 0 && qr.bottom <= acts.top; })()"""
COUNTER = {"other_way": True, "next_way": "counter"}
NOTHING = {"visit": [], "fields": "", "ticked": 0, "pictures": "", "camera": False}


@pytest.fixture(scope="module")
def served_kiosk(fake_site: tuple[str, FakeCaptures, Deployment]) -> Iterator[KioskSite]:
    with kiosk_site(fake_site[2]) as made:
        yield made


@pytest.fixture
def kiosk(served_kiosk: KioskSite) -> KioskSite:
    served_kiosk.afresh()
    return served_kiosk


Cameras = Callable[[str], Browser]


def nothing_stays(one: Terminal, number: str = EILEEN) -> None:
    """Nothing of a person on the screen, in memory, in storage, in the address or in the history."""
    assert json.loads(one.page.evaluate(HELD)) == NOTHING
    kept = one.page.evaluate(KEPT)
    for secret in (number, number[6:14], NAMES[number], NAMES[number].encode().decode("latin1"), one.play.serial):
        assert secret not in kept["text"], secret
        assert secret not in one.page.content(), secret
    assert "id_number" not in kept["text"]
    assert kept["url"].endswith("/kiosk?lang=zh")
    assert "key private Ed25519 false" in kept["text"], "the key cannot be taken out"


@pytest.mark.parametrize("size", SIZES)
def test_with_a_card_a_person_passes_and_takes_a_slip_along(
    kiosk: KioskSite, cameras: Cameras, tmp_path: Path, size: str
) -> None:
    with terminal(cameras("kiosk"), kiosk, tmp_path, size=size) as one:
        one.set_up()
        before = one.page.evaluate("history.length")
        one.page.wait_for_selector("#start-card:visible")
        one.puts_card(CHIP)
        assert one.page.inner_text("#hello-name") == NAMES[EILEEN]
        assert EILEEN[6:14] not in one.page.inner_text("#hello-number"), "others look over the shoulder"
        one.to_check()
        one.begins()
        one.page.wait_for_selector("#flash:visible")
        assert one.page.evaluate(LAMP) == list(SIZES[size]), "the whole screen is a lamp"
        one.screen("passed")
        assert one.page.inner_text("#due") == "2027-03-31"
        assert one.page.inner_text("#serial").replace(" ", "") == kiosk.play.serial
        wait_until(one.page, "document.getElementById('qr').naturalWidth > 0")
        assert one.page.evaluate(CODE_SHOWN), "nothing covers the code"
        one.look("passed")
        plan = kiosk.play.last.plan
        assert (plan["card"], plan["id_number"], plan["name"]) == ({"read": True}, EILEEN, NAMES[EILEEN])
        assert kiosk.play.portraits == [CHIP]
        one.page.click("#s-passed [data-print]")
        one.waits(lambda: bool(kiosk.hardware.slips))
        [slip] = kiosk.hardware.slips
        assert (slip["title"], slip["qr"]) == ("待遇资格认证凭证", f"/certificates/{kiosk.play.serial}")
        assert NAMES[EILEEN] not in str(slip)
        assert EILEEN not in str(slip)
        one.page.click("#s-passed [data-leave]")
        one.screen("start")
        nothing_stays(one)
        assert one.page.evaluate("history.length") == before


def test_without_a_card_the_number_is_typed_and_a_wrong_one_is_told(
    kiosk: KioskSite, cameras: Cameras, tmp_path: Path
) -> None:
    with terminal(cameras("kiosk"), kiosk, tmp_path, size="lying") as one:
        one.set_up(hardware=False)
        assert not one.page.is_visible("#start-card")
        one.page.click("#by-number")
        one.types(GRACE[:-1])
        one.page.click("#f-number [type=submit]")
        assert "18 位" in one.page.inner_text("#e-number")
        one.types("0" if GRACE[-1] != "0" else "1")
        one.page.click("#f-number [type=submit]")
        assert "再看一遍" in one.page.inner_text("#e-number")
        one.page.click('[data-key="back"]')
        one.types(GRACE[-1])
        one.page.click("#f-number [type=submit]")
        one.screen("name")
        assert one.page.inner_text("#name-number").replace(" ", "") == GRACE
        one.page.click("#f-name [type=submit]")
        one.screen("consent")
        one.page.click("#agree")
        one.page.click("#s-light [data-go=comfort]")
        one.page.check("[name=slow]")
        one.page.check("[value=tremor]")
        one.page.click("#f-comfort [type=submit]")
        one.page.click("[data-route=no_flash]")
        one.page.wait_for_selector("#ready:visible")
        plan = kiosk.play.last.plan
        assert set(plan) == {"id_number", "accommodations", "slow", "route", "consent"}
        assert (plan["id_number"], plan["slow"], plan["route"]) == (GRACE, True, "no_flash")
        one.page.click("#leave")
        one.screen("start")
        nothing_stays(one, GRACE)
        one.waits(lambda: kiosk.play.last.ended)


def test_a_readers_bmp_reaches_the_service_as_a_picture_that_it_reads(
    kiosk: KioskSite, cameras: Cameras, tmp_path: Path
) -> None:
    drawn, coded = cv2.imencode(".bmp", np.full((126, 102, 3), (40, 90, 200), np.uint8))
    assert drawn
    with terminal(cameras("kiosk"), kiosk, tmp_path) as one:
        one.set_up()
        kiosk.hardware.reader.put(Card(EILEEN, NAMES[EILEEN], coded.tobytes(), "image/bmp"))
        one.screen("hello")
        one.to_check()
        one.begins()
        one.screen("passed")
        [portrait] = kiosk.play.portraits
        assert portrait.startswith(b"\x89PNG")
        seen = cv2.imdecode(np.frombuffer(portrait, np.uint8), cv2.IMREAD_COLOR)
        assert (seen.shape, seen[60, 50].tolist()) == ((126, 102, 3), [40, 90, 200])


def test_every_outcome_has_a_way_on(kiosk: KioskSite, cameras: Cameras, tmp_path: Path) -> None:
    kiosk.play.outcomes = [TOO_DARK, {**IN_REVIEW, **COUNTER}, {**OTHER_WAY, **COUNTER}, PASSED]
    with terminal(cameras("kiosk"), kiosk, tmp_path) as one:
        one.set_up()
        one.puts_card()
        one.to_check()
        one.begins()
        one.screen("again")
        assert "太暗" in one.page.inner_text("#again-reason")
        one.page.click("[data-retry=same] >> visible=true")
        one.page.wait_for_selector("#ready:visible")
        one.begins()
        one.screen("review")
        assert re.match("不想等的话：.*社保窗口.*效力一样", one.page.inner_text("#review-next"))
        one.page.click("#s-review [data-leave]")
        one.screen("start")
        nothing_stays(one)
        one.puts_card()
        one.to_check()
        one.begins()
        one.screen("otherway")
        assert "窗口" in one.page.inner_text("#otherway-reason")
        assert re.match("可以先去社保窗口.*当面.*效力一样", one.page.inner_text("#otherway-next"))
        one.page.click("#s-otherway [data-call]")
        one.screen("called")
        assert (len(kiosk.hardware.calls), len(kiosk.play.staff)) == (1, 1)
        assert "马上来" in one.page.inner_text("#called")
        one.page.click("#s-called [data-back]")
        one.screen("otherway")
        one.page.click("#s-otherway [data-go=ways]")
        one.page.check("[value=home_visit]")
        one.page.click("#f-ways [type=submit]")
        one.screen("asked")
        assert kiosk.play.wishes[-1]["way"] == "home_visit"
        assert kiosk.play.wishes[-1]["session"]


@pytest.mark.parametrize("distance", [25, 40, 60, 80, 130])
def test_a_face_is_led_to_where_people_stand_and_nobody_is_asked_to_press_their_nose_to_it(
    kiosk: KioskSite, cameras: Cameras, tmp_path: Path, distance: int
) -> None:
    """Faces as a lens of 78 degrees sees them."""
    with terminal(cameras(f"at-{distance}"), kiosk, tmp_path) as one:
        one.set_up()
        one.puts_card()
        one.to_check()
        wanted = {25: "退后", 130: "走近"}.get(distance, "很好")
        wait_until(one.page, f"document.getElementById('hint').textContent.includes('{wanted}')", 20_000)
        one.look(f"at-{distance}")


def test_after_a_minute_without_anybody_everything_of_the_person_goes(
    kiosk: KioskSite, cameras: Cameras, tmp_path: Path
) -> None:
    with terminal(cameras("kiosk"), kiosk, tmp_path) as one:
        one.page.clock.install()
        one.set_up()
        one.puts_card(CHIP)
        one.page.clock.fast_forward(61_000)
        one.page.wait_for_selector("#idle:visible")
        assert "隐私" in one.page.inner_text("#idle")
        one.page.click("#stay")
        one.page.wait_for_selector("#idle", state="hidden")
        assert one.page.inner_text("#hello-name") == NAMES[EILEEN], "whoever is still here loses nothing"
        one.to_light()
        one.page.click("[data-route=flash]")
        one.page.wait_for_selector("#ready:visible")
        wait_until(one.page, "document.getElementById('hint').textContent !== ''")
        one.page.click("#s-camera [data-go=ways]")
        one.page.check("[value=phone_call]")
        one.page.clock.fast_forward(61_000)
        one.page.wait_for_selector("#idle:visible")
        for _ in range(16):
            one.page.clock.fast_forward(1_000)
        one.screen("start")
        nothing_stays(one)
        assert not one.page.is_visible("#idle")
        one.waits(lambda: kiosk.play.last.ended)


def test_whoever_read_english_leaves_a_chinese_screen_to_the_next(
    kiosk: KioskSite, cameras: Cameras, tmp_path: Path
) -> None:
    with terminal(cameras("kiosk"), kiosk, tmp_path) as one:
        one.set_up()
        wait_until(one.page, "navigator.serviceWorker.controller !== null")
        one.page.click("#language")
        one.page.wait_for_selector("text=Call staff")
        one.screen("start")
        one.puts_card()
        one.page.click("#leave")
        one.page.wait_for_selector("text=叫工作人员")
        one.screen("start")
        nothing_stays(one)


def test_a_face_before_the_camera_is_somebody(kiosk: KioskSite, cameras: Cameras, tmp_path: Path) -> None:
    with terminal(cameras("kiosk"), kiosk, tmp_path) as one:
        one.page.clock.install()
        one.set_up()
        one.puts_card()
        one.to_check()
        for _ in range(13):
            one.page.clock.fast_forward(5_000)
            one.page.wait_for_timeout(400)
        assert not one.page.is_visible("#idle")


def test_a_clock_that_is_off_by_a_day_is_set_by_the_service(kiosk: KioskSite, cameras: Cameras, tmp_path: Path) -> None:
    kiosk.play.ahead = timedelta(days=1)
    with terminal(cameras("kiosk"), kiosk, tmp_path, allowed=("status of 401",)) as one:
        one.set_up()
        one.waits(lambda: "GET /v1/kiosk/status" in kiosk.play.calls)


def test_a_wrong_code_sets_nothing_up(kiosk: KioskSite, cameras: Cameras, tmp_path: Path) -> None:
    with terminal(cameras("kiosk"), kiosk, tmp_path, allowed=("status of 401",)) as one:
        one.page.goto(f"http://{kiosk.address}/kiosk")
        one.page.fill("#enrol-code", "wrong")
        one.page.click("#f-enrol [type=submit]")
        one.page.wait_for_selector("#e-enrol-code:visible")
        assert "登记码" in one.page.inner_text("#e-enrol-code")
        one.page.reload()
        one.screen("enrol")


def test_a_kiosk_that_staff_took_out_says_so_and_names_the_way(
    kiosk: KioskSite, cameras: Cameras, tmp_path: Path
) -> None:
    with terminal(cameras("kiosk"), kiosk, tmp_path, allowed=("status of 401",)) as one:
        one.set_up()
        kiosk.play.refusals["/capture-sessions"] = problem(401, "device_refused", "此设备已停用。", "No longer.")
        one.puts_card()
        one.to_light()
        one.page.click("[data-route=flash]")
        one.screen("closed")
        assert "待遇不受影响" in one.page.inner_text("#s-closed")


def test_another_way_without_a_session_asks_for_the_number_first(
    kiosk: KioskSite, cameras: Cameras, tmp_path: Path
) -> None:
    with terminal(cameras("kiosk"), kiosk, tmp_path) as one:
        one.set_up()
        one.page.click("#s-start [data-go=ways]")
        one.page.click("#f-ways [type=submit]")
        assert one.page.inner_text("#e-way") == "请选一种方式"
        one.page.check("[value=phone_call]")
        one.page.click("#f-ways [type=submit]")
        one.screen("number")
        one.types(EILEEN)
        one.page.click("#f-number [type=submit]")
        one.page.fill("#name", NAMES[EILEEN])
        one.page.click("#f-name [type=submit]")
        one.screen("asked")
        assert kiosk.play.wishes == [{"session": None, "way": "phone_call", "id_number": EILEEN, "name": NAMES[EILEEN]}]


def test_a_call_that_nobody_hears_says_so(kiosk: KioskSite, cameras: Cameras, tmp_path: Path) -> None:
    with terminal(cameras("kiosk"), kiosk, tmp_path, allowed=NO_LINE) as one:
        one.set_up(hardware=False)
        kiosk.play.up = False
        one.page.click("#call")
        one.screen("called")
        assert "招呼" in one.page.inner_text("#h-called")
