"""Declarative root of the schema: constraint names, column types, and the CHECK of an enumeration."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Annotated, cast

from sqlalchemy import Connection, DateTime, Dialect, Insert, LargeBinary, MetaData, String, Table, TypeDecorator, text
from sqlalchemy.dialects.postgresql import insert as insert_postgresql
from sqlalchemy.dialects.sqlite import insert as insert_sqlite
from sqlalchemy.orm import DeclarativeBase, mapped_column

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Instant(TypeDecorator[datetime]):
    """An aware instant, kept in UTC: `timestamptz` on PostgreSQL, fixed-width text that sorts by time on SQLite."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("instants must be timezone-aware")
        instant = value.astimezone(UTC)
        return instant.replace(tzinfo=None) if dialect.name == "sqlite" else instant

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Schema(DeclarativeBase):
    """Root of all tables."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = {datetime: Instant, bytes: LargeBinary}  # noqa: RUF012 - SQLAlchemy's own form


Id = Annotated[str, mapped_column(String(32))]
"""32 hex characters, see core/ids.py."""
Word = Annotated[str, mapped_column(String(64))]
"""A code, a short name or a version label."""
Digest = Annotated[str, mapped_column(String(64))]
"""SHA-256 as 64 hex characters."""
Guard = Annotated[bytes, mapped_column(LargeBinary, server_default=text("''"))]
"""A keyed HMAC over the row (records/guards.py); a row that came by SQL has the empty one, which never fits."""


def one_of(column: str, values: Iterable[str], *, nullable: bool = False) -> str:
    """The text of a CHECK that a column holds one of an enumeration's values."""
    listed = ", ".join(f"'{value}'" for value in values)
    return f"{column} IS NULL OR {column} IN ({listed})" if nullable else f"{column} IN ({listed})"


def table_of(row: type[Schema]) -> Table:
    """The Core table of a row class, for statements that need no ORM."""
    return cast("Table", row.__table__)


def insert_or_ignore(connection: Connection, row: type[Schema]) -> Insert:
    """An INSERT that does nothing where a unique key is taken, in the words of either database.

    `rowcount` of its result is 1 when the row was new, else 0.
    """
    insert = insert_postgresql if connection.dialect.name == "postgresql" else insert_sqlite
    return insert(table_of(row)).on_conflict_do_nothing().execution_options(preserve_rowcount=True)
