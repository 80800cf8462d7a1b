"""Capture sessions, their moves and steps, what the layers of liveness found, what recognises their films, and requests
for another way.

Sessions, moves and steps live for minutes, or until nobody needs to look at them any more; findings are facts.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from auth_service.capture.other_way import BY_WORDS
from auth_service.liveness.layers import Layer, Sign
from auth_service.liveness.replay_print import MOST_CELLS
from auth_service.qualification.evidence import Channel
from auth_service.storage.tables.schema import Digest, Id, Schema, Word, one_of


class CaptureSessionRow(Schema):
    """One session. Every instant and the challenge are set once; triggers refuse to take one back.

    device         keyed hash, or empty
    browser        keyed hash of the mark that a phone's browser keeps; NULL where there is none
    subject        keyed index of the ID number that was given, known or not
    ticket_index, token_index  keyed hashes of the secrets; the secrets themselves are kept nowhere
    asked_sealed   what the person can do and consented to
    challenge_sealed  nonce and challenge
    """

    __tablename__ = "capture_sessions"
    __table_args__ = (
        CheckConstraint(one_of("channel", Channel), name="channel"),
        CheckConstraint("(started_at IS NULL) = (challenge_sealed IS NULL)", name="challenge"),
        CheckConstraint("claimed_at IS NULL OR started_at IS NOT NULL", name="claimed"),
        CheckConstraint("decided_at IS NULL OR claimed_at IS NOT NULL", name="decided"),
        CheckConstraint("(decided_at IS NULL) = (evidence_id IS NULL)", name="evidence"),
        Index(None, "person_id"),
        Index(None, "opened_at"),
        Index(None, "subject"),
        Index(None, "evidence_id"),
        Index(None, "browser", "decided_at"),
    )

    id: Mapped[Id] = mapped_column(primary_key=True)
    person_id: Mapped[Id | None] = mapped_column(ForeignKey("people.id"))
    channel: Mapped[Word]
    device: Mapped[Digest]
    browser: Mapped[Digest | None]
    subject: Mapped[bytes]
    ticket_index: Mapped[bytes] = mapped_column(unique=True)
    token_index: Mapped[bytes | None] = mapped_column(unique=True)
    asked_sealed: Mapped[bytes]
    challenge_sealed: Mapped[bytes | None]
    opened_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    claimed_at: Mapped[datetime | None]
    decided_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    evidence_id: Mapped[Id | None]


class CaptureMoveRow(Schema):
    """What one session told its client, or had sealed, in its order; no row ever changes.

    details_sealed  JSON: a challenge that was drawn anew, the digest and the extent of what was sealed, or the keyed
                    hash of a one-time code
    """

    __tablename__ = "capture_moves"
    __table_args__ = (
        CheckConstraint("kind IN ('asked', 'sealed', 'code_sent', 'code_given')", name="kind"),
        CheckConstraint("n >= 0 AND place >= 0", name="place"),
    )

    session_id: Mapped[Id] = mapped_column(ForeignKey("capture_sessions.id"), primary_key=True)
    place: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    kind: Mapped[Word]
    n: Mapped[int]
    at: Mapped[datetime]
    details_sealed: Mapped[bytes]


class CaptureStepRow(Schema):
    """The frames of one accepted step, final: no row ever changes. `look` is JSON, the answer that was given for it.

    digest  keyed, of the pictures as they came: the same step sent again is known by it
    """

    __tablename__ = "capture_steps"
    __table_args__ = (CheckConstraint("n >= 0", name="n"),)

    session_id: Mapped[Id] = mapped_column(ForeignKey("capture_sessions.id"), primary_key=True)
    n: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    digest: Mapped[bytes]
    frame_count: Mapped[int]
    byte_count: Mapped[int] = mapped_column(BigInteger)
    look: Mapped[str] = mapped_column(Text)
    frames_sealed: Mapped[bytes]
    accepted_at: Mapped[datetime]


class PadFindingRow(Schema):
    """What one layer said of one attempt; append-only. Reasons and scores are sealed with the person's key.

    versions        JSON, name -> version of every program and model that had a part in the verdict; `policy`, the
                    digest of all limits and modes; `mode`, how much this layer counted
    details_sealed  empty once the person is erased, and for somebody who is not in the ledger
    """

    __tablename__ = "pad_findings"
    __table_args__ = (
        CheckConstraint(one_of("layer", Layer), name="layer"),
        CheckConstraint(one_of("sign", Sign), name="sign"),
        Index(None, "person_id"),
    )

    evidence_id: Mapped[Id] = mapped_column(ForeignKey("evidence.id"), primary_key=True)
    layer: Mapped[Word] = mapped_column(primary_key=True)
    person_id: Mapped[Id | None] = mapped_column(ForeignKey("people.id"))
    sign: Mapped[Word]
    versions: Mapped[str] = mapped_column(Text)
    details_sealed: Mapped[bytes]
    found_at: Mapped[datetime]


class ReplayPrintRow(Schema):
    """What is kept of a decided session so that its film is recognised; append-only.

    print_sealed  with the person's key (liveness/replay_print.py); empty for somebody who is not in the ledger
    """

    __tablename__ = "replay_prints"
    __table_args__ = (Index(None, "person_id"), Index(None, "taken_at"))

    evidence_id: Mapped[Id] = mapped_column(ForeignKey("evidence.id"), primary_key=True)
    person_id: Mapped[Id | None] = mapped_column(ForeignKey("people.id"))
    print_sealed: Mapped[bytes]
    taken_at: Mapped[datetime]


class ReplayCellRow(Schema):
    """A keyed hash of one frame's pixels, by which the same frame is found whoever it is shown for; append-only."""

    __tablename__ = "replay_cells"
    __table_args__ = (CheckConstraint(f"place >= 0 AND place < {MOST_CELLS}", name="place"), Index(None, "cell"))

    evidence_id: Mapped[Id] = mapped_column(ForeignKey("replay_prints.evidence_id"), primary_key=True)
    place: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    cell: Mapped[bytes]


class OtherWayRow(Schema):
    """A request for another way. It changes nothing by itself. `once`: keyed, one request a day for one
    number, way, person or nobody, and telephone number.

    person_id     None where the number is in no ledger: nobody to call, and the answer to the page is the same
    phone_sealed  a telephone number that was given for this request alone, with the person's key
    note_sealed   what staff did about it, in words, with the same key
    way           of a request with a photo `counter`, which is what a release before photos reads
    upload        of a request with a photo: keyed digest of what came, by which the same is known again
    photo_id      the picture, where one was kept
    consent_sealed  what the person agreed to before leaving it, with the same key
    """

    __tablename__ = "other_ways"
    __table_args__ = (
        CheckConstraint(one_of("way", BY_WORDS), name="way"),
        CheckConstraint(one_of("channel", Channel), name="channel"),
        CheckConstraint("(settled_at IS NULL) = (settled_by IS NULL)", name="settled"),
        Index(None, "asked_at"),
        Index(None, "person_id"),
    )

    id: Mapped[Id] = mapped_column(primary_key=True)
    person_id: Mapped[Id | None] = mapped_column(ForeignKey("people.id"))
    way: Mapped[Word]
    channel: Mapped[Word]
    asked_at: Mapped[datetime]
    phone_sealed: Mapped[bytes | None]
    once: Mapped[bytes] = mapped_column(unique=True)
    settled_at: Mapped[datetime | None]
    settled_by: Mapped[Id | None]
    note_sealed: Mapped[bytes | None]
    upload: Mapped[bytes | None]
    photo_id: Mapped[Id | None] = mapped_column(index=True)
    consent_sealed: Mapped[bytes | None]
