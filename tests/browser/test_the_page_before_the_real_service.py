"""The page in Chromium before the real service: engine, weights, database and judgement, and what a person sees of it.

A film that was made before cannot follow a random challenge. Who passes here is the live camera: pictures computed to
answer, which is what no browser page can exclude (docs/liveness.md).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cv2
import pytest
from playwright.sync_api import Browser, Playwright
from typer.testing import CliRunner

from auth_service.accounts.roles import Role
from auth_service.cli.main import app
from auth_service.liveness.pilot import tag_of
from tests.browser import films, live_camera
from tests.browser.real_browser import chromium, wait_until
from tests.browser.real_site import Person, Site, real_site, standing_before
from tests.browser.visiting import PATIENCE
from tests.channels.service import EILEEN, GRACE

pytestmark = [pytest.mark.browser, pytest.mark.data]

TRIES = 4
"""A busy machine drops frames, and the page's prompts then come when the movement is over. How many tries living people
need is not measured here."""
LOST = ("ERR_INTERNET_DISCONNECTED", "ERR_NETWORK_CHANGED", "net::ERR_FAILED")
SIZES = [("phone", "zh-CN"), ("desk", "en-GB")]


@pytest.fixture(scope="module")
def site(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with real_site(tmp_path_factory.mktemp("real"), data) as made:
        yield made


@pytest.fixture(scope="module")
def plain(playwright: Playwright) -> Iterator[Browser]:
    """A browser that may use a camera, on a machine without one."""
    with chromium(playwright, films.camera_arguments(None)) as made:
        yield made


@pytest.fixture(scope="module")
def strict(playwright: Playwright) -> Iterator[Browser]:
    """A browser with a camera that nobody is allowed to use."""
    with chromium(playwright, ("--use-fake-device-for-media-stream",)) as made:
        yield made


def session_of(person: Person) -> str:
    """Which session the page is in, as its address says after the #."""
    found = re.search(r"#s=([^&]+)", person.page.url)
    assert found, person.page.url
    return found[1]


def sent(person: Person, steps: int) -> None:
    """Waits until the service has that many steps."""
    count = "fetch('/v1/capture-sessions/{}').then((a) => a.json()).then((a) => a.accepted.length)"
    for _ in range(PATIENCE // 500):
        if person.page.evaluate(count.format(session_of(person))) >= steps:
            return
        person.page.wait_for_timeout(500)
    raise AssertionError(f"fewer than {steps} steps came")


def test_consent_camera_and_a_first_step_reach_the_service_and_are_taken_back(
    site: Site, cameras: Callable[[str], Browser], tmp_path: Path
) -> None:
    with standing_before(cameras("turning"), site, tmp_path) as person:
        person.to_check()
        wait_until(person.page, "document.getElementById('hint').textContent !== ''")
        person.page.click("#ready")
        sent(person, 1)
        assert "第 2 步" in person.page.inner_text("#step")
        person.page.click("#withdraw")
        person.page.click("#withdraw-yes")
        person.page.wait_for_selector("#s-withdrawn:visible")
        assert "#" not in person.page.url


@pytest.mark.slow
@pytest.mark.parametrize(
    ("shown", "who"), [(SIZES[0], ("eileen", EILEEN)), (SIZES[1], ("grace", GRACE))], ids=["phone-zh-CN", "desk-en-GB"]
)
def test_whoever_answers_the_prompts_passes_and_gets_a_certificate(
    site: Site, plain: Browser, tmp_path: Path, shown: tuple[str, str], who: tuple[str, str]
) -> None:
    """Every try shows new pictures, as a camera does: pictures that come back may go to a person."""
    (size, locale), (name, number), screen = shown, who, ""
    for seed in range(TRIES):
        script = live_camera.script(live_camera.reel(name, seed + 3))
        with standing_before(plain, site, tmp_path, size=size, locale=locale, script=script) as person:
            screen = tried(person, number)
            if screen == "passed":
                assert re.fullmatch(r"\d{4}-\d\d-\d\d", person.page.inner_text("#due"))
                wait_until(person.page, "document.getElementById('qr').naturalWidth > 0")
                person.page.click("#certificate")
                person.page.wait_for_url("**/certificates/*")
                person.look("certificate")
                break
            assert screen in {"again", "otherway"}, person.reason(screen)
    assert screen == "passed"


def tried(person: Person, number: str) -> str:
    """The screen on which a visit ends."""
    person.to_check(number=number)
    person.page.click("#ready")
    screen = person.ended()
    person.look(f"ended-{screen}")
    return screen


@pytest.mark.slow
@pytest.mark.parametrize(("size", "locale"), SIZES)
def test_a_film_that_was_made_before_passes_nothing_and_is_told_what_helps(
    site: Site, cameras: Callable[[str], Browser], tmp_path: Path, size: str, locale: str
) -> None:
    with standing_before(cameras("turning"), site, tmp_path, size=size, locale=locale) as person:
        person.to_check()
        person.page.click("#ready")
        screen = person.ended()
        person.look(f"film-{screen}")
        assert screen in {"again", "otherway", "review"}
        assert len(person.reason(screen)) > 10
        assert person.page.is_visible(f"#s-{screen} [data-go=ways]")


@pytest.mark.slow
@pytest.mark.parametrize(("change", "words"), [("two", "其他人|请只留您一个人|单独"), ("dark", "太暗|明亮")])
def test_what_is_wrong_with_the_picture_is_told_before_and_after(
    site: Site, plain: Browser, data: Path, tmp_path: Path, change: str, words: str
) -> None:
    """With the noise of a camera over it: a film that begins over is an attack, and dark is no reason then."""
    changed = {"two": films.two_of, "dark": films.dimmed(0.2)}[change]
    pictures = [changed(one) for one in films.clip(data / "videos" / "lp_d18.mp4", 0, 1, every=3)]
    coded = [cv2.imencode(".jpg", one)[1].tobytes() for one in pictures]
    with standing_before(plain, site, tmp_path, script=live_camera.script(live_camera.still(coded))) as person:
        person.to_check(number=GRACE)
        hint = "document.getElementById('hint').textContent"
        for _ in range(PATIENCE // 500):
            if re.search(words, person.page.evaluate(hint)):
                break
            person.page.wait_for_timeout(500)
        assert re.search(words, person.page.evaluate(hint))
        person.look(f"{change}-before")
        person.page.click("#ready")
        screen = person.ended()
        person.look(f"{change}-{screen}")
        assert screen == "again"
        assert re.search(words, person.reason(screen)), person.reason(screen)


@pytest.mark.slow
def test_no_camera_and_a_refused_one_are_told_in_their_own_words(
    site: Site, plain: Browser, strict: Browser, tmp_path: Path
) -> None:
    for browser, permissions, title in (
        (plain, ("camera",), "没有找到摄像头"),
        (strict, (), "还没有允许使用摄像头"),
    ):
        with standing_before(browser, site, tmp_path, permissions=permissions) as person:
            person.to_camera()
            person.page.wait_for_selector("#s-trouble:visible")
            assert person.page.inner_text("#h-trouble") == title
            person.look(f"trouble-{len(permissions)}")
            person.page.click("#s-trouble [data-go=ways]")
            person.page.check("[value=home_visit]")
            person.page.click("#f-ways [type=submit]")
            person.page.wait_for_selector("#s-asked:visible")


@pytest.mark.slow
def test_a_reload_goes_on_in_the_same_session_with_what_was_sent(
    site: Site, cameras: Callable[[str], Browser], tmp_path: Path
) -> None:
    with standing_before(cameras("turning"), site, tmp_path) as person:
        person.to_check()
        person.page.click("#ready")
        sent(person, 2)
        before = session_of(person)
        person.page.reload()
        person.page.wait_for_selector("#resume-lead:visible")
        person.look("resume")
        assert session_of(person) == before
        person.page.click("#open")
        person.page.wait_for_selector("#ready:visible")
        person.page.click("#ready")
        assert not re.search("第 [12] 步", person.page.wait_for_selector("#step:visible").inner_text())
        assert person.ended() in {"again", "otherway", "review"}


@pytest.mark.slow
def test_a_link_that_is_away_for_20_seconds_is_waited_for(
    site: Site, cameras: Callable[[str], Browser], tmp_path: Path
) -> None:
    with standing_before(cameras("turning"), site, tmp_path, allowed=LOST) as person:
        person.to_check()
        person.page.click("#ready")
        sent(person, 1)
        person.context.set_offline(True)
        person.page.wait_for_timeout(20_000)
        person.look("lost")
        person.context.set_offline(False)
        assert person.ended() in {"again", "otherway", "review"}


@pytest.mark.slow
def test_a_slow_2g_link_gets_through(site: Site, cameras: Callable[[str], Browser], tmp_path: Path) -> None:
    """50 kbit/s and 400 ms: what Chromium's own tools call slow 2G."""
    with standing_before(cameras("turning"), site, tmp_path) as person:
        person.to_check()
        remote: Any = person.context.new_cdp_session(person.page)
        remote.send("Network.enable")
        conditions = {"offline": False, "latency": 400, "downloadThroughput": 6250, "uploadThroughput": 6250}
        remote.send("Network.emulateNetworkConditions", conditions)
        person.page.evaluate(
            "Object.defineProperty(navigator, 'connection', {value: {effectiveType: 'slow-2g', saveData: false}})"
        )
        person.page.click("#ready")
        assert person.ended(4 * PATIENCE) in {"again", "otherway", "review", "over"}


@pytest.mark.slow
def test_a_pilot_is_filmed_by_its_link_and_measured_from_its_folder(
    site: Site, cameras: Callable[[str], Browser], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page asks for the consent to the pilot, shows the colours and ends with a word of its own."""
    wiring = site.wiring
    officer = wiring.keep_staff.create("wu", Role.OFFICER, "a long password", "cli")[0]
    opened = wiring.open_pilot.run(tag_of("film", "p017", officer.id), officer)
    with standing_before(cameras("turning"), site, tmp_path) as person:
        person.page.goto(f"{site.served.url}/verify?lang=zh&pilot=1#t={opened.session_id}.{opened.ticket}")
        person.page.wait_for_selector("#s-consent:visible")
        assert "这是一次试采" in person.page.inner_text("#consent")
        person.page.click("#agree")
        person.page.click("#open")
        person.page.wait_for_selector("#ready:visible")
        person.page.click("#ready")
        assert person.ended() == "collected"
        person.look("collected")
        assert "不是资格认证" in person.reason("collected")
    (kept,) = wiring.pilot_folder.sessions()
    assert (kept.id, kept.label, kept.subject) == (opened.session_id, "film", "p017")
    monkeypatch.setenv("AUTH_SERVICE_HOME", str(site.home))
    monkeypatch.setenv("AUTH_SERVICE_MODELS", str(site.home.parent / "models"))
    told = CliRunner().invoke(app, ["evaluate", "pad", "--root", str(wiring.pilot_folder.folder), "--json"])
    found = json.loads(told.stdout)
    assert (found["unusable"], found["by_kind"]["session"]["presentations"]) == ([], {"film": 1})
    assert (found["flash"]["attacks"], found["flash"]["whole"]["species"]["film"]["apcer"]) == (1, 0.0)
    wiring.close_stores()
