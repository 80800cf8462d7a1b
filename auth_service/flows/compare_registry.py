"""Comparison of registries' rows with the ledger: whom each row may mean, kept and put before people.

The ledger is decrypted once, into memory alone; rows come page by page in the order in which files came to count. What
a page says, how far the comparison came, and the flags that follow are one transaction: a run that was killed goes on
behind the last page, and of two at once each page is done by one. A file in quarantine says nothing. Nothing here
touches a payment, and no status is changed but that signs which anybody can make pass nobody while it is open whether
they are alive (qualification/passes.py).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from datetime import datetime

from auth_service.core.audit import AuditEvent
from auth_service.core.clock import Clock
from auth_service.core.errors import PolicyTampered
from auth_service.crosscheck.linkage import LinkFinding
from auth_service.crosscheck.ports import Comparer, Comparing
from auth_service.crosscheck.records import PersonFacts, RegistryFacts
from auth_service.crosscheck.rules import Strength
from auth_service.crosscheck.standing import LinkAct
from auth_service.flows.link_flags import raise_about, raise_of_links, raise_signs, raise_taken_back
from auth_service.storage.unit import LinkPlace, ReadUpTo, Store, StoredRow, Unit, Withdrawn

PEOPLE_AT_ONCE = 2000
ROWS_AT_ONCE = 500
"""A page: its findings, acts and flags are one transaction, which on SQLite holds everybody else off. Larger pages save
nothing: measured with a million people, 500 rows take 0.4 s of a processor to compare and 2,000 take 1.4."""
SYSTEM = "system"
_ALONE = "registry links"
_People = Callable[[str, int], list[str]]
"""(behind an id, so many) -> the next people"""
Heard = Callable[[str, int], None]
"""Told `ledger` or `rows`, and how many more are through."""


@dataclass(frozen=True, slots=True)
class Compared:
    """What a run did. Counts alone.

    people         decrypted and loaded; 0 where nothing waited
    rows           that hold and were compared
    strong, weak   findings that are new or hold again
    withdrawn      findings that stand no more
    flags          raised, what time made ripe among them
    """

    people: int = 0
    rows: int = 0
    strong: int = 0
    weak: int = 0
    withdrawn: int = 0
    flags: int = 0


@dataclass(frozen=True, slots=True)
class CompareReport:
    """ledger_seconds: the decrypting pass by itself; seconds: everything"""

    counts: Compared
    ledger_seconds: float
    seconds: float


@dataclass(frozen=True, slots=True)
class _Page:
    """One page as read: rows that hold, rows that hold no more, and the place behind them."""

    rows: Sequence[StoredRow]
    gone: Sequence[Withdrawn]
    reached: ReadUpTo
    found: Sequence[LinkFinding]


class CompareRegistry:
    """See the module."""

    def __init__(self, store: Store, clock: Clock, comparing: Comparing) -> None:
        self._store = store
        self._clock = clock
        self._comparing = comparing

    def run(self, heard: Heard = lambda _, __: None, actor: str = SYSTEM) -> CompareReport:
        """Everything that waits. Twice at once and once more changes nothing.

        raises   LinkageRoomExceeded, KeyStoreUnavailable, SealBroken, StorageFault, Unavailable; what was done stays.
                 PolicyTampered: all is done but the flags about passes by data
        """
        begun, counts, ledger_seconds = time.monotonic(), Compared(), 0.0
        place = self._begin()
        if place is not None:
            people = _Counted(self._everybody(heard))
            with closing(self._comparing(people)) as comparer:
                ledger_seconds = time.monotonic() - begun
                counts = self._pages(replace(counts, people=people.count), place, comparer, heard)
        counts = replace(counts, flags=counts.flags + self._about(lambda unit: unit.links.ripening, raise_about))
        try:  # last: what else follows from a death waits for no policy
            signs = self._about(lambda unit: unit.links.told_alive, raise_signs)
        except PolicyTampered:
            self._note(counts, actor)
            raise
        counts = replace(counts, flags=counts.flags + signs)
        self._note(counts, actor)
        return CompareReport(counts, ledger_seconds, time.monotonic() - begun)

    def _note(self, counts: Compared, actor: str) -> None:
        if counts == Compared():
            return
        with self._store.unit() as unit:
            unit.audit.append(AuditEvent(actor, "registry.compared", "", asdict(counts)), self._clock.now())

    def if_new(self) -> dict[str, int]:
        """What the worker does once a day. Counts are empty where nothing waited and nothing became ripe."""
        counts = self.run().counts
        return {} if counts == Compared() else asdict(counts)

    def waits(self) -> bool:
        """Whether any row was not compared with the ledger as it is now."""
        with self._store.reading() as unit:
            return _waiting(unit) is not None

    def _begin(self) -> LinkPlace | None:
        """From where on rows wait; None: none does.

        Whoever came into the ledger since, or stands in it otherwise, is compared with all rows that still say
        something: those are read once more, and what was found before is not found again.
        """
        with self._store.reading() as unit:
            place = _waiting(unit)
            was = unit.links.place()
        if place is None or place == was:
            return place
        with self._store.unit() as unit:
            return place if unit.links.move(was, place, self._clock.now()) else unit.links.place()

    def _everybody(self, heard: Heard) -> Iterator[PersonFacts]:
        after = ""
        while True:
            with self._store.reading() as unit:
                people = unit.compared_people.page(after, PEOPLE_AT_ONCE)
            if not people:
                return
            yield from people
            after = people[-1].person_id
            heard("ledger", len(people))

    def _pages(self, counts: Compared, place: LinkPlace, comparer: Comparer, heard: Heard) -> Compared:
        while True:
            page = self._read(place, comparer)
            if page.reached == place.upto:
                return counts
            to = replace(place, upto=page.reached)
            with self._store.unit() as unit:
                unit.alone(_ALONE)
                now = self._clock.now()
                mine = unit.links.move(place, to, now)
                done = _keep(unit, page, now) if mine else Compared()
                after = to if mine else unit.links.place() or to
            if after.mark != place.mark:  # somebody compares with a newer ledger than was loaded here
                return counts
            counts, place = _sum(counts, done), after
            heard("rows", done.rows)

    def _read(self, place: LinkPlace, comparer: Comparer) -> _Page:
        """Read and compared outside of the transaction that writes."""
        with self._store.reading() as unit:
            rows, reached = unit.registry.new_since(place.upto, ROWS_AT_ONCE)
            gone, _ = unit.registry.voided_since(place.upto, ROWS_AT_ONCE)
            refused = unit.links.disproved(rows)
        found = comparer.each([_facts(row) for row in rows], refused) if rows else []
        return _Page(rows, gone, reached, found)

    def _about(self, whom: Callable[[Unit], _People], raise_of: Callable[[Unit, Sequence[str], datetime], int]) -> int:
        """Flags that time, or a pass made or told since, has made ripe; page by page of people."""
        after, raised = "", 0
        while True:
            with self._store.reading() as unit:
                people = whom(unit)(after, PEOPLE_AT_ONCE)
            if not people:
                return raised
            with self._store.unit() as unit:
                raised += raise_of(unit, people, self._clock.now())
            after = people[-1]


class _Counted:
    """People handed on, counted as they go."""

    def __init__(self, people: Iterator[PersonFacts]) -> None:
        self._people = people
        self.count = 0

    def __iter__(self) -> Iterator[PersonFacts]:
        for one in self._people:
            self.count += 1
            yield one


def _waiting(unit: Unit) -> LinkPlace | None:
    mark, place = unit.compared_people.mark(), unit.links.place()
    if place is None:
        place = LinkPlace(ReadUpTo(), mark)
    elif place.mark != mark:
        place = LinkPlace(_earlier(unit.registry.first_kept(), place.upto), mark)
    return place if unit.registry.anything_behind(place.upto) else None


def _earlier(kept: ReadUpTo | None, upto: ReadUpTo) -> ReadUpTo:
    return upto if kept is None else min(kept, upto, key=lambda one: (one.number, one.row))


def _keep(unit: Unit, page: _Page, now: datetime) -> Compared:
    """What a page says, kept: first what holds no more, then what was found, then what follows from both."""
    rows = {row.id: row for row in page.rows}
    counting = unit.registry.counting(row.batch_id for row in page.rows)  # a file may have been discarded meanwhile
    found = [(one, rows[one.record_id]) for one in page.found if rows[one.record_id].batch_id in counting]
    withdrawn = [
        link
        for act, records in _by_act(page.gone).items()
        for link in unit.links.withdraw(records, act, now)
    ]  # fmt: skip
    links = unit.links.add(found, now)
    flags = raise_of_links(unit, links, now) + raise_taken_back(unit, withdrawn, now)
    strong = sum(link.finding.strength is Strength.STRONG for link in links)
    return Compared(0, len(page.rows), strong, len(links) - strong, len(withdrawn), flags)


def _by_act(gone: Sequence[Withdrawn]) -> dict[LinkAct, list[str]]:
    found: dict[LinkAct, list[str]] = {}
    for one in gone:
        replaced = LinkAct.VOIDED if one.voided else LinkAct.CORRECTED
        found.setdefault(LinkAct.DISCARDED if one.instead is None else replaced, []).append(one.record_id)
    return found


def _sum(one: Compared, other: Compared) -> Compared:
    theirs = asdict(other)
    return Compared(**{name: count + theirs[name] for name, count in asdict(one).items()})


def _facts(row: StoredRow) -> RegistryFacts:
    said = row.record
    if said is None:
        return RegistryFacts(row.id, "", "")
    return RegistryFacts(row.id, said.id_text, said.name, said.sex, said.birth, said.region)
