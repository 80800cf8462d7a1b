"""The door to everything that is kept: a Store gives Units (one transaction each) and Queries (for screens)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection, text

from auth_service.core.audit import AuditEvent
from auth_service.core.keys import KeyRing
from auth_service.core.tracing import NoTracer, Tracer
from auth_service.storage import grants, schema_version
from auth_service.storage.archive import Snapshot, Target, snapshot_of
from auth_service.storage.candidates import OF_THE_LEDGER
from auth_service.storage.database import Database
from auth_service.storage.doors import Unit
from auth_service.storage.grants import DatabaseRole, Difference
from auth_service.storage.photos import PhotoFiles
from auth_service.storage.queries import Queries
from auth_service.storage.records.audit_guards import GuardedRows, seal_base
from auth_service.storage.records.calibrations import StoredCalibration
from auth_service.storage.records.captures import KnownCapture, NewCapture
from auth_service.storage.records.cases import Loose, StoredCase
from auth_service.storage.records.checkpoints import StoredCheckpoint
from auth_service.storage.records.chips import StoredChip
from auth_service.storage.records.contests import StoredContest
from auth_service.storage.records.earlier_rows import guard_earlier_rows
from auth_service.storage.records.face_scans import ScannedPerson, ScanState
from auth_service.storage.records.findings import StoredFinding
from auth_service.storage.records.flags import StoredFlag
from auth_service.storage.records.flash import FlashAct, StoredFlash
from auth_service.storage.records.idempotency import SavedAnswer
from auth_service.storage.records.kin import StoredKin
from auth_service.storage.records.link_rows import StoredLink
from auth_service.storage.records.links import LinkPlace, OwnPass
from auth_service.storage.records.lives import Alike, Life, LifeTerms
from auth_service.storage.records.notices import Claimed, NewNotice, StoredNotice
from auth_service.storage.records.offline import NewRecord, StoredRecord
from auth_service.storage.records.other_ways import NewRequest, NewUpload, OtherWay
from auth_service.storage.records.paying import PayingAnswer, PayingOutcome, PaymentsFile
from auth_service.storage.records.people import Applied
from auth_service.storage.records.policies import StoredPolicy
from auth_service.storage.records.poverty import StoredMonth
from auth_service.storage.records.poverty_lines import PovertyLine
from auth_service.storage.records.proposals import MoneyDecision, StoredProposal
from auth_service.storage.records.receipts import EventToCertify, IssuedCertificate, StoredReceipt
from auth_service.storage.records.reconciliations import Reconciliation
from auth_service.storage.records.reembedding import EngineCount
from auth_service.storage.records.references import KnownHash
from auth_service.storage.records.registry import ReadUpTo, Withdrawn
from auth_service.storage.records.registry_batches import BatchProgress, BatchState, NewBatch, StoredBatch
from auth_service.storage.records.registry_rows import StoredRow, ToldRow
from auth_service.storage.records.reviews import StoredReview
from auth_service.storage.records.rule_runs import RuleRun, new_run
from auth_service.storage.records.rules import NewSetting, StoredSetting
from auth_service.storage.records.sessions import NewSession, StoredSession
from auth_service.storage.records.shadow import ShadowFlag
from auth_service.storage.records.some_people import SomePeople, Span
from auth_service.storage.records.steps import KeptStep
from auth_service.storage.records.sweeps import SweepState
from auth_service.storage.records.travel import KioskPass
from auth_service.storage.records.wrapping import OwnedKey, VersionState
from auth_service.storage.refusals import Refusals
from auth_service.storage.sealing import BlindIndexes, KeyCache, Keys
from auth_service.storage.work import Work

__all__ = [
    "OF_THE_LEDGER",
    "Alike",
    "Applied",
    "BatchProgress",
    "BatchState",
    "Claimed",
    "DatabaseRole",
    "Difference",
    "EngineCount",
    "EventToCertify",
    "FlashAct",
    "GuardedRows",
    "IssuedCertificate",
    "KeptStep",
    "KioskPass",
    "KnownCapture",
    "KnownHash",
    "Life",
    "LifeTerms",
    "LinkPlace",
    "Loose",
    "MoneyDecision",
    "NewBatch",
    "NewCapture",
    "NewNotice",
    "NewRecord",
    "NewRequest",
    "NewSession",
    "NewSetting",
    "NewUpload",
    "OtherWay",
    "OwnPass",
    "OwnedKey",
    "PayingAnswer",
    "PayingOutcome",
    "PaymentsFile",
    "PovertyLine",
    "ReadUpTo",
    "Reconciliation",
    "RuleRun",
    "SavedAnswer",
    "ScanState",
    "ScannedPerson",
    "ShadowFlag",
    "Snapshot",
    "SomePeople",
    "Span",
    "Store",
    "StoredBatch",
    "StoredCalibration",
    "StoredCase",
    "StoredCheckpoint",
    "StoredChip",
    "StoredContest",
    "StoredFinding",
    "StoredFlag",
    "StoredFlash",
    "StoredKin",
    "StoredLink",
    "StoredMonth",
    "StoredNotice",
    "StoredPolicy",
    "StoredProposal",
    "StoredReceipt",
    "StoredRecord",
    "StoredReview",
    "StoredRow",
    "StoredSession",
    "StoredSetting",
    "SweepState",
    "Target",
    "ToldRow",
    "Unit",
    "VersionState",
    "Withdrawn",
    "new_run",
]


class Store:
    """The database and the picture files behind one set of keys. One per process; threads share it."""

    def __init__(
        self,
        url: str,
        keys: KeyRing,
        photos_dir: Path,
        tracer: Tracer | None = None,
        ledger_url: str | None = None,
    ) -> None:
        """ledger_url: the same database as another role, which a snapshot reads what this one may not"""
        self._database = Database(url)
        self._ledger = Database(ledger_url) if ledger_url not in {None, url} else self._database
        self._tracer = tracer or NoTracer()
        self._ring = keys
        self._cache = KeyCache()
        self._indexes = BlindIndexes(keys)
        self._refusals = Refusals(self._note)
        self.photo_files = PhotoFiles(photos_dir)
        self.queries = Queries(self._reading_work)

    @contextmanager
    def unit(self, *, durable: bool = True) -> Iterator[Unit]:
        """One write transaction: everything is kept, or nothing.

        durable  False for what nobody has been promised yet, such as a claim: a power cut may undo it
        raises   Unavailable (DatabaseUnavailable, TransactionConflict, StorageFull, StorageReadOnly), SchemaOutdated,
                 DatabaseRightMissing, KeyMissing, SealBroken, StorageFault; then nothing was kept, except that after
                 DatabaseUnavailable at the very end it may have been: who repeats must do so by an Idempotency-Key
        """
        with self._refusals.noted(), self._writing(durable=durable) as connection:
            keys = Keys(connection, self._ring, self._cache, writes=True)
            unit = Unit(Work(connection, keys, self._indexes, self.photo_files, writes=True))
            try:
                yield unit
                unit.photos.sync_written()
                unit.audit.flush()
            except BaseException:
                unit.photos.forget_written()
                raise
        keys.settle()
        unit.photos.remove_doomed()

    @contextmanager
    def reading(self) -> Iterator[Unit]:
        """One read transaction over one snapshot; what it is asked to write is refused. raises as `unit`"""
        with self._refusals.noted(), self._reading_work() as work:
            yield Unit(work)

    @contextmanager
    def _writing(self, *, durable: bool) -> Iterator[Connection]:
        with self._tracer.span("transaction", writes=True), self._database.writing(durable=durable) as connection:
            yield connection

    def _note(self, event: AuditEvent) -> None:
        with self.unit() as unit:
            unit.audit.append(event, datetime.now(UTC))

    @contextmanager
    def snapshot(self) -> Iterator[Snapshot]:
        """Everything as of one instant, for a backup. raises as `unit`"""
        with snapshot_of(self._database, self._ledger, self.photo_files) as snapshot:
            yield snapshot

    @contextmanager
    def restoring(self) -> Iterator[Target]:
        """An empty database to be filled from a backup: everything is kept at the end, or nothing. raises as `unit`"""
        with self._database.rebuilding() as connection:
            yield Target(connection, self.photo_files)

    def remove_files(self, names: Iterable[str]) -> None:
        """Photo files whose rows were marked erased, after that was committed; what a crash leaves, the sweep finds."""
        for name in names:
            self.photo_files.remove(name)

    def migrate(self) -> list[str]:
        """Brings the database to this release's schema, and the roles to their rights; returns the steps taken.

        A role that is not the owner may call it where nothing is left to do. Under load it steps back and tries again
        rather than make anybody wait for more than half a second.
        raises   as `unit`; SchemaOutdated: the database is newer than this release can bear
        """
        return schema_version.patiently(self._migrate_once)

    def _migrate_once(self) -> list[str]:
        with self._database.rebuilding() as connection:
            keys = Keys(connection, self._ring, self._cache, writes=True)
            taken = schema_version.upgrade(connection)
            if not self._database.is_sqlite and schema_version.is_own(connection):
                grants.apply(connection)
            keys.check()
            work = Work(connection, keys, self._indexes, self.photo_files, writes=True)
            seal_base(work, taken)  # first: what is written from here on has a guard
            guard_earlier_rows(work, taken)
        keys.settle()
        return taken

    def rights(self, role: DatabaseRole) -> Difference | None:
        """How the database user's rights differ from a role's part; None on SQLite, which knows no rights."""
        if self._database.is_sqlite:
            return None
        with self._database.reading() as connection:
            return grants.difference(connection, role)

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

    @property
    def connections(self) -> tuple[int, int]:
        """Database connections in use, and how many may be."""
        return self._database.connections

    @property
    def cached_keys(self) -> int:
        """Unwrapped data keys in memory."""
        return len(self._cache)

    def close(self) -> None:
        self._database.close()
        self._ledger.close()

    @contextmanager
    def _reading_work(self) -> Iterator[Work]:
        with self._tracer.span("transaction", writes=False), self._database.reading() as connection:
            keys = Keys(connection, self._ring, self._cache, writes=False)
            yield Work(connection, keys, self._indexes, self.photo_files, writes=False)
