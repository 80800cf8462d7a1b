"""Who may open an archive: the key ring that wrapped its key, and the holder of the recovery key kept offline.

The recovery key is an X25519 pair of which the service knows the public half alone; the private half lies on paper or
on a stick in a safe and is used when a machine is lost together with its key store.
"""

from __future__ import annotations

import base64
import binascii
import json
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from auth_service.connectors.secret_files import create_once, read_private
from auth_service.core.errors import (
    AlreadyExists,
    ArchiveKeyWrong,
    ArchiveUnreadable,
    KeyMissing,
    SealBroken,
    SettingInvalid,
)
from auth_service.core.keys import KeyRing, WrappedKey

FILE_KEY_BYTES = 32
RECOVERY_PREFIX = "asbk-recovery-"
_NONCE = bytes(12)
"""One message only under each derived key, so a fixed nonce serves. source: RFC 9180 section 5.2, sequence number 0"""


def make_recovery_key(path: Path) -> str:
    """Writes a new private recovery key (readable by its owner only); returns the public half for the settings.

    raises AlreadyExists: a key file is never overwritten
    """
    private = X25519PrivateKey.generate()
    content = json.dumps({"version": 1, "x25519": private.private_bytes_raw().hex()}).encode() + b"\n"
    if not create_once(path, content):
        raise AlreadyExists(str(path.name))
    return RECOVERY_PREFIX + private.public_key().public_bytes_raw().hex()


def read_recovery_key(path: Path) -> X25519PrivateKey:
    """raises KeyMissing (absent or damaged), SettingInvalid (others may read it)"""
    try:
        return X25519PrivateKey.from_private_bytes(bytes.fromhex(json.loads(read_private(path))["x25519"]))
    except (ValueError, TypeError, KeyError) as error:
        raise KeyMissing("the recovery key file is damaged") from error


def recovery_public(text: str) -> X25519PublicKey:
    """raises SettingInvalid: not what `backup recovery-key` printed"""
    prefix, _, digits = text.rpartition("-")
    try:
        return X25519PublicKey.from_public_bytes(bytes.fromhex(digits if f"{prefix}-" == RECOVERY_PREFIX else ""))
    except ValueError as error:
        raise SettingInvalid("not a public recovery key", field="backup.recovery_key") from error


class ArchiveKeys:
    """Wraps the key of each new archive for everybody who may open it, and opens old ones."""

    def __init__(
        self,
        ring: Callable[[], KeyRing] | None,
        recovery: X25519PublicKey | None = None,
        private: X25519PrivateKey | None = None,
    ) -> None:
        """ring: None on a machine without a key store, where only `private` can open"""
        self._ring = ring
        self._recovery = recovery
        self._private = private

    def wrap(self, file_key: bytes, backup: str) -> list[dict[str, str]]:
        """One entry per recipient, for the archive's header."""
        wrapped = []
        if self._ring is not None:
            by_ring = self._ring().wrap(file_key, _context(backup))
            wrapped.append({"kind": "key_ring", "key": by_ring.key_id, "wrapped": _text(by_ring.ciphertext)})
        if self._recovery is not None:
            ephemeral = X25519PrivateKey.generate()
            mine = ephemeral.public_key().public_bytes_raw()
            key = _agreed(ephemeral.exchange(self._recovery), mine, self._recovery.public_bytes_raw())
            sealed = AESGCM(key).encrypt(_NONCE, file_key, _context(backup))
            wrapped.append({"kind": "recovery", "key": _text(mine), "wrapped": _text(sealed)})
        return wrapped

    def unwrap(self, recipients: Sequence[Mapping[str, Any]], backup: str) -> bytes:
        """The archive's key.

        raises   KeyMissing (no key here opens it), ArchiveKeyWrong (the recovery key given does not open it; which one
                 would cannot be told from the file), ArchiveUnreadable (changed)
        """
        try:
            for entry in recipients:
                kind, key, wrapped = entry["kind"], str(entry["key"]), _bytes(entry["wrapped"])
                if kind == "recovery" and self._private is not None:
                    return self._recovered(_bytes(key), wrapped, backup)
                if kind == "key_ring" and self._ring is not None and self._private is None:
                    return self._ring().unwrap(WrappedKey(key, wrapped), _context(backup))
        except InvalidTag as error:
            raise ArchiveKeyWrong from error
        except SealBroken as error:
            raise ArchiveUnreadable("the archive's key does not open with this key") from error
        except (KeyError, TypeError, ValueError, binascii.Error) as error:
            raise ArchiveUnreadable("the list of recipients is damaged") from error
        raise KeyMissing("neither this machine's key store nor the recovery key given opens the archive")

    def _recovered(self, theirs: bytes, wrapped: bytes, backup: str) -> bytes:
        assert self._private is not None  # noqa: S101 - the caller looked
        shared = self._private.exchange(X25519PublicKey.from_public_bytes(theirs))
        key = _agreed(shared, theirs, self._private.public_key().public_bytes_raw())
        return AESGCM(key).decrypt(_NONCE, wrapped, _context(backup))


def archive_keys(ring: Callable[[], KeyRing] | None, recovery: str, private: Path | None) -> ArchiveKeys:
    """From the settings: the public recovery key ("" for none) and, when one is given, the private one's file."""
    public = recovery_public(recovery) if recovery else None
    return ArchiveKeys(ring, public, read_recovery_key(private) if private else None)


def new_file_key() -> bytes:
    return os.urandom(FILE_KEY_BYTES)


def payload_key(file_key: bytes, header: bytes) -> bytes:
    """The key of the stream, bound to the header. source: HKDF-SHA-256, RFC 5869"""
    return HKDF(SHA256(), FILE_KEY_BYTES, salt=header, info=b"auth-service archive 1 payload").derive(file_key)


def _agreed(shared: bytes, ephemeral: bytes, recipient: bytes) -> bytes:
    """source: X25519, RFC 7748 section 6.1; both public keys go into the derivation"""
    salt = ephemeral + recipient
    return HKDF(SHA256(), FILE_KEY_BYTES, salt=salt, info=b"auth-service archive 1 recovery").derive(shared)


def _context(backup: str) -> bytes:
    return f"auth-service archive\0{backup}".encode()


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _bytes(text: str) -> bytes:
    return base64.b64decode(text, validate=True)
