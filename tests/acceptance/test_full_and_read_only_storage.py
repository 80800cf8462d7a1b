"""F10: no room left, or no writing allowed. Nothing passes, the code says why, and work goes on when there is room."""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from auth_service.connectors.key_file import KeyFile
from auth_service.core.audit import verify
from auth_service.core.errors import DatabaseUnavailable, ServiceError, StorageFull, StorageReadOnly
from auth_service.qualification.decision import Outcome
from auth_service.storage.photos import PhotoFiles
from tests.acceptance.postgres_cluster import Cluster, cluster, skip_without_binaries
from tests.builders import LI, WANG, Agency
from tests.conftest import STRICT, FixedClock
from tests.databases import PostgresDatabase, make_service_database
from tests.fakes import picture


@contextlib.contextmanager
def small_volume(place: Path, megabytes: int) -> Iterator[Path]:
    """A file system in memory of its own; skips by name where mounting is not allowed."""
    place.mkdir(exist_ok=True)
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "auth-service-test", str(place)],
        capture_output=True, check=False,
    )  # fmt: skip
    if mounted.returncode != 0:
        why = "no small volume: mounting needs root"
        pytest.fail(why) if STRICT else pytest.skip(why)
    try:
        yield place
    finally:
        subprocess.run(["mount", "-o", "remount,rw", str(place)], capture_output=True, check=False)
        subprocess.run(["umount", "--lazy", str(place)], capture_output=True, check=True)


def fill(place: Path) -> Path:
    """Takes all the room that is left; returns the file to remove."""
    filler = place / "filler"
    with filler.open("wb") as file:
        for size in (1 << 20, 4096, 1):
            with contextlib.suppress(OSError):
                while True:
                    os.write(file.fileno(), b"\0" * size)
    return filler


def all_is_well(agency: Agency, passes: int) -> None:
    """No half records: the chain holds, each pass is there with its certificate, no picture lies about unfinished."""
    with agency.store.reading() as unit:
        rows, head = unit.audit.head()
        assert verify(unit.audit.rows(), rows, head).ok
    assert agency.store.queries.totals()["certificates"] == passes
    assert list((agency.folder / "photos").rglob("*.part")) == []


@pytest.fixture
def volume(tmp_path: Path) -> Iterator[Path]:
    with small_volume(tmp_path / "small", 12) as place:
        yield place


def test_a_full_disk_under_sqlite_passes_nobody_and_loses_nothing(volume: Path, clock: FixedClock) -> None:
    agency = Agency(volume, clock)
    agency.person()
    agency.enroll(WANG, picture("wang"))
    filler = fill(volume)
    refused: list[ServiceError] = []
    passes = 0
    for take in range(1, 60):  # the log of the database has a little room of its own
        try:
            passes += agency.verify(WANG, picture("wang", take=take)).decision.outcome is Outcome.QUALIFIED
        except StorageFull as error:
            refused.append(error)
            if len(refused) == 3:
                break
    assert len(refused) == 3
    filler.unlink()
    all_is_well(agency, passes)
    assert agency.verify(WANG, picture("wang", take=77)).decision.outcome is Outcome.QUALIFIED
    all_is_well(agency, passes + 1)
    agency.close()


def test_a_full_disk_under_the_pictures_enrols_nobody_and_leaves_no_torn_file(
    tmp_path: Path, volume: Path, clock: FixedClock
) -> None:
    agency = Agency(tmp_path, clock)
    agency.store.photo_files = PhotoFiles(volume / "photos")
    agency.person()
    agency.person(LI, "李建国")
    agency.enroll(WANG, picture("wang"))
    filler = fill(volume)
    with pytest.raises(StorageFull):
        agency.enroll(LI, picture("li"))
    assert list((volume / "photos").rglob("*.part")) == []
    assert agency.store.queries.totals()["enrolled_people"] == 1
    filler.unlink()
    agency.enroll(LI, picture("li"))
    agency.close()


def test_a_read_only_disk_is_said_to_be_one(volume: Path, clock: FixedClock) -> None:
    agency = Agency(volume, clock)
    agency.person()
    agency.enroll(WANG, picture("wang"))
    agency.store.close()  # open files would keep the disk writable; the next use opens them anew
    subprocess.run(["mount", "-o", "remount,ro", str(volume)], capture_output=True, check=True)
    with pytest.raises((StorageReadOnly, DatabaseUnavailable)):
        agency.verify(WANG, picture("wang", take=1))
    agency.store.close()
    subprocess.run(["mount", "-o", "remount,rw", str(volume)], capture_output=True, check=True)
    assert agency.verify(WANG, picture("wang", take=1)).decision.outcome is Outcome.QUALIFIED
    agency.close()


def agency_on(server: Cluster, folder: Path, clock: FixedClock) -> tuple[Agency, PostgresDatabase]:
    database = make_service_database(server.create_database("service"), folder)
    agency = Agency(folder, clock, database.urls)
    agency.person()
    agency.enroll(WANG, picture("wang"))
    return agency, database


def test_postgresql_that_takes_no_changes_is_said_to_be_read_only(tmp_path: Path, clock: FixedClock) -> None:
    skip_without_binaries()
    with cluster() as server:
        agency, _ = agency_on(server, tmp_path, clock)
        server.psql("ALTER SYSTEM SET default_transaction_read_only = on")
        server.psql("SELECT pg_reload_conf()")
        agency.store.close()
        with pytest.raises(StorageReadOnly):
            agency.verify(WANG, picture("wang", take=1))
        with server.connect() as connection:
            connection.execute("SET default_transaction_read_only = off")
            connection.execute("ALTER SYSTEM RESET default_transaction_read_only")
        server.psql("SELECT pg_reload_conf()")
        agency.store.close()
        assert agency.verify(WANG, picture("wang", take=2)).decision.outcome is Outcome.QUALIFIED
        all_is_well(agency, 1)
        agency.close()


@pytest.mark.parametrize("what", ["data", pytest.param("log", marks=pytest.mark.slow)])
def test_a_full_disk_under_postgresql_passes_nobody_and_loses_nothing(
    tmp_path: Path, clock: FixedClock, what: str
) -> None:
    """`data`: the tables' volume. `log`: the write-ahead log's, where the server itself stops until there is room."""
    skip_without_binaries()
    with contextlib.ExitStack() as stack:
        volume = stack.enter_context(
            small_volume(Path(f"/tmp/auth-service-{os.getpid()}-{what}"), 96 if what == "data" else 24)
        )
        home = volume if what == "data" else None
        initdb: tuple[str, ...] = ("--wal-segsize=1",)
        settings = {"min_wal_size": "2MB", "max_wal_size": "8MB", "wal_recycle": "off", "restart_after_crash": "off"}
        if what == "log":
            (volume / "wal").mkdir()
            volume.chmod(0o755)
            initdb += (f"--waldir={volume / 'wal'}",)
            _hand_over(volume / "wal")
        server = stack.enter_context(cluster(settings, home, initdb=initdb))
        agency, database = agency_on(server, tmp_path, clock)
        filler = fill(volume)
        passes, refused = _until_refused(agency, database)
        assert {type(error) for error in refused} <= {StorageFull, DatabaseUnavailable}
        if what == "data":
            assert StorageFull in {type(error) for error in refused}
        filler.unlink()
        if not server.processes():  # it stopped rather than acknowledge what it could not keep
            server.start()
        server.wait_until_ready()
        all_is_well(agency, passes)
        assert agency.verify(WANG, picture("wang", take=999)).decision.outcome is Outcome.QUALIFIED
        all_is_well(agency, passes + 1)
        agency.close()


def _until_refused(agency: Agency, database: PostgresDatabase) -> tuple[int, list[ServiceError]]:
    """Works until three requests were refused; acknowledged passes, and the refusals."""
    refused: list[ServiceError] = []
    passes = 0
    for take in range(1, 400):
        try:
            passes += agency.verify(WANG, picture("wang", take=take)).decision.outcome is Outcome.QUALIFIED
        except ServiceError as error:
            refused.append(error)
            if len(refused) == 3:
                return passes, refused
        if take % 20 == 0:  # room that a table has kept for itself is used up too
            with contextlib.suppress(Exception), create_engine(database.admin).begin() as connection:
                connection.execute(text("CREATE TABLE IF NOT EXISTS ballast (x text)"))
                connection.execute(text("INSERT INTO ballast SELECT repeat('x', 1000) FROM generate_series(1, 3000)"))
    return passes, refused


def _hand_over(folder: Path) -> None:
    import pwd  # noqa: PLC0415

    if os.geteuid() == 0:
        user = pwd.getpwnam("postgres")
        os.chown(folder, user.pw_uid, user.pw_gid)


def test_keys_of_a_full_home_are_never_half_written(volume: Path) -> None:
    filler = fill(volume)
    with pytest.raises(Exception):  # noqa: B017, PT011 - whatever it is, no key file may be left behind
        KeyFile.open_or_create(volume / "keys" / "keys.json")
    filler.unlink()
    KeyFile.open_or_create(volume / "keys" / "keys.json").index_key("check")
