"""Sweeps and how far each came. Whoever does the next page of one moves it on; of two at once, one does."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Row, insert, select, update

from auth_service.core.ids import new_id
from auth_service.qualification.schedule import long_over
from auth_service.storage.tables import SweepRow
from auth_service.storage.tables.schema import table_of
from auth_service.storage.work import Work

_SWEEPS = table_of(SweepRow)
_AHEAD = timedelta(hours=1)
"""A sweep that began so far in the future was made under a clock set forward: it stands for no day."""


@dataclass(frozen=True, slots=True)
class SweepState:
    """A sweep and how far it came.

    since    of one that does not look at everybody: what it looks for was learnt after this
    whole    it looks at everybody
    place    the last person judged
    mark     what all are judged by
    """

    id: str
    as_of: date
    since: datetime | None
    whole: bool
    place: str
    judged: int
    changed: int
    mark: str
    began_at: datetime
    finished_at: datetime | None = None


class Sweeps:
    """See the module."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def open(self, as_of: date, mark: str, now: datetime) -> SweepState:
        """The sweep of a day: one that was cut short goes on; else a new one, over everybody where the mark is another.

        After one of a day long over too: it judged by what was known then, and told nobody.

        mark  what all are judged by: the policies in force and the outages known
        """
        last = self._last(_SWEEPS.c.finished_at.is_not(None), now)
        anew = last is None or last.mark != mark or last.as_of > as_of or long_over(last.as_of, last.began_at)
        since = None if last is None or anew else last.began_at
        cut = self._last(_SWEEPS.c.finished_at.is_(None), now)
        if cut is not None and (cut.as_of, cut.mark, cut.whole) == (as_of, mark, since is None):
            return _state(cut, since)
        values: dict[str, Any] = {"id": new_id(), "as_of": as_of, "whole": since is None, "mark": mark, "place": ""}
        values |= {"began_at": now, "finished_at": None, "judged": 0, "changed": 0}
        self._work.connection.execute(insert(_SWEEPS), values)
        return SweepState(values["id"], as_of, since, since is None, "", 0, 0, mark, now)

    def advance(self, was: SweepState, to: SweepState) -> bool:
        """False: another process did this page, or ended the sweep, meanwhile."""
        mine = (_SWEEPS.c.id == was.id) & (_SWEEPS.c.place == was.place) & _SWEEPS.c.finished_at.is_(None)
        values: dict[str, Any] = {"place": to.place, "judged": to.judged, "changed": to.changed}
        done = update(_SWEEPS).where(mine).values(**values, finished_at=to.finished_at)
        return self._work.connection.execute(done).rowcount == 1

    def again(self, sweep: SweepState) -> SweepState:
        """As it stands now."""
        return _state(self._work.connection.execute(select(_SWEEPS).where(_SWEEPS.c.id == sweep.id)).one(), sweep.since)

    def finished(self, now: datetime) -> SweepState | None:
        """The newest one that came to its end."""
        last = self._last(_SWEEPS.c.finished_at.is_not(None), now)
        return None if last is None else _state(last, None)

    def newest(self, now: datetime) -> SweepState | None:
        """The one that began last, which may still go on or have been cut short. since: not told"""
        last = self._last(_SWEEPS.c.id.is_not(None), now)
        return None if last is None else _state(last, None)

    def _last(self, which: Any, now: datetime) -> Row[Any] | None:
        begun = select(_SWEEPS).where(which, _SWEEPS.c.began_at <= now + _AHEAD)
        newest = begun.order_by(_SWEEPS.c.began_at.desc(), _SWEEPS.c.id.desc()).limit(1)
        return self._work.connection.execute(newest).one_or_none()


def _state(row: Row[Any], since: datetime | None) -> SweepState:
    return SweepState(
        row.id, row.as_of, since, row.whole, row.place, row.judged, row.changed, row.mark, row.began_at, row.finished_at
    )
