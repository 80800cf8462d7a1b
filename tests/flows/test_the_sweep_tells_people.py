"""Reminders, a day that has passed, more time after an outage, and receipts: once each, whoever sweeps how often."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import pytest

from auth_service.beneficiaries.person import BenefitKind
from auth_service.core.clock import legal_date
from auth_service.flows.notice_due import notices_due
from auth_service.flows.sweep import Sweep
from auth_service.notices.notice import Language, NoticeKind, NoticeState, Reach, Wishes
from auth_service.qualification.grades import EventKind
from auth_service.qualification.life import LifeFacts, Outage
from auth_service.qualification.status import LifeState, Reason, Status, Why
from auth_service.storage.unit import Life
from tests.builders import WANG, Agency
from tests.conftest import FixedClock
from tests.fakes import picture
from tests.flows.telling import PLAN, Telling
from tests.gateway import gateway

RESIDENT = BenefitKind.RESIDENT_PENSION


@pytest.fixture
def desk(agency: Agency, clock: FixedClock) -> Iterator[Telling]:
    with gateway() as sms:
        yield Telling(agency, clock, sms)


def swept(desk: Telling, day: date | None = None) -> None:
    if day is not None:
        desk.clock.instant = desk.clock.instant.replace(year=day.year, month=day.month, day=day.day)
    Sweep(desk.agency.store, desk.clock, PLAN).run(None, "test", lambda _: None)


def told(desk: Telling) -> list[str]:
    """In the order of their instants, and of ways at one instant the person's own first."""
    log = sorted(desk.log(), key=lambda one: (one.written_at, one.reach is Reach.HELPER))
    return [f"{one.kind.value} {one.about.removeprefix('resident_pension/')} {one.reach.value}" for one in log]


def test_a_year_of_sweeps_reminds_three_times_and_says_once_that_the_day_has_passed(desk: Telling) -> None:
    swept(desk)
    with desk.agency.store.reading() as unit:
        assert unit.notices.of_person(desk.person) == []
    due = date(2027, 3, 31)
    for days in (61, 60, 59, 31, 30, 29, 8, 7, 6, 1, 0, -1, -2, -30):
        swept(desk, due - timedelta(days=days))
        swept(desk, due - timedelta(days=days))
    assert told(desk) == [
        "reminder 60/2027-03-31 sms", "reminder 30/2027-03-31 sms", "reminder 7/2027-03-31 sms",
        "reminder 7/2027-03-31 helper", "overdue 2027-03-31 sms", "overdue 2027-03-31 helper",
    ]  # fmt: skip
    assert all("钱照发" in one.text for one in desk.log())


def test_whoever_is_first_found_late_gets_the_nearest_reminder_alone(desk: Telling) -> None:
    swept(desk, date(2027, 3, 20))
    assert told(desk) == ["reminder 30/2027-03-31 sms"]


def test_a_sweep_that_is_cut_and_run_again_tells_once(desk: Telling, monkeypatch: pytest.MonkeyPatch) -> None:
    swept(desk)
    with monkeypatch.context() as patch:
        patch.setattr("auth_service.storage.records.audit.Audit.flush", _broken)
        with pytest.raises(RuntimeError):
            swept(desk, date(2027, 1, 30))
    assert told(desk) == []
    swept(desk)
    assert told(desk) == ["reminder 60/2027-03-31 sms"]


def _broken(*_: object) -> None:
    raise RuntimeError("killed")


def test_a_sweep_of_a_day_long_over_tells_nobody_what_is_no_longer_so(desk: Telling) -> None:
    today = date(2027, 3, 20)
    desk.clock.instant = desk.clock.instant.replace(year=today.year, month=today.month, day=today.day)
    for days in (60, 2):
        Sweep(desk.agency.store, desk.clock, PLAN).run(today - timedelta(days=days), "test", lambda _: None)
        desk.clock.advance(minutes=1)
    assert told(desk) == []
    Sweep(desk.agency.store, desk.clock, PLAN).run(today - timedelta(days=1), "test", lambda _: None)
    assert told(desk) == ["reminder 30/2027-03-31 sms"], "before its hour the worker sweeps the day before"


# --- by hand, for standings that take long to come about ------------------------------------------------------


def judged(desk: Telling, *reasons: Reason, **more: object) -> int:
    """What is written for one standing. outages: of the facts"""
    outages = more.pop("outages", ())
    values = {"state": LifeState.DUE_SOON, "due_on": date(2026, 4, 10), "passed_on": None, **more}
    facts = LifeFacts(RESIDENT, "130203", None, date(2025, 1, 1), outages=outages)  # type: ignore[arg-type]
    status = Status(reasons=reasons, **values)  # type: ignore[arg-type]
    with desk.agency.store.unit() as unit:
        return notices_due(unit, [(Life(desk.person, "130203", facts), status)], PLAN, desk.clock.now())


def test_an_outage_that_is_over_is_told_once_and_reminds_nobody_again(desk: Telling) -> None:
    assert judged(desk, reminder=60, due_on=date(2026, 4, 10)) == 1
    now = desk.clock.now()
    goes_on = (Outage(date(2026, 3, 5), None, now),)
    for lost in (1, 2, 3):
        late = Reason(Why.EXTENDED, date(2026, 4, 10) + timedelta(days=lost), lost)
        due = date(2026, 4, 10) + timedelta(days=lost)
        assert judged(desk, late, reminder=60, due_on=due, outages=goes_on) == 0, "while it goes on nobody is told"
    over = (Outage(date(2026, 3, 5), date(2026, 3, 7), now),)
    for written in (1, 0):
        late = Reason(Why.EXTENDED, date(2026, 4, 13), 3)
        assert judged(desk, late, reminder=60, due_on=date(2026, 4, 13), outages=over) == written
    assert told(desk) == ["reminder 60/2026-04-10 sms", "extended 2026-04-13 sms"]
    assert "2026年4月13日" in desk.log()[-1].text


def test_each_further_day_that_is_lost_within_one_month_reminds_nobody_again(desk: Telling) -> None:
    """The date falls on the end of the month, however many days of it were lost."""
    asked = date(2026, 4, 30)
    known = desk.clock.now()
    assert judged(desk, reminder=60, due_on=date(2026, 3, 31)) == 1
    for lost in (1, 2, 3):
        over = (Outage(date(2026, 3, 5), date(2026, 3, 4) + timedelta(days=lost), known),)
        given = Reason(Why.EXTENDED, asked, lost)
        assert judged(desk, given, reminder=60, due_on=asked, outages=over) == (1 if lost == 1 else 0)
    desk.clock.advance(days=35)
    for written in (1, 0):
        assert judged(desk, given, reminder=30, due_on=asked, outages=over) == written
    late = (*over, Outage(date(2026, 4, 8), date(2026, 4, 8), desk.clock.now()))
    given = Reason(Why.EXTENDED, asked, 4)
    assert judged(desk, given, reminder=30, due_on=asked, outages=late) == 0
    assert told(desk) == ["reminder 60/2026-03-31 sms", "extended 2026-04-30 sms", "reminder 30/2026-04-30 sms"]


def test_the_contact_hears_of_the_last_reminder_whichever_day_the_policy_gives_it(desk: Telling) -> None:
    assert judged(desk, reminder=60) == 1
    assert judged(desk, reminder=10, last_reminder=True) == 2
    assert sorted(told(desk)) == [
        "reminder 10/2026-04-10 helper", "reminder 10/2026-04-10 sms", "reminder 60/2026-04-10 sms",
    ]  # fmt: skip


@pytest.mark.parametrize("state", [LifeState.HELD, LifeState.SUSPENDED, LifeState.TERMINATED])
def test_whoever_is_held_or_stopped_is_not_told_that_money_goes_on(desk: Telling, state: LifeState) -> None:
    late = Reason(Why.EXTENDED, date(2026, 4, 13), 3)
    assert judged(desk, late, state=state, reminder=7) == 0


def test_a_receipt_is_sent_where_it_was_asked_for_and_tells_no_illness(desk: Telling) -> None:
    today = legal_date(desk.clock.now())
    by_data = Reason(Why.PASSED_BY_DATA, today, kind=EventKind.INPATIENT)
    passed = {"state": LifeState.NORMAL, "due_on": date(2027, 3, 31), "passed_on": today}
    assert judged(desk, by_data, **passed) == 0
    desk.keeping.wish(WANG, Wishes(Language.ZH, receipts=True), desk.officer)
    assert [judged(desk, by_data, **passed) for _ in range(2)] == [1, 0]
    (receipt,) = desk.log()
    assert (receipt.kind, receipt.about) == (NoticeKind.RECEIPT, f"resident_pension/{today}")
    assert "数据核对" in receipt.text
    assert "住院" not in receipt.text
    assert "2027年3月31日" in receipt.text
    desk.clock.advance(days=1)
    tomorrow = today + timedelta(days=1)
    seen = Reason(Why.PASSED, tomorrow, kind=EventKind.HOME_VISIT)
    assert judged(desk, seen, **{**passed, "passed_on": tomorrow}) == 1
    assert "上门认证" in desk.log()[-1].text


def test_no_receipt_comes_for_a_pass_before_it_was_asked_for(desk: Telling) -> None:
    desk.keeping.wish(WANG, Wishes(receipts=True), desk.officer)
    yesterday = legal_date(desk.clock.now()) - timedelta(days=1)
    assert judged(desk, Reason(Why.PASSED, yesterday, kind=EventKind.ASSISTED), passed_on=yesterday) == 0


def test_a_day_that_passed_long_before_this_service_told_anybody_is_no_news(desk: Telling) -> None:
    today = legal_date(desk.clock.now())
    assert judged(desk, state=LifeState.OVERDUE, due_on=today - timedelta(days=61)) == 0
    assert judged(desk, state=LifeState.OVERDUE, due_on=today - timedelta(days=60)) == 2


def test_a_reminder_that_a_pass_has_overtaken_is_not_sent(desk: Telling) -> None:
    """Written in the evening, passed at night: nobody is asked in the morning to do what they have done."""
    desk.agency.enroll(WANG, picture("wang"))
    desk.clock.instant = desk.clock.instant.replace(hour=13)  # nine in the evening there
    assert judged(desk, reminder=30) == 1
    desk.clock.advance(hours=1)
    desk.agency.verify(WANG, picture("wang", take=2))
    desk.morning()
    assert desk.sending.run() == {"sent": 0, "again": 0, "dead": 0, "dropped": 1}
    assert [(one.state, one.code) for one in desk.log()] == [(NoticeState.DROPPED, "overtaken")]
    assert desk.sms.got == []
