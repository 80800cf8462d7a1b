"""The door to everything that is kept: a Store gives Units (one transaction each) and Queries (for screens)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path

from sqlalchemy import text

from auth_service.core.keys import KeyRing
from auth_service.storage import schema_version
from auth_service.storage.database import Database
from auth_service.storage.photos import PhotoFiles
from auth_service.storage.queries import Queries
from auth_service.storage.records.api_keys import ApiKeys
from auth_service.storage.records.audit import Audit
from auth_service.storage.records.captures import Captures, KnownCapture, NewCapture
from auth_service.storage.records.consents import Consents
from auth_service.storage.records.evidence import Certificates, Evidence
from auth_service.storage.records.flags import Flags, Judgements, StoredFlag
from auth_service.storage.records.idempotency import Idempotency, SavedAnswer
from auth_service.storage.records.imports import Imports
from auth_service.storage.records.people import Applied, People
from auth_service.storage.records.photos import Photos
from auth_service.storage.records.references import KnownHash, References
from auth_service.storage.records.staff import SignInFailures, Staff, StaffSessions
from auth_service.storage.sealing import BlindIndexes, KeyCache, Keys
from auth_service.storage.work import Work

__all__ = ["Applied", "KnownCapture", "KnownHash", "NewCapture", "SavedAnswer", "Store", "StoredFlag", "Unit"]


class Unit:
    """One transaction, seen as the records that it may read and write."""

    def __init__(self, work: Work) -> None:
        self._work = work

    @cached_property
    def people(self) -> People:
        return People(self._work)

    @cached_property
    def photos(self) -> Photos:
        return Photos(self._work)

    @cached_property
    def references(self) -> References:
        return References(self._work)

    @cached_property
    def captures(self) -> Captures:
        return Captures(self._work)

    @cached_property
    def consents(self) -> Consents:
        return Consents(self._work)

    @cached_property
    def evidence(self) -> Evidence:
        return Evidence(self._work)

    @cached_property
    def certificates(self) -> Certificates:
        return Certificates(self._work)

    @cached_property
    def flags(self) -> Flags:
        return Flags(self._work)

    @cached_property
    def judgements(self) -> Judgements:
        return Judgements(self._work)

    @cached_property
    def audit(self) -> Audit:
        return Audit(self._work)

    @cached_property
    def staff(self) -> Staff:
        return Staff(self._work)

    @cached_property
    def staff_sessions(self) -> StaffSessions:
        return StaffSessions(self._work)

    @cached_property
    def sign_in_failures(self) -> SignInFailures:
        return SignInFailures(self._work)

    @cached_property
    def api_keys(self) -> ApiKeys:
        return ApiKeys(self._work)

    @cached_property
    def idempotency(self) -> Idempotency:
        return Idempotency(self._work)

    @cached_property
    def imports(self) -> Imports:
        return Imports(self._work)


class Store:
    """The database and the picture files behind one set of keys. One per process; threads share it."""

    def __init__(self, url: str, keys: KeyRing, photos_dir: Path) -> None:
        self._database = Database(url)
        self._ring = keys
        self._cache = KeyCache()
        self._indexes = BlindIndexes(keys)
        self._files = PhotoFiles(photos_dir)
        self.queries = Queries(self._reading_work)

    @contextmanager
    def unit(self, *, durable: bool = True) -> Iterator[Unit]:
        """One write transaction: everything is kept, or nothing.

        durable  False for what nobody has been promised yet, such as a claim: a power cut may undo it
        raises   DatabaseUnavailable, SchemaOutdated, KeyMissing, SealBroken, StorageFault
        """
        with self._database.writing(durable=durable) as connection:
            keys = Keys(connection, self._ring, self._cache, writes=True)
            unit = Unit(Work(connection, keys, self._indexes, self._files, writes=True))
            try:
                yield unit
                unit.photos.sync_written()
                unit.audit.flush()
            except BaseException:
                unit.photos.forget_written()
                raise
        keys.settle()

    @contextmanager
    def reading(self) -> Iterator[Unit]:
        """One read transaction over one snapshot; what it is asked to write is refused. raises as `unit`"""
        with self._reading_work() as work:
            yield Unit(work)

    def migrate(self) -> list[str]:
        """Brings the database to this release's schema; returns the names of the steps that were taken."""
        with self._database.writing() as connection:
            keys = Keys(connection, self._ring, self._cache, writes=True)
            taken = schema_version.upgrade(connection)
            keys.check()
        keys.settle()
        return taken

    def check_schema(self) -> None:
        """Whether database, release and key ring belong together.

        raises   SchemaOutdated (older or newer than this release, or empty), KeyMissing, SealBroken (a lost or
                 exchanged key file: with other index keys everybody would seem unknown)
        """
        with self._database.reading() as connection:
            schema_version.check(connection)
            Keys(connection, self._ring, self._cache, writes=False).check()

    def ping(self) -> None:
        """raises DatabaseUnavailable"""
        with self._database.reading() as connection:
            connection.execute(text("SELECT 1"))

    def close(self) -> None:
        self._database.close()

    @contextmanager
    def _reading_work(self) -> Iterator[Work]:
        with self._database.reading() as connection:
            keys = Keys(connection, self._ring, self._cache, writes=False)
            yield Work(connection, keys, self._indexes, self._files, writes=False)
