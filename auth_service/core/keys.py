"""The port behind which the service's keys lie.

`connectors/key_file.py` keeps them in a file for development, `connectors/hsm.py` in a PKCS#11 token for production.
Nothing outside an implementation ever sees a key-encryption key. A key ring holds several versions of that key: the
active one wraps, the older ones still open what they wrapped until `flows/rotate_keys.py` has moved every row on and
they are retired (docs/decisions/0015-keys.md).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from auth_service.core.errors import KeyStoreUnavailable


class KeyStoreKind(StrEnum):
    """Where the keys lie."""

    FILE = "file"
    PKCS11 = "pkcs11"


@dataclass(frozen=True, slots=True)
class KeyPolicy:
    """Where the keys lie and how long they are waited for. source: docs/decisions/0015-keys.md

    store            `file` (development) or `pkcs11` (production)
    pkcs11_module    path of the token's PKCS#11 library
    pkcs11_token     label of the token
    pkcs11_pin_file  file with the token's user PIN, readable by its owner only
    seconds          how long one call to the token may take before 503 is answered
    hung_seconds     after a call has been in the token's library for so long, a server or worker ends itself in good
                     order to be started again; twenty times `seconds`, and as long as a token may take to make a key
    """

    store: KeyStoreKind = KeyStoreKind.FILE
    pkcs11_module: str = ""
    pkcs11_token: str = ""
    pkcs11_pin_file: str = ""
    seconds: float = 3.0
    hung_seconds: float = 60.0


@dataclass(frozen=True, slots=True)
class WrappedKey:
    """A data key that only the key ring can open: the id of the wrapping key, and the wrapped bytes."""

    key_id: str
    ciphertext: bytes


class KeyRing(Protocol):
    """Wraps data keys and derives the blind-index key. raises KeyMissing, SealBroken, KeyStoreUnavailable

    What other processes do to the keys is seen here without a restart: a new version is used soon after it was made,
    and a retired one is missing from then on.
    """

    @property
    def active(self) -> str:
        """Id of the version that wraps."""
        ...

    def versions(self) -> tuple[str, ...]:
        """Ids of all versions that can open, oldest first, the active one last."""
        ...

    def wrap(self, data_key: bytes, context: bytes) -> WrappedKey: ...

    def unwrap(self, wrapped: WrappedKey, context: bytes) -> bytes: ...

    def index_key(self, purpose: str) -> bytes:
        """32 bytes for HMAC-SHA-256 blind indexes of one purpose (`id_number`, `name`, `pixels` ...)."""
        ...


class KeyStore(KeyRing, Protocol):
    """A key ring whose versions may be changed. Only `flows/rotate_keys.py` does."""

    def add_version(self) -> str:
        """Makes a new version and the active one; returns its id. All others stay readable."""
        ...

    def retire(self, key_id: str) -> None:
        """Destroys a version for good; doing it again changes nothing. raises KeyInUse: it is the active one"""
        ...


class Signer(Protocol):
    """Signs certificates with Ed25519 (RFC 8032). The private key stays inside. raises as KeyRing"""

    @property
    def key_id(self) -> str: ...

    def sign(self, message: bytes) -> bytes: ...

    def public_key(self) -> bytes:
        """32 raw bytes."""
        ...


class RotatingSigner(Signer, Protocol):
    """A signer whose key may be replaced."""

    def rotate(self) -> str:
        """Puts a new key in the place of the present one, which can sign no more; returns the new key's id.

        A process that had the old one raises KeyStoreUnavailable at its next signature and then uses the new one, so
        that no signature is ever given under another key's id.
        """
        ...


class PublicKeys(Protocol):
    """Public keys of every signer there ever was, so that a certificate outlives the key that signed it."""

    def all(self) -> Mapping[str, bytes]:
        """Key id -> 32 raw bytes."""
        ...

    def remember(self, signer: Signer) -> None:
        """Adds the signer's public key, durably."""
        ...


def sign_named(signer: Signer, message_under: Callable[[str], bytes]) -> bytes:
    """The signature of a message that names its signing key.

    message_under  the message for a given key id
    raises   KeyStoreUnavailable: the key was replaced between naming and signing
    """
    key_id = signer.key_id
    signature = signer.sign(message_under(key_id))
    if signer.key_id != key_id:
        raise KeyStoreUnavailable("the signing key was replaced")
    return signature


def data_key_context(owner: str) -> bytes:
    """What a wrapped data key is bound to: it opens for this owner only (a person id, or the service's own key)."""
    return f"auth-service data key\0{owner}".encode()
