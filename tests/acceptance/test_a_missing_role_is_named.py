"""Backup, import and restore without the database role that they need say so, before anything is begun."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from auth_service.cli.precautions import precautions
from auth_service.core.errors import LedgerRoleMissing, OwnerRoleMissing
from tests.acceptance.places import WITH_ACCOUNT, Place
from tests.builders import Rows

pytestmark = [pytest.mark.filterwarnings("error"), pytest.mark.postgres]


def test_backup_and_import_as_the_front_alone_name_the_ledgers_setting(
    places: Callable[[str, str], Place], tmp_path: Path
) -> None:
    place = places("old", "postgres")
    place.agency().close()
    with pytest.raises(LedgerRoleMissing):
        place.back_up(tmp_path / "backups", ledger_database_url="")
    with pytest.raises(LedgerRoleMissing):
        place.back_up(tmp_path / "backups", ledger_database_url=place.urls.front + "&application_name=another")
    assert not list(tmp_path.glob("backups/*"))
    wiring = place.wiring(ledger_database_url="")
    with pytest.raises(LedgerRoleMissing) as refused:
        wiring.import_ledger.run(Rows([WITH_ACCOUNT]), Rows(), "cli", lambda _: None)
    wiring.close_stores()
    assert "AUTH_SERVICE_LEDGER_DATABASE_URL" in refused.value.zh
    assert place.back_up(tmp_path / "backups").manifest.rows > 0


def test_doctor_as_the_front_alone_foretells_no_failing_backup(
    places: Callable[[str, str], Place], tmp_path: Path
) -> None:
    place = places("old", "postgres")
    place.agency().close()
    place.back_up(tmp_path / "backups")
    wiring = place.wiring(ledger_database_url="")
    told = {finding.name: finding for finding in precautions(wiring)}
    wiring.close_stores()
    assert "next backup" not in told, "the units back up as the ledger's role, which may read all of it"
    assert told["backup"].fine
    assert told["backup"].detail == "0 h ago"


def test_a_restore_as_the_front_alone_names_the_owners_setting_and_begins_nothing(
    places: Callable[[str, str], Place], tmp_path: Path
) -> None:
    old, new = places("old", "sqlite"), places("new", "postgres")
    old.agency().close()
    made = old.back_up(tmp_path / "backups")
    shutil.copytree(old.home / "keys", new.home / "keys")
    wiring = new.wiring(owner_database_url="")
    with pytest.raises(OwnerRoleMissing):
        wiring.restore(None).run(made.data, made.keys, None)
    wiring.close_stores()
    assert not (new.home / "restoring.json").exists()
    new.restore(made.data, made.keys)
