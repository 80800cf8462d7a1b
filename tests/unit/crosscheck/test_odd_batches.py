"""Files that are odd as a whole: each rule fires, keeps quiet, and at its border."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from auth_service.crosscheck.batches import (
    ODDITY_WORDS,
    BatchFacts,
    BatchPolicy,
    Oddity,
    PastBatch,
    odd_in,
)
from auth_service.crosscheck.sources import RegistryKind

POLICY = BatchPolicy()
NEWEST = datetime(2026, 3, 1, tzinfo=UTC)
MONTH = BatchFacts(RegistryKind.DEATH, rows=100, hits=30, dated=100, same_date=5, newest=NEWEST)
PAST = [PastBatch(rows, hits, NEWEST - timedelta(days=30)) for rows, hits in ((100, 30), (110, 33), (90, 27))]
PEOPLE = 100_000


def odd(facts: BatchFacts, past: Sequence[PastBatch] = PAST, people: int = PEOPLE) -> set[Oddity]:
    return {one.oddity for one in odd_in(facts, past, people, POLICY)}


def test_a_usual_month_is_not_odd() -> None:
    assert odd(MONTH) == set()
    assert odd(MONTH, []) == set()


@pytest.mark.parametrize(("rows", "is_odd"), [(999, False), (1000, True), (5000, True)])
def test_ten_times_as_many_rows_are_odd(rows: int, is_odd: bool) -> None:
    assert (Oddity.VOLUME in odd(replace(MONTH, rows=rows))) is is_odd


def test_a_village_whose_first_death_is_followed_by_ten_is_not_odd() -> None:
    assert odd(BatchFacts(RegistryKind.DEATH, rows=10), [PastBatch(1, 0)]) == set()
    assert odd(BatchFacts(RegistryKind.DEATH, rows=20), [PastBatch(2, 0)]) == {Oddity.VOLUME}


@pytest.mark.parametrize(("rows", "is_odd"), [(19, True), (20, False)])
def test_a_fifth_of_what_is_usual_may_be_half_a_file(rows: int, is_odd: bool) -> None:
    assert (Oddity.HALF in odd(replace(MONTH, rows=rows, hits=5, dated=rows))) is is_odd
    assert Oddity.HALF not in odd(replace(MONTH, rows=rows, hits=5, dated=rows), PAST[:2])


@pytest.mark.parametrize(("hits", "is_odd"), [(46, False), (47, True)])
def test_three_deviations_more_hits_are_odd(hits: int, is_odd: bool) -> None:
    """30 on average, deviation 3, of chance alone the root of 30: the limit is 46.4."""
    assert (Oddity.HITS_JUMP in odd(replace(MONTH, hits=hits))) is is_odd


@pytest.mark.parametrize(("hits", "is_odd"), [(500, False), (501, True)])
def test_hits_on_half_a_percent_of_the_ledger_are_odd(hits: int, is_odd: bool) -> None:
    assert (Oddity.HITS_SHARE in odd(replace(MONTH, rows=600, hits=hits), [])) is is_odd


def test_an_all_dead_file_is_odd_even_as_the_very_first() -> None:
    assert odd(BatchFacts(RegistryKind.DEATH, rows=PEOPLE, hits=PEOPLE), []) == {Oddity.HITS_SHARE}


def test_a_poverty_list_may_name_everybody() -> None:
    assert odd(BatchFacts(RegistryKind.POVERTY, rows=PEOPLE, hits=PEOPLE, dated=PEOPLE, same_date=PEOPLE), []) == set()


@pytest.mark.parametrize(("same", "is_odd"), [(20, False), (21, True)])
def test_many_deaths_on_one_day_are_odd(same: int, is_odd: bool) -> None:
    assert (Oddity.SAME_DATE in odd(replace(MONTH, same_date=same))) is is_odd


@pytest.mark.parametrize(("days", "is_odd"), [(0, False), (30, False), (31, True)])
def test_a_file_older_than_what_is_known_is_odd(days: int, is_odd: bool) -> None:
    facts = replace(MONTH, newest=PAST[0].newest - timedelta(days=days))  # type: ignore[operator]
    assert (Oddity.STALE in odd(facts)) is is_odd


@pytest.mark.parametrize(
    ("field", "oddity", "quiet"),
    [
        ("future", Oddity.FUTURE, 5),
        ("before_birth", Oddity.BEFORE_BIRTH, 5),
        ("shifted", Oddity.SHIFTED, 5),
        ("refused", Oddity.REFUSED, 100),
    ],
)
def test_more_of_what_cannot_be_than_slips_of_the_pen_is_odd(field: str, oddity: Oddity, quiet: int) -> None:
    whole = replace(MONTH, rows=1000, dated=1000)
    past = [PastBatch(1000, 30)]
    assert odd(replace(whole, **{field: quiet}), past) == set()
    assert odd(replace(whole, **{field: quiet + 1}), past) == {oddity}


def test_in_a_small_file_one_impossible_row_is_enough() -> None:
    assert odd(BatchFacts(RegistryKind.DEATH, rows=3, refused=1, future=1), []) == {Oddity.FUTURE}


def test_a_file_that_nobody_stands_for_waits() -> None:
    assert odd(replace(MONTH, by_person=False)) == {Oddity.NOBODY}


def test_every_reason_has_words_in_both_languages() -> None:
    assert set(ODDITY_WORDS) == set(Oddity)


@pytest.mark.parametrize("wrong", [{"least_history": 1}, {"history": 2}, {"volume_times": 0.5}, {"stale_days": 0}])
def test_a_policy_that_would_call_everything_odd_is_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=r"odd|deviation"):
        BatchPolicy(**wrong)
