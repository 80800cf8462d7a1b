"""The two sides of linkage as columns, and as tables of a DuckDB that lives in memory and writes nothing anywhere."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import duckdb
import numpy as np
from numpy.typing import NDArray

from auth_service.beneficiaries.id_number import Sex
from auth_service.core.errors import LinkageRoomExceeded
from auth_service.crosscheck.agreement import Compared, date_digits, present_code
from auth_service.crosscheck.normalise import NumberKind, plain_name, repaired
from auth_service.crosscheck.records import PersonFacts

SEXES: tuple[Sex | None, ...] = (None, Sex.MALE, Sex.FEMALE)
"""Sex as one byte in a column: its place here."""
_PLACES = {sex: place for place, sex in enumerate(SEXES)}


@dataclass(frozen=True, slots=True)
class PeopleColumns:
    """Everybody, field by field, in one order.

    ids, numbers, names, regions  object arrays of str, as in PersonFacts
    sexes   uint8, places in SEXES
    births  int32, as crosscheck's `Compared.birth`; 0 where the ledger does not say
    """

    ids: NDArray[np.object_]
    numbers: NDArray[np.object_]
    names: NDArray[np.object_]
    sexes: NDArray[np.uint8]
    births: NDArray[np.int32]
    regions: NDArray[np.object_]

    @classmethod
    def of(cls, people: Iterable[PersonFacts]) -> PeopleColumns:
        ids, numbers, names, sexes, births, regions = [], [], [], [], [], []
        for one in people:
            ids.append(one.person_id)
            numbers.append(one.id_number)
            names.append(one.name)
            sexes.append(_PLACES[one.sex])
            births.append(date_digits(one.birth))
            regions.append(one.region)
        given = (texts(ids), texts(numbers), texts(names))
        return cls(*given, np.array(sexes, np.uint8), np.array(births, np.int32), texts(regions))


def texts(values: Sequence[str]) -> NDArray[np.object_]:
    """Texts as DuckDB takes them quickest: pointers to Python's own, not one wide block."""
    column = np.empty(len(values), dtype=object)
    column[:] = values
    return column


@contextmanager
def within_room() -> Iterator[None]:
    """raises LinkageRoomExceeded: DuckDB needs more memory than it may use"""
    try:
        yield
    except duckdb.OutOfMemoryException as error:
        raise LinkageRoomExceeded from error


def open_memory(threads: int, memory_bytes: int) -> duckdb.DuckDBPyConnection:
    """An empty database in memory that reads and writes no file, spills nothing to a disk and loads no extension."""
    connection = duckdb.connect(
        ":memory:",
        config={
            "threads": threads,
            "memory_limit": f"{memory_bytes}B",
            "temp_directory": "",
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "preserve_insertion_order": False,
        },
    )
    # only now: with it, the folder for spilling could not be taken away any more
    connection.execute("SET enable_external_access = false; SET lock_configuration = true")
    return connection


def put(connection: duckdb.DuckDBPyConnection, table: str, columns: dict[str, Any]) -> None:
    """A new table of these columns, in place of the one of this name. Names are ours, never input."""
    connection.register("incoming", columns)
    connection.execute(f"CREATE OR REPLACE TABLE {table} AS SELECT * FROM incoming")
    connection.unregister("incoming")


_PEOPLE = """
CREATE OR REPLACE TABLE people AS
SELECT d.p, d.number, coalesce(o.plain, d.name) AS name,
       CASE WHEN d.birth > 0 THEN d.birth WHEN whole THEN substr(d.number, 7, 8)::INTEGER ELSE 0 END AS birth,
       CASE WHEN d.sex > 0 THEN d.sex
            WHEN whole THEN CASE WHEN substr(d.number, 17, 1)::INTEGER % 2 = 1 THEN 1 ELSE 2 END ELSE 0 END AS sex,
       coalesce(g.present, d.region) AS region,
       CASE WHEN length(coalesce(g.present, d.region)) >= 9 THEN substr(coalesce(g.present, d.region), 1, 9) END AS town
FROM (SELECT *, regexp_full_match(number, '[0-9]{17}[0-9X]') AS whole FROM given) d
LEFT JOIN odd_names o ON o.name = d.name LEFT JOIN old_regions g ON g.region = d.region
"""


def put_people(connection: duckdb.DuckDBPyConnection, people: PeopleColumns) -> None:
    """The table `people`, in the form that is compared. Only names and regions that need it go through Python."""
    columns = {
        "p": np.arange(len(people.ids), dtype=np.int32), "number": people.numbers, "name": people.names,
        "sex": people.sexes, "birth": people.births, "region": people.regions,
    }  # fmt: skip
    put(connection, "given", columns)
    odd = _column(connection, "SELECT DISTINCT name FROM given WHERE NOT regexp_full_match(name, '[\u4e00-\u9fff]+')")
    put(connection, "odd_names", {"name": texts(odd), "plain": texts([plain_name(name) for name in odd])})
    regions = _column(connection, "SELECT DISTINCT region FROM given")
    moved = [region for region in regions if present_code(region) != region]
    put(connection, "old_regions", {"region": texts(moved), "present": texts([present_code(one) for one in moved])})
    connection.execute(_PEOPLE)
    connection.execute("DROP TABLE given")


def _column(connection: duckdb.DuckDBPyConnection, query: str) -> list[str]:
    return [text for (text,) in connection.execute(query).fetchall()]


def put_records(connection: duckdb.DuckDBPyConnection, records: Sequence[Compared]) -> None:
    """The table `records`, and `numbers`: which ID numbers each may mean. `whole`: stated as such, nothing to widen."""
    towns = np.empty(len(records), dtype=object)
    towns[:] = [record.region[:9] if len(record.region) >= 9 else None for record in records]
    columns = {
        "r": np.arange(len(records), dtype=np.int32),
        "number": texts([record.number.full for record in records]),
        "whole": np.array(
            [record.number.kind is NumberKind.WHOLE and not record.number.misread for record in records], bool
        ),
        "name": texts([record.name for record in records]),
        "birth": np.array([record.birth for record in records], np.int32),
        "sex": np.array([_PLACES[record.sex] for record in records], np.uint8),
        "region": texts([record.region for record in records]),
        "town": towns,
    }
    put(connection, "records", columns)
    places, numbers = [], []
    for place, record in enumerate(records):
        if record.number.kind is not NumberKind.NONE:
            for number in (record.number.full, *repaired(record.number)):
                places.append(place)
                numbers.append(number)
    put(connection, "numbers", {"r": np.array(places, np.int32), "number": texts(numbers)})
