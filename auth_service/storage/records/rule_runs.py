"""Runs of rules and how far each came. Whoever does the next page of one moves it on; of two at once, one does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from sqlalchemy import Row, Select, delete, func, insert, select, update

from auth_service.core.clock import legal_date
from auth_service.core.ids import new_id
from auth_service.monitoring.parameters import RuleState, RuleTerms
from auth_service.storage.tables import DecisionRow, ImportRow, RegistryActRow, RuleRunRow, SweepRow
from auth_service.storage.tables.schema import table_of
from auth_service.storage.work import Work

_RUNS, _IMPORTS = table_of(RuleRunRow), table_of(ImportRow)
_DECISIONS, _SWEEPS, _REGISTRY = table_of(DecisionRow), table_of(SweepRow), table_of(RegistryActRow)
KEEP_RUNS = timedelta(days=90)
"""How long the history of a rule's runs is kept; what it found stays by itself."""


def _imported(kind: str) -> Select[*tuple[Any, ...]]:
    return select(func.max(_IMPORTS.c.finished_at), func.count()).where(_IMPORTS.c.kind == kind)


_NEWEST: Mapping[str, Select[*tuple[Any, ...]]] = {
    **{kind: _imported(kind) for kind in ("ledger", "payments", "events", "tags", "proxy", "contact", "accommodation")},
    "acts": select(func.max(_DECISIONS.c.decided_at), func.count()),
    "sweep": select(func.max(_SWEEPS.c.finished_at), func.count()),
    "registry": select(func.max(_REGISTRY.c.number), func.count()),
}
"""What may be written that a rule looks at -> when it last was, and how often: hosts' clocks may differ."""


@dataclass(frozen=True, slots=True)
class RuleRun:
    """A run and how far it came.

    mark   of the rule, its version and its parameters
    seen   of the data as they were when it began
    facts, raised  rows looked at; flags that are new
    """

    id: str
    rule_id: str
    state: RuleState
    mark: str
    seen: str
    place: str
    facts: int
    raised: int
    began_at: datetime
    finished_at: datetime | None = None


class RuleRuns:
    """See the module."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def seen(self, reads: Sequence[str] | None, now: datetime) -> str:
        """A mark of all that a set of facts is read from; the same as long as nothing of it was written.

        reads    words of _NEWEST, and `day`; None, where nobody says: everything, and the day
        """
        told: list[str] = []
        for word in (*_NEWEST, "day") if reads is None else reads:
            if word == "day":
                told.append(str(legal_date(now)))
            else:
                told.append(str(tuple(self._work.connection.execute(_NEWEST[word]).one())))
        return sha256("\n".join(told).encode()).hexdigest()

    def is_due(self, terms: RuleTerms, seen: str) -> bool:
        """Whether no run has ended that looked at these data by these terms."""
        ended = (_RUNS.c.rule_id == terms.rule.rule_id) & _RUNS.c.finished_at.is_not(None)
        order = (_RUNS.c.began_at.desc(), _RUNS.c.id.desc())
        row = self._work.connection.execute(select(_RUNS).where(ended).order_by(*order).limit(1)).one_or_none()
        return row is None or (row.state, row.mark, row.seen) != (terms.state.value, terms.mark, seen)

    def open(self, wanted: RuleRun) -> RuleRun:
        """The run of a rule: one that was cut short goes on where it was judged alike, else the given one begins."""
        alike = (_RUNS.c.rule_id == wanted.rule_id) & (_RUNS.c.mark == wanted.mark)
        cut = select(_RUNS).where(alike, _RUNS.c.state == wanted.state.value, _RUNS.c.finished_at.is_(None))
        row = self._work.connection.execute(cut.order_by(_RUNS.c.began_at.desc()).limit(1)).one_or_none()
        if row is not None:
            return _run(row)
        old = (_RUNS.c.rule_id == wanted.rule_id) & (_RUNS.c.began_at < wanted.began_at - KEEP_RUNS)
        self._work.connection.execute(delete(_RUNS).where(old))
        self._work.connection.execute(insert(_RUNS), _values(wanted))
        return wanted

    def advance(self, was: RuleRun, to: RuleRun) -> bool:
        """False: another process did this page, or ended the run, meanwhile."""
        mine = (_RUNS.c.id == was.id) & (_RUNS.c.place == was.place) & _RUNS.c.finished_at.is_(None)
        values: dict[str, Any] = {"place": to.place, "facts": to.facts, "raised": to.raised}
        done = update(_RUNS).where(mine).values(**values, finished_at=to.finished_at)
        return self._work.connection.execute(done).rowcount == 1

    def again(self, run: RuleRun) -> RuleRun:
        """As it stands now."""
        return _run(self._work.connection.execute(select(_RUNS).where(_RUNS.c.id == run.id)).one())

    def newest(self) -> dict[str, RuleRun]:
        """Of each rule the run that began last, by rule."""
        wanted = select(_RUNS).order_by(_RUNS.c.began_at, _RUNS.c.id)
        return {row.rule_id: _run(row) for row in self._work.connection.execute(wanted)}


def new_run(rule_id: str, state: RuleState, marks: tuple[str, str], now: datetime) -> RuleRun:
    """One that has looked at nothing yet. marks: of the rule, of the data"""
    return RuleRun(new_id(), rule_id, state, *marks, "", 0, 0, now)


def _values(run: RuleRun) -> dict[str, Any]:
    return {
        "id": run.id, "rule_id": run.rule_id, "state": run.state.value, "mark": run.mark, "seen": run.seen,
        "place": run.place, "facts": run.facts, "raised": run.raised, "began_at": run.began_at,
        "finished_at": run.finished_at,
    }  # fmt: skip


def _run(row: Row[Any]) -> RuleRun:
    return RuleRun(
        row.id, row.rule_id, RuleState(row.state), row.mark, row.seen, row.place, row.facts, row.raised, row.began_at,
        row.finished_at,
    )  # fmt: skip
