"""The outside record: on the disk before anybody is told, one line per person, damage never taken for an erasure."""

from __future__ import annotations

import json
import os
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest

from auth_service.connectors.erasure_file import ErasureFile
from auth_service.core.erasure import ErasureReason, Requester, Tombstone
from auth_service.core.errors import StorageFault

NOW = datetime(2026, 3, 10, 2, 0, tzinfo=UTC)


def tombstone(name: str = "a" * 32) -> Tombstone:
    return Tombstone(name, Requester.RELATIVES, ErasureReason.DECEASED, "officer-1", NOW)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "keys" / "erasures.jsonl"


def test_what_was_appended_is_read_again_once_each(path: Path) -> None:
    record = ErasureFile(path)
    assert record.all() == []
    for name in ("a", "b", "a"):
        record.append(tombstone(name * 32))
    assert ErasureFile(path).all() == [tombstone("a" * 32), tombstone("b" * 32)]
    assert path.stat().st_mode & 0o777 == 0o600


def test_it_is_on_the_disk_before_it_returns(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[str] = []
    real = os.fsync

    def note(handle: int) -> None:
        synced.append(str(Path(f"/proc/self/fd/{handle}").readlink()))
        real(handle)

    monkeypatch.setattr(os, "fsync", note)
    ErasureFile(path).append(tombstone())
    assert synced == [str(path), str(path.parent)]


def test_a_line_that_a_crash_cut_off_is_no_erasure_and_harms_no_later_one(path: Path) -> None:
    record = ErasureFile(path)
    record.append(tombstone("a" * 32))
    whole = path.read_bytes()
    record.append(tombstone("b" * 32))
    for cut in range(len(whole) + 1, len(path.read_bytes()) - 1, 17):
        path.write_bytes(whole + path.read_bytes()[len(whole) : cut] if cut else whole)
        assert record.all() == [tombstone("a" * 32)]
        record.append(tombstone("b" * 32))
        assert record.all() == [tombstone("a" * 32), tombstone("b" * 32)]


def test_a_changed_line_stops_everything(path: Path) -> None:
    record = ErasureFile(path)
    record.append(tombstone("a" * 32))
    record.append(tombstone("b" * 32))
    lines = path.read_text().splitlines()
    changed = {**json.loads(lines[0]), "person_id": "c" * 32}
    for first in (json.dumps(changed), "no json", "[]", "{}"):
        path.write_text(f"{first}\n{lines[1]}\n")
        with pytest.raises(StorageFault, match="line 1"):
            record.all()
        with pytest.raises(StorageFault):
            record.append(tombstone("d" * 32))


def test_many_that_append_at_once_lose_nothing(path: Path) -> None:
    names = [f"{number:032x}" for number in range(40)]
    threads = [threading.Thread(target=ErasureFile(path).append, args=(tombstone(name),)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found.person_id for found in ErasureFile(path).all()) == names


def test_a_place_that_cannot_be_written_is_a_fault(path: Path) -> None:
    path.parent.parent.joinpath("keys").write_text("a file where the folder should be")
    with pytest.raises(StorageFault):
        ErasureFile(path).append(tombstone())


def test_it_names_nobody(path: Path) -> None:
    ErasureFile(path).append(tombstone())
    assert set(json.loads(path.read_text())) == {
        "person_id", "requested_by", "reason", "confirmed_by", "decided_at", "guard", "check",
    }  # fmt: skip
