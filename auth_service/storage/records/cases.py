"""Cases, their flags and what was done about them. Append-only; the newest act says where a case stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, case, false, insert, or_, select
from sqlalchemy.exc import IntegrityError

from auth_service.casework.case import (
    TAKEN_BACK,
    CaseAct,
    CaseEvent,
    CaseFlag,
    CaseState,
    Cause,
    Standing,
    cause_of,
    rules_of,
    this_round,
)
from auth_service.casework.disposition import CONFIRMS, Disposition, Outcome, Step
from auth_service.core.errors import KeyDestroyed, SealBroken, StaleJudgement
from auth_service.core.ids import new_id
from auth_service.monitoring.flags import SEVERITY_ORDER, Severity, Verdict
from auth_service.storage.records.guards import guard_of, is_genuine
from auth_service.storage.sealing import Place
from auth_service.storage.tables import (
    CaseActRow,
    CaseFlagRow,
    CaseRow,
    FlagPersonRow,
    FlagRow,
    JudgementRow,
    PersonKeyRow,
)
from auth_service.storage.tables.schema import table_of
from auth_service.storage.work import Work

_CASES, _FLAGS, _ACTS = table_of(CaseRow), table_of(CaseFlagRow), table_of(CaseActRow)
_RAISED, _PEOPLE, _KEYS = table_of(FlagRow), table_of(FlagPersonRow), table_of(PersonKeyRow)
_JUDGED = table_of(JudgementRow)
_LATER_ACT, _LATER_WORD = _ACTS.alias("later_act"), _JUDGED.alias("later_word")
IS_NEWEST_ACT = (
    ~select(_LATER_ACT.c.id)
    .where(_LATER_ACT.c.case_id == _ACTS.c.case_id, _LATER_ACT.c.number > _ACTS.c.number)
    .exists()
)
"""For statements over `case_acts`: no later act about the same case."""
_FALSE = (
    select(_JUDGED.c.id)
    .where(
        _JUDGED.c.flag_id == _RAISED.c.id,
        _JUDGED.c.verdict == Verdict.FALSE_FLAG.value,
        ~select(_LATER_WORD.c.id)
        .where(_LATER_WORD.c.flag_id == _JUDGED.c.flag_id, _LATER_WORD.c.number > _JUDGED.c.number)
        .exists(),
    )
    .exists()
)
_IN_A_CASE = (
    select(_FLAGS.c.flag_id)
    .join(_CASES, _CASES.c.id == _FLAGS.c.case_id)
    .where(_FLAGS.c.flag_id == _RAISED.c.id, _CASES.c.person_id == _PEOPLE.c.person_id)
    .exists()
)
_LOOSE = _RAISED.join(_PEOPLE, _PEOPLE.c.flag_id == _RAISED.c.id).join(
    _KEYS, and_(_KEYS.c.person_id == _PEOPLE.c.person_id, _KEYS.c.destroyed_at.is_(None))
)


def _is_of(cause: Cause) -> ColumnElement[bool]:
    """Rules that belong to a cause, in SQL."""
    letters, besides, left_out = rules_of(cause)
    named = and_(
        or_(false(), *(_RAISED.c.rule_id.startswith(letter) for letter in letters)),
        _RAISED.c.rule_id.not_in(left_out),
    )
    return or_(named, _RAISED.c.rule_id.in_(besides))


_CAUSE = case(*((_is_of(cause), cause.value) for cause in Cause), else_=None)
_GATHERABLE = and_(~_FALSE, ~_IN_A_CASE, _CAUSE.is_not(None))
_JOINS = (
    select(_CASES.c.id)
    .select_from(_CASES.join(_ACTS, and_(_ACTS.c.case_id == _CASES.c.id, IS_NEWEST_ACT)))
    .where(
        _CASES.c.person_id == _PEOPLE.c.person_id,
        _CASES.c.cause == _CAUSE,
        or_(
            _ACTS.c.state != CaseState.CLOSED.value,
            and_(_RAISED.c.rule_id == TAKEN_BACK, _ACTS.c.disposition.in_(sorted(CONFIRMS))),
        ),
    )
    .exists()
)
"""A low flag alone opens nothing; here it has an open case to join, or takes away what a closed one rests on."""


@dataclass(frozen=True, slots=True)
class Loose:
    """A flag about somebody that is in none of their cases."""

    id: str
    rule_id: str
    severity: Severity


@dataclass(frozen=True, slots=True)
class StoredCase:
    """A case with everything in it, acts oldest first.

    act_ids   of the acts, in the same order
    notes_gone  there were words, and the person has been erased since
    """

    id: str
    person_id: str
    cause: Cause
    opened_at: datetime
    flags: tuple[CaseFlag, ...]
    events: tuple[CaseEvent, ...]
    act_ids: tuple[str, ...]
    standing: Standing
    notes_gone: bool = False

    @property
    def round_flags(self) -> tuple[CaseFlag, ...]:
        """Those that acts of the present round put in."""
        earlier = len(self.events) - len(this_round(self.events))
        return tuple(flag for flag in self.flags if flag.number > earlier)

    @property
    def newest(self) -> str:
        """The act that whoever acts now must have seen."""
        return self.act_ids[-1]


class Cases:
    """Cases within one unit."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def people_with_loose(self, after: str, most: int) -> list[str]:
        """People about whom a flag was raised that is in none of their cases, was not judged false, and lies above low
        or has an open case to join; by id, behind the one given; nobody who was erased."""
        wanted = (
            select(_PEOPLE.c.person_id)
            .distinct()
            .select_from(_LOOSE)
            .where(_GATHERABLE, or_(_RAISED.c.severity != Severity.LOW.value, _JOINS), _PEOPLE.c.person_id > after)
            .order_by(_PEOPLE.c.person_id)
            .limit(most)
        )
        return list(self._work.connection.execute(wanted).scalars())

    def loose_of(self, person_id: str) -> dict[Cause, list[Loose]]:
        """Those flags of one person by cause, the low ones too, in the order in which they were raised."""
        columns = (_RAISED.c.id, _RAISED.c.rule_id, _RAISED.c.severity)
        wanted = (
            select(*columns)
            .select_from(_LOOSE)
            .where(_GATHERABLE, _PEOPLE.c.person_id == person_id)
            .order_by(_RAISED.c.raised_at, _RAISED.c.id)
        )
        found: dict[Cause, list[Loose]] = {}
        for row in self._work.connection.execute(wanted):
            cause = cause_of(row.rule_id)
            if cause is not None:
                found.setdefault(cause, []).append(Loose(row.id, row.rule_id, Severity(row.severity)))
        return found

    def open(self, person_id: str, cause: Cause, now: datetime) -> str:
        """A case without acts; returns its id. raises StaleJudgement: there is one already"""
        case_id = new_id()
        values: dict[str, Any] = {"id": case_id, "person_id": person_id, "cause": cause.value, "opened_at": now}
        values["guard"] = guard_of(self._work.indexes, CaseRow, values)
        try:
            self._work.connection.execute(insert(_CASES), values)
        except IntegrityError as error:
            raise StaleJudgement from error
        return case_id

    def add(self, case: tuple[str, str], number: int, event: CaseEvent, standing: Standing) -> str:
        """Records an act; returns its id.

        case     its id, and the person's
        number   the place of the act, from 1
        raises   StaleJudgement (another came meanwhile), StorageFault (one person for both words, or a second word
                 that answers nothing), KeyDestroyed (a note about somebody who was erased)
        """
        act_id, (case_id, person_id) = new_id(), case
        note = event.note.encode()
        values = {
            "id": act_id,
            "case_id": case_id,
            "number": number,
            "act": event.act.value,
            "step": event.step.value if event.step else None,
            "outcome": event.outcome.value if event.outcome else None,
            "disposition": standing.disposition.value if standing.disposition else None,
            "proposal_id": event.proposal_id,
            "proposed_by": event.proposed_by,
            "state": standing.state.value,
            "severity": standing.severity.value,
            "severity_rank": SEVERITY_ORDER[standing.severity],
            "rules": standing.rules,
            "due_on": standing.due_on,
            "assignee": standing.assignee,
            "note_sealed": self._work.keys.of(person_id).seal(_note(act_id), note) if note else None,
            "done_by": event.done_by,
            "done_at": event.done_at,
        }
        values["guard"] = guard_of(self._work.indexes, CaseActRow, values)
        taken = select(_ACTS.c.id).where(_ACTS.c.case_id == case_id, _ACTS.c.number == number)
        if self._work.connection.execute(taken).first() is not None:
            raise StaleJudgement
        self._work.connection.execute(insert(_ACTS), values)
        return act_id

    def put_in(self, case_id: str, number: int, flag_ids: Sequence[str], now: datetime) -> None:
        """Puts flags into a case with the act of that number."""
        rows: list[dict[str, Any]] = [
            {"case_id": case_id, "flag_id": one, "number": number, "gathered_at": now} for one in flag_ids
        ]
        for row in rows:
            row["guard"] = guard_of(self._work.indexes, CaseFlagRow, row)
        self._work.connection.execute(insert(_FLAGS), rows)

    def get(self, case_id: str) -> StoredCase | None:
        """None where there is none that this service wrote.

        raises   SealBroken: an act or a flag in it that this service did not write, so none of it counts; KeyMissing
        """
        return next(iter(self._all(_CASES.c.id == case_id)), None)

    def of(self, person_id: str) -> Sequence[StoredCase]:
        """All of one person, oldest first. raises as `get`"""
        return self._all(_CASES.c.person_id == person_id)

    def with_flag(self, flag_id: str) -> list[str]:
        """Ids of the cases that hold a flag."""
        wanted = select(_FLAGS.c.case_id).where(_FLAGS.c.flag_id == flag_id).order_by(_FLAGS.c.case_id)
        return list(self._work.connection.execute(wanted).scalars())

    def last_met(self, person_id: str) -> datetime | None:
        """When somebody of the staff last saw the person, by the steps of any of their cases that this service
        wrote."""
        mine = and_(_CASES.c.person_id == person_id, _ACTS.c.outcome == Outcome.SEEN.value)
        met = self._work.connection.execute(select(_ACTS).join(_CASES, _CASES.c.id == _ACTS.c.case_id).where(mine))
        return max((row.done_at for row in met if is_genuine(self._work.indexes, CaseActRow, row)), default=None)

    def _all(self, which: ColumnElement[bool]) -> list[StoredCase]:
        order = (_CASES.c.opened_at, _CASES.c.id)
        rows = self._work.connection.execute(select(_CASES).where(which).order_by(*order)).all()
        return [self._read(row) for row in rows if is_genuine(self._work.indexes, CaseRow, row)]

    def _read(self, row: Row[Any]) -> StoredCase:
        acts = self._genuine(CaseActRow, select(_ACTS).where(_ACTS.c.case_id == row.id).order_by(_ACTS.c.number))
        joined = select(_FLAGS, _RAISED.c.rule_id, _RAISED.c.severity).join(_RAISED, _RAISED.c.id == _FLAGS.c.flag_id)
        mine = joined.where(_FLAGS.c.case_id == row.id).order_by(_FLAGS.c.number, _FLAGS.c.flag_id)
        flags = self._genuine(CaseFlagRow, mine)
        if not acts or not flags:
            raise SealBroken("cases: opened by nobody")
        notes = [self._opened(row.person_id, act) for act in acts]
        return StoredCase(
            row.id, row.person_id, Cause(row.cause), row.opened_at,
            tuple(
                CaseFlag(one.flag_id, one.rule_id, Severity(one.severity), one.gathered_at, one.number) for one in flags
            ),
            tuple(_event(act, note or "") for act, note in zip(acts, notes, strict=True)),
            tuple(act.id for act in acts),
            standing_of(acts[-1]),
            None in notes,
        )  # fmt: skip

    def _genuine(self, kind: type[CaseActRow | CaseFlagRow], wanted: Any) -> Sequence[Row[Any]]:
        rows = self._work.connection.execute(wanted).all()
        if not all(is_genuine(self._work.indexes, kind, row) for row in rows):
            raise SealBroken(f"{kind.__tablename__}.guard")
        return rows

    def _opened(self, person_id: str, act: Row[Any]) -> str | None:
        """None where the person has been erased since."""
        if act.note_sealed is None:
            return ""
        try:
            return self._work.keys.of(person_id).open(_note(act.id), act.note_sealed).decode()
        except KeyDestroyed:
            return None


def standing_of(act: Row[Any]) -> Standing:
    """Where a case stands after an act, as its row says."""
    said = Disposition(act.disposition) if act.disposition else None
    return Standing(CaseState(act.state), Severity(act.severity), act.rules, act.due_on, act.assignee, said)


def _event(act: Row[Any], note: str) -> CaseEvent:
    kind = CaseAct(act.act)
    return CaseEvent(
        kind, act.done_by, act.done_at, note,
        Step(act.step) if act.step else None,
        Outcome(act.outcome) if act.outcome else None,
        Disposition(act.disposition) if act.disposition else None,
        act.assignee if kind is CaseAct.ASSIGNED else None,
        act.proposal_id, act.proposed_by,
    )  # fmt: skip


def _note(act_id: str) -> Place:
    return Place("case_acts", act_id, "note")
