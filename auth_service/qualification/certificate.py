"""The certificate of a pass: what it states, and the bytes that are signed.

A certificate says that somebody passed, by which kind of evidence, when, and until when it holds. It names nobody:
the paper is shown at banks and village offices, and whoever reads its QR learns no more than the page shows.
"""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from auth_service.core.errors import FileUnreadable
from auth_service.core.keys import Signer, sign_named
from auth_service.qualification.evidence import EvidenceKind
from auth_service.qualification.grades import WORTH, EventKind

_PREFIX = "AC1"
"""Token format 1: `AC1.<payload>.<key id>.<signature>`, base64url without padding."""


class ReceiptKind(StrEnum):
    """What a pass rested on that was not made here. A certificate is shown at banks: it never says that somebody was in
    hospital or married, only that data confirmed them.
    """

    SILENT = "silent"
    HOME_VISIT = "home_visit"
    CONSULATE = "consulate"
    OTHER_REGION = "other_region"


def receipt_kind(kind: EventKind) -> ReceiptKind:
    """How a certificate calls an imported event."""
    return ReceiptKind.SILENT if WORTH[kind].silent else ReceiptKind(kind.value)


@dataclass(frozen=True, slots=True)
class Certificate:
    """serial 128 random bits (32 hex); passed_on and due_on legal dates."""

    serial: str
    evidence_kind: EvidenceKind | ReceiptKind
    passed_on: date
    due_on: date
    token: str


@dataclass(frozen=True, slots=True)
class CertificateClaims:
    """A token taken apart. Only a verified signature makes it worth anything."""

    serial: str
    evidence_kind: str
    passed_on: date
    due_on: date
    key_id: str
    message: bytes
    signature: bytes


def issue(serial: str, kind: EvidenceKind | ReceiptKind, passed_on: date, due_on: date, signer: Signer) -> Certificate:
    """A signed certificate. raises KeyStoreUnavailable. source: Ed25519, RFC 8032; canonical JSON with sorted keys"""
    payload = {"v": 1, "serial": serial, "kind": kind.value, "passed_on": str(passed_on), "due_on": str(due_on)}
    body = _b64(json.dumps(payload, sort_keys=True, separators=(",", ":")).encode())
    token = ""

    def message_under(key_id: str) -> bytes:
        nonlocal token
        token = f"{_PREFIX}.{body}.{key_id}"
        return token.encode()

    signature = sign_named(signer, message_under)
    return Certificate(serial, kind, passed_on, due_on, f"{token}.{_b64(signature)}")


def read_token(token: str) -> CertificateClaims:
    """What a token claims, unverified. raises FileUnreadable (not a certificate token)"""
    try:
        prefix, body, key_id, signature = token.strip().split(".")
        if prefix != _PREFIX:
            raise FileUnreadable("unknown certificate format")
        payload = json.loads(_unb64(body))
        return CertificateClaims(
            serial=str(payload["serial"]),
            evidence_kind=str(payload["kind"]),
            passed_on=date.fromisoformat(payload["passed_on"]),
            due_on=date.fromisoformat(payload["due_on"]),
            key_id=key_id,
            message=f"{prefix}.{body}.{key_id}".encode(),
            signature=_unb64(signature),
        )
    except (ValueError, KeyError, TypeError, RecursionError, binascii.Error) as error:
        raise FileUnreadable("not a certificate token") from error


def _b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _unb64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
