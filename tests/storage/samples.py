"""Made-up people, faces and attempts for the storage tests."""

from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
from sqlalchemy import create_engine, text

from auth_service.beneficiaries.id_number import check_character
from auth_service.beneficiaries.ledger import LedgerRow, check_ledger_row
from auth_service.core.ids import new_id
from auth_service.enrollment.references import ReferencePhoto, form_reference_set
from auth_service.enrollment.sources import PhotoSource
from auth_service.faces.quality import QualityReason
from auth_service.faces.sample import PhotoHash
from auth_service.faces.template import EngineIdentity, Template
from auth_service.liveness.decision import PadDecision, PadReason, PadVerdict
from auth_service.matching.comparison import ComparisonDecision, Zone
from auth_service.monitoring.flags import Flag, Severity
from auth_service.qualification.decision import Decision, Outcome, Reason
from auth_service.qualification.evidence import Channel, EvidenceKind, FaceEvidence
from auth_service.storage.unit import Store, Unit

NOW = datetime(2026, 3, 10, 2, 30, 15, 123456, tzinfo=UTC)
ENGINE = EngineIdentity("dlib-resnet", "a" * 64)
OTHER_ENGINE = EngineIdentity("mobile", "b" * 64)


def number(sequence: int) -> str:
    """A valid synthetic ID number of a woman or man born on 2 May 1948."""
    body = f"13020319480502{sequence:03d}"
    return body + check_character(body)


def row(sequence: int = 1, **given: str) -> LedgerRow:
    values = {"id_number": number(sequence), "name": "王秀英", "benefit_kind": "resident_pension", **given}
    return check_ledger_row(values, date(2026, 3, 10))


def person(store: Store, sequence: int = 1, **given: str) -> str:
    with store.unit() as unit:
        return unit.people.apply(row(sequence, **given), NOW, "batch-1").person_id


def template(seed: int = 1, identity: EngineIdentity = ENGINE) -> Template:
    return Template(identity, np.random.default_rng(seed).normal(size=128).astype(np.float32), 1, mirrored=True)


def photo_hash(seed: int = 1) -> PhotoHash:
    digest = hashlib.sha256(f"pixels {seed}".encode()).digest()
    return PhotoHash(digest, int.from_bytes(digest[:8], "big"), int.from_bytes(digest[8:16], "big"))


def reference_photo(seed: int = 1, **changed: Any) -> ReferencePhoto:
    given = {"source": PhotoSource.OFFICER, "taken_on": date(2025, 12, 31), "template": template(seed), **changed}
    return ReferencePhoto(id=new_id(), enrolled_at=NOW, photo_hash=photo_hash(seed), **given)


def enrol(unit: Unit, person_id: str, *photos: ReferencePhoto, at: datetime = NOW) -> str:
    for photo in photos:
        unit.references.add_photo(person_id, photo)
    unit.references.activate(form_reference_set(set_id := new_id(), person_id, photos, at))
    return set_id


def evidence(person_id: str | None, minutes: int = 0, **changed: Any) -> FaceEvidence:
    given: dict[str, Any] = {
        "channel": Channel.COUNTER,
        "kind": EvidenceKind.ASSISTED,
        "pad": PadDecision(PadVerdict.BONA_FIDE, (PadReason.ATTESTED_BY_OFFICER,)),
        "comparison": ComparisonDecision(0.1 + 0.2, Zone.MATCH, "dlib-resnet", "shipped 1", 0.9333333333333333, 0.85),
        "quality": (QualityReason.BLURRED, QualityReason.TILTED),
        "has_reference": True,
        "probe_images": 2,
        "attested_by": "officer-1",
        **changed,
    }
    return FaceEvidence(id=new_id(), person_id=person_id, taken_at=NOW + timedelta(minutes=minutes), **given)


PASSED = Decision(Outcome.QUALIFIED, (Reason.MATCH_ATTESTED,), Zone.MATCH)
TRY_AGAIN = Decision(Outcome.RETRY, (Reason.NON_MATCH,), Zone.NON_MATCH)
NON_MATCH = ComparisonDecision(0.2, Zone.NON_MATCH, "dlib-resnet", "shipped 1", 0.93, 0.85)
LOOK = Decision(Outcome.REFER, (Reason.PHOTO_WITHOUT_ATTESTATION,), Zone.MATCH)
PHOTO_ONLY = PadDecision(PadVerdict.NONE, (PadReason.PHOTO_ONLY,))


def flag(*people: str, key: str = "V03:x", severity: Severity = Severity.MEDIUM, minutes: int = 0) -> Flag:
    facts = {"failures_last_day": 3, "share": 0.1, "exact": True, "none": None, "word": "照片"}
    raised = NOW + timedelta(minutes=minutes)
    return Flag("V03", 1, severity, tuple(people), facts, key, raised, (("probe", "p1"), ("reference", "p2")))


def direct_sql(url: str, *statements: str) -> list[Any]:
    """Behind the service's back, as somebody with the database's password would. Returns rows of the last one."""
    engine = create_engine(url)
    try:
        with engine.begin() as connection:
            rows: list[Any] = []
            for statement in statements:
                result = connection.execute(text(statement))
                rows = list(result) if result.returns_rows else []
            return rows
    finally:
        engine.dispose()
