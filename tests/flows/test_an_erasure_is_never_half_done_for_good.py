"""Neither a crash, a refusing database nor an older backup takes an erasure back, and no one keeps the others (F42)."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from psycopg import errors, sql

from auth_service.connectors.erasure_file import ErasureFile
from auth_service.core.audit import verify as verify_chain
from auth_service.core.erasure import ErasureReason, Requester, Tombstone
from auth_service.core.errors import DatabaseRightMissing, KeyDestroyed, PartlyDone, StorageFault
from auth_service.flows.erase import Erase, EraseRequest
from auth_service.storage.records.audit import Audit
from auth_service.storage.records.erasures import Erasures, _nobody
from tests.builders import LI, WANG, Agency
from tests.conftest import FixedClock
from tests.databases import PostgresDatabase
from tests.fakes import FAKE_ENGINE
from tests.flows.erasing import Privacy, live


def test_nothing_is_erased_that_could_not_be_put_on_record(agency: Agency, privacy: Privacy) -> None:
    agency.person()

    class Full:
        def append(self, tombstone: Tombstone) -> None:
            raise StorageFault("disk full")

        def all(self) -> list[Tombstone]:
            return []

    erase = Erase(agency.store, Full(), agency.clock)
    with pytest.raises(StorageFault):
        erase.run(EraseRequest(Requester.PERSON, ErasureReason.ASKED_FOR, privacy.officer, "cli", WANG))
    with agency.store.reading() as unit:
        assert unit.people.by_id_number(WANG) is not None


def test_a_crash_between_record_and_commit_is_completed(agency: Agency, privacy: Privacy) -> None:
    person_id = live(agency)

    class Killed(ErasureFile):
        def append(self, tombstone: Tombstone) -> None:
            super().append(tombstone)
            raise KeyboardInterrupt

    path = agency.folder / "elsewhere" / "erasures.jsonl"
    erase = Erase(agency.store, Killed(path), agency.clock)
    with pytest.raises(KeyboardInterrupt):
        erase.run(EraseRequest(Requester.PERSON, ErasureReason.ASKED_FOR, privacy.officer, "cli", WANG))
    with agency.store.reading() as unit:
        assert unit.people.by_id_number(WANG) is not None
    assert privacy.erase.status().unfinished == 1
    found = privacy.erase.reapply()
    assert (found.listed, found.erased) == (1, 1)
    assert found.files == 0  # they went with the transaction
    assert privacy.erase.status().sound
    with pytest.raises(KeyDestroyed), agency.store.reading() as unit:
        unit.people.get(person_id)
    assert privacy.erase.reapply().erased == 0


def test_a_crash_before_the_pictures_went_is_completed(agency: Agency, privacy: Privacy, tmp_path: Path) -> None:
    live(agency)
    shutil.copytree(tmp_path / "photos", tmp_path / "copy")
    privacy.run()
    shutil.rmtree(tmp_path / "photos")
    shutil.copytree(tmp_path / "copy", tmp_path / "photos")
    left = privacy.erase.status().files_left
    assert left >= 3
    assert privacy.erase.reapply().files == left
    assert privacy.erase.status().sound


def test_what_keeps_the_ledgers_row_takes_nothing_back_and_is_told(
    agency: Agency, privacy: Privacy, monkeypatch: pytest.MonkeyPatch
) -> None:
    person_id = live(agency)

    def refused(*_: object) -> dict[str, int]:
        raise DatabaseRightMissing("InsufficientPrivilege")

    with monkeypatch.context() as patch:
        patch.setattr(Erasures, "forget", refused)
        erased = privacy.run()
    assert (erased.left, erased.counts["keys"]) == ("database_right_missing", 1)
    with pytest.raises(KeyDestroyed), agency.store.reading() as unit:
        unit.people.get(person_id)
    assert privacy.erase.status().unfinished == 1
    assert privacy.erase.reapply().erased == 1
    assert privacy.erase.status().sound
    with agency.store.reading() as unit:
        assert unit.people.id_of(WANG) is None
        actions = [row.event.action for row in unit.audit.rows() if row.event.action.startswith("person.")]
    assert actions == ["person.erased", "person.erased_again"]


def test_whoever_cannot_be_erased_again_keeps_nobody_else_from_it(
    agency: Agency, privacy: Privacy, request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stuck, other = live(agency), live(agency, LI, "li")
    put_back = _backup(agency, request, tmp_path)
    privacy.run()
    privacy.run(LI)
    put_back()
    erase = Erasures.erase

    def refuses_one(self: Erasures, tombstone: Tombstone, now: datetime) -> dict[str, int]:
        if tombstone.person_id == stuck:
            raise StorageFault("this row cannot be written")
        return erase(self, tombstone, now)

    with monkeypatch.context() as patch:
        patch.setattr(Erasures, "erase", refuses_one)
        with pytest.raises(PartlyDone, match="1 people: storage_fault") as found:
            privacy.erase.reapply()
    assert found.value.counts == {"listed": 2, "erased": 1, "files": 0, "put_back": 0, "failed": 1, "refused": 0}
    with agency.store.reading() as unit:
        assert unit.erasures.undone([stuck, other]) == {stuck}
    assert privacy.erase.reapply().erased == 1
    assert privacy.erase.status().sound


def test_what_the_database_refuses_leaves_no_tombstone(
    agency: Agency, privacy: Privacy, monkeypatch: pytest.MonkeyPatch
) -> None:
    live(agency)

    def refused(*_: object) -> dict[str, int]:
        raise DatabaseRightMissing("InsufficientPrivilege")

    for place, name in ((Erasures, "erase"), (Audit, "flush")):
        with monkeypatch.context() as patch:
            patch.setattr(place, name, refused)
            with pytest.raises(DatabaseRightMissing):
                privacy.run()
        assert privacy.record.all() == []
    with agency.store.reading() as unit:
        assert unit.people.by_id_number(WANG) is not None


@pytest.mark.postgres
def test_the_role_that_serves_forgets_the_erased_and_nobody_else(
    empty_postgres: PostgresDatabase, tmp_path: Path, clock: FixedClock
) -> None:
    """The owner's function looks itself; and it empties what the service would empty on SQLite."""
    agency = Agency(tmp_path, clock, empty_postgres.urls)
    gone, alive = live(agency), live(agency, LI, "li")
    Privacy(agency, tmp_path / "erasures.jsonl").run()
    with empty_postgres.connect() as connection, connection.transaction(force_rollback=True):
        found = connection.execute(
            sql.SQL("SELECT {} FROM people WHERE id = %s").format(_columns()), (gone,)
        ).fetchone()
        connection.execute("SET LOCAL ROLE auth_service_front")
        with pytest.raises(errors.RestrictViolation), connection.transaction():
            connection.execute("SELECT forget_erased(%s, now())", (alive,))
        connection.execute("UPDATE person_keys SET wrapped = NULL, destroyed_at = now() WHERE person_id = %s", (alive,))
        with pytest.raises(errors.RestrictViolation), connection.transaction():
            connection.execute("SELECT forget_erased(%s, now())", (alive,))
    assert found is not None
    emptied = dict(zip(_nobody(), found, strict=True))
    assert emptied.pop("person_key").startswith("erased-")
    assert {len(emptied.pop(name)) for name in ("id_number_index", "name_index")} == {32}
    assert {value for value in emptied.values() if value is not None} == {b""}
    agency.close()


def test_an_erased_person_is_unreadable_after_the_restore_of_an_older_backup(
    agency: Agency, privacy: Privacy, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    person_id, other = live(agency), live(agency, LI, "li")
    put_back = _backup(agency, request, tmp_path)
    privacy.run()
    put_back()
    with agency.store.reading() as unit:
        assert unit.people.by_id_number(WANG) is not None, "the older backup knows this person"
        assert unit.erasures.all() == []
    found = privacy.erase.reapply()
    assert found.erased == 1
    assert privacy.erase.status().sound
    with agency.store.reading() as unit:
        assert unit.people.id_of(WANG) is None
        for read in (lambda: unit.people.get(person_id), lambda: unit.references.photos(person_id, FAKE_ENGINE)):
            with pytest.raises((KeyDestroyed, AssertionError)):
                assert read()
        assert unit.people.get(other) is not None
        assert unit.references.current(other, FAKE_ENGINE) is not None
        assert verify_chain(unit.audit.rows()).ok
        assert [row.event.action for row in unit.audit.rows()][-1] == "person.erased_again"
    assert privacy.erase.reapply().erased == 0


def test_a_tombstone_that_only_the_database_has_is_put_back_on_record(agency: Agency, privacy: Privacy) -> None:
    agency.person()
    privacy.run()
    path = agency.folder / "elsewhere" / "erasures.jsonl"
    kept = privacy.record.all()
    path.unlink()
    assert privacy.erase.status().not_outside == 1
    assert privacy.erase.reapply().put_back == 1
    assert privacy.record.all() == kept


def _columns() -> sql.Composable:
    """What an erased person's row must not keep."""
    return sql.SQL(", ").join(sql.Identifier(name) for name in _nobody())


def _backup(agency: Agency, request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], None]:
    """Database and picture files as they are now; returns how to put them back."""
    shutil.copytree(tmp_path / "photos", tmp_path / "photos-of-backup")
    put: Callable[[], None]
    if agency.urls.front.startswith("postgresql"):
        database = request.getfixturevalue("postgres_database")
        saved = database.save()

        def put() -> None:
            database.put(saved)
    else:
        file = Path(agency.urls.front.removeprefix("sqlite:///"))
        with sqlite3.connect(file) as now, sqlite3.connect(tmp_path / "backup.db") as copy:
            now.backup(copy)
        now.close()
        copy.close()

        def put() -> None:
            agency.store.close()
            for name in (file, file.with_name(file.name + "-wal"), file.with_name(file.name + "-shm")):
                name.unlink(missing_ok=True)
            shutil.copy(tmp_path / "backup.db", file)

    def put_back() -> None:
        put()
        agency.store._cache = type(agency.store._cache)()  # a restore is another process
        shutil.rmtree(tmp_path / "photos")
        shutil.copytree(tmp_path / "photos-of-backup", tmp_path / "photos")

    return put_back
