"""Whatever arrives in whatever order: the status is what a story told message by message comes to, and no machine
takes money away."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, timedelta
from random import Random
from typing import Any

import pytest

from auth_service.core.clock import end_of, legal_date
from auth_service.qualification.judging import Judge
from auth_service.qualification.life import OWN, LifeEvent
from auth_service.qualification.status import LifeState, status_of
from tests.story.random_lives import BEGIN, DAYS, STRONG, Journal, Replay, draw
from tests.unit.qualification.lives import at

MONEY = {LifeState.HELD, LifeState.SUSPENDED, LifeState.TERMINATED}
QUICK, LONG = 1_500, 100_000


def _agrees_with_the_story(journal: Journal, random: Random) -> None:
    day = BEGIN + timedelta(days=random.randrange(DAYS + 400))
    told = Replay(journal.policy)
    for message in journal.arrivals:
        if message.known_at <= end_of(day):
            told.hear(message)
    found = status_of(journal.facts(random), journal.book, end_of(day))
    assert (found.passed_on, found.due_on) == (told.passed_on, told.due_on), journal
    assert found == status_of(journal.facts(random), journal.book, end_of(day)), "any order of rows"
    judge = Judge(journal.book, end_of(day))
    for event in journal.arrivals:
        for told in (event, replace(event, ref="another", known_at=event.known_at + timedelta(minutes=1))):
            facts = replace(journal.facts(random), events=(told,), acts=())
            assert judge.status(facts) == status_of(facts, journal.book, end_of(day)), "alike is judged alike"


def _no_machine_takes_money_away(journal: Journal, random: Random) -> None:
    day = BEGIN + timedelta(days=random.randrange(DAYS + 4000))
    found = status_of(journal.facts(random), journal.book, end_of(day))
    behind = [act for act in journal.acts if act.approved_by == "checker" and legal_date(act.decided_at) <= day]
    assert found.state not in MONEY or behind, journal
    alone = replace(journal, acts=[act for act in journal.acts if act not in behind])
    assert status_of(alone.facts(random), journal.book, end_of(day)).state not in MONEY, journal


def _an_older_event_told_later_moves_no_due_date_backward(journal: Journal, random: Random) -> None:
    day = legal_date(max(event.known_at for event in journal.arrivals)) + timedelta(days=1)
    before = status_of(journal.facts(random), journal.book, end_of(day))
    on = (before.passed_on or day) - timedelta(days=random.randrange(1, 800))
    late = LifeEvent(random.choice((OWN, "clinic", "health")), "late", random.choice(STRONG), on, at(day))
    journal.arrivals.append(late)
    assert status_of(journal.facts(random), journal.book, end_of(day)).due_on >= before.due_on, journal


def _run(orders: int, seed: int) -> dict[str, int]:
    seen = {"orders": 0, "messages": 0, "corrected": 0, "voided": 0, "late": 0, "acts": 0}
    for number in range(orders):
        random = Random(seed * 1_000_003 + number)
        journal = draw(random)
        _agrees_with_the_story(journal, random)
        _no_machine_takes_money_away(journal, random)
        seen["orders"] += 1
        seen["messages"] += len(journal.arrivals)
        seen["corrected"] += any(event.message == "correct" for event in journal.arrivals)
        seen["voided"] += any(event.message == "void" for event in journal.arrivals)
        seen["late"] += any((legal_date(event.known_at) - event.on).days > 30 for event in journal.arrivals)
        seen["acts"] += bool(journal.acts)
        _an_older_event_told_later_moves_no_due_date_backward(journal, random)
    return seen


def test_a_status_is_what_its_story_comes_to() -> None:
    seen = _run(QUICK, seed=1)
    assert min(seen[word] for word in ("corrected", "voided", "late", "acts")) > QUICK / 10


@pytest.mark.slow
def test_a_hundred_thousand_orders_of_events(proof: Callable[[str, Mapping[str, Any]], None]) -> None:
    proof("event-orders", _run(LONG, seed=2))


def test_without_a_single_message_time_alone_takes_nothing_away() -> None:
    journal = draw(Random(7))
    journal.arrivals, journal.acts = [], []
    for years in range(60):
        found = status_of(journal.facts(Random(0)), journal.book, end_of(date(2020 + years, 6, 1)))
        assert found.state not in MONEY
