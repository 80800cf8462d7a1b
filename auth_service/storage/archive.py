"""The whole database as rows, table by table, from one snapshot; and back into an empty one.

Column kinds instead of database types lie between the two, so that SQLite and PostgreSQL take each other's archives.
Nothing here opens a sealed value: backups carry ciphertext.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any

from alembic.runtime.migration import MigrationContext
from sqlalchemy import (
    BigInteger,
    Boolean,
    ColumnElement,
    Connection,
    Date,
    Double,
    LargeBinary,
    Select,
    Table,
    Text,
    TypeDecorator,
    column,
    func,
    insert,
    inspect,
    literal,
    select,
    table,
    text,
    true,
)
from sqlalchemy.sql.selectable import TableClause
from sqlalchemy.types import TypeEngine

from auth_service.core.archive import (
    AUDIT_BASE,
    AUDIT_HEAD,
    AUDIT_ROWS,
    KEY_TABLES,
    Contents,
    Kind,
    Part,
    Row,
    Rows,
    StoredFile,
    TableSpec,
)
from auth_service.core.errors import (
    ArchiveUnreadable,
    LedgerRoleMissing,
    OwnerRoleMissing,
    RestoreTargetNotEmpty,
    StorageFault,
)
from auth_service.storage import schema_version
from auth_service.storage.database import Database
from auth_service.storage.photos import PhotoFiles
from auth_service.storage.postgres import may, may_build, take_time
from auth_service.storage.tables import BankReferenceRow, FaceScanRow, PhotoRow, metadata
from auth_service.storage.tables.schema import Instant, table_of

ROWS_AT_ONCE = 1000
"""Rows per batch: a few MB at most, so memory does not grow with the database."""
_KINDS: dict[type, Kind] = {
    int: Kind.INTEGER, float: Kind.REAL, str: Kind.TEXT, bool: Kind.TRUTH, bytes: Kind.BYTES, datetime: Kind.INSTANT,
    date: Kind.DATE,
}  # fmt: skip
_TYPES: dict[Kind, type[TypeEngine[Any]]] = {
    Kind.INTEGER: BigInteger, Kind.REAL: Double, Kind.TEXT: Text, Kind.TRUTH: Boolean, Kind.BYTES: LargeBinary,
    Kind.INSTANT: Instant, Kind.DATE: Date,
}  # fmt: skip
NOT_COPIED = frozenset(
    {
        "capture_moves",
        "capture_sessions",
        "capture_steps",
        "device_nonces",
        "face_scan_pairs",
        "fund_counts",
        "job_leases",
        "job_runs",
        "limit_counts",
        "schema_reach",
        "staff_sessions",
    }
)
"""Leases, runs and counts of requests belong to the machine and the hour that had them, the reach of a schema to its
migrations; a sign-in that was ended must not come back. Nor must a capture session, which would be open once more with
a challenge that was seen; and frames that are gone within a day must not lie in a file for years. What a person must
look at later has its picture among the photos. Nonces hold for minutes. What a scan of faces has found before its end
was put before nobody, and must not lie in a file for years."""
_ONLY: dict[str, ColumnElement[bool]] = {FaceScanRow.__tablename__: table_of(FaceScanRow).c.finished_at.is_not(None)}
"""Rows of a table that are copied, where not all are: a scan without its pairs would go on behind what it had found."""
_SINGLE = (AUDIT_HEAD, AUDIT_BASE)
"""Tables of one row that migrations fill. They come last, in this order: the head names a row, and once the base is
there rows come in no more as they are."""
_ORDERED = {AUDIT_ROWS: "number", "case_acts": "case_id, number"}
"""Tables whose rows come back only each after the one before it."""
_FILLED_BY_MIGRATIONS = frozenset({"alembic_version", "schema_reach", *_SINGLE})


def specs(part: Part) -> list[TableSpec]:
    """The tables of this release that belong to a part, each after those that it refers to."""
    keys = part is Part.KEYS
    chosen = [one for one in metadata.sorted_tables if one.name not in NOT_COPIED and (one.name in KEY_TABLES) is keys]
    chosen.sort(key=lambda one: _SINGLE.index(one.name) + 1 if one.name in _SINGLE else 0)
    return [_spec(one) for one in chosen]


def _spec(one: Table) -> TableSpec:
    return TableSpec(one.name, tuple((each.name, _kind(each.type)) for each in one.columns))


def _kind(type_: TypeEngine[Any]) -> Kind:
    return _KINDS[(type_.impl_instance if isinstance(type_, TypeDecorator) else type_).python_type]


class Snapshot:
    """Everything that is kept, as of one instant."""

    def __init__(self, front: Connection, ledger: Connection, files: PhotoFiles) -> None:
        self._front = front
        self._ledger = ledger
        self._files = files

    @property
    def revision(self) -> str:
        return ",".join(sorted(MigrationContext.configure(self._front).get_current_heads()))

    def require_own_schema(self) -> None:
        """What a newer release has added would be left out. raises BackupNeedsNewerRelease"""
        schema_version.require_own_for_backup(self._front)

    def rows(self, part: Part) -> Iterator[Rows]:
        """All rows of a part's tables, in batches."""
        for spec in specs(part):
            whole = select(metadata.tables[spec.name]).where(_ONLY.get(spec.name, true()))
            if spec.name in _ORDERED:
                whole = whole.order_by(text(_ORDERED[spec.name]))
            for batch in _batches(self._reader_of(spec.name), whole):
                yield Rows(spec, batch)

    def photo_names(self) -> Iterator[str]:
        """The files that rows name and that are not erased."""
        photos = table_of(PhotoRow)
        for (name,) in _stream(self._front, select(photos.c.file_name).where(photos.c.erased_at.is_(None))):
            yield name

    def photo(self, name: str) -> bytes | None:
        """The sealed bytes, or None: the file is gone."""
        return self._files.read(name)

    def _reader_of(self, name: str) -> Connection:
        """No role reads identities, faces and bank references together: what one may not read, the other may."""
        if self._front is self._ledger:
            return self._front
        return self._front if may(self._front, name, "SELECT") else self._ledger


@contextmanager
def snapshot_of(front: Database, ledger: Database, files: PhotoFiles) -> Iterator[Snapshot]:
    """One snapshot over both roles' connections.

    raises   as Database.reading; LedgerRoleMissing: the second connection is not one that reads what the first may not
    """
    with front.reading() as connection:
        if connection.dialect.name != "postgresql":
            connection.exec_driver_sql("SELECT * FROM alembic_version").all()  # the first read fixes the snapshot
            yield Snapshot(connection, connection, files)
            return
        take_time(connection)  # a backup reads for minutes, and pauses while it writes
        if front is ledger:
            _require_bank(connection)
            yield Snapshot(connection, connection, files)
            return
        exported = connection.execute(text("SELECT pg_export_snapshot()")).scalar_one()
        with ledger.reading() as other:
            other.exec_driver_sql(f"SET TRANSACTION SNAPSHOT '{exported}'")  # before any query of this transaction
            take_time(other)
            _require_bank(other)
            yield Snapshot(connection, other, files)


def _require_bank(connection: Connection) -> None:
    """Said before the first row is read: the server's own error would look like a table that was never made."""
    if not may(connection, BankReferenceRow.__tablename__, "SELECT"):
        raise LedgerRoleMissing


class Target:
    """An empty database that is being filled, within one transaction: all of a backup comes in, or nothing.

    The rows of `audit_head` and `audit_base` stand in an empty database already; the first change to them makes them
    the restored chain's.
    """

    def __init__(self, connection: Connection, files: PhotoFiles) -> None:
        self._connection = connection
        self._files = files

    def prepare(self, revision: str) -> None:
        """Brings an empty database to the archive's schema.

        raises   RestoreTargetNotEmpty, SchemaOutdated, OwnerRoleMissing (PostgreSQL: this role may build nothing)
        """
        if self._connection.dialect.name == "postgresql" and not may_build(self._connection):
            raise OwnerRoleMissing
        present = ",".join(sorted(MigrationContext.configure(self._connection).get_current_heads()))
        if not present:
            schema_version.upgrade(self._connection, revision)
        elif present != revision:
            raise RestoreTargetNotEmpty("the database has another schema than the backup; give an empty database")
        inspector = inspect(self._connection)
        # by name too: tables may lie in schemas of their own, which the list leaves out
        for one in {*inspector.get_table_names(), *metadata.tables} - _FILLED_BY_MIGRATIONS:
            if inspector.has_table(one):
                self._refuse_rows(one)

    def add(self, item: Rows) -> None:
        """raises StorageFault: a row that the schema refuses"""
        if not item.rows:
            return
        into = _clause(item.table)
        names = [name for name, _ in item.table.columns]
        values = [dict(zip(names, row, strict=True)) for row in item.rows]
        if item.table.name in _SINGLE:
            for one in values:
                if one["rows"] or item.table.name == AUDIT_BASE:
                    self._connection.execute(into.update().where(into.c.id == one["id"]).values(**one))
            return
        self._connection.execute(insert(into), values)

    def add_photo(self, photo: StoredFile) -> None:
        """raises ArchiveUnreadable (an impossible name), StorageFault (disk)"""
        try:
            self._files.put_back(photo.name, photo.content)
        except ValueError as error:
            raise ArchiveUnreadable(str(error)) from error
        except OSError as error:
            raise StorageFault("the photo folder cannot be written") from error

    def contents(self, tables: Iterable[TableSpec]) -> Contents:
        """What these tables hold now, counted as the archive was."""
        contents = Contents()
        for spec in tables:
            whole = select(_clause(spec))
            if spec.name in _ORDERED:
                whole = whole.order_by(text(_ORDERED[spec.name]))
            for batch in _batches(self._connection, whole):
                contents.see(Rows(spec, batch))
        return contents

    def finish(self) -> None:
        """Photos are on the disk, and numbers go on after the restored ones."""
        self._files.sync_all()
        if self._connection.dialect.name == "postgresql":
            self._restart_numbers()

    def _refuse_rows(self, name: str) -> None:
        if self._connection.execute(select(literal(1)).select_from(table(name)).limit(1)).first() is not None:
            raise RestoreTargetNotEmpty(f"the table {name} holds rows")

    def _restart_numbers(self) -> None:
        for one in metadata.sorted_tables:
            numbered = one.autoincrement_column
            if numbered is None or not inspect(self._connection).has_table(one.name):
                continue
            asked = {"table": one.name, "column": numbered.name}
            sequence = self._connection.execute(text("SELECT pg_get_serial_sequence(:table, :column)"), asked).scalar()
            newest = self._connection.execute(select(func.max(numbered))).scalar()
            if sequence is not None and newest is not None:
                last = {"sequence": sequence, "newest": newest}
                self._connection.execute(text("SELECT setval(:sequence, :newest)"), last)


def _clause(spec: TableSpec) -> TableClause:
    """The table as the archive describes it, which may be older than this release's."""
    unsafe = [name for name in (spec.name, *(name for name, _ in spec.columns)) if not name.isidentifier()]
    if unsafe:
        raise ArchiveUnreadable("an impossible name of a table")
    return table(spec.name, *(column(name, _TYPES[kind]()) for name, kind in spec.columns))


def _batches(connection: Connection, whole: Select[Any]) -> Iterator[Sequence[Row]]:
    for batch in _stream(connection, whole).partitions():
        yield [tuple(row) for row in batch]


def _stream(connection: Connection, statement: Any) -> Any:
    """Through a cursor of the database: never the whole result in memory."""
    return connection.execute(statement, execution_options={"yield_per": ROWS_AT_ONCE})
