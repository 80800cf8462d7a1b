"""With a token the recovery key alone brings nothing back: said before anything is begun, and by doctor long before."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from auth_service.cli.precautions import precautions
from auth_service.connectors.archive_keys import make_recovery_key
from auth_service.core.errors import KeyMissing, RestoreUnfinished
from auth_service.flows.restore import Restore
from auth_service.settings import PREFIX, load_settings
from auth_service.wiring import Wiring
from tests.acceptance.places import Place
from tests.cli.test_commands import run
from tests.softhsm import SoftHsm


@pytest.fixture
def hsm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SoftHsm:
    made = SoftHsm(tmp_path / "hsm")
    made.use_in_this_process(monkeypatch)
    for name, value in (("STORE", "pkcs11"), ("PKCS11_MODULE", made.place.module), ("PKCS11_TOKEN", made.place.label),
                        ("PKCS11_PIN_FILE", made.pin_file)):  # fmt: skip
        monkeypatch.setenv(f"{PREFIX}KEYS__{name}", str(value))
    return made


def exchange(hsm: SoftHsm, monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    """The token is gone; another deployment's is in its place."""
    hsm.take_away()
    hsm.make_token()
    hsm.restart()
    monkeypatch.setenv(f"{PREFIX}HOME", str(home))
    run("init")


def put_back(hsm: SoftHsm) -> None:
    shutil.rmtree(hsm.tokens)
    hsm.bring_back()
    hsm.restart()


@pytest.mark.hsm
def test_a_backup_comes_back_with_its_token_only(hsm: SoftHsm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stick, public = tmp_path / "stick.json", make_recovery_key(tmp_path / "stick.json")
    monkeypatch.setenv(f"{PREFIX}BACKUP__RECOVERY_KEY", public)
    monkeypatch.setenv(f"{PREFIX}HOME", str(tmp_path / "old"))
    run("init")
    wiring = Wiring(load_settings())
    told = next(one for one in precautions(wiring) if one.name == "recovery key")
    wiring.close_stores()
    assert "alone would bring nothing back" in told.detail
    assert "copy the token" in told.mend
    made = run("backup", str(tmp_path / "backups"))
    exchange(hsm, monkeypatch, tmp_path / "foreign")
    monkeypatch.setenv(f"{PREFIX}HOME", str(tmp_path / "new"))
    restore = ("restore", made["data"], "--keys", made["keys"])
    again = (*restore, "--recovery-key", str(stick), "--signed-by", made["signed_by"])
    refused = run(*again, expect=1)["error"]
    assert refused["code"] == "restore_keys_missing"
    assert "token of this deployment" in refused["titles"]["en"]
    assert not (tmp_path / "new" / "restoring.json").exists()
    with monkeypatch.context() as earlier:  # as a release that did not look first left it
        earlier.setattr(Restore, "_require_key_store", lambda *_: None)
        assert run(*again, expect=1)["error"]["code"] == "key_missing"
    assert run("staff", "list", expect=1)["error"]["code"] == "restore_unfinished"
    assert run(*again, expect=1)["error"]["code"] == "restore_keys_missing"
    (tmp_path / "new").rename(tmp_path / "given-up")  # docs/operations/backup.md, Giving a restore up
    put_back(hsm)
    run(*again)
    run("audit", "verify")


def test_a_restore_makes_no_key_file_in_the_place_of_a_lost_one(
    places: Callable[[str, str], Place], tmp_path: Path
) -> None:
    stick, public = tmp_path / "stick.json", make_recovery_key(tmp_path / "stick.json")
    old, new = places("old", "sqlite"), places("new", "sqlite")
    old.agency().close()
    without = old.back_up(tmp_path / "without")
    within = old.back_up(tmp_path / "within", backup={"recovery_key": public})
    with pytest.raises(KeyMissing):
        new.restore(without.data, without.keys, without.signed_by)
    old.agency().close()
    foreign = places("foreign", "sqlite")
    foreign.agency().close()
    shutil.copytree(foreign.home / "keys", new.home / "keys")
    with pytest.raises(KeyMissing):
        new.restore(without.data, without.keys, without.signed_by)
    assert not (new.home / "restoring.json").exists()
    shutil.rmtree(new.home / "keys")
    new.restore(within.data, within.keys, within.signed_by, stick)


def test_a_restore_that_cannot_end_is_given_up(places: Callable[[str, str], Place], tmp_path: Path) -> None:
    old, new = places("old", "sqlite"), places("new", "sqlite")
    old.agency().close()
    made = old.back_up(tmp_path / "backups")
    shutil.copytree(old.home / "keys", new.home / "keys")
    (new.home / "restoring.json").write_text('{"backup": "of a stick that was lost since"}')
    with pytest.raises(RestoreUnfinished) as refused:
        _ = new.wiring().store
    assert "docs/operations/backup.md" in refused.value.zh
    new.home.rename(tmp_path / "given-up")
    new.home.mkdir(mode=0o700)
    shutil.copytree(old.home / "keys", new.home / "keys")
    new.restore(made.data, made.keys)
