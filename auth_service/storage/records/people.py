"""Beneficiaries: found by a keyed index, read by decrypting, changed only by rows of the ledger."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Row, Select, bindparam, func, insert, select, text, update

from auth_service.beneficiaries.dates import PartialDate
from auth_service.beneficiaries.id_number import Sex, normalise, parse_id_number, widen
from auth_service.beneficiaries.ledger import LedgerRow
from auth_service.beneficiaries.person import Beneficiary, Benefit, BenefitKind
from auth_service.core.clock import legal_date
from auth_service.core.errors import RowConflict, SealBroken
from auth_service.core.ids import new_id, new_person_key
from auth_service.storage.records.bank import Bank
from auth_service.storage.records.person_fields import SEALED_FIELDS, indexes_of, open_field, seal_field, texts_of
from auth_service.storage.records.some_people import SomePeople, those
from auth_service.storage.tables import BenefitRow, PersonRow
from auth_service.storage.tables.schema import table_of
from auth_service.storage.work import Work

_PEOPLE = table_of(PersonRow)
_BENEFITS = table_of(BenefitRow)
_ID_OF = select(_PEOPLE.c.id).where(_PEOPLE.c.id_number_index == bindparam("wanted"))
_SOMEBODY = select(_PEOPLE.c.id).order_by(_PEOPLE.c.id_number_index).limit(1)
_LEDGER_LOCK = 0x6C65646765725F31
"""Any fixed number: one unit at a time applies ledger rows (PostgreSQL advisory lock)."""


@dataclass(frozen=True, slots=True)
class Applied:
    """What one ledger row did.

    change   `added`, `changed` or `unchanged`
    changed_fields  names of ledger columns whose value is new, sorted
    replaced  earlier telephones and address that the row put others in place of, by column
    key_made the row came without a person key and a pseudonymous one was made
    """

    person_id: str
    person_key: str
    change: str
    changed_fields: tuple[str, ...]
    key_made: bool
    replaced: Mapping[str, str] = field(default_factory=dict)


class People:
    """The ledger's people within one unit."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._bank = Bank(work)
        self._turn = False

    def id_of(self, number: str) -> str | None:
        """The person with this ID number, found without decrypting anything."""
        return self._work.connection.execute(_ID_OF, {"wanted": self._number_index(number)}).scalar_one_or_none()

    def next_to(self, number: str) -> str | None:
        """Somebody, always the same for one unknown number; None where nobody is."""
        after = _SOMEBODY.where(_PEOPLE.c.id_number_index >= self._number_index(number))
        found = self._work.connection.execute(after).scalar_one_or_none()
        return found or self._work.connection.execute(_SOMEBODY).scalar_one_or_none()

    def get(self, person_id: str) -> Beneficiary | None:
        """raises KeyMissing (their key was destroyed), SealBroken"""
        return self._one(select(_PEOPLE).where(_PEOPLE.c.id == person_id))

    def by_id_number(self, number: str) -> Beneficiary | None:
        """raises KeyMissing (their key was destroyed), SealBroken"""
        return self._one(select(_PEOPLE).where(_PEOPLE.c.id_number_index == self._number_index(number)))

    def proven(self, number: str) -> str | None:
        """The person with this ID number, whose record says so as well.

        raises   SealBroken: the index leads to a record with another number; KeyMissing
        """
        person = self.by_id_number(number)
        if person is not None and person.id_number.number != number:
            raise SealBroken("the index leads to a record with another ID number")
        return None if person is None else person.id

    def regions_of(self, people: SomePeople) -> dict[str, str | None]:
        """Person -> region, of those who are here."""
        named = those(self._work.connection, _PEOPLE.c.id, people)
        found = self._work.connection.execute(select(_PEOPLE.c.id, _PEOPLE.c.region_code).where(named))
        return {row.id: row.region_code for row in found}

    def count(self) -> int:
        return self._work.connection.execute(select(func.count()).select_from(_PEOPLE)).scalar_one()

    def apply(self, row: LedgerRow, now: datetime, batch_id: str) -> Applied:
        """One ledger row: adds the person or changes what differs. What the row leaves out stays as it was.

        Bank references are touched only where the row gives them.

        raises   RowConflict: the person key belongs to another ID number, or this number has another key
        """
        self._wait_for_turn()
        index = self._number_index(row.id_number.number)
        stored = self._work.connection.execute(select(_PEOPLE).where(_PEOPLE.c.id_number_index == index)).one_or_none()
        self._refuse_conflict(row, stored)
        if stored is None:
            return self._add(row, index, now, batch_id)
        replaced = self._replaced_by(row, stored)
        changed = self._change(row, stored, now, batch_id) + self._set_benefit(stored.id, row.benefit, now, batch_id)
        changed += self._bank.apply(stored.id, row, now, batch_id)
        change = "changed" if changed else "unchanged"
        return Applied(stored.id, stored.person_key, change, tuple(sorted(changed)), False, replaced)

    def destroy_key(self, person_id: str, now: datetime) -> bool:
        """Makes everything sealed for this person unreadable, for good. False when there was nothing left."""
        return self._work.keys.destroy(person_id, now)

    def _wait_for_turn(self) -> None:
        """Two imports at once must not both add one person; SQLite has one writer anyway."""
        if not self._turn and self._work.connection.dialect.name == "postgresql":
            self._work.connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LEDGER_LOCK})
        self._turn = True

    def _number_index(self, number: str) -> bytes:
        folded = normalise(number)
        if len(folded) == 15 and folded.isascii() and folded.isdigit():
            folded = widen(folded)
        return self._work.indexes.of("id_number", folded)

    def _one(self, wanted: Select[Any]) -> Beneficiary | None:
        found = self._work.connection.execute(wanted).one_or_none()
        if found is None:
            return None
        benefits = self._work.connection.execute(
            select(_BENEFITS).where(_BENEFITS.c.person_id == found.id).order_by(_BENEFITS.c.kind)
        )
        return self._opened(found, tuple(_benefit(benefit) for benefit in benefits))

    def _opened(self, row: Row[Any], benefits: tuple[Benefit, ...]) -> Beneficiary:
        key = self._work.keys.of(row.id)
        texts = {name: open_field(key, row.id, name, getattr(row, f"{name}_sealed")) for name in SEALED_FIELDS}
        birth_date, tags, number = texts.pop("birth_date"), texts.pop("tags"), texts.pop("id_number")
        return Beneficiary(
            id=row.id,
            person_key=row.person_key,
            id_number=parse_id_number(number or "", date.max),
            name=texts.pop("name") or "",
            sex=Sex(row.sex) if row.sex else None,
            birth_date=_partial_date(birth_date) if birth_date else None,
            region_code=row.region_code,
            tags=tuple(tags.split(";")) if tags else (),
            benefits=benefits,
            **texts,
        )

    def _refuse_conflict(self, row: LedgerRow, stored: Row[Any] | None) -> None:
        if row.person_key is None:
            return
        if stored is not None:
            if stored.person_key != row.person_key:
                raise RowConflict("this ID number has another person key", field="person_key")
            return
        taken = select(PersonRow.id).where(PersonRow.person_key == row.person_key)
        if self._work.connection.execute(taken).one_or_none() is not None:
            raise RowConflict("this person key belongs to another ID number", field="person_key")

    def _add(self, row: LedgerRow, index: bytes, now: datetime, batch_id: str) -> Applied:
        row = row.completed()
        person_id, person_key = new_id(), row.person_key or new_person_key()
        key = self._work.keys.make_for(person_id, now)
        texts = texts_of(row)
        values: dict[str, Any] = {f"{name}_sealed": None for name in SEALED_FIELDS}
        values |= {f"{name}_sealed": seal_field(key, person_id, name, given) for name, given in texts.items()}
        values |= {"phone_index": None, **indexes_of(self._work.indexes, texts)}
        values |= _clear_values(row)
        values |= {"id": person_id, "person_key": person_key, "id_number_index": index}
        values |= {"batch_id": batch_id, "created_at": now, "changed_at": now}
        self._work.connection.execute(insert(_PEOPLE), values)
        self._set_benefit(person_id, row.benefit, now, batch_id)
        banked = self._bank.apply(person_id, row, now, batch_id)
        given = {name for name, value in {**texts, **_clear_values(row)}.items() if value is not None} - {"birth_year"}
        changed = tuple(sorted(given.union(banked)))
        return Applied(person_id, person_key, "added", changed, key_made=row.person_key is None)

    def _replaced_by(self, row: LedgerRow, stored: Row[Any]) -> dict[str, str]:
        key, texts = self._work.keys.of(stored.id), texts_of(row)
        before = {
            name: open_field(key, stored.id, name, getattr(stored, f"{name}_sealed"))
            for name in ("phone", "address", "contact_phone")
            if name in texts
        }
        return {name: text for name, text in before.items() if text is not None and text != texts[name]}

    def _change(self, row: LedgerRow, stored: Row[Any], now: datetime, batch_id: str) -> list[str]:
        key = self._work.keys.of(stored.id)
        differing = {
            name: new
            for name, new in texts_of(row).items()
            if name != "id_number" and new != open_field(key, stored.id, name, getattr(stored, f"{name}_sealed"))
        }
        clear = {
            name: value
            for name, value in _clear_values(row).items()
            if value is not None and value != getattr(stored, name)
        }
        if not differing and not clear:
            return []
        values: dict[str, Any] = {
            f"{name}_sealed": seal_field(key, stored.id, name, new) for name, new in differing.items()
        }
        values |= {**indexes_of(self._work.indexes, differing), **clear, "batch_id": batch_id, "changed_at": now}
        self._work.connection.execute(update(_PEOPLE).where(_PEOPLE.c.id == stored.id).values(**values))
        return [*differing, *(name for name in clear if name != "birth_year")]

    def _set_benefit(self, person_id: str, benefit: Benefit, now: datetime, batch_id: str) -> list[str]:
        here = (_BENEFITS.c.person_id == person_id) & (_BENEFITS.c.kind == benefit.kind.value)
        fen = None if benefit.monthly_amount is None else int(benefit.monthly_amount * 100)
        stored = self._work.connection.execute(select(_BENEFITS).where(here)).one_or_none()
        marks = {"batch_id": batch_id, "changed_at": now}
        if stored is None:
            values: dict[str, Any] = {"person_id": person_id, "kind": benefit.kind.value, "monthly_amount_fen": fen}
            values |= {"award_month": benefit.award_month, "known_since": legal_date(now)}
            self._work.connection.execute(insert(_BENEFITS), {**values, **marks})
            return ["benefit_kind"]
        changed: dict[str, Any] = {}
        if benefit.award_month is not None and benefit.award_month != stored.award_month:
            changed["award_month"] = benefit.award_month
        if fen is not None and fen != stored.monthly_amount_fen:
            changed["monthly_amount_fen"] = fen
        if changed:
            self._work.connection.execute(update(_BENEFITS).where(here).values(**changed, **marks))
        return [name.removesuffix("_fen") for name in changed]


def _clear_values(row: LedgerRow) -> dict[str, Any]:
    birth_year = row.birth_date.year if row.birth_date else None
    return {"region_code": row.region_code, "sex": row.sex.value if row.sex else None, "birth_year": birth_year}


def _benefit(row: Row[Any]) -> Benefit:
    amount = None if row.monthly_amount_fen is None else Decimal(row.monthly_amount_fen).scaleb(-2)
    return Benefit(BenefitKind(row.kind), row.award_month, amount)


def _partial_date(text: str) -> PartialDate:
    return PartialDate(*(int(part) for part in text.split("-")))
