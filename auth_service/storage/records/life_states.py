"""Where each benefit stood when it was last judged: a copy to search by, written many at once."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from auth_service.qualification.status import Reason, Status
from auth_service.storage.records.lives import Life
from auth_service.storage.tables import LifeStateRow
from auth_service.storage.tables.schema import table_of
from auth_service.storage.work import Work, to_json

_STATES = table_of(LifeStateRow)
_KEYS = ("person_id", "kind")
_SAID = {
    "state": "text",
    "due_on": "date",
    "passed_on": "date",
    "reminder": "int",
    "may_propose_hold": "boolean",
    "sample_wanted": "boolean",
    "restore_first": "boolean",
    "reasons": "text",
    "next_look_on": "date",
}
"""What is kept of a status, and PostgreSQL's word for it."""
_NAMES, _TAKEN = ", ".join(_SAID), ", ".join(f"{name} = excluded.{name}" for name in (*_SAID, "judged_at"))
_OTHERWISE = "ON CONFLICT (person_id, kind) DO UPDATE SET {taken} WHERE {differs}"
_ON_SQLITE = (
    f"INSERT INTO life_states (person_id, kind, judged_at, {_NAMES}) VALUES ({', '.join('?' * (3 + len(_SAID)))}) "
    + _OTHERWISE.format(
        taken=_TAKEN, differs=" OR ".join(f"life_states.{name} IS NOT excluded.{name}" for name in _SAID)
    )
)
_ON_POSTGRESQL = (
    f"INSERT INTO life_states (person_id, kind, judged_at, {_NAMES}) "
    f"SELECT who.person_id, who.kind, %s, {', '.join(f'said.{name}' for name in _SAID)} "
    "FROM unnest(string_to_array(%s, ','), string_to_array(%s, ','), string_to_array(%s, ',')::int[]) "
    "AS who (person_id, kind, place) "
    f"JOIN jsonb_to_recordset(%s::jsonb) AS said (place int, {', '.join(f'{n} {t}' for n, t in _SAID.items())}) "
    "ON said.place = who.place "
    + _OTHERWISE.format(
        taken=_TAKEN,
        differs=f"({', '.join(f'life_states.{name}' for name in _SAID)}) IS DISTINCT FROM "
        f"({', '.join(f'excluded.{name}' for name in _SAID)})",
    )
)
Judged = Iterable[tuple[Life, Status]]


class LifeStates:
    """See the module."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def put(self, judged: Judged, now: datetime) -> int:
        """Keeps what differs from what is kept; returns how many. Each benefit once."""
        if self._work.connection.dialect.name == "postgresql":
            return self._put_on_postgresql(judged, now)
        return self._put_on_sqlite(judged, now)

    def counts(self) -> dict[str, int]:
        """How many benefits stand in which state."""
        wanted = select(_STATES.c.state, func.count()).group_by(_STATES.c.state).order_by(_STATES.c.state)
        return {row.state: row[1] for row in self._work.connection.execute(wanted)}

    def _put_on_postgresql(self, judged: Judged, now: datetime) -> int:
        """Each status once, and beside each benefit the place of its own."""
        places: dict[int, int] = {}
        said: list[dict[str, Any]] = []
        people: list[str] = []
        kinds: list[str] = []
        of: list[int] = []
        for life, status in judged:
            place = places.get(id(status))
            if place is None:
                place = places[id(status)] = len(said)
                said.append({**_values(status), "place": place})
            people.append(life.person_id)
            kinds.append(life.facts.benefit.value)
            of.append(place)
        if not people:
            return 0
        given = (now, ",".join(people), ",".join(kinds), ",".join(map(str, of)), json.dumps(said, default=str))
        return self._work.connection.exec_driver_sql(_ON_POSTGRESQL, given).rowcount

    def _put_on_sqlite(self, judged: Judged, now: datetime) -> int:
        dialect = self._work.connection.dialect
        plain = {
            name: _STATES.c[name].type.dialect_impl(dialect).bind_processor(dialect) for name in (*_SAID, "judged_at")
        }
        at = _bound(plain["judged_at"], now)
        known: dict[int, tuple[Any, ...]] = {}
        rows: list[tuple[Any, ...]] = []
        for life, status in judged:
            said = known.get(id(status))
            if said is None:
                values = _values(status)
                said = known[id(status)] = (at, *(_bound(plain[name], values[name]) for name in _SAID))
            rows.append((life.person_id, life.facts.benefit.value, *said))
        return self._work.connection.exec_driver_sql(_ON_SQLITE, rows).rowcount if rows else 0


def _bound(plain: Callable[[Any], Any] | None, value: Any) -> Any:
    return value if plain is None else plain(value)


def _values(status: Status) -> Mapping[str, Any]:
    return {
        "state": status.state.value,
        "due_on": status.due_on,
        "passed_on": status.passed_on,
        "reminder": status.reminder,
        "may_propose_hold": status.may_propose_hold,
        "sample_wanted": status.sample_wanted,
        "restore_first": status.restore_first,
        "reasons": to_json([_plain(reason) for reason in status.reasons]),
        "next_look_on": status.next_change_on,
    }


def _plain(reason: Reason) -> dict[str, Any]:
    """Days that pass by themselves are left out: a stored reason does not change from one day to the next."""
    found = {
        "why": reason.why.value,
        "on": str(reason.on) if reason.on else None,
        "kind": reason.kind.value if reason.kind else None,
        "ref": reason.ref,
    }
    return {name: value for name, value in found.items() if value is not None}
