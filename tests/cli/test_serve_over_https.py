"""`serve --https`: a page that a phone on the network may open its camera on; never in production."""

from __future__ import annotations

import ssl
from pathlib import Path

import httpx
import pytest

from auth_service.cli.own_https import reached_at, self_made_certificate
from auth_service.connectors.own_certificate import network_address
from auth_service.core.errors import SettingInvalid
from tests.acceptance.serving import served


def test_it_serves_with_a_certificate_of_its_own(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with served(home, https=True, AUTH_SERVICE_READERS="1") as service:
        trust = ssl.create_default_context(cafile=home / "development" / "development.crt")
        answer = httpx.get(f"{service.url}/console/sign-in", verify=trust, headers={"Accept": "text/html"})
        assert answer.status_code == 200
        assert "__Host-" in answer.headers["set-cookie"]
        assert answer.headers["strict-transport-security"]
        with pytest.raises(httpx.ConnectError):  # nobody vouches for it
            httpx.get(f"{service.url}/healthz")
    assert f"Console: {service.url}/console" in service.log.read_text().replace("\n", "")


def test_a_phone_is_told_the_machines_address_on_the_network() -> None:
    assert reached_at("0.0.0.0", https=True) == network_address()
    assert reached_at("0.0.0.0", https=False) == "127.0.0.1"
    assert reached_at("example.test", https=True) == "example.test"


def test_production_has_a_certificate_that_somebody_vouches_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AUTH_SERVICE_PROFILE", "production")
    monkeypatch.setenv("AUTH_SERVICE_HOME", str(tmp_path))
    monkeypatch.setenv("AUTH_SERVICE_PUBLIC_URL", "https://example.test")
    with pytest.raises(SettingInvalid):
        self_made_certificate("127.0.0.1")
    assert not list(tmp_path.iterdir())
