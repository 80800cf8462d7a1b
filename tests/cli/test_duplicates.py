"""`auth-service duplicates`: a scan on the command line, and twins by two people's passwords."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from auth_service.accounts.roles import Role
from auth_service.faces.template import Template
from auth_service.settings import PREFIX, load_settings
from auth_service.wiring import Wiring
from tests.cli.test_calibrate import run, say
from tests.storage.samples import enrol, number, reference_photo, row

PEOPLE, OU, CHENG = 30, "ou-password-1234", "cheng-password-1234"
GROUND = "社会保险基金监督，内部审批 12 号"


@pytest.fixture
def wiring(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Wiring:
    """A deployment with thirty people, the first two of one face; templates are drawn, nothing is read."""
    monkeypatch.setenv(f"{PREFIX}HOME", str(tmp_path / "home"))
    monkeypatch.setenv(f"{PREFIX}DUPLICATES__GROUND", GROUND)
    run("init")
    wiring = Wiring(load_settings())
    now, generator = datetime(2026, 3, 10, tzinfo=UTC), np.random.default_rng(4)
    middles = generator.normal(size=(PEOPLE, 128))
    middles[1] = middles[0]
    with wiring.store.unit() as unit:
        for place, middle in enumerate(middles):
            person = unit.people.apply(row(place + 1), now, "batch").person_id
            vector = (middle + generator.normal(size=128) * 0.05).astype(np.float32)
            template = Template(wiring.identity, vector, 1, mirrored=True)
            enrol(unit, person, reference_photo(place, template=template), at=now)
    for name, password, role in (("ou", OU, Role.OFFICER), ("cheng", CHENG, Role.CHECKER)):
        wiring.keep_staff.create(name, role, password, "cli")
    return wiring


def test_a_scan_raises_one_flag_once(wiring: Wiring) -> None:
    report = run("duplicates", "sweep")
    assert {name: report[name] for name in ("people", "pairs", "reached", "raised", "waiting", "passed_over")} == {
        "people": 30, "pairs": 435, "reached": 1, "raised": 1, "waiting": 1, "passed_over": 0,
    }  # fmt: skip
    assert report["own"] is False
    assert run("duplicates", "sweep")["raised"] == 0
    said = say("duplicates", "sweep")
    assert "435 pairs" in said
    assert "was not measured on your people" in said
    page = wiring.store.queries.flags(None, cursor=None, limit=10)
    assert [one.rule_id for one in page.rows] == ["I03"]


def test_twins_by_two_people_are_passed_over(wiring: Wiring) -> None:
    pair = (number(1), number(2))
    declare = ("duplicates", "twins", "declare", *pair, "--reason", "出生证明", "--by", "ou", "--password-stdin")
    confirm = ("duplicates", "twins", "confirm", *pair, "--reason", "户口簿", "--password-stdin", "--by")
    assert run(*declare, stdin=f"{OU}\n")["exempt"] is False
    assert run(*confirm, "ou", stdin=f"{OU}\n", expect=1)["error"]["code"] == "access_refused"
    assert run(*confirm, "cheng", stdin=f"{CHENG}\n")["exempt"] is True
    report = run("duplicates", "sweep")
    assert (report["reached"], report["raised"], report["passed_over"]) == (1, 0, 1)
    (listed,) = run("duplicates", "twins", "list")["declared"]
    told = {name: listed[name] for name in ("relation", "act", "exempt", "declared_by", "done_by", "reason")}
    assert told == {
        "relation": "twin", "act": "confirmed", "exempt": True, "declared_by": "ou", "done_by": "cheng",
        "reason": "户口簿",
    }  # fmt: skip
    assert number(1) not in str(listed), "the ledger's keys, no ID numbers"
    withdraw = ("duplicates", "twins", "withdraw", *pair, "--reason", "查无此事", "--by", "ou", "--password-stdin")
    assert run(*withdraw, stdin=f"{OU}\n")["act"] == "withdrawn"
    assert run("duplicates", "sweep")["raised"] == 1


def test_without_a_ground_it_says_what_is_missing_and_the_worker_has_no_such_job(
    wiring: Wiring, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "duplicates" in [job.name for job in wiring.jobs()]
    monkeypatch.setenv(f"{PREFIX}DUPLICATES__GROUND", "")
    found = run("duplicates", "sweep", expect=1)["error"]
    assert "AUTH_SERVICE_DUPLICATES__GROUND" in found["detail"]
    assert "duplicates" not in [job.name for job in Wiring(load_settings()).jobs()]
