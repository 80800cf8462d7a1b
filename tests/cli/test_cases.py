"""From a flag to a signed evidence pack of a closed case, from the command line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from auth_service.accounts.roles import Role
from auth_service.monitoring.flags import Flag, Severity
from auth_service.settings import load_settings
from auth_service.wiring import Wiring
from tests.cli.test_proposals import NUMBER, home, run

__all__ = ["home"]
PASSWORDS = {"chen": "a long password", "sun": "another long password"}


def as_one(by: str, *arguments: str, expect: int = 0) -> dict[str, Any]:
    told = (*arguments, "--by", by, "--password-stdin")
    return run("cases", *told, expect=expect, stdin=f"{PASSWORDS[by]}\n")


@pytest.fixture
def case(home: Path) -> str:
    wiring = Wiring(load_settings())
    for name, role in (("chen", Role.MONITOR), ("sun", Role.CHECKER)):
        wiring.keep_staff.create(name, role, PASSWORDS[name], "cli")
    with wiring.store.unit() as unit:
        person = unit.people.id_of(NUMBER)
        assert person is not None
        unit.flags.raise_once(Flag("D01", 1, Severity.CRITICAL, (person,), {}, "D01:x", wiring.clock.now()))
    assert run("cases", "gather") == {"opened": 1, "joined": 0, "reopened": 0, "flags": 1}
    (found,) = run("cases", "list")["cases"]
    assert (found["severity"], found["cause"], found["state"], found["overdue"]) == ("critical", "death", "new", "no")
    return str(found["id"])


def test_a_case_is_worked_on_decided_and_packed(home: Path, case: str) -> None:
    assert as_one("chen", "assign", case)["state"] == "assigned"
    assert as_one("chen", "step", case, "call", "reached", "--note", "本人接听")["state"] == "verifying"
    assert as_one("chen", "propose", case, "false_alarm", "--reason", "本人健在")["state"] == "proposed"
    as_one("chen", "decide", case, "approve", expect=1)
    assert as_one("sun", "decide", case, "approve")["state"] == "closed"
    shown = as_one("chen", "show", case)
    assert (shown["disposition"], shown["assignee"]) == ("false_alarm", "chen")
    assert shown["speaks_against"] == ["reached", "judged_false"]
    assert "本人接听" not in str(shown)
    assert run("cases", "list")["cases"] == []
    assert [one["id"] for one in run("cases", "list", "--state", "closed")["cases"]] == [case]
    pack = home / "pack.json"
    as_one("chen", "pack", case, "--out", str(pack))
    assert run("cases", "verify-pack", str(pack))["case"] == case
    pack.write_text(pack.read_text(encoding="utf-8").replace("false_alarm", "confirmed_death"), encoding="utf-8")
    assert run("cases", "verify-pack", str(pack), expect=1) == {"valid": False}


def test_what_does_not_follow_is_refused(case: str) -> None:
    as_one("chen", "step", case, "call", "reached", expect=1)
    as_one("sun", "assign", case, expect=1)
    run("cases", "list", "--state", "nonsense", expect=1)
