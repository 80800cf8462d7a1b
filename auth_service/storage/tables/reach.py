"""How far back a release may be and still work with this database."""

from __future__ import annotations

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped, mapped_column

from auth_service.storage.tables.schema import Schema, Word


class SchemaReachRow(Schema):
    """The one row that names the oldest migration which a release must know. A step that only expands leaves it."""

    __tablename__ = "schema_reach"
    __table_args__ = (CheckConstraint("id = 1", name="single"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    oldest_revision: Mapped[Word]
