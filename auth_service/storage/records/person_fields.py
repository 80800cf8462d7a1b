"""Which fields of a person are sealed, and which of them have a keyed index."""

from __future__ import annotations

from auth_service.beneficiaries.ledger import LedgerRow
from auth_service.beneficiaries.names import folded_name
from auth_service.storage.sealing import BlindIndexes, DataKey, Place

SEALED_FIELDS = (
    "id_number",
    "name",
    "birth_date",
    "village",
    "address",
    "phone",
    "contact_name",
    "contact_phone",
    "tags",
)
"""source: contract.md section 7; what is not named clear there is sealed."""
BANK_FIELDS = ("bank_account", "account_holder")
"""Sealed too, and kept apart from the person (storage/records/bank.py)."""


def texts_of(row: LedgerRow) -> dict[str, str]:
    """The sealed fields that a ledger row gives about the person, as text; what it leaves out is left out."""
    texts: dict[str, str | None] = {
        "id_number": row.id_number.number,
        "name": row.name,
        "birth_date": str(row.birth_date) if row.birth_date else None,
        "village": row.village,
        "address": row.address,
        "phone": row.phone,
        "contact_name": row.contact_name,
        "contact_phone": row.contact_phone,
        "tags": None if row.tags is None else ";".join(row.tags),
    }
    return {name: text for name, text in texts.items() if text is not None}


def indexes_of(indexes: BlindIndexes, texts: dict[str, str]) -> dict[str, bytes]:
    """Keyed indexes of the fields given: full name after folding, phone by its digits."""
    found = {}
    if "name" in texts:
        found["name_index"] = indexes.of("name", folded_name(texts["name"]))
    if "phone" in texts:
        found["phone_index"] = indexes.of("phone", "".join(c for c in texts["phone"] if c.isdigit()))
    return found


def seal_field(key: DataKey, person_id: str, name: str, text: str) -> bytes:
    return key.seal(Place("people", person_id, name), text.encode())


def open_field(key: DataKey, person_id: str, name: str, sealed: bytes | None) -> str | None:
    """raises SealBroken"""
    return None if sealed is None else key.open(Place("people", person_id, name), sealed).decode()
