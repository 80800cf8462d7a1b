"""One year of a made-up agency through the real imports, comparisons, rules and acts; twelve turns of a month each."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

from auth_service.beneficiaries.ledger import LEDGER_COLUMNS, LEDGER_REQUIRED
from auth_service.beneficiaries.tag_file import TAG_COLUMNS, TAG_REQUIRED
from auth_service.beneficiaries.tags import Tag
from auth_service.cli.simulated_clock import StandingClock
from auth_service.cli.simulated_hands import Hands
from auth_service.cli.simulated_people import Agency
from auth_service.cli.simulated_records import FILES_ON, Records, Row
from auth_service.connectors.tables import RejectWriter, open_table
from auth_service.core.clock import legal_date
from auth_service.crosscheck.sources import REGISTRY_COLUMNS, REGISTRY_REQUIRED, RegistryKind
from auth_service.flows.import_registry import RegistryOrder
from auth_service.flows.import_tags import TagList
from auth_service.monitoring.flags import Severity
from auth_service.payments.proposals import ADVERSE, Verdict
from auth_service.payments.rows import PAYMENT_COLUMNS
from auth_service.qualification.event_file import EVENT_COLUMNS, EVENT_REQUIRED
from auth_service.storage.unit import BatchState, StoredProposal
from auth_service.wiring import Wiring

_OF_DEATH = frozenset({"D01", "D02", "D03"})
"""Whose critical flags the hands act upon."""
_PEOPLE_AT_ONCE = 500
_ACTOR = "simulation"
Said = Callable[[str, int], None]


@dataclass(slots=True)
class Year:
    """What was counted. rows: file -> rows taken in; machine_acts: acts on money that no two people stand for"""

    rows: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    quarantined: int = 0
    machine_acts: int = 0


class Play:
    """Plays the months of a year. said: told what is going on, and how much of it"""

    def __init__(
        self, wiring: Wiring, clock: StandingClock, world: tuple[Agency, Records], folder: Path, said: Said
    ) -> None:
        self._wiring, self._clock, self._said = wiring, clock, said
        self._agency, self._records = world
        self._folder = folder
        self.hands = Hands(wiring, clock)
        self.year = Year()
        self._lives = {life.key: life for life in self._agency.lives}

    def run(self, months: int) -> None:
        """Everything of so many months, from the first on. raises what the flows raise"""
        day = self._agency.first_day
        self._clock.to(day)
        self._ledger()
        last = day - timedelta(days=400)
        for number in range(months):
            month = date(day.year, 1 + number, 1)
            self._clock.to(month.replace(day=15))
            self._payments(month)
            today = month.replace(day=FILES_ON)
            self._clock.to(today)
            self._outside(last, today)
            self._machine()
            self._people(today)
            last = today
        self._machine()

    def _ledger(self) -> None:
        rows = self._records.ledger()
        table = open_table(self._file("ledger", rows), LEDGER_COLUMNS, required=LEDGER_REQUIRED)
        with self._rejects("ledger", table.columns) as sink:
            report = self._wiring.import_ledger.run(table, sink, _ACTOR, lambda more: self._said("ledger", more))
        self._count("ledger", report.rows, report.refused)

    def _payments(self, month: date) -> None:
        rows = self._records.payments(month, self.hands.held, self.hands.ended)
        table = open_table(self._file(f"payments-{month:%m}", rows), PAYMENT_COLUMNS, required=tuple(PAYMENT_COLUMNS))
        with self._rejects(f"payments-{month:%m}", table.columns) as sink:
            report = self._wiring.import_payments.run(table, sink, _ACTOR, lambda more: self._said("payments", more))
        self._count("payments", report.rows, report.refused)

    def _outside(self, after: date, until: date) -> None:
        events = self._records.events(after, until)
        if events:
            table = open_table(self._file(f"events-{until:%m}", events), EVENT_COLUMNS, required=EVENT_REQUIRED)
            with self._rejects(f"events-{until:%m}", table.columns) as sink:
                report = self._wiring.import_events.run(table, sink, _ACTOR, lambda more: self._said("events", more))
            self._count("events", report.rows, report.refused)
        self._tags(until)
        for (kind, source), rows in self._records.registry(after, until).items():
            self._registry(kind, source, rows, until)

    def _tags(self, today: date) -> None:
        listed = self._records.tag_list()
        if not listed:
            return
        table = open_table(self._file(f"tags-{today:%m}", listed), TAG_COLUMNS, required=TAG_REQUIRED)
        told = TagList(Tag.SUBSISTENCE, "civil_affairs", today, whole=True)
        with self._rejects(f"tags-{today:%m}", table.columns) as sink:
            report = self._wiring.import_tags.run(told, table, sink, _ACTOR, lambda more: self._said("tags", more))
        self._count("tags", report.rows, report.refused)

    def _registry(self, kind: RegistryKind, source: str, rows: list[Row], until: date) -> None:
        path = self._file(f"{kind.value}-{source}-{until:%m}", rows)
        table = open_table(path, REGISTRY_COLUMNS, required=REGISTRY_REQUIRED)
        order = RegistryOrder(kind, source, member=self.hands.steward)
        with self._rejects(path.stem, table.columns) as sink:
            report = self._wiring.import_registry.run(table, sink, order, lambda more: self._said("registries", more))
        self._count("registries", report.counts.get("rows", 0), report.counts.get("refused", 0))
        if report.state is BatchState.QUARANTINED:
            self.year.quarantined += 1
            self._wiring.keep_registry.release(report.batch_id, self.hands.releaser)

    def _machine(self) -> None:
        """Comparison, rules and sweep, as the worker runs them, and the count of what they took from anybody."""
        before = self._acts()
        self._wiring.compare_registry.run(self._said)
        self._wiring.run_rules.run((), _ACTOR, lambda more: self._said("rules", more))
        self._wiring.sweep.run(legal_date(self._clock.now()), _ACTOR, lambda more: self._said("sweep", more))
        self.year.machine_acts += self._acts() - before

    def _acts(self) -> int:
        """Acts that take money away and count."""
        found, after = 0, ""
        with self._wiring.store.reading() as unit:
            while people := unit.proposals.people(after, _PEOPLE_AT_ONCE):
                for person_id in people:
                    found += sum(_takes(stored) for stored in unit.proposals.of(person_id))
                after = people[-1]
        return found

    def _people(self, today: date) -> None:
        """The critical flags about deaths are acted upon, and whoever lives answers."""
        dead = {key: on for key, on in self._records.truth.dead.items() if on <= today}
        for rule_id, severity, key, person_id in self._flags():
            life = self._lives.get(key)
            if life is not None and rule_id in _OF_DEATH and severity is Severity.CRITICAL:
                days = (today - dead[key]).days if key in dead else None
                self.hands.hold(key, person_id, life.kind, days)
        for key in self.hands.answer(dead):
            self._records.came(self._lives[key], today + timedelta(days=1))
        self._records.truth.of_rule["D06"] |= self.hands.ended & self._records.paid_after_death

    def _flags(self) -> list[tuple[str, Severity, str, str]]:
        with self._wiring.store.reading() as unit:
            return unit.flags.about_people()

    def flagged(self) -> list[tuple[str, str]]:
        """(rule, person key) of everything that was found until now, by rules in shadow too."""
        with self._wiring.store.reading() as unit:
            in_shadow = unit.shadow_flags.about_people()
        return [*((rule_id, key) for rule_id, _, key, _ in self._flags()), *in_shadow]

    def _file(self, name: str, rows: Sequence[Row]) -> Path:
        """As offices hand it over: CSV in UTF-8."""
        path = self._folder / f"{name}.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
        return path

    def _rejects(self, name: str, columns: Sequence[str]) -> RejectWriter:
        return RejectWriter(self._folder / f"{name}.rejects.csv", columns)

    def _count(self, name: str, rows: int, refused: int) -> None:
        self.year.rows[name] += rows
        self.year.refused[name] += refused


def _takes(stored: StoredProposal) -> bool:
    decided = stored.decision is not None and stored.decision.verdict is Verdict.APPROVED
    return decided and stored.proposal.act in ADVERSE
