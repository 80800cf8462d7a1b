"""One month of the poverty ledger is made: lists that count against the insured ledger, person by person.

It may be killed at any point and run again: lines and the place up to which they are done are kept in one transaction.
The same facts again make nothing; other facts make a further version, and every earlier one stays. Nothing here
touches a payment or a tag (docs/decisions/0039-poverty-ledger.md).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from auth_service.accounts.credentials import StaffMember
from auth_service.accounts.roles import Permission
from auth_service.beneficiaries.dates import parse_month
from auth_service.core.audit import AuditEvent, Details
from auth_service.core.clock import Clock, legal_date
from auth_service.core.errors import DateInvalid, ListsGone, ListsMissing
from auth_service.crosscheck.poverty import last_day_of, month_of
from auth_service.crosscheck.sources import RegistryAct
from auth_service.flows.money_terms import require
from auth_service.flows.poverty_terms import Came, came_in, line_of_before, line_of_row, line_of_tag
from auth_service.storage.unit import Store, StoredMonth, Unit

_AT_ONCE = 500
_ALONE = "poverty"
_NOTHING_YET = Came(Counter(), Counter(), frozenset())


@dataclass(frozen=True, slots=True)
class MonthReport:
    """One version of a month. repeated: it stood already, and nothing was done"""

    id: str
    month: str
    version: int
    lists: int
    repeated: bool
    counts: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Step:
    """One transaction. came: once the rows of all lists are read"""

    month: StoredMonth
    came: Came
    now: datetime
    actor: str


class BuildPovertyMonth:
    """See the module."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def run(self, month: str, member: StaffMember | None, progress: Callable[[int], None]) -> MonthReport:
        """raises AccessRefused, DateInvalid (a month to come), ListsMissing, ListsGone, LedgerRoleMissing,
        StorageFault, Unavailable"""
        if member is not None:
            require(member, Permission.IMPORT_REGISTRY)
        actor = f"staff:{member.id}" if member is not None else "cli"
        stored, repeated = self._begin(month, actor)
        came: Came | None = None
        while not repeated and stored.finished_at is None:
            with self._store.unit() as unit:
                unit.alone(_ALONE)
                stored = unit.poverty.get(stored.id)
                came = came or (came_in(unit, stored) if stored.stage != "rows" else None)
                done = self._one(unit, _Step(stored, came or _NOTHING_YET, self._clock.now(), actor))
                stored = unit.poverty.get(stored.id)
            progress(done)
        with self._store.reading() as unit:
            counts = unit.poverty.totals(stored.id)
        return MonthReport(stored.id, stored.month, stored.version, len(stored.lists), repeated, counts)

    def _begin(self, month: str, actor: str) -> tuple[StoredMonth, bool]:
        now = self._clock.now()
        wanted = parse_month(month, "month")
        if wanted > month_of(now):
            raise DateInvalid(field="month")
        with self._store.unit() as unit:
            unit.registry.require()
            unit.alone(_ALONE)
            new = unit.poverty.new(wanted)
            if not new.lists:
                raise ListsMissing(field="month")
            stored = unit.poverty.begin(new, unit.poverty.mark_of(new), actor, now)
            if stored.finished_at is None and any(unit.registry.key_of(one) is None for one in stored.lists):
                raise ListsGone(field="month")
        return stored, stored.finished_at is not None

    def _one(self, unit: Unit, step: _Step) -> int:
        """The next piece of work; returns how many rows, lines or people it was."""
        stage = {"rows": self._rows, "before": self._before, "tags": self._tags}.get(step.month.stage)
        if stage is not None:
            return stage(unit, step)
        if step.month.finished_at is not None:
            return 0  # another process was quicker
        unit.poverty.finish(step.month, step.now)
        counts = unit.poverty.totals(step.month.id)
        details: Details = {"month": step.month.month, "version": step.month.version, **counts}
        subject = f"poverty_month:{step.month.id}"
        unit.audit.append(AuditEvent(step.actor, "poverty.built", subject, details), step.now)
        return 0

    @staticmethod
    def _rows(unit: Unit, step: _Step) -> int:
        """Rows of the lists; place: which list, and the last row of it that is done."""
        month = step.month
        at, _, last = month.place.partition(":")
        place, row = int(at or 0), int(last or 0)
        batch_id = month.lists[place]
        if unit.registry.key_of(batch_id) is None:
            raise ListsGone(field="month")
        rows = unit.registry.of_batch(batch_id, row, _AT_ONCE)
        gone = unit.poverty.withdrawn([one.id for one in rows], month.lists)
        for one in rows:
            if one.record is not None and one.act is not RegistryAct.VOID and one.id not in gone:
                unit.poverty.add(month.id, line_of_row(unit, month.month, one.record))
        if rows:
            unit.poverty.advance(month.id, "rows", f"{place}:{rows[-1].row}")
        elif place + 1 < len(month.lists):
            unit.poverty.advance(month.id, "rows", f"{place + 1}:0")
        else:
            unit.poverty.advance(month.id, "before", "")
        return len(rows)

    @staticmethod
    def _before(unit: Unit, step: _Step) -> int:
        """People of the month before; place: the last of its lines that is done."""
        month = step.month
        lines = unit.poverty.page(month.previous, month.place, _AT_ONCE) if month.previous else []
        for line in lines:
            found = line_of_before(unit, month, step.came, line)
            if found is not None:
                unit.poverty.add(month.id, found)
        unit.poverty.advance(month.id, "before" if lines else "tags", lines[-1].id if lines else "")
        return len(lines)

    @staticmethod
    def _tags(unit: Unit, step: _Step) -> int:
        """People whom the ledger tags; place: the last of them that is done."""
        month = step.month
        day = min(last_day_of(month.month), legal_date(step.now))
        people = unit.poverty.tagged(day, month.place, _AT_ONCE)
        for person_id, subject, kinds in people:
            for kind in sorted(kinds):
                found = line_of_tag(unit, month, step.came, (person_id, subject), kind)
                if found is not None:
                    unit.poverty.add(month.id, found)
        unit.poverty.advance(month.id, "tags" if people else "counts", people[-1][0] if people else "")
        return len(people)
