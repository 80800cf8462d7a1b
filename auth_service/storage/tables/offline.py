"""What kiosks captured without a line: tickets for it, the records that came, and what a kiosk and we counted."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from auth_service.capture.offline_chain import ChainFault
from auth_service.capture.offline_rules import Hold, RecordState
from auth_service.storage.tables.schema import Digest, Id, Schema, Word, one_of

_OPEN, _FAULTY = text("decided_at IS NULL"), text("fault IS NOT NULL")


class OfflineTicketRow(Schema):
    """A ticket that was given. What it asks for lies in the ticket itself, sealed: a restored database that never heard
    of it knows it by that.

    used_by  the record that used it first
    """

    __tablename__ = "offline_tickets"
    __table_args__ = (
        CheckConstraint("(used_by IS NULL) = (used_at IS NULL)", name="used"),
        Index(None, "device_id", "expires_at"),
        Index(None, "expires_at"),
    )

    id: Mapped[Id] = mapped_column(primary_key=True)
    device_id: Mapped[Id] = mapped_column(ForeignKey("devices.id"))
    issued_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_by: Mapped[Id | None]
    used_at: Mapped[datetime | None]


class OfflineRecordRow(Schema):
    """One record. Its place in the chain, its times and what the kiosk was told are never changed.

    digest         sha256 of the record's bytes; `previous` is that of the one before it, as it says itself
    state, code    as they were answered
    session_id     its frames and who they are of, while they are kept; no foreign key: sessions go earlier
    fault          what is wrong with its place in the chain, as the records around it say, and since when
    hold           why a person looks first, as it was decided; empty: nothing spoke against it
    tries          how often it was begun to be measured
    record_sealed  the record's bytes, with the person's key or the service's; emptied with the session
    signature      the kiosk's, over the record; emptied with it
    """

    __tablename__ = "offline_records"
    __table_args__ = (
        CheckConstraint(one_of("state", RecordState), name="state"),
        CheckConstraint("(state = 'accepted') = (code = '')", name="code"),
        CheckConstraint(one_of("fault", ChainFault, nullable=True), name="fault"),
        CheckConstraint("(fault IS NULL) = (fault_at IS NULL)", name="fault_at"),
        CheckConstraint(f"hold = '' OR {one_of('hold', Hold, nullable=True)}", name="hold"),
        CheckConstraint("counter > 0 AND tries >= 0", name="counter"),
        CheckConstraint("evidence_id IS NULL OR decided_at IS NOT NULL", name="evidence"),
        UniqueConstraint("device_id", "client_event"),
        Index(None, "device_id", "counter"),
        Index(None, "device_id", "previous"),
        Index("ix_offline_records_open", "device_id", "tries", "counter", sqlite_where=_OPEN, postgresql_where=_OPEN),
        Index("ix_offline_records_faults", "device_id", "counter", sqlite_where=_FAULTY, postgresql_where=_FAULTY),
        Index(None, "device_id", "received_at"),
        Index(None, "session_id"),
        Index(None, "evidence_id"),
        Index(None, "person_id"),
    )

    id: Mapped[Id] = mapped_column(primary_key=True)
    device_id: Mapped[Id] = mapped_column(ForeignKey("devices.id"))
    counter: Mapped[int] = mapped_column(BigInteger)
    previous: Mapped[Digest]
    digest: Mapped[Digest]
    client_event: Mapped[str] = mapped_column(String(36))
    ticket_id: Mapped[Id | None]
    person_id: Mapped[Id | None] = mapped_column(ForeignKey("people.id"))
    state: Mapped[Word]
    code: Mapped[Word]
    captured_at: Mapped[datetime]
    received_at: Mapped[datetime]
    session_id: Mapped[Id | None]
    fault: Mapped[Word | None]
    fault_at: Mapped[datetime | None]
    hold: Mapped[Word | None]
    tries: Mapped[int]
    decided_at: Mapped[datetime | None]
    evidence_id: Mapped[Id | None]
    record_sealed: Mapped[bytes]
    signature: Mapped[bytes]


class ReconciliationRow(Schema):
    """What a kiosk said that it had done on one day, and how that differs from what came. The newest of a day counts.

    captures, records, last_counter, last_hash  as the kiosk said
    differences  JSON, a list of codes with numbers; empty: both agree
    """

    __tablename__ = "reconciliations"
    __table_args__ = (Index(None, "day", "device_id"),)

    id: Mapped[Id] = mapped_column(primary_key=True)
    device_id: Mapped[Id] = mapped_column(ForeignKey("devices.id"))
    day: Mapped[date]
    captures: Mapped[int] = mapped_column(BigInteger)
    records: Mapped[int] = mapped_column(BigInteger)
    last_counter: Mapped[int] = mapped_column(BigInteger)
    last_hash: Mapped[Digest]
    differences: Mapped[str] = mapped_column(Text)
    reported_at: Mapped[datetime]
