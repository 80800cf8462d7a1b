"""The operator's own threshold records within one unit: proposed, in force, of the past.

Each record and each activation carries a guard (records/guards.py) and names people who may do what they did. A record
that is not so decides nothing, and if it is the newest activation, nothing else decides either: to fall back on the one
before would let whoever can spoil a row choose an older, looser record (docs/decisions/0018).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam, insert, select
from sqlalchemy.exc import IntegrityError

from auth_service.accounts.roles import Permission
from auth_service.core.errors import AlreadyExists, CalibrationTampered
from auth_service.faces.template import EngineIdentity
from auth_service.matching.calibration import Calibration, parse, render
from auth_service.storage.records.acts import next_number, was_done_rightly
from auth_service.storage.records.guards import guard_of, is_genuine, subject_of
from auth_service.storage.tables import CalibrationActivationRow, CalibrationRow
from auth_service.storage.tables.schema import Schema, table_of
from auth_service.storage.work import Work, to_json

_PROPOSALS, _ACTS = table_of(CalibrationRow), table_of(CalibrationActivationRow)
_ALL_ACTS = select(_ACTS, _PROPOSALS.c.record_digest).join(_PROPOSALS, _PROPOSALS.c.id == _ACTS.c.calibration_id)
_NEWEST = (
    _ALL_ACTS.where(_PROPOSALS.c.engine == bindparam("engine"), _PROPOSALS.c.weights_digest == bindparam("weights"))
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
        guard = guard_of(self._work.indexes, CalibrationRow, values)
        try:
            self._work.connection.execute(insert(_PROPOSALS), {**values, "guard": guard})
        except IntegrityError as error:
            raise AlreadyExists(field="name") from error
        return digest

    def activate(self, calibration_id: str, proposed_by: str, by: str, now: datetime) -> None:
        """raises StorageFault: the database refuses one and the same person"""
        digest = select(_PROPOSALS.c.record_digest).where(_PROPOSALS.c.id == calibration_id)
        values = {
            "number": next_number(self._work, _ACTS),
            "calibration_id": calibration_id,
            "proposed_by": proposed_by,
            "activated_by": by,
            "activated_at": now,
        }
        covered = {**values, "record_digest": self._work.connection.execute(digest).scalar_one()}
        guard = guard_of(self._work.indexes, CalibrationActivationRow, covered)
        self._work.connection.execute(insert(_ACTS), {**values, "guard": guard})

    def active(self, identity: EngineIdentity) -> Calibration | None:
        """The record in force; None: there never was one.

        raises   CalibrationTampered: the newest activation or its record was not written by this service as it stands,
                 or names somebody who may not
        """
        act = self._newest(identity)
        if act is None:
            return None
        self._require(CalibrationActivationRow, act, act.activated_by, Permission.ACTIVATE_CALIBRATION)
        row = self._work.connection.execute(select(_PROPOSALS).where(_PROPOSALS.c.id == act.calibration_id)).one()
        return self._genuine(row)

    def by_name(self, name: str) -> StoredCalibration | None:
        """raises CalibrationTampered: it was not written by this service as it stands"""
        found = self._work.connection.execute(select(_PROPOSALS).where(_PROPOSALS.c.name == name)).one_or_none()
        return None if found is None else self._stored(found)

    def all(self) -> list[StoredCalibration]:
        """Every proposal that this service wrote as it stands, newest first."""
        found = []
        for row in self._rows():
            with suppress(CalibrationTampered):
                found.append(self._stored(row))
        return found

    def tampered(self) -> list[str]:
        """Names of the proposals that `all` leaves out, newest first."""
        genuine = {stored.id for stored in self.all()}
        return [row.name for row in self._rows() if row.id not in genuine]

    def _rows(self) -> Sequence[Row[Any]]:
        newest_first = select(_PROPOSALS).order_by(_PROPOSALS.c.proposed_at.desc(), _PROPOSALS.c.id)
        return self._work.connection.execute(newest_first).all()

    def _stored(self, row: Row[Any]) -> StoredCalibration:
        """raises CalibrationTampered: the record. An activation that is not genuine counts as none"""
        calibration = self._genuine(row)
        of_this = _ALL_ACTS.where(_ACTS.c.calibration_id == row.id).order_by(_ACTS.c.number.desc())
        acts = self._work.connection.execute(of_this).all()
        act = next((act for act in acts if is_genuine(self._work.indexes, CalibrationActivationRow, act)), None)
        newest = self._newest(calibration.identity)
        return StoredCalibration(
            row.id,
            calibration,
            json.loads(row.report),
            row.record_digest,
            row.proposed_by,
            row.proposed_at,
            act.activated_by if act else None,
            act.activated_at if act else None,
            active=act is not None and newest is not None and newest.number == act.number,
        )

    def _newest(self, identity: EngineIdentity) -> Row[Any] | None:
        """The newest activation for an engine and its weights, whoever wrote it."""
        asked = {"engine": identity.engine, "weights": identity.weights_digest}
        return self._work.connection.execute(_NEWEST, asked).one_or_none()

    def _genuine(self, row: Row[Any]) -> Calibration:
        """The record of a row that this service wrote as it stands. raises CalibrationTampered"""
        self._require(CalibrationRow, row, row.proposed_by, Permission.PROPOSE_CALIBRATION)
        calibration = parse(row.record) if digest_of(row.record) == row.record_digest else None
        if calibration is None or (row.name, row.engine, row.weights_digest) != _named(calibration):
            raise CalibrationTampered(subject_of(CalibrationRow, row))
        return calibration

    def _require(self, kind: type[Schema], row: Row[Any], by: str, permission: Permission) -> None:
        """raises CalibrationTampered: the guard does not fit, or who did it has no role that may"""
        if not was_done_rightly(self._work, kind, row, by, permission):
            raise CalibrationTampered(subject_of(kind, row))


def digest_of(record: str) -> str:
    """SHA-256 (hex) of a record's JSON; it stands in the audit trail too."""
    return hashlib.sha256(record.encode()).hexdigest()


def _named(calibration: Calibration) -> tuple[str, str, str]:
    return calibration.name, calibration.identity.engine, calibration.identity.weights_digest
