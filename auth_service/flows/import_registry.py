"""Import of a registry's file (death, prison, poverty list and others): every row checked and kept, the whole weighed.

It may be killed at any row and run again, twice at once too: rows and the place up to which they are done are kept in
one transaction, so that each row is done once, whoever does it. The same file again does nothing. Nothing here touches
a payment: a batch that is odd as a whole waits for a second person (flows/keep_registry.py), any other is data to
compare.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from auth_service.accounts.credentials import StaffMember
from auth_service.accounts.roles import Permission
from auth_service.core.audit import AuditEvent
from auth_service.core.clock import Clock
from auth_service.core.errors import (
    EventBeforeBirth,
    EventInFuture,
    RowRefused,
    ServiceError,
    SourceNotOfKey,
    all_error_classes,
)
from auth_service.crosscheck.batches import BatchFacts, BatchFinding, BatchPolicy, odd_in
from auth_service.crosscheck.bindings import speaks_for_another
from auth_service.crosscheck.poverty import LISTS
from auth_service.crosscheck.profiles import PLAIN, Profile
from auth_service.crosscheck.sources import (
    SOURCE_OF_KIND,
    RegistryAct,
    RegistryKind,
    check_registry_row,
    looks_shifted,
    source_named,
)
from auth_service.crosscheck.versions import Change, change_of
from auth_service.flows.import_ledger import RowRejects, TableFile, chunks
from auth_service.flows.money_terms import require
from auth_service.monitoring.rules.d09_odd_batch import BatchOddFacts, OddBatch
from auth_service.storage.unit import BatchProgress, BatchState, NewBatch, Store, StoredBatch, ToldRow, Unit

_ROWS_PER_UNIT = 500
_ALONE = "registry"
COUNTED = (
    "rows", "added", "late", "unchanged", "refused", "corrections", "voids", "hits", "future", "before_birth",
    "shifted",
)  # fmt: skip
"""`rows` is the sum of added, late, unchanged and refused."""
_BY_CODE: dict[str, type[ServiceError]] = {one.code: one for one in all_error_classes() if issubclass(one, RowRefused)}
Numbered = tuple[int, Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class RegistryOrder:
    """What a file is. source: whose, where neither its rows nor the profile say it. member: who stands for the import,
    signed in; key_id: the API key of the office's own system that sends it, in the name of `source` alone. A file for
    which nobody stands waits for two people, and so does an odd one that a system sent."""

    kind: RegistryKind
    source: str = ""
    profile: Profile = PLAIN
    member: StaffMember | None = None
    key_id: str | None = None


@dataclass(slots=True)
class RegistryReport:
    """What became of a file. repeated: it was read to its end before, and nothing was done. resumed: the row behind
    which this run went on, 0 for a new file"""

    batch_id: str
    state: BatchState
    repeated: bool = False
    resumed: int = 0
    counts: Mapping[str, int] = field(default_factory=dict)
    findings: tuple[BatchFinding, ...] = ()
    unknown_columns: tuple[str, ...] = ()
    refused_by_code: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Run:
    """One run over one file."""

    batch: StoredBatch
    order: RegistryOrder
    source: str


class ImportRegistry:
    """See the module."""

    def __init__(self, store: Store, clock: Clock, policy: BatchPolicy) -> None:
        self._store = store
        self._clock = clock
        self._policy = policy

    def run(
        self, table: TableFile, rejects: RowRejects, order: RegistryOrder, progress: Callable[[int], None]
    ) -> RegistryReport:
        """raises AccessRefused, SourceNotOfKey (a row of a file that a key sends names another source), FileUnreadable,
        LedgerRoleMissing, KeyDestroyed (a file begun before its extract's time ended), StorageFault, Unavailable; what
        one row lacks goes to `rejects`"""
        if order.member is not None:
            require(order.member, Permission.IMPORT_REGISTRY)
        run = self._begin(table, order)
        for chunk in chunks(table.rows(), _ROWS_PER_UNIT):
            for (number, values), error in self._chunk(run, chunk):
                rejects.reject_row(number, values, error)
            progress(len(chunk))
        self._finish(run)
        with self._store.reading() as unit:
            done = unit.registry.batch(run.batch.id) or run.batch
            by_code = unit.registry.refused_by_code(done.id)
        return RegistryReport(
            batch_id=done.id,
            state=done.state,
            repeated=run.batch.finished_at is not None,
            resumed=0 if run.batch.finished_at else run.batch.place,
            counts={name: done.counts.get(name, 0) for name in COUNTED},
            findings=done.findings,
            unknown_columns=tuple(table.unknown_columns),
            refused_by_code=by_code,
        )

    def _begin(self, table: TableFile, order: RegistryOrder) -> _Run:
        now = self._clock.now()
        source = source_named(order.source) or order.profile.source or SOURCE_OF_KIND[order.kind]
        new = NewBatch(order.kind, source, table.name, table.digest, order.profile)
        foreign = _row_of_another(table, order, source)
        with self._store.unit() as unit:
            unit.registry.require()
            if foreign is not None:
                raise SourceNotOfKey(f"row {foreign}", field="source", key_id=order.key_id or "")
            unit.alone(_ALONE)
            batch = _begun(unit, new, order, now)
            waits = batch.state in {BatchState.READING, BatchState.QUARANTINED}
            if order.member is not None and batch.imported_by is None and waits:
                unit.registry.act(batch.id, "imported", order.member.id, now)
            if order.key_id is not None:
                unit.registry.note_push(batch.id, order.key_id, now)
        return _Run(batch, order, batch.source)

    def _chunk(self, run: _Run, chunk: list[Numbered]) -> list[tuple[Numbered, ServiceError]]:
        """Does what of these rows nobody has done yet; returns those that are refused, whoever refused them."""
        with self._store.unit() as unit:
            unit.alone(f"{_ALONE} {run.order.kind}")
            done = unit.registry.progress(run.batch.id)
            fresh = [one for one in chunk if one[0] > done.place]
            refused = unit.registry.refusals(run.batch.id, chunk[0][0], min(chunk[-1][0], done.place))
            if fresh and not done.finished:
                refused |= self._keep(unit, run, fresh, done)
        return [
            (one, _BY_CODE.get(refused[one[0]][1], RowRefused)(field=refused[one[0]][0] or None))
            for one in chunk
            if one[0] in refused
        ]

    def _keep(self, unit: Unit, run: _Run, fresh: list[Numbered], done: BatchProgress) -> dict[int, tuple[str, str]]:
        """Row -> (field, code) of those refused; the others are kept."""
        counts = {name: done.counts.get(name, 0) for name in COUNTED}
        refused: dict[int, tuple[str, str]] = {}
        told: list[ToldRow] = []
        for number, values in fresh:
            counts["rows"] += 1
            counts["shifted"] += looks_shifted(values)
            try:
                said = run.order.profile.translated(values)
                record = check_registry_row(said, run.order.kind, run.source, self._clock.now())
                told.append(unit.registry.told(number, record, run.batch.begun_at))
            except RowRefused as error:
                refused[number] = _refusal(error, counts)
        kept = self._compared(unit, run, told, counts, refused)
        unit.registry.add_rows(run.batch.id, kept)
        unit.registry.add_refusals(run.batch.id, [(row, *why) for row, why in refused.items()])
        given = [one.version.at for one in kept if one.version.time_given]
        newest = max([*given, *([done.newest_at] if done.newest_at else [])], default=None)
        unit.registry.advance(run.batch.id, fresh[-1][0], counts, newest)
        return refused

    @staticmethod
    def _compared(
        unit: Unit,
        run: _Run,
        told: list[ToldRow],
        counts: dict[str, int],
        refused: dict[int, tuple[str, str]],
    ) -> list[ToldRow]:
        """Without what was told before: by files that count, or earlier in this one."""
        known = unit.registry.known_of(one.reference for one in told)
        counting = unit.registry.counting(batch_id for said in known.values() for batch_id, _ in said)
        beside = {
            reference: [one for batch_id, one in said if batch_id in counting or batch_id == run.batch.id]
            for reference, said in known.items()
        }
        kept: list[ToldRow] = []
        for one in told:
            said = beside.setdefault(one.reference, [])
            try:
                change = change_of(said, one.version)
            except RowRefused as error:
                refused[one.row] = _refusal(error, counts)
                continue
            counts[change.value] += 1
            if change is not Change.UNCHANGED:
                said.append(one.version)
            if change is not Change.UNCHANGED or run.order.kind in LISTS:  # whom a list names again is still on it
                kept.append(one)
        counts["voids"] += sum(one.record.act is RegistryAct.VOID for one in kept)
        counts["corrections"] += sum(one.record.act is RegistryAct.CORRECT for one in kept)
        counts["hits"] += unit.registry.hits(one for one in kept if one.record.act is not RegistryAct.VOID)
        return kept

    def _finish(self, run: _Run) -> None:
        """Weighs the whole, once."""
        now = self._clock.now()
        with self._store.unit() as unit:
            unit.alone(_ALONE)
            batch = unit.registry.batch(run.batch.id)
            if batch is None or batch.finished_at is not None:
                return
            past = unit.registry.past(batch, self._policy.history)
            findings = odd_in(_facts(unit, batch), past, unit.people.count(), self._policy)
            unit.registry.finish(batch.id, findings, now)
            odd = OddBatch().judge(_odd(batch, findings), now)
            if odd is not None:
                unit.flags.raise_once(odd)
            if not findings:
                unit.registry.act(batch.id, "cleared", None, now)
            actor = _actor(unit, batch)
            details = {**batch.counts, "kind": batch.kind.value, "odd": ",".join(one.oddity for one in findings)}
            unit.audit.append(AuditEvent(actor, "registry.imported", f"registry_batch:{batch.id}", details), now)


def _row_of_another(table: TableFile, order: RegistryOrder, source: str) -> int | None:
    """The first row in which a key speaks for another source than its own; a person may hand in a file of several."""
    if order.key_id is None:
        return None
    rows = ((number, order.profile.translated(values)) for number, values in table.rows())
    return next((number for number, said in rows if speaks_for_another(said, source)), None)


def _begun(unit: Unit, new: NewBatch, order: RegistryOrder, now: datetime) -> StoredBatch:
    """The batch of a file, for a key one of its own source: an empty day's file looks like every other office's."""
    digest = "" if order.profile is PLAIN else hashlib.sha256(order.profile.document().encode()).hexdigest()
    batch = unit.registry.begin(new, digest, now)
    if order.key_id is None or batch.source == new.source:
        return batch
    return unit.registry.begin(new, hashlib.sha256(f"{digest}\n{new.source}".encode()).hexdigest(), now)


def _odd(batch: StoredBatch, findings: Sequence[BatchFinding]) -> BatchOddFacts:
    counts = batch.counts
    return BatchOddFacts(batch.id, batch.kind, batch.source, counts.get("rows", 0), counts.get("hits", 0), findings)


def _refusal(error: RowRefused, counts: dict[str, int]) -> tuple[str, str]:
    counts["refused"] += 1
    counts["future"] += isinstance(error, EventInFuture)
    counts["before_birth"] += isinstance(error, EventBeforeBirth)
    return error.field or "", error.code


def _actor(unit: Unit, batch: StoredBatch) -> str:
    if batch.imported_by is not None:
        return f"staff:{batch.imported_by}"
    return next((f"api_key:{one}" for one in unit.registry.pushed_by(batch.id)), "cli")


def _facts(unit: Unit, batch: StoredBatch) -> BatchFacts:
    dated, same_date = unit.registry.commonest_date(batch.id)
    counts = batch.counts
    return BatchFacts(
        kind=batch.kind,
        rows=counts.get("rows", 0),
        refused=counts.get("refused", 0),
        hits=counts.get("hits", 0),
        future=counts.get("future", 0),
        before_birth=counts.get("before_birth", 0),
        shifted=counts.get("shifted", 0),
        dated=dated,
        same_date=same_date,
        newest=batch.newest_at,
        by_person=batch.imported_by is not None or bool(unit.registry.pushed_by(batch.id)),
    )
