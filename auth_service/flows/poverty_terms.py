"""What the making of a poverty month does with one row of a list, one line of the month before, and one tag."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Set
from dataclasses import dataclass, replace

from auth_service.beneficiaries.dates import PartialDate
from auth_service.crosscheck.poverty import (
    Outcome,
    Who,
    county_of,
    outcome_of,
    premium_years,
    reached_benefit_age,
)
from auth_service.crosscheck.sources import RegistryKind, RegistryRecord
from auth_service.storage.unit import PovertyLine, StoredMonth, Unit

_HALF = 2
"""A county's list ends nobody's standing where it names fewer than half of those it named before. source: own decision;
half of a file is the usual fault, and lists change by a few in a hundred from month to month"""
_STAYS = frozenset({Outcome.INSURED_TAGGED, Outcome.UNINSURED_TAGGED, Outcome.TO_CONFIRM})


@dataclass(frozen=True, slots=True)
class Came:
    """Which lists came in for a month: people on each by county, of that month and the one before, and whom rows to be
    confirmed may mean."""

    now: Counter[tuple[RegistryKind, str]]
    before: Counter[tuple[RegistryKind, str]]
    awaiting: Set[tuple[RegistryKind, str]]

    def says_who_left(self, kind: RegistryKind, region: str) -> bool:
        """Whether the list of this county came in whole, as far as its length tells."""
        listed = (kind, county_of(region))
        return self.before[listed] > 0 and self.now[listed] * _HALF >= self.before[listed]


def came_in(unit: Unit, month: StoredMonth) -> Came:
    """Once every row of the month's lists is read."""
    before: Counter[tuple[RegistryKind, str]] = Counter()
    if month.previous is not None:
        before = unit.poverty.standing(month.previous, carried=True)
    return Came(unit.poverty.standing(month.id, carried=False), before, unit.poverty.awaiting(month.id))


def line_of_row(unit: Unit, month: str, record: RegistryRecord) -> PovertyLine:
    """One row of a list. Only an ID number makes it somebody of the ledger. raises KeyMissing, SealBroken"""
    number = record.id_number.number if record.id_number is not None else None
    reference = f"{record.kind.value}\n{record.source}\n{record.ref}"
    person_id = unit.people.id_of(number) if number is not None else None
    born = _birth(record)
    line = PovertyLine(
        kind=record.kind,
        outcome=Outcome.TO_CONFIRM,
        subject=unit.poverty.subject_of(number, reference),
        person_id=person_id,
        region=record.region,
        reached_60=reached_benefit_age(born, month),
        premium_years=premium_years(record.detail),
    )
    if person_id is not None:
        region = record.region or unit.poverty.region_of(person_id)
        drawing = unit.poverty.drawing(person_id, month)
        return replace(line, outcome=Outcome.INSURED_TAGGED, region=region, drawing=drawing)
    who = Who(record.name, born, record.village, record.region)
    candidates = unit.poverty.alike(who) if record.name else ()
    unknown = number is None or bool(candidates)
    outcome = Outcome.TO_CONFIRM if unknown else outcome_of(insured=False, listed=True, held_before=False)
    return replace(line, outcome=outcome or Outcome.TO_CONFIRM, candidates=candidates, said=_said(record))


def line_of_before(unit: Unit, month: StoredMonth, came: Came, line: PovertyLine) -> PovertyLine | None:
    """What becomes of somebody who stood on a list the month before and on none that was read now; None: nothing."""
    person_id = line.person_id or unit.poverty.person_of(line.subject)
    if line.outcome not in _STAYS or line.subject is None or (line.kind, person_id) in came.awaiting:
        return None
    if unit.poverty.has(month.id, line.kind, line.subject, person_id):
        return None
    if not came.says_who_left(line.kind, line.region):
        return _carried(line, person_id, unit, month.month)
    if line.outcome is Outcome.TO_CONFIRM:
        return None
    outcome = outcome_of(insured=person_id is not None, listed=False, held_before=True)
    return replace(line, outcome=outcome or Outcome.LOST_SOURCE, person_id=person_id, drawing=False, carried=False,
                   said=None, premium_years=())  # fmt: skip


def line_of_tag(
    unit: Unit, month: StoredMonth, came: Came, tagged: tuple[str, bytes], kind: RegistryKind
) -> PovertyLine | None:
    """Somebody whom the ledger tags and no list names; None: one does, or none has come in whole."""
    person_id, subject = tagged
    region = unit.poverty.region_of(person_id)
    if not subject or (kind, person_id) in came.awaiting or not came.says_who_left(kind, region):
        return None
    if unit.poverty.has(month.id, kind, subject, person_id):
        return None
    return PovertyLine(kind, Outcome.LOST_SOURCE, subject, person_id, region)


def _carried(line: PovertyLine, person_id: str | None, unit: Unit, month: str) -> PovertyLine:
    """As it was: no list of their county says otherwise. Who has come into the ledger meanwhile is insured."""
    if person_id is None or line.outcome is Outcome.INSURED_TAGGED:
        return replace(line, carried=True)
    drawing = unit.poverty.drawing(person_id, month)
    return replace(line, outcome=Outcome.INSURED_TAGGED, person_id=person_id, drawing=drawing, carried=True,
                   said=None, candidates=())  # fmt: skip


def _birth(record: RegistryRecord) -> PartialDate | None:
    born = record.id_number.birth_date if record.id_number is not None else None
    return record.birth or (PartialDate(born.year, born.month, born.day) if born is not None else None)


def _said(record: RegistryRecord) -> Mapping[str, str]:
    """What the village needs to find somebody, and no more."""
    number = record.id_number.masked if record.id_number is not None else ""
    told = {"name": record.name, "id_number": number, "village": record.village}
    return {name: text for name, text in told.items() if text}
