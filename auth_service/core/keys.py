"""The port behind which the service's keys lie.

`connectors/key_file.py` keeps them in a file for development; production puts a KMS or HSM here.
Nothing outside an implementation ever sees a key-encryption key.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class WrappedKey:
    """A data key that only the key ring can open: the id of the wrapping key, and the wrapped bytes."""

    key_id: str
    ciphertext: bytes


class KeyRing(Protocol):
    """Wraps data keys and derives the blind-index key. raises KeyMissing, SealBroken"""

    def wrap(self, data_key: bytes, context: bytes) -> WrappedKey: ...

    def unwrap(self, wrapped: WrappedKey, context: bytes) -> bytes: ...

    def index_key(self, purpose: str) -> bytes:
        """32 bytes for HMAC-SHA-256 blind indexes of one purpose (`id_number`, `name`, `pixels` ...)."""
        ...


class Signer(Protocol):
    """Signs certificates with Ed25519 (RFC 8032). The private key stays inside."""

    @property
    def key_id(self) -> str: ...

    def sign(self, message: bytes) -> bytes: ...

    def public_key(self) -> bytes:
        """32 raw bytes."""
        ...
