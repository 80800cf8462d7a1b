"""Encrypted while they wait, gone with their session, emptied for whoever is erased; their place in the chain stays."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, text

from auth_service.core.errors import StorageFault
from auth_service.core.retention import FACT_DAYS, RetentionPolicy
from auth_service.flows.retain import Retain
from tests.builders import STRANGER, WANG, Agency
from tests.conftest import FixedClock
from tests.databases import BOTH
from tests.fakes import picture
from tests.flows.capturing import Phone, Rows, count
from tests.flows.erasing import Privacy
from tests.flows.kiosks import Kiosk

TODAY = datetime.now(UTC).replace(microsecond=0)
"""The real day: the database looks at its own clock before it lets a record go."""


@pytest.fixture
def kiosk(phone: Phone) -> Kiosk:
    return Kiosk(phone)


def test_nothing_personal_of_a_waiting_record_is_readable(
    kiosk: Kiosk, agency: Agency, tmp_path: Path, rows: Rows
) -> None:
    sent = kiosk.record(name="王秀英")
    kiosk.send(sent)
    kiosk.sends(number=STRANGER, name="李建国")
    found = rows("SELECT record_sealed FROM offline_records")
    assert all(len(bytes(sealed)) > 1000 for (sealed,) in found)
    told = repr(rows("SELECT * FROM offline_records")) + repr(rows("SELECT * FROM offline_tickets"))
    for secret in (WANG, STRANGER, "王秀英", "李建国", "turn_left", "turn_right"):
        assert secret not in told
    if agency.urls.front.startswith("sqlite"):
        files = b"".join(path.read_bytes() for path in tmp_path.glob("test.sqlite3*"))
        for secret in (WANG, STRANGER, "王秀英", "李建国"):
            assert secret.encode() not in files
    with agency.store.reading() as unit:
        stored = unit.offline_records.of_event(kiosk.id, json.loads(sent.data)["client_event"])
        assert stored is not None
        assert unit.offline_records.bytes_of(stored) == (sent.data, sent.signature)


def test_a_ticket_tells_nobody_else_what_will_be_asked(kiosk: Kiosk) -> None:
    kiosk.fetch(1)
    (token, _), *_ = kiosk.tickets
    assert "turn" not in token
    assert len(token) < 1000


def test_frames_of_a_waiting_record_wait_and_those_of_a_pass_go_with_it(
    kiosk: Kiosk, agency: Agency, clock: FixedClock, rows: Rows
) -> None:
    kiosk.sends()
    clock.advance(hours=23)
    retain = Retain(agency.store, {}, RetentionPolicy(), clock)
    assert retain.hourly()["unfinished_sessions"] == 0
    assert count(rows, "capture_steps") > 0
    kiosk.decide()
    assert count(rows, "capture_steps") == 0


def test_a_record_goes_with_its_session_and_its_place_stays(
    kiosk: Kiosk, agency: Agency, clock: FixedClock, rows: Rows
) -> None:
    kiosk.sends()
    kiosk.decide()
    clock.advance(days=61)
    done = Retain(agency.store, {}, RetentionPolicy(), clock).run()
    assert (done.removed["sessions"], done.removed["offline_tickets"], done.removed["offline_records"]) == (1, 20, 0)
    assert rows("SELECT length(record_sealed), length(signature), counter FROM offline_records") == [(0, 0, 1)]
    kiosk.tickets.clear()
    assert kiosk.sends().code == "", "the chain goes on"


def test_a_record_that_a_restore_brought_back_alone_goes_in_the_same_time(
    kiosk: Kiosk, agency: Agency, clock: FixedClock, rows: Rows
) -> None:
    kiosk.sends()
    kiosk.decide()
    rows("DELETE FROM capture_moves")
    rows("DELETE FROM capture_sessions")
    Retain(agency.store, {}, RetentionPolicy(), clock).run()
    assert rows("SELECT count(*) FROM offline_records WHERE length(record_sealed) > 0") == [(1,)]
    clock.advance(days=61)
    Retain(agency.store, {}, RetentionPolicy(), clock).run()
    assert rows("SELECT count(*) FROM offline_records WHERE length(record_sealed) > 0") == [(0,)]


def test_somebody_erased_leaves_a_place_in_the_chain_and_nothing_else(
    kiosk: Kiosk, privacy: Privacy, rows: Rows
) -> None:
    kiosk.sends()
    kiosk.decide()
    waiting = kiosk.record()
    receipt = kiosk.send(waiting)
    privacy.run()
    assert rows("SELECT count(*) FROM offline_records WHERE length(record_sealed) + length(signature) > 0") == [(0,)]
    assert count(rows, "capture_steps") == count(rows, "capture_sessions") == 0
    assert kiosk.decide() == {"decided": 0, "held": 0, "waiting": 0}
    assert kiosk.see(receipt).outcome is None
    assert kiosk.send(waiting) == receipt, "the same answer, and nothing comes back"
    assert count(rows, "capture_steps") == 0
    kiosk.sends(number=STRANGER)
    assert kiosk.decide()["decided"] == 1, "the chain goes on"
    assert privacy.erase.status().sound


@pytest.fixture(params=BOTH)
def long_ago(
    request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[tuple[Kiosk, FixedClock, Callable[..., list[Any]]]]:
    """A kiosk of three years ago."""
    clock = FixedClock(TODAY - timedelta(days=FACT_DAYS + 5))
    on_postgres = request.param == "postgres"
    database = request.getfixturevalue("empty_postgres") if on_postgres else None
    agency = Agency(tmp_path, clock, database.urls if database else None)
    agency.person()
    agency.enroll(WANG, picture("wang"))
    engine = create_engine(database.admin if database else agency.urls.front)

    def ask(statement: str) -> list[Any]:
        with engine.begin() as connection:
            result = connection.execute(text(statement))
            return list(result) if result.returns_rows else []

    yield Kiosk(Phone(agency)), clock, ask
    engine.dispose()
    agency.close()


def test_after_three_years_it_goes_and_the_chain_goes_on(
    long_ago: tuple[Kiosk, FixedClock, Callable[..., list[Any]]],
) -> None:
    kiosk, clock, ask = long_ago
    kiosk.sends()
    kiosk.decide()
    kiosk.reconcile()
    clock.advance(days=10)
    kiosk.sends()
    kiosk.decide()
    for change in ("DELETE FROM offline_records", "UPDATE offline_records SET digest = 'x'"):
        with pytest.raises(Exception, match="append-only"):
            ask(change)
    clock.instant = TODAY
    with pytest.raises(StorageFault), kiosk.agency.store.unit() as unit:
        unit.expiry.remove_rows("offline_records", TODAY, 10)
    done = Retain(kiosk.agency.store, {}, RetentionPolicy(), clock).run()
    assert (done.removed["offline_records"], done.removed["reconciliations"]) == (1, 1)
    kiosk.tickets.clear()
    receipt = kiosk.sends()
    kiosk.decide()
    view = kiosk.see(receipt)
    assert (view.outcome is not None, view.code) == (True, "")
    assert kiosk.reconcile(records=1) == ()
