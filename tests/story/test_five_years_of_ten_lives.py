"""Five years, ten lives, one clock: who is asked, who is late, from whom two people take money, and who gives it back.

Each life is what its sources told; the time line beside it is what the person, an officer and an auditor would read.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from auth_service.beneficiaries.person import BenefitKind
from auth_service.beneficiaries.tags import Tag
from auth_service.core.clock import end_of
from auth_service.qualification.grades import EventKind
from auth_service.qualification.life import ActKind, LifeFacts, Outage
from auth_service.qualification.period import Cycle, CycleKind
from auth_service.qualification.policy import Policy, PolicyBook, PolicySet, PolicyVersion, WeakRule
from auth_service.qualification.status import status_of
from auth_service.qualification.time_line import time_line
from tests.unit.qualification.lives import act, at, correct, event, face, void

BEGIN, END = date(2021, 1, 1), date(2025, 12, 31)
YEARLY = Policy(BenefitKind.EMPLOYEE_PENSION, hold_for_overdue=True, grace_days=60)
VILLAGE = Policy(BenefitKind.RESIDENT_PENSION, cycle=Cycle(CycleKind.HALF_YEAR), weak=WeakRule(allowed=True))
BIRTHDAY = Policy(BenefitKind.SURVIVOR, cycle=Cycle(CycleKind.BIRTHDAY_WINDOW))
SHORTER = replace(YEARLY, cycle=Cycle(months=6))
BOOK = PolicyBook(
    [
        PolicyVersion(BEGIN, PolicySet("2021", (YEARLY, VILLAGE, BIRTHDAY))),
        PolicyVersion(date(2024, 1, 1), PolicySet("2024", (SHORTER, VILLAGE, BIRTHDAY))),
    ]
)
AWAY = (Outage(date(2022, 3, 20), date(2022, 3, 25), at(date(2022, 3, 25))),)


def pension(*events: object, benefit: BenefitKind = BenefitKind.EMPLOYEE_PENSION, **more: object) -> LifeFacts:
    given = {"award_month": date(2010, 1, 1), "known_since": BEGIN, "outages": AWAY, **more}
    return LifeFacts(benefit, "130203001001", events=events, **given)  # type: ignore[arg-type]


STAY = event(EventKind.INPATIENT, date(2021, 10, 3), known=date(2021, 12, 1), ref="wrong person")
HOTEL = event(EventKind.HOTEL, date(2021, 8, 9), ref="h1")
LIVES: dict[str, tuple[LifeFacts, list[tuple[date, str, date]]]] = {
    "Wang passes by herself every spring": (
        pension(*(face(date(year, 3, 10)) for year in range(2021, 2024)), face(date(2024, 3, 5))),
        [
            (date(2021, 1, 1), "normal", date(2022, 1, 31)),
            (date(2021, 3, 10), "normal", date(2022, 3, 31)),
            (date(2022, 1, 30), "due_soon", date(2022, 3, 31)),
            (date(2022, 3, 10), "normal", date(2023, 3, 31)),
            (date(2023, 1, 30), "due_soon", date(2023, 3, 31)),
            (date(2023, 3, 10), "normal", date(2024, 3, 31)),
            (date(2024, 1, 31), "due_soon", date(2024, 3, 31)),
            (date(2024, 3, 5), "normal", date(2024, 9, 30)),
            (date(2024, 8, 1), "due_soon", date(2024, 9, 30)),
            (date(2024, 10, 1), "overdue", date(2024, 9, 30)),
            (date(2024, 11, 30), "overdue", date(2024, 9, 30)),
        ],
    ),
    "Li does nothing and data speaks for him": (
        pension(*(event(EventKind.VACCINATION, date(year, 11, 2)) for year in range(2021, 2026))),
        [
            (date(2021, 1, 1), "normal", date(2022, 1, 31)),
            (date(2021, 11, 2), "normal", date(2022, 11, 30)),
            (date(2022, 10, 1), "due_soon", date(2022, 11, 30)),
            (date(2022, 11, 2), "normal", date(2023, 11, 30)),
            (date(2023, 10, 1), "due_soon", date(2023, 11, 30)),
            (date(2023, 11, 2), "normal", date(2024, 11, 30)),
            (date(2024, 10, 1), "due_soon", date(2024, 11, 30)),
            (date(2024, 11, 2), "normal", date(2025, 5, 31)),
            (date(2025, 4, 1), "due_soon", date(2025, 5, 31)),
            (date(2025, 6, 1), "overdue", date(2025, 5, 31)),
            (date(2025, 7, 31), "overdue", date(2025, 5, 31)),
            (date(2025, 11, 2), "normal", date(2026, 5, 31)),
        ],
    ),
    "Zhao forgets, is held by two people, comes, and one gives it back": (
        pension(
            face(date(2023, 6, 20)),
            acts=(
                act(ActKind.HOLD, date(2023, 5, 2)),
                act(ActKind.RESUME, date(2023, 6, 20), by="clerk", approved_by=None),
            ),
        ),
        [
            (date(2021, 1, 1), "normal", date(2022, 1, 31)),
            (date(2021, 12, 2), "due_soon", date(2022, 1, 31)),
            (date(2022, 2, 1), "overdue", date(2022, 1, 31)),
            (date(2022, 4, 2), "overdue", date(2022, 1, 31)),
            (date(2023, 5, 2), "held", date(2022, 1, 31)),
            (date(2023, 6, 20), "normal", date(2024, 6, 30)),
            (date(2024, 5, 1), "due_soon", date(2024, 6, 30)),
            (date(2024, 7, 1), "overdue", date(2024, 6, 30)),
            (date(2024, 8, 30), "overdue", date(2024, 6, 30)),
        ],
    ),
    "Sun is bedridden: nobody proposes anything before a visit finds her": (
        pension(
            event(EventKind.VISIT_ATTEMPT, date(2022, 5, 4), source="own"),
            event(EventKind.HOME_VISIT, date(2022, 5, 9), source="own"),
            tags=frozenset({Tag.BEDRIDDEN}),
        ),
        [
            (date(2021, 1, 1), "normal", date(2022, 1, 31)),
            (date(2021, 12, 2), "due_soon", date(2022, 1, 31)),
            (date(2022, 2, 1), "overdue", date(2022, 1, 31)),
            (date(2022, 5, 4), "overdue", date(2022, 1, 31)),
            (date(2022, 5, 9), "normal", date(2023, 5, 31)),
        ],
    ),
    "Zhou is said to be dead by mistake: ended by two, the source voids, one restores": (
        pension(
            face(date(2021, 4, 1)),
            acts=(
                act(ActKind.HOLD, date(2021, 6, 1)),
                act(ActKind.TERMINATE, date(2021, 7, 1)),
                act(ActKind.RESUME, date(2021, 7, 9), by="clerk", approved_by=None),
            ),
        ),
        [
            (date(2021, 1, 1), "normal", date(2022, 1, 31)),
            (date(2021, 4, 1), "normal", date(2022, 4, 30)),
            (date(2021, 6, 1), "held", date(2022, 4, 30)),
            (date(2021, 7, 1), "terminated", date(2022, 4, 30)),
            (date(2021, 7, 9), "normal", date(2022, 4, 30)),
            (date(2022, 3, 1), "due_soon", date(2022, 4, 30)),
            (date(2022, 3, 25), "normal", date(2022, 5, 31)),
            (date(2022, 4, 1), "due_soon", date(2022, 5, 31)),
            (date(2022, 6, 1), "overdue", date(2022, 5, 31)),
            (date(2022, 7, 31), "overdue", date(2022, 5, 31)),
        ],
    ),
    "Wu is given somebody else's stay in hospital, which is voided in March": (
        pension(STAY, void(STAY, date(2022, 3, 1))),
        [
            (date(2021, 1, 1), "normal", date(2022, 1, 31)),
            (date(2021, 12, 1), "normal", date(2022, 10, 31)),
            (date(2022, 3, 1), "due_soon", date(2022, 4, 30)),
            (date(2022, 3, 25), "normal", date(2022, 5, 31)),
            (date(2022, 4, 1), "due_soon", date(2022, 5, 31)),
        ],
    ),
    "Zheng's hotel corrects the day": (
        pension(HOTEL, correct(HOTEL, date(2021, 9, 1), date(2021, 7, 31))),
        [
            (date(2021, 1, 1), "normal", date(2022, 1, 31)),
            (date(2021, 8, 9), "normal", date(2022, 8, 31)),
            (date(2021, 9, 1), "normal", date(2022, 7, 31)),
            (date(2022, 6, 1), "due_soon", date(2022, 7, 31)),
        ],
    ),
    "Feng in the village passes twice a year, once by two weak signs": (
        pension(
            face(date(2021, 2, 3)),
            event(EventKind.OUTPATIENT_CARD, date(2021, 7, 6)),
            event(EventKind.CARD_ATM, date(2021, 8, 1)),
            benefit=BenefitKind.RESIDENT_PENSION,
        ),
        [
            (date(2021, 1, 1), "normal", date(2021, 7, 31)),
            (date(2021, 2, 3), "normal", date(2021, 8, 31)),
            (date(2021, 7, 2), "due_soon", date(2021, 8, 31)),
            (date(2021, 8, 1), "normal", date(2022, 2, 28)),
            (date(2021, 12, 30), "due_soon", date(2022, 2, 28)),
            (date(2022, 3, 1), "overdue", date(2022, 2, 28)),
        ],
    ),
    "Chen, born in May, passes once in each year of life": (
        pension(face(date(2021, 5, 2)), face(date(2022, 11, 30)), benefit=BenefitKind.SURVIVOR, birth_month=5),
        [
            (date(2021, 1, 1), "normal", date(2022, 4, 30)),
            (date(2021, 5, 2), "normal", date(2023, 4, 30)),
            (date(2022, 11, 30), "normal", date(2024, 4, 30)),
            (date(2024, 3, 1), "due_soon", date(2024, 4, 30)),
            (date(2024, 5, 1), "overdue", date(2024, 4, 30)),
        ],
    ),
    "Wei is awarded in 2023 and his consulate's letter comes late": (
        pension(
            event(EventKind.CONSULATE, date(2024, 2, 1), known=date(2024, 8, 20)),
            award_month=date(2023, 6, 1),
            known_since=date(2023, 6, 15),
        ),
        [
            (date(2021, 1, 1), "normal", date(2024, 6, 30)),
            (date(2024, 5, 1), "due_soon", date(2024, 6, 30)),
            (date(2024, 7, 1), "overdue", date(2024, 6, 30)),
            (date(2024, 8, 20), "due_soon", date(2024, 8, 31)),
        ],
    ),
}


@pytest.mark.parametrize("name", LIVES)
def test_a_life(name: str) -> None:
    facts, wanted = LIVES[name]
    line = list(time_line(facts, BOOK, BEGIN, END))
    assert [(one.on, one.now.state.value, one.now.due_on) for one in line][: len(wanted)] == wanted
    for change in line:
        assert change.now.reasons, "every change is explained"
        assert change.now == status_of(facts, BOOK, end_of(change.on)), "and is found again by itself"


def test_nobody_of_the_ten_lost_money_by_time_or_data_alone() -> None:
    for facts, _ in LIVES.values():
        alone = replace(facts, acts=())
        assert {one.now.state.value for one in time_line(alone, BOOK, BEGIN, END)} <= {"normal", "due_soon", "overdue"}
