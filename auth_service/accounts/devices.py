"""Devices that may speak for themselves, such as a bank's kiosk: who let them in, and what they may do now.

Two members of staff let a device in, one takes it out at once; rules set one aside, two people let it in again. Each
step is an instant that stays, and the state follows from them.
"""

from __future__ import annotations

import hashlib
import math
import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

READABLE = "abcdefghjkmnpqrstuvwxyz23456789"
"""No characters that are taken for one another when read from paper."""
_GROUPS, _OF = 7, 4
"""28 of 31 characters: 138 random bits. source: trust.md 2.3, a one-time code; own decision, at least 128 bits"""
KEY_BYTES = 32
"""An Ed25519 public key. source: RFC 8032 section 5.1.5"""
NONCE = re.compile(r"[A-Za-z0-9_-]{22,86}")
"""At least 128 random bits as base64url, and at most 512. source: own decision, as nonces of capture sessions"""


class DeviceKind(StrEnum):
    """What stands there."""

    KIOSK = "kiosk"
    """A self-service terminal that its owner, a bank, keeps."""


class DeviceState(StrEnum):
    """What a device may do now."""

    PENDING = "pending"
    """One person has entered it; a second has not approved it."""
    APPROVED = "approved"
    """Its one-time code may be exchanged for a key."""
    ACTIVE = "active"
    QUARANTINED = "quarantined"
    """A rule set it aside: what it sends is kept for people to look at, and it starts nothing new."""
    REVOKED = "revoked"
    """For good."""


class LensProfile(StrEnum):
    """How wide the camera sees."""

    STANDARD = "standard"
    WIDE = "wide"
    ULTRA_WIDE = "ultra_wide"


LENS_DEGREES: dict[LensProfile, float] = {
    LensProfile.STANDARD: 62.0, LensProfile.WIDE: 78.0, LensProfile.ULTRA_WIDE: 100.0,
}  # fmt: skip
"""Horizontal field of view of the picture as it is sent. source: own decision, three steps between common web cameras
and the lenses of terminals; whoever sets one up measures it (docs/integration/kiosk.md)"""
NEAR_CM, FAR_CM = 40, 80
"""From the lens to the face. source: the issue of the kiosk: nobody presses their nose to a screen"""
FACE_CM = 14.0
"""Breadth of a face. source: bizygomatic breadth of adults, 13 to 15 cm (ISO/TR 7250-2)"""


def face_share(lens: LensProfile, distance_cm: float) -> float:
    """Which part of the picture's width a face fills at this distance, seen from the front."""
    return FACE_CM / (2 * distance_cm * math.tan(math.radians(LENS_DEGREES[lens]) / 2))


@dataclass(frozen=True, slots=True)
class DevicePolicy:
    """Rules for devices. source of every default: trust.md 2.3; code_hours is our own decision

    code_hours          a one-time code may be exchanged for so long
    skew_seconds        a device's clock may be off by so much
    longest_seconds     a signature may hold for so long
    nonce_seconds       a nonce is remembered for so long after its signature has ended
    """

    code_hours: int = 24
    skew_seconds: int = 300
    longest_seconds: int = 300
    nonce_seconds: int = 600


@dataclass(frozen=True, slots=True)
class DeviceWords:
    """What staff say of a device when they enter it.

    owner   the bank, as its staff know it; totals are counted per owner
    place   where it stands, for whoever must go there
    """

    kind: DeviceKind
    name: str
    owner: str
    region_code: str
    place: str
    lens: LensProfile


@dataclass(frozen=True, slots=True)
class Device:
    """One device with everything that was done about it. Who did something is a staff id.

    public_key   Ed25519, 32 bytes; None until it enrolled
    staff_called_at  when somebody who stood there last asked for a person
    counter      the highest number of a record that came from it; 0: none came
    released_at  after quarantined_at: two people let it in again
    tampered     its record was changed behind the service: shown in lists, of no use
    """

    id: str
    words: DeviceWords
    created_by: str
    created_at: datetime
    code_expires_at: datetime
    approved_by: str | None = None
    approved_at: datetime | None = None
    public_key: bytes | None = None
    enrolled_at: datetime | None = None
    quarantined_at: datetime | None = None
    quarantine_reason: str | None = None
    release_proposed_by: str | None = None
    released_by: str | None = None
    released_at: datetime | None = None
    revoked_by: str | None = None
    revoked_at: datetime | None = None
    last_seen_at: datetime | None = None
    staff_called_at: datetime | None = None
    counter: int = 0
    tampered: bool = False

    @property
    def state(self) -> DeviceState:
        if self.revoked_at is not None:
            return DeviceState.REVOKED
        if self.quarantined_at is not None and self.released_at is None:
            return DeviceState.QUARANTINED
        if self.enrolled_at is not None:
            return DeviceState.ACTIVE
        return DeviceState.PENDING if self.approved_at is None else DeviceState.APPROVED

    @property
    def word(self) -> str:
        """What it is called where captures are counted by device; only its keyed hash is kept."""
        return f"{self.words.kind.value} {self.id}"

    def may_enrol(self, now: datetime) -> bool:
        """Whether its code may still be exchanged for a key."""
        return self.state is DeviceState.APPROVED and now < self.code_expires_at


def code_ends(created_at: datetime, policy: DevicePolicy) -> datetime:
    """Until when a code may be exchanged that was made now."""
    return created_at + timedelta(hours=policy.code_hours)


def make_code() -> str:
    """A one-time code, readable aloud."""
    return "-".join("".join(secrets.choice(READABLE) for _ in range(_OF)) for _ in range(_GROUPS))


def code_hash(code: str) -> str:
    """SHA-256 (hex) of a code as somebody typed it; its random bits need no slow hash."""
    return hashlib.sha256("".join(code.lower().split()).replace("-", "").encode()).hexdigest()
