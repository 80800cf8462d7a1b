"""A backup restored into an empty place is the same agency: same counts, same Merkle root, everything readable, and
whoever was erased since stays erased. From either database into either."""

from __future__ import annotations

import contextlib
import secrets
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

from auth_service.accounts.roles import Role
from auth_service.beneficiaries.ledger import check_ledger_row
from auth_service.core.audit import AuditEvent
from auth_service.core.clock import legal_date
from auth_service.core.errors import (
    ArchivePartsDiffer,
    ArchiveSignerUnknown,
    ArchiveUnreadable,
    KeyMissing,
    RestoreTargetNotEmpty,
    RestoreUnfinished,
)
from auth_service.flows.back_up import Backup
from auth_service.flows.orphans import OrphanFiles
from auth_service.flows.restore import Restored
from auth_service.settings import load_settings
from auth_service.wiring import Wiring
from tests.builders import LI, WANG, Agency
from tests.conftest import POSTGRES, FixedClock
from tests.databases import BOTH, Urls, make_roles, urls_of
from tests.fakes import picture

pytestmark = pytest.mark.filterwarnings("error")


class Place:
    """One home with its database, and an agency in it once there is one."""

    def __init__(self, home: Path, urls: Urls | None, clock: FixedClock) -> None:
        self.home = home
        self.clock = clock
        home.mkdir(mode=0o700, parents=True)
        self.urls = urls or Urls(*[f"sqlite:///{home / 'auth_service.sqlite3'}"] * 3)

    def wiring(self, **given: Any) -> Wiring:
        return Wiring(load_settings(home=self.home, **self.urls.settings(), **given), self.clock)

    def agency(self) -> Agency:
        wiring = self.wiring()
        wiring.migrate()
        wiring.close_stores()
        return Agency(self.home, self.clock, self.urls)

    def back_up(self, folder: Path, **given: Any) -> Backup:
        wiring = self.wiring(**given)
        try:
            return wiring.back_up.run(folder)
        finally:
            wiring.close_stores()

    def restore(self, data: Path, keys: Path, signed_by: str | None = None, recovery: Path | None = None) -> Restored:
        wiring = self.wiring()
        try:
            return wiring.restore(recovery).run(data, keys, signed_by)
        finally:
            wiring.close_stores()


@contextlib.contextmanager
def empty_database() -> Iterator[Urls]:
    """Not even migrated: roles, and nothing in it."""
    name, plain = f"auth_service_test_{secrets.token_hex(8)}", POSTGRES.replace("+psycopg", "")
    with psycopg.connect(plain, autocommit=True) as server:
        server.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(name)))
        try:
            admin = POSTGRES.rpartition("/")[0] + f"/{name}"
            with psycopg.connect(admin.replace("+psycopg", ""), autocommit=True) as connection:
                make_roles(connection)
            yield urls_of(admin)
        finally:
            server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture
def places(tmp_path: Path, clock: FixedClock) -> Iterator[Callable[[str, str], Place]]:
    with contextlib.ExitStack() as stack:

        def place(name: str, backend: str) -> Place:
            urls = stack.enter_context(empty_database()) if backend == "postgres" else None
            return Place(tmp_path / name, urls, clock)

        yield place


WITH_ACCOUNT = {
    "id_number": WANG, "name": "王秀英", "benefit_kind": "resident_pension", "bank_account": "6222020403001234567",
    "account_holder": "王秀英",
}  # fmt: skip


def fill(agency: Agency) -> dict[str, str]:
    """Something in every corner: people, photos, passes, a refused copy with its picture, flags, staff."""
    people = {WANG: agency.person(WANG), LI: agency.person(LI, "李建国")}
    with agency.ledger_store.unit() as unit:
        unit.people.apply(check_ledger_row(WITH_ACCOUNT, legal_date(agency.clock.now())), agency.clock.now(), "batch 2")
    agency.enroll(WANG, picture("wang"), picture("wang", take=1))
    agency.enroll(LI, picture("li"))
    agency.verify(WANG, picture("wang", take=2))
    agency.verify(LI, picture("li"))  # the enrolled picture itself: a copy, kept for a look
    agency.verify(LI, picture("stranger", take=7))
    agency.member()
    return people


def facts(agency: Agency, people: dict[str, str]) -> dict[str, Any]:
    with agency.ledger_store.reading() as unit:
        account = unit.bank.of(people[WANG]).account
    with agency.store.reading() as unit:
        named = {number: unit.people.get(person) for number, person in people.items()}
        photos = {person: len(unit.references.photos(person, agency.desk._identity)) for person in people.values()}
        return {
            "people": {number: one.name if one else None for number, one in named.items()},
            "photos": photos,
            "account": account,
            "orphans": OrphanFiles(agency.store, agency.clock).look(None).total,
            "head": unit.audit.head(),
            "flags": agency.flags(),
        }


@pytest.mark.postgres
@pytest.mark.parametrize(("there", "back"), [("sqlite", "postgres"), ("postgres", "sqlite")])
def test_from_either_database_into_either(
    places: Callable[[str, str], Place], tmp_path: Path, there: str, back: str
) -> None:
    old, new = places("old", there), places("new", back)
    agency = old.agency()
    people = fill(agency)
    before = facts(agency, people)
    made = old.back_up(tmp_path / "backups")
    agency.close()
    shutil.copytree(old.home / "keys", new.home / "keys")
    restored = new.restore(made.data, made.keys)
    assert restored.data == made.manifest
    assert made.manifest.files["photos"].count == 5
    again = new.agency()
    after = facts(again, people)
    with again.store.reading() as unit:
        assert list(unit.audit.rows())[-1].event.action == "backup.restored"
    assert after.pop("head")[0] == before.pop("head")[0] + 1
    assert after == before
    assert again.verify(WANG, picture("wang", take=3)).decision.qualified, "the new place works on"
    again.enroll(LI, picture("li", take=9))  # numbers go on where they ended
    again.close()
    second = new.back_up(tmp_path / "backups of the new place")
    assert second.manifest.tables["people"] == made.manifest.tables["people"]


@pytest.mark.parametrize("backend", BOTH)
def test_whoever_was_erased_stays_unreadable_after_an_older_backup_comes_back(
    places: Callable[[str, str], Place], tmp_path: Path, backend: str
) -> None:
    """Acceptance 5: with the record outside the backup, and with a newer keys part alone."""
    from auth_service.core.erasure import ErasureReason, Requester  # noqa: PLC0415
    from auth_service.flows.erase import EraseRequest  # noqa: PLC0415

    old = places("old", backend)
    agency = old.agency()
    people = fill(agency)
    officer, second = (agency.member(Role.PRIVACY_OFFICER, name) for name in ("privacy", "another"))
    before = old.back_up(tmp_path / "before")
    wiring = old.wiring()
    request = EraseRequest(
        Requester.PERSON, ErasureReason.COURT_ORDER, officer, "cli", person_id=people[LI], second=second
    )
    assert not wiring.erase.run(request).already
    wiring.close_stores()
    old.clock.advance(hours=1)
    after = old.back_up(tmp_path / "after")
    agency.close()

    same_keys = places("with the outside record", "sqlite")
    shutil.copytree(old.home / "keys", same_keys.home / "keys")
    newer_keys = places("with a newer keys part", backend)
    shutil.copytree(old.home / "keys", newer_keys.home / "keys")
    (newer_keys.home / "keys" / "erasures.jsonl").unlink()
    for place, keys in ((same_keys, before.keys), (newer_keys, after.keys)):
        assert place.restore(before.data, keys).erased == 1
        again = place.agency()
        with again.store.reading() as unit:
            assert unit.people.id_of(LI) is None
            with pytest.raises(KeyMissing):
                unit.people.get(people[LI])
            with pytest.raises(KeyMissing):
                unit._work.keys.of(people[LI])
            wang = unit.people.get(people[WANG])
            assert wang is not None
            assert wang.name == "王秀英"
        assert again.verify(LI, picture("li", take=4)).in_ledger is False
        left = {path.name for path in (place.home / "photos").glob("??/*")}
        again.close()
        assert len(left) == 2, "the erased person's pictures are gone"


def test_keys_older_than_the_data_are_refused(places: Callable[[str, str], Place], tmp_path: Path) -> None:
    old, new = places("old", "sqlite"), places("new", "sqlite")
    agency = old.agency()
    fill(agency)
    first = old.back_up(tmp_path / "first")
    old.clock.advance(hours=1)
    second = old.back_up(tmp_path / "second")
    agency.close()
    shutil.copytree(old.home / "keys", new.home / "keys")
    refused: list[tuple[Path, Path]] = [(second.data, first.keys), (first.keys, first.keys), (first.data, first.data)]
    for data, keys in refused:
        with pytest.raises(ArchivePartsDiffer):
            new.restore(data, keys)
    new.restore(first.data, second.keys)


def test_a_lost_machine_comes_back_by_the_recovery_key(places: Callable[[str, str], Place], tmp_path: Path) -> None:
    from auth_service.connectors.archive_keys import make_recovery_key  # noqa: PLC0415

    public = make_recovery_key(tmp_path / "stick.json")
    old, new, foreign = places("old", "sqlite"), places("new", "sqlite"), places("foreign", "sqlite")
    agency = old.agency()
    people = fill(agency)
    made = old.back_up(tmp_path / "backups", backup={"recovery_key": public})
    before = facts(agency, people)
    agency.close()
    shutil.rmtree(old.home)
    with pytest.raises(KeyMissing):
        new.restore(made.data, made.keys)
    with pytest.raises(ArchiveSignerUnknown):
        new.restore(made.data, made.keys, recovery=tmp_path / "stick.json")
    assert sorted(path.name for path in new.home.iterdir()) == [], "nothing was begun"
    new.restore(made.data, made.keys, signed_by=made.signed_by, recovery=tmp_path / "stick.json")
    again = new.agency()
    after = facts(again, people)
    again.close()
    assert after["people"] == before["people"]
    foreign_agency = foreign.agency()
    fill(foreign_agency)
    foreign_agency.close()
    with pytest.raises(RestoreTargetNotEmpty):
        foreign.restore(made.data, made.keys, signed_by=made.signed_by, recovery=tmp_path / "stick.json")
    foreign.agency().close()  # and goes on as if nothing had been tried


def test_a_place_that_holds_anything_is_refused_and_not_harmed(
    places: Callable[[str, str], Place], tmp_path: Path
) -> None:
    old = places("old", "sqlite")
    agency = old.agency()
    people = fill(agency)
    made = old.back_up(tmp_path / "backups")
    before = facts(agency, people)
    with pytest.raises(RestoreTargetNotEmpty):
        old.restore(made.data, made.keys)
    (old.home / "elsewhere").mkdir()
    (old.home / "photos").rename(old.home / "elsewhere" / "photos")
    with pytest.raises(RestoreTargetNotEmpty):
        old.restore(made.data, made.keys)
    (old.home / "elsewhere" / "photos").rename(old.home / "photos")
    assert facts(agency, people) == before
    agency.close()


def test_a_damaged_part_is_refused_before_anything_is_touched(
    places: Callable[[str, str], Place], tmp_path: Path
) -> None:
    old, new = places("old", "sqlite"), places("new", "sqlite")
    agency = old.agency()
    fill(agency)
    made = old.back_up(tmp_path / "backups")
    agency.close()
    shutil.copytree(old.home / "keys", new.home / "keys")
    content = made.data.read_bytes()
    made.data.write_bytes(content[:-1])
    with pytest.raises(ArchiveUnreadable):
        new.restore(made.data, made.keys)
    assert [path.name for path in new.home.iterdir()] == ["keys"]
    made.data.write_bytes(content)
    new.restore(made.data, made.keys)


@pytest.mark.parametrize("backend", BOTH)
def test_a_restore_killed_anywhere_is_run_again(
    places: Callable[[str, str], Place], tmp_path: Path, backend: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = places("old", "sqlite")
    agency = old.agency()
    people = fill(agency)
    made = old.back_up(tmp_path / "backups")
    agency.close()
    stops = {
        "before the commit": "auth_service.storage.archive.Target.finish",
        "after the commit": "auth_service.storage.unit.Store.migrate",
        "before the event": "auth_service.flows.restore.Restore._note",
        "before the end": "auth_service.connectors.restore_place.RestoreHome.end",
    }

    def stopped(*_: Any) -> None:
        raise ZeroDivisionError

    if backend == "postgres":
        stops = {"after the commit": stops["after the commit"]}
    for name, place_of_stop in stops.items():
        new = places(name, backend)
        shutil.copytree(old.home / "keys", new.home / "keys")
        with monkeypatch.context() as stop, pytest.raises(ZeroDivisionError):  # noqa: PT012
            stop.setattr(place_of_stop, stopped)
            new.restore(made.data, made.keys)
        with pytest.raises(RestoreUnfinished):
            _ = new.wiring().store
        assert new.restore(made.data, made.keys).data == made.manifest
        again = new.agency()
        assert facts(again, people)["people"] == {WANG: "王秀英", LI: "李建国"}
        with again.store.reading() as unit:
            actions = [row.event.action for row in unit.audit.rows()]
        again.close()
        assert actions.count("backup.restored") == 1


@pytest.mark.parametrize("backend", BOTH)
def test_a_backup_is_one_snapshot_while_the_service_goes_on(
    places: Callable[[str, str], Place], tmp_path: Path, backend: str
) -> None:
    old, new = places("old", backend), places("new", "sqlite")
    agency = old.agency()
    fill(agency)
    with agency.store.reading() as unit:
        before, _ = unit.audit.head()
    stop = threading.Event()

    def work() -> None:
        number = 0
        while not stop.is_set():
            with agency.store.unit() as unit:
                for _ in range(20):
                    unit.audit.append(AuditEvent("cli", "test.worked", "", {"number": number}), agency.clock.now())
                    number += 1

    worker = threading.Thread(target=work)
    worker.start()
    try:
        time.sleep(0.2)
        made = old.back_up(tmp_path / "backups")
    finally:
        stop.set()
        worker.join()
        agency.close()
    assert made.manifest.tables["audit_rows"].count == made.manifest.audit_rows
    assert made.manifest.audit_rows % 20 == before % 20, "whole transactions only"
    shutil.copytree(old.home / "keys", new.home / "keys")
    new.restore(made.data, made.keys)
