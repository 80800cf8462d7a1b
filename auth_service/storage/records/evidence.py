"""Evidence with its decision, and certificates: written once, never changed."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, bindparam, func, insert, not_, or_, select

from auth_service.faces.quality import QualityReason
from auth_service.liveness.decision import PadDecision, PadReason, PadVerdict
from auth_service.matching.comparison import ComparisonDecision, Zone
from auth_service.qualification.certificate import Certificate
from auth_service.qualification.decision import Decision, Outcome, Reason
from auth_service.qualification.evidence import Channel, EvidenceKind, FaceEvidence
from auth_service.storage.records.passes import HELD, PASSED
from auth_service.storage.tables import CertificateRow, EvidenceRow
from auth_service.storage.tables.schema import table_of
from auth_service.storage.work import Work, to_json

_EVIDENCE = table_of(EvidenceRow)
_ADD_EVIDENCE = insert(_EVIDENCE)
_CERTIFICATES = table_of(CertificateRow)
_ADD_CERTIFICATE = insert(_CERTIFICATES)
_FAILED = and_(
    not_(PASSED),
    not_(HELD),
    or_(
        _EVIDENCE.c.kind == EvidenceKind.ASSISTED.value,
        and_(_EVIDENCE.c.kind == EvidenceKind.FACE.value, _EVIDENCE.c.zone.is_not(None)),
        and_(
            _EVIDENCE.c.kind == EvidenceKind.PHOTO.value,
            _EVIDENCE.c.channel != Channel.AGENCY_API.value,
            or_(
                _EVIDENCE.c.zone == Zone.NON_MATCH.value,
                _EVIDENCE.c.pad_verdict == PadVerdict.ATTACK_SUSPECTED.value,
            ),
        ),
    ),
)
"""A try that counts: a living face that was compared, or somebody's word, or else a non-match or a suspected attack. A
bare photo that looked alike is an officer's look-up, not a try; one from an agency's system, and a session in which no
face was compared, say nothing of the person they name (FaceEvidence.counts_as_try), nor does a match whose kiosk is
doubted."""

_TRIES = select(func.count()).select_from(_EVIDENCE).where(_FAILED, _EVIDENCE.c.person_id == bindparam("person"))
_FAILURES = _TRIES.where(_EVIDENCE.c.taken_at >= bindparam("since"))
_FAILURES_ON_CHANNEL = _FAILURES.where(_EVIDENCE.c.channel == bindparam("on"))
_FAILURES_OF_ATTESTER = _FAILURES_ON_CHANNEL.where(
    _EVIDENCE.c.attested_by.startswith(bindparam("attester"), autoescape=False)
)
_FAILURES_AFTER = _TRIES.where(_EVIDENCE.c.taken_at > bindparam("after"))
_LAST_PASS = (
    select(_EVIDENCE.c.taken_at, _EVIDENCE.c.kind)
    .where(_EVIDENCE.c.person_id == bindparam("person"), PASSED)
    .order_by(_EVIDENCE.c.taken_at.desc())
    .limit(1)
)
_BEFORE_ALL = datetime(1970, 1, 1, tzinfo=UTC)


class Evidence:
    """Attempts within one unit."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def last_by_engine(self) -> dict[str, datetime]:
        """When each engine compared two faces for the last time."""
        newest = func.max(_EVIDENCE.c.taken_at, type_=_EVIDENCE.c.taken_at.type).label("newest")
        wanted = select(_EVIDENCE.c.engine, newest).where(_EVIDENCE.c.engine.is_not(None)).group_by(_EVIDENCE.c.engine)
        return {row.engine: row.newest for row in self._work.connection.execute(wanted)}

    def add(self, evidence: FaceEvidence, decision: Decision) -> None:
        """raises StorageFault: a qualified decision that no evidence but a photo stands behind"""
        comparison = evidence.comparison
        values = {
            "id": evidence.id,
            "person_id": evidence.person_id,
            "channel": evidence.channel.value,
            "kind": evidence.kind.value,
            "pad_verdict": evidence.pad.verdict.value,
            "pad_reasons": to_json([reason.value for reason in evidence.pad.reasons]),
            "similarity": comparison.similarity if comparison else None,
            "zone": comparison.zone.value if comparison else None,
            "engine": comparison.engine if comparison else None,
            "calibration": comparison.calibration if comparison else None,
            "accept_at": comparison.accept_at if comparison else None,
            "grey_at": comparison.grey_at if comparison else None,
            "quality": to_json([reason.value for reason in evidence.quality]),
            "has_reference": evidence.has_reference,
            "probe_images": evidence.probe_images,
            "taken_at": evidence.taken_at,
            "attested_by": evidence.attested_by,
            "outcome": decision.outcome.value,
            "reasons": to_json([reason.value for reason in decision.reasons]),
            "decision_zone": decision.zone.value if decision.zone else None,
        }
        self._work.connection.execute(_ADD_EVIDENCE, values)

    def failures(self, person_id: str, channel: Channel | None, since: datetime, attester: str | None = None) -> int:
        """Tries at or after `since` that did not qualify, on one channel or on all.

        attester  only those on the channel that this actor vouched for, with whatever reference behind its name
        """
        asked: dict[str, Any] = {"person": person_id, "since": since}
        if channel is None:
            return self._work.connection.execute(_FAILURES, asked).scalar_one()
        asked["on"] = channel.value
        if attester is None:
            return self._work.connection.execute(_FAILURES_ON_CHANNEL, asked).scalar_one()
        return self._work.connection.execute(_FAILURES_OF_ATTESTER, {**asked, "attester": f"{attester}:"}).scalar_one()

    def failures_in_cycle(self, person_id: str) -> int:
        """Tries that did not qualify since the last one that did."""
        last = self.last_pass(person_id)
        asked = {"person": person_id, "after": last[0] if last else _BEFORE_ALL}
        return self._work.connection.execute(_FAILURES_AFTER, asked).scalar_one()

    def last_pass(self, person_id: str) -> tuple[datetime, EvidenceKind] | None:
        """When this person last qualified, and by which kind of evidence."""
        row = self._work.connection.execute(_LAST_PASS, {"person": person_id}).one_or_none()
        return None if row is None else (row.taken_at, EvidenceKind(row.kind))

    def last_pass_of(self, person_id: str, kind: EvidenceKind) -> datetime | None:
        """When this person last passed by one kind of evidence."""
        wanted = select(func.max(_EVIDENCE.c.taken_at, type_=_EVIDENCE.c.taken_at.type))
        mine = (_EVIDENCE.c.person_id == person_id) & (_EVIDENCE.c.kind == kind.value)
        return self._work.connection.execute(wanted.where(mine, PASSED)).scalar_one_or_none()

    def get(self, evidence_id: str) -> tuple[FaceEvidence, Decision] | None:
        row = self._work.connection.execute(select(_EVIDENCE).where(_EVIDENCE.c.id == evidence_id)).one_or_none()
        return None if row is None else (_evidence(row), _decision(row))


class Certificates:
    """Issued certificates within one unit."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def add(self, certificate: Certificate, person_id: str, evidence_id: str, now: datetime) -> None:
        """raises StorageFault: the serial or the evidence has a certificate already"""
        values = {
            "serial": certificate.serial,
            "person_id": person_id,
            "evidence_id": evidence_id,
            "kind": certificate.evidence_kind.value,
            "passed_on": certificate.passed_on,
            "due_on": certificate.due_on,
            "token": certificate.token,
            "issued_at": now,
        }
        self._work.connection.execute(_ADD_CERTIFICATE, values)

    def by_serial(self, serial: str) -> Certificate | None:
        return self._one(_CERTIFICATES.c.serial == serial)

    def of_evidence(self, evidence_id: str) -> Certificate | None:
        """The one that this attempt brought."""
        return self._one(_CERTIFICATES.c.evidence_id == evidence_id)

    def _one(self, which: ColumnElement[bool]) -> Certificate | None:
        wanted = select(_CERTIFICATES).where(which)
        row = self._work.connection.execute(wanted).one_or_none()
        if row is None:
            return None
        return Certificate(row.serial, EvidenceKind(row.kind), row.passed_on, row.due_on, row.token)


def _evidence(row: Row[Any]) -> FaceEvidence:
    return FaceEvidence(
        id=row.id,
        person_id=row.person_id,
        channel=Channel(row.channel),
        kind=EvidenceKind(row.kind),
        pad=PadDecision(PadVerdict(row.pad_verdict), tuple(PadReason(code) for code in json.loads(row.pad_reasons))),
        comparison=_comparison(row),
        quality=tuple(QualityReason(code) for code in json.loads(row.quality)),
        has_reference=row.has_reference,
        probe_images=row.probe_images,
        taken_at=row.taken_at,
        attested_by=row.attested_by,
    )


def _comparison(row: Row[Any]) -> ComparisonDecision | None:
    if row.zone is None:
        return None
    return ComparisonDecision(row.similarity, Zone(row.zone), row.engine, row.calibration, row.accept_at, row.grey_at)


def _decision(row: Row[Any]) -> Decision:
    zone = Zone(row.decision_zone) if row.decision_zone else None
    return Decision(Outcome(row.outcome), tuple(Reason(code) for code in json.loads(row.reasons)), zone)
