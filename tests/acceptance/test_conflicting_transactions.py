"""F09: deadlocks and serialisation failures. A request is tried again a few times, and nothing is recorded twice."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, text

from auth_service.core.audit import verify
from auth_service.core.errors import ServiceError, TransactionConflict
from auth_service.flows.idempotent import Idempotent, Save
from auth_service.flows.verify import VerifyRequest
from auth_service.qualification.evidence import Channel
from auth_service.storage.unit import SavedAnswer, Unit
from tests.builders import Agency, id_number
from tests.conftest import FixedClock
from tests.databases import PostgresDatabase
from tests.fakes import picture

pytestmark = pytest.mark.postgres
Proof = Callable[[str, Mapping[str, Any]], None]


@pytest.fixture
def agency(empty_postgres: PostgresDatabase, tmp_path: Path, clock: FixedClock) -> Iterator[Agency]:
    built = Agency(tmp_path, clock, empty_postgres.urls)
    yield built
    built.close()


@contextmanager
def conflicts(database: PostgresDatabase, share: float) -> Iterator[Callable[[], int]]:
    """Lets statements fail as the server would fail them, half as deadlocks; gives the number of those that did."""
    with database.connect() as connection:
        connection.execute(f"""
            CREATE SEQUENCE injected;
            CREATE FUNCTION fail_sometimes() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
            BEGIN
                IF random() < {share} THEN
                    PERFORM nextval('public.injected');  -- a sequence remembers what is rolled back
                    IF random() < 0.5 THEN
                        RAISE EXCEPTION 'injected' USING ERRCODE = 'deadlock_detected';
                    END IF;
                    RAISE EXCEPTION 'injected' USING ERRCODE = 'serialization_failure';
                END IF;
                RETURN NULL;
            END $$;
            CREATE TRIGGER injected AFTER INSERT ON audit_rows FOR EACH STATEMENT EXECUTE FUNCTION fail_sometimes();
            CREATE TRIGGER injected AFTER INSERT ON evidence FOR EACH STATEMENT EXECUTE FUNCTION fail_sometimes();
            CREATE TRIGGER injected AFTER INSERT OR UPDATE OR DELETE ON saved_answers
                FOR EACH STATEMENT EXECUTE FUNCTION fail_sometimes();
        """)  # type: ignore[call-overload]
        try:
            yield lambda: (connection.execute("SELECT last_value FROM injected").fetchone() or (0,))[0]
        finally:
            connection.execute("DROP FUNCTION fail_sometimes() CASCADE; DROP SEQUENCE injected")


def test_five_conflicts_in_a_hundred_statements_leave_no_trace(
    agency: Agency, empty_postgres: PostgresDatabase
) -> None:
    found = _requests_under_conflict(agency, empty_postgres, people=5, each=12)
    assert found["duplicates"] == 0
    assert found["first_tries_refused"] <= 3


@pytest.mark.slow
def test_five_conflicts_in_a_hundred_statements_in_full(
    agency: Agency, empty_postgres: PostgresDatabase, proof: Proof
) -> None:
    found = _requests_under_conflict(agency, empty_postgres, people=50, each=40)
    proof("conflicts", found)
    assert found["duplicates"] == 0
    assert found["injected"] > 300
    assert found["first_tries_refused"] <= 0.005 * found["requests"]


def _requests_under_conflict(agency: Agency, database: PostgresDatabase, people: int, each: int) -> dict[str, Any]:
    numbers = [id_number(date(1940, 1, 1) + timedelta(days=place), place) for place in range(people)]
    for place, number in enumerate(numbers):
        agency.person(number, f"王{place}")
        agency.enroll(number, picture(f"face {place}"))
    idempotent = Idempotent(agency.store, agency.clock)
    tries: Counter[str] = Counter()
    lock = threading.Lock()

    def ask(request: tuple[int, int]) -> str:
        place, take = request
        key, attempts = f"key {place} {take}", 0
        asked = VerifyRequest(
            numbers[place], (picture(f"face {place}", take=take + 1),), Channel.COUNTER, "cli", "officer-1"
        )

        def work(save: Save) -> SavedAnswer:
            kept: list[SavedAnswer] = []

            def conclude(unit: Unit, result: Any) -> None:
                kept.append(SavedAnswer(200, result.evidence_id.encode(), "text/plain"))
                save(unit, kept[-1])

            agency.verifying.run(asked, conclude)
            return kept[-1]

        while True:
            attempts += 1
            try:
                answer, _ = idempotent.run("caller", key, f"{place} {take}", work)
            except ServiceError as error:
                with lock:
                    tries[f"try {attempts}: {error.code}"] += 1
                if error.code not in {"transaction_conflict", "idempotency_in_flight"}:
                    raise
                agency.clock.advance(seconds=61)  # type: ignore[attr-defined]  # a claim that could not be given back
                continue
            again, repeated = idempotent.run("caller", key, f"{place} {take}", work)
            assert (again, repeated) == (answer, True)
            return answer.body.decode()

    with conflicts(database, 0.05) as injected:
        wanted = [(place, take) for take in range(each) for place in range(people)]
        with ThreadPoolExecutor(8) as threads:
            acknowledged = list(threads.map(ask, wanted))
        count = injected()
    with agency.store.reading() as unit:
        rows, head = unit.audit.head()
        assert verify(unit.audit.rows(), rows, head).ok
        decided = [row.event.details or {} for row in unit.audit.rows() if row.event.action == "verification.decided"]
    with database.connect() as connection:
        kept = [row[0] for row in connection.execute("SELECT id FROM evidence").fetchall()]
    assert sorted(kept) == sorted(acknowledged) == sorted(str(details["evidence"]) for details in decided)
    first = sum(count for what, count in tries.items() if what.startswith("try 1:"))
    return {
        "requests": len(wanted),
        "injected": count,
        "first_tries_refused": first,
        "refused": dict(tries),
        "duplicates": len(kept) - len(wanted),
    }


def test_a_real_deadlock_is_a_conflict_for_one_and_nothing_for_the_other(
    agency: Agency, empty_postgres: PostgresDatabase
) -> None:
    agency.person()
    first, second = threading.Barrier(2), []

    def cross(order: tuple[str, str]) -> str:
        try:
            with agency.store.unit() as unit:
                unit.alone(order[0])
                first.wait(timeout=20)
                unit.alone(order[1])
        except TransactionConflict as error:
            return error.code
        return "done"

    with ThreadPoolExecutor(2) as threads:
        second = list(threads.map(cross, [("one", "other"), ("other", "one")]))
    assert sorted(second) == ["done", "transaction_conflict"]


def test_a_serialisation_failure_is_a_conflict(empty_postgres: PostgresDatabase) -> None:
    from auth_service.storage.driver_errors import ours  # noqa: PLC0415

    engine = create_engine(empty_postgres.admin, isolation_level="SERIALIZABLE")
    try:
        with pytest.raises(Exception, match="could not serialize") as raised, engine.connect() as one:  # noqa: PT012
            rows = text("SELECT sum(length(oldest_revision)) FROM schema_reach")
            one.execute(rows)
            with engine.begin() as other:
                other.execute(text("UPDATE schema_reach SET oldest_revision = oldest_revision"))
            one.execute(text("UPDATE schema_reach SET oldest_revision = oldest_revision"))
    finally:
        engine.dispose()
    assert isinstance(ours(raised.value), TransactionConflict)  # type: ignore[arg-type]
