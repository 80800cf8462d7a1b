"""The kiosk's page in Chromium while its line is down: captures go on, nothing can be read from the disk, and all of it
is handed in once the line is back.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.browser.fake_captures import problem
from tests.browser.kiosk_site import NO_LINE, KioskSite, Terminal, terminal
from tests.browser.test_the_kiosk_in_a_real_browser import KEPT, kiosk, nothing_stays, served_kiosk
from tests.channels.service import EILEEN, GRACE, NAMES

pytestmark = [pytest.mark.browser, pytest.mark.data]
_ = (kiosk, served_kiosk)

Cameras = Callable[[str], Browser]


def captured(one: Terminal, number: str = EILEEN) -> None:
    """A whole capture without a line, up to the receipt."""
    one.puts_card(b"\xff\xd8 chip", number)
    one.to_check()
    one.begins()
    one.screen("kept")


def ready_for_no_line(one: Terminal) -> None:
    one.set_up()
    one.waits(lambda: len(one.play.tickets) >= 70)


def test_without_a_line_a_receipt_is_given_and_the_record_is_handed_in_when_it_is_back(
    kiosk: KioskSite, cameras: Cameras, tmp_path: Path
) -> None:
    with terminal(cameras("kiosk"), kiosk, tmp_path, allowed=NO_LINE) as one:
        ready_for_no_line(one)
        kiosk.play.up = False
        captured(one)
        one.look("kept")
        assert "还没有结果" in one.page.inner_text("#s-kept")
        number = one.page.inner_text("#kept-number")
        one.page.click("#s-kept [data-print]")
        one.waits(lambda: bool(kiosk.hardware.slips))
        [slip] = kiosk.hardware.slips
        assert (slip["title"], slip["qr"]) == ("采集回执", "")
        assert "不是认证结果" in slip["note"]
        one.page.click("#s-kept [data-leave]")
        one.screen("start")
        one.page.wait_for_selector("#line:visible")
        one.look("line-down")
        assert "待送 1 份" in one.page.inner_text("#line")
        nothing_stays(one)
        assert "JFIF" not in one.page.evaluate(KEPT)["text"], "no picture lies open on the disk"
        captured(one, GRACE)
        one.page.click("#s-kept [data-leave]")
        kiosk.play.up = True
        one.waits(lambda: len(kiosk.play.records) == 2)
        first, second = kiosk.play.records
        assert (first["client_event"], first["id_number"], first["name"]) == (number, EILEEN, NAMES[EILEEN])
        assert [one_["counter"] for one_ in kiosk.play.records] == [1, 2]
        assert second["previous"] == first["digest"]
        assert first["ticket"] in kiosk.play.tickets
        assert first["ticket"] != second["ticket"]
        assert first["consent"]["version"] == "2026-11-29"
        assert kiosk.play.portraits == [], "the chip's photo is kept nowhere"
        one.page.wait_for_selector("#line", state="hidden")
        assert one.page.evaluate(WAITING) == 0


HELD = """async () => {
  const base = await new Promise((r) => { const a = indexedDB.open("kiosk", 1); a.onsuccess = () => r(a.result); });
  return new Promise((r) => { const a = base.transaction("tickets").objectStore("tickets").count();
    a.onsuccess = () => r(a.result); });
}"""
WAITING = """async () => {
  const base = await new Promise((r) => { const a = indexedDB.open("kiosk", 1); a.onsuccess = () => r(a.result); });
  return new Promise((r) => { const a = base.transaction("queue").objectStore("queue").count();
    a.onsuccess = () => r(a.result); });
}"""


def test_a_kiosk_that_is_switched_on_without_a_line_starts_in_both_languages_and_keeps_what_waits(
    kiosk: KioskSite, cameras: Cameras, tmp_path: Path
) -> None:
    with terminal(cameras("kiosk"), kiosk, tmp_path, allowed=(*NO_LINE, "ERR_NETWORK_CHANGED")) as one:
        ready_for_no_line(one)
        one.waits(lambda: one.page.evaluate(SHELL) > 20)
        kiosk.play.up = False
        captured(one)
        one.page.reload()
        one.screen("start")
        one.page.wait_for_selector("#line:visible")
        one.page.click("#language")
        one.page.wait_for_selector("text=Call staff")
        assert "1 waiting" in one.page.inner_text("#line")
        kiosk.play.up = True
        one.waits(lambda: len(kiosk.play.records) == 1)


SHELL = "caches.open('kiosk-page').then((one) => one.keys()).then((all) => all.length)"


def test_a_record_that_the_service_cannot_take_is_kept_for_a_technician_and_holds_up_no_other(
    kiosk: KioskSite, cameras: Cameras, tmp_path: Path
) -> None:
    refused = problem(422, "record_invalid", "格式不对。", "Not of the form.")
    with terminal(cameras("kiosk"), kiosk, tmp_path, allowed=(*NO_LINE, "status of 422", "status of 503")) as one:
        ready_for_no_line(one)
        kiosk.play.up = False
        captured(one)
        kiosk.play.record_states = [problem(503, "unavailable", "稍后。", "Later."), refused]
        kiosk.play.up = True
        one.page.click("#s-kept [data-leave]")
        one.waits(lambda: "需技术人员" in one.page.inner_text("#line"))
        assert one.page.evaluate(WAITING) == 1
        one.page.click("#staff")
        one.screen("refused")
        assert re.search("record_invalid · 格式不对。\\s+→ 记录留在本机", one.page.inner_text("#refused"))


def test_staff_are_told_of_a_record_that_nobody_can_judge_by_receipt_and_code_and_nothing_of_the_person(
    kiosk: KioskSite, cameras: Cameras, tmp_path: Path
) -> None:
    reason = {"code": "consent_unknown", "zh": "同意书版本不存在。", "en": "No such consent."}
    with terminal(cameras("kiosk"), kiosk, tmp_path, allowed=NO_LINE) as one:
        ready_for_no_line(one)
        kiosk.play.up = False
        captured(one)
        number = one.page.inner_text("#kept-number")
        kiosk.play.record_states = [(200, {"state": "refused", "client_event": number, "reason": reason})]
        kiosk.play.up = True
        one.page.click("#s-kept [data-leave]")
        one.page.wait_for_selector("#staff:visible")
        assert "工作人员请看：1 份没有办成" in one.page.inner_text("#staff")
        assert one.page.evaluate(WAITING) == 0
        one.look("staff")
        nothing_stays(one)
        one.page.reload()
        one.page.click("#staff")
        one.screen("refused")
        said = one.page.inner_text("#refused")
        assert re.search(f"{number}\\s+consent_unknown · 同意书版本不存在。\\s+→ 请本人再来办一次", said)
        assert NAMES[EILEEN] not in one.page.content()
        one.look("refused")
        one.page.click("#s-refused [data-leave]")
        one.page.click("#staff")
        one.page.click("#refused-seen")
        one.screen("start")
        one.page.wait_for_selector("#staff", state="hidden")
        one.page.reload()
        one.screen("start")
        assert not one.page.is_visible("#staff")


def test_a_line_that_is_lost_in_a_session_lets_the_person_go_on_without_typing_again(
    kiosk: KioskSite, cameras: Cameras, tmp_path: Path
) -> None:
    with terminal(cameras("kiosk"), kiosk, tmp_path, allowed=NO_LINE) as one:
        ready_for_no_line(one)
        one.puts_card()
        one.to_check()
        one.begins()
        one.waits(lambda: len(kiosk.play.last.steps) > 0)
        kiosk.play.up = False
        one.page.wait_for_selector("#fault:has-text('离线办理')", timeout=60_000)
        one.look("goes-on-alone")
        one.page.wait_for_selector("#ready:visible")
        one.begins()
        one.screen("kept")


def test_whoever_wants_no_colours_or_cannot_turn_is_asked_for_neither_without_a_line(
    kiosk: KioskSite, cameras: Cameras, tmp_path: Path
) -> None:
    with terminal(cameras("kiosk"), kiosk, tmp_path, allowed=NO_LINE) as one:
        ready_for_no_line(one)
        kiosk.play.up = False
        one.puts_card()
        one.to_light()
        one.page.click("#s-light [data-go=comfort]")
        one.page.check("[value=cannot_turn]")
        one.page.click("#f-comfort [type=submit]")
        one.page.click("[data-route=no_flash]")
        one.page.wait_for_selector("#ready:visible")
        one.begins()
        one.screen("kept")
        kiosk.play.up = True
        one.waits(lambda: len(kiosk.play.records) == 1)
        challenge = kiosk.play.tickets[kiosk.play.records[0]["ticket"]]["challenge"]
        assert challenge["route"] == "no_flash"
        assert challenge["steps"][1]["motion"] == "nod"


def test_a_day_that_is_over_is_counted_once(kiosk: KioskSite, cameras: Cameras, tmp_path: Path) -> None:
    with terminal(cameras("kiosk"), kiosk, tmp_path, allowed=(*NO_LINE, "status of 401")) as one:
        ready_for_no_line(one)
        one.puts_card()
        one.to_check()
        one.begins()
        one.screen("passed")
        one.page.click("#s-passed [data-leave]")
        kiosk.play.up = False
        captured(one)
        one.page.click("#s-kept [data-leave]")
        kiosk.play.up = True
        one.waits(lambda: len(kiosk.play.records) == 1)
        assert kiosk.play.days == []
        kiosk.play.ahead = timedelta(days=1)
        one.page.reload()
        one.waits(lambda: bool(kiosk.play.days))
        one.page.wait_for_timeout(3000)
        [told] = kiosk.play.days
        assert told["counts"] == {"captures": 1, "records": 1}
        assert (told["last_counter"], told["last_hash"]) == (1, kiosk.play.records[0]["digest"])


def test_without_a_line_and_without_challenges_nobody_is_left_waiting(
    kiosk: KioskSite, cameras: Cameras, tmp_path: Path
) -> None:
    kiosk.play.refusals["/offline-tickets"] = problem(503, "unavailable", "稍后。", "Later.")
    with terminal(cameras("kiosk"), kiosk, tmp_path, allowed=(*NO_LINE, "status of 503")) as one:
        one.set_up()
        kiosk.play.up = False
        one.puts_card()
        one.to_light()
        one.page.click("[data-route=flash]")
        one.screen("shut")
        one.look("shut")
        nothing: Any = one.page.inner_text("#s-shut")
        assert "待遇不受影响" in nothing


def test_challenges_that_were_lost_on_the_way_are_given_again_and_not_drawn_anew(
    kiosk: KioskSite, cameras: Cameras, tmp_path: Path
) -> None:
    lost: list[str] = []

    def lose(route: Any) -> None:
        route.fetch()
        lost.append(str(route.request.headers["idempotency-key"]))
        route.abort()

    with terminal(cameras("kiosk"), kiosk, tmp_path, allowed=(*NO_LINE, "ERR_FAILED")) as one:
        one.page.route("**/v1/kiosk/offline-tickets", lose, times=2)
        ready_for_no_line(one)
        one.waits(lambda: one.page.evaluate(HELD) == 70)
    assert len(lost) == 2
    assert len(kiosk.play.tickets) == 70, "the service counts those that a kiosk holds: none is lost to it"
