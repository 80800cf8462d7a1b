"""What may follow what in a contest, and by when."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from auth_service.casework.contest import (
    ContestAct,
    ContestState,
    ContestStep,
    is_open,
    may_follow,
    proposer_of_dismissal,
    restore_by,
    state_of,
)

NOW = datetime(2026, 3, 10, 4, tzinfo=UTC)


def steps(*acts: ContestAct) -> list[ContestStep]:
    return [ContestStep(act, f"staff-{number}", NOW) for number, act in enumerate(acts)]


def test_a_contest_is_open_until_somebody_restores_or_two_agree_that_nothing_is_wrong() -> None:
    assert is_open([])
    assert is_open(steps(ContestAct.SOURCE_TOLD, ContestAct.DISMISSAL_PROPOSED))
    assert not is_open(steps(ContestAct.SEEN))
    assert not is_open(steps(ContestAct.DISMISSAL_PROPOSED, ContestAct.DISMISSED))


def test_it_cannot_be_dismissed_by_one_act() -> None:
    assert not may_follow([], ContestAct.DISMISSED)
    proposed = steps(ContestAct.SOURCE_TOLD, ContestAct.DISMISSAL_PROPOSED)
    assert may_follow(proposed, ContestAct.DISMISSED)
    assert proposer_of_dismissal(proposed) == "staff-1"


@pytest.mark.parametrize("act", [ContestAct.SEEN, ContestAct.RESTORED])
def test_restoring_is_possible_until_it_is_closed(act: ContestAct) -> None:
    assert may_follow(steps(ContestAct.DISMISSAL_PROPOSED), act)
    assert state_of(steps(ContestAct.DISMISSAL_PROPOSED, act)) is ContestState.RESTORED
    assert not may_follow(steps(ContestAct.SEEN), act)


def test_the_source_answers_what_it_was_told_and_may_be_told_again() -> None:
    assert not may_follow(steps(ContestAct.SEEN), ContestAct.SOURCE_CORRECTED)
    told = steps(ContestAct.SEEN, ContestAct.SOURCE_TOLD)
    assert may_follow(told, ContestAct.SOURCE_STANDS)
    answered = [*told, *steps(ContestAct.SOURCE_STANDS)]
    assert not may_follow(answered, ContestAct.SOURCE_CORRECTED)
    assert may_follow(answered, ContestAct.SOURCE_TOLD)
    assert state_of(answered) is ContestState.RESTORED


@pytest.mark.parametrize(
    ("passed", "by"),
    [
        (datetime(2026, 3, 10, 4, tzinfo=UTC), date(2026, 3, 11)),
        (datetime(2026, 3, 13, 4, tzinfo=UTC), date(2026, 3, 16)),
        (datetime(2026, 3, 13, 17, tzinfo=UTC), date(2026, 3, 16)),
        (datetime(2026, 3, 15, 15, tzinfo=UTC), date(2026, 3, 16)),
    ],
)
def test_after_a_remote_pass_a_clerk_restores_on_the_next_working_day(passed: datetime, by: date) -> None:
    assert restore_by(passed) == by
