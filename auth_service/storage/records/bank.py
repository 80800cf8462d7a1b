"""Where benefits are paid: read and written only by the ledger's side of the service.

On PostgreSQL the role that compares faces has no right to this table, so nothing here is called on its behalf
(docs/decisions/0013-separation.md).
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, select, update

from auth_service.beneficiaries.ledger import LedgerRow
from auth_service.beneficiaries.person import BankReference
from auth_service.core.errors import LedgerRoleMissing
from auth_service.storage.postgres import may
from auth_service.storage.records.person_fields import BANK_FIELDS, open_field, seal_field
from auth_service.storage.tables import BankReferenceRow
from auth_service.storage.tables.schema import table_of
from auth_service.storage.work import Work

_BANK = table_of(BankReferenceRow)


class Bank:
    """Bank references within one unit. Their seals are bound to `people`, where they were first kept."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def require(self) -> None:
        """Whether this is the role that keeps bank references, before a file is begun. raises LedgerRoleMissing"""
        connection = self._work.connection
        if connection.dialect.name == "postgresql" and not may(connection, _BANK.name, "INSERT"):
            raise LedgerRoleMissing

    def of(self, person_id: str) -> BankReference:
        """Empty where nothing is known. raises KeyMissing (the person's key was destroyed), SealBroken"""
        row = self._work.connection.execute(select(_BANK).where(_BANK.c.person_id == person_id)).one_or_none()
        if row is None:
            return BankReference(person_id)
        key = self._work.keys.of(person_id)
        account, holder = (open_field(key, person_id, name, getattr(row, f"{name}_sealed")) for name in BANK_FIELDS)
        return BankReference(person_id, account, holder)

    def apply(self, person_id: str, row: LedgerRow, now: datetime, batch_id: str) -> list[str]:
        """What a ledger row gives; returns the names of the fields that are new. Touches nothing when it gives none.

        raises   KeyMissing, SealBroken
        """
        given = {name: text for name in BANK_FIELDS if (text := getattr(row, name)) is not None}
        if not given:
            return []
        present = self.of(person_id)
        known = {"bank_account": present.account, "account_holder": present.holder}
        fresh = {name: text for name, text in given.items() if text != known[name]}
        if fresh:
            self._write(person_id, fresh, {"batch_id": batch_id, "changed_at": now}, new=not any(known.values()))
        return list(fresh)

    def erase(self, person_id: str) -> int:
        """Drops the bank reference of an erased person, which nobody can read any more. returns how many rows"""
        return self._work.connection.execute(delete(_BANK).where(_BANK.c.person_id == person_id)).rowcount

    def _write(self, person_id: str, fresh: dict[str, str], marks: dict[str, Any], *, new: bool) -> None:
        key = self._work.keys.of(person_id)
        values = {f"{name}_sealed": seal_field(key, person_id, name, text) for name, text in fresh.items()}
        if "bank_account" in fresh:
            values["account_index"] = self._work.indexes.of("account", fresh["bank_account"])
        if new:
            self._work.connection.execute(insert(_BANK), {"person_id": person_id, **values, **marks})
        else:
            here = _BANK.c.person_id == person_id
            self._work.connection.execute(update(_BANK).where(here).values(**values, **marks))
