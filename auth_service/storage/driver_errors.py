"""What the database drivers raise, in our own words, without the SQL and its values.

Both say the same few things differently: PostgreSQL by a SQLSTATE, SQLite by an extended result code.
"""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from auth_service.core.errors import (
    DatabaseRightMissing,
    DatabaseUnavailable,
    SchemaOutdated,
    ServiceError,
    StorageFault,
    StorageFull,
    StorageReadOnly,
    TransactionConflict,
)

_BY_SQLSTATE: dict[str, type[ServiceError]] = {
    "40001": TransactionConflict,  # serialization_failure
    "40P01": TransactionConflict,  # deadlock_detected
    "53100": StorageFull,  # disk_full
    "25006": StorageReadOnly,  # read_only_sql_transaction: a standby, or default_transaction_read_only
    "42501": DatabaseRightMissing,  # insufficient_privilege
    "42P01": SchemaOutdated,  # undefined_table
    "42703": SchemaOutdated,  # undefined_column
}
"""source: PostgreSQL manual, appendix A"""
_BY_SQLITE_CODE: dict[int, type[ServiceError]] = {
    sqlite3.SQLITE_FULL: StorageFull,
    sqlite3.SQLITE_READONLY: StorageReadOnly,
    sqlite3.SQLITE_CANTOPEN: DatabaseUnavailable,
    sqlite3.SQLITE_BUSY: DatabaseUnavailable,
    sqlite3.SQLITE_LOCKED: DatabaseUnavailable,
    sqlite3.SQLITE_IOERR: StorageFault,
    sqlite3.SQLITE_CORRUPT: StorageFault,
}
"""source: sqlite.org/rescode.html, primary codes"""
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_READ_ONLY = frozenset({errno.EROFS, errno.EACCES, errno.EPERM})


@contextmanager
def translated() -> Iterator[None]:
    """Turns what the driver raises into our errors."""
    try:
        yield
    except SQLAlchemyError as error:
        raise ours(error) from error


def of_file(error: OSError) -> ServiceError:
    """What a picture folder's error means for who asked."""
    if error.errno in _FULL:
        return StorageFull("the photo folder is full")
    if error.errno in _READ_ONLY:
        return StorageReadOnly("the photo folder cannot be written")
    return StorageFault("the photo folder cannot be written")


@contextmanager
def file_errors() -> Iterator[None]:
    """Turns what the picture folder raises into our errors."""
    try:
        yield
    except OSError as error:
        raise of_file(error) from error


def ours(error: SQLAlchemyError) -> ServiceError:
    """Our error for one of SQLAlchemy's."""
    if isinstance(error, PoolTimeout):
        return DatabaseUnavailable("no free connection")
    cause = error.orig if isinstance(error, DBAPIError) else None
    name = type(cause or error).__name__
    known = _known(cause)
    if known is not None:
        return known(name) if known is not SchemaOutdated else SchemaOutdated()
    lost = isinstance(error, DBAPIError) and error.connection_invalidated
    if lost or isinstance(error, OperationalError | InterfaceError):
        return DatabaseUnavailable(name)
    return StorageFault(name)


def _known(cause: BaseException | None) -> type[ServiceError] | None:
    if isinstance(cause, psycopg.Error):
        return _BY_SQLSTATE.get(cause.sqlstate or "")
    if isinstance(cause, sqlite3.Error):
        if str(cause).startswith(("no such table", "no such column")):
            return SchemaOutdated
        return _BY_SQLITE_CODE.get(getattr(cause, "sqlite_errorcode", 0) & 0xFF)
    return None
