"""Everybody whose paper says birth and sex, with what the ledger says. Nothing narrows: the number is sealed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from auth_service.beneficiaries.person import BenefitKind
from auth_service.monitoring.rules.i02_ledger_and_number import LedgerIdentityFacts
from auth_service.storage.candidates.opened import NAMED, PEOPLE, opened
from auth_service.storage.candidates.turns import next_keys, people_in_turn
from auth_service.storage.records.some_people import those
from auth_service.storage.tables import BenefitRow
from auth_service.storage.tables.schema import table_of
from auth_service.storage.work import Work

_BENEFITS = table_of(BenefitRow)


def ledger_identities(work: Work, after: str, most: int, now: datetime) -> list[LedgerIdentityFacts]:  # noqa: ARG001
    """Passports say neither birth nor sex, and are left out."""

    def keys(behind: str, count: int) -> list[str]:
        return next_keys(work, select(PEOPLE.c.id).where(NAMED), PEOPLE.c.id, behind, count)

    def facts_of(people: Sequence[str]) -> list[LedgerIdentityFacts]:
        awards = _awards(work, people)
        found = []
        for one in opened(work, those(work.connection, PEOPLE.c.id, people)):
            birth, sex = one.number.birth_date, one.number.sex
            if birth is not None and sex is not None:
                drawn = tuple(awards.get(one.id, ()))
                found.append(LedgerIdentityFacts(one.id, birth, sex, one.birth, one.sex, drawn))
        return found

    return people_in_turn(work, after, most, keys, facts_of)


def _awards(work: Work, people: Sequence[str]) -> dict[str, list[tuple[BenefitKind, str | None]]]:
    wanted = select(_BENEFITS.c.person_id, _BENEFITS.c.kind, _BENEFITS.c.award_month)
    mine = wanted.where(those(work.connection, _BENEFITS.c.person_id, people))
    found: dict[str, list[tuple[BenefitKind, str | None]]] = {}
    for row in work.connection.execute(mine.order_by(_BENEFITS.c.person_id, _BENEFITS.c.kind)):
        found.setdefault(row.person_id, []).append((BenefitKind(row.kind), row.award_month))
    return found
