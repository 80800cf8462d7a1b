"""How long the fund-safety page and the scorecards take at the server, beside a district's ledger and a year of it."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import psycopg
import pytest

from auth_service.accounts.roles import Role
from tests.channels.service import Blueprint, Deployment, deployment
from tests.console.registered import steward, take, told_dead
from tests.databases import PostgresDatabase

pytestmark = [pytest.mark.postgres, pytest.mark.slow]
PEOPLE = int(os.environ.get("AUTH_SERVICE_TEST_FUND_PEOPLE", "200000"))
MOST_SECONDS = 0.3
"""p95 at the server. source: issue of the console for monitors"""
LOOKS = 60
PAGES = ("/console/fund", "/console/scorecards", "/console/batches")
_NOW = "timestamptz '2026-03-10 02:00+00'"
_ID = "md5('p' || i)"
_ROWS = (
    # people of six counties, born 1935-1974, paid for four months
    f"""INSERT INTO person_keys (person_id, wrapping_key, wrapped, created_at)
        SELECT {_ID}, 'k', 'k', {_NOW} FROM generate_series(1, :n) i""",
    f"""INSERT INTO people (id, person_key, region_code, birth_year, id_number_index, name_index, id_number_sealed,
            name_sealed, address_sealed, batch_id, created_at, changed_at)
        SELECT {_ID}, 'K' || i, '13020' || (2 + i % 6) || '001', 1935 + i % 40, decode(md5('n' || i), 'hex'), 'n',
            decode(repeat(md5(i::text), 3), 'hex'), decode(repeat(md5(i::text), 3), 'hex'),
            decode(repeat(md5(i::text), 10), 'hex'), 'b', {_NOW}, {_NOW}
        FROM generate_series(1, :n) i""",
    f"""INSERT INTO payments (id, person_id, benefit_kind, entitlement_month, pay_date, amount_fen, status, batch_id,
            added_at)
        SELECT md5('m' || i || '-' || m), {_ID}, 'resident_pension',
            to_char(date '2026-03-01' - m * interval '1 month', 'YYYY-MM'),
            date '2026-03-01' - m * 30, 14800, 'settled', 'b', {_NOW}
        FROM generate_series(1, :n) i, generate_series(0, 3) m""",
    # six attempts for five people in a year, one in seven told to try again, one in thirty to a person
    f"""INSERT INTO evidence (id, person_id, channel, kind, pad_verdict, pad_reasons, similarity, zone, quality,
            has_reference, probe_images, taken_at, outcome, reasons)
        SELECT md5('e' || i), md5('p' || (1 + i % :n)), (ARRAY['phone', 'kiosk', 'counter'])[1 + i % 3], 'assisted',
            'bona_fide', '[]', 0.9, 'match', '[]', true, 1, {_NOW} - i * 137 % 31536000 * interval '1 second',
            CASE WHEN i % 7 = 0 THEN 'retry' WHEN i % 30 = 1 THEN 'refer' ELSE 'qualified' END, '[]'
        FROM generate_series(1, :n * 6 / 5) i""",
    f"""INSERT INTO receipts (serial, person_id, event_id, kind, passed_on, due_on, token, issued_at)
        SELECT md5('r' || i), {_ID}, md5('v' || i), 'silent', date '2026-01-01', date '2027-01-31', '',
            {_NOW} - (i % 365) * interval '1 day'
        FROM generate_series(1, :n * 7 / 10) i""",
    # one in 25 died within the year; half of them are held, one hold in 50 was wrong
    f"""INSERT INTO registry_records (id, batch_id, row, kind, source, act, ref_index, source_time, time_given,
            event_on, id_index, content_sealed)
        SELECT md5('d' || i), :batch, i + 10, 'death', 'civil_affairs', 'new', decode(md5('ref' || i), 'hex'),
            {_NOW} - (i % 360) * interval '1 day', true, to_char(date '2026-03-01' - (i % 360)::int, 'YYYY-MM-DD'),
            decode(md5('n' || i), 'hex'), 's'
        FROM generate_series(1, :n / 25) i""",
    f"""INSERT INTO payment_proposals (id, person_id, benefit_kind, act, ground, month, statement, needs_two,
            proposed_by, proposed_at)
        SELECT md5(act || i), {_ID}, 'resident_pension', act, ground, '2026-03', '', act = 'hold', 's1',
            {_NOW} - (i % 360) * interval '1 day' + later
        FROM generate_series(1, :n / 50) i, (VALUES ('hold', 'death_record', interval '2 hours', 1),
            ('resume', 'seen_in_person', interval '50 hours', 50)) AS acts (act, ground, later, each)
        WHERE i % each = 0""",
    """INSERT INTO payment_decisions (proposal_id, verdict, needs_two, proposed_by, decided_by, decided_at)
        SELECT id, 'approved', needs_two, proposed_by, 's2', proposed_at + interval '1 hour' FROM payment_proposals""",
    f"""INSERT INTO contests (id, person_id, channel, opened_by, opened_at)
        SELECT md5('c' || i), {_ID}, 'phone', 'x', {_NOW} - i * interval '1 hour'
        FROM generate_series(1, :n / 1000) i""",
    # a flag for one in twenty people, two in three judged
    f"""INSERT INTO flags (id, rule_id, rule_version, severity, severity_rank, evidence, photos, dedupe_key, raised_at)
        SELECT md5('f' || i), 'V0' || (1 + i % 9), 1, (ARRAY['critical', 'high', 'medium', 'low'])[1 + i % 4], i % 4,
            '{{}}', '[]', 'k' || i, {_NOW} - (i % 365) * interval '1 day'
        FROM generate_series(1, :n / 20) i""",
    f"""INSERT INTO judgements (id, flag_id, number, verdict, reason_sealed, judged_by, judged_at)
        SELECT md5('j' || i), md5('f' || i), 1, CASE WHEN i % 4 = 0 THEN 'needs_check' ELSE 'false_flag' END, 'r', 's',
            {_NOW}
        FROM generate_series(1, :n / 20) i WHERE i % 3 > 0""",
)


@pytest.fixture
def service(postgres_blueprint: Blueprint, tmp_path: Path) -> Iterator[Deployment]:
    with deployment(postgres_blueprint, tmp_path / "home") as made:
        yield made


def fill(database: PostgresDatabase, batch_id: str) -> None:
    """Straight into the tables: a flow would take hours."""
    with database.connect() as connection, connection.transaction():
        connection.execute("SET LOCAL session_replication_role = replica; SET LOCAL synchronous_commit = off")
        for statement in _ROWS:
            filled = statement.replace(":batch", f"'{batch_id}'").replace(":n", str(PEOPLE))
            connection.execute(filled)  # type: ignore[call-overload]
    with psycopg.connect(database.admin.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")
        connection.execute("CHECKPOINT")


def test_ninety_five_looks_of_a_hundred_take_less_than_three_tenths_of_a_second(
    service: Deployment, postgres_database: PostgresDatabase, proof: Callable[[str, Mapping[str, Any]], None]
) -> None:
    batch_id = take(service.wiring, steward(service.wiring), told_dead("first")).batch_id
    fill(postgres_database, batch_id)
    filled = time.perf_counter()
    service.wiring.count_fund.run()
    found: dict[str, Any] = {"people": PEOPLE, "count_seconds": round(time.perf_counter() - filled, 1)}
    count = service.wiring.store.queries.fund_count(365)
    assert count is not None
    assert count.people == PEOPLE + 3
    assert sum(one.deaths for one in count.exposure.values()) > PEOPLE / 30
    assert sum(one.passed for one in count.tries) > PEOPLE
    client = service.sign_in(Role.MONITOR)
    took: dict[str, list[tuple[float, float]]] = {path: [] for path in PAGES}
    for look in range(LOOKS):
        for path, times in took.items():  # in turn: what else the machine does falls on all of them
            begun, worked = time.perf_counter(), time.process_time()
            answer = client.get(f"{path}?days={(30, 90, 365)[look % 3]}")
            times.append((time.perf_counter() - begun, time.process_time() - worked))
            assert answer.status_code == 200
    for path, times in took.items():
        waited, worked_for = sorted(one for one, _ in times), sorted(one for _, one in times)
        late = int(LOOKS * 0.95) - 1
        found[path] = {"median_ms": _ms(waited[LOOKS // 2]), "p95_ms": _ms(waited[late])}
        found[path] |= {"median_cpu_ms": _ms(worked_for[LOOKS // 2]), "p95_cpu_ms": _ms(worked_for[late])}
    found["load"] = round(os.getloadavg()[0], 1)
    proof("fund-pages", found)
    assert all(one["p95_ms"] <= MOST_SECONDS * 1000 for one in found.values() if isinstance(one, dict)), found


def _ms(seconds: float) -> int:
    return round(seconds * 1000)
