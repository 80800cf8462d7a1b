"""Of whom facts are read at once: those named, or all between two ids, in the words of either database; and which of
them are erased."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Column, ColumnElement, Connection, any_, func, select

from auth_service.storage.tables import PersonKeyRow
from auth_service.storage.tables.schema import table_of

_KEYS = table_of(PersonKeyRow)


@dataclass(frozen=True, slots=True)
class Span:
    """People behind one id, up to and with another, in the order of ids. count: how many there are"""

    after: str
    last: str
    count: int


SomePeople = Sequence[str] | Span


def those(connection: Connection, column: Column[str], people: SomePeople) -> ColumnElement[bool]:
    """Whether a column names one of them. One parameter whatever their number: no database takes thousands gladly."""
    if isinstance(people, Span):
        return (column > people.after) & (column <= people.last)
    if connection.dialect.name == "postgresql":
        return column == any_(func.string_to_array(",".join(people), ","))  # ids are hex; an array costs more to send
    given = func.json_each(json.dumps(list(people))).table_valued("value")
    return column.in_(select(given.c.value))


def not_erased(connection: Connection, people: SomePeople, *, held: bool = False) -> set[str]:
    """Those of them whose key is alive. held: nor can they be erased before the transaction ends"""
    wanted = select(_KEYS.c.person_id).where(those(connection, _KEYS.c.person_id, people), _KEYS.c.wrapped.is_not(None))
    if held:  # in one order, so that no two wait for each other
        wanted = wanted.order_by(_KEYS.c.person_id).with_for_update(read=True)
    return set(connection.execute(wanted).scalars())
