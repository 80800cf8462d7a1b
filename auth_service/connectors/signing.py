"""Ed25519 signatures of certificates: a signer on a key file, and the check that anybody can do offline."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from auth_service.connectors.secret_files import create_once, read_private
from auth_service.core.errors import KeyMissing, SealBroken
from auth_service.qualification.certificate import CertificateClaims, read_token


class SigningKeyFile:
    """Signer over a JSON key file. `key_id` is the beginning of the public key's SHA-256."""

    def __init__(self, path: Path) -> None:
        """Reads an existing file. raises KeyMissing (absent or damaged), SettingInvalid (others may read it)"""
        try:
            document = json.loads(read_private(path))
            self._key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(document["ed25519"]))
        except (ValueError, TypeError, KeyError) as error:
            raise KeyMissing("the signing key file is damaged") from error
        self._public = self._key.public_key().public_bytes_raw()
        self._key_id = key_id_of(self._public)

    @classmethod
    def open_or_create(cls, path: Path) -> SigningKeyFile:
        """The file's key; the first caller of all makes the file, everybody else reads that one."""
        if not path.exists():
            secret = Ed25519PrivateKey.generate().private_bytes_raw()
            create_once(path, json.dumps({"version": 1, "ed25519": secret.hex()}).encode())
        return cls(path)

    @property
    def key_id(self) -> str:
        return self._key_id

    def sign(self, message: bytes) -> bytes:
        return self._key.sign(message)

    def public_key(self) -> bytes:
        return self._public


def key_id_of(public_key: bytes) -> str:
    """16 hex characters that name a public key."""
    return hashlib.sha256(public_key).hexdigest()[:16]


def verify_token(token: str, public_keys: Mapping[str, bytes]) -> CertificateClaims:
    """What a certificate token states, once its signature has proved right.

    public_keys  key id -> 32 raw bytes
    raises       SealBroken (wrong signature, or signed by an unknown key), FileUnreadable (not a token)
    """
    claims = read_token(token)
    public = public_keys.get(claims.key_id)
    if public is None:
        raise SealBroken("the certificate was signed by an unknown key")
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(claims.signature, claims.message)
    except InvalidSignature as error:
        raise SealBroken("the certificate's signature is wrong") from error
    return claims
