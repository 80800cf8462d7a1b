"""How staff name the person whose page they want: by ID number or by the agency's own key."""

from __future__ import annotations

from datetime import datetime

from auth_service.beneficiaries.id_number import parse_id_number
from auth_service.core.clock import legal_date
from auth_service.core.errors import BeneficiaryUnknown, FieldMissing, RowRefused
from auth_service.storage.unit import Store, Unit


def found_person(store: Store, words: str, now: datetime) -> str:
    """The id of the person. raises FieldMissing, BeneficiaryUnknown"""
    if not words.strip():
        raise FieldMissing(field="who")
    with store.reading() as unit:
        payee = unit.payments.payee(words.strip())
        found = payee.person_id if payee else _by_number(unit, words, now)
    if found is None:
        raise BeneficiaryUnknown(field="who")
    return found


def _by_number(unit: Unit, words: str, now: datetime) -> str | None:
    try:
        return unit.people.proven(parse_id_number(words, legal_date(now)).number)
    except RowRefused:
        return None
