"""What a sweep costs beside the bare SQL that only computes due dates: first over everybody, then on an ordinary day.

The bare SQL knows one cycle and no policy, tag, correction, outage or reason; it is what the database itself needs.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, insert, text

from auth_service.flows.sweep import Sweep
from auth_service.storage.tables import BenefitRow, EvidenceRow, PersonKeyRow, PersonRow
from auth_service.storage.tables.schema import table_of
from tests.builders import Agency
from tests.conftest import FixedClock
from tests.databases import BOTH

QUICK, HUNDRED_THOUSAND, MILLION = 3_000, 100_000, 1_000_000
DUE_SHARE = 0.008
"""Whose status changes on an ordinary day. source: issue 6, point 3"""
MOST_FIRST, MOST_DAILY, MOST_GROWTH = 10.0, 3.0, 1.5
"""Times of the bare SQL, and cost of a row at a million over that at a hundred thousand. source: issue 6, point 3"""
FIRST_DAY = datetime(2026, 3, 31, 2, tzinfo=UTC)
OLD = datetime(2025, 1, 2, tzinfo=UTC)
_AT_ONCE = 10_000

_DUE = {
    "sqlite": "date(coalesce(e.last, '2025-01-02'), '+8 hours', 'start of month', '+13 months', '-1 day')",
    "postgresql": "(date_trunc('month', coalesce(e.last, '2025-01-02') AT TIME ZONE 'Asia/Shanghai')"
    " + interval '13 months' - interval '1 day')::date",
}
_BARE = """
    INSERT INTO bare_states (person_id, kind, due_on, state, next_look_on)
    SELECT person_id, kind, due_on,
           CASE WHEN {today} > due_on THEN 'overdue' WHEN {soon} >= due_on THEN 'due_soon' ELSE 'normal' END,
           CASE WHEN {today} > due_on THEN NULL WHEN {soon} >= due_on THEN due_on ELSE {before} END
    FROM (SELECT b.person_id, b.kind, {due} AS due_on
          FROM benefits b JOIN people p ON p.id = b.person_id
          LEFT JOIN (SELECT person_id, max(taken_at) AS last FROM evidence WHERE outcome = 'qualified' {of}
                     GROUP BY person_id) e ON e.person_id = b.person_id
          WHERE length(p.id_number_sealed) > 0 {which}) d WHERE true
    ON CONFLICT (person_id, kind) DO UPDATE
    SET due_on = excluded.due_on, state = excluded.state, next_look_on = excluded.next_look_on
"""
_TOUCHED = "AND {column} IN (SELECT person_id FROM bare_states WHERE next_look_on <= {today})"


def bare(engine: Engine, today: date, *, everybody: bool) -> float:
    """Seconds of one statement that does the arithmetic for everybody, or for those whose day has come."""
    name = engine.dialect.name
    quoted = f"'{today}'" if name == "sqlite" else f"date '{today}'"
    soon = f"date({quoted}, '+60 days')" if name == "sqlite" else f"{quoted} + 60"
    before = "date(due_on, '-60 days')" if name == "sqlite" else "due_on - 60"
    of, which = "", ""
    if not everybody:
        of = _TOUCHED.format(column="person_id", today=quoted)
        which = _TOUCHED.format(column="b.person_id", today=quoted)
    statement = _BARE.format(due=_DUE[name], today=quoted, soon=soon, before=before, of=of, which=which)
    begun = time.perf_counter()
    with engine.begin() as connection:
        connection.execute(text(statement))
    return time.perf_counter() - begun


def fill(engine: Engine, people: int) -> None:
    """People of one benefit and one pass each; one in 125 passed in May and is told to come on 1 April."""
    for start in range(0, people, _AT_ONCE):
        places = range(start, min(start + _AT_ONCE, people))
        with engine.begin() as connection:
            for table, rows in _rows(places).items():
                connection.execute(insert(table_of(table)), rows)
    with engine.begin() as connection:
        columns = "person_id varchar(32), kind varchar(32), due_on date, state varchar(64), next_look_on date"
        connection.execute(text(f"CREATE TABLE bare_states ({columns}, PRIMARY KEY (person_id, kind))"))
        connection.execute(text("CREATE INDEX bare_next_look_on ON bare_states (next_look_on)"))
    if engine.dialect.name == "postgresql":
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("ANALYZE"))


def _rows(places: range) -> dict[Any, list[dict[str, Any]]]:
    keys, people, benefits, passes = [], [], [], []
    for place in places:
        one = f"{place * 2654435761 % 2**32:08x}{place:024x}"
        passed = datetime(2025, 5, 1 + place % 28, 3, tzinfo=UTC)
        if place % round(1 / DUE_SHARE):
            passed = datetime(2025, 10, 1, 3, tzinfo=UTC) + timedelta(days=place % 150)
        marks = {"batch_id": "0" * 32, "changed_at": OLD}
        keys.append({"person_id": one, "wrapping_key": "k", "wrapped": b"k", "created_at": OLD})
        person = {"id": one, "person_key": f"p{place}", "region_code": f"1302030{place % 90 + 10:02d}001"}
        person |= {"id_number_index": place.to_bytes(8), "name_index": b"n", "id_number_sealed": b"s"}
        people.append({**person, "name_sealed": b"s", "created_at": OLD, **marks})
        benefits.append({"person_id": one, "kind": "resident_pension", "known_since": OLD.date(), **marks})
        attempt = {"id": f"{place:032x}", "person_id": one, "channel": "counter", "kind": "assisted"}
        attempt |= {"pad_verdict": "bona_fide", "pad_reasons": "[]", "similarity": 0.9, "zone": "match"}
        attempt |= {"quality": "[]", "has_reference": True, "probe_images": 1, "taken_at": passed, "attested_by": "o"}
        passes.append({**attempt, "outcome": "qualified", "reasons": "[]", "decision_zone": "match"})
    return {PersonKeyRow: keys, PersonRow: people, BenefitRow: benefits, EvidenceRow: passes}


@pytest.fixture(params=BOTH)
def measured(
    request: pytest.FixtureRequest, tmp_path: Path, clock: FixedClock
) -> Iterator[Callable[[int], dict[str, Any]]]:
    """Measures a sweep of so many people beside the bare SQL, in an empty database each time."""
    made: list[Any] = []

    def measure(people: int) -> dict[str, Any]:
        database = request.getfixturevalue("empty_postgres") if request.param == "postgres" else None
        if database is not None:
            database.empty()
        clock.instant = FIRST_DAY
        agency = Agency(tmp_path / str(people), clock, database.urls if database else None)
        engine = create_engine(database.admin if database else agency.urls.front)
        made.extend((agency.close, engine.dispose))
        fill(engine, people)
        try:
            return _measure(agency, engine, clock, people)
        finally:
            with engine.begin() as connection:
                connection.execute(text("DROP TABLE bare_states"))

    yield measure
    for close in made:
        close()


def _measure(agency: Agency, engine: Engine, clock: FixedClock, people: int) -> dict[str, Any]:
    found: dict[str, Any] = {"people": people}
    for name, everybody in (("first", True), ("daily", False)):
        today = FIRST_DAY.date() if everybody else FIRST_DAY.date() + timedelta(days=1)
        clock.instant = FIRST_DAY if everybody else FIRST_DAY + timedelta(days=1)
        plain = bare(engine, today, everybody=everybody)
        begun = time.perf_counter()
        report = Sweep(agency.store, clock).run(None, "test", lambda _: None)
        seconds = time.perf_counter() - begun
        assert report.whole is everybody
        found[name] = {
            "judged": report.judged,
            "changed": report.changed,
            "seconds": round(seconds, 3),
            "bare_seconds": round(plain, 3),
            "times_bare": round(seconds / plain, 2),
            "microseconds_a_row": round(seconds / report.judged * 1e6, 1),
        }
    with engine.connect() as connection:
        differing = text(
            "SELECT count(*) FROM life_states s JOIN bare_states b ON b.person_id = s.person_id AND b.kind = s.kind "
            "WHERE s.state <> b.state OR s.due_on <> b.due_on"
        )
        assert connection.execute(differing).scalar_one() == 0, "the two agree where one cycle is all there is"
    return found


def test_a_sweep_and_the_bare_sql_agree(measured: Callable[[int], dict[str, Any]]) -> None:
    found = measured(QUICK)
    assert (found["first"]["judged"], found["first"]["changed"]) == (QUICK, QUICK)
    assert (found["daily"]["judged"], found["daily"]["changed"]) == (QUICK // 125, QUICK // 125)


@pytest.mark.slow
def test_a_sweep_costs_a_few_times_the_bare_sql(
    request: pytest.FixtureRequest,
    measured: Callable[[int], dict[str, Any]],
    proof: Callable[[str, Mapping[str, Any]], None],
) -> None:
    small, large = measured(HUNDRED_THOUSAND), measured(MILLION)
    name = "postgresql" if "postgres" in request.node.name else "sqlite"
    growth = large["first"]["microseconds_a_row"] / small["first"]["microseconds_a_row"]
    proof(f"sweep-{name}", {"small": small, "large": large, "cost_a_row_large_over_small": round(growth, 2)})
    assert large["first"]["times_bare"] <= MOST_FIRST
    assert large["daily"]["times_bare"] <= MOST_DAILY
    assert growth <= MOST_GROWTH
