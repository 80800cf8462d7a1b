"""Files that no record names are set aside, then removed; many at once are left: it may be the wrong database."""

from __future__ import annotations

import os
import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from auth_service.core.errors import PartlyDone, PhotoFilesUnexplained
from auth_service.core.retention import RetentionPolicy
from auth_service.flows.orphans import FEW, OrphanFiles
from auth_service.flows.retain import Retain
from auth_service.storage.unit import Store
from tests.builders import WANG, Agency
from tests.conftest import FixedClock
from tests.fakes import picture
from tests.flows.erasing import Privacy, live


@pytest.fixture
def retain(agency: Agency) -> Retain:
    return Retain(agency.store, {}, RetentionPolicy(), agency.clock)


def lost(agency: Agency, count: int, days: float = 2) -> list[str]:
    """Whole pictures without a row, as a killed run leaves them; returns their names."""
    names = [agency.store.photo_files.write(b"sealed") for _ in range(count)]
    age(agency, days)
    return names


def age(agency: Agency, days: float) -> None:
    at = (agency.clock.now() - timedelta(days=days)).timestamp()
    for path in (agency.folder / "photos").glob("??/*"):
        os.utime(path, (at, at))


def in_place(agency: Agency) -> set[str]:
    return {path.name for path in (agency.folder / "photos").glob("??/*")}


def test_a_few_are_set_aside_for_two_weeks_and_then_removed(agency: Agency, retain: Retain, clock: FixedClock) -> None:
    agency.person()
    agency.enroll(WANG, picture("wang"))
    kept = in_place(agency)
    names = lost(agency, 3)
    torn = agency.folder / "photos" / names[0][:2] / f"{names[0]}.part"
    torn.write_bytes(b"to")
    age(agency, 2)
    young = agency.store.photo_files.write(b"just being written")
    os.utime(agency.folder / "photos" / young[:2] / young, (clock.now().timestamp(),) * 2)
    done = retain.run()
    assert done.removed["orphan_files"] == 4
    assert in_place(agency) == {*kept, young}
    assert all(agency.store.photo_files.has(name) for name in names)
    clock.advance(days=14)
    assert retain.run().removed["set_aside_files"] == 0
    clock.advance(days=1)
    assert retain.run().removed["set_aside_files"] == 3
    assert not any(agency.store.photo_files.has(name) for name in names)


def test_an_empty_database_costs_no_picture(agency: Agency, retain: Retain, tmp_path: Path) -> None:
    """The photo folder is the right one, the database is not."""
    names = lost(agency, 3)
    with pytest.raises(PartlyDone, match=r"^orphan_files: photo_files_unexplained$"):
        retain.run()
    assert in_place(agency) == set(names)
    with pytest.raises(PhotoFilesUnexplained, match="names no photo at all; 3 files"):
        OrphanFiles(agency.store, agency.clock).due(agency.clock.now())


def test_a_database_that_lacks_many_costs_no_picture_until_somebody_says_so(agency: Agency, retain: Retain) -> None:
    agency.person()
    agency.enroll(WANG, picture("wang"))
    kept = in_place(agency)
    names = lost(agency, FEW + 1)
    with pytest.raises(PartlyDone) as refused:
        retain.run()
    assert refused.value.counts["orphan_files"] == 0
    assert in_place(agency) == {*kept, *names}
    with pytest.raises(PhotoFilesUnexplained, match=f"{FEW + 1} of {FEW + 2} files; at most {FEW}"):
        OrphanFiles(agency.store, agency.clock).due(agency.clock.now())
    assert retain.run(all_orphans=True).removed["orphan_files"] == FEW + 1
    assert in_place(agency) == kept


def test_what_was_set_aside_is_there_at_once_when_a_record_names_it(
    agency: Agency, retain: Retain, clock: FixedClock, tmp_path: Path
) -> None:
    """Set aside beside a wrong database; with the right one nothing is missing, and it is never removed."""
    with agency.store.unit() as unit:
        photo_id = unit.photos.put(None, "review", b"jpeg", clock.now())
    (name,) = in_place(agency)
    agency.store.photo_files.set_aside(name, clock.now().date())
    assert in_place(agency) == set()
    with agency.store.reading() as unit:
        assert unit.photos.get(photo_id) == b"jpeg"
    clock.advance(days=20)
    assert retain.run().removed["set_aside_files"] == 0
    with agency.store.reading() as unit:
        assert unit.photos.get(photo_id) == b"jpeg"


def test_an_erased_persons_pictures_go_at_once_from_there_too(
    agency: Agency, privacy: Privacy, clock: FixedClock
) -> None:
    live(agency)
    names = in_place(agency)
    for name in names:
        agency.store.photo_files.set_aside(name, clock.now().date())
    privacy.run()
    assert not any(agency.store.photo_files.has(name) for name in names)
    assert privacy.erase.status().sound


def test_the_folder_is_walked_without_holding_a_writer_up(
    agency: Agency, retain: Retain, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLite lets one writer in: whoever lists a million files must not be that one."""
    agency.person()
    agency.enroll(WANG, picture("wang"))
    lost(agency, 2)
    listed: list[str] = []
    on_shelf = type(agency.store.photo_files).on_shelf

    def writing_meanwhile(files: object, shelf: str, before: object) -> list[str]:
        with agency.store.unit() as unit:
            unit.sign_in_failures.add("somebody", agency.clock.now())
        listed.append(shelf)
        return on_shelf(files, shelf, before)  # type: ignore[arg-type]

    monkeypatch.setattr(type(agency.store.photo_files), "on_shelf", writing_meanwhile)
    assert retain.run().removed["orphan_files"] == 2
    assert listed


def test_files_of_erased_rows_go_without_a_wait(agency: Agency, retain: Retain, tmp_path: Path) -> None:
    with agency.store.unit() as unit:
        photo_id = unit.photos.put(None, "review", b"jpeg", agency.clock.now())
    shutil.copytree(tmp_path / "photos", tmp_path / "copy")
    with agency.store.unit() as unit:
        (name,) = unit.expiry.erase_pictures([photo_id], agency.clock.now())
    age(agency, 2)
    assert retain.run().removed["orphan_files"] == 1
    assert not agency.store.photo_files.has(name)


def test_a_store_over_another_folder_sees_nothing(agency: Agency, tmp_path: Path) -> None:
    other = Store(agency.urls.front, agency.keys, tmp_path / "another place")
    assert OrphanFiles(other, agency.clock).look(None).total == 0
    other.close()
