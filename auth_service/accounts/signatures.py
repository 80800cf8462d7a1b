"""What a device signs of a request, and what the signature says of itself.

source   RFC 9421 (HTTP message signatures), RFC 9530 (Content-Digest); trust.md 2.3
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from auth_service.accounts.devices import DevicePolicy
from auth_service.core.errors import ClockSkewed, SignatureExpired, SignatureInvalid

LABEL, ALGORITHM, TAG = "sig1", "ed25519", "auth-service-kiosk"
"""One signature with this name, this algorithm (RFC 9421 section 3.3.6) and this tag; there is no choice to be tricked
into."""
ALWAYS = ("@method", "@authority", "@path", "@query")
"""Covered by every signature. source: trust.md 2.3, method and target"""
OF_A_BODY = ("content-type", "content-digest")
"""Covered, and there, where a body is."""
WHEN_SENT = ("idempotency-key", "capture-token", "capture-nonce")
"""Headers that say what a request does: covered where they are sent."""
_KEY_ID = re.compile(r"[0-9a-f]{32}|[A-Za-z0-9_-]{43}")
"""A device's id; or, once, at its enrolment, the new key itself as base64url."""


@dataclass(frozen=True, slots=True)
class SignedMessage:
    """A request but for its body, as it came.

    url      scheme and authority as people reach the service, path and query as they stand in the request line
    headers  every line, in order
    """

    method: str
    url: str
    headers: Sequence[tuple[str, str]]

    def lines(self, name: str) -> list[str]:
        """The values of a header, one for each line."""
        return [value for given, value in self.headers if given.lower() == name]

    @property
    def has_body(self) -> bool:
        """Whether one was announced; without either header a request has none (RFC 9112 section 6.3)."""
        length = self.lines("content-length")
        return bool(self.lines("transfer-encoding")) or any(one.strip() != "0" for one in length)

    @property
    def covered(self) -> frozenset[str]:
        """What its signature has to cover: exactly this."""
        sent = {name for name in (*WHEN_SENT, *OF_A_BODY) if self.lines(name)}
        return frozenset({*ALWAYS, *sent, *(OF_A_BODY if self.has_body else ())})


@dataclass(frozen=True, slots=True)
class SignatureClaim:
    """What a signature says of itself; true once it is verified."""

    key_id: str
    created: datetime
    expires: datetime
    nonce: str


class MessageSignatures(Protocol):
    """RFC 9421 behind a port; `connectors/message_signatures.py` fulfils it."""

    def claim_of(self, message: SignedMessage) -> SignatureClaim:
        """raises SignatureMissing, SignatureInvalid: not of the one form there is"""
        ...

    def verify(self, message: SignedMessage, key_id: str, public_key: bytes) -> None:
        """raises SignatureInvalid: the key did not sign this message"""
        ...

    def check_body(self, digests: Sequence[str], body: bytes) -> None:
        """digests: the lines of Content-Digest, which the signature covers. raises DigestMismatch"""
        ...


def is_key_id(text: str) -> bool:
    """Whether it has the form of one."""
    return _KEY_ID.fullmatch(text) is not None


def check_time(claim: SignatureClaim, now: datetime, policy: DevicePolicy) -> None:
    """Whether a signature holds now. raises SignatureInvalid (it claims to hold too long), ClockSkewed,
    SignatureExpired"""
    if not timedelta(0) < claim.expires - claim.created <= timedelta(seconds=policy.longest_seconds):
        raise SignatureInvalid("expires has to follow created within the time allowed")
    skew, told = timedelta(seconds=policy.skew_seconds), now.isoformat(timespec="seconds")
    if claim.created > now + skew:
        raise ClockSkewed(told)
    if claim.expires < now - skew:
        raise SignatureExpired(told)


def remembered_until(claim: SignatureClaim, policy: DevicePolicy) -> datetime:
    """Until when its nonce is kept: longer than any clock within the skew could take it for good."""
    return claim.expires + timedelta(seconds=policy.skew_seconds + policy.nonce_seconds)
