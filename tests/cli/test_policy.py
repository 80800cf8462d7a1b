"""`auth-service policy`: a file is checked, proposed by one and put in force by another, each with a password."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from auth_service.accounts.roles import Role
from auth_service.cli.main import app
from auth_service.settings import PREFIX, load_settings
from auth_service.wiring import Wiring
from tests.cli.test_calibrate import run

GOOD = "name: yearly\npolicies:\n  - benefits: [resident_pension]\n    cycle: {months: 6}\n"
LI, ZHOU = "li-password-1234", "zhou-password-1234"


def test_from_a_file_to_a_policy_in_force(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"{PREFIX}HOME", str(tmp_path / "home"))
    good, bad = tmp_path / "good.yaml", tmp_path / "bad.yaml"
    good.write_text(GOOD, encoding="utf-8")
    bad.write_text(GOOD.replace("6}", "600}"), encoding="utf-8")
    assert run("policy", "validate", str(good))["valid"] is True
    found = run("policy", "validate", str(bad), expect=1)
    assert [(one["line"], one["where"]) for one in found["problems"]] == [(4, "policies[0].cycle.months")]
    told = CliRunner().invoke(app, ["policy", "validate", str(bad)])
    assert "4: policies[0].cycle.months: 应为 1 至 36 的整数" in told.stdout

    run("init")
    wiring = Wiring(load_settings())
    for name, password in (("li", LI), ("zhou", ZHOU)):
        wiring.keep_staff.create(name, Role.POLICY_ADMIN, password, "cli")
    wiring.close_stores()
    refused = run("policy", "propose", str(bad), "--by", "li", "--password-stdin", expect=1, stdin=f"{LI}\n")
    assert refused["error"]["code"] == "policy_refused"
    run("policy", "propose", str(good), "--by", "li", "--password-stdin", stdin=f"{LI}\n")
    activate = ("policy", "activate", "yearly", "--password-stdin", "--from", "2126-07-01", "--by")
    assert run(*activate, "li", expect=1, stdin=f"{LI}\n")["error"]["code"] == "second_person_needed"
    assert run(*activate, "zhou", stdin=f"{ZHOU}\n")["starts_on"] == ["2126-07-01"]
    assert [one["name"] for one in run("policy", "list")["policies"]] == ["yearly"]
