"""Key files: made once by whoever is first, private, and nothing opens with another key."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import pytest

from auth_service.connectors.key_file import KeyFile
from auth_service.connectors.secret_files import create_once
from auth_service.core.errors import KeyMissing, SealBroken, SettingInvalid
from auth_service.core.keys import WrappedKey

SECRET = bytes(range(32))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "keys" / "keys.json"


def test_a_wrapped_key_opens_after_a_restart_in_its_own_context_only(path: Path) -> None:
    wrapped = KeyFile.open_or_create(path).wrap(SECRET, b"person 1")
    again = KeyFile.open_or_create(path)
    assert again.unwrap(wrapped, b"person 1") == SECRET
    assert SECRET not in wrapped.ciphertext
    with pytest.raises(SealBroken):
        again.unwrap(wrapped, b"person 2")
    for damaged in (b"", wrapped.ciphertext[:-1], bytes([wrapped.ciphertext[0] ^ 1]) + wrapped.ciphertext[1:]):
        with pytest.raises(SealBroken):
            again.unwrap(WrappedKey(wrapped.key_id, damaged), b"person 1")


def test_a_key_wrapped_by_another_file_is_missing(path: Path, tmp_path: Path) -> None:
    wrapped = KeyFile.open_or_create(path).wrap(SECRET, b"")
    with pytest.raises(KeyMissing):
        KeyFile.open_or_create(tmp_path / "other.json").unwrap(wrapped, b"")


def test_an_old_wrapping_key_still_opens_what_it_wrapped(path: Path) -> None:
    wrapped = KeyFile.open_or_create(path).wrap(SECRET, b"")
    document = json.loads(path.read_text())
    document["keys"]["file-new"] = document["index"][::-1].replace("=", "") + "="
    document["active"] = "file-new"
    path.write_text(json.dumps(document))
    rotated = KeyFile(path)
    assert rotated.unwrap(wrapped, b"") == SECRET
    assert rotated.wrap(SECRET, b"").key_id == "file-new"


def test_index_keys_differ_by_purpose_and_stay(path: Path) -> None:
    ring = KeyFile.open_or_create(path)
    made = {ring.index_key(purpose) for purpose in ("id_number", "name", "phone")}
    assert len(made) == 3
    assert all(len(key) == 32 for key in made)
    assert KeyFile(path).index_key("name") == ring.index_key("name")
    stored = path.read_text()
    assert not any(key.hex() in stored for key in made)


@pytest.mark.asvs("13.3.2")
def test_the_file_is_private_and_nothing_else_is_left_behind(path: Path) -> None:
    KeyFile.open_or_create(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert [entry.name for entry in path.parent.iterdir()] == ["keys.json"]


@pytest.mark.asvs("13.3.2")
@pytest.mark.parametrize("mode", [0o604, 0o640, 0o602, 0o660, 0o644])
def test_a_file_that_others_may_read_or_change_is_refused(path: Path, mode: int) -> None:
    KeyFile.open_or_create(path)
    path.chmod(mode)
    with pytest.raises(SettingInvalid):
        KeyFile(path)


def test_an_absent_file_is_not_silently_made(path: Path) -> None:
    with pytest.raises(KeyMissing):
        KeyFile(path)
    assert not path.exists()


@pytest.mark.parametrize(
    "content",
    ["", "no json", "[]", "{}", '{"version": 1, "active": "a", "keys": {}, "index": ""}',
     '{"version": 1, "active": "a", "keys": {"a": "AAAA"}, "index": "AAAA"}',
     '{"version": 9, "active": "a", "keys": {"a": "' + "A" * 43 + '="}, "index": "' + "A" * 43 + '="}'],
)  # fmt: skip
def test_a_damaged_file_is_said_to_be_damaged(path: Path, content: str) -> None:
    create_once(path, content.encode())
    with pytest.raises(KeyMissing):
        KeyFile.open_or_create(path)
    assert path.read_text() == content


def test_of_many_that_make_the_file_at_once_all_use_the_same(path: Path) -> None:
    start, made = threading.Barrier(16), []

    def make() -> None:
        start.wait()
        made.append(KeyFile.open_or_create(path).index_key("x"))

    threads = [threading.Thread(target=make) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 16
    assert len(set(made)) == 1
    assert [entry.name for entry in path.parent.iterdir()] == ["keys.json"]
