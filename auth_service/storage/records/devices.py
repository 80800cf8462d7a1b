"""Devices and the nonces they used. What lets a device in is under its guard (records/guards.py)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, Select, bindparam, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from auth_service.accounts.devices import Device, DeviceKind, DeviceState, DeviceWords, LensProfile
from auth_service.core.errors import AlreadyExists
from auth_service.storage.records.guards import covered_values, guard_of, is_genuine, require_genuine
from auth_service.storage.tables import DeviceNonceRow, DeviceRow
from auth_service.storage.tables.schema import insert_or_ignore, table_of
from auth_service.storage.work import Work

_DEVICES = table_of(DeviceRow)
_ONE = select(_DEVICES).where(_DEVICES.c.id == bindparam("device"))
_SEEN_EVERY = timedelta(minutes=1)
"""Written down no oftener, so that a device's requests do not wait for one another. source: own decision"""
_PLAIN = (
    "id", "created_by", "created_at", "code_expires_at", "approved_by", "approved_at", "public_key", "enrolled_at",
    "quarantined_at", "quarantine_reason", "release_proposed_by", "released_by", "released_at", "revoked_by",
    "revoked_at", "last_seen_at", "staff_called_at", "counter",
)  # fmt: skip
"""Columns that are fields of the same name."""


class Devices:
    """The registry within one unit. Changes return False where the device's state has no such change."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def add(self, device: Device, code_hash: str) -> None:
        """A device that one person has entered."""
        words = device.words
        values = {column: getattr(device, column) for column in _PLAIN}
        values |= {
            "kind": words.kind.value,
            "name": words.name,
            "owner": words.owner,
            "region_code": words.region_code,
            "place": words.place,
            "lens_profile": words.lens.value,
            "code_hash": code_hash,
        }
        guard = guard_of(self._work.indexes, DeviceRow, values)
        self._work.connection.execute(insert(_DEVICES), {**values, "guard": guard})

    def get(self, device_id: str) -> Device | None:
        """raises AccountTampered: the record was not written by this service as it stands"""
        row = self._work.connection.execute(_ONE, {"device": device_id}).one_or_none()
        return None if row is None else self._genuine(row)

    def look_at(self, device_id: str) -> Device | None:
        """For a screen: one that was tampered with comes out so marked, and without a key."""
        row = self._work.connection.execute(_ONE, {"device": device_id}).one_or_none()
        return None if row is None else self._shown(row)

    def of_code(self, code_hash: str) -> Device | None:
        """Whose one-time code it is, whatever may still be done with it. raises AccountTampered"""
        row = self._work.connection.execute(select(_DEVICES).where(_DEVICES.c.code_hash == code_hash)).one_or_none()
        return None if row is None else self._genuine(row)

    def of_key(self, public_key: bytes) -> Device | None:
        """Who enrolled with this key. raises AccountTampered"""
        row = self._work.connection.execute(select(_DEVICES).where(_DEVICES.c.public_key == public_key)).one_or_none()
        return None if row is None else self._genuine(row)

    def all(self) -> list[Device]:
        """Every device, by owner and name. What was tampered with comes out so marked, and without a key."""
        rows = self._work.connection.execute(
            select(_DEVICES).order_by(_DEVICES.c.owner, _DEVICES.c.name, _DEVICES.c.id)
        )
        return [self._shown(row) for row in rows.all()]

    def _shown(self, row: Row[Any]) -> Device:
        return _device(row) if is_genuine(self._work.indexes, DeviceRow, row) else _tampered(row)

    def approve(self, device_id: str, by: str, now: datetime) -> bool:
        """raises StorageFault: the database refuses whoever entered it; AccountTampered"""
        return self._change(device_id, {DeviceState.PENDING}, {"approved_by": by, "approved_at": now})

    def enrol(self, device_id: str, public_key: bytes, now: datetime) -> bool:
        """The code is spent. raises AlreadyExists: another device has this key; AccountTampered"""
        changed = {"public_key": public_key, "enrolled_at": now, "code_hash": None}
        try:
            return self._change(device_id, {DeviceState.APPROVED}, changed)
        except IntegrityError as error:
            raise AlreadyExists(field="public_key") from error

    def quarantine(self, device_id: str, reason: str, now: datetime) -> bool:
        """Sets an active device aside. raises AccountTampered"""
        aside = {"quarantined_at": now, "quarantine_reason": reason}
        free = {"release_proposed_by": None, "released_by": None, "released_at": None}
        return self._change(device_id, {DeviceState.ACTIVE}, aside | free)

    def propose_release(self, device_id: str, by: str) -> bool:
        """The last proposal counts. raises AccountTampered"""
        return self._change(device_id, {DeviceState.QUARANTINED}, {"release_proposed_by": by})

    def release(self, device_id: str, by: str, now: datetime) -> bool:
        """raises StorageFault: the database refuses whoever proposed it, or that nobody did; AccountTampered"""
        return self._change(device_id, {DeviceState.QUARANTINED}, {"released_by": by, "released_at": now})

    def revoke(self, device_id: str, by: str, now: datetime) -> bool:
        """For good, whatever its state; one that was tampered with too. False: unknown, or revoked already."""
        row = self._held(device_id)
        if row is None or row.revoked_at is not None:
            return False
        self._put(row, {"revoked_by": by, "revoked_at": now, "code_hash": None})
        return True

    def seen(self, device_id: str, now: datetime) -> None:
        """It sent something that was signed."""
        earlier = or_(_DEVICES.c.last_seen_at.is_(None), _DEVICES.c.last_seen_at < now - _SEEN_EVERY)
        mine = update(_DEVICES).where(_DEVICES.c.id == device_id, earlier)
        self._work.connection.execute(mine.values(last_seen_at=now))

    def staff_called(self, device_id: str, now: datetime) -> None:
        """Somebody who stands there asks for a person."""
        mine = update(_DEVICES).where(_DEVICES.c.id == device_id)
        self._work.connection.execute(mine.values(staff_called_at=now))

    def counted(self, device_id: str, counter: int) -> None:
        """A record with this number came; a lower one than came before changes nothing."""
        lower = update(_DEVICES).where(_DEVICES.c.id == device_id, _DEVICES.c.counter < counter)
        self._work.connection.execute(lower.values(counter=counter))

    def _change(self, device_id: str, states: set[DeviceState], changed: dict[str, Any]) -> bool:
        row = self._held(device_id)
        if row is None or self._genuine(row).state not in states:
            return False
        self._put(row, changed)
        return True

    def _held(self, device_id: str) -> Row[Any] | None:
        """Locked, so that two changes at once do not write one guard over the other's values."""
        found = self._work.connection.execute(_locked(_ONE), {"device": device_id})
        return found.one_or_none()

    def _put(self, row: Row[Any], changed: dict[str, Any]) -> None:
        guard = guard_of(self._work.indexes, DeviceRow, {**covered_values(DeviceRow, row), **changed})
        mine = update(_DEVICES).where(_DEVICES.c.id == row.id)
        self._work.connection.execute(mine.values(**changed, guard=guard))

    def _genuine(self, row: Row[Any]) -> Device:
        require_genuine(self._work.indexes, DeviceRow, row)
        return _device(row)


class DeviceNonces:
    """What devices have signed with already, within one unit."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def take(self, device_id: str, nonce: str, expires_at: datetime) -> bool:
        """False: it was used before. Of any number at once one takes it."""
        values = {"device_id": device_id, "nonce": nonce, "expires_at": expires_at}
        new = insert_or_ignore(self._work.connection, DeviceNonceRow)
        return self._work.connection.execute(new, values).rowcount == 1


def _locked(wanted: Select[Any]) -> Select[Any]:
    return wanted.with_for_update()  # SQLite has no such words and needs none: a writing unit is alone


def _device(row: Row[Any]) -> Device:
    words = DeviceWords(
        DeviceKind(row.kind), row.name, row.owner, row.region_code, row.place, LensProfile(row.lens_profile)
    )
    return Device(words=words, **{column: getattr(row, column) for column in _PLAIN})


def _tampered(row: Row[Any]) -> Device:
    words = DeviceWords(DeviceKind.KIOSK, row.name, row.owner, row.region_code, row.place, LensProfile.STANDARD)
    return Device(
        row.id, words, row.created_by, row.created_at, row.code_expires_at, revoked_by=row.revoked_by,
        revoked_at=row.revoked_at, last_seen_at=row.last_seen_at, tampered=True,
    )  # fmt: skip
