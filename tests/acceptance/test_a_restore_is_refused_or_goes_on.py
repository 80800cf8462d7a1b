"""A restore that cannot be right is refused before anything is touched; one that was killed is run again."""

from __future__ import annotations

import errno
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from auth_service.core.errors import (
    ArchivePartsDiffer,
    ArchiveUnreadable,
    RestoreTargetNotEmpty,
    RestoreUnfinished,
)
from tests.acceptance.places import Place, erase, facts, fill
from tests.builders import LI, STRANGER, WANG
from tests.databases import BOTH

pytestmark = pytest.mark.filterwarnings("error")


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


def test_a_restore_that_cannot_note_its_beginning_leaves_nothing(
    places: Callable[[str, str], Place], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Such as on a full disk: the place can still be given to a new service."""
    old, new = places("old", "sqlite"), places("new", "sqlite")
    agency = old.agency()
    fill(agency)
    made = old.back_up(tmp_path / "backups")
    agency.close()
    shutil.copytree(old.home / "keys", new.home / "keys")

    def full(*_: Any) -> None:
        raise OSError(errno.ENOSPC, "no space")

    with monkeypatch.context() as disk, pytest.raises(OSError, match="no space"):  # noqa: PT012
        disk.setattr("auth_service.connectors.restore_place.RestoreHome.begin", full)
        new.restore(made.data, made.keys)
    wiring = new.wiring()
    assert wiring.migrate()[0] == "2026_11_23_1_people", "no schema is there"
    wiring.close_stores()
    again = new.agency()
    for name in ("first", "second"):
        again.member(username=name)
    with again.store.reading() as unit:
        assert unit.audit.head()[0] == 2, "the trail goes on"
    again.close()


@pytest.mark.parametrize("backend", BOTH)
def test_a_restore_ends_though_somebody_newer_than_the_backup_was_erased(
    places: Callable[[str, str], Place], tmp_path: Path, backend: str
) -> None:
    """The record outside names a person whom the restored database never had."""
    old, new = places("old", "sqlite"), places("new", backend)
    agency = old.agency()
    people = fill(agency)
    made = old.back_up(tmp_path / "backups")
    erase(old, agency, agency.person(STRANGER, "陈"), people[LI])
    agency.close()
    shutil.copytree(old.home / "keys", new.home / "keys")
    assert new.restore(made.data, made.keys).data == made.manifest
    again = new.agency()
    with again.store.reading() as unit:
        assert (unit.people.id_of(LI), unit.people.id_of(STRANGER)) == (None, None)
    assert facts(again, {WANG: people[WANG]})["people"] == {WANG: "王秀英"}
    again.close()
    wiring = new.wiring()
    assert wiring.erase.status().sound
    assert wiring.erase.reapply().erased == 0
    wiring.close_stores()


@pytest.mark.parametrize("backend", BOTH)
def test_a_restore_killed_anywhere_is_run_again(
    places: Callable[[str, str], Place], tmp_path: Path, backend: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = places("old", "sqlite")
    agency = old.agency()
    people = fill(agency)
    third = agency.person(STRANGER, "陈")
    made = old.back_up(tmp_path / "backups")
    erase(old, agency, third)  # what the restore tells of is in the trail before its own event
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
        stops = {name: stops[name] for name in ("after the commit", "before the event")}
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
        assert (actions.count("person.erased_again"), actions.count("backup.restored")) == (1, 1)
