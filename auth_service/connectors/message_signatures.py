"""HTTP message signatures of devices, checked with the library `http-message-signatures`.

The library knows many algorithms, labels and ways to name a component. Of these one is taken, and what else a message
offers is refused before the library is asked: a signature that this service would read in another way than its signer
meant does not exist.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import http_sf
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from http_message_signatures import (
    ContentDigest,
    HTTPMessageSignaturesException,
    HTTPMessageVerifier,
    MappingKeyResolver,
    algorithms,
)

from auth_service.accounts.devices import NONCE
from auth_service.accounts.signatures import ALGORITHM, LABEL, TAG, SignatureClaim, SignedMessage, is_key_id
from auth_service.core.errors import DigestMismatch, SignatureInvalid, SignatureMissing

_LONGEST_HEADER = 4096
"""Of Signature-Input, Signature and Content-Digest; ours take 400. source: own decision"""
_INPUT, _SIGNATURE = "signature-input", "signature"
_PARAMETERS: dict[str, type] = {
    "created": int, "expires": int, "nonce": str, "keyid": str, "alg": str, "tag": str,
}  # fmt: skip
_LATEST = 2**38
"""Seconds since 1970, far beyond any clock and within what a datetime holds."""


class _Verifier(HTTPMessageVerifier):
    """The library's, but for its look at the wall clock: accounts/signatures.py asks the service's own."""

    def validate_created_and_expires(self, sig_input: Any, max_age: Any = None) -> None:  # noqa: ARG002
        return None


@dataclass(frozen=True, slots=True)
class _Headers:
    lines: Sequence[tuple[str, str]]

    def items(self) -> Iterable[tuple[str, str]]:
        return self.lines


@dataclass(frozen=True, slots=True)
class _Message:
    """As the library wants to see a request. It never sees the body."""

    method: str
    url: str
    headers: _Headers


class DeviceSignatures:
    """Fulfils accounts.signatures.MessageSignatures."""

    def claim_of(self, message: SignedMessage) -> SignatureClaim:
        if not message.lines(_INPUT) or not message.lines(_SIGNATURE):
            raise SignatureMissing
        covered, parameters = self._only_member(message)
        if len(set(covered)) != len(covered) or set(covered) != message.covered:
            raise SignatureInvalid(f"has to cover exactly: {' '.join(sorted(message.covered))}")
        return _claim(parameters)

    def verify(self, message: SignedMessage, key_id: str, public_key: bytes) -> None:
        view = _Message(message.method, message.url, _Headers(message.headers))
        try:
            keys = MappingKeyResolver(
                public_keys={key_id: Ed25519PublicKey.from_public_bytes(public_key)}, private_keys={}
            )
            _Verifier(signature_algorithm=algorithms.ED25519, key_resolver=keys).verify(
                view, max_age=None, expect_tag=TAG, expect_label=LABEL
            )
        except (HTTPMessageSignaturesException, ValueError) as refused:
            raise SignatureInvalid from refused

    def check_body(self, digests: Sequence[str], body: bytes) -> None:
        if not digests and not body:
            return
        text = ", ".join(digests)
        if len(text) > _LONGEST_HEADER:
            raise DigestMismatch
        try:
            ContentDigest.verify(text, body)
        except HTTPMessageSignaturesException as refused:
            raise DigestMismatch from refused

    def _only_member(self, message: SignedMessage) -> tuple[list[str], Mapping[str, Any]]:
        """The covered components and the parameters of the one signature. raises SignatureInvalid"""
        inputs, signatures = _dictionary(message, _INPUT), _dictionary(message, _SIGNATURE)
        if set(inputs) != {LABEL} or set(signatures) != {LABEL}:
            raise SignatureInvalid(f"one signature, named {LABEL}")
        members, parameters = inputs[LABEL]
        if not isinstance(members, list) or not isinstance(signatures[LABEL][0], bytes):
            raise SignatureInvalid("no list of components with a signature")
        if any(not isinstance(name, str) or further for name, further in members):
            raise SignatureInvalid("components without parameters")
        return [name for name, _ in members], parameters


def _dictionary(message: SignedMessage, name: str) -> dict[str, Any]:
    """raises SignatureInvalid: no dictionary (RFC 9651), or a member named twice"""
    text = ", ".join(message.lines(name))
    if len(text) > _LONGEST_HEADER:
        raise SignatureInvalid(f"{name} is too long")

    def refuse(key: str, context: str) -> None:
        raise SignatureInvalid(f"{key} stands twice in a {context}")

    try:
        found = http_sf.parse(text.encode("ascii"), tltype="dictionary", on_duplicate_key=refuse)
    except (ValueError, TypeError) as error:
        raise SignatureInvalid(f"{name} cannot be read") from error
    return dict(found)  # type: ignore[arg-type]


def _claim(parameters: Mapping[str, Any]) -> SignatureClaim:
    """raises SignatureInvalid"""
    if set(parameters) != set(_PARAMETERS):
        raise SignatureInvalid(f"has to say exactly: {' '.join(_PARAMETERS)}")
    if any(type(parameters[name]) is not kind for name, kind in _PARAMETERS.items()):
        raise SignatureInvalid("a parameter of another type")
    if (parameters["alg"], parameters["tag"]) != (ALGORITHM, TAG):
        raise SignatureInvalid(f"alg is {ALGORITHM}, tag is {TAG}")
    created, expires = parameters["created"], parameters["expires"]
    if not NONCE.fullmatch(parameters["nonce"]) or not is_key_id(parameters["keyid"]):
        raise SignatureInvalid("nonce or keyid of another form")
    if not (0 < created < _LATEST and 0 < expires < _LATEST):
        raise SignatureInvalid("no time")
    return SignatureClaim(
        parameters["keyid"], datetime.fromtimestamp(created, UTC), datetime.fromtimestamp(expires, UTC),
        parameters["nonce"],
    )  # fmt: skip
