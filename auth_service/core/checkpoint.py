"""Signed checkpoints of the audit trail: how long it was, its Merkle root and its last hash, at one instant.

The text is a C2SP signed note (tlog-checkpoint), so that outside tools can read and check it:

    county.example/audit            origin: whose log
    1000                            rows
    qINS1GRFhWHwdkUeqLEoP4yE...=    root, base64
    checkpoint 17                   our lines from here: numbered without gaps,
    chain 91c4...                   the hash of the last row,
    at 2026-03-10T02:30:15.123456+00:00

    — county.example/audit k0Zx...  who signed: key hash (4 bytes) and Ed25519 signature (64 bytes), base64

It is read strictly: what we would not write is no checkpoint. Lines of further signers (witnesses) may follow ours.

source: c2sp.org/signed-note v1.0.0, c2sp.org/tlog-checkpoint v1.0.0
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from auth_service.core.errors import CheckpointInvalid, FileUnreadable, SettingInvalid
from auth_service.core.keys import Signer
from auth_service.core.merkle import HASH_BYTES

SignatureCheck = Callable[[bytes, bytes, bytes], bool]
"""Whether a public key (32 raw bytes) made the signature of a message; `connectors/signing.py` has it."""

_ED25519 = b"\x01"
_DASH = "\u2014"
_MOST_CHARACTERS = 16_384
_MOST_SIGNATURES = 16
_SIZE = re.compile(r"0|[1-9][0-9]{0,18}")
_LINES = 6
_NAME = re.compile(r"[!-*,-~]{1,100}")
"""An origin: printable ASCII without space and `+`, as a key's name must be."""
_INSTANT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}\+00:00")


@dataclass(frozen=True, slots=True)
class AuditPolicy:
    """When the audit trail is signed, and who is told.

    origin          name of this log in every checkpoint, such as `shebao.example.gov.cn/audit`; no two services may
        share one, and it is not changed later
    rows            a checkpoint is due after so many new rows
    seconds         or so long after the last one, when there are any
    witness_folder  folder that gets every checkpoint; best on another machine, where files cannot be rewritten
    witness_url     address that gets every checkpoint by POST: https, or http on this machine
    source   trust.md 2.7 (60 s or 1,000 rows, at least one outside witness)
    """

    origin: str = "auth-service/audit"
    rows: int = 1000
    seconds: int = 60
    witness_folder: str = ""
    witness_url: str = ""

    def __post_init__(self) -> None:
        """raises SettingInvalid"""
        if not _NAME.fullmatch(self.origin):
            raise SettingInvalid("printable ASCII without spaces and +", field="audit__origin")
        if self.rows < 1 or self.seconds < 1:
            raise SettingInvalid("1 or more", field="audit__rows" if self.rows < 1 else "audit__seconds")

    def due(self, new_rows: int, last: datetime | None, now: datetime) -> bool:
        """Whether it is time. last: when the last checkpoint was made; None before the first"""
        if new_rows < 1:
            return False
        # a clock that was set back must not put checkpoints off
        return new_rows >= self.rows or last is None or abs(now - last) >= timedelta(seconds=self.seconds)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What is signed. `number` counts a log's checkpoints from 1; `head` is the hash of row `rows`, in hex."""

    origin: str
    rows: int
    root: bytes
    number: int
    head: str
    at: datetime

    def text(self) -> str:
        """The signed text, with its last newline."""
        lines = (
            self.origin,
            str(self.rows),
            base64.b64encode(self.root).decode(),
            f"checkpoint {self.number}",
            f"chain {self.head}",
            f"at {self.at.astimezone(UTC).isoformat(timespec='microseconds')}",
        )
        return "\n".join(lines) + "\n"


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature line: the signer's name, the beginning of their key's hash, and the signature."""

    name: str
    key_hash: bytes
    signature: bytes


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A key that checkpoints are checked with. Its text is a C2SP verifier key: `name+hash+key`."""

    name: str
    raw: bytes

    @property
    def key_hash(self) -> bytes:
        """4 bytes that a signature line names its key by. source: c2sp.org/signed-note, key IDs"""
        return hashlib.sha256(self.name.encode() + b"\n" + _ED25519 + self.raw).digest()[:4]

    def text(self) -> str:
        return f"{self.name}+{self.key_hash.hex()}+{base64.b64encode(_ED25519 + self.raw).decode()}"


def read_public_keys(text: str) -> tuple[PublicKey, ...]:
    """The keys of a file, one per line; empty lines and lines that begin with `#` are passed over.

    raises   FileUnreadable: no key, or a line that is none
    """
    lines = (line.strip() for line in text.splitlines())
    keys = tuple(_public_key(line) for line in lines if line and not line.startswith("#"))
    if not keys:
        raise FileUnreadable("no public key of an audit trail", field="public_key")
    return keys


def _public_key(line: str) -> PublicKey:
    name, key_hash, encoded = [*line.split("+", 2), "", ""][:3]
    try:
        data = _unbase64(encoded)
    except ValueError as error:
        raise FileUnreadable("not a public key of an audit trail", field="public_key") from error
    key = PublicKey(name, data[1:])
    if data[:1] != _ED25519 or len(key.raw) != 32 or not _NAME.fullmatch(name) or key.key_hash.hex() != key_hash:
        raise FileUnreadable("not a public key of an audit trail", field="public_key")
    return key


def read_note(note: str) -> tuple[Checkpoint, tuple[Signature, ...]]:
    """What a note states, unverified, and who signed. raises CheckpointInvalid: anything that we would not write"""
    if len(note) > _MOST_CHARACTERS:
        raise CheckpointInvalid("too long")
    body, parted, tail = note.partition("\n\n")
    if not parted or not tail.endswith("\n"):
        raise CheckpointInvalid("no signatures")
    lines = tail[:-1].split("\n")
    if len(lines) > _MOST_SIGNATURES:
        raise CheckpointInvalid("too many signatures")
    return _body(body + "\n"), tuple(_signature(line) for line in lines)


def _body(text: str) -> Checkpoint:
    lines = text[:-1].split("\n")
    if len(lines) != _LINES:
        raise CheckpointInvalid("lines are missing or unknown")
    try:
        checkpoint = Checkpoint(
            origin=lines[0],
            rows=_count(lines[1]),
            root=_unbase64(lines[2]),
            number=_count(_after(lines[3], "checkpoint")),
            head=_after(lines[4], "chain"),
            at=_instant(_after(lines[5], "at")),
        )
    except ValueError as error:
        raise CheckpointInvalid("a line has another form") from error
    fits = len(checkpoint.root) == HASH_BYTES and re.fullmatch(r"[0-9a-f]{64}", checkpoint.head)
    if not fits or not _NAME.fullmatch(checkpoint.origin) or checkpoint.text() != text:
        raise CheckpointInvalid("a line has another form")
    return checkpoint


def _count(text: str) -> int:
    if not _SIZE.fullmatch(text):
        raise ValueError("not a count")
    return int(text)


def _after(line: str, word: str) -> str:
    if not line.startswith(f"{word} "):
        raise ValueError("another word")
    return line[len(word) + 1 :]


def _instant(text: str) -> datetime:
    if not _INSTANT.fullmatch(text):
        raise ValueError("not an instant")
    return datetime.fromisoformat(text)


def _signature(line: str) -> Signature:
    words = line.split(" ")
    try:
        dash, name, encoded = words
        data = _unbase64(encoded)
    except ValueError as error:
        raise CheckpointInvalid("a signature line has another form") from error
    if dash != _DASH or not name or "+" in name or len(data) < 5 or any(ch.isspace() for ch in name):
        raise CheckpointInvalid("a signature line has another form")
    return Signature(name, data[:4], data[4:])


def _unbase64(text: str) -> bytes:
    """Base64 in its one canonical spelling. raises ValueError"""
    try:
        data = base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise ValueError("not base64") from error
    if base64.b64encode(data).decode() != text:
        raise ValueError("not canonical base64")
    return data


class Keyholders:
    """The public keys that are trusted for one log, and the check of a note against them."""

    def __init__(self, keys: Iterable[PublicKey], holds: SignatureCheck) -> None:
        self.keys = tuple(keys)
        self._holds = holds

    def open(self, note: str) -> Checkpoint:
        """What a trusted key has signed, under the origin that the key is named for.

        raises   CheckpointInvalid: not a checkpoint, by nobody known, or a signature that does not hold
        """
        checkpoint, signatures = read_note(note)
        signed = [
            (key, signature)
            for signature in signatures
            for key in self.keys
            if signature.name == key.name == checkpoint.origin and signature.key_hash == key.key_hash
        ]
        if not signed:
            raise CheckpointInvalid("signed by no key that is trusted here")
        message = checkpoint.text().encode()
        if not all(self._holds(key.raw, signature.signature, message) for key, signature in signed):
            raise CheckpointInvalid("the signature does not hold")
        return checkpoint


class Notary:
    """Signs checkpoints under one origin, and reads back what was signed here."""

    def __init__(
        self,
        origin: str,
        signer: Signer,
        holds: SignatureCheck,
        former: Callable[[], Iterable[PublicKey]] = tuple,
    ) -> None:
        """former: keys that signed here before; asked each time, since another process may change the key"""
        self.origin = origin
        self._signer = signer
        self._holds = holds
        self._former = former

    @property
    def public_key(self) -> PublicKey:
        return PublicKey(self.origin, self._signer.public_key())

    @property
    def keyholders(self) -> Keyholders:
        return Keyholders((self.public_key, *self._former()), self._holds)

    def sign(self, checkpoint: Checkpoint) -> str:
        """The note. raises ValueError: another log's checkpoint"""
        if checkpoint.origin != self.origin:
            raise ValueError("a notary signs for its own log only")
        text = checkpoint.text()
        signature = base64.b64encode(self.public_key.key_hash + self._signer.sign(text.encode())).decode()
        return f"{text}\n{_DASH} {self.origin} {signature}\n"
