"""In Chromium before a camera that plays a film: what comes between loses nothing and threatens nobody."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Route

from tests.browser.fake_captures import OVER
from tests.browser.real_browser import wait_until
from tests.browser.visiting import PATIENCE, Opened

pytestmark = [pytest.mark.browser, pytest.mark.data]
# each films half a minute: `make test` has the withdrawal, `make prove` all

LOST = ("ERR_INTERNET_DISCONNECTED", "ERR_NETWORK_CHANGED", "net::ERR_FAILED")


@pytest.mark.slow
def test_a_reload_in_the_middle_loses_nothing_that_was_sent_though_the_phones_clock_was_set_back(
    visit: Opened,
) -> None:
    with visit(allowed=("ERR_ABORTED",)) as one:  # a picture that was on its way
        one.to_check()
        one.begin()
        one.sent(2)
        back = "{value: performance.timeOrigin - 3600000}"
        one.page.add_init_script(f"Object.defineProperty(performance, 'timeOrigin', {back})")
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
def test_a_step_that_came_too_late_is_asked_for_once_more(visit: Opened) -> None:
    with visit(allowed=("status of 409",)) as one:
        one.play.late.add(3)
        one.to_check()
        one.begin()
        one.ends("passed")
        assert one.play.last.shown == 2, "the colours were asked for anew"


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
def test_a_seal_whose_answer_was_lost_when_the_person_went_elsewhere_is_asked_for_anew(visit: Opened) -> None:
    with visit(allowed=LOST) as one:
        lost: list[str] = []

        def arrives_unanswered(route: Route) -> None:
            if lost:
                return route.continue_()
            lost.append(route.request.url)
            route.fetch()
            one.page.evaluate(
                "Object.defineProperty(document, 'visibilityState', {value: 'hidden', configurable: true});"
                "document.dispatchEvent(new Event('visibilitychange'))"
            )
            return route.abort()

        one.page.route("**/steps/1/seal", arrives_unanswered)
        one.to_check()
        one.begin()
        one.page.wait_for_selector("#resume-lead:visible", timeout=PATIENCE)
        assert len(one.play.last.seals) == 2, "the service has the seal"
        one.page.evaluate("Object.defineProperty(document, 'visibilityState', {value: 'visible'})")
        one.open_camera()
        one.begin()
        one.ends("passed")
        assert one.play.last.redrawn == 1


@pytest.mark.slow
def test_a_link_that_is_away_for_20_seconds_is_waited_for(visit: Opened) -> None:
    with visit(allowed=LOST) as one:
        one.to_check()
        one.begin()
        one.sent(1)
        one.context.set_offline(True)
        one.page.wait_for_timeout(20_000)
        wait_until(one.page, "document.getElementById('fault').textContent.includes('网络断了')")
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
        assert session.consent == {"text": "phone_consent", "version": "2026-11-29", "language": "zh"}
        assert len(one.play.sessions) == 1
