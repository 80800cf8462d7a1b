"""Payment rows of the ledger's files: added once, never changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from auth_service.beneficiaries.person import BenefitKind
from auth_service.core.errors import LedgerRoleMissing
from auth_service.core.ids import new_id
from auth_service.payments.rows import PaymentRow, PaymentStatus, from_fen, to_fen
from auth_service.storage.postgres import may
from auth_service.storage.tables import BenefitRow, PaymentRecord, PersonRow
from auth_service.storage.tables.schema import insert_or_ignore, table_of
from auth_service.storage.work import Work

_PAYMENTS, _PEOPLE, _BENEFITS = table_of(PaymentRecord), table_of(PersonRow), table_of(BenefitRow)


@dataclass(frozen=True, slots=True)
class Payee:
    """Whom a person key names, and which benefits the ledger gives them."""

    person_id: str
    benefits: frozenset[BenefitKind]


class Payments:
    """Payment rows within one unit."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def require(self) -> None:
        """Whether this role may add payments, before a file is begun. raises LedgerRoleMissing"""
        connection = self._work.connection
        if connection.dialect.name == "postgresql" and not may(connection, _PAYMENTS.name, "INSERT"):
            raise LedgerRoleMissing

    def payee(self, person_key: str) -> Payee | None:
        wanted = (
            select(_PEOPLE.c.id, _BENEFITS.c.kind)
            .join(_BENEFITS, _BENEFITS.c.person_id == _PEOPLE.c.id)
            .where(_PEOPLE.c.person_key == person_key)
        )
        found = self._work.connection.execute(wanted).all()
        return Payee(found[0].id, frozenset(BenefitKind(row.kind) for row in found)) if found else None

    def key_of(self, person_id: str) -> str:
        """The person's key in the ledger."""
        wanted = select(_PEOPLE.c.person_key).where(_PEOPLE.c.id == person_id)
        return str(self._work.connection.execute(wanted).scalar_one())

    def add(self, person_id: str, row: PaymentRow, batch_id: str, now: datetime) -> bool:
        """False: it was there already."""
        values = {
            "id": new_id(),
            "person_id": person_id,
            "benefit_kind": row.benefit.value,
            "entitlement_month": row.month,
            "pay_date": row.paid_on,
            "amount_fen": to_fen(row.amount),
            "status": row.status.value,
            "batch_id": batch_id,
            "added_at": now,
        }
        statement = insert_or_ignore(self._work.connection, PaymentRecord)
        return self._work.connection.execute(statement, values).rowcount == 1

    def of(self, person_id: str, benefit: BenefitKind) -> Sequence[PaymentRow]:
        """All rows of one benefit of one person, by month and day."""
        mine = (_PAYMENTS.c.person_id == person_id) & (_PAYMENTS.c.benefit_kind == benefit.value)
        order = (_PAYMENTS.c.entitlement_month, _PAYMENTS.c.pay_date, _PAYMENTS.c.id)
        return [
            PaymentRow(
                benefit, row.entitlement_month, row.pay_date, from_fen(row.amount_fen), PaymentStatus(row.status)
            )
            for row in self._work.connection.execute(select(_PAYMENTS).where(mine).order_by(*order))
        ]
