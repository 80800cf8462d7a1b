"""In Chromium before a camera that plays a film: a whole capture, its outcomes, and what may come between."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright

from tests.browser import films
from tests.browser.fake_captures import IN_REVIEW, OTHER_WAY, OVER, PASSED, TOO_DARK, Play, Session
from tests.browser.real_browser import Watch, chromium, fits, wait_until

pytestmark = [pytest.mark.browser, pytest.mark.data]
# each of these films half a minute; `make test` has one whole way, the hints and the withdrawal, `make prove` all

SIZES = {"phone": (360, 740), "desk": (1280, 800)}
PATIENCE = 90_000
"""ms for what takes seconds by itself: the machine may be busy with other tests."""
LOST = ("ERR_INTERNET_DISCONNECTED", "ERR_NETWORK_CHANGED", "net::ERR_FAILED")


@dataclass
class Visit:
    """One page in one browser, the calls behind it, and a watch over both."""

    page: Page
    context: BrowserContext
    play: Play
    watch: Watch
    address: str
    folder: Path

    def look(self, name: str) -> None:
        """A picture for people, and the check that nothing hangs over."""
        assert fits(self.page), f"{name} is wider than the screen"
        self.page.screenshot(path=self.folder / f"{name}.png")

    def to_who(self) -> None:
        self.page.goto(f"http://{self.address}/verify")
        self.page.click("#s-welcome [data-go=who]")

    def to_consent(self, *, route: str = "flash") -> None:
        self.to_who()
        self.page.fill("#name", "张秀兰")
        self.page.fill("#id_number", "１３０２０２ 19480512122x")
        self.page.click("#f-who [type=submit]")
        self.page.click("#f-comfort [type=submit]")
        self.page.click(f"[data-route={route}]")

    def agree(self) -> None:
        self.page.click("#agree")
        self.page.wait_for_selector("#open:visible", timeout=PATIENCE)

    def open_camera(self) -> None:
        self.page.click("#open")
        self.page.wait_for_selector("#ready:visible", timeout=PATIENCE)

    def to_check(self, *, route: str = "flash") -> None:
        self.to_consent(route=route)
        self.agree()
        self.open_camera()

    def begin(self) -> None:
        self.page.click("#ready")

    def ends(self, screen: str) -> None:
        self.page.wait_for_selector(f"#s-{screen}:visible", timeout=PATIENCE)

    def sent(self, steps: int) -> None:
        """Waits until the service has that many steps."""
        for _ in range(PATIENCE // 200):
            if len(self.play.last.steps) >= steps:
                return
            self.page.wait_for_timeout(200)
        raise AssertionError(f"{len(self.play.last.steps)} of {steps} steps came")


Opened = Callable[..., Any]


@pytest.fixture(scope="module")
def cameras(
    playwright: Playwright, data: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[str], Browser]]:
    """name -> a browser whose camera plays that film; each is started once."""
    folder = tmp_path_factory.mktemp("films")
    turning = films.there_and_back(films.clip(data / "videos" / "lp_d3.mp4", 8.0, 9.4))
    quiet = films.clip(data / "videos" / "lp_d18.mp4", 0, 3)
    makers = {
        "turning": lambda path: films.write(path, turning),
        "dark": lambda path: films.write(path, quiet, films.dimmed(0.2)),
        "two": lambda path: films.write(path, quiet, films.two_of),
        "far": lambda path: films.write(path, films.clip(data / "videos" / "lp_s20.mp4", 0, 3)),
    }
    with ExitStack() as stack:
        started: dict[str, Browser] = {}

        def browser(name: str) -> Browser:
            if name not in started:
                film = makers[name](folder / f"{name}.mjpeg")
                started[name] = stack.enter_context(chromium(playwright, films.camera_arguments(film)))
            return started[name]

        yield browser


@pytest.fixture
def visit(site: str, play: Play, cameras: Callable[[str], Browser], tmp_path: Path) -> Callable[..., Any]:
    @contextmanager
    def opened(
        film: str = "turning", size: str = "phone", locale: str = "zh-CN", allowed: tuple[str, ...] = ()
    ) -> Iterator[Visit]:
        width, height = SIZES[size]
        viewport: Any = {"width": width, "height": height}
        with cameras(film).new_context(viewport=viewport, locale=locale, permissions=["camera"]) as context:
            page = context.new_page()
            page.set_default_timeout(PATIENCE)
            watch = Watch(site, allowed)
            watch.over(page)
            yield Visit(page, context, play, watch, site, tmp_path)
        assert watch.complaints == []

    return opened


def _frames(session: Session) -> int:
    return sum(len(frames) for frames in session.steps.values())


@pytest.mark.parametrize(("size", "locale"), [("phone", "zh-CN"), ("desk", "en-GB")])
def test_a_person_is_led_through_every_step_and_passes(visit: Opened, size: str, locale: str) -> None:
    with visit(size=size, locale=locale) as one:
        one.to_check()
        wait_until(one.page, "document.getElementById('hint').textContent !== ''")
        one.look("check")
        one.begin()
        one.page.wait_for_selector("#flash:visible", timeout=PATIENCE)
        one.ends("passed")
        one.look("passed")
        assert one.page.get_attribute("#certificate", "href") == f"/certificates/{one.play.serial}"
        assert one.page.inner_text("#due") == "2027-03-31"
        wait_until(one.page, "document.getElementById('qr').naturalWidth > 0")
        session = one.play.last
        assert session.plan["id_number"] == "13020219480512122X"
        assert session.plan["consent"] == {"version": "2026-11-28", "language": "zh" if locale == "zh-CN" else "en"}
        assert set(session.steps) == {0, 1, 2, 3}
        assert _frames(session) <= 60
        times = [at for frames in session.steps.values() for at, _ in frames]
        assert times == sorted(set(times))
        assert all(data.startswith(b"\xff\xd8") for frames in session.steps.values() for _, data in frames)
        one.page.click("#certificate")
        one.page.wait_for_url(f"**/certificates/{one.play.serial}")


@pytest.mark.slow
def test_the_colours_stand_as_long_as_was_said_and_are_filmed_from_the_first(visit: Opened) -> None:
    with visit() as one:
        one.to_check()
        one.page.evaluate(
            "window.seen = []; new MutationObserver(() => { const f = document.getElementById('flash');"
            " window.seen.push([f.hidden ? '' : f.className, performance.now()]); })"
            ".observe(document.getElementById('flash'), {attributes: true, attributeFilter: ['class', 'hidden']})"
        )
        one.begin()
        one.ends("passed")
        seen = [(name, at) for name, at in one.page.evaluate("window.seen")]
        order = [name for place, (name, _) in enumerate(seen) if name and (place == 0 or seen[place - 1][0] != name)]
        assert order == ["white", "blue", "green", "dark", "white", "green", "blue", "dark"]
        times = [at for at, _ in one.play.last.steps[3]]
        assert len(times) >= 12
        assert 2500 <= times[-1] - times[0] <= 3600


@pytest.mark.slow
def test_who_cannot_stand_light_is_asked_for_a_movement_more_and_sees_no_colour(visit: Opened) -> None:
    with visit() as one:
        one.to_who()
        one.page.fill("#name", "张秀兰")
        one.page.fill("#id_number", "13020219480512122X")
        one.page.click("#f-who [type=submit]")
        one.page.check("[value=cannot_stand_light]")
        one.page.check("[value=cannot_hear]")
        one.page.check("[name=slow]")
        one.page.click("#f-comfort [type=submit]")
        assert one.page.is_visible("#s-consent")
        assert one.page.get_attribute("#voice", "aria-pressed") in {"false", None}
        one.agree()
        one.open_camera()
        one.begin()
        one.ends("passed")
        plan = one.play.last.plan
        assert (plan["route"], plan["slow"]) == ("no_flash", True)
        assert plan["accommodations"] == ["cannot_stand_light", "cannot_hear"]
        assert set(one.play.last.steps) == {0, 1, 2, 3}


@pytest.mark.slow
def test_a_try_that_failed_says_what_helps_and_the_next_one_passes(visit: Opened) -> None:
    with visit() as one:
        one.play.outcomes[:] = [TOO_DARK, PASSED]
        one.to_check()
        one.begin()
        one.ends("again")
        assert "窗边" in one.page.inner_text("#again-reason")
        one.look("again")
        one.page.click("[data-retry=slow]:visible")
        one.page.wait_for_selector("#open:visible")
        one.open_camera()
        one.begin()
        one.ends("passed")
        assert [session.plan["slow"] for session in one.play.sessions.values()] == [False, True]


@pytest.mark.slow
@pytest.mark.parametrize(("outcome", "screen"), [(IN_REVIEW, "review"), (OTHER_WAY, "otherway")])
def test_what_is_no_pass_is_told_kindly_and_another_way_is_stored(
    visit: Opened, outcome: dict[str, Any], screen: str
) -> None:
    with visit() as one:
        one.play.outcomes[:] = [outcome]
        one.to_check(route="no_flash")
        one.begin()
        one.ends(screen)
        assert outcome["reason"]["zh"] in one.page.inner_text(f"#{screen}-reason")
        one.look(screen)
        one.page.click("[data-go=ways]:visible")
        one.page.check("[value=home_visit]")
        one.page.fill("#phone", "0315-1234567")
        one.page.click("#f-ways [type=submit]")
        one.ends("asked")
        wish = {"way": "home_visit", "phone": "0315-1234567", "session": next(iter(one.play.sessions))}
        assert one.play.wishes == [wish]


@pytest.mark.parametrize(
    ("film", "hint"),
    [("two", "请只留您一个人"), ("dark", "太暗了"), ("far", "请靠近一点")],
)
def test_the_phone_itself_says_what_helps_the_picture(visit: Opened, film: str, hint: str) -> None:
    with visit(film) as one:
        one.to_check()
        wait_until(one.page, f"document.getElementById('hint').textContent.includes('{hint}')")
        one.look(f"hint-{film}")


@pytest.mark.slow
def test_what_the_service_saw_in_a_step_is_said_during_the_next(visit: Opened) -> None:
    with visit() as one:
        one.play.hints[0] = [{"code": "several_faces", "zh": "有其他人", "en": "Others"}]
        one.to_check()
        one.begin()
        wait_until(one.page, "document.getElementById('hint').textContent.includes('请只留您一个人')")
        one.ends("passed")


@pytest.mark.slow
def test_pictures_that_cannot_be_used_are_taken_again_and_those_that_came_are_kept(visit: Opened) -> None:
    with visit(allowed=("status of 422",)) as one:
        one.play.refuse.add(1)
        one.to_check()
        one.begin()
        one.ends("passed")
        sent = [n for n, _ in one.play.step_calls]
        assert sent[:2] == [0, 1]
        assert sent.count(0) == 1
        assert set(one.play.last.steps) == {0, 1, 2, 3}


@pytest.mark.slow
def test_a_reload_in_the_middle_loses_nothing_that_was_sent(visit: Opened) -> None:
    with visit() as one:
        one.to_check()
        one.begin()
        one.sent(2)
        one.page.reload()
        one.page.wait_for_selector("#resume-lead:visible")
        one.look("resume")
        one.open_camera()
        one.begin()
        one.ends("passed")
        assert len(one.play.sessions) == 1
        assert [n for n, _ in one.play.step_calls].count(0) == 1
        assert [n for n, _ in one.play.step_calls].count(1) == 1
        times = [at for n in sorted(one.play.last.steps) for at, _ in one.play.last.steps[n]]
        assert times == sorted(times)


@pytest.mark.slow
def test_an_incoming_call_lets_the_camera_go_and_keeps_what_was_done(visit: Opened) -> None:
    with visit() as one:
        one.to_check()
        one.begin()
        one.sent(1)
        one.page.evaluate(
            "Object.defineProperty(document, 'visibilityState', {value: 'hidden', configurable: true});"
            "document.dispatchEvent(new Event('visibilitychange'))"
        )
        one.page.wait_for_selector("#resume-lead:visible")
        assert one.page.evaluate("document.getElementById('video').srcObject") is None
        one.page.evaluate("Object.defineProperty(document, 'visibilityState', {value: 'visible'})")
        one.open_camera()
        one.begin()
        one.ends("passed")
        assert [n for n, _ in one.play.step_calls].count(0) == 1


@pytest.mark.slow
def test_a_link_that_is_away_for_20_seconds_is_waited_for(visit: Opened) -> None:
    with visit(allowed=LOST) as one:
        one.to_check()
        one.begin()
        one.sent(1)
        one.context.set_offline(True)
        one.page.wait_for_timeout(20_000)
        one.page.wait_for_selector("#s-sending:visible", timeout=PATIENCE)
        wait_until(one.page, "document.getElementById('sending').textContent.includes('网络断了')")
        one.look("lost")
        one.context.set_offline(False)
        one.ends("passed")
        keys = [key for n, key in one.play.step_calls if n == 1]
        assert len(set(keys)) == 1


@pytest.mark.slow
def test_a_slow_2g_link_is_sent_less_and_still_gets_through(visit: Opened) -> None:
    """50 kbit/s up, 400 ms: what Chromium's own tools call slow 2G is a little faster."""
    with visit() as one:
        one.to_check()
        remote = one.context.new_cdp_session(one.page)
        remote.send("Network.enable")
        conditions = {"offline": False, "latency": 400, "downloadThroughput": 6250, "uploadThroughput": 6250}
        remote.send("Network.emulateNetworkConditions", conditions)
        one.page.evaluate(
            "Object.defineProperty(navigator, 'connection', {value: {effectiveType: 'slow-2g', saveData: false}})"
        )
        one.begin()
        one.page.wait_for_selector("#s-passed:visible", timeout=2 * PATIENCE)
        total = sum(len(data) for frames in one.play.last.steps.values() for _, data in frames)
        assert total < 600_000


@pytest.mark.slow
def test_time_that_ran_out_threatens_nobody_and_a_new_try_is_one_press_away(visit: Opened) -> None:
    with visit(allowed=("status of 410",)) as one:
        one.play.refusals["/steps/1"] = OVER
        one.to_check()
        one.begin()
        one.ends("over")
        assert "没有任何影响" in one.page.inner_text("#s-over")
        one.page.click("[data-retry=same]:visible")
        one.page.wait_for_selector("#open:visible")
        one.open_camera()
        one.begin()
        one.ends("passed")


def test_consent_is_withdrawn_in_two_steps_and_the_camera_goes_out(visit: Opened) -> None:
    with visit() as one:
        one.to_check()
        one.begin()
        one.sent(1)
        one.page.click("#withdraw")
        assert one.page.evaluate("document.getElementById('video').srcObject") is None
        one.page.click("#withdraw-yes")
        one.ends("withdrawn")
        assert one.play.last.ended
        assert not re.search("s=", one.page.url)


@pytest.mark.slow
def test_another_way_in_the_middle_stops_the_camera_and_going_back_goes_on(visit: Opened) -> None:
    with visit() as one:
        one.to_check()
        one.begin()
        one.sent(1)
        one.page.click("[data-go=ways]:visible")
        assert one.page.evaluate("document.getElementById('video').srcObject") is None
        one.page.click("[data-back]:visible")
        one.page.wait_for_selector("#resume-lead:visible")
        one.open_camera()
        one.begin()
        one.ends("passed")


@pytest.mark.slow
def test_a_link_from_the_agency_is_used_once_and_leaves_no_ticket_in_the_address(visit: Opened) -> None:
    with visit() as one:
        name, session = one.play.open({"route": "flash"})
        ticket = session.ticket
        one.page.goto(f"http://{one.address}/verify#t={name}.{ticket}")
        one.page.wait_for_selector("#s-consent:visible")
        assert ticket not in one.page.url
        one.agree()
        one.open_camera()
        one.begin()
        one.ends("passed")
        assert session.consent == {"version": "2026-11-28", "language": "zh"}
        assert len(one.play.sessions) == 1
