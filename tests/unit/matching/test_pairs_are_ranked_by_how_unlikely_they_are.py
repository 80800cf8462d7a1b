"""How pairs of people are ranked: by what chance alone would give."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from auth_service.core.errors import CalibrationMissing
from auth_service.matching.calibration import load_shipped
from auth_service.matching.duplicates import (
    STEP,
    Candidate,
    DuplicatePolicy,
    Pool,
    Signal,
    Tail,
    Thresholds,
    pairs_of,
    share_of,
)
from auth_service.matching.population import Population, signals
from tests.fakes import fake_calibration

SHARES = {Signal.PHONE: 1e-6, Signal.PLACE: 0.01}


def candidate(margin: float, *shared: Signal, name: str = "a") -> Candidate:
    return Candidate(name, f"{name}'", 0.95 + margin, margin, frozenset(shared))


def tail(*margins: float) -> Tail:
    found = Tail()
    found.add(np.array(margins))
    return found


def test_a_rarer_second_signal_weighs_more_than_likeness() -> None:
    pool = Pool(SHARES, 10)
    pool.offer(
        [candidate(0.03, name="a"), candidate(0.01, Signal.PHONE, name="b"), candidate(0.02, Signal.PLACE, name="c")]
    )
    ranked = pool.ranked(tail(0.03, 0.01, 0.02, *[0.005] * 1000))
    assert [one.candidate.first for one in ranked] == ["b", "c", "a"]
    assert [one.by_chance for one in ranked] == pytest.approx([3e-6, 0.02, 1.0])


def test_signals_that_go_together_count_once_by_the_rarest() -> None:
    pool = Pool(SHARES, 10)
    pool.offer([candidate(0.01, Signal.PHONE, Signal.PLACE)])
    assert pool.ranked(tail(0.01))[0].by_chance == pytest.approx(1e-6)


def test_a_common_signal_lifts_nobody_above_much_more_alike_people() -> None:
    pool = Pool({Signal.PLACE: 0.9}, 10)
    pool.offer([candidate(0.03, name="a"), candidate(0.01, Signal.PLACE, name="b")])
    assert [one.candidate.first for one in pool.ranked(tail(0.03, 0.02, 0.01))] == ["a", "b"]


@given(st.lists(st.tuples(st.floats(0, 0.05), st.sampled_from([(), (Signal.PHONE,), (Signal.PLACE,)])), max_size=60))
def test_what_a_pool_drops_could_not_have_been_in_the_queue(found: list[tuple[float, tuple[Signal, ...]]]) -> None:
    everybody = [candidate(margin, *shared, name=f"{at:03}") for at, (margin, shared) in enumerate(found)]
    counted = tail(*[one.margin for one in everybody])
    whole, small = Pool(SHARES, 1000), Pool(SHARES, 5)
    whole.offer(everybody)
    for one in everybody:
        small.offer([one])
    assert small.ranked(counted)[:5] == whole.ranked(counted)[:5]


def test_a_pool_says_which_of_the_offered_it_kept() -> None:
    pool = Pool(SHARES, 1)
    assert pool.offer([candidate(0.01, name="a"), candidate(0.02, name="b")]) == [candidate(0.02, name="b")]
    assert pool.room(None) == 0.02
    assert pool.room(Signal.PHONE) == -np.inf


def test_the_tail_counts_from_the_most_alike_down_and_survives_being_written_down() -> None:
    counted = tail(0.0, STEP, 5 * STEP, 9.9)
    assert [counted.at_least(margin) for margin in (0.0, STEP, 5 * STEP, 9.9, -1.0)] == [4, 3, 2, 1, 4]
    again = Tail(counted.counts())
    assert (again.counts(), again.total) == (counted.counts(), 4)
    assert Tail().counts() == []


def test_each_pair_is_judged_by_its_own_numbers_of_images() -> None:
    shipped = load_shipped("dlib-resnet")
    found = Thresholds(shipped)
    one, other = np.array([1, 2, 4, 9], dtype=np.uint8), np.array([1, 2, 4, 1], dtype=np.uint8)
    margins = found.margins(one, other, np.full(4, 0.95, dtype=np.float32))
    cells = [shipped.cell(1, 1), shipped.cell(2, 2), shipped.cell(4, 4), shipped.cell(4, 1)]
    assert margins == pytest.approx([0.95 - cell.accept_at for cell in cells], abs=1e-6)
    assert found.floor < min(cell.accept_at for cell in shipped.cells.values())
    assert found.by_chance(100_000) > 1e-4 * pairs_of(100_000), "the upper end of the interval, not the aim"


def test_a_record_that_lacks_a_cell_is_none() -> None:
    whole = fake_calibration()
    with pytest.raises(CalibrationMissing):
        Thresholds(type(whole)(**{**{name: getattr(whole, name) for name in whole.__slots__}, "cells": {}}))


def test_shares_are_parts_of_all_pairs_and_what_is_not_known_agrees_with_nothing() -> None:
    assert share_of(np.array([1, 1, 1, 2, 0, 0], dtype=np.int64)) == pytest.approx(3 / 15)
    assert share_of(np.zeros(4, dtype=np.int64)) == 0.0


def test_a_population_says_what_pairs_share() -> None:
    people = Population(4)
    for name, phone, place in (("a", b"1", b"x"), ("b", None, b"x"), ("c", b"1", b"y"), ("d", None, None)):
        people.add(name, 2, {Signal.PHONE: phone, Signal.PLACE: place})
    people.close([["a", "d"], ["a", "nobody"]])
    first, second = np.array([0, 0, 0, 1]), np.array([1, 2, 3, 3])
    found = [signals(int(mask)) for mask in people.masks(first, second)]
    assert found == [{Signal.PLACE}, {Signal.PHONE}, {Signal.FLAG}, set()]
    assert people.shares() == {Signal.PHONE: 1 / 6, Signal.NAME: 0.0, Signal.PLACE: 1 / 6, Signal.FLAG: 1 / 6}
    assert [people.place_of(name) for name in ("a", "d", "bb")] == [0, 3, None]
    assert [people.behind(name) for name in ("", "a", "d")] == [0, 1, 4]


@pytest.mark.parametrize("wrong", [{"queue": 0}, {"days": -1}])
def test_a_policy_that_makes_no_sense_is_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="queue"):
        DuplicatePolicy(**wrong)
