"""What goes into an enrolment and what comes out of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from auth_service.core.errors import ServiceError
from auth_service.enrollment.consent import Consent
from auth_service.enrollment.references import ReferenceSet
from auth_service.enrollment.sources import PhotoSource
from auth_service.faces.quality import QualityReason
from auth_service.faces.sample import FaceSample


@dataclass(frozen=True, slots=True)
class EnrollRequest:
    """reveal_unknown  the caller may learn whether the ID number is in the ledger"""

    id_number: str
    photos: tuple[bytes, ...]
    source: PhotoSource
    taken_on: date | None
    consent: Consent
    actor: str
    channel: str
    reveal_unknown: bool = False
    confirmed_by: str | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Enrolled:
    """usable  whether the set in force can be compared with (a lone self-upload cannot until somebody looked)"""

    enrollment_id: str
    reference_set_id: str
    photos: int
    usable: bool
    hints: tuple[QualityReason, ...]


@dataclass(frozen=True, slots=True)
class OfferedPhoto:
    """One photo, read, on its way to become a reference."""

    sample: FaceSample
    jpeg: bytes
    source: PhotoSource
    taken_on: date | None
    file_digest: bytes


@dataclass(frozen=True, slots=True)
class Offer:
    """Everything offered for one person at once.

    confirmed_by  the officer who saw the person and compared the papers: these photos take the place of the set in
                  force, which stays as history; None adds to it
    """

    person_id: str
    photos: Sequence[OfferedPhoto]
    consent: Consent
    actor: str
    confirmed_by: str | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Admitted:
    """What became of an offer: the set in force, and each refused photo with its error (index into the offer)."""

    reference_set: ReferenceSet | None
    added: int
    known_already: int
    refused: tuple[tuple[int, ServiceError], ...]
