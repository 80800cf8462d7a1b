"""People of the ledger with what sets of facts have to open of them: many at once, each key with its row."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Row, select

from auth_service.beneficiaries.dates import PartialDate
from auth_service.beneficiaries.id_number import IdNumber, Sex, parse_id_number
from auth_service.storage.records.person_fields import open_field
from auth_service.storage.tables import PersonKeyRow, PersonRow
from auth_service.storage.tables.schema import table_of
from auth_service.storage.work import Work

PEOPLE, KEYS = table_of(PersonRow), table_of(PersonKeyRow)
NAMED = PEOPLE.c.id_number_sealed != b""
"""Whoever was erased is looked at no more."""
_COLUMNS = (
    PEOPLE.c.id, PEOPLE.c.sex, PEOPLE.c.region_code, PEOPLE.c.id_number_sealed, PEOPLE.c.birth_date_sealed,
    PEOPLE.c.village_sealed, PEOPLE.c.name_index, PEOPLE.c.birth_year, KEYS.c.wrapping_key, KEYS.c.wrapped,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class OpenedPerson:
    """What was opened of one person. birth: by the ledger; name_index, birth_year: as they lie open"""

    id: str
    number: IdNumber
    sex: Sex | None
    birth: PartialDate | None
    region: str | None
    village: str | None
    name_index: bytes
    birth_year: int | None

    @property
    def birthday(self) -> date | None:
        """By the ledger where it names a whole day, else by the number; None: neither does."""
        whole = None if self.birth is None else self.birth.whole
        return whole or self.number.birth_date


def opened(work: Work, which: ColumnElement[bool]) -> Iterator[OpenedPerson]:
    """By id. Whoever was erased meanwhile is left out. raises SealBroken, KeyStoreUnavailable"""
    wanted = select(*_COLUMNS).join(KEYS, KEYS.c.person_id == PEOPLE.c.id)
    here = wanted.where(which, NAMED, KEYS.c.wrapped.is_not(None)).order_by(PEOPLE.c.id)
    for row in work.connection.execute(here).all():
        yield _opened(work, row)


def _opened(work: Work, row: Row[*tuple[Any, ...]]) -> OpenedPerson:
    key = work.keys.unwrapped(row.id, row.wrapping_key, row.wrapped)
    number = open_field(key, row.id, "id_number", row.id_number_sealed) or ""
    birth = open_field(key, row.id, "birth_date", row.birth_date_sealed)
    return OpenedPerson(
        row.id,
        parse_id_number(number, date.max),
        Sex(row.sex) if row.sex else None,
        PartialDate(*(int(part) for part in birth.split("-"))) if birth else None,
        row.region_code,
        open_field(key, row.id, "village", row.village_sealed),
        row.name_index,
        row.birth_year,
    )
