"""Devices that sign what they send, what was signed once already, and what a chip's portrait was compared with."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, Double, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from auth_service.accounts.devices import DeviceKind, LensProfile
from auth_service.matching.comparison import Zone
from auth_service.storage.tables.schema import Digest, Guard, Id, Schema, Word, one_of


class DeviceRow(Schema):
    """One device. What two people must do, two people did: the database refuses one in both places.

    code_hash   of the one-time code; emptied once it was exchanged
    counter     the highest number of a record that came from it
    """

    __tablename__ = "devices"
    __table_args__ = (
        CheckConstraint(one_of("kind", DeviceKind), name="kind"),
        CheckConstraint(one_of("lens_profile", LensProfile), name="lens_profile"),
        CheckConstraint("(approved_by IS NULL) = (approved_at IS NULL)", name="approved"),
        CheckConstraint("approved_by IS NULL OR approved_by <> created_by", name="two_approve"),
        CheckConstraint("(public_key IS NULL) = (enrolled_at IS NULL)", name="enrolled"),
        CheckConstraint("enrolled_at IS NULL OR approved_at IS NOT NULL", name="enrolled_after_approval"),
        CheckConstraint("(quarantined_at IS NULL) = (quarantine_reason IS NULL)", name="quarantined"),
        CheckConstraint("(released_by IS NULL) = (released_at IS NULL)", name="released"),
        CheckConstraint(
            "released_by IS NULL OR (release_proposed_by IS NOT NULL AND released_by <> release_proposed_by)",
            name="two_release",
        ),
        CheckConstraint("(revoked_by IS NULL) = (revoked_at IS NULL)", name="revoked"),
        CheckConstraint("counter >= 0", name="counter"),
        Index(None, "owner"),
    )

    id: Mapped[Id] = mapped_column(primary_key=True)
    kind: Mapped[Word]
    name: Mapped[str] = mapped_column(String(200))
    owner: Mapped[str] = mapped_column(String(200))
    region_code: Mapped[Word]
    place: Mapped[str] = mapped_column(String(200))
    lens_profile: Mapped[Word]
    created_by: Mapped[Id]
    created_at: Mapped[datetime]
    code_hash: Mapped[Digest | None] = mapped_column(unique=True)
    code_expires_at: Mapped[datetime]
    approved_by: Mapped[Id | None]
    approved_at: Mapped[datetime | None]
    public_key: Mapped[bytes | None] = mapped_column(unique=True)
    enrolled_at: Mapped[datetime | None]
    quarantined_at: Mapped[datetime | None]
    quarantine_reason: Mapped[Word | None]
    release_proposed_by: Mapped[Id | None]
    released_by: Mapped[Id | None]
    released_at: Mapped[datetime | None]
    revoked_by: Mapped[Id | None]
    revoked_at: Mapped[datetime | None]
    last_seen_at: Mapped[datetime | None]
    staff_called_at: Mapped[datetime | None]
    counter: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    guard: Mapped[Guard]


class DeviceNonceRow(Schema):
    """A nonce that a device has used. Kept until no signature with it could hold any more."""

    __tablename__ = "device_nonces"
    __table_args__ = (Index(None, "expires_at"),)

    device_id: Mapped[Id] = mapped_column(ForeignKey("devices.id"), primary_key=True)
    nonce: Mapped[str] = mapped_column(String(100), primary_key=True)
    expires_at: Mapped[datetime]


class FlagDeviceRow(Schema):
    """Which device a flag concerns; append-only."""

    __tablename__ = "flag_devices"
    __table_args__ = (Index(None, "device_id"),)

    flag_id: Mapped[Id] = mapped_column(ForeignKey("flags.id"), primary_key=True)
    device_id: Mapped[Id] = mapped_column(ForeignKey("devices.id"))


class ChipComparisonRow(Schema):
    """What the portrait of a card's chip was compared with in one attempt; the portrait itself is kept nowhere.

    live, enrolled  similarity to the face before the camera and to the enrolled photos; NULL: nothing to compare with
    """

    __tablename__ = "chip_comparisons"
    __table_args__ = (
        CheckConstraint(one_of("live_zone", Zone, nullable=True), name="live_zone"),
        CheckConstraint(one_of("enrolled_zone", Zone, nullable=True), name="enrolled_zone"),
        CheckConstraint("(live_zone IS NULL) = (live IS NULL)", name="live"),
        CheckConstraint("(enrolled_zone IS NULL) = (enrolled IS NULL)", name="enrolled"),
    )

    evidence_id: Mapped[Id] = mapped_column(ForeignKey("evidence.id"), primary_key=True)
    live: Mapped[float | None] = mapped_column(Double)
    live_zone: Mapped[Word | None]
    enrolled: Mapped[float | None] = mapped_column(Double)
    enrolled_zone: Mapped[Word | None]
    compared_at: Mapped[datetime]
