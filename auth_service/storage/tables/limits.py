"""How often somebody asked, for as long as it matters."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Index
from sqlalchemy.orm import Mapped, mapped_column

from auth_service.storage.tables.schema import Digest, Schema


class LimitCountRow(Schema):
    """One count over one window. `id` is a keyed HMAC of rule, subject and window: nothing here tells who asked."""

    __tablename__ = "limit_counts"
    __table_args__ = (Index(None, "ends_at"),)

    id: Mapped[Digest] = mapped_column(primary_key=True)
    ends_at: Mapped[datetime]
    count: Mapped[int] = mapped_column(BigInteger)
