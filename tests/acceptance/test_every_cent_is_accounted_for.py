"""Totals by region, benefit and month reconcile to the cent after random holds, resumes, deaths and corrections.

source  issue 6, what it must show, 5
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.paying_agency import PayingAgency
from tests.builders import Agency
from tests.conftest import FixedClock
from tests.databases import BOTH, PostgresDatabase


@pytest.fixture(params=BOTH)
def agency(request: pytest.FixtureRequest, tmp_path: Path, clock: FixedClock) -> Any:
    on_postgres = request.param == "postgres"
    database: PostgresDatabase | None = request.getfixturevalue("empty_postgres") if on_postgres else None
    built = Agency(tmp_path, clock, database.urls if database else None)
    yield built
    built.close()


def live(agency: Agency, clock: FixedClock, people: int, events: int, seed: int) -> dict[str, Any]:
    paying = PayingAgency(agency, clock, people, seed)
    paying.pay_run(paying.payees[0])  # a month without a row is priced by the ledger, which these books do not know
    for number in range(events):
        paying.step()
        if number % 500 == 499:
            paying.check()
    return {"events": events, "people": people, **paying.check(), "what": dict(sorted(paying.counts.items()))}


@pytest.mark.parametrize("seed", [1, 2])
def test_a_hundred_events(agency: Agency, clock: FixedClock, seed: int) -> None:
    found = live(agency, clock, 8, 120, seed)
    assert found["fen_paid"] > 0


@pytest.mark.slow
def test_ten_thousand_events(
    agency: Agency, clock: FixedClock, proof: Callable[[str, Mapping[str, Any]], None], request: pytest.FixtureRequest
) -> None:
    found = live(agency, clock, 40, 10_000, 20_261_129)
    database = request.node.callspec.params["agency"]
    assert all(found["what"].get(act, 0) > 100 for act in ("hold", "restore", "dies", "corrected", "recover"))
    proof(f"every-cent-{database}", {"database": database, **found})
