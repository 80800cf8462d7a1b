"""Who stands for the operator's people, and which of their attempts count as their own."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest

from auth_service.faces.template import EngineIdentity, Template
from auth_service.matching.own_people import (
    EVERYBODY,
    MOST_PHOTOS,
    Draw,
    Listed,
    OwnPhoto,
    OwnTry,
    Tries,
    age_band,
    choose_photos,
    sort_tries,
    strata_of,
)
from auth_service.matching.own_thresholds import least_people

START = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)


def face(seed: int = 1) -> Template:
    vector = np.random.default_rng(seed).normal(size=8).astype(np.float32)
    return Template(EngineIdentity("cast", "c0" * 32), vector, 1, mirrored=True)


def tried(hours: float, *, passed: bool = False, attested: bool = True, channel: str = "counter") -> OwnTry:
    return OwnTry(face(), START + timedelta(hours=hours), channel, passed, attested, 0.9, 1, 1)


def listed(number: int, sex: str | None = None, born: int | None = None) -> Listed:
    return Listed(f"{number:032x}", sex, born, START)


@pytest.mark.parametrize(("fmr", "people"), [(1e-2, 78), (1e-3, 246), (1e-4, 776), (1e-5, 2450)])
def test_the_rule_of_thirty_counts_pairs_of_people(fmr: float, people: int) -> None:
    assert least_people(fmr) == people
    assert round(people * (people - 1) / 2 * fmr, 6) >= 30 > (people - 1) * (people - 2) / 2 * fmr


@pytest.mark.parametrize(
    ("born", "band"),
    [
        (1967, "under 60"),
        (1966, "60-69"),
        (1957, "60-69"),
        (1956, "70-79"),
        (1946, "80 and over"),
        (None, None),
        (2027, None),
    ],
)
def test_age_is_that_of_the_photo_not_of_today(born: int | None, band: str | None) -> None:
    assert age_band(born, 2026) == band


def test_strata_are_sex_age_and_both() -> None:
    assert strata_of("female", 1940, 2026) == ("female", "80 and over", "female 80 and over")
    assert strata_of(None, 1940, 2026) == ("80 and over",)
    assert strata_of(None, None, 2026) == ()


def test_a_draw_is_bounded_fair_and_the_same_in_any_order() -> None:
    people = [listed(number, "female" if number % 4 == 0 else "male", 1940) for number in range(4000)]
    forwards, backwards = Draw(200, seed=1), Draw(200, seed=1)
    for person in people:
        forwards.offer(person)
    for person in reversed(people):
        backwards.offer(person)
    drawn = forwards.drawn()
    assert drawn == backwards.drawn()
    assert forwards.seen == 4000
    groups = Counter(group for held in drawn.values() for group in held)
    assert groups[EVERYBODY] == groups["female"] == groups["male"] == 200
    women = sum(int(person, 16) % 4 == 0 for person, held in drawn.items() if EVERYBODY in held)
    assert 30 <= women <= 70  # a quarter of 200, four standard deviations
    assert len(drawn) < 420  # who is drawn for everybody is drawn for its strata too
    other = Draw(200, seed=2)
    for person in people:
        other.offer(person)
    assert other.drawn().keys() != drawn.keys()


def test_a_refused_try_counts_only_when_the_person_passes_soon_after_on_the_same_channel() -> None:
    confirmed, elsewhere, too_early, alone = tried(0), tried(1, channel="kiosk"), tried(-30), tried(200)
    passed = tried(2, passed=True)
    found = sort_tries([passed, alone, too_early, elsewhere, confirmed], START - timedelta(days=9))
    assert [each is passed for each in found.passed] == [True]
    assert [each is confirmed for each in found.confirmed] == [True]
    assert [each.taken_at for each in found.unconfirmed] == [each.taken_at for each in (too_early, elsewhere, alone)]


def test_a_bare_photo_and_what_came_before_the_references_do_not_count() -> None:
    bare, old = tried(0, attested=False), tried(-5, passed=True)
    found = sort_tries([bare, old, tried(1, passed=True)], START)
    assert [len(found.passed), len(found.confirmed), len(found.unconfirmed)] == [1, 0, 0]


def test_tries_are_spread_over_time_when_there_are_many() -> None:
    passes = tuple(tried(24 * day, passed=True) for day in range(50))
    enrolled = [OwnPhoto(face(), date(2020, 1, 1)), OwnPhoto(face(), date(2021, 1, 1))]
    chosen = choose_photos(enrolled, Tries(passed=passes))
    assert len(chosen) == MOST_PHOTOS
    days = [photo.taken_on for photo in chosen]
    assert days == sorted(days)
    assert days[2] == passes[0].taken_at.date()
    assert days[-1] == passes[-1].taken_at.date()
    many = [OwnPhoto(face(), date(2000 + year, 1, 1)) for year in range(12)]
    assert choose_photos(many, Tries(passed=passes)) == tuple(many[-MOST_PHOTOS:])
