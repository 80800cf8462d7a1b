"""A key ring in a file, for development: key-encryption keys with their ids, and the root of the index keys.

Production puts a KMS or an HSM behind the same port (core/keys.py). Losing this file loses everything that is sealed.
"""

from __future__ import annotations

import base64
import binascii
import json
import os
import secrets
from collections.abc import Mapping
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from auth_service.connectors.secret_files import create_once, read_private
from auth_service.core.errors import KeyMissing, SealBroken
from auth_service.core.keys import WrappedKey

_VERSION = 1
_KEY_BYTES = 32
_NONCE_BYTES = 12


class KeyFile:
    """KeyRing over a JSON file. Old wrapping keys stay in it, so that what they wrapped can still be opened."""

    def __init__(self, path: Path) -> None:
        """Reads an existing file. raises KeyMissing (absent or damaged), SettingInvalid (others may read it)"""
        active, keys, index_root = _parsed(read_private(path))
        self._active = active
        self._ciphers = {key_id: AESGCM(_derived(key, f"wrap:{key_id}")) for key_id, key in keys.items()}
        self._index_root = index_root

    @classmethod
    def open_or_create(cls, path: Path) -> KeyFile:
        """The file's key ring; the first caller of all makes the file, everybody else reads that one."""
        if not path.exists():
            create_once(path, _new_content())
        return cls(path)

    def wrap(self, data_key: bytes, context: bytes) -> WrappedKey:
        """The data key under the active wrapping key, bound to its context."""
        nonce = os.urandom(_NONCE_BYTES)
        return WrappedKey(self._active, nonce + self._ciphers[self._active].encrypt(nonce, data_key, context))

    def unwrap(self, wrapped: WrappedKey, context: bytes) -> bytes:
        """raises KeyMissing (wrapped by a key that is not here), SealBroken (changed, or another context)"""
        cipher = self._ciphers.get(wrapped.key_id)
        if cipher is None:
            raise KeyMissing(f"wrapping key {wrapped.key_id}")
        try:
            return cipher.decrypt(wrapped.ciphertext[:_NONCE_BYTES], wrapped.ciphertext[_NONCE_BYTES:], context)
        except (InvalidTag, ValueError) as error:
            raise SealBroken("a wrapped data key") from error

    def index_key(self, purpose: str) -> bytes:
        """32 bytes, another for every purpose."""
        return _derived(self._index_root, f"index:{purpose}")


def _new_content() -> bytes:
    key_id = f"file-{secrets.token_hex(4)}"
    content = {
        "version": _VERSION,
        "active": key_id,
        "keys": {key_id: _text(secrets.token_bytes(_KEY_BYTES))},
        "index": _text(secrets.token_bytes(_KEY_BYTES)),
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
