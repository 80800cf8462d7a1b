"""How long the fund-safety page and the scorecards take at the server, beside a district's ledger and a year of it."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from auth_service.accounts.roles import Role
from tests.channels.service import Blueprint, Deployment, deployment
from tests.console.filled import ID, NOW, PEOPLE_ROWS, fill, late, looked, settle
from tests.console.registered import steward, take, told_dead
from tests.databases import PostgresDatabase

pytestmark = [pytest.mark.postgres, pytest.mark.slow]
PEOPLE = int(os.environ.get("AUTH_SERVICE_TEST_FUND_PEOPLE", "200000"))
PAGES = ("/console/fund", "/console/scorecards", "/console/batches")
_ROWS = (
    # one in 25 died within the year; half of them are held, one hold in 50 was wrong
    f"""INSERT INTO registry_records (id, batch_id, row, kind, source, act, ref_index, source_time, time_given,
            event_on, id_index, content_sealed)
        SELECT md5('d' || i), :batch, i + 10, 'death', 'civil_affairs', 'new', decode(md5('ref' || i), 'hex'),
            {NOW} - (i % 360) * interval '1 day', true, to_char(date '2026-03-01' - (i % 360)::int, 'YYYY-MM-DD'),
            decode(md5('n' || i), 'hex'), 's'
        FROM generate_series(1, :n / 25) i""",
    f"""INSERT INTO payment_proposals (id, person_id, benefit_kind, act, ground, month, statement, needs_two,
            proposed_by, proposed_at)
        SELECT md5(act || i), {ID}, 'resident_pension', act, ground, '2026-03', '', act = 'hold', 's1',
            {NOW} - (i % 360) * interval '1 day' + later
        FROM generate_series(1, :n / 50) i, (VALUES ('hold', 'death_record', interval '2 hours', 1),
            ('resume', 'seen_in_person', interval '50 hours', 50)) AS acts (act, ground, later, each)
        WHERE i % each = 0""",
    """INSERT INTO payment_decisions (proposal_id, verdict, needs_two, proposed_by, decided_by, decided_at)
        SELECT id, 'approved', needs_two, proposed_by, 's2', proposed_at + interval '1 hour' FROM payment_proposals""",
    f"""INSERT INTO contests (id, person_id, channel, opened_by, opened_at)
        SELECT md5('c' || i), {ID}, 'phone', 'x', {NOW} - i * interval '1 hour'
        FROM generate_series(1, :n / 1000) i""",
    # a flag for one in ten people, two in three judged
    f"""INSERT INTO flags (id, rule_id, rule_version, severity, severity_rank, evidence, photos, dedupe_key, raised_at)
        SELECT md5('f' || i), 'V0' || (1 + i % 9), 1, (ARRAY['critical', 'high', 'medium', 'low'])[1 + i % 4], i % 4,
            '{{}}', '[]', 'k' || i, {NOW} - (i % 365) * interval '1 day'
        FROM generate_series(1, :n / 10) i""",
    f"""INSERT INTO judgements (id, flag_id, number, verdict, reason_sealed, judged_by, judged_at)
        SELECT md5('j' || i), md5('f' || i), 1, CASE WHEN i % 4 = 0 THEN 'needs_check' ELSE 'false_flag' END, 'r', 's',
            {NOW}
        FROM generate_series(1, :n / 10) i WHERE i % 3 > 0""",
)


@pytest.fixture
def service(postgres_blueprint: Blueprint, tmp_path: Path) -> Iterator[Deployment]:
    with deployment(postgres_blueprint, tmp_path / "home") as made:
        yield made


def test_ninety_five_looks_of_a_hundred_take_less_than_three_tenths_of_a_second(
    service: Deployment, postgres_database: PostgresDatabase, proof: Callable[[str, Mapping[str, Any]], None]
) -> None:
    batch_id = take(service.wiring, steward(service.wiring), told_dead("first")).batch_id
    fill(postgres_database, PEOPLE_ROWS + _ROWS, PEOPLE, batch=f"'{batch_id}'")
    settle(postgres_database)
    filled = time.perf_counter()
    service.wiring.count_fund.run()
    found: dict[str, Any] = {"people": PEOPLE, "count_seconds": round(time.perf_counter() - filled, 1)}
    count = service.wiring.store.queries.fund_count(365)
    assert count is not None
    assert count.people == PEOPLE + 3
    assert sum(one.deaths for one in count.exposure.values()) > PEOPLE / 30
    assert sum(one.passed for one in count.tries) > PEOPLE
    client = service.sign_in(Role.MONITOR)
    found |= looked(client, {page: [f"{page}?days={days}" for days in (30, 90, 365)] for page in PAGES})
    found["load"] = round(os.getloadavg()[0], 1)
    proof("fund-pages", found)
    assert late(found) == [], found
