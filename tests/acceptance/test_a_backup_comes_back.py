"""A backup restored into an empty place is the same agency: same counts, same Merkle root, everything readable, and
whoever was erased since stays erased. From either database into either."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from auth_service.accounts.roles import Role
from auth_service.connectors.archive_keys import make_recovery_key
from auth_service.connectors.erasure_file import ErasureFile
from auth_service.core.audit import AuditEvent
from auth_service.core.erasure import ErasureReason, Requester, Tombstone
from auth_service.core.errors import ArchiveSignerUnknown, KeyMissing, RestoreTargetNotEmpty
from auth_service.flows.erase import EraseRequest
from auth_service.payments.proposals import Act, Ground
from tests.acceptance.places import Place, facts, fill
from tests.builders import LI, WANG
from tests.databases import BOTH
from tests.fakes import picture
from tests.flows.paying import RESIDENT, Money

pytestmark = pytest.mark.filterwarnings("error")


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


@pytest.mark.postgres
@pytest.mark.parametrize(("there", "back"), [("sqlite", "postgres"), ("postgres", "sqlite")])
def test_acts_on_money_come_back_with_who_stood_for_them(
    places: Callable[[str, str], Place], tmp_path: Path, there: str, back: str
) -> None:
    """Their guards and the database's own rules hold in the new place as well."""
    old, new = places("old", there), places("new", back)
    agency = old.agency()
    money = Money(agency, old.clock)
    money.pay("2026-01", "2026-02")
    money.do(Act.HOLD, Ground.DETAINED)
    assert money.opening.by_staff(money.person, "我在家", money.officer) is not None
    before = money.acts()
    made = old.back_up(tmp_path / "backups")
    agency.close()
    shutil.copytree(old.home / "keys", new.home / "keys")
    new.restore(made.data, made.keys)
    again = new.agency()
    with again.store.reading() as unit:
        assert list(unit.proposals.of(money.person)) == before
        assert unit.contests.open_of(money.person) is not None
        assert len(unit.payments.of(money.person, RESIDENT)) == 2
    again.close()


@pytest.mark.parametrize("backend", BOTH)
def test_whoever_was_erased_stays_unreadable_after_an_older_backup_comes_back(
    places: Callable[[str, str], Place], tmp_path: Path, backend: str
) -> None:
    """Acceptance 5: with the record outside the backup, and with a newer keys part alone."""
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


def test_a_lost_machine_comes_back_by_the_recovery_key(places: Callable[[str, str], Place], tmp_path: Path) -> None:
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


def test_by_the_recovery_key_erasures_are_obeyed_and_forged_ones_keep_nobody(
    places: Callable[[str, str], Place], tmp_path: Path
) -> None:
    """The key of their guards comes back with the key store."""
    public = {"recovery_key": make_recovery_key(tmp_path / "stick.json")}
    old, new = places("old", "sqlite"), places("new", "sqlite")
    agency = old.agency()
    people = fill(agency)
    signed = [agency.member(Role.PRIVACY_OFFICER, name) for name in ("privacy", "another")]
    before = old.back_up(tmp_path / "before", backup=public)
    wiring = old.wiring()
    order = EraseRequest(Requester.PERSON, ErasureReason.COURT_ORDER, signed[0], "cli", None, people[LI], signed[1])
    wiring.erase.run(order)
    forged = Tombstone(people[WANG], Requester.PERSON, ErasureReason.ASKED_FOR, "nobody", old.clock.now())
    ErasureFile(wiring.settings.erasures_path).append(forged)
    wiring.close_stores()
    after = old.back_up(tmp_path / "after", backup=public)
    agency.close()
    shutil.rmtree(old.home)
    found = new.restore(before.data, after.keys, signed_by=before.signed_by, recovery=tmp_path / "stick.json")
    assert found.erased == 1
    wiring = new.wiring()
    state = wiring.erase.status()
    wiring.close_stores()
    assert (state.outside, state.unfinished, state.refused) == (1, 0, 1)
    again = new.agency()
    with again.store.reading() as unit:
        assert unit.people.id_of(LI) is None
        assert unit.people.get(people[WANG]) is not None
    assert again.verify(WANG, picture("wang", take=5)).decision.qualified
    again.close()


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
