"""A newer release has expanded the schema while this one still serves: it makes no backup that lacks what was added,
and says so where somebody hears it. A backup of a newer release is refused in words."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from typer.testing import CliRunner

from auth_service.cli.main import app
from auth_service.cli.worker import Worker
from auth_service.core.errors import BackupNeedsNewerRelease, SchemaOutdated
from auth_service.settings import PREFIX
from auth_service.storage.archive import Snapshot
from tests.acceptance.places import Place, fill
from tests.databases import BOTH

pytestmark = pytest.mark.filterwarnings("error")
NEXT = "2099_01_01_1_next"


def expand(place: Place) -> None:
    """As the next release's migration does: a column and a table that this release does not know."""
    engine = create_engine(place.urls.owner)
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE evidence ADD COLUMN added_next INTEGER"))
        connection.execute(text("CREATE TABLE only_next (id INTEGER PRIMARY KEY)"))
        connection.execute(text("INSERT INTO only_next VALUES (1)"))
        connection.execute(text(f"UPDATE alembic_version SET version_num = '{NEXT}'"))
    engine.dispose()


@pytest.fixture
def expanded(
    places: Callable[[str, str], Place],
    request: pytest.FixtureRequest,
    tmp_path: Path,
) -> Iterator[Place]:
    """An agency with last night's backup, then a newer release's schema."""
    place = places("home", getattr(request, "param", "sqlite"))
    agency = place.agency()
    fill(agency)
    place.back_up(tmp_path / "backups")
    expand(place)
    yield place
    agency.close()


@pytest.mark.parametrize("expanded", BOTH, indirect=True)
def test_a_backup_that_would_leave_data_out_is_refused_while_the_service_works_on(
    expanded: Place, tmp_path: Path
) -> None:
    before = sorted(path.name for path in (tmp_path / "backups").iterdir())
    with pytest.raises(BackupNeedsNewerRelease) as refused:
        expanded.back_up(tmp_path / "backups")
    assert NEXT in refused.value.detail
    assert sorted(path.name for path in (tmp_path / "backups").iterdir()) == before
    wiring = expanded.wiring()
    wiring.store.check_schema()
    wiring.close_stores()


def test_the_nightly_command_fails_with_a_code_and_doctor_tells_before(
    expanded: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"{PREFIX}HOME", str(expanded.home))
    done = CliRunner().invoke(app, ["backup", str(tmp_path / "backups"), "--json"])
    assert done.exit_code == 1, "the unit of the timer fails"
    error = json.loads(done.stdout)["error"]
    assert error["code"] == "backup_needs_newer_release"
    assert "auth-service backup" in error["titles"]["zh"]
    told = json.loads(CliRunner().invoke(app, ["doctor", "--json"]).stdout)["findings"]
    finding = next(one for one in told if one["name"] == "next backup")
    assert not finding["fine"]
    assert "newest release" in finding["mend"]
    assert BackupNeedsNewerRelease.zh in finding["detail"]
    assert BackupNeedsNewerRelease.en in finding["detail"]


def test_the_worker_counts_the_refusal_as_a_failure_that_alarms(expanded: Place, tmp_path: Path) -> None:
    wiring = expanded.wiring(backup={"folder": str(tmp_path / "backups")})
    ran = {one.job: one for one in Worker(wiring.store, wiring.jobs()).once()}
    assert ran["backup"].code == "backup_needs_newer_release"
    shown = wiring.measures.exposition().decode()
    assert 'auth_service_job_failures{job="backup"} 1.0' in shown
    assert "auth_service_backup_age_seconds" in shown
    wiring.close_stores()


def test_a_backup_of_a_newer_release_is_refused_with_a_code_and_nothing_is_begun(
    places: Callable[[str, str], Place],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    old, new = places("old", "sqlite"), places("new", "sqlite")
    agency = old.agency()
    fill(agency)
    with monkeypatch.context() as newer:
        newer.setattr(Snapshot, "revision", property(lambda _: NEXT))
        made = old.back_up(tmp_path / "backups")
    agency.close()
    shutil.copytree(old.home / "keys", new.home / "keys")
    with pytest.raises(SchemaOutdated) as refused:
        new.restore(made.data, made.keys)
    assert NEXT in refused.value.detail
    assert "restore with that release" in refused.value.detail
    wiring = new.wiring()
    wiring.migrate()  # nothing bars the way
    wiring.close_stores()
