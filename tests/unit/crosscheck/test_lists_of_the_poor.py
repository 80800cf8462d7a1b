"""What a list and the ledger say of one person together."""

from __future__ import annotations

import pytest

from auth_service.beneficiaries.dates import PartialDate
from auth_service.beneficiaries.tags import Tag
from auth_service.crosscheck.poverty import (
    LISTS,
    Outcome,
    Who,
    may_be_one,
    outcome_of,
    premium_years,
    reached_benefit_age,
)

WANG = Who("王秀英", PartialDate(1948, 5, 2), "东村", "130203100001")


@pytest.mark.parametrize(
    ("insured", "listed", "held_before", "outcome"),
    [
        (True, True, False, Outcome.INSURED_TAGGED),
        (True, True, True, Outcome.INSURED_TAGGED),
        (True, False, False, Outcome.INSURED_UNTAGGED),
        (False, True, False, Outcome.UNINSURED_TAGGED),
        (False, True, True, Outcome.UNINSURED_TAGGED),
        (True, False, True, Outcome.LOST_SOURCE),
        (False, False, True, Outcome.LOST_SOURCE),
        (False, False, False, None),
    ],
)
def test_every_person_has_one_outcome(insured: bool, listed: bool, held_before: bool, outcome: Outcome | None) -> None:
    assert outcome_of(insured=insured, listed=listed, held_before=held_before) is outcome


@pytest.mark.parametrize(
    ("told", "same"),
    [
        (Who("王 秀英", PartialDate(1948, 5, 2), "东村", "130203"), True),
        (Who("王秀英", PartialDate(1948, 5, 2), "", "130203100001"), True),
        (Who("王秀英", PartialDate(1948, 5, 2), "东村"), True),
        (Who("王秀英", PartialDate(1948, 5, 2), "东村", "130204"), False),
        (Who("王秀英", PartialDate(1948, 5, 2), "", "130203100002"), False),
        (Who("王秀英", PartialDate(1948, 5, 2), "", "130203"), False),
        (Who("王秀英", PartialDate(1948, 5), "东村", "130203"), False),
        (Who("王秀英", None, "东村", "130203"), False),
        (Who("王秀兰", PartialDate(1948, 5, 2), "东村", "130203"), False),
    ],
)
def test_likeness_takes_name_whole_birth_and_village(told: Who, same: bool) -> None:
    assert may_be_one(told, WANG) is same


@pytest.mark.parametrize(
    ("born", "month", "reached"),
    [
        (PartialDate(1966, 1, 31), "2026-01", True),
        (PartialDate(1966, 2, 1), "2026-01", False),
        (PartialDate(1964, 2, 29), "2024-02", True),
        (PartialDate(1966), "2026-06", None),
        (PartialDate(1966), "2026-12", True),
        (PartialDate(1966, 7), "2026-06", False),
        (None, "2026-01", None),
    ],
)
def test_sixty_is_reached_by_the_end_of_a_month(born: PartialDate | None, month: str, reached: bool | None) -> None:
    assert reached_benefit_age(born, month) is reached


@pytest.mark.parametrize(
    ("remark", "years"),
    [
        ("代缴 2024、2025", (2024, 2025)),
        ("政府代缴保费：2023年", (2023,)),
        ("premium paid 2024; 2025", (2024, 2025)),
        ("2024 年认定", ()),
        ("", ()),
    ],
)
def test_premiums_are_read_only_from_a_remark_that_says_so(remark: str, years: tuple[int, ...]) -> None:
    assert premium_years(remark) == years


def test_every_list_has_its_tags_and_no_tag_two_lists() -> None:
    tags = [tag for held in LISTS.values() for tag in held]
    assert sorted(tags) == sorted(set(tags))
    assert Tag.SUBSISTENCE in tags
