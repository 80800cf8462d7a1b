"""What a staff screen shows of a person without a reveal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from auth_service.beneficiaries.id_number import Sex
from auth_service.beneficiaries.person import BenefitKind
from auth_service.storage.records.passes import PASSED
from auth_service.storage.records.people import People
from auth_service.storage.tables import BenefitRow, EvidenceRow, PersonKeyRow, PersonRow
from auth_service.storage.work import Work


@dataclass(frozen=True, slots=True)
class PersonSummary:
    """masked_id_number and masked_name are None when the person's key was destroyed; `last_pass` is an instant."""

    person_id: str
    person_key: str
    region_code: str | None
    birth_year: int | None
    sex: Sex | None
    benefits: tuple[BenefitKind, ...]
    last_pass: datetime | None
    masked_id_number: str | None
    masked_name: str | None


def summarise(work: Work, person_id: str) -> PersonSummary | None:
    """raises KeyMissing (the key ring lacks a key), SealBroken"""
    row = work.connection.execute(
        select(
            PersonRow.person_key, PersonRow.region_code, PersonRow.birth_year, PersonRow.sex, PersonKeyRow.destroyed_at
        )
        .join(PersonKeyRow, PersonKeyRow.person_id == PersonRow.id)
        .where(PersonRow.id == person_id)
    ).one_or_none()
    if row is None:
        return None
    number = name = None
    if row.destroyed_at is None:
        person = People(work).get(person_id)
        if person is not None:
            number, name = person.id_number.masked, masked_name(person.name)
    return PersonSummary(
        person_id=person_id,
        person_key=row.person_key,
        region_code=row.region_code,
        birth_year=row.birth_year,
        sex=Sex(row.sex) if row.sex else None,
        benefits=_benefits(work, person_id),
        last_pass=_last_pass(work, person_id),
        masked_id_number=number,
        masked_name=name,
    )


@dataclass(frozen=True, slots=True)
class Masked:
    """A person as a list names them. name, id_number: None when the person's key was destroyed"""

    person_id: str
    person_key: str
    region_code: str | None
    name: str | None
    id_number: str | None


def masked_people(work: Work, person_ids: Sequence[str]) -> dict[str, Masked]:
    """Each of these people. raises KeyMissing, SealBroken"""
    wanted = (
        select(PersonRow.id, PersonRow.person_key, PersonRow.region_code, PersonKeyRow.destroyed_at)
        .join(PersonKeyRow, PersonKeyRow.person_id == PersonRow.id)
        .where(PersonRow.id.in_(set(person_ids)))
    )
    found = {}
    for row in work.connection.execute(wanted).all():
        person = None if row.destroyed_at is not None else People(work).get(row.id)
        name, number = (None, None) if person is None else (masked_name(person.name), person.id_number.masked)
        found[row.id] = Masked(row.id, row.person_key, row.region_code, name, number)
    return found


def masked_name(name: str) -> str:
    """The first character; how many follow is not told."""
    return f"{name[:1]}**"


def _benefits(work: Work, person_id: str) -> tuple[BenefitKind, ...]:
    wanted = select(BenefitRow.kind).where(BenefitRow.person_id == person_id).order_by(BenefitRow.kind)
    return tuple(BenefitKind(kind) for kind in work.connection.execute(wanted).scalars())


def _last_pass(work: Work, person_id: str) -> datetime | None:
    wanted = (
        select(EvidenceRow.taken_at)
        .where(EvidenceRow.person_id == person_id, PASSED)
        .order_by(EvidenceRow.taken_at.desc())
        .limit(1)
    )
    return work.connection.execute(wanted).scalar_one_or_none()
