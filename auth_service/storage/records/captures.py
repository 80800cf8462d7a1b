"""Earlier captures of a person, kept as hashes and templates so that a replay is recognised."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam, case, insert, select

from auth_service.faces.sample import PhotoHash
from auth_service.faces.template import EngineIdentity, Template
from auth_service.qualification.evidence import Channel
from auth_service.storage.records.faces import open_hash, open_template, seal_hash, seal_template
from auth_service.storage.records.passes import PASSED
from auth_service.storage.sealing import DataKey
from auth_service.storage.tables import CaptureRow, EvidenceRow
from auth_service.storage.tables.schema import table_of
from auth_service.storage.work import Work

_ADD = insert(table_of(CaptureRow))
_OF = (
    select(
        CaptureRow.evidence_id,
        CaptureRow.place,
        CaptureRow.photo_id,
        CaptureRow.photo_hash_sealed,
        CaptureRow.template_sealed,
        CaptureRow.engine,
        CaptureRow.weights_digest,
        EvidenceRow.channel,
        EvidenceRow.taken_at,
        PASSED.label("passed"),
    )
    .join(EvidenceRow, EvidenceRow.id == CaptureRow.evidence_id)
    .where(CaptureRow.person_id == bindparam("person"))
    .order_by(
        case((PASSED, 0), else_=1),
        EvidenceRow.taken_at.desc(),
        CaptureRow.evidence_id.desc(),
        CaptureRow.place,
    )
    .limit(bindparam("most"))
)


@dataclass(frozen=True, slots=True)
class KnownCapture:
    """One earlier capture, with what became of it.

    photo_id  only where a picture was kept for review
    template  None where another engine made it: the hashes alone recognise the picture then
    """

    evidence_id: str
    photo_id: str | None
    photo_hash: PhotoHash
    template: Template | None
    channel: Channel
    taken_at: datetime
    qualified: bool


@dataclass(frozen=True, slots=True)
class NewCapture:
    """One photo of an attempt. `place` counts the attempt's photos from 0."""

    evidence_id: str
    person_id: str
    photo_hash: PhotoHash
    template: Template
    photo_id: str | None
    stored_at: datetime
    place: int = 0


class Captures:
    """Earlier captures within one unit."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def add(self, capture: NewCapture) -> None:
        """Remembers one photo of an attempt. The evidence must be stored before it."""
        key = self._work.keys.of(capture.person_id)
        template, row = capture.template, _row_name(capture.evidence_id, capture.place)
        values = {
            "evidence_id": capture.evidence_id,
            "place": capture.place,
            "person_id": capture.person_id,
            "photo_id": capture.photo_id,
            "engine": template.identity.engine,
            "weights_digest": template.identity.weights_digest,
            "images": template.images,
            "mirrored": template.mirrored,
            "template_sealed": seal_template(key, "captures", row, template),
            "photo_hash_sealed": seal_hash(key, "captures", row, capture.photo_hash),
            "stored_at": capture.stored_at,
        }
        self._work.connection.execute(_ADD, values)

    def picture_of(self, evidence_id: str) -> str | None:
        """Id of the picture that was kept for a look at this attempt."""
        kept = select(CaptureRow.photo_id).where(
            CaptureRow.evidence_id == evidence_id, CaptureRow.photo_id.is_not(None)
        )
        return self._work.connection.execute(kept.order_by(CaptureRow.place).limit(1)).scalar_one_or_none()

    def template_of(self, evidence_id: str, identity: EngineIdentity) -> Template | None:
        """What an attempt was or would have been compared by; None: nothing was kept, or another engine made it.

        raises   KeyMissing, SealBroken
        """
        wanted = select(CaptureRow.__table__).where(
            CaptureRow.evidence_id == evidence_id, CaptureRow.erased_at.is_(None)
        )
        row = self._work.connection.execute(wanted.order_by(CaptureRow.place).limit(1)).one_or_none()
        return None if row is None else _template(self._work.keys.of(row.person_id), row, identity)

    def of(self, person_id: str, identity: EngineIdentity, most: int) -> list[KnownCapture]:
        """Earlier captures of one person, at most so many: those that passed first, the newest of each first;
        templates of this engine only.

        raises   KeyMissing, SealBroken
        """
        rows = self._work.connection.execute(_OF, {"person": person_id, "most": most}).all()
        if not rows:
            return []
        key = self._work.keys.of(person_id)
        return [
            KnownCapture(
                evidence_id=row.evidence_id,
                photo_id=row.photo_id,
                photo_hash=open_hash(key, "captures", _row_name(row.evidence_id, row.place), row.photo_hash_sealed),
                template=_template(key, row, identity),
                channel=Channel(row.channel),
                taken_at=row.taken_at,
                qualified=bool(row.passed),
            )
            for row in rows
        ]


def _template(key: DataKey, row: Row[*tuple[Any, ...]], identity: EngineIdentity) -> Template | None:
    if EngineIdentity(row.engine, row.weights_digest) != identity:
        return None
    return open_template(key, "captures", _row_name(row.evidence_id, row.place), identity, row.template_sealed)


def _row_name(evidence_id: str, place: int) -> str:
    """What a sealed value of this row is bound to."""
    return f"{evidence_id}.{place}"
