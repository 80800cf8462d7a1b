"""How long flags, cases and people take at the server beside a district's ledger, with a flag for one person in ten.

Whom flags and cases concern came through the ledger's own import, and their cases are the service's own.
"""

from __future__ import annotations

import html
import os
import re
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, LiteralString
from urllib.parse import urljoin

import pytest

from auth_service.accounts.roles import Role
from auth_service.beneficiaries.id_number import check_character
from auth_service.casework.disposition import Disposition, Outcome, Step
from auth_service.flows.work_case import Checked
from auth_service.monitoring.flags import Flag, Severity
from tests.builders import Rows
from tests.channels.service import Blueprint, Client, Deployment, deployment
from tests.console.cased import MORE, Cased
from tests.console.filled import NOW, PEOPLE_ROWS, fill, late, looked, settle
from tests.databases import PostgresDatabase

pytestmark = [pytest.mark.postgres, pytest.mark.slow]
PEOPLE = int(os.environ.get("AUTH_SERVICE_TEST_QUEUE_PEOPLE", "200000"))
FLAGGED = PEOPLE // 10
PAID = 3
"""Of the rows that are put straight into the tables only keys, people and payments: a capture that waits for somebody
would stand on the desk without a name that can be opened."""
AT_ONCE = 1000
WORKED_ON, PROPOSED = 300, 100
RULES = (("D01", Severity.CRITICAL), ("D02", Severity.HIGH), ("D04", Severity.HIGH), ("P04", Severity.MEDIUM))
_PAID = f"""INSERT INTO payments
        (id, person_id, benefit_kind, entitlement_month, pay_date, amount_fen, status, batch_id, added_at)
    SELECT md5('q' || id || '-' || m), id, 'resident_pension', to_char(date '2026-03-01' - m * interval '1 month',
        'YYYY-MM'), date '2026-03-01' - m * 30, 14800, 'settled', 'b', {NOW}
    FROM people, generate_series(0, 11) m WHERE batch_id <> 'b'"""


@pytest.fixture
def service(postgres_blueprint: Blueprint, tmp_path: Path) -> Iterator[Deployment]:
    with deployment(postgres_blueprint, tmp_path / "home") as made:
        yield made


def _person(serial: int) -> dict[str, str]:
    region = f"13020{2 + serial // len(RULES) % 6}"
    first = (
        f"{region}{1935 + serial % 40}{1 + serial // 1000 % 12:02d}{1 + serial // 12000 % 28:02d}{serial % 1000:03d}"
    )
    return {
        "id_number": first + check_character(first), "name": f"张{chr(0x4E00 + serial % 5000)}",
        "benefit_kind": "城乡居民养老", "region_code": region, "person_key": f"Q{serial}",
    }  # fmt: skip


def _ids(database: PostgresDatabase, question: LiteralString) -> list[str]:
    with database.connect() as connection:
        return [row[0] for row in connection.execute(question)]


def _flagged(service: Deployment, database: PostgresDatabase) -> list[str]:
    """Takes them in and raises a flag about each. Returns their ids."""
    sink = Rows()
    rows = Rows([_person(serial) for serial in range(FLAGGED)], digest="q" * 64)
    service.wiring.import_ledger.run(rows, sink, "cli", lambda _: None)
    assert not sink.refused
    people = _ids(database, "SELECT id FROM people WHERE person_key LIKE 'Q%' ORDER BY id")
    assert len(people) == FLAGGED
    for begin in range(0, FLAGGED, AT_ONCE):
        with service.wiring.store.unit() as unit:
            for number in range(begin, min(begin + AT_ONCE, FLAGGED)):
                rule, severity = RULES[number % len(RULES)]
                facts = {**MORE, "event_date": "2026-02-11"}
                unit.flags.raise_once(
                    Flag(rule, 1, severity, (people[number],), facts, f"{rule}:{number}", service.clock.now())
                )
    return people


def _worked_on(service: Deployment, cases: list[str]) -> None:
    """Some are in a monitor's hands, some wait for a second word."""
    cased = Cased(service)
    for number, case_id in enumerate(cases[:WORKED_ON]):
        cased.take(case_id)
        service.wiring.work_case.note_step(case_id, Checked(Step.CALL, Outcome.NOT_REACHED, ""), cased.monitor)
        if number < PROPOSED:
            service.wiring.work_case.note_step(case_id, Checked(Step.VISIT, Outcome.SEEN, ""), cased.monitor)
            cased.propose(case_id, Disposition.DATA_ERROR)


def _further(client: Client, address: str, pages: int) -> list[str]:
    """The addresses of this page and of the next ones, as the page itself names them."""
    found = [address]
    for _ in range(pages):
        named = [html.unescape(one) for one in re.findall(r'href="([^"]*cursor=[^"]*)"', client.get(found[-1]).text)]
        fresh = [one for one in (urljoin(address, one) for one in named) if one not in found]
        if not fresh:
            break
        found.append(fresh[-1])
    return found


def test_flags_cases_and_people_take_less_than_three_tenths_of_a_second(
    service: Deployment, postgres_database: PostgresDatabase, proof: Callable[[str, Mapping[str, Any]], None]
) -> None:
    fill(postgres_database, PEOPLE_ROWS[:PAID], PEOPLE - FLAGGED)
    people = _flagged(service, postgres_database)
    fill(postgres_database, (_PAID,), PEOPLE)
    begun = time.perf_counter()
    counts = service.wiring.gather_cases.run()
    found: dict[str, Any] = {
        "people": PEOPLE,
        "flags_raised": FLAGGED,
        "gather_seconds": round(time.perf_counter() - begun),
    }
    assert counts["flags"] >= FLAGGED * 3 // 4
    cases = _ids(postgres_database, "SELECT id FROM cases ORDER BY id LIMIT 600")
    flags = _ids(postgres_database, "SELECT flag_id FROM case_flags ORDER BY flag_id LIMIT 30")
    found["cases_opened"] = counts["opened"]
    _worked_on(service, cases)
    settle(postgres_database)
    service.clock.instant = service.clock.instant.replace(hour=6)
    monitor, officer = service.sign_in(Role.MONITOR), service.sign_in(Role.OFFICER)
    flag_lists = ("?severity=high", "?rule=D01", "?region=130203", "?state=all&rule=P04&region=1302")
    case_lists = ("?state=all", "?state=mine", "?state=overdue", "?state=proposed", "?severity=high", "?region=130203")
    found |= looked(
        monitor,
        {
            "home": ["/console"],
            "flags": _further(monitor, "/console/flags", 3),
            "flags narrowed": [f"/console/flags{one}" for one in flag_lists],
            "cases": _further(monitor, "/console/cases", 3),
            "cases narrowed": [f"/console/cases{one}" for one in case_lists],
            "a flag": [f"/console/flags/{one}" for one in flags],
            "a case": [f"/console/cases/{one}" for one in cases[:30]],
        },
    )
    found |= looked(
        officer,
        {
            "home of an officer": ["/console"],
            "a person": [f"/console/people/{one}" for one in people[:30]],
            "money of a person": [f"/console/money/{one}" for one in people[:30]],
            "acts on money": ["/console/proposals"],
        },
    )
    found["load"] = round(os.getloadavg()[0], 1)
    proof("queue-pages", found)
    assert late(found) == [], found
