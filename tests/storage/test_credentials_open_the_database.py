"""A password that systemd hands to one unit is found in its credential, by the rules of libpq's password files."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import make_url

from auth_service.core.errors import SettingInvalid
from auth_service.storage.credentials import with_password

NAMED = "postgresql+psycopg://auth_service_owner@127.0.0.1/auth_service?passfile=owner.pgpass&connect_timeout=3"


def given(folder: Path, content: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the mode that newer systemd shows, which libpq would refuse."""
    file = folder / "owner.pgpass"
    file.write_text(content, encoding="utf-8")
    file.chmod(0o440)
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(folder))


@pytest.mark.parametrize(
    ("content", "password"),
    [
        ("127.0.0.1:5432:auth_service:auth_service_owner:s3cret\n", "s3cret"),
        ("# mine\n\n127.0.0.1:5433:auth_service:auth_service_owner:no\n*:*:*:auth_service_owner:yes\n", "yes"),
        ("*:*:*:auth_service_ledger:no\n127.0.0.1:*:auth_service:*:a\\:b\\\\c d\n", "a:b\\c d"),
    ],
)
def test_the_first_line_for_the_role_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str, password: str
) -> None:
    given(tmp_path, content, monkeypatch)
    url = with_password(make_url(NAMED))
    assert url.password == password
    assert dict(url.query) == {"connect_timeout": "3"}
    assert password not in str(url)


@pytest.mark.parametrize("content", ["", "*:*:*:auth_service_ledger:other\n", "*:*:*:*:\n", "no line of such a file\n"])
def test_a_credential_without_a_line_for_the_role_is_a_wrong_setting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str
) -> None:
    given(tmp_path, content, monkeypatch)
    with pytest.raises(SettingInvalid) as refused:
        with_password(make_url(NAMED))
    assert "other" not in str(refused.value)


def test_a_process_without_the_credential_is_told_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    with pytest.raises(SettingInvalid):
        with_password(make_url(NAMED))
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    with pytest.raises(SettingInvalid):
        with_password(make_url(NAMED))


@pytest.mark.parametrize("query", ["", "?passfile=/run/secrets/front.pgpass"])
def test_other_urls_are_left_to_libpq(query: str) -> None:
    url = make_url(f"postgresql+psycopg://auth_service_front@127.0.0.1/auth_service{query}")
    assert with_password(url) == url
