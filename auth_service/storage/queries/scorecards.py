"""What became of the flags of each rule in a window, and of what rules in shadow found."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Row, and_, func, select

from auth_service.monitoring.flags import Verdict
from auth_service.monitoring.scorecard import FlagFate
from auth_service.storage.tables import FlagRow, JudgementRow, ShadowFlagRow, ShadowJudgementRow
from auth_service.storage.tables.schema import table_of
from auth_service.storage.work import Work

_FLAGS, _JUDGEMENTS = table_of(FlagRow), table_of(JudgementRow)
_SHADOW, _SAID = table_of(ShadowFlagRow), table_of(ShadowJudgementRow)
_FIRST, _LAST = _JUDGEMENTS.alias("first"), _JUDGEMENTS.alias("last")
_NUMBERS = select(func.max(_JUDGEMENTS.c.number)).where(_JUDGEMENTS.c.flag_id == _FLAGS.c.id)
_NEWEST_NUMBER = _NUMBERS.correlate(_FLAGS).scalar_subquery()

Fates = dict[tuple[str, str | None], list[FlagFate]]
"""(rule, mark) -> fates. Findings in shadow have the mark of rule, version and parameters; None: flags in force."""


def fates_of(work: Work, since: datetime, until: datetime) -> Fates:
    """Of everything raised from `since` on and before `until`."""
    found: Fates = {}
    first = and_(_FIRST.c.flag_id == _FLAGS.c.id, _FIRST.c.number == 1)
    last = and_(_LAST.c.flag_id == _FLAGS.c.id, _LAST.c.number == _NEWEST_NUMBER)
    raised = (
        select(_FLAGS.c.rule_id, _FLAGS.c.raised_at, _LAST.c.verdict, _FIRST.c.judged_at)
        .outerjoin(_FIRST, first)
        .outerjoin(_LAST, last)
        .where(_FLAGS.c.raised_at >= since, _FLAGS.c.raised_at < until)
    )
    row: Row[*tuple[Any, ...]]
    for row in work.connection.execute(raised):
        found.setdefault((row.rule_id, None), []).append(_fate(row))
    apart = (
        select(_SHADOW.c.rule_id, _SHADOW.c.mark, _SHADOW.c.raised_at, _SAID.c.verdict, _SAID.c.judged_at)
        .outerjoin(_SAID, _SAID.c.flag_id == _SHADOW.c.id)
        .where(_SHADOW.c.raised_at >= since, _SHADOW.c.raised_at < until)
    )
    for row in work.connection.execute(apart):
        found.setdefault((row.rule_id, row.mark), []).append(_fate(row))
    return found


def _fate(row: Row[*tuple[Any, ...]]) -> FlagFate:
    return FlagFate(row.raised_at, None if row.verdict is None else Verdict(row.verdict), row.judged_at)
