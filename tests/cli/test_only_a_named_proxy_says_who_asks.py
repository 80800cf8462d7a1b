"""X-Forwarded-For is believed from the proxies that the settings name, and from nobody else."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from typer.testing import CliRunner
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from auth_service.cli.main import app
from auth_service.core.errors import SettingInvalid
from auth_service.settings import PREFIX, load_settings
from tests.acceptance.serving import free_port


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(f"{PREFIX}HOME", str(tmp_path / "home"))
    monkeypatch.setenv(f"{PREFIX}PUBLIC_URL", "http://127.0.0.1:8000")
    monkeypatch.setenv("FORWARDED_ALLOW_IPS", "127.0.0.1")  # the server library's own variable
    return tmp_path / "home"


def seen_client(monkeypatch: pytest.MonkeyPatch) -> str:
    """Whom the application sees when somebody on this machine claims another address."""
    how: dict[str, Any] = {}
    monkeypatch.setattr(uvicorn, "run", lambda *_, **named: how.update(named))
    before = signal.getsignal(signal.SIGTERM)
    try:
        done = CliRunner().invoke(app, ["serve", "--port", str(free_port())])
    finally:
        signal.signal(signal.SIGTERM, before)
    assert done.exit_code == 0, (done.stdout, done.exception)
    config = uvicorn.Config("x:x", proxy_headers=True, forwarded_allow_ips=how["forwarded_allow_ips"])
    seen: list[str] = []

    async def inner(scope: Any, _receive: Any, _send: Any) -> None:
        seen.append(scope["client"][0])

    scope = {
        "type": "http", "scheme": "http", "client": ("127.0.0.1", 1), "headers": [(b"x-forwarded-for", b"203.0.113.9")],
    }  # fmt: skip
    asyncio.run(ProxyHeadersMiddleware(inner, config.forwarded_allow_ips)(scope, None, None))  # type: ignore[arg-type]
    return seen[0]


def test_nobody_is_believed_unless_named(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert seen_client(monkeypatch) == "127.0.0.1"
    monkeypatch.setenv(f"{PREFIX}TRUSTED_PROXIES", "10.1.0.0/16, 127.0.0.1")
    assert seen_client(monkeypatch) == "203.0.113.9"
    monkeypatch.setenv(f"{PREFIX}TRUSTED_PROXIES", "10.1.0.0/16")
    assert seen_client(monkeypatch) == "127.0.0.1"


@pytest.mark.parametrize("given", ["*", "proxy.example", "0.0.0.0/0", "::/0", "127.0.0.1/33"])
def test_a_name_or_everybody_is_no_proxy(home: Path, monkeypatch: pytest.MonkeyPatch, given: str) -> None:
    monkeypatch.setenv(f"{PREFIX}TRUSTED_PROXIES", given)
    with pytest.raises(SettingInvalid, match="TRUSTED_PROXIES"):
        load_settings()
