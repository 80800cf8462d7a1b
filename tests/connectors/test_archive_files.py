"""Backup files: whole, or refused; and only for who holds a key."""

from __future__ import annotations

import io
import os
import random
import resource
import struct
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auth_service.connectors.archive_file import ArchiveFiles, _file, _signed, _table, fingerprints
from auth_service.connectors.archive_keys import ArchiveKeys, archive_keys, make_recovery_key
from auth_service.connectors.key_file import KeyFile
from auth_service.connectors.sealed_stream import CHUNK_BYTES, OpeningStream, SealingStream
from auth_service.connectors.signing import SigningKeyFile
from auth_service.core.archive import (
    About,
    Contents,
    Folder,
    Kind,
    Manifest,
    Part,
    Row,
    Rows,
    Signed,
    StoredFile,
    TableSpec,
    checked,
    row_lines,
    rows_from,
)
from auth_service.core.errors import (
    AlreadyExists,
    ArchiveKeyWrong,
    ArchiveUnreadable,
    KeyMissing,
    ServiceError,
    SettingInvalid,
    StorageFault,
)

NOW = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
THINGS = TableSpec("things", (("id", Kind.INTEGER), ("name", Kind.TEXT), ("sealed", Kind.BYTES), ("at", Kind.INSTANT)))
ROWS: Sequence[Row] = [(number, "王秀英\n", os.urandom(40), NOW + timedelta(seconds=number)) for number in range(3)]
PHOTO_BYTES = 3 * CHUNK_BYTES
PHOTO = StoredFile(Folder.PHOTOS, "ab" * 16, os.urandom(PHOTO_BYTES))


def files(folder: Path) -> ArchiveFiles:
    ring = KeyFile.open_or_create(folder / "keys" / "keys.json")
    signer = SigningKeyFile.open_or_create(folder / "keys" / "signing.json")
    known = fingerprints({signer.key_id: signer.public_key()})
    return ArchiveFiles(ArchiveKeys(lambda: ring), lambda: signer, lambda: known)


def written(archives: ArchiveFiles, folder: Path, now: datetime = NOW, part: Part = Part.DATA) -> Path:
    draft, contents = archives.begin(folder, part, "b1", now), Contents()
    for item in (Rows(THINGS, ROWS), Rows(THINGS, ROWS[:1]), PHOTO):
        contents.see(item)
        draft.add(item)
    draft.finish(contents.manifest(About("b1", part, now, "r1", "0.2")))
    return draft.publish()


def read(archives: ArchiveFiles, path: Path) -> Signed:
    with archives.open(path) as items:
        return checked(items)


def test_what_goes_in_comes_out(tmp_path: Path) -> None:
    archives = files(tmp_path)
    path = written(archives, tmp_path / "backups")
    with archives.open(path) as items:
        found = list(items)
    assert found[0] == Rows(THINGS, [list(row) for row in ROWS])
    assert found[2] == PHOTO
    signed = read(archives, path)
    assert signed.known
    assert (signed.manifest.rows, signed.manifest.files_in(Folder.PHOTOS)) == (4, 1)
    assert path.stat().st_mode & 0o077 == 0
    assert [one.name for one in (tmp_path / "backups").iterdir()] == ["data-20261124T030000Z.asbk"]


def test_nothing_of_it_can_be_read_without_a_key(tmp_path: Path) -> None:
    content = written(files(tmp_path), tmp_path / "backups").read_bytes()
    assert "王秀英".encode() not in content
    assert b"things" not in content
    stranger = files(tmp_path / "elsewhere")
    with pytest.raises(KeyMissing), stranger.open(next((tmp_path / "backups").iterdir())):
        pass


@pytest.mark.parametrize(
    "document", [b"[" * 60_000, b'{"a":' * 10_000, b"[]", b'{"format": 1, "part": "data", "backup": "b"}']
)
def test_a_header_of_another_form_is_refused_with_a_code(tmp_path: Path, document: bytes) -> None:
    path = tmp_path / "data.asbk"
    path.write_bytes(b"ASBK1\n" + struct.pack(">I", len(document)) + document)
    with pytest.raises(ArchiveUnreadable), files(tmp_path).open(path):
        pass


@pytest.mark.parametrize("read_frame", [_table, lambda text: _file(struct.pack(">H", len(text)) + text)])
def test_frames_nested_without_end_are_refused_with_a_code(read_frame: Callable[[bytes], object]) -> None:
    with pytest.raises(ArchiveUnreadable):
        read_frame(b"[" * 60_000)
    header = {"backup": "b", "part": "data"}
    for document in (b"[" * 60_000, b'{"manifest": 1, "public_key": "00", "signature": "00"}'):
        with pytest.raises(ArchiveUnreadable):
            _signed(document, header, frozenset())
    with pytest.raises(ArchiveUnreadable):
        Manifest.parsed("[" * 60_000)
    with pytest.raises(ArchiveUnreadable):
        rows_from(THINGS, b"[" * 60_000)


def test_any_change_and_any_cut_is_found(tmp_path: Path) -> None:
    archives = files(tmp_path)
    path = written(archives, tmp_path / "backups")
    whole = path.read_bytes()
    chance = random.Random(20261124)
    chunk = CHUNK_BYTES + 16
    start = len(whole) % chunk or chunk
    damaged = [whole[:cut] for cut in (0, 5, 9, 40, start, start + chunk, len(whole) - 1, len(whole) - 17)]
    damaged += [whole + b"x", whole + whole[-chunk:]]
    for place in [*range(12), *(chance.randrange(len(whole)) for _ in range(40))]:
        changed = bytearray(whole)
        changed[place] ^= 1 << chance.randrange(8)
        damaged.append(bytes(changed))
    for one in damaged:
        path.write_bytes(one)
        with pytest.raises((ArchiveUnreadable, KeyMissing)):
            read(archives, path)
    path.write_bytes(whole)
    read(archives, path)


@pytest.mark.parametrize("size", [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 3 * CHUNK_BYTES])
def test_a_sealed_stream_opens_in_its_order_only(size: int) -> None:
    key, clear, sealed = os.urandom(32), os.urandom(size), io.BytesIO()
    stream = SealingStream(sealed, key, b"header")
    stream.write(clear)
    stream.end()
    whole = sealed.getvalue()
    assert OpeningStream(io.BytesIO(whole), key, b"header").read(size) == clear
    pieces = [whole[at : at + CHUNK_BYTES + 16] for at in range(0, len(whole), CHUNK_BYTES + 16)]
    wrong = [b"".join(pieces[:-1]), b"".join([*pieces, pieces[-1]]), b"".join(reversed(pieces))]
    for other in (one for one in wrong if one != whole):
        with pytest.raises(ArchiveUnreadable):
            _drain(OpeningStream(io.BytesIO(other), key, b"header"))
    with pytest.raises(ArchiveUnreadable):
        _drain(OpeningStream(io.BytesIO(whole), key, b"another header"))


def _drain(stream: OpeningStream) -> None:
    while stream.read(1):
        pass


def test_the_recovery_key_opens_what_a_lost_key_store_sealed(tmp_path: Path) -> None:
    private = tmp_path / "stick" / "recovery.json"
    public = make_recovery_key(private)
    ring = KeyFile.open_or_create(tmp_path / "keys.json")
    signer = SigningKeyFile.open_or_create(tmp_path / "signing.json")
    archives = ArchiveFiles(archive_keys(lambda: ring, public, None), lambda: signer, frozenset)
    path = written(archives, tmp_path / "backups")
    assert not read(archives, path).known
    read(ArchiveFiles(archive_keys(None, "", private), lambda: signer, frozenset), path)
    other = tmp_path / "other.json"
    make_recovery_key(other)
    refused: dict[type[ServiceError], ArchiveKeys] = {
        KeyMissing: archive_keys(None, public, None), ArchiveKeyWrong: archive_keys(None, "", other),
    }  # fmt: skip
    for error, keys in refused.items():
        with pytest.raises(error):
            read(ArchiveFiles(keys, lambda: signer, frozenset), path)
    with pytest.raises(AlreadyExists):
        make_recovery_key(private)
    with pytest.raises(SettingInvalid):
        archive_keys(None, "asbk-recovery-00", None)


def test_a_killed_run_leaves_nothing_that_looks_whole_and_the_next_run_cleans_up(tmp_path: Path) -> None:
    archives, folder = files(tmp_path), tmp_path / "backups"
    running = archives.begin(folder, Part.KEYS, "b2", NOW)
    pid = os.fork()
    if pid == 0:
        dying = archives.begin(folder, Part.DATA, "b1", NOW)
        dying.add(PHOTO)
        os._exit(9)
    os.waitpid(pid, 0)
    left = folder / "data-20261124T030000Z.asbk.part"
    assert left.exists()
    assert archives.ages(folder, Part.DATA) == []
    written(archives, folder, NOW + timedelta(hours=1))
    assert not left.exists()
    assert running.unfinished.exists(), "a run that goes on keeps its file"
    running.discard()
    assert archives.ages(folder, Part.DATA) == [NOW + timedelta(hours=1)]


def test_old_keys_parts_go_but_the_newest_never(tmp_path: Path) -> None:
    archives, folder = files(tmp_path), tmp_path / "backups"
    for day in (1, 20, 40):
        written(archives, folder, NOW - timedelta(days=day), Part.KEYS)
    (folder / "keys-mine.asbk").write_text("somebody else's")
    assert archives.prune(folder, Part.KEYS, NOW - timedelta(days=30)) == 1
    assert archives.prune(folder, Part.KEYS, NOW) == 1
    assert archives.prune(folder, Part.KEYS, NOW) == 0
    assert archives.ages(folder, Part.KEYS) == [NOW - timedelta(days=1)]


def test_a_full_folder_is_a_coded_fault(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(StorageFault):
        files(tmp_path).begin(tmp_path / "file" / "backups", Part.DATA, "b1", NOW)
    archives = files(tmp_path)
    written(archives, tmp_path / "backups")
    with pytest.raises(StorageFault, match="exists"):
        written(archives, tmp_path / "backups")


def test_a_disk_that_fills_up_leaves_no_archive(tmp_path: Path) -> None:
    archives, folder = files(tmp_path), tmp_path / "backups"
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    draft = archives.begin(folder, Part.DATA, "b1", NOW)
    resource.setrlimit(resource.RLIMIT_FSIZE, (PHOTO_BYTES // 2, hard))
    try:
        with pytest.raises(StorageFault, match="cannot be written"):
            draft.add(PHOTO)
        draft.discard()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert list(folder.iterdir()) == []


def test_a_manifest_of_a_later_release_is_refused() -> None:
    for text in ("", "[]", '{"about": {}}', '{"tables": {}, "files": {}, "about": {"part": "other"}}'):
        with pytest.raises(ArchiveUnreadable):
            Manifest.parsed(text)


CELLS = {
    Kind.INTEGER: st.integers(-(2**63), 2**63 - 1),
    Kind.REAL: st.floats(allow_nan=False),
    Kind.TEXT: st.text(),
    Kind.TRUTH: st.booleans(),
    Kind.BYTES: st.binary(),
    Kind.INSTANT: st.datetimes(timezones=st.just(UTC)),
    Kind.DATE: st.dates(),
}
ALL_KINDS = TableSpec("all_kinds", tuple((kind.value, kind) for kind in CELLS))


@given(st.lists(st.tuples(*(st.none() | cell for cell in CELLS.values())), max_size=20))
@settings(max_examples=150, deadline=None)
def test_every_value_comes_back_as_it_went_in(
    rows: list[tuple[int | float | str | bool | bytes | date | None, ...]],
) -> None:
    text = b"\n".join(row_lines(ALL_KINDS, rows))
    assert [tuple(row) for row in rows_from(ALL_KINDS, text)] == rows


def test_the_order_of_rows_does_not_matter_and_their_number_does() -> None:
    def contents(*batches: Sequence[Row]) -> Contents:
        found = Contents()
        for batch in batches:
            found.see(Rows(THINGS, batch))
        return found

    whole = contents(ROWS).tables()
    assert contents(ROWS[::-1]).tables() == whole
    assert contents(ROWS[:1], ROWS[1:]).tables() == whole
    assert contents(ROWS, ROWS[:1]).tables() != whole
    assert contents(ROWS[1:]).tables() != whole
