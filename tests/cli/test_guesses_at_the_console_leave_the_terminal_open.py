"""Whoever guesses an officer's password at the console does not keep the officer from acting at the terminal."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from auth_service.cli.main import app
from auth_service.cli.signing_in import signed_in
from auth_service.core.errors import CredentialsInvalid, SignInThrottled
from auth_service.flows.sign_in import Caller
from auth_service.settings import load_settings
from auth_service.wiring import Wiring


def test_a_command_takes_the_right_password_while_strangers_use_up_all_tries(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AUTH_SERVICE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("AUTH_SERVICE_ACCOUNTS__FAILURES_FREE_ELSEWHERE", "1")
    monkeypatch.setenv("AUTH_SERVICE_ACCOUNTS__DELAY_SECONDS", "600")
    wiring = Wiring(load_settings())
    wiring.migrate()
    made = CliRunner().invoke(app, ["staff", "create", "zhou.min", "--role", "policy_admin", "--json"])
    password = json.loads(made.stdout)["password"]
    with pytest.raises(CredentialsInvalid):
        wiring.sign_in.begin("zhou.min", "a stranger's guess", Caller("192.0.2.1"))
    with pytest.raises(SignInThrottled):
        wiring.sign_in.begin("zhou.min", password, Caller("198.51.100.7"))
    monkeypatch.setattr(typer, "prompt", lambda *_, **__: password)
    with signed_in(wiring, "zhou.min", stdin=False) as member:
        assert member.username == "zhou.min"
    wiring.close_stores()
