"""`auth-service flash`: shown, put in force by a second person's password, withdrawn, and told by doctor."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from auth_service.accounts.roles import Role
from auth_service.capture.challenge import Route
from auth_service.cli.findings import colours
from auth_service.cli.main import app
from auth_service.liveness.flash_measurement import FlashMeasurement
from auth_service.liveness.fusion import PadPolicy
from auth_service.settings import PREFIX, Settings, load_settings
from auth_service.wiring import Wiring
from tests.storage.measured import measured
from tests.storage.samples import direct_sql

LI, ZHOU = "li-password-1234", "zhou-password-1234"


def run(*arguments: str, expect: int = 0, stdin: str | None = None) -> dict[str, Any]:
    done = CliRunner().invoke(app, [*arguments, "--json"], input=stdin)
    assert done.exit_code == expect, (done.exit_code, done.stdout, done.stderr, done.exception)
    return dict(json.loads(done.stdout))


def say(*arguments: str) -> str:
    done = CliRunner().invoke(app, list(arguments), env={"COLUMNS": "200"})
    assert done.exit_code == 0, (done.stdout, done.stderr, done.exception)
    return done.stdout


@pytest.fixture
def wiring(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Wiring:
    """A deployment in which colours have to be measured, with a measurement that li has recorded."""
    monkeypatch.setenv(f"{PREFIX}HOME", str(tmp_path / "home"))
    monkeypatch.setenv(f"{PREFIX}PAD__FLASH_NEEDS_MEASURING", "true")
    run("init")
    wiring = Wiring(load_settings())
    for name, password in (("li", LI), ("zhou", ZHOU)):
        wiring.keep_staff.create(name, Role.POLICY_ADMIN, password, "cli")
    wiring.keep_flash.record(here(wiring), member(wiring, "li"))
    return wiring


def member(wiring: Wiring, name: str) -> Any:
    return next(one for one in wiring.keep_staff.all() if one.username == name)


def here(wiring: Wiring) -> FlashMeasurement:
    """As `evaluate pad` would have made it on this machine."""
    return replace(measured(), terms=wiring.liveness_terms)


def counts() -> bool:
    return Wiring(load_settings()).liveness.pad.flash_may_count


def activate(expect: int = 0, by: str = "zhou", password: str = ZHOU) -> dict[str, Any]:
    return run("flash", "activate", "pilot-1", "--by", by, "--password-stdin", expect=expect, stdin=f"{password}\n")


def test_a_second_person_puts_it_in_force_and_one_withdraws_it(wiring: Wiring) -> None:
    assert not counts()
    listed = run("flash", "list")
    assert [(one["name"], one["state"]) for one in listed["measurements"]] == [("pilot-1", "recorded")]
    assert (listed["colours_count"], listed["needed"], listed["measurement"]) == (False, True, "none")
    assert "they do not count" in colours(wiring).detail
    assert activate(expect=1, password="guess")["error"]["code"] == "credentials_invalid"
    assert activate(expect=1, by="li", password=LI)["error"]["code"] == "second_person_needed"
    assert not counts()
    activated = activate()
    assert (activated["state"], activated["done_by"], activated["recorded_by"]) == ("in force", "zhou", "li")
    assert counts()
    assert Wiring(load_settings()).open_session._counts(Route.FLASH) is Route.FLASH
    assert colours(wiring).detail == "they count by pilot-1"
    assert wiring.readiness._checks[-1][1]()
    gone = run("flash", "withdraw", "pilot-1", "--by", "li", "--password-stdin", stdin=f"{LI}\n")
    assert gone["state"] == "withdrawn"
    assert not counts()
    assert Wiring(load_settings()).open_session._counts(Route.FLASH) is Route.NO_FLASH
    assert run("audit", "verify")["ok"]


def test_the_second_person_is_shown_the_numbers_with_their_intervals(wiring: Wiring) -> None:
    told = say("flash", "show", "pilot-1")
    for words in ("60 sessions of 30 living people, 45 attacks", "BPCER", "10.00%", "4.00% to 20.00%", "APCER",
                  "0.00% to 8.00%", "print", "policy", "待启用", "recorded by li"):  # fmt: skip
        assert words in told
    shown = run("flash", "show", "pilot-1")
    assert (shown["measurement"]["people"], shown["differs"]) == (30, [])
    assert run("flash", "show", "none", expect=1)["error"]["code"] == "not_found"


def test_other_limits_end_it_and_doctor_says_which(wiring: Wiring, monkeypatch: pytest.MonkeyPatch) -> None:
    activate()
    monkeypatch.setenv(f"{PREFIX}PAD__TEXTURE", "enforce")
    changed = Wiring(load_settings())
    assert not changed.liveness.pad.flash_may_count
    found = colours(changed)
    assert (found.fine, "another policy" in found.detail) == (False, True)
    assert not changed.readiness._checks[-1][1]()
    listed = run("flash", "list")
    assert [one["state"] for one in listed["measurements"]] == ["outdated"]
    assert listed["differs"] == ["policy"]
    assert "不计入" in say("flash", "list")


def test_rows_written_by_hand_are_listed_as_tampered_and_count_for_nothing(wiring: Wiring) -> None:
    direct_sql(
        wiring.settings.url,
        "INSERT INTO flash_acts (measurement_id, recorded_by, act, done_by, done_at) "
        "SELECT m.id, m.recorded_by, 'activated', s.id, m.recorded_at FROM flash_measurements m, staff s "
        "WHERE s.username = 'zhou'",
    )
    assert not counts()
    assert "flash_tampered" in colours(wiring).detail
    assert not wiring.readiness._checks[-1][1]()
    assert run("flash", "list")["measurement"] == "tampered"


def test_no_setting_lets_colours_count_in_production(tmp_path: Path) -> None:
    word = Settings(home=tmp_path, pad=PadPolicy(flash_needs_measuring=True, flash_measured=True))
    assert any("flash activate" in one for one in word.unfit_for_production())


def test_record_says_at_once_what_it_lacks(wiring: Wiring, tmp_path: Path) -> None:
    pad = ("evaluate", "pad", "--root", str(tmp_path), "--record")
    for given, code in ((("pilot-2",), "field_invalid"), (("pilot 2", "--by", "li"), "field_invalid"),
                        (("pilot-1", "--by", "li"), "already_exists")):  # fmt: skip
        assert run(*pad, *given, expect=1)["error"]["code"] == code
