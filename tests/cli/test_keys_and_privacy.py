"""Keys and erasures from the terminal."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from auth_service.connectors.erasure_file import ErasureFile
from auth_service.core.erasure import ErasureReason, Requester, Tombstone
from auth_service.settings import PREFIX
from tests.builders import WANG
from tests.cli.test_commands import run, say
from tests.softhsm import SoftHsm


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(f"{PREFIX}HOME", str(tmp_path / "home"))
    run("init")
    return tmp_path / "home"


def ledger(tmp_path: Path) -> None:
    file = tmp_path / "ledger.csv"
    file.write_text(f"id_number,name,benefit_kind\n{WANG},王秀英,城乡居民养老\n", encoding="utf-8")
    assert run("ledger", "import", str(file))["added"] == 1


def staff(name: str, role: str) -> str:
    """An account; returns the line that its owner types."""
    return f"{run('staff', 'create', name, '--role', role)['password']}\n"


def test_a_new_version_takes_over_and_the_old_one_ends(home: Path, tmp_path: Path) -> None:
    ledger(tmp_path)
    (first,) = run("keys", "status")["versions"]
    assert (first["state"], first["wraps"]) == ("active", 2)
    rotated = run("keys", "rotate")
    assert (rotated["people"], rotated["resumed"], rotated["unreadable"]) == (1, False, [])
    assert run("keys", "retire", first["id"], expect=1)["error"]["code"] == "key_in_use"
    assert run("keys", "retire", rotated["version"], "--force", expect=1)["error"]["code"] == "key_in_use"
    assert run("keys", "retire", first["id"], "--force") == {"retired": first["id"]}
    states = {one["id"]: (one["state"], one["wraps"]) for one in run("keys", "status")["versions"]}
    assert states == {first["id"]: ("retired", 0), rotated["version"]: ("active", 2)}
    assert rotated["version"] in say("keys", "status")
    assert run("audit", "verify")["ok"]


def test_a_version_that_is_missing_is_reported(home: Path) -> None:
    from auth_service.connectors.key_file import KeyFile  # noqa: PLC0415

    ring = KeyFile(home / "keys" / "keys.json")
    needed = ring.active
    ring.add_version()
    ring.retire(needed)
    assert run("keys", "status", expect=1)["error"]["code"] == "key_missing"


def test_public_keys_are_published_and_outlive_a_rotation(home: Path, tmp_path: Path) -> None:
    before = run("certificates", "public-key")
    assert [key["kid"] for key in before["keys"]] == [before["signing"]]
    assert load_pem_public_key(before["keys"][0]["pem"].encode())
    assert (before["keys"][0]["kty"], before["keys"][0]["crv"]) == ("OKP", "Ed25519")
    changed = run("keys", "rotate", "--signing")
    assert changed["before"] == before["signing"]
    after = run("certificates", "public-key")
    assert [key["kid"] for key in after["keys"]] == [changed["before"], changed["after"]]
    assert "BEGIN PUBLIC KEY" in say("certificates", "public-key")
    (home / "keys" / "public_keys.json").unlink()
    pem = tmp_path / "old.pem"
    pem.write_text(before["keys"][0]["pem"])
    assert {key["kid"] for key in run("certificates", "public-key", "--remember", str(pem))["keys"]} == {
        changed["before"], changed["after"],
    }  # fmt: skip
    pem.write_text("no key")
    assert run("certificates", "public-key", "--remember", str(pem), expect=1)["error"]["code"] == "file_unreadable"


def test_a_person_is_erased_by_a_privacy_officer_once(home: Path, tmp_path: Path) -> None:
    ledger(tmp_path)
    piao, auditor = staff("piao", "privacy_officer"), staff("shen", "auditor")
    whom = ("privacy", "erase", "--reason", "asked_for", "--yes", "--password-stdin")
    erase = (*whom, "--id-number", WANG, "--confirmed-by")
    assert run(*erase, "shen", stdin=auditor, expect=1)["error"]["code"] == "access_refused"
    for password in ("", "guess\n", auditor):
        refused = run(*erase, "piao", stdin=password, expect=1)
        assert refused["error"]["code"] == "credentials_invalid", "a name alone is nobody's word"
    found = run(*erase, "piao", stdin=piao)
    assert (found["counts"]["keys"], found["left"]) == (1, None)
    assert run(*erase, "piao", stdin=piao, expect=1)["error"]["code"] == "beneficiary_unknown"
    assert run(*whom, "--person-id", found["person_id"], "--confirmed-by", "piao", stdin=piao)["already"]
    assert run("privacy", "status") == {
        "outside": 1, "inside": 1, "unfinished": 0, "not_outside": 0, "files_left": 0, "refused": 0, "sound": True,
    }  # fmt: skip
    assert found["person_id"] in (home / "keys" / "erasures.jsonl").read_text()
    assert WANG not in (home / "keys" / "erasures.jsonl").read_text()
    assert run(*whom, "--confirmed-by", "piao", stdin=piao, expect=1)["error"]["code"] == "field_invalid"


def test_a_court_order_takes_two_passwords(home: Path, tmp_path: Path) -> None:
    ledger(tmp_path)
    piao, ming = staff("piao", "privacy_officer"), staff("ming", "monitor")
    order = ("privacy", "erase", "--id-number", WANG, "--reason", "court_order", "--yes", "--password-stdin",
             "--confirmed-by", "piao")  # fmt: skip
    assert run(*order, stdin=piao, expect=1)["error"]["code"] == "second_person_needed"
    assert run(*order, "--second", "piao", stdin=piao * 2, expect=1)["error"]["code"] == "second_person_needed"
    assert run(*order, "--second", "ming", stdin=piao * 2, expect=1)["error"]["code"] == "credentials_invalid"
    assert run(*order, "--second", "ming", stdin=piao + ming)["counts"]["keys"] == 1


def test_a_lost_record_of_erasures_is_noticed_and_written_again(home: Path, tmp_path: Path) -> None:
    ledger(tmp_path)
    piao = staff("piao", "privacy_officer")
    erase = ("privacy", "erase", "--id-number", WANG, "--reason", "deceased", "--confirmed-by", "piao")
    run(*erase, "--password-stdin", stdin=piao)
    (home / "keys" / "erasures.jsonl").unlink()
    assert run("privacy", "status", expect=1)["not_outside"] == 1
    assert run("privacy", "reapply")["put_back"] == 1
    assert "1 erasures on record" in say("privacy", "status")


def test_a_line_of_an_earlier_release_waits_for_an_officers_password(home: Path, tmp_path: Path) -> None:
    ledger(tmp_path)
    piao, ming = staff("piao", "privacy_officer"), staff("ming", "monitor")
    (home / "keys").mkdir(exist_ok=True)
    tombstone = Tombstone(
        "f" * 32, Requester.PERSON, ErasureReason.DECEASED, "nobody", datetime(2026, 1, 5, tzinfo=UTC)
    )
    ErasureFile(home / "keys" / "erasures.jsonl").append(tombstone)
    assert run("privacy", "reapply", expect=1)["error"]["code"] == "tombstone_refused"
    assert run("privacy", "status", expect=1)["refused"] == 1
    found = next(one for one in run("doctor", expect=1)["findings"] if one["name"] == "erasures")
    assert (found["fine"], found["detail"]) == (False, "tombstone_refused: 1 people")
    accept = ("privacy", "reapply", "--accept-earlier", "--password-stdin")
    assert run(*accept, expect=1)["error"]["code"] == "field_invalid"
    for name, password, code in (("piao", ming, "credentials_invalid"), ("ming", ming, "access_refused")):
        assert run(*accept, "--confirmed-by", name, stdin=password, expect=1)["error"]["code"] == code
    assert run(*accept, "--confirmed-by", "piao", stdin=piao)["refused"] == 0
    assert run("privacy", "status")["sound"]
    assert run(*accept, "--confirmed-by", "piao", stdin=piao)["refused"] == 0, "nothing is left to accept"


@pytest.mark.hsm
def test_everything_works_on_a_token(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hsm = SoftHsm(tmp_path / "hsm")
    hsm.use_in_this_process(monkeypatch)
    for name, value in (("STORE", "pkcs11"), ("PKCS11_MODULE", hsm.place.module), ("PKCS11_TOKEN", hsm.place.label),
                        ("PKCS11_PIN_FILE", hsm.pin_file)):  # fmt: skip
        monkeypatch.setenv(f"{PREFIX}KEYS__{name}", str(value))
    monkeypatch.setenv(f"{PREFIX}HOME", str(tmp_path / "home"))
    run("init")
    ledger(tmp_path)
    (first,) = run("keys", "status")["versions"]
    assert run("keys", "rotate")["people"] == 1
    run("keys", "retire", first["id"], "--force")
    assert run("keys", "rotate", "--signing")["before"]
    assert run("keys", "status")["store"] == "pkcs11"
    assert sorted(path.name for path in (tmp_path / "home" / "keys").iterdir()) == [
        "audit_public_keys.json", "public_keys.json",
    ]  # fmt: skip
    hsm.take_away()
    assert run("keys", "status", expect=1)["error"]["code"] == "key_store_unavailable"
