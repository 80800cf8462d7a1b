"""Linkage at scale: DuckDB in memory narrows down who may be meant, crosscheck judges each pair.

Joins are by equality, so that a million people and fifty thousand records cost seconds. What they let through is a
superset of what any rule fires on (a test judges all pairs and finds the same), and nothing here decides.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from auth_service.crosscheck.agreement import (
    Agreement,
    BirthLevel,
    Compared,
    IdLevel,
    NameLevel,
    RegionLevel,
    SexLevel,
    agree,
    compare_names,
    compare_regions,
    compared_record,
)
from auth_service.crosscheck.linkage import Judging, LinkFinding, Pair, assign, assign_each, judged, judged_residue
from auth_service.crosscheck.normalise import NumberKind, StatedNumber
from auth_service.crosscheck.records import PersonFacts, RegistryFacts
from auth_service.crosscheck.rules import NAMES_WITHOUT_NUMBER, Strength
from auth_service.engines.linkage_splink import MOST_PAIRS_QUICKLY, probable_pairs
from auth_service.engines.linkage_tables import (
    SEXES,
    PeopleColumns,
    open_memory,
    put,
    put_people,
    put_records,
    within_room,
)
from auth_service.engines.syllables import syllables

MEMORY_BYTES = 2 * 2**30
"""Most that DuckDB may use. source: a million people take 0.2 GB, measured in docs/linkage.md; ten times that"""
RECORDS_AT_ONCE = 50_000
"""Records narrowed down together, which bounds the pairs in memory. source: acceptance size of issue 7"""
LEAST_PROBABILITY = 0.95
"""From which on Splink's pairs are judged. source: own decision, measured in docs/linkage.md"""
_PERSON = "p.p, p.number, p.name, p.birth, p.sex, p.region"
_ALIKE_BUT_PLACE = """r.whole AND r.number = p.number AND r.name = p.name AND r.birth = p.birth AND r.birth % 100 > 0
    AND r.sex = p.sex AND r.sex > 0 AND r.name <> '' AND r.name NOT LIKE '%?%'"""
"""What `agree` calls the best of every field but the region. Most pairs are such: only their regions are compared."""
_BY_NUMBER = f"""CREATE OR REPLACE TEMP TABLE by_number AS
    SELECT n.r, p.*, coalesce({_ALIKE_BUT_PLACE}, false) AS same
    FROM numbers n JOIN people p USING (number) JOIN records r ON r.r = n.r"""
_SAME_BUT_PLACE = {
    level: Agreement(IdLevel.EXACT, NameLevel.EXACT, BirthLevel.EXACT, level, SexLevel.SAME) for level in RegionLevel
}
_UNSETTLED = "(SELECT * FROM records JOIN unsettled USING (r))"
BLOCKS = {
    "birth and town": "r.birth = p.birth AND r.town = p.town WHERE r.birth > 0",
    "name and town": "r.name = p.name AND r.town = p.town",
    "name and birth": "r.name = p.name AND r.birth = p.birth WHERE r.birth > 0",
    "name and a number nearby": """r.name = p.name AND r.birth // 10000 = p.birth // 10000
        WHERE r.number <> '' AND damerau_levenshtein(r.number, p.number) <= 2""",
}
"""What a record and a person without a common ID number must share for any weak rule to fire. A record whose birth date
has a month and no day agrees with whole ones, and meets them through `name and town` or `name and a number nearby`."""


class Linkage:
    """Everybody on one side, loaded once; records come in batches. Close it, or use it as a context manager.

    threads  of DuckDB. memory_bytes: most that it may use; it spills nothing to a disk
    """

    def __init__(
        self, people: PeopleColumns | Iterable[PersonFacts], *, threads: int = 2, memory_bytes: int = MEMORY_BYTES
    ) -> None:
        """raises LinkageRoomExceeded"""
        columns = people if isinstance(people, PeopleColumns) else PeopleColumns.of(people)
        self._ids = columns.ids
        self._connection = open_memory(threads, memory_bytes)
        with within_room():
            put_people(self._connection, columns)

    def __enter__(self) -> Linkage:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._connection.close()

    def findings(
        self,
        records: Sequence[RegistryFacts],
        disproved: Collection[tuple[str, str]] = (),
        heard: Callable[[int], None] = lambda _: None,
    ) -> list[LinkFinding]:
        """Whom the records may mean, placed one to one (crosscheck/linkage.py).

        disproved  (person, record) pairs that people have refused
        heard      told how many records of each batch are through
        raises     LinkageRoomExceeded: nothing was found or lost
        """
        return assign(self._all_pairs(records, heard), disproved)

    def each(self, records: Sequence[RegistryFacts], disproved: Collection[tuple[str, str]] = ()) -> list[LinkFinding]:
        """Whom each record may mean by itself. fulfils crosscheck/ports.py Comparer. raises LinkageRoomExceeded"""
        return assign_each(self._all_pairs(records, lambda _: None), disproved)

    def _all_pairs(self, records: Sequence[RegistryFacts], heard: Callable[[int], None]) -> list[Pair]:
        pairs: list[Pair] = []
        for start in range(0, len(records), RECORDS_AT_ONCE):
            batch = records[start : start + RECORDS_AT_ONCE]
            with within_room():
                pairs.extend(self._pairs(batch))
            heard(len(batch))
        return pairs

    def residue(
        self,
        records: Sequence[RegistryFacts],
        findings: Sequence[LinkFinding],
        disproved: Collection[tuple[str, str]] = (),
    ) -> list[LinkFinding]:
        """The optional last stage: what Splink thinks likely about records without any finding and people without a
        place, judged by the rule of the residue and weak at most.

        raises   SplinkMissing, LinkageRoomExceeded
        """
        found = {one.record_id for one in findings}
        placed = {one.person_id for one in findings if not one.alternative}
        left = [facts for facts in records if facts.record_id not in found]
        compared = [compared_record(facts) for facts in left]
        likely = set()
        for place, p, _ in probable_pairs(self._connection, compared, LEAST_PROBABILITY, MOST_PAIRS_QUICKLY):
            if self._ids[p] not in placed:
                likely.add((place, p))
        places = sorted(likely)
        columns = {"r": np.array([r for r, _ in places], np.int32), "p": np.array([p for _, p in places], np.int32)}
        put(self._connection, "likely", columns)
        query = f"SELECT l.r, {_PERSON} FROM likely l JOIN people p USING (p)"
        pairs = [pair for _, pair in self._judge(query, left, compared, judged_residue)]
        return assign(pairs, disproved, judged_residue)

    def _pairs(self, batch: Sequence[RegistryFacts]) -> Iterator[Pair]:
        compared = [compared_record(facts) for facts in batch]
        put_records(self._connection, compared)
        self._connection.execute(_BY_NUMBER)
        same = self._connection.execute("SELECT r, p, region FROM by_number WHERE same").fetchall()
        for place, p, region in same:
            level = compare_regions(compared[place].region, region)
            yield Pair(self._ids[p], batch[place].record_id, _SAME_BUT_PLACE[level])
        settled = {place for place, _, _ in same}
        for place, pair in self._judge(f"SELECT r, {_PERSON} FROM by_number p WHERE NOT same", batch, compared):
            found = judged(pair.agreement)
            if found is not None and found[0].strength is Strength.STRONG:
                settled.add(place)
            yield pair
        left = np.array([place for place in range(len(batch)) if place not in settled], np.int32)
        put(self._connection, "unsettled", {"r": left})
        for block in BLOCKS.values():
            query = f"SELECT r.r, {_PERSON} FROM {_UNSETTLED} r JOIN people p ON {block}"
            yield from (pair for _, pair in self._judge(query, batch, compared, by_name=True))

    def _judge(
        self,
        query: str,
        batch: Sequence[RegistryFacts],
        compared: Sequence[Compared],
        judging: Judging = judged,
        *,
        by_name: bool = False,
    ) -> Iterator[tuple[int, Pair]]:
        """Every pair that a query lets through and a rule fires on, with its record's place.

        by_name  numbers do not agree: the name decides first, as most pairs end there
        """
        sounds = syllables()
        rows: Any = self._connection.execute(query)
        while chunk := rows.fetchmany(10_000):
            for place, p, number, name, birth, sex, region in chunk:
                if by_name and compare_names(compared[place].name, name, sounds) not in NAMES_WITHOUT_NUMBER:
                    continue
                person = Compared(StatedNumber(number, NumberKind.OTHER), name, birth, SEXES[sex], region)
                agreement = agree(compared[place], person, sounds)
                if judging(agreement) is not None:
                    yield place, Pair(self._ids[p], batch[place].record_id, agreement)
