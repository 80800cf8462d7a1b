"""Certificates that hold no longer: why, and the signed list that is checked without a line.

The list names serial numbers, instants and codes, and nobody. A revoked certificate takes no money from anybody and
moves no due date by itself: the status follows from facts, as before.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from auth_service.core.errors import FileUnreadable
from auth_service.core.keys import Signer, sign_named

_PREFIX = "AR1"
"""Format 1 of the list: `AR1.<payload>.<key id>.<signature>`, base64url without padding, as a certificate has it."""
LIST_HOURS = 24
"""A list that is older is out of date. source: own decision; a village office fetches one a day"""


class RevocationReason(StrEnum):
    """Why a certificate holds no longer."""

    VOIDED_BY_SOURCE = "voided_by_source"
    """What it rested on was taken back by the source that told it."""
    CORRECTED_BY_SOURCE = "corrected_by_source"
    """The source told it again, with another day or kind; a new certificate stands in its place if it counts."""
    ISSUED_IN_ERROR = "issued_in_error"
    """Two members of staff found that the pass was none."""


@dataclass(frozen=True, slots=True)
class Revocation:
    """One certificate that holds no longer. serial: 32 hex"""

    serial: str
    reason: RevocationReason
    revoked_at: datetime


@dataclass(frozen=True, slots=True)
class RevocationList:
    """What a signed list says. Only a verified signature makes it worth anything."""

    issued_at: datetime
    next_at: datetime
    revoked: tuple[Revocation, ...]
    key_id: str
    message: bytes
    signature: bytes

    def of(self, serial: str) -> Revocation | None:
        return next((one for one in self.revoked if one.serial == serial), None)


def publish(revoked: Sequence[Revocation], now: datetime, signer: Signer) -> str:
    """The signed text of the list. raises KeyStoreUnavailable. source: as qualification/certificate.py"""
    lines = [
        [one.serial, one.revoked_at.isoformat(timespec="seconds"), one.reason.value]
        for one in sorted(revoked, key=lambda one: (one.revoked_at, one.serial))
    ]
    instants = (now, now + timedelta(hours=LIST_HOURS))
    issued_at, next_at = (instant.isoformat(timespec="seconds") for instant in instants)
    payload = {"v": 1, "issued_at": issued_at, "next_at": next_at, "revoked": lines}
    body = _b64(json.dumps(payload, sort_keys=True, separators=(",", ":")).encode())
    token = ""

    def message_under(key_id: str) -> bytes:
        nonlocal token
        token = f"{_PREFIX}.{body}.{key_id}"
        return token.encode()

    signature = sign_named(signer, message_under)
    return f"{token}.{_b64(signature)}"


def read_list(text: str) -> RevocationList:
    """What a list claims, unverified. raises FileUnreadable (not a list)"""
    try:
        prefix, body, key_id, signature = text.strip().split(".")
        if prefix != _PREFIX:
            raise FileUnreadable("unknown format of a revocation list")
        payload = json.loads(_unb64(body))
        return RevocationList(
            datetime.fromisoformat(payload["issued_at"]),
            datetime.fromisoformat(payload["next_at"]),
            tuple(
                Revocation(str(serial), RevocationReason(reason), datetime.fromisoformat(at))
                for serial, at, reason in payload["revoked"]
            ),
            key_id,
            f"{prefix}.{body}.{key_id}".encode(),
            _unb64(signature),
        )
    except (ValueError, KeyError, TypeError, RecursionError, binascii.Error) as error:
        raise FileUnreadable("not a revocation list") from error


def _b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _unb64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
