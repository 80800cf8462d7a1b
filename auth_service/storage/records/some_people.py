"""Of whom facts are read at once: those named, or all between two ids, in the words of either database."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Column, ColumnElement, Connection, any_, func, select


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
