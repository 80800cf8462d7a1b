"""What is counted of the fund for a window, and the newest count that is kept."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

from sqlalchemy import func, select

from auth_service.monitoring.fund import Exposure, FundCount, RuleFlags, Spread, Standing, Tries, bars, exposure, spread
from auth_service.storage.queries.deaths import recorded_deaths
from auth_service.storage.queries.fund import flags_by_rule, judged_in
from auth_service.storage.queries.tries import count_tries
from auth_service.storage.tables import FundCountRow, PersonRow
from auth_service.storage.tables.schema import table_of
from auth_service.storage.work import Work

_COUNTS = table_of(FundCountRow)
_DAY = 86_400


def count_fund(work: Work, days: int, now: datetime) -> FundCount:
    """Over the days up to now. Reads much: for the worker, not for a page."""
    since = now - timedelta(days=days)
    deaths = recorded_deaths(work, since)
    spans = [one.days for one in deaths if one.days is not None]
    return FundCount(
        days=days,
        counted_at=now,
        people=work.connection.execute(select(func.count()).select_from(PersonRow)).scalar_one(),
        flags=tuple(flags_by_rule(work, since)),
        judged=_judged(work, since),
        tries=count_tries(work, since, now),
        bars=bars(spans),
        deaths=spread(spans),
        waiting=len(deaths) - len(spans),
        exposure=exposure(deaths),
    )


def _judged(work: Work, since: datetime) -> dict[str, Spread]:
    days: dict[str, list[float]] = {}
    for rule_id, raised, judged in judged_in(work, since):
        days.setdefault(rule_id, []).append((judged - raised).total_seconds() / _DAY)
    return {rule_id: told for rule_id, of in days.items() if (told := spread(of)) is not None}


def newest_count(work: Work, days: int) -> FundCount | None:
    """None: the worker has not counted this window yet."""
    row = work.connection.execute(select(_COUNTS).where(_COUNTS.c.days == days)).one_or_none()
    if row is None:
        return None
    told = json.loads(row.numbers)
    return FundCount(
        days=row.days,
        counted_at=row.counted_at,
        people=told["people"],
        flags=tuple(RuleFlags(*one) for one in told["flags"]),
        judged={rule_id: Spread(**one) for rule_id, one in told["judged"].items()},
        tries=tuple(Tries(*one) for one in told["tries"]),
        bars=tuple(told["bars"]),
        deaths=None if told["deaths"] is None else Spread(**told["deaths"]),
        waiting=told["waiting"],
        exposure={Standing(standing): Exposure(**one) for standing, one in told["exposure"].items()},
    )
