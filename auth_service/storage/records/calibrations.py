"""The operator's own threshold records within one unit: proposed, in force, of the past."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, bindparam, insert, select
from sqlalchemy.exc import IntegrityError

from auth_service.core.errors import AlreadyExists, CalibrationMissing
from auth_service.faces.template import EngineIdentity
from auth_service.matching.calibration import Calibration, parse, render
from auth_service.storage.tables import CalibrationActivationRow, CalibrationRow
from auth_service.storage.tables.schema import table_of
from auth_service.storage.work import Work, to_json

_PROPOSALS, _ACTS = table_of(CalibrationRow), table_of(CalibrationActivationRow)
_NEWEST = (
    select(_ACTS.c.number, _ACTS.c.calibration_id)
    .join(_PROPOSALS, _PROPOSALS.c.id == _ACTS.c.calibration_id)
    .where(_PROPOSALS.c.engine == bindparam("engine"), _PROPOSALS.c.weights_digest == bindparam("weights"))
    .order_by(_ACTS.c.number.desc())
    .limit(1)
)


@dataclass(frozen=True, slots=True)
class StoredCalibration:
    """One proposal with what became of it.

    proposed_by, activated_by  staff ids; activated_* None: never put in force. active: in force now
    """

    id: str
    calibration: Calibration
    report: Mapping[str, Any]
    digest: str
    proposed_by: str
    proposed_at: datetime
    activated_by: str | None
    activated_at: datetime | None
    active: bool


class Calibrations:
    """See the module."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def add(
        self, calibration_id: str, calibration: Calibration, report: Mapping[str, Any], by: str, now: datetime
    ) -> str:
        """Keeps a proposal; returns the digest of the record. raises AlreadyExists: the name is taken"""
        record = render(calibration)
        digest = digest_of(record)
        values = {
            "id": calibration_id,
            "name": calibration.name,
            "engine": calibration.identity.engine,
            "weights_digest": calibration.identity.weights_digest,
            "record": record,
            "record_digest": digest,
            "report": to_json(report),
            "proposed_by": by,
            "proposed_at": now,
        }
        try:
            self._work.connection.execute(insert(_PROPOSALS), values)
        except IntegrityError as error:
            raise AlreadyExists(field="name") from error
        return digest

    def activate(self, calibration_id: str, proposed_by: str, by: str, now: datetime) -> None:
        """raises StorageFault: the database refuses one and the same person"""
        values = {"calibration_id": calibration_id, "proposed_by": proposed_by, "activated_by": by}
        self._work.connection.execute(insert(_ACTS), {**values, "activated_at": now})

    def active_id(self, identity: EngineIdentity) -> str | None:
        """The proposal in force for an engine and its weights; a cheap question."""
        asked = {"engine": identity.engine, "weights": identity.weights_digest}
        found = self._work.connection.execute(_NEWEST, asked).one_or_none()
        return None if found is None else found.calibration_id

    def active(self, identity: EngineIdentity) -> Calibration | None:
        """The record in force. raises CalibrationMissing: it was changed behind the service, or is damaged"""
        wanted = self.active_id(identity)
        if wanted is None:
            return None
        row = self._work.connection.execute(select(_PROPOSALS).where(_PROPOSALS.c.id == wanted)).one()
        return _checked(row)

    def by_name(self, name: str) -> StoredCalibration | None:
        """raises CalibrationMissing: it was changed behind the service"""
        return next(iter(self._stored(select(_PROPOSALS).where(_PROPOSALS.c.name == name))), None)

    def all(self) -> list[StoredCalibration]:
        """Every proposal, newest first. raises CalibrationMissing: one was changed behind the service"""
        return self._stored(select(_PROPOSALS).order_by(_PROPOSALS.c.proposed_at.desc(), _PROPOSALS.c.id))

    def _stored(self, wanted: Select[Any]) -> list[StoredCalibration]:
        newest = {
            act.calibration_id: act for act in self._work.connection.execute(select(_ACTS).order_by(_ACTS.c.number))
        }
        found = []
        for row in self._work.connection.execute(wanted).all():
            calibration, act = _checked(row), newest.get(row.id)
            found.append(
                StoredCalibration(
                    row.id,
                    calibration,
                    json.loads(row.report),
                    row.record_digest,
                    row.proposed_by,
                    row.proposed_at,
                    act.activated_by if act else None,
                    act.activated_at if act else None,
                    active=act is not None and self.active_id(calibration.identity) == row.id,
                )
            )
        return found


def digest_of(record: str) -> str:
    """SHA-256 (hex) of a record's JSON; it stands in the audit trail too."""
    return hashlib.sha256(record.encode()).hexdigest()


def _checked(row: Row[Any]) -> Calibration:
    calibration = parse(row.record)
    named = (row.name, row.engine, row.weights_digest)
    identity = calibration.identity
    if digest_of(row.record) != row.record_digest or named != (
        calibration.name,
        identity.engine,
        identity.weights_digest,
    ):
        raise CalibrationMissing(f"the stored record {row.name} was changed behind the service")
    return calibration
