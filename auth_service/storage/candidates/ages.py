"""Old people who draw a benefit, and when something was last heard of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import select

from auth_service.core.clock import legal_date
from auth_service.monitoring.rules.d11_old_and_silent import YOUNGEST, OldPersonFacts
from auth_service.qualification.grades import WORTH, EventKind, Grade
from auth_service.qualification.status import LifeState
from auth_service.storage.candidates.signs import latest, signs_of
from auth_service.storage.candidates.turns import next_keys, people_in_turn
from auth_service.storage.records.some_people import those
from auth_service.storage.tables import BenefitRow, LifeStateRow, PersonRow
from auth_service.storage.tables.schema import table_of
from auth_service.storage.work import Work

_PEOPLE, _BENEFITS, _STATES = table_of(PersonRow), table_of(BenefitRow), table_of(LifeStateRow)
_NAMED = _PEOPLE.c.id_number_sealed != b""
"""Whoever was erased is asked about no more."""
_STRONG = tuple(kind for kind, worth in WORTH.items() if worth.grade is Grade.STRONG)
_MEDICAL = (EventKind.OUTPATIENT_CARD, EventKind.PHARMACY)
_IN_PERSON = (EventKind.ASSISTED, EventKind.HOME_VISIT, EventKind.CONSULATE, EventKind.OTHER_REGION)
"""Somebody of an office stood before them; at a kiosk nobody does."""


def old_people(work: Work, after: str, most: int, now: datetime) -> list[OldPersonFacts]:
    """Everybody in the ledger who is as old as any parameter may ask for.

    One pass over the primary key of `people`, a few in a hundred of whom are so old; what is known of them is read by
    the indexes over the person.
    """
    narrowed = select(_PEOPLE.c.id).where(_PEOPLE.c.birth_year <= legal_date(now).year - YOUNGEST, _NAMED)

    def keys(behind: str, count: int) -> list[str]:
        return next_keys(work, narrowed, _PEOPLE.c.id, behind, count)

    return people_in_turn(work, after, most, keys, lambda people: old_people_of(work, people, now))


def old_people_of(work: Work, people: Sequence[str], now: datetime) -> list[OldPersonFacts]:
    """The facts of these people, in their order; none of whom the ledger gives no birth year or no benefit."""
    connection, signs, known = work.connection, signs_of(work, people, now), _known_since(work, people)
    ended = _ended(work, people)
    wanted = select(_PEOPLE.c.id, _PEOPLE.c.birth_year).where(
        those(connection, _PEOPLE.c.id, people), _PEOPLE.c.birth_year.is_not(None), _NAMED
    )
    return [
        OldPersonFacts(
            person_id=row.id,
            born_in=row.birth_year,
            paid=any((row.id, kind) not in ended for kind in known[row.id]),
            known_since=min(known[row.id].values()),
            strong_on=latest(signs.get(row.id, ()), _STRONG),
            medical_on=latest(signs.get(row.id, ()), _MEDICAL),
            in_person_on=latest(signs.get(row.id, ()), _IN_PERSON),
        )
        for row in connection.execute(wanted.order_by(_PEOPLE.c.id)).all()
        if row.id in known
    ]


def _known_since(work: Work, people: Sequence[str]) -> dict[str, dict[str, date]]:
    """Since when each benefit of these people is known here."""
    wanted = (
        select(_BENEFITS.c.person_id, _BENEFITS.c.kind, _BENEFITS.c.known_since, _PEOPLE.c.created_at)
        .join(_PEOPLE, _PEOPLE.c.id == _BENEFITS.c.person_id)
        .where(those(work.connection, _BENEFITS.c.person_id, people))
    )
    found: dict[str, dict[str, date]] = {}
    for row in work.connection.execute(wanted):
        found.setdefault(row.person_id, {})[row.kind] = row.known_since or legal_date(row.created_at)
    return found


def _ended(work: Work, people: Sequence[str]) -> frozenset[tuple[str, str]]:
    """Benefits that have ended, as the last sweep saw them."""
    wanted = select(_STATES.c.person_id, _STATES.c.kind).where(
        those(work.connection, _STATES.c.person_id, people), _STATES.c.state == LifeState.TERMINATED.value
    )
    return frozenset((row.person_id, row.kind) for row in work.connection.execute(wanted))
