"""An audit trail with a witness, and somebody with all rights on the database who wants to change the past."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg

from auth_service.connectors.signing import SigningKeyFile, signature_holds
from auth_service.connectors.witness_folder import FolderWitness, kept_notes
from auth_service.core.audit import GENESIS, AuditEvent, StoredRow, stored_row
from auth_service.core.audit_check import Examination, KeptNote, Trouble
from auth_service.core.checkpoint import AuditPolicy, Keyholders, Notary
from auth_service.core.witness import Witness
from auth_service.flows.checkpoint import Checkpoint
from auth_service.flows.examine_audit import ExamineAudit
from auth_service.storage.records.audit_guards import row_guard
from auth_service.storage.sealing import BlindIndexes
from tests.builders import Agency
from tests.conftest import FixedClock
from tests.databases import PostgresDatabase

ORIGIN = "county.example/audit"


@dataclass
class Trail:
    """A service's trail in `agency`, its checkpoints kept in `outside`.

    database  the PostgreSQL that it lies in; None for SQLite
    """

    agency: Agency
    clock: FixedClock
    database: PostgresDatabase | None = None
    policy: AuditPolicy = field(default_factory=lambda: AuditPolicy(origin=ORIGIN))
    witnesses: list[Witness] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.outside.mkdir(exist_ok=True)
        signer = SigningKeyFile.open_or_create(self.agency.folder / "keys" / "audit_signing.json")
        self.notary = Notary(ORIGIN, signer, signature_holds)
        self.witnesses = self.witnesses or [FolderWitness(self.outside)]

    @property
    def outside(self) -> Path:
        return self.agency.folder / "outside"

    @property
    def keyholders(self) -> Keyholders:
        return self.notary.keyholders

    @property
    def flow(self) -> Checkpoint:
        return Checkpoint(self.agency.store, self.notary, self.witnesses, self.clock, self.policy)

    def write(self, rows: int, word: str = "done") -> None:
        """So many rows, ten to a transaction."""
        for begin in range(0, rows, 10):
            with self.agency.store.unit() as unit:
                for number in range(begin, min(begin + 10, rows)):
                    event = AuditEvent("cli", f"test.{word}", f"person:{number:032x}", {"n": number, "share": 0.5})
                    unit.audit.append(event, self.clock.now())

    def grow(self, *sizes: int) -> None:
        """Writes that many rows and signs, for each size."""
        for size in sizes:
            self.write(size)
            self.clock.advance(seconds=61)
            report = self.flow.run()
            assert report.made
            assert not report.failed, report.failed

    def verify(self, kept: Sequence[KeptNote] | None = None) -> Examination:
        """Against what lies outside, or against other notes."""
        notes = list(kept_notes(self.outside)) if kept is None else kept
        return ExamineAudit(self.agency.store).run(notes, self.keyholders)

    # --- the attacker -------------------------------------------------------------------------------

    def sql(self, *statements: str) -> list[Any]:
        """With every right, triggers out of the way; returns rows of the last statement."""
        if self.database is not None:
            with self.database.connect() as connection, connection.transaction():
                connection.execute("SET LOCAL session_replication_role = replica")
                cursor: psycopg.Cursor[Any] | None = None
                for statement in statements:
                    cursor = connection.execute(statement)  # type: ignore[call-overload]
                return cursor.fetchall() if cursor is not None and cursor.description else []
        connection = sqlite3.connect(self.agency.folder / "test.sqlite3", isolation_level=None)
        try:
            triggers = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
            for name, _ in triggers:
                connection.execute(f"DROP TRIGGER {name}")
            found: list[Any] = []
            for statement in statements:
                found = connection.execute(statement).fetchall()
            for _, text in triggers:
                connection.execute(text)
            return found
        finally:
            connection.close()

    def rows(self) -> list[StoredRow]:
        return [
            StoredRow(*row) for row in self.sql(f"SELECT {', '.join(StoredRow._fields)} FROM audit_rows ORDER BY 1")
        ]

    def rewrite(self, change: Callable[[list[StoredRow]], list[StoredRow]]) -> None:
        """Changes the history and makes chain, head and guards fit again: somebody who has the key store too."""
        previous, fitting = GENESIS, []
        for number, row in enumerate(change(self.rows()), start=1):
            fitting.append(_refitted(row, number, previous))
            previous = fitting[-1].hash
        statements = ["DELETE FROM audit_rows"]
        for row in fitting:
            guard = row_guard(BlindIndexes(self.agency.keys), row.number, row.hash).hex()
            statements.append(insertion(row, f"x'{guard}'" if self.database is None else f"'\\x{guard}'"))
        statements.append(f"UPDATE audit_head SET rows = {len(fitting)}, hash = '{previous}'")
        self.sql(*statements)

    def save(self) -> Callable[[], None]:
        """A copy of the whole database as it is now; returns what puts it back."""
        if self.database is not None:
            database, saved = self.database, self.database.save()
            return lambda: database.put(saved)
        copy = sqlite3.connect(":memory:")
        with sqlite3.connect(self.agency.folder / "test.sqlite3") as live:
            live.backup(copy)

        def put_back() -> None:
            with sqlite3.connect(self.agency.folder / "test.sqlite3") as live:
                copy.backup(live)

        return put_back


def insertion(row: StoredRow, guard: str) -> str:
    """SQL that puts a row in. guard: as SQL"""
    values = ", ".join(str(v) if isinstance(v, int) else "'" + v.replace("'", "''") + "'" for v in row)
    return f"INSERT INTO audit_rows ({', '.join(StoredRow._fields)}, guard) VALUES ({values}, {guard})"


def _refitted(row: StoredRow, number: int, previous: str) -> StoredRow:
    event = AuditEvent(row.actor, row.action, row.subject, json.loads(row.details))
    return stored_row(number, datetime.fromisoformat(row.at), event, previous)


def troubles(found: Examination) -> set[Trouble]:
    return {problem.trouble for problem in found.problems}
