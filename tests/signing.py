"""A device's side of a signature, written from RFC 9421 alone: what an integrator without our library would write."""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

COVERED_HEADERS = ("content-type", "content-digest", "idempotency-key", "capture-token", "capture-nonce")


def digest_of(body: bytes) -> str:
    return f"sha-256=:{base64.b64encode(hashlib.sha256(body).digest()).decode()}:"


def nonce() -> str:
    return base64.urlsafe_b64encode(secrets.token_bytes(16)).decode().rstrip("=")


@dataclass
class Key:
    """A device's key; `id` is the device's, or at enrolment the key itself."""

    private: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)
    id: str = ""

    def __post_init__(self) -> None:
        self.id = self.id or self.public_text

    @property
    def public(self) -> bytes:
        return self.private.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)

    @property
    def public_text(self) -> str:
        return base64.urlsafe_b64encode(self.public).decode().rstrip("=")


@dataclass(frozen=True)
class Call:
    """One request, to be signed."""

    method: str
    authority: str
    path: str
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    def component(self, name: str) -> str:
        derived = {
            "@method": self.method, "@authority": self.authority, "@path": self.path, "@query": f"?{self.query}",
        }  # fmt: skip
        return derived[name] if name in derived else self.headers[name]


def with_digest(call: Call, content_type: str) -> Call:
    """Its headers with those of its body."""
    headers = {**call.headers, "content-type": content_type, "content-digest": digest_of(call.body)}
    return Call(call.method, call.authority, call.path, call.query, headers, call.body)


def parameters_of(key_id: str, at: datetime, **other: str | int) -> dict[str, str | int]:
    created = int(at.timestamp())
    return {
        "created": created, "expires": created + 300, "nonce": nonce(), "keyid": key_id, "alg": "ed25519",
        "tag": "auth-service-kiosk",
    } | other  # fmt: skip


def input_of(covered: Sequence[str], parameters: Mapping[str, str | int]) -> str:
    """The value of `@signature-params`."""
    said = "".join(
        f";{name}={value if isinstance(value, int) else chr(34) + value + chr(34)}"
        for name, value in parameters.items()
    )
    return f"({' '.join(chr(34) + name + chr(34) for name in covered)}){said}"


def base_of(call: Call, covered: Sequence[str], parameters: Mapping[str, str | int]) -> bytes:
    """The signature base, RFC 9421 section 2.5."""
    lines = [f'"{name}": {call.component(name)}' for name in covered]
    return "\n".join([*lines, f'"@signature-params": {input_of(covered, parameters)}']).encode("ascii")


def covered_of(call: Call) -> list[str]:
    return ["@method", "@authority", "@path", "@query", *(name for name in COVERED_HEADERS if name in call.headers)]


def signed(call: Call, key: Key, at: datetime, **other: str | int) -> dict[str, str]:
    """All headers of the call, its signature among them."""
    covered, parameters = covered_of(call), parameters_of(key.id, at, **other)
    signature = base64.b64encode(key.private.sign(base_of(call, covered, parameters))).decode()
    return {
        **call.headers,
        "signature-input": f"sig1={input_of(covered, parameters)}",
        "signature": f"sig1=:{signature}:",
    }
