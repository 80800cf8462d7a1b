"""The sender: at least once under one key, never at night, again after a pause, given up in the end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from auth_service.core.errors import NotFound
from auth_service.core.retention import RetentionPolicy
from auth_service.flows.notice_terms import tell
from auth_service.flows.retain import Retain
from auth_service.notices.notice import NoticeFacts, NoticeKind, NoticeState, Reach
from tests.builders import Agency
from tests.conftest import ROOT, FixedClock
from tests.flows.telling import HELPER, PHONE, PLAN, POLICY, Telling
from tests.gateway import Gateway, gateway

NOTHING = {"sent": 0, "again": 0, "dead": 0}


@pytest.fixture
def sms() -> Iterator[Gateway]:
    with gateway() as made:
        yield made


@pytest.fixture
def desk(agency: Agency, clock: FixedClock, sms: Gateway) -> Telling:
    return Telling(agency, clock, sms)


def by_way(desk: Telling) -> dict[str, str]:
    return {one.reach.value: one.state.value for one in desk.log()}


def test_each_goes_once_and_is_known_as_sent(desk: Telling, sms: Gateway) -> None:
    desk.propose()
    assert desk.sending.run() == {"sent": 3, "again": 0, "dead": 0}
    assert desk.sending.run() == NOTHING
    assert by_way(desk) == dict.fromkeys(("helper", "letter", "sms"), "sent")
    assert sorted(one["to"] for one in sms.told) == [PHONE, HELPER]
    assert len(list(desk.letters.glob("*.txt"))) == 1
    assert {one.settled_at for one in desk.log()} == {desk.clock.now()}


def test_at_night_a_letter_is_laid_ready_and_no_telephone_rings_before_eight(desk: Telling, sms: Gateway) -> None:
    desk.clock.instant = desk.clock.instant.replace(hour=12)  # eight in the evening there
    desk.propose()
    assert desk.sending.run() == {"sent": 1, "again": 0, "dead": 0}
    desk.clock.advance(hours=11, minutes=59, seconds=59)
    assert desk.sending.run() == NOTHING
    assert sms.got == []
    desk.clock.advance(seconds=1)
    assert desk.sending.run() == {"sent": 2, "again": 0, "dead": 0}


def test_what_the_evening_overtakes_waits_for_the_morning(desk: Telling, sms: Gateway) -> None:
    desk.clock.instant = desk.clock.instant.replace(hour=11, minute=59)
    desk.propose()
    desk.clock.advance(minutes=1)
    assert desk.sending.run() == {"sent": 1, "again": 0, "dead": 0}
    assert sms.got == []
    desk.morning()
    assert desk.sending.run()["sent"] == 2


def test_a_gateway_in_trouble_is_asked_again_after_pauses_that_grow(desk: Telling, sms: Gateway) -> None:
    sms.always = (500, {}, b"")
    desk.propose()
    assert desk.sending.run() == {"sent": 1, "again": 2, "dead": 0}
    assert desk.sending.run() == NOTHING, "not at once"
    desk.clock.advance(seconds=59)
    assert desk.sending.run() == NOTHING
    desk.clock.advance(seconds=1)
    assert desk.sending.run()["again"] == 2
    desk.clock.advance(minutes=3, seconds=59)
    assert desk.sending.run() == NOTHING
    sms.always = None
    desk.clock.advance(seconds=1)
    assert desk.sending.run()["sent"] == 2
    assert Counter(one["id"] for one in sms.told).most_common(1)[0][1] == 3, "the same message under the same key"
    assert len({headers["Idempotency-Key"] for headers, _ in sms.got}) == 2


def test_what_fails_too_often_is_a_dead_letter_that_staff_can_send_again(desk: Telling, sms: Gateway) -> None:
    sms.always = (500, {}, b"")
    desk.propose()
    for _ in range(POLICY.tries + 3):
        desk.sending.run()
        desk.clock.advance(hours=6)
        desk.clock.instant = desk.clock.instant.replace(hour=2)
        desk.clock.advance(days=1)
    assert by_way(desk) == {"helper": "dead", "letter": "sent", "sms": "dead"}
    assert len(sms.got) == 2 * POLICY.tries
    with desk.agency.store.reading() as unit:
        dead = unit.notices.listed(NoticeState.DEAD, 10)
        assert unit.notices.counts() == {"dead": 2, "sent": 1}
    assert {one.code for one in dead} == {"http_500"}
    sms.always = None
    sent = [one.id for one in desk.log() if one.reach is Reach.LETTER]
    assert desk.keeping.retry([*[one.id for one in dead], *sent, "0" * 32], "cli") == 2, (
        "what was sent is not sent again"
    )
    assert desk.sending.run()["sent"] == 2


def test_a_number_that_does_not_exist_is_given_up_at_once_and_the_others_flow(desk: Telling, sms: Gateway) -> None:
    sms.answers = [(422, {}, b'{"code":"number_invalid"}')]
    desk.propose()
    assert desk.sending.run() == {"sent": 2, "again": 0, "dead": 1}
    (dead,) = [one for one in desk.log() if one.state is NoticeState.DEAD]
    assert (dead.code, dead.tries) == ("number_invalid", 1)


def test_a_gateway_that_answers_nobody_costs_no_message_a_try_and_letters_go(desk: Telling, sms: Gateway) -> None:
    sms.always = "cut"
    desk.propose()
    for _ in range(POLICY.tries + 5):
        desk.sending.run()
        desk.clock.advance(minutes=2)
    assert by_way(desk) == {"helper": "waiting", "letter": "sent", "sms": "waiting"}
    assert {one.tries for one in desk.log() if one.reach is not Reach.LETTER} == {0}
    assert len(sms.got) == POLICY.tries + 5, "one question in each run"
    sms.always = None
    assert desk.sending.run()["sent"] == 2


def test_a_gateway_says_how_long_to_wait(desk: Telling, sms: Gateway) -> None:
    sms.answers = [(429, {"Retry-After": "600"}, b"")] * 2
    desk.propose()
    desk.sending.run()
    desk.clock.advance(minutes=9, seconds=59)
    assert desk.sending.run() == NOTHING
    desk.clock.advance(seconds=1)
    assert desk.sending.run()["sent"] == 2


CHILD = """
import json, sys, time
from datetime import datetime
from pathlib import Path
from auth_service.connectors.key_file import KeyFile
from auth_service.connectors.sms_gateway import SmsGateway
from auth_service.flows.send_notices import SendNotices
from auth_service.notices.notice import TAKEN, Reach
from auth_service.notices.policy import NoticePolicy
from auth_service.storage.unit import Store
url, keys, photos, gateway, now = sys.argv[1:6]
class Clock:
    def now(self): return datetime.fromisoformat(now)
class Slow:
    def send(self, message):
        delivery = SmsGateway(gateway, b"s" * 32).send(message)
        print("sent", flush=True)
        time.sleep(60)
        return delivery
slow = Slow()
make = lambda: slow
store = Store(url, KeyFile(Path(keys)), Path(photos))
SendNotices(store, Clock(), NoticePolicy(hotline="1"), {Reach.SMS: make, Reach.HELPER: make}).run()
"""


def test_a_process_killed_between_sending_and_writing_it_down_sends_again_under_the_same_key(
    desk: Telling, sms: Gateway, agency: Agency
) -> None:
    desk.propose()
    arguments = [
        sys.executable, "-c", CHILD, agency.urls.front, str(agency.folder / "keys" / "keys.json"),
        str(agency.folder / "photos"), sms.url, desk.clock.now().isoformat(),
    ]  # fmt: skip
    with subprocess.Popen(arguments, cwd=ROOT, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "sent\n"
        os.kill(child.pid, signal.SIGKILL)
    assert by_way(desk)["sms"] == by_way(desk)["helper"] == "waiting", "nobody wrote it down"
    assert desk.sending.run()["sent"] == 1, "the letter; the others belong to whoever claimed them, for a minute"
    desk.clock.advance(seconds=60)
    assert desk.sending.run()["sent"] == 2
    told = Counter(headers["Idempotency-Key"] for headers, _ in sms.got)
    assert sorted(told.values()) == [1, 2]
    assert len(sms.sent) == 2, "a gateway that keeps the contract passes each on once"
    bodies = {body for headers, body in sms.got if told[headers["Idempotency-Key"]] == 2}
    assert len(bodies) == 1, "the same bytes"


def test_a_message_that_ends_every_process_is_given_up_and_the_others_flow(desk: Telling, sms: Gateway) -> None:
    desk.propose()
    for _ in range(POLICY.tries):
        with desk.agency.store.unit() as unit:  # claimed, and then the process died
            now = desk.clock.now()
            assert len(unit.notices.claim([Reach.SMS], 8, now, now + timedelta(seconds=60))) == 1
        desk.clock.advance(seconds=60)
    assert desk.sending.run() == {"sent": 2, "again": 0, "dead": 1}
    (dead,) = [one for one in desk.log() if one.state is NoticeState.DEAD]
    assert (dead.reach, dead.code) == (Reach.SMS, "poison")


def test_many_senders_at_once_send_each_once(desk: Telling, sms: Gateway) -> None:
    for number in range(12):
        desk.person = desk.add_person(_number(number), f"TS-{number + 10}", phone=f"1380000{number:04d}")
        desk.propose()
    start, counts = threading.Barrier(4), []

    def send() -> None:
        sender = desk.sender()
        start.wait()
        counts.append(sender.run()["sent"])

    threads = [threading.Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(counts) == 36
    assert max(Counter(one["id"] for one in sms.told).values()) == 1


def test_whoever_was_overtaken_changes_nothing(desk: Telling) -> None:
    desk.propose()
    now = desk.clock.now()
    with desk.agency.store.unit() as unit:
        (early,) = unit.notices.claim([Reach.SMS], 8, now, now + timedelta(seconds=60))
    with desk.agency.store.unit() as unit:
        later = now + timedelta(seconds=60)
        (late,) = unit.notices.claim([Reach.SMS], 8, later, later + timedelta(seconds=60))
        assert not unit.notices.settle(early, NoticeState.DEAD, "slow", later)
        assert not unit.notices.again(early, "slow", later)
        assert unit.notices.settle(late, NoticeState.SENT, None, later)


def test_what_cannot_be_read_is_a_dead_letter_and_the_others_flow(desk: Telling, rows: Any) -> None:
    desk.propose()
    rows("UPDATE notices_outbox SET text_sealed = contact_sealed WHERE reach = 'sms'")
    assert desk.sending.run() == {"sent": 2, "again": 0, "dead": 1}
    with desk.agency.store.reading() as unit:
        (dead,) = unit.notices.listed(NoticeState.DEAD, 10)
    assert (dead.code, dead.text) == ("unreadable", ""), "and whoever lists them sees the others too"


def test_whoever_looks_at_a_notice_is_on_record(desk: Telling, rows: Any) -> None:
    desk.propose()
    found = desk.log()[0]
    assert desk.keeping.show(found.id, "cli").text == found.text
    assert rows("SELECT count(*) FROM audit_rows WHERE action = 'notice.looked_at'") == [(1,)]
    with pytest.raises(NotFound):
        desk.keeping.show("0" * 32, "cli")


def test_what_was_said_is_kept_for_three_years_and_what_waits_is_not_lost(desk: Telling) -> None:
    desk.propose()
    desk.sending.run()
    now = desk.clock.now()
    with desk.agency.store.unit() as unit:
        person = unit.people.get(desk.person)
        assert person is not None
        tell(unit, PLAN, person, (NoticeKind.REMINDER, "resident_pension/60/2026-05-31", NoticeFacts()), now)
    keeping = Retain(desk.agency.store, {}, RetentionPolicy(), desk.clock)
    desk.clock.advance(days=1096)
    assert keeping.run().removed["notices"] == 0
    desk.clock.advance(seconds=1)
    assert keeping.run().removed["notices"] == 3
    assert [one.state for one in desk.log()] == [NoticeState.WAITING]


def _number(sequence: int) -> str:
    from datetime import date  # noqa: PLC0415

    from tests.builders import id_number  # noqa: PLC0415

    return id_number(date(1950, 1, 1), sequence + 100)
