"""Contests and what was done about them. Append-only; a row that this service did not write counts for nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Row, insert, select

from auth_service.casework.contest import Contest, ContestAct, ContestStep, is_open
from auth_service.core.errors import KeyDestroyed, StaleJudgement
from auth_service.core.ids import new_id
from auth_service.qualification.evidence import Channel
from auth_service.storage.records.guards import guard_of, is_genuine
from auth_service.storage.sealing import Place
from auth_service.storage.tables import ContestActRow, ContestRow
from auth_service.storage.tables.schema import table_of
from auth_service.storage.work import Work

_CONTESTS, _ACTS = table_of(ContestRow), table_of(ContestActRow)


@dataclass(frozen=True, slots=True)
class StoredContest:
    """A contest with what was done about it, oldest first."""

    contest: Contest
    steps: tuple[ContestStep, ...]

    @property
    def is_open(self) -> bool:
        return is_open(self.steps)


class Contests:
    """Contests within one unit."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def add(self, contest: Contest) -> None:
        """raises KeyDestroyed: the person was erased"""
        words = contest.words.encode()
        values = {
            "id": contest.id,
            "person_id": contest.person_id,
            "channel": contest.channel.value,
            "opened_by": contest.opened_by,
            "opened_at": contest.opened_at,
            "words_sealed": self._work.keys.of(contest.person_id).seal(_words(contest.id), words) if words else None,
        }
        values["guard"] = guard_of(self._work.indexes, ContestRow, values)
        self._work.connection.execute(insert(_CONTESTS), values)

    def add_step(self, contest: StoredContest, step: ContestStep) -> None:
        """raises StaleJudgement (another came meanwhile), StorageFault (a dismissal by its proposer), KeyDestroyed"""
        step_id, key = new_id(), self._work.keys.of(contest.contest.person_id)
        values = {
            "id": step_id,
            "contest_id": contest.contest.id,
            "number": len(contest.steps) + 1,
            "act": step.act.value,
            "note_sealed": key.seal(_note(step_id), step.note.encode()) if step.note else None,
            "proposed_by": step.proposed_by,
            "done_by": step.done_by,
            "done_at": step.done_at,
        }
        values["guard"] = guard_of(self._work.indexes, ContestActRow, values)
        taken = select(_ACTS.c.id).where(_ACTS.c.contest_id == contest.contest.id, _ACTS.c.number == values["number"])
        if self._work.connection.execute(taken).first() is not None:
            raise StaleJudgement
        self._work.connection.execute(insert(_ACTS), values)

    def get(self, contest_id: str) -> StoredContest | None:
        """raises KeyMissing, SealBroken"""
        return next(iter(self._all(_CONTESTS.c.id == contest_id)), None)

    def of(self, person_id: str) -> Sequence[StoredContest]:
        """All of one person, oldest first. raises KeyMissing, SealBroken"""
        return self._all(_CONTESTS.c.person_id == person_id)

    def open_of(self, person_id: str) -> StoredContest | None:
        """The one that is open. raises as `of`"""
        return next((one for one in self.of(person_id) if one.is_open), None)

    def _all(self, which: ColumnElement[bool]) -> list[StoredContest]:
        order = (_CONTESTS.c.opened_at, _CONTESTS.c.id)
        rows = self._work.connection.execute(select(_CONTESTS).where(which).order_by(*order)).all()
        return [self._read(row) for row in rows if is_genuine(self._work.indexes, ContestRow, row)]

    def _read(self, row: Row[Any]) -> StoredContest:
        words = self._opened(row.person_id, _words(row.id), row.words_sealed)
        contest = Contest(row.id, row.person_id, Channel(row.channel), row.opened_by, row.opened_at, words)
        wanted = select(_ACTS).where(_ACTS.c.contest_id == row.id).order_by(_ACTS.c.number)
        steps = [
            ContestStep(
                ContestAct(act.act), act.done_by, act.done_at,
                self._opened(row.person_id, _note(act.id), act.note_sealed), act.proposed_by,
            )
            for act in self._work.connection.execute(wanted)
            if is_genuine(self._work.indexes, ContestActRow, act)
        ]  # fmt: skip
        return StoredContest(contest, tuple(steps))

    def _opened(self, person_id: str, place: Place, sealed: bytes | None) -> str:
        """Empty where nothing was written, or the person has been erased since."""
        if sealed is None:
            return ""
        try:
            return self._work.keys.of(person_id).open(place, sealed).decode()
        except KeyDestroyed:
            return ""


def _words(contest_id: str) -> Place:
    return Place("contests", contest_id, "words")


def _note(step_id: str) -> Place:
    return Place("contest_acts", step_id, "note")
