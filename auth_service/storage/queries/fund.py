"""Benefits given back and contests that are open, which are few and read at each look; and flags by rule, which the
worker counts."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import and_, func, select

from auth_service.casework.contest import ContestAct
from auth_service.monitoring.flags import Verdict as Judged
from auth_service.monitoring.fund import Restore, RuleFlags
from auth_service.payments.proposals import Act, Ground, Verdict
from auth_service.storage.tables import (
    ContestActRow,
    ContestRow,
    DecisionRow,
    FlagRow,
    JudgementRow,
    PersonKeyRow,
    ProposalRow,
)
from auth_service.storage.tables.schema import table_of
from auth_service.storage.work import Work

_PROPOSALS, _DECISIONS, _KEYS = table_of(ProposalRow), table_of(DecisionRow), table_of(PersonKeyRow)
_CONTESTS, _ACTS = table_of(ContestRow), table_of(ContestActRow)
_FLAGS, _JUDGEMENTS = table_of(FlagRow), table_of(JudgementRow)
_STOPS = (Act.HOLD.value, Act.SUSPEND.value, Act.TERMINATE.value)
_ENDED = (ContestAct.SEEN.value, ContestAct.RESTORED.value, ContestAct.DISMISSED.value)


def restores(work: Work, since: datetime, until: datetime) -> list[Restore]:
    """Benefits resumed in that time, each with the first act that had stopped it. Resumptions are few: acts of the same
    benefits are read with them and paired here."""
    acts = _PROPOSALS.join(_DECISIONS, _DECISIONS.c.proposal_id == _PROPOSALS.c.id)
    approved = _DECISIONS.c.verdict == Verdict.APPROVED.value
    given = (
        select(_PROPOSALS.c.person_id, _PROPOSALS.c.benefit_kind)
        .select_from(acts)
        .where(
            approved,
            _PROPOSALS.c.act == Act.RESUME.value,
            _DECISIONS.c.decided_at >= since,
            _DECISIONS.c.decided_at < until,
        )
        .distinct()
        .cte("given")
    )
    same = and_(given.c.person_id == _PROPOSALS.c.person_id, given.c.benefit_kind == _PROPOSALS.c.benefit_kind)
    wanted = (
        select(
            _PROPOSALS.c.person_id,
            _PROPOSALS.c.benefit_kind,
            _PROPOSALS.c.act,
            _PROPOSALS.c.ground,
            _DECISIONS.c.decided_at,
        )
        .select_from(given.join(acts, same))
        .where(approved, _PROPOSALS.c.act.in_((*_STOPS, Act.RESUME.value)), _DECISIONS.c.decided_at < until)
        .order_by(_PROPOSALS.c.person_id, _PROPOSALS.c.benefit_kind, _DECISIONS.c.decided_at)
    )
    found, open_since = [], dict[tuple[str, str], tuple[Ground, datetime]]()
    for row in work.connection.execute(wanted):
        key = (row.person_id, row.benefit_kind)
        if row.act != Act.RESUME.value:
            open_since.setdefault(key, (Ground(row.ground), row.decided_at))
            continue
        taken = open_since.pop(key, None)
        if taken is not None and row.decided_at >= since:
            found.append(Restore(taken[0], Ground(row.ground), taken[1], row.decided_at))
    return found


def open_contests(work: Work) -> list[datetime]:
    """When each contest was opened that nobody has answered, the oldest first."""
    ended = select(_ACTS.c.id).where(_ACTS.c.contest_id == _CONTESTS.c.id, _ACTS.c.act.in_(_ENDED))
    there = and_(_KEYS.c.person_id == _CONTESTS.c.person_id, _KEYS.c.destroyed_at.is_(None))
    wanted = select(_CONTESTS.c.opened_at).select_from(_CONTESTS.join(_KEYS, there)).where(~ended.exists())
    return list(work.connection.execute(wanted.order_by(_CONTESTS.c.opened_at)).scalars())


def flags_by_rule(work: Work, since: datetime) -> list[RuleFlags]:
    """Flags raised since then, by rule and severity, with the newest judgement of each."""
    newest = (
        select(_JUDGEMENTS.c.flag_id, func.max(_JUDGEMENTS.c.number).label("number"))
        .group_by(_JUDGEMENTS.c.flag_id)
        .subquery("newest")
    )
    joined = _FLAGS.outerjoin(newest, newest.c.flag_id == _FLAGS.c.id).outerjoin(
        _JUDGEMENTS, and_(_JUDGEMENTS.c.flag_id == newest.c.flag_id, _JUDGEMENTS.c.number == newest.c.number)
    )
    keys = (_FLAGS.c.rule_id, _FLAGS.c.severity, _FLAGS.c.severity_rank)
    wanted = (
        select(*keys, _JUDGEMENTS.c.verdict, func.count().label("flags"))
        .select_from(joined)
        .where(_FLAGS.c.raised_at >= since)
        .group_by(*keys, _JUDGEMENTS.c.verdict)
        .order_by(_FLAGS.c.rule_id, _FLAGS.c.severity_rank)
    )
    counted: dict[tuple[str, str], dict[str | None, int]] = {}
    for row in work.connection.execute(wanted):
        counted.setdefault((row.rule_id, row.severity), {})[row.verdict] = row.flags
    return [
        RuleFlags(*key, of.get(None, 0), of.get(Judged.NEEDS_CHECK.value, 0), of.get(Judged.FALSE_FLAG.value, 0))
        for key, of in counted.items()
    ]


def judged_in(work: Work, since: datetime) -> list[tuple[str, datetime, datetime]]:
    """(rule, raised, first judged) of every judged flag that was raised since then."""
    wanted = (
        select(_FLAGS.c.rule_id, _FLAGS.c.raised_at, _JUDGEMENTS.c.judged_at)
        .select_from(_FLAGS.join(_JUDGEMENTS, _JUDGEMENTS.c.flag_id == _FLAGS.c.id))
        .where(_FLAGS.c.raised_at >= since, _JUDGEMENTS.c.number == 1)
    )
    return [(row.rule_id, row.raised_at, row.judged_at) for row in work.connection.execute(wanted)]
