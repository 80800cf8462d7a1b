"""Numbers of the fund that are too much to be counted for each look."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Text
from sqlalchemy.orm import Mapped, mapped_column

from auth_service.storage.tables.schema import Schema


class FundCountRow(Schema):
    """The newest count for one length of window: a copy to read, which comes back with the next run of the job.

    days     length of the window
    numbers  JSON without anybody's name or key
    """

    __tablename__ = "fund_counts"

    days: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    counted_at: Mapped[datetime]
    numbers: Mapped[str] = mapped_column(Text)
