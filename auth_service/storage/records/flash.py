"""Measurements of the colours within one unit: recorded, in force, withdrawn.

Each measurement and each act carries a guard (records/guards.py) and names somebody who may. The newest act of all
counts; if it is not genuine, nothing is in force: whoever can spoil a row must not choose an older one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Row, insert, select
from sqlalchemy.exc import IntegrityError

from auth_service.accounts.roles import Permission
from auth_service.core.errors import AlreadyExists, FlashTampered
from auth_service.liveness.flash_measurement import FlashMeasurement, parse, render
from auth_service.storage.records.acts import next_number, was_done_rightly
from auth_service.storage.records.guards import guard_of, subject_of
from auth_service.storage.tables import FlashActRow, FlashMeasurementRow
from auth_service.storage.tables.schema import Schema, table_of
from auth_service.storage.work import Work

_RECORDS, _ACTS = table_of(FlashMeasurementRow), table_of(FlashActRow)
_ALL_ACTS = (
    select(_ACTS, _RECORDS.c.record_digest)
    .join(_RECORDS, _RECORDS.c.id == _ACTS.c.measurement_id)
    .order_by(_ACTS.c.number.desc())
)
_NEWEST = _ALL_ACTS.limit(1)


class FlashAct(StrEnum):
    """What somebody did with a measurement."""

    ACTIVATED = "activated"
    WITHDRAWN = "withdrawn"


_TAKES = {
    FlashAct.ACTIVATED: Permission.ACTIVATE_FLASH,
    FlashAct.WITHDRAWN: Permission.WITHDRAW_FLASH,
}


@dataclass(frozen=True, slots=True)
class StoredFlash:
    """One measurement with what became of it.

    recorded_by, done_by  staff ids
    act, done_by, done_at  the newest genuine act on it; None where there was none
    active                its activation is the newest act of all
    """

    id: str
    measurement: FlashMeasurement
    digest: str
    recorded_by: str
    recorded_at: datetime
    act: FlashAct | None
    done_by: str | None
    done_at: datetime | None
    active: bool


class FlashMeasurements:
    """See the module."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def add(self, measurement_id: str, measurement: FlashMeasurement, by: str, now: datetime) -> str:
        """Keeps one; returns the digest of its record. raises AlreadyExists: the name is taken"""
        record = render(measurement)
        values = {
            "id": measurement_id,
            "name": measurement.name,
            "record": record,
            "record_digest": digest_of(record),
            "recorded_by": by,
            "recorded_at": now,
        }
        guard = guard_of(self._work.indexes, FlashMeasurementRow, values)
        try:
            self._work.connection.execute(insert(_RECORDS), {**values, "guard": guard})
        except IntegrityError as error:
            raise AlreadyExists(field="name") from error
        return str(values["record_digest"])

    def act(self, found: StoredFlash, act: FlashAct, by: str, now: datetime) -> None:
        """raises StorageFault: the database refuses an activation by who recorded it"""
        values = {
            "number": next_number(self._work, _ACTS),
            "measurement_id": found.id,
            "recorded_by": found.recorded_by,
            "act": act.value,
            "done_by": by,
            "done_at": now,
        }
        guard = guard_of(self._work.indexes, FlashActRow, {**values, "record_digest": found.digest})
        self._work.connection.execute(insert(_ACTS), {**values, "guard": guard})

    def active(self) -> FlashMeasurement | None:
        """The one in force; None: none ever was, or the last was withdrawn.

        raises   FlashTampered: the newest act or its measurement was not written by this service as it stands, or names
                 somebody who may not
        """
        newest = self._work.connection.execute(_NEWEST).one_or_none()
        if newest is None:
            return None
        act = self._require_act(newest)
        row = self._work.connection.execute(select(_RECORDS).where(_RECORDS.c.id == newest.measurement_id)).one()
        measurement = self._genuine(row)
        return measurement if act is FlashAct.ACTIVATED else None

    def by_name(self, name: str) -> StoredFlash | None:
        """raises FlashTampered: it was not written by this service as it stands"""
        found = self._work.connection.execute(select(_RECORDS).where(_RECORDS.c.name == name)).one_or_none()
        return None if found is None else self._stored(found)

    def all(self) -> list[StoredFlash]:
        """Every measurement that this service wrote as it stands, newest first."""
        found = []
        for row in self._rows():
            with suppress(FlashTampered):
                found.append(self._stored(row))
        return found

    def tampered(self) -> list[str]:
        """Names of those that `all` leaves out, newest first."""
        genuine = {stored.id for stored in self.all()}
        return [row.name for row in self._rows() if row.id not in genuine]

    def _rows(self) -> Sequence[Row[Any]]:
        newest_first = select(_RECORDS).order_by(_RECORDS.c.recorded_at.desc(), _RECORDS.c.id)
        return self._work.connection.execute(newest_first).all()

    def _stored(self, row: Row[Any]) -> StoredFlash:
        """raises FlashTampered: the measurement. An act that is not genuine counts as none"""
        measurement = self._genuine(row)
        newest = self._work.connection.execute(_NEWEST).one_or_none()
        of_this = self._work.connection.execute(_ALL_ACTS.where(_ACTS.c.measurement_id == row.id)).all()
        for done in of_this:
            with suppress(FlashTampered):
                act = self._require_act(done)
                active = act is FlashAct.ACTIVATED and newest is not None and newest.number == done.number
                return StoredFlash(
                    row.id, measurement, row.record_digest, row.recorded_by, row.recorded_at,
                    act, done.done_by, done.done_at, active,
                )  # fmt: skip
        return StoredFlash(
            row.id, measurement, row.record_digest, row.recorded_by, row.recorded_at, None, None, None, active=False
        )

    def _genuine(self, row: Row[Any]) -> FlashMeasurement:
        """The measurement of a row that this service wrote as it stands. raises FlashTampered"""
        self._require(FlashMeasurementRow, row, row.recorded_by, Permission.RECORD_FLASH)
        measurement = parse(row.record) if digest_of(row.record) == row.record_digest else None
        if measurement is None or measurement.name != row.name:
            raise FlashTampered(subject_of(FlashMeasurementRow, row))
        return measurement

    def _require_act(self, row: Row[Any]) -> FlashAct:
        """raises FlashTampered"""
        if row.act not in set(FlashAct):
            raise FlashTampered(subject_of(FlashActRow, row))
        act = FlashAct(row.act)
        self._require(FlashActRow, row, row.done_by, _TAKES[act])
        return act

    def _require(self, kind: type[Schema], row: Row[Any], by: str, permission: Permission) -> None:
        """raises FlashTampered: the guard does not fit, or who did it has no role that may"""
        if not was_done_rightly(self._work, kind, row, by, permission):
            raise FlashTampered(subject_of(kind, row))


def digest_of(record: str) -> str:
    """SHA-256 (hex) of a measurement's JSON; it stands in the audit trail too."""
    return hashlib.sha256(record.encode()).hexdigest()
