"""The development certificate: for the hosts that were asked, kept while it is good, made anew when it is not."""

from __future__ import annotations

import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from auth_service.connectors.own_certificate import network_address, own_certificate

NOW = datetime(2026, 3, 10, tzinfo=UTC)
HOSTS = ("localhost", "127.0.0.1", "::1", "localhost")


def names(path: Path) -> set[str]:
    found = x509.load_pem_x509_certificate(path.read_bytes())
    return {str(name.value) for name in found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value}


def test_it_is_made_once_for_the_hosts_and_kept(tmp_path: Path) -> None:
    certificate, key = own_certificate(tmp_path, HOSTS, NOW)
    first = certificate.read_bytes(), key.read_bytes()
    assert names(certificate) == {"localhost", "127.0.0.1", "::1"}
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    own_certificate(tmp_path, HOSTS, NOW + timedelta(days=26))
    assert (certificate.read_bytes(), key.read_bytes()) == first


@pytest.mark.parametrize(
    "spoil",
    [
        lambda certificate, _key: certificate.write_bytes(b"-----BEGIN CERTIFICATE-----\nnothing\n"),
        lambda _certificate, key: key.write_bytes(b""),
        lambda certificate, _key: certificate.unlink(),
    ],
)
def test_what_is_spoilt_is_made_anew(tmp_path: Path, spoil: object) -> None:
    certificate, key = own_certificate(tmp_path, HOSTS, NOW)
    first = certificate.read_bytes()
    spoil(certificate, key)  # type: ignore[operator]
    own_certificate(tmp_path, HOSTS, NOW)
    assert certificate.read_bytes() != first
    assert names(certificate) == {"localhost", "127.0.0.1", "::1"}


def test_it_is_renewed_before_it_ends_and_for_another_host(tmp_path: Path) -> None:
    certificate, _ = own_certificate(tmp_path, HOSTS, NOW)
    first = certificate.read_bytes()
    own_certificate(tmp_path, HOSTS, NOW + timedelta(days=28))
    second = certificate.read_bytes()
    assert second != first
    own_certificate(tmp_path, ("example.test",), NOW + timedelta(days=28))
    assert names(certificate) == {"example.test"}


def test_the_key_of_another_certificate_does_not_pass_for_its_own(tmp_path: Path) -> None:
    certificate, _ = own_certificate(tmp_path / "one", HOSTS, NOW)
    _, other = own_certificate(tmp_path / "other", HOSTS, NOW)
    (tmp_path / "one" / "development.key").write_bytes(other.read_bytes())
    before = certificate.read_bytes()
    own_certificate(tmp_path / "one", HOSTS, NOW)
    assert certificate.read_bytes() != before


def test_the_machine_knows_an_address_of_its_own() -> None:
    assert network_address().count(".") == 3
