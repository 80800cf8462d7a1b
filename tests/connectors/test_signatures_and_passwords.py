"""Certificates signed by a key file and checked offline; Argon2id password hashes."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from auth_service.connectors.passwords import Argon2Passwords, PasswordProfile
from auth_service.connectors.signing import SigningKeyFile, key_id_of, verify_token
from auth_service.core.errors import FileUnreadable, KeyMissing, SealBroken, SettingInvalid
from auth_service.core.ids import new_serial
from auth_service.qualification.certificate import issue
from auth_service.qualification.evidence import EvidenceKind

QUICK = PasswordProfile(passes=1, memory_kib=64)


@pytest.fixture
def signer(tmp_path: Path) -> SigningKeyFile:
    return SigningKeyFile.open_or_create(tmp_path / "keys" / "signing.json")


@pytest.fixture
def token(signer: SigningKeyFile) -> str:
    return issue("ab" * 16, EvidenceKind.ASSISTED, date(2026, 3, 10), date(2027, 3, 31), signer).token


def test_a_signed_certificate_proves_right_after_a_restart(signer: SigningKeyFile, token: str, tmp_path: Path) -> None:
    again = SigningKeyFile(tmp_path / "keys" / "signing.json")
    claims = verify_token(f" {token}\n", {again.key_id: again.public_key()})
    assert (claims.serial, claims.due_on, claims.key_id) == ("ab" * 16, date(2027, 3, 31), signer.key_id)
    assert signer.key_id == key_id_of(signer.public_key())


@pytest.mark.asvs("9.1.1", "9.1.2")
def test_one_changed_character_anywhere_is_found(signer: SigningKeyFile, token: str) -> None:
    keys = {signer.key_id: signer.public_key()}
    for place in range(len(token) - 1):  # the very last carries unused bits of base64
        if token[place] == ".":
            continue
        changed = token[:place] + ("A" if token[place] != "A" else "B") + token[place + 1 :]
        with pytest.raises((SealBroken, FileUnreadable)):
            verify_token(changed, keys)


@pytest.mark.asvs("9.1.3")
def test_the_signature_of_another_key_is_refused(signer: SigningKeyFile, token: str, tmp_path: Path) -> None:
    other = SigningKeyFile.open_or_create(tmp_path / "other.json")
    with pytest.raises(SealBroken):
        verify_token(token, {other.key_id: other.public_key()})
    with pytest.raises(SealBroken):
        verify_token(token, {signer.key_id: other.public_key()})


@pytest.mark.asvs("9.2.2")
@pytest.mark.parametrize("text", ["", "AC1", "AC1.x.y.z", "AC2.e30.k.e30", "AC1.e30.k.e30", "a.b.c.d.e"])
def test_what_is_no_certificate_is_said_to_be_none(signer: SigningKeyFile, text: str) -> None:
    with pytest.raises(FileUnreadable):
        verify_token(text, {signer.key_id: signer.public_key()})


def test_a_signing_key_is_private_and_its_damage_is_said(tmp_path: Path) -> None:
    path = tmp_path / "signing.json"
    with pytest.raises(KeyMissing):
        SigningKeyFile(path)
    SigningKeyFile.open_or_create(path)
    assert path.stat().st_mode & 0o777 == 0o600
    path.chmod(0o644)
    with pytest.raises(SettingInvalid):
        SigningKeyFile(path)
    for content in ("", "{}", '{"ed25519": "00"}', '{"ed25519": 7}', "[]"):
        path.write_text(content)
        path.chmod(0o600)
        with pytest.raises(KeyMissing):
            SigningKeyFile.open_or_create(path)


def test_a_password_is_verified_and_hashed_differently_each_time() -> None:
    passwords = Argon2Passwords(QUICK)
    first, second = passwords.hash("密码 with spaces"), passwords.hash("密码 with spaces")
    assert first != second
    assert first.startswith("$argon2id$")
    assert passwords.verify(first, "密码 with spaces")
    assert not passwords.verify(first, "密码 with space")
    assert not passwords.verify("no hash", "密码")
    assert not passwords.verify("", "")


@pytest.mark.asvs("6.3.8")
def test_a_name_that_does_not_exist_costs_a_real_check_and_fails() -> None:
    passwords = Argon2Passwords(QUICK)
    assert not passwords.verify_nobody("nobody has this password")
    assert not passwords.verify_nobody(new_serial())


@pytest.mark.asvs("11.4.2")
def test_the_default_cost_is_what_the_bar_asks() -> None:
    assert "m=65536,t=6,p=1" in Argon2Passwords().hash("x")
