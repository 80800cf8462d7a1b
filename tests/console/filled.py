"""A district's ledger and a year of it straight in the tables, and how long pages take at the server beside it."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

import psycopg

from tests.channels.service import Client
from tests.databases import PostgresDatabase

MOST_SECONDS = 0.3
"""p95 at the server. source: issue of the console for monitors"""
LOOKS = 60
NOW = "timestamptz '2026-03-10 02:00+00'"
ID = "md5('p' || i)"
PEOPLE_ROWS = (
    # people of six counties, born 1935-1974, paid for four months
    f"""INSERT INTO person_keys (person_id, wrapping_key, wrapped, created_at)
        SELECT {ID}, 'k', 'k', {NOW} FROM generate_series(1, :n) i""",
    f"""INSERT INTO people (id, person_key, region_code, birth_year, id_number_index, name_index, id_number_sealed,
            name_sealed, address_sealed, batch_id, created_at, changed_at)
        SELECT {ID}, 'K' || i, '13020' || (2 + i % 6) || '001', 1935 + i % 40, decode(md5('n' || i), 'hex'), 'n',
            decode(repeat(md5(i::text), 3), 'hex'), decode(repeat(md5(i::text), 3), 'hex'),
            decode(repeat(md5(i::text), 10), 'hex'), 'b', {NOW}, {NOW}
        FROM generate_series(1, :n) i""",
    f"""INSERT INTO payments (id, person_id, benefit_kind, entitlement_month, pay_date, amount_fen, status, batch_id,
            added_at)
        SELECT md5('m' || i || '-' || m), {ID}, 'resident_pension',
            to_char(date '2026-03-01' - m * interval '1 month', 'YYYY-MM'),
            date '2026-03-01' - m * 30, 14800, 'settled', 'b', {NOW}
        FROM generate_series(1, :n) i, generate_series(0, 3) m""",
    # six attempts for five people in a year, one in seven told to try again, one in thirty to a person
    f"""INSERT INTO evidence (id, person_id, channel, kind, pad_verdict, pad_reasons, similarity, zone, quality,
            has_reference, probe_images, taken_at, outcome, reasons)
        SELECT md5('e' || i), md5('p' || (1 + i % :n)), (ARRAY['phone', 'kiosk', 'counter'])[1 + i % 3], 'assisted',
            'bona_fide', '[]', 0.9, 'match', '[]', true, 1, {NOW} - i * 137 % 31536000 * interval '1 second',
            CASE WHEN i % 7 = 0 THEN 'retry' WHEN i % 30 = 1 THEN 'refer' ELSE 'qualified' END, '[]'
        FROM generate_series(1, :n * 6 / 5) i""",
    f"""INSERT INTO receipts (serial, person_id, event_id, kind, passed_on, due_on, token, issued_at)
        SELECT md5('r' || i), {ID}, md5('v' || i), 'silent', date '2026-01-01', date '2027-01-31', '',
            {NOW} - (i % 365) * interval '1 day'
        FROM generate_series(1, :n * 7 / 10) i""",
)
"""SQL. :n stands for how many people"""


def fill(database: PostgresDatabase, statements: Sequence[str], people: int, **words: str) -> None:
    """Straight into the tables: a flow would take hours. words: what else stands for something in the statements"""
    with database.connect() as connection, connection.transaction():
        connection.execute("SET LOCAL session_replication_role = replica; SET LOCAL synchronous_commit = off")
        for statement in statements:
            filled = statement.replace(":n", str(people))
            for word, value in words.items():
                filled = filled.replace(f":{word}", value)
            connection.execute(filled)  # type: ignore[call-overload]


def settle(database: PostgresDatabase) -> None:
    """As a database is that has rested for a night."""
    with psycopg.connect(database.admin.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")
        connection.execute("CHECKPOINT")


def looked(client: Client, pages: Mapping[str, Sequence[str]]) -> dict[str, dict[str, int]]:
    """Name -> milliseconds by the clock and of the processor, at the middle and at 95 of a hundred looks.

    pages    name -> addresses that are looked at in turn
    """
    took: dict[str, list[tuple[float, float]]] = {name: [] for name in pages}
    for look in range(LOOKS):
        for name, addresses in pages.items():  # in turn: what else the machine does falls on all of them
            begun, worked = time.perf_counter(), time.process_time()
            answer = client.get(addresses[look % len(addresses)])
            took[name].append((time.perf_counter() - begun, time.process_time() - worked))
            assert answer.status_code == 200, (name, look, answer.status_code, answer.text[-300:])
    return {name: _spread(times) for name, times in took.items()}


def _spread(times: Sequence[tuple[float, float]]) -> dict[str, int]:
    waited, worked = sorted(one for one, _ in times), sorted(one for _, one in times)
    late = int(LOOKS * 0.95) - 1
    found = {"median_ms": waited[LOOKS // 2], "p95_ms": waited[late]}
    found |= {"median_cpu_ms": worked[LOOKS // 2], "p95_cpu_ms": worked[late]}
    return {name: round(seconds * 1000) for name, seconds in found.items()}


def late(found: Mapping[str, Any]) -> list[str]:
    """The pages of a measurement that take too long."""
    return [name for name, one in found.items() if isinstance(one, dict) and one["p95_ms"] > MOST_SECONDS * 1000]
