"""Counts of the fund within one unit: copies to read, one for each length of window."""

from __future__ import annotations

from dataclasses import asdict, astuple
from typing import Any

from sqlalchemy import insert, update

from auth_service.monitoring.fund import FundCount
from auth_service.storage.tables import FundCountRow
from auth_service.storage.tables.schema import table_of
from auth_service.storage.work import Work, to_json

_COUNTS = table_of(FundCountRow)


class FundCounts:
    """See the module."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def keep(self, count: FundCount) -> None:
        """In place of the count before. Only while alone with the job that counts."""
        numbers = {
            "people": count.people,
            "flags": [astuple(one) for one in count.flags],
            "judged": {rule_id: asdict(one) for rule_id, one in count.judged.items()},
            "tries": [astuple(one) for one in count.tries],
            "bars": count.bars,
            "deaths": None if count.deaths is None else asdict(count.deaths),
            "waiting": count.waiting,
            "exposure": {standing.value: asdict(one) for standing, one in count.exposure.items()},
        }
        values: dict[str, Any] = {"counted_at": count.counted_at, "numbers": to_json(numbers)}
        mine = update(_COUNTS).where(_COUNTS.c.days == count.days).values(**values)
        if self._work.connection.execute(mine).rowcount == 0:
            self._work.connection.execute(insert(_COUNTS), {"days": count.days, **values})
