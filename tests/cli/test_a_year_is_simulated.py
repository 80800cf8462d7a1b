"""`auth-service simulate`: what the service says in a made-up year, held against what is true."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest
from typer.testing import CliRunner

from auth_service.cli.main import app
from auth_service.cli.simulated_people import SHARES, Fate, made_up
from auth_service.cli.simulated_records import Records
from auth_service.cli.simulated_score import Share, scores
from auth_service.crosscheck.sources import RegistryKind

DAY = date(2025, 1, 1)


@pytest.fixture(scope="module")
def year() -> dict[str, Any]:
    done = CliRunner().invoke(
        app, ["simulate", "--people", "600", "--months", "5", "--seed", "5", "--json"], catch_exceptions=False
    )
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def rule(year: dict[str, Any], rule_id: str) -> dict[str, Any]:
    return next(one for one in year["rules"] if one["rule"] == rule_id)


def test_no_machine_takes_money_from_anybody(year: dict[str, Any]) -> None:
    assert year["machine_acts"] == 0
    assert year["held_by_two"] > 0


def test_whoever_lives_and_was_held_is_given_back_within_days(year: dict[str, Any]) -> None:
    assert year["wrongly_held_by_two"] > 0, "a row that has a living person in every field"
    assert year["most_days_to_restore"] <= 3


def test_every_row_of_every_file_came_in(year: dict[str, Any]) -> None:
    assert set(year["rows"]) == {"ledger", "payments", "events", "registries", "tags"}
    assert year["refused"] == dict.fromkeys(year["rows"], 0)


@pytest.mark.parametrize("rule_id", ["D01", "D02", "D03"])
def test_most_of_the_recorded_dead_are_found(year: dict[str, Any], rule_id: str) -> None:
    found = rule(year, rule_id)
    assert found["recall"]["whole"] > 0
    assert found["recall"]["value"] >= 0.9


def test_the_same_seed_makes_the_same_year() -> None:
    first, again, other = (made_up(300, DAY, seed) for seed in (3, 3, 4))
    assert first == again != other
    assert Records(first, 3).registry(DAY, DAY.replace(month=12)) == Records(again, 3).registry(
        DAY, DAY.replace(month=12)
    )


def test_everything_that_may_befall_people_befalls_somebody_even_among_few() -> None:
    assert {life.fate for life in made_up(200, DAY, 1).lives} == {*SHARES, Fate.NONE}


def test_a_relatives_number_on_a_death_record_is_nobodys_truth() -> None:
    agency = made_up(5_000, DAY, 11)
    records = Records(agency, 11)
    numbers = {life.id_number: life.key for life in agency.lives}
    rows = records.registry(DAY, DAY.replace(month=12, day=31))[RegistryKind.DEATH, "民政"]
    named = {numbers[row["id_number"]] for row in rows if row["id_number"] in numbers and row["message"] == "new"}
    living = named - set(records.truth.dead)
    assert living, "some rows name somebody who lives"
    assert not living & records.truth.of_rule["D01"]


def test_precision_counts_people_flagged_and_recall_people_of_whom_it_is_true() -> None:
    (found,) = scores([("D01", "a"), ("D01", "b"), ("D01", "b")], {"D01": {"b", "c", "d"}})
    assert (found.precision, found.recall) == (Share(1, 2), Share(1, 3))


def test_the_interval_is_wilsons() -> None:
    low, high = Share(8, 10).interval
    assert (round(low, 4), round(high, 4)) == (0.4902, 0.9433), "by hand"
    assert Share(0, 0).value is None
