"""Folders and addresses as witnesses: nothing is written twice, nothing is followed, nothing hangs."""

from __future__ import annotations

import os
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from auth_service.connectors.audit_trust import keyholders_in, witnesses_of
from auth_service.connectors.signing import SigningKeyFile, signature_holds
from auth_service.connectors.witness_folder import FolderWitness, kept_notes, place_of
from auth_service.connectors.witness_url import UrlWitness
from auth_service.core.checkpoint import AuditPolicy, Checkpoint, Notary
from auth_service.core.errors import FileUnreadable, SettingInvalid, WitnessConflict, WitnessUnreachable
from auth_service.core.merkle import root_of

NOW = datetime(2026, 3, 10, 2, 30, tzinfo=UTC)


@dataclass
class Log:
    """Makes signed checkpoints of a made-up log."""

    notary: Notary

    def note(self, number: int, rows: int | None = None, root: bytes = b"") -> tuple[Checkpoint, str]:
        length = 10 * number if rows is None else rows
        root = root or root_of([bytes([number])])
        at = NOW + timedelta(minutes=number)
        checkpoint = Checkpoint(self.notary.origin, length, root, number, "ab" * 32, at)
        return checkpoint, self.notary.sign(checkpoint)


@pytest.fixture
def log(tmp_path: Path) -> Log:
    signer = SigningKeyFile.open_or_create(tmp_path / "keys" / "audit_signing.json")
    return Log(Notary("county.example/audit", signer, signature_holds))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "share"
    made.mkdir()
    return made


# --- folder ----------------------------------------------------------------------------------------


@pytest.mark.asvs("16.4.3")
def test_each_checkpoint_is_a_file_and_the_newest_is_the_latest(folder: Path, log: Log) -> None:
    witness = FolderWitness(folder)
    assert witness.newest() is None
    for number in (1, 2, 3):
        witness.deliver(*log.note(number))
    assert witness.newest() == log.note(3)[1]
    kept = list(kept_notes(folder))
    assert [note.note for note in kept if not note.latest] == [log.note(number)[1] for number in (1, 2, 3)]
    assert [note.note for note in kept if note.latest] == [log.note(3)[1]]
    assert all(note.in_place for note in kept)
    assert not list(folder.rglob(".*")), "no unfinished file is left"


def test_delivering_again_changes_nothing(folder: Path, log: Log) -> None:
    witness = FolderWitness(folder)
    for number in (1, 2):
        witness.deliver(*log.note(number))
    before = {file: (file.stat().st_ino, file.read_bytes()) for file in folder.rglob("*.txt")}
    witness.deliver(*log.note(1))
    witness.deliver(*log.note(2))
    assert {file: (file.stat().st_ino, file.read_bytes()) for file in folder.rglob("*.txt")} == before


def test_a_second_history_is_kept_beside_the_first_and_refused(folder: Path, log: Log) -> None:
    witness = FolderWitness(folder)
    for number in (1, 2):
        witness.deliver(*log.note(number))
    other = log.note(2, root=root_of([b"other"]))
    with pytest.raises(WitnessConflict):
        witness.deliver(*other)
    assert witness.newest() == log.note(2)[1]
    assert {log.note(2)[1], other[1]} <= {note.note for note in kept_notes(folder)}


def test_a_log_that_became_shorter_is_refused(folder: Path, log: Log) -> None:
    witness = FolderWitness(folder)
    witness.deliver(*log.note(1, rows=100))
    with pytest.raises(WitnessConflict):
        witness.deliver(*log.note(2, rows=99))


def test_a_file_that_was_changed_is_not_written_over(folder: Path, log: Log) -> None:
    witness = FolderWitness(folder)
    witness.deliver(*log.note(1))
    file = folder / place_of(*log.note(1))
    file.write_text("something else")
    with pytest.raises(WitnessConflict):
        witness.deliver(*log.note(1))
    assert file.read_text() == "something else"


def test_a_latest_that_is_no_checkpoint_is_a_conflict(folder: Path, log: Log) -> None:
    (folder / "latest.txt").write_bytes(b"\xff\xfe nothing")
    with pytest.raises(WitnessConflict):
        FolderWitness(folder).deliver(*log.note(1))


def test_a_folder_that_cannot_be_used_is_unreachable(tmp_path: Path, folder: Path, log: Log) -> None:
    with pytest.raises(WitnessUnreachable):
        FolderWitness(tmp_path / "absent").deliver(*log.note(1))
    (folder / "2026-03").write_text("a file where a folder belongs")
    with pytest.raises(WitnessUnreachable):
        FolderWitness(folder).deliver(*log.note(1))
    (folder / "latest.txt").mkdir()
    with pytest.raises(WitnessUnreachable):
        FolderWitness(folder).newest()


def test_shares_without_links_work_too(folder: Path, log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_link(*_: object) -> None:
        raise PermissionError(1, "not here")

    monkeypatch.setattr(os, "link", no_link)
    witness = FolderWitness(folder)
    for _ in range(2):
        witness.deliver(*log.note(1))
    assert witness.newest() == log.note(1)[1]


def test_a_process_killed_while_it_writes_leaves_no_half_file(
    folder: Path, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object) -> None:
        raise SystemExit

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", killed)
        with pytest.raises(SystemExit):
            FolderWitness(folder).deliver(*log.note(1))
    assert not list(kept_notes(folder))
    FolderWitness(folder).deliver(*log.note(1))
    assert [note.note for note in kept_notes(folder) if note.latest] == [log.note(1)[1]]


def test_files_in_another_place_than_their_own_are_marked(folder: Path, log: Log) -> None:
    witness = FolderWitness(folder)
    witness.deliver(*log.note(1))
    witness.deliver(*log.note(2))
    (folder / place_of(*log.note(2))).write_text(log.note(1)[1])
    assert [note.in_place for note in kept_notes(folder) if not note.latest] == [True, False]
    assert [note.source for note in kept_notes(folder / "latest.txt")] == ["latest.txt"]
    with pytest.raises(FileUnreadable):
        list(kept_notes(folder / "absent"))


# --- address ---------------------------------------------------------------------------------------


@dataclass
class Receiver:
    """What an address got, and how it answers."""

    status: int = 200
    wait: float = 0.0
    location: str = ""
    got: list[tuple[str, bytes]] = field(default_factory=list)
    url: str = ""


@contextmanager
def receiving(tls: ssl.SSLContext | None = None) -> Iterator[Receiver]:
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            receiver.got.append((self.path, body))
            time.sleep(receiver.wait)
            self.send_response(receiver.status)
            if receiver.location:
                self.send_header("Location", receiver.location)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.handle_error = lambda *_: None  # type: ignore[method-assign]
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    receiver.url = f"{'https' if tls else 'http'}://127.0.0.1:{server.server_port}/checkpoints"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_an_address_gets_the_note_by_post(log: Log) -> None:
    with receiving() as receiver:
        witness = UrlWitness(receiver.url)
        witness.deliver(*log.note(1))
        receiver.status = 204
        witness.deliver(*log.note(2))
        assert receiver.got == [("/checkpoints", log.note(number)[1].encode()) for number in (1, 2)]
    assert witness.newest() is None


@pytest.mark.asvs("15.3.2")
@pytest.mark.parametrize("status", [301, 302, 307, 308, 400, 401, 404, 429, 500, 503])
def test_anything_but_a_yes_is_tried_again_later(log: Log, status: int) -> None:
    with receiving() as receiver, receiving() as elsewhere:
        receiver.status, receiver.location = status, elsewhere.url
        with pytest.raises(WitnessUnreachable):
            UrlWitness(receiver.url).deliver(*log.note(1))
        assert elsewhere.got == [], "no redirect is followed"


def test_409_says_that_the_witness_knows_another_history(log: Log) -> None:
    with receiving() as receiver:
        receiver.status = 409
        with pytest.raises(WitnessConflict):
            UrlWitness(receiver.url).deliver(*log.note(1))


def test_an_address_that_hangs_or_is_gone_does_not_hold_anybody_up(log: Log) -> None:
    with receiving() as receiver:
        receiver.wait = 1.0
        begun = time.monotonic()
        with pytest.raises(WitnessUnreachable):
            UrlWitness(receiver.url, seconds=0.1).deliver(*log.note(1))
        assert time.monotonic() - begun < 0.9
        gone = receiver.url
    with pytest.raises(WitnessUnreachable):
        UrlWitness(gone).deliver(*log.note(1))
    with pytest.raises(WitnessUnreachable):
        UrlWitness("https://witness.invalid/").deliver(*log.note(1))


def test_no_proxy_of_the_environment_gets_between(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    with receiving() as receiver:
        UrlWitness(receiver.url).deliver(*log.note(1))
        assert len(receiver.got) == 1


@pytest.mark.asvs("12.3.2")
def test_https_is_believed_with_a_certificate_that_is_trusted_and_not_otherwise(log: Log, tmp_path: Path) -> None:
    certificate, key = tmp_path / "tls.pem", tmp_path / "tls.key"
    request = ["openssl", "req", "-x509", "-newkey", "ed25519", "-nodes", "-days", "2", "-subj", "/CN=witness"]
    request += ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run(request, check=True, capture_output=True)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(certificate, key)
    with receiving(server) as receiver:
        with pytest.raises(WitnessUnreachable):
            UrlWitness(receiver.url).deliver(*log.note(1))
        assert receiver.got == []
        trust = ssl.create_default_context(cafile=str(certificate))
        UrlWitness(receiver.url, trust=trust).deliver(*log.note(1))
        assert len(receiver.got) == 1
        wrong = receiver.url.replace("127.0.0.1", "localhost")
        with pytest.raises(WitnessUnreachable):
            UrlWitness(wrong, trust=trust).deliver(*log.note(1))


@pytest.mark.asvs("1.3.6")
@pytest.mark.parametrize(
    "url",
    ["", "witness", "http://witness.example/", "http://10.0.0.1/", "ftp://127.0.0.1/", "file:///etc/passwd",
     "https://user:secret@witness.example/", "https://witness.example/#here", "https:///checkpoints"],
)  # fmt: skip
def test_an_address_that_cannot_be_trusted_is_refused(url: str) -> None:
    with pytest.raises(SettingInvalid):
        UrlWitness(url)


def test_names_tell_witnesses_apart_and_no_secret(folder: Path, tmp_path: Path) -> None:
    names = [
        FolderWitness(folder).name,
        FolderWitness(tmp_path / "other" / folder.name).name,
        UrlWitness("https://witness.example/a?token=secret").name,
        UrlWitness("https://witness.example/b").name,
    ]
    assert len(set(names)) == 4
    assert not any("secret" in name or str(tmp_path) in name for name in names)
    policy = AuditPolicy(witness_folder=str(folder), witness_url="https://witness.example/b")
    assert [witness.name for witness in witnesses_of(policy)] == [names[0], names[3]]
    assert witnesses_of(replace(policy, witness_folder="", witness_url="")) == ()


def test_a_file_of_keys_is_read_or_refused(tmp_path: Path, log: Log) -> None:
    file = tmp_path / "keys.txt"
    file.write_text(log.notary.public_key.text() + "\n")
    assert keyholders_in(file).open(log.note(1)[1]) == log.note(1)[0]
    file.write_bytes(b"\xff")
    for path in (file, tmp_path / "absent"):
        with pytest.raises(FileUnreadable):
            keyholders_in(path)
