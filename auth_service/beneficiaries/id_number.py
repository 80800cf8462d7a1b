"""Chinese citizen ID numbers (GB 11643-1999) and the other papers a beneficiary may hold.

A valid check digit does not say that the number was ever issued. Area codes are not checked against a list: a
number keeps the code of its first registration, so historic codes stay valid (domain.md section 10).
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from auth_service.core.errors import FieldMissing, IdNumberCheckDigit, IdNumberDate, IdNumberInvalid

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
"""source: GB 11643-1999, ISO 7064 MOD 11-2"""
_CHECK_CHARACTERS = "10X98765432"
_CENTENARIAN_SEQUENCES = frozenset({"996", "997", "998", "999"})
"""15-digit numbers with these sequences belong to people born before 1900 (domain.md section 10, S69)."""
_EIGHTEEN = re.compile(r"[0-9]{17}[0-9X]")
_FIFTEEN = re.compile(r"[0-9]{15}")
_PASSPORT = re.compile(r"[A-Z]{1,2}[0-9]{6,9}")
_DASHES = "-\u2010\u2011\u2013\u2014\u200b\ufeff"
"""Hyphens and invisible characters that forms and spreadsheets slip between digits."""
_RESIDENCE_PERMIT_AREAS = ("810000", "820000", "830000")
_FIRST_BIRTH_YEAR = 1850
"""Earlier years are typing slips: no verified human life reaches from here to today."""


class IdKind(StrEnum):
    """Which paper a number belongs to."""

    RESIDENT = "resident"
    RESIDENCE_PERMIT = "residence_permit"
    """Hong Kong, Macao and Taiwan residents: areas 810000, 820000, 830000, same check digit."""
    FOREIGN_PERMANENT = "foreign_permanent"
    """Foreigners' permanent residence card since 2023: 18 digits beginning with 9, same check digit."""
    PASSPORT = "passport"


class Sex(StrEnum):
    """Sex as the ID number's 17th digit gives it."""

    MALE = "male"
    FEMALE = "female"


@dataclass(frozen=True, slots=True)
class IdNumber:
    """A normalised number. `birth_date` and `sex` are None for passports, which do not hold them."""

    number: str
    kind: IdKind
    birth_date: date | None
    sex: Sex | None
    from_fifteen: bool = False

    @property
    def masked(self) -> str:
        """First six and last four characters; the rest as stars."""
        return (
            f"{self.number[:6]}{'*' * (len(self.number) - 10)}{self.number[-4:]}" if len(self.number) > 10 else "****"
        )


def normalise(text: str) -> str:
    """Full-width to half-width, spaces and dashes dropped, letters upper case."""
    folded = unicodedata.normalize("NFKC", text).upper()
    return "".join(c for c in folded if not c.isspace() and c not in _DASHES)


def check_character(first_seventeen: str) -> str:
    """The 18th character for 17 digits. source: ISO 7064 MOD 11-2"""
    total = sum(int(digit) * weight for digit, weight in zip(first_seventeen, _WEIGHTS, strict=True))
    return _CHECK_CHARACTERS[total % 11]


def widen(fifteen: str) -> str:
    """A 15-digit number in its 18-character form. source: GB 11643-1999; centenarian marks per domain.md S69"""
    century = "18" if fifteen[12:] in _CENTENARIAN_SEQUENCES else "19"
    body = f"{fifteen[:6]}{century}{fifteen[6:]}"
    return body + check_character(body)


def parse_id_number(text: str, today: date) -> IdNumber:
    """A number as people write it, normalised and checked.

    today    legal date, so that a birth in the future is refused
    raises   FieldMissing, IdNumberInvalid, IdNumberCheckDigit, IdNumberDate
    """
    number = normalise(text)
    if not number:
        raise FieldMissing(field="id_number")
    if _FIFTEEN.fullmatch(number):
        return _eighteen(widen(number), today, from_fifteen=True)
    if _EIGHTEEN.fullmatch(number):
        if check_character(number[:17]) != number[17]:
            raise IdNumberCheckDigit(field="id_number")
        return _eighteen(number, today, from_fifteen=False)
    if _PASSPORT.fullmatch(number):
        return IdNumber(number, IdKind.PASSPORT, None, None)
    raise IdNumberInvalid(field="id_number")


def _eighteen(number: str, today: date, *, from_fifteen: bool) -> IdNumber:
    try:
        birth = date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError as error:
        raise IdNumberDate(field="id_number") from error
    if birth.year < _FIRST_BIRTH_YEAR or birth > today:
        raise IdNumberDate(field="id_number")
    sex = Sex.MALE if int(number[16]) % 2 else Sex.FEMALE
    return IdNumber(number, _kind(number), birth, sex, from_fifteen)


def _kind(number: str) -> IdKind:
    if number.startswith(_RESIDENCE_PERMIT_AREAS):
        return IdKind.RESIDENCE_PERMIT
    if number.startswith("9"):
        return IdKind.FOREIGN_PERMANENT
    return IdKind.RESIDENT
