"""Files of registries as tests send them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from auth_service.accounts.credentials import StaffMember
from auth_service.accounts.roles import Role
from auth_service.core.clock import legal_date
from auth_service.crosscheck.batches import BatchPolicy
from auth_service.crosscheck.sources import RegistryKind
from auth_service.engines.linkage import Linkage
from auth_service.flows.compare_registry import Compared, CompareRegistry
from auth_service.flows.disprove_link import DisproveLink
from auth_service.flows.import_registry import ImportRegistry, RegistryOrder, RegistryReport
from auth_service.flows.keep_registry import KeepRegistry
from auth_service.flows.life_pages import lives_of
from auth_service.flows.list_links import LinkLine, ListLinks
from auth_service.monitoring.flags import Flag, Severity
from auth_service.qualification.life import LifeFacts
from auth_service.qualification.status import Status, status_of
from auth_service.storage.unit import ReadUpTo, StoredRow, Withdrawn
from tests.builders import WANG, Agency, Rows


def death(ref: str, **values: str) -> dict[str, str]:
    """One death of somebody unknown."""
    return {"source_ref": ref, "name": "赵某某", "event_date": "2026-02-11", "recorded_at": "2026-02-12", **values}


class Killed(BaseException):
    """The process ends here, as kill -9 would end it: nothing catches it."""


class Cut(Rows):
    """A file whose reader dies before a row."""

    before = 0

    def rows(self) -> Iterator[tuple[int, Mapping[str, str]]]:
        for number, values in super().rows():
            if number == self.before:
                raise Killed
            yield number, values


def void(ref: str, **values: str) -> dict[str, str]:
    """The source takes back what it said."""
    return {"source_ref": ref, "message": "void", "recorded_at": "2026-03-01", **values}


class Registries:
    """Imports, releases, compares and reads back."""

    def __init__(self, agency: Agency, policy: BatchPolicy | None = None, steward: str = "sun") -> None:
        self.agency = agency
        self.importing = ImportRegistry(agency.ledger_store, agency.clock, policy or BatchPolicy())
        self.keeping = KeepRegistry(agency.store, agency.clock)
        self.comparing = CompareRegistry(agency.store, agency.clock, Linkage)
        self.disproving = DisproveLink(agency.store, agency.clock)
        self.listing = ListLinks(agency.store, agency.clock)
        self.steward = agency.member(Role.DATA_STEWARD, steward)
        self.rejects = Rows()

    def file(self, *values: Mapping[str, str], cut: int = 0) -> Rows:
        digest = hashlib.sha256(repr(values).encode()).hexdigest()
        table = Cut(values, "deaths.csv", digest) if cut else Rows(values, "deaths.csv", digest)
        if isinstance(table, Cut):
            table.before = cut
        return table

    def take(self, *values: Mapping[str, str], cut: int = 0, **order: Any) -> RegistryReport:
        self.rejects = Rows()
        given = RegistryOrder(**{"kind": RegistryKind.DEATH, "member": self.steward, **order})
        return self.importing.run(self.file(*values, cut=cut), self.rejects, given, lambda _: None)

    def second(self) -> StaffMember:
        return self.agency.member(Role.MONITOR, "he")

    def new(self, place: ReadUpTo | None = None, most: int = 1000) -> tuple[list[StoredRow], ReadUpTo]:
        with self.agency.store.reading() as unit:
            return unit.registry.new_since(place or ReadUpTo(), most)

    def gone(self, place: ReadUpTo | None = None) -> list[Withdrawn]:
        with self.agency.store.reading() as unit:
            return unit.registry.voided_since(place or ReadUpTo())[0]

    def compare(self) -> Compared:
        return self.comparing.run().counts

    def lines(self, batch_id: str) -> list[LinkLine]:
        return list(self.listing.run(batch_id, "cli").lines)

    def flags(self) -> list[Flag]:
        """Oldest first."""
        page = self.agency.store.queries.flags(None, cursor=None, limit=100)
        with self.agency.store.reading() as unit:
            found = [unit.flags.get(row.id) for row in page.rows]
        return sorted((one.flag for one in found if one is not None), key=lambda flag: (flag.raised_at, flag.rule_id))

    def holding(self) -> dict[str, str]:
        """Reference -> day, of all that holds."""
        return {one.record.ref: str(one.event) for one in self.new()[0] if one.record is not None}


def codes(rows: Sequence[tuple[int, Any, str]]) -> list[tuple[int, str]]:
    return [(row, code) for row, _, code in rows]


def wang(ref: str = "1", **more: str) -> dict[str, str]:
    return death(ref, id_number=WANG, name="王秀英", **more)


def life(agency: Agency, person: str) -> tuple[LifeFacts, Status]:
    now = agency.clock.now()
    with agency.store.reading() as unit:
        book = unit.policies.book()
        (found,) = lives_of(unit, [person], legal_date(now), book)
    return found.facts, status_of(found.facts, book, now)


def rules(registries: Registries) -> list[tuple[str, Severity]]:
    return [(flag.rule_id, flag.severity) for flag in registries.flags()]
