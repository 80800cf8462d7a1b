"""Alembic, run from the program: which schema the database has, and the way to this release's."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from auth_service.core.errors import SchemaOutdated

_FOLDER = Path(__file__).parent / "migrations"
_LOCK = 0x617574685F736572
"""Any fixed number: one migration at a time (PostgreSQL advisory lock)."""


def upgrade(connection: Connection) -> list[str]:
    """Takes every missing step within the open transaction; returns their revision names, oldest first."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    before = MigrationContext.configure(connection).get_current_heads()
    scripts = _scripts()
    if not set(before) <= {script.revision for script in scripts.walk_revisions()}:
        raise SchemaOutdated("the database is newer than this release")
    missing = [step.revision for step in scripts.iterate_revisions("heads", before or "base")]
    config = Config()
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
    return missing[::-1]


def check(connection: Connection) -> None:
    """raises SchemaOutdated: not exactly this release's schema"""
    if set(MigrationContext.configure(connection).get_current_heads()) != set(_scripts().get_heads()):
        raise SchemaOutdated


@cache
def _scripts() -> ScriptDirectory:
    return ScriptDirectory(str(_FOLDER))
