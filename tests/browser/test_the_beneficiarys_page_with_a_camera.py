"""In Chromium before a camera that plays a film: a whole capture and its outcomes."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Any

import pytest

from tests.browser.fake_captures import IN_REVIEW, OTHER_WAY, PASSED, TOO_DARK, Session
from tests.browser.real_browser import wait_until
from tests.browser.visiting import PATIENCE, Opened

pytestmark = [pytest.mark.browser, pytest.mark.data]
# each films half a minute: `make test` has one whole way and the hints, `make prove` all


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
        language = "zh" if locale == "zh-CN" else "en"
        assert session.plan["consent"] == {"text": "phone_consent", "version": "2026-11-29", "language": language}
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
        # three movements that a busy machine's page does not see are waited for twice 14 s each in the slow pace
        one.page.wait_for_selector("#s-passed:visible", timeout=2 * PATIENCE)
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
        times = [at for n in sorted(one.play.last.steps) for at, _ in one.play.last.steps[n]]
        apart = sorted(later - earlier for earlier, later in pairwise(times))
        assert apart[len(apart) // 2] > 50, "each try's frames have its own times"
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
    ("outcome", "way", "locale", "words"),
    [
        (OTHER_WAY, "kiosk", "zh-CN", "可以先试附近银行的自助终端.*照亮脸.*效力一样"),
        (IN_REVIEW, "kiosk", "en-GB", "If you would rather not wait: You could try a bank's terminal.*counts the same"),
        (OTHER_WAY, "counter", "en-GB", "You could go to the agency's counter.*counts the same"),
    ],
)
def test_after_the_phone_failed_the_next_best_way_is_named_with_its_reason_and_no_louder_than_others(
    visit: Opened, outcome: dict[str, Any], way: str, locale: str, words: str
) -> None:
    with visit(locale=locale) as one:
        one.play.outcomes[:] = [{**outcome, "other_way": True, "next_way": way}]
        one.to_check(route="no_flash")
        one.begin()
        screen = {"other_way": "otherway", "in_review": "review"}[outcome["outcome"]]
        one.ends(screen)
        assert re.match(words, one.page.inner_text(f"#{screen}-next"))
        one.look(f"{screen}-{way}")
        one.page.click("[data-go=ways]:visible")
        one.ends("ways")


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
