"""Alembic, run from the program: which schema the database has, and the way to this release's.

A release works with its own schema and with one that a newer release has merely expanded, so that a new release can be
rolled out, and back, while the old one serves (docs/decisions/0013-separation.md).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, select, text

from auth_service.core.errors import BackupNeedsNewerRelease, DatabaseUnavailable, SchemaOutdated, TransactionConflict
from auth_service.storage.tables import SchemaReachRow

_FOLDER = Path(__file__).parent / "migrations"
_LOCK = 0x617574685F736572
"""Any fixed number: one migration at a time (PostgreSQL advisory lock)."""
_LOCK_MILLISECONDS = 500
"""A step that waits for a table makes everybody behind it wait as well, and may stand crosswise to a request. Below the
server's deadlock_timeout of 1 s it is always the migration that gives way, never the request."""
_PAUSES = tuple(0.2 * place for place in range(1, 25))
"""Seconds between the tries of a migration that was crowded out: a minute in all."""
_NEWEST = "heads"
"""Alembic's word for where this release's migrations end."""
_OLDEST = select(SchemaReachRow.oldest_revision)


def upgrade(connection: Connection, to: str = _NEWEST) -> list[str]:
    """Takes every missing step within the open transaction; returns their revision names, oldest first.

    A database that a newer release has expanded is left as it is, if this release can still work with it.

    to       a revision of this release: an older backup is restored into its own schema first
    raises   SchemaOutdated: a newer release has changed what this one relies on, or only it knows the revision
    """
    if to != _NEWEST and to not in _known():
        raise SchemaOutdated(f"only a newer release knows the schema {to}: restore with that release")
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = {_LOCK_MILLISECONDS}")
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    before = MigrationContext.configure(connection).get_current_heads()
    scripts = _scripts()
    if not set(before) <= _known():
        _require_reach(connection)
        return []
    missing = [step.revision for step in scripts.iterate_revisions(to, before or "base")]
    if missing:
        config = Config()
        config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
        config.attributes["connection"] = connection
        command.upgrade(config, to)
    return missing[::-1]


def patiently(migration: Callable[[], list[str]]) -> list[str]:
    """Runs a migration again while it finds tables in use; each time nothing was changed. raises what it raises"""
    for pause in _PAUSES:
        try:
            return migration()
        except DatabaseUnavailable as error:
            if not isinstance(error, TransactionConflict) and error.detail != "LockNotAvailable":
                raise
            time.sleep(pause)
    return migration()


def check(connection: Connection) -> None:
    """Whether this release can work with the database: its own schema, or one that newer releases only expanded.

    raises   SchemaOutdated: empty, older, or changed by a newer release in a way that this one cannot bear
    """
    if is_own(connection):
        return
    present = set(MigrationContext.configure(connection).get_current_heads())
    if not present or present <= _known():
        raise SchemaOutdated
    _require_reach(connection)


def is_own(connection: Connection) -> bool:
    """Whether the database has exactly this release's schema."""
    return set(MigrationContext.configure(connection).get_current_heads()) == set(_scripts().get_heads())


def require_own_for_backup(connection: Connection) -> None:
    """What a newer release has added would be left out. raises BackupNeedsNewerRelease"""
    if not is_own(connection):
        present = ",".join(sorted(MigrationContext.configure(connection).get_current_heads()))
        raise BackupNeedsNewerRelease(f"the database has schema {present}")


def _require_reach(connection: Connection) -> None:
    """The database is newer: it says itself how far back a release may be. raises SchemaOutdated"""
    oldest = connection.execute(_OLDEST).scalar_one_or_none()
    if oldest not in _known():
        raise SchemaOutdated("the database is newer than this release")


@cache
def _known() -> frozenset[str]:
    return frozenset(script.revision for script in _scripts().walk_revisions())


@cache
def _scripts() -> ScriptDirectory:
    return ScriptDirectory(str(_FOLDER))
