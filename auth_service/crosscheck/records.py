"""The two sides of a comparison, as far as linkage looks at them."""

from __future__ import annotations

from dataclasses import dataclass

from auth_service.beneficiaries.dates import PartialDate
from auth_service.beneficiaries.id_number import Sex


@dataclass(frozen=True, slots=True)
class RegistryFacts:
    """What one row of a registry says about whom it means. An empty text or None says that it does not say.

    id_text  the ID number as it stands there: it may be short, misread or a relative's
    region   code of 2 to 12 digits (beneficiaries/region.py), or empty
    """

    record_id: str
    id_text: str
    name: str
    sex: Sex | None = None
    birth: PartialDate | None = None
    region: str = ""


@dataclass(frozen=True, slots=True)
class PersonFacts:
    """What the ledger says about one person.

    id_number  normalised, 18 characters for a resident (beneficiaries/id_number.py), or another paper's
    """

    person_id: str
    id_number: str
    name: str
    sex: Sex | None = None
    birth: PartialDate | None = None
    region: str = ""
