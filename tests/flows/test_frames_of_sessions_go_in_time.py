"""Frames and findings of capture sessions: gone in time, gone with the person, and in no backup."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from auth_service.capture.other_way import Way
from auth_service.core.errors import RateLimited, SessionUnknown
from auth_service.core.retention import FACT_DAYS, RetentionPolicy
from auth_service.flows.ask_other_way import Named
from auth_service.flows.retain import Retain
from auth_service.liveness.decision import PadVerdict
from auth_service.monitoring.flags import Verdict
from auth_service.qualification.evidence import Channel
from auth_service.storage.archive import NOT_COPIED
from auth_service.storage.queries import DeskFilter
from tests.builders import LI, STRANGER, WANG, Agency
from tests.conftest import FixedClock
from tests.fakes import picture
from tests.flows.capturing import Phone, step
from tests.flows.erasing import Privacy
from tests.flows.reviewing import CANNOT_TELL, Desk

Rows = Callable[..., list[Any]]


@pytest.fixture
def phone(agency: Agency) -> Phone:
    agency.person()
    agency.enroll(WANG, picture("wang"))
    return Phone(agency)


@pytest.fixture
def keeping(agency: Agency, clock: FixedClock) -> Retain:
    return Retain(agency.store, {}, RetentionPolicy(), clock)


def left(rows: Rows) -> tuple[int, int]:
    """Sessions, and steps with their frames."""
    return rows("SELECT count(*) FROM capture_sessions")[0][0], rows("SELECT count(*) FROM capture_steps")[0][0]


@pytest.mark.asvs("14.2.7")
def test_a_session_that_came_to_nothing_is_gone_within_hours(
    phone: Phone, keeping: Retain, clock: FixedClock, rows: Rows
) -> None:
    key, _ = phone.start(phone.open())
    phone.send(key, step(0))
    clock.advance(hours=1)
    assert keeping.hourly() == {"device_nonces": 0, "unfinished_sessions": 0}
    assert left(rows) == (1, 1)
    clock.advance(hours=1.1)
    assert keeping.hourly() == {"device_nonces": 0, "unfinished_sessions": 1}
    assert left(rows) == (0, 0)
    with pytest.raises(SessionUnknown):
        phone.seeing.run(key)
    assert keeping.run().total == 0


def test_frames_of_a_try_that_failed_stay_as_long_as_their_picture(
    phone: Phone, keeping: Retain, clock: FixedClock, rows: Rows
) -> None:
    phone.assess.verdict = PadVerdict.INCONCLUSIVE
    phone.run()
    _, steps = left(rows)
    clock.advance(days=59)
    keeping.run()
    assert left(rows) == (1, steps)
    clock.advance(days=2)
    done = keeping.run().removed
    assert (done["review_pictures"], done["sessions"], left(rows)) == (1, 1, (0, 0))


def test_frames_that_an_undecided_flag_shows_wait_for_it(
    phone: Phone, keeping: Retain, clock: FixedClock, rows: Rows
) -> None:
    agency = phone.agency
    monitor = agency.member()
    passed = phone.run()
    clock.advance(hours=1)
    (flag,) = phone.run().flags  # the same film
    clock.advance(days=100)
    assert keeping.run().removed["sessions"] == 1, "the pass, of which nothing is looked at"
    assert left(rows)[1] > 0
    agency.judge.run(flag, Verdict.FALSE_FLAG, "看过了", monitor, None)
    desk = Desk(agency, clock)
    (waiting,) = (row.id for row in agency.store.queries.desk(DeskFilter()).rows)
    desk.settle(waiting, CANNOT_TELL)
    clock.advance(days=61)
    assert keeping.run().removed["sessions"] == 1
    assert left(rows) == (0, 0)
    with agency.store.reading() as unit:
        assert unit.evidence.get(passed.evidence_id) is not None, "the fact stays"


def test_findings_go_with_their_verdict_after_three_years_and_not_before(agency: Agency, clock: FixedClock) -> None:
    today = datetime.now(UTC).replace(microsecond=0)
    clock.instant = today - timedelta(days=FACT_DAYS + 2)
    agency.person()
    agency.enroll(WANG, picture("wang"))
    done = Phone(agency).run()
    keeping = Retain(agency.store, {}, RetentionPolicy(), clock)
    clock.instant = today - timedelta(days=3)
    assert keeping.run().removed["facts"] == 0
    clock.instant = today
    assert keeping.run().removed["facts"] == 1
    with agency.store.reading() as unit:
        assert unit.findings.of(done.evidence_id) == []


def test_requests_of_numbers_in_no_ledger_go_after_a_year_and_others_wait(
    phone: Phone, keeping: Retain, clock: FixedClock, rows: Rows
) -> None:
    phone.asking.by_number(Named(WANG, "王秀英"), Way.HOME_VISIT, Channel.PHONE, "139")
    phone.asking.by_number(Named(STRANGER, "王秀英"), Way.HOME_VISIT, Channel.PHONE, "139")
    phone.asking.by_number(Named(WANG, "李秀英"), Way.RELATIVE, Channel.PHONE, "139")
    phone.asking.in_session(phone.open(), Way.HOME_VISIT, "139")  # the same once more
    phone.asking.in_session(phone.open(), Way.COUNTER)
    assert rows("SELECT count(*) FROM other_ways") == [(4,)]
    with phone.agency.store.reading() as unit:
        waiting = [(one.way, one.phone) for one in unit.other_ways.waiting(10)]
    assert waiting == [(Way.HOME_VISIT, "139"), (Way.COUNTER, None)]
    assert rows("SELECT count(*) FROM other_ways WHERE person_id IS NULL AND phone_sealed IS NOT NULL") == [(0,)]
    clock.advance(days=367)
    assert keeping.run().removed["other_ways"] == 2
    with phone.agency.store.reading() as unit:
        assert len(unit.other_ways.waiting(10)) == 2


def test_nobody_keeps_somebody_elses_request_away_or_takes_it_over(phone: Phone) -> None:
    """Whoever comes first with the number alone, or with another telephone number, changes nothing of what follows."""
    phone.asking.by_number(Named(WANG, "别人"), Way.PHONE_CALL, Channel.PHONE, "137")
    phone.asking.by_number(Named(WANG, "王秀英"), Way.PHONE_CALL, Channel.PHONE, "138")
    phone.asking.by_number(Named(WANG, "王秀英"), Way.PHONE_CALL, Channel.PHONE, "139")
    with phone.agency.store.reading() as unit:
        assert [one.phone for one in unit.other_ways.waiting(10)] == ["138", "139"]


def test_one_address_asks_for_one_person_a_few_times_a_day(phone: Phone) -> None:
    def ask(number: str, client: str, times: int) -> None:
        for n in range(times):
            phone.asking.by_number(Named(number, "王秀英"), Way.PHONE_CALL, Channel.PHONE, f"13{n}", client)

    ask(WANG, "192.0.2.1", 6)
    with pytest.raises(RateLimited):
        ask(WANG, "192.0.2.1", 1)
    ask(WANG, "192.0.2.2", 1)
    ask(STRANGER, "192.0.2.1", 6)
    with pytest.raises(RateLimited):
        ask(STRANGER, "192.0.2.1", 1)


@pytest.mark.asvs("14.2.7")
def test_with_the_person_go_frames_sessions_scores_and_requests(phone: Phone, privacy: Privacy, rows: Rows) -> None:
    agency = phone.agency
    agency.person(LI, "李建国")
    agency.enroll(LI, picture("li"))
    phone.assess.verdict = PadVerdict.ATTACK_SUSPECTED
    mine, other = phone.run(), phone.run(LI, "li", take=2)
    open_still = phone.captured(take=3)
    phone.asking.by_number(Named(WANG, None), Way.HOME_VISIT, Channel.PHONE)
    erased = privacy.run()
    kinds = ("capture_steps", "capture_moves", "capture_sessions", "pad_findings", "other_ways", "replay_prints")
    assert all(erased.counts[kind] for kind in kinds)
    person_id = erased.person_id
    for table in ("capture_sessions", "other_ways"):
        assert rows(f"SELECT 1 FROM {table} WHERE person_id = :id", id=person_id) == []
    with pytest.raises(SessionUnknown):
        phone.completing.run(open_still)
    with agency.store.reading() as unit:
        assert [(one.finding.sign.value, one.details) for one in unit.findings.of(mine.evidence_id)] == [
            ("absent", False),
            ("unknown", False),
            ("live", False),
        ]
        assert all(one.details for one in unit.findings.of(other.evidence_id))
        stored = unit.sessions.of_evidence(other.evidence_id)
        assert stored is not None
        assert unit.steps.of(stored.session)
    assert privacy.erase.reapply().erased == 0, "doing it again changes nothing"


def test_a_wrapping_key_changes_under_a_session_without_harm(phone: Phone, clock: FixedClock) -> None:
    from auth_service.flows.rotate_keys import RotateKeys  # noqa: PLC0415 - only here

    key = phone.captured()
    RotateKeys(phone.agency.store, phone.agency.keys, clock).run("cli")
    assert phone.completing.run(key).decision.qualified


def test_no_backup_holds_a_session_or_a_frame() -> None:
    assert {"capture_sessions", "capture_moves", "capture_steps"} <= NOT_COPIED
    assert not {"pad_findings", "other_ways", "replay_prints", "replay_cells"} & NOT_COPIED
