"""A key ring in a file, for development: key-encryption keys with their ids, and the root of the index keys.

Production puts a PKCS#11 token behind the same port (connectors/hsm.py). Losing this file loses everything that is
sealed.
"""

from __future__ import annotations

import base64
import binascii
import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from auth_service.connectors.secret_files import Stamp, create_once, held_alone, read_private, replace, stamp_of
from auth_service.core.errors import KeyInUse, KeyMissing, KeyStoreUnavailable, SealBroken
from auth_service.core.keys import WrappedKey

_VERSION = 1
_KEY_BYTES = 32
_NONCE_BYTES = 12


@dataclass(frozen=True, slots=True)
class _Content:
    """The file as it was read. `keys` in the order in which they were made."""

    stamp: Stamp | None
    active: str
    keys: Mapping[str, bytes]
    index_root: bytes
    ciphers: Mapping[str, AESGCM]


class KeyFile:
    """KeyStore over a JSON file. A change by another process is seen at the next use. Threads may share it."""

    def __init__(self, path: Path) -> None:
        """Reads an existing file. raises KeyMissing (absent or damaged), SettingInvalid (others may read it)"""
        self._path = path
        self._content = _read(path)

    @classmethod
    def open_or_create(cls, path: Path) -> KeyFile:
        """The file's key ring; the first caller of all makes the file, everybody else reads that one."""
        if not path.exists():
            key_id = _new_id()
            create_once(path, _document(key_id, {key_id: _new_key()}, _new_key()))
        return cls(path)

    @property
    def active(self) -> str:
        return self._now().active

    def versions(self) -> tuple[str, ...]:
        content = self._now()
        return (*(key_id for key_id in content.keys if key_id != content.active), content.active)

    def wrap(self, data_key: bytes, context: bytes) -> WrappedKey:
        """The data key under the active wrapping key, bound to its context."""
        content = self._now()
        nonce = os.urandom(_NONCE_BYTES)
        return WrappedKey(content.active, nonce + content.ciphers[content.active].encrypt(nonce, data_key, context))

    def unwrap(self, wrapped: WrappedKey, context: bytes) -> bytes:
        """raises KeyMissing (wrapped by a key that is not here), SealBroken (changed, or another context)"""
        cipher = self._now().ciphers.get(wrapped.key_id)
        if cipher is None:
            raise KeyMissing(f"wrapping key {wrapped.key_id}")
        try:
            return cipher.decrypt(wrapped.ciphertext[:_NONCE_BYTES], wrapped.ciphertext[_NONCE_BYTES:], context)
        except (InvalidTag, ValueError) as error:
            raise SealBroken("a wrapped data key") from error

    def index_key(self, purpose: str) -> bytes:
        """32 bytes, another for every purpose."""
        return _derived(self._now().index_root, f"index:{purpose}")

    def add_version(self) -> str:
        """A new active wrapping key; the file is replaced as a whole, the old keys stay in it."""
        with held_alone(self._path.parent):
            content = _read(self._path)
            key_id = _new_id()
            replace(self._path, _document(key_id, {**content.keys, key_id: _new_key()}, content.index_root))
        return key_id

    def retire(self, key_id: str) -> None:
        """Takes a wrapping key out of the file. raises KeyInUse: it is the active one"""
        with held_alone(self._path.parent):
            content = _read(self._path)
            if key_id == content.active:
                raise KeyInUse(f"{key_id} is the active wrapping key")
            kept = {name: key for name, key in content.keys.items() if name != key_id}
            replace(self._path, _document(content.active, kept, content.index_root))

    def _now(self) -> _Content:
        """The file as it is. A file that has gone away wraps nothing any more: its keys could not be had again."""
        stamp = stamp_of(self._path)
        if stamp is None:
            raise KeyStoreUnavailable(f"{self._path.name} is gone")
        if stamp != self._content.stamp:
            self._content = _read(self._path)
        return self._content


def _read(path: Path) -> _Content:
    stamp = stamp_of(path)  # before the content: a change in between is seen at the next use
    active, keys, index_root = _parsed(read_private(path))
    ciphers = {key_id: AESGCM(_derived(key, f"wrap:{key_id}")) for key_id, key in keys.items()}
    return _Content(stamp, active, keys, index_root, ciphers)


def _new_id() -> str:
    return f"file-{secrets.token_hex(4)}"


def _new_key() -> bytes:
    return secrets.token_bytes(_KEY_BYTES)


def _document(active: str, keys: Mapping[str, bytes], index_root: bytes) -> bytes:
    content = {
        "version": _VERSION,
        "active": active,
        "keys": {key_id: _text(key) for key_id, key in keys.items()},
        "index": _text(index_root),
    }
    return json.dumps(content, indent=1).encode()


def _derived(key: bytes, purpose: str) -> bytes:
    """source: HKDF-SHA-256, RFC 5869; a key serves one purpose only"""
    return HKDF(SHA256(), _KEY_BYTES, salt=None, info=f"auth-service 1 {purpose}".encode()).derive(key)


def _parsed(content: bytes) -> tuple[str, Mapping[str, bytes], bytes]:
    try:
        document = json.loads(content)
        keys = {str(key_id): _secret(text) for key_id, text in document["keys"].items()}
        active, index_root = str(document["active"]), _secret(document["index"])
        if document["version"] != _VERSION or active not in keys:
            raise KeyMissing("the key file has an unknown form")
    except (ValueError, KeyError, TypeError, AttributeError, binascii.Error) as error:
        raise KeyMissing("the key file is damaged") from error
    return active, keys, index_root


def _secret(text: str) -> bytes:
    key = base64.b64decode(text, validate=True)
    if len(key) != _KEY_BYTES:
        raise ValueError("wrong key length")
    return key


def _text(key: bytes) -> str:
    return base64.b64encode(key).decode()
