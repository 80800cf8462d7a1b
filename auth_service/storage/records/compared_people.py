"""Everybody of the ledger as linkage compares them: one decrypting pass, page by page, into memory alone."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row, Select, func, select

from auth_service.beneficiaries.dates import parse_partial_date
from auth_service.beneficiaries.id_number import Sex
from auth_service.crosscheck.records import PersonFacts
from auth_service.storage.records.person_fields import open_field
from auth_service.storage.tables import PersonKeyRow, PersonRow
from auth_service.storage.tables.schema import table_of
from auth_service.storage.work import Work

_PEOPLE, _KEYS = table_of(PersonRow), table_of(PersonKeyRow)
_FIELDS = ("id_number", "name", "birth_date")
_PAGE: Select[Any] = (
    select(
        _PEOPLE.c.id, _PEOPLE.c.sex, _PEOPLE.c.region_code, *(_PEOPLE.c[f"{name}_sealed"] for name in _FIELDS),
        _KEYS.c.wrapping_key, _KEYS.c.wrapped,
    )
    .join(_KEYS, _KEYS.c.person_id == _PEOPLE.c.id)
    .where(_KEYS.c.wrapped.is_not(None), _PEOPLE.c.id_number_sealed != b"")
    .order_by(_PEOPLE.c.id)
)  # fmt: skip
"""Whoever was erased is compared with nothing."""


class ComparedPeople:
    """See the module."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def page(self, after: str, most: int) -> list[PersonFacts]:
        """The next people in the order of ids, three fields of each opened. raises KeyStoreUnavailable, SealBroken"""
        rows = self._work.connection.execute(_PAGE.where(_PEOPLE.c.id > after).limit(most))
        return [self._facts(row) for row in rows]

    def mark(self) -> str:
        """Another one whenever somebody came into the ledger or anything about them changed."""
        newest = func.max(_PEOPLE.c.changed_at, type_=_PEOPLE.c.changed_at.type)
        count, last = self._work.connection.execute(select(func.count(), newest).select_from(_PEOPLE)).one()
        return f"{count}/{'' if last is None else last.isoformat()}"

    def _facts(self, row: Row[Any]) -> PersonFacts:
        key = self._work.keys.unwrapped(row.id, row.wrapping_key, row.wrapped)
        number, name, birth = (open_field(key, row.id, field, getattr(row, f"{field}_sealed")) for field in _FIELDS)
        return PersonFacts(
            person_id=row.id,
            id_number=number or "",
            name=name or "",
            sex=Sex(row.sex) if row.sex else None,
            birth=parse_partial_date(birth, "birth_date") if birth else None,
            region=row.region_code or "",
        )
