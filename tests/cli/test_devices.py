"""`auth-service devices`: two people at the terminal, each with a password of their own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from auth_service.cli.main import app
from auth_service.settings import PREFIX

LI, ZHOU = "li-password-1234", "zhou-password-1234"


def run(*arguments: str, expect: int = 0, stdin: str | None = None) -> dict[str, Any]:
    done = CliRunner().invoke(app, [*arguments, "--json"], input=stdin)
    assert done.exit_code == expect, (done.exit_code, done.stdout, done.stderr, done.exception)
    document = json.loads(done.stdout)
    assert isinstance(document, dict)
    return document if expect == 0 else dict(document["error"])


@pytest.fixture
def staff(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"{PREFIX}HOME", str(tmp_path / "home"))
    run("init")
    for name, password, role in (("li", LI, "security_admin"), ("zhou", ZHOU, "security_admin"), ("wu", LI, "officer")):
        run("staff", "create", name, "--role", role, "--password-stdin", stdin=password)


def act(what: str, device: str, name: str, password: str, expect: int = 0) -> dict[str, Any]:
    return run("devices", what, device, "--by", name, "--password-stdin", stdin=password, expect=expect)


@pytest.mark.usefixtures("staff")
def test_two_people_let_a_device_in_and_one_ends_it() -> None:
    where = ("--owner", "农商行", "--region", "130202", "--place", "大厅", "--lens", "wide")
    entry = ("devices", "create", "一号机", *where)
    refused = run(*entry, "--by", "wu", "--password-stdin", stdin=LI, expect=1)
    assert refused["code"] == "access_refused"
    assert run(*entry, "--by", "li", "--password-stdin", stdin="wrong", expect=1)["code"] == "credentials_invalid"
    made = run(*entry, "--by", "li", "--password-stdin", stdin=LI)
    assert (made["state"], len(made["code"].split("-"))) == ("pending", 7)
    assert act("approve", made["id"], "li", LI, expect=1)["code"] == "second_person_needed"
    act("approve", made["id"], "zhou", ZHOU)
    (listed,) = run("devices", "list")["devices"]
    assert (listed["state"], listed["owner"], listed["lens"], listed["last_seen_at"]) == (
        "approved", "农商行", "wide", None,
    )  # fmt: skip
    assert "code" not in listed
    assert act("quarantine", made["id"], "li", LI, expect=1)["code"] == "stale_judgement", "it does nothing yet"
    assert act("release", made["id"], "li", LI, expect=1)["code"] == "stale_judgement"
    act("revoke", made["id"], "li", LI)
    assert run("devices", "list")["devices"][0]["state"] == "revoked"
    assert act("approve", "0" * 32, "li", LI, expect=1)["code"] == "not_found"
