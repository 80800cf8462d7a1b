"""What lies in a witness folder is somebody else's: pipes, links and shares that hang hold up nobody."""

from __future__ import annotations

import os
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from auth_service.connectors.signing import SigningKeyFile, signature_holds
from auth_service.connectors.witness_folder import FolderWitness, kept_notes, place_of
from auth_service.connectors.witness_in_time import WitnessInTime
from auth_service.core.checkpoint import Checkpoint, Notary
from auth_service.core.errors import WitnessConflict, WitnessUnreachable
from auth_service.core.merkle import root_of


@pytest.fixture
def first(tmp_path: Path) -> tuple[Checkpoint, str]:
    signer = SigningKeyFile.open_or_create(tmp_path / "keys" / "audit_signing.json")
    notary = Notary("county.example/audit", signer, signature_holds)
    at = datetime(2026, 3, 10, 2, 30, tzinfo=UTC)
    checkpoint = Checkpoint(notary.origin, 10, root_of([b"x"]), 1, "ab" * 32, at)
    return checkpoint, notary.sign(checkpoint)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "share"
    made.mkdir()
    return made


def test_a_pipe_in_the_place_of_the_latest_is_a_conflict(folder: Path, first: tuple[Checkpoint, str]) -> None:
    os.mkfifo(folder / "latest.txt")
    assert FolderWitness(folder).newest() == ""
    with pytest.raises(WitnessConflict):
        FolderWitness(folder).deliver(*first)


def test_a_pipe_or_a_link_in_the_place_of_a_checkpoint_is_a_conflict(
    folder: Path, tmp_path: Path, first: tuple[Checkpoint, str]
) -> None:
    target = folder / place_of(*first)
    target.parent.mkdir()
    os.mkfifo(target)
    with pytest.raises(WitnessConflict):
        FolderWitness(folder).deliver(*first)
    target.unlink()
    (tmp_path / "elsewhere.txt").write_text(first[1])
    target.symlink_to(tmp_path / "elsewhere.txt")
    with pytest.raises(WitnessConflict):
        FolderWitness(folder).deliver(*first)


def test_an_examination_passes_pipes_by_and_names_them(
    folder: Path, tmp_path: Path, first: tuple[Checkpoint, str]
) -> None:
    FolderWitness(folder).deliver(*first)
    os.mkfifo(folder / "more.txt")
    (folder / "link.txt").symlink_to("/dev/zero")
    found = {note.source: note.note for note in kept_notes(folder)}
    assert (found["more.txt"], found["link.txt"], found["latest.txt"]) == ("", "", first[1])
    (folder / "latest.txt").unlink()
    os.mkfifo(folder / "latest.txt")
    assert [note.note for note in kept_notes(folder) if note.latest] == [""]
    (tmp_path / "named.txt").symlink_to(folder / place_of(*first))
    assert [note.note for note in kept_notes(tmp_path / "named.txt")] == [first[1]], "a link that is named is meant"


def test_a_witness_that_hangs_is_unreachable(first: tuple[Checkpoint, str]) -> None:
    release = threading.Event()

    class Hanging:
        name, answers = "hanging", True

        def deliver(self, *_: object) -> None:
            release.wait()

        def newest(self) -> str | None:
            release.wait()
            return None

    witness = WitnessInTime(Hanging(), seconds=0.2)
    begun = time.monotonic()
    with pytest.raises(WitnessUnreachable):
        witness.newest()
    with pytest.raises(WitnessUnreachable):
        witness.deliver(*first)
    assert time.monotonic() - begun < 5
    release.set()
