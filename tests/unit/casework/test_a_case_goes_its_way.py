"""What a case is about, by when it is due, what may follow what, and how it may not end."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from auth_service.casework.case import (
    CaseAct,
    CaseEvent,
    CaseFlag,
    CaseState,
    Cause,
    Standing,
    cause_of,
    due_on,
    may_follow,
    rules_of,
    standing_after,
    state_after,
    this_round,
)
from auth_service.casework.disposition import OUTCOMES, Disposition, Outcome, Step, dispositions_of
from auth_service.casework.terms import Alive, Bar, bar_of, restores_first
from auth_service.core.clock import working_days_after
from auth_service.monitoring.flags import Severity

FRIDAY = datetime(2026, 3, 6, 4, tzinfo=UTC)


def flag(rule: str = "D01", severity: Severity = Severity.CRITICAL, days: int = 0) -> CaseFlag:
    return CaseFlag(f"{rule}-{days}", rule, severity, FRIDAY + timedelta(days=days))


def event(act: CaseAct, step: Step | None = None, outcome: Outcome | None = None) -> CaseEvent:
    return CaseEvent(act, None if act in {CaseAct.GATHERED, CaseAct.REOPENED} else "chen", FRIDAY, "", step, outcome)


def step(kind: Step, outcome: Outcome) -> CaseEvent:
    return event(CaseAct.STEP, kind, outcome)


OPENED = event(CaseAct.GATHERED)
CALLED, VISITED = step(Step.CALL, Outcome.NOT_REACHED), step(Step.VISIT, Outcome.TOLD_OF_DEATH)


@pytest.mark.parametrize(
    ("rule", "cause"),
    [
        ("D07", Cause.DEATH), ("I03", Cause.IDENTITY), ("I01", Cause.LEDGER), ("I06", Cause.PAYMENT),
        ("P05", Cause.PAYMENT), ("V04", Cause.VERIFICATION), ("S01", Cause.CONDITION), ("S08", Cause.LEDGER),
        ("C02", Cause.CONTROL), ("X01", None),
    ],
)  # fmt: skip
def test_a_cause_is_read_from_the_rule(rule: str, cause: Cause | None) -> None:
    assert cause_of(rule) is cause


def test_what_narrows_by_sql_means_the_same_rules() -> None:
    rules = [f"{letter}{number:02d}" for letter in "DIPVSCX" for number in range(1, 14)]
    for cause in Cause:
        letters, besides, left_out = rules_of(cause)
        meant = {rule for rule in rules if (rule[0] in letters and rule not in left_out) or rule in besides}
        assert meant == {rule for rule in rules if cause_of(rule) is cause}


def test_working_days_leave_out_the_weekend() -> None:
    assert working_days_after(date(2026, 3, 6), 1) == date(2026, 3, 9)
    assert working_days_after(date(2026, 3, 6), 5) == date(2026, 3, 13)
    assert working_days_after(date(2026, 3, 7), 1) == date(2026, 3, 9)


@pytest.mark.parametrize(
    ("rule", "severity", "due"),
    [
        ("D01", Severity.CRITICAL, date(2026, 3, 13)),
        ("D04", Severity.HIGH, date(2026, 3, 20)),
        ("D11", Severity.MEDIUM, date(2026, 4, 3)),
        ("D07", Severity.CRITICAL, date(2026, 3, 9)),
    ],
)
def test_the_clock_goes_by_the_severity_and_a_meeting_is_due_in_three_days(
    rule: str, severity: Severity, due: date
) -> None:
    assert due_on([flag(rule, severity)]) == due


def test_a_later_flag_never_gives_more_time_and_a_worse_one_gives_less() -> None:
    first = flag("D04", Severity.HIGH)
    assert due_on([first, flag("D11", Severity.MEDIUM, days=3)]) == due_on([first])
    assert due_on([first, flag("D01", Severity.CRITICAL, days=3)]) == date(2026, 3, 16)


def _through(*acts: CaseAct) -> CaseState | None:
    state: CaseState | None = None
    for act in acts:
        assert may_follow(state, act), act
        state = state_after(state, act)
    return state


def test_a_case_goes_from_new_to_closed_and_opens_again() -> None:
    way = (CaseAct.GATHERED, CaseAct.ASSIGNED, CaseAct.STEP, CaseAct.PROPOSED, CaseAct.APPROVED)
    assert _through(*way) is CaseState.CLOSED
    assert _through(*way, CaseAct.REOPENED) is CaseState.NEW
    assert _through(*way[:4], CaseAct.RETURNED) is CaseState.VERIFYING


def test_a_new_flag_takes_a_proposal_back() -> None:
    way = (CaseAct.GATHERED, CaseAct.ASSIGNED, CaseAct.STEP, CaseAct.PROPOSED, CaseAct.GATHERED)
    assert _through(*way) is CaseState.VERIFYING
    assert not may_follow(CaseState.VERIFYING, CaseAct.APPROVED)


@pytest.mark.parametrize("act", [CaseAct.STEP, CaseAct.PROPOSED, CaseAct.APPROVED, CaseAct.ASSIGNED])
def test_nothing_is_done_about_a_closed_case(act: CaseAct) -> None:
    assert not may_follow(CaseState.CLOSED, act)


def test_nobody_checks_or_proposes_before_somebody_has_the_case() -> None:
    assert not may_follow(CaseState.NEW, CaseAct.STEP)
    assert not may_follow(CaseState.ASSIGNED, CaseAct.PROPOSED)


def test_the_worst_flag_sets_the_queue_and_rules_count_once() -> None:
    flags = [flag("D11", Severity.MEDIUM), flag("D01"), flag("D01", days=1)]
    standing = standing_after(None, OPENED, flags)
    assert (standing.severity, standing.rules, standing.state) == (Severity.CRITICAL, 2, CaseState.NEW)


def test_a_case_opened_again_forgets_who_had_it_and_how_it_ended() -> None:
    closed = Standing(CaseState.CLOSED, Severity.CRITICAL, 2, date(2026, 3, 13), "chen", Disposition.FALSE_ALARM)
    again = standing_after(closed, event(CaseAct.REOPENED), [flag("D11", Severity.MEDIUM, days=30)])
    assert (again.state, again.assignee, again.disposition) == (CaseState.NEW, None, None)
    assert again.severity is Severity.MEDIUM
    assert not closed.is_overdue(date(2027, 1, 1))
    assert again.is_overdue(again.due_on + timedelta(days=1))
    assert not again.is_overdue(again.due_on)


def test_a_round_begins_with_the_last_opening() -> None:
    events = [OPENED, CALLED, event(CaseAct.REOPENED), VISITED]
    assert [one.step for one in this_round(events)] == [None, Step.VISIT]
    assert len(this_round(events[:2])) == 2


def bar(said: Disposition, *steps: CaseEvent, seen_at: datetime | None = None, rule: str = "D01") -> Bar | None:
    return bar_of(Cause.DEATH, said, [flag(rule)], [OPENED, *steps], Alive(seen_at))


@pytest.mark.parametrize("said", list(Disposition))
def test_nothing_ends_unchecked(said: Disposition) -> None:
    assert bar(said) is Bar.NOT_CHECKED
    assert bar(said, CALLED) is None


def test_what_was_checked_before_a_case_opened_again_counts_no_more() -> None:
    assert bar(Disposition.FALSE_ALARM, CALLED, event(CaseAct.REOPENED)) is Bar.NOT_CHECKED


@pytest.mark.parametrize("kind", [Step.VISIT, Step.IN_PERSON])
def test_whoever_was_found_alive_is_not_confirmed_dead(kind: Step) -> None:
    assert bar(Disposition.CONFIRMED_DEATH, step(kind, Outcome.SEEN)) is Bar.SEEN_ALIVE
    assert bar(Disposition.DATA_ERROR, step(kind, Outcome.SEEN)) is None


def test_nor_whoever_was_seen_after_the_flag() -> None:
    assert bar(Disposition.CONFIRMED_DEATH, VISITED, seen_at=FRIDAY + timedelta(minutes=1)) is Bar.SEEN_ALIVE
    assert bar(Disposition.CONFIRMED_DEATH, VISITED, seen_at=FRIDAY - timedelta(days=1)) is None


def test_a_voice_on_the_telephone_proves_nobody_alive() -> None:
    assert bar(Disposition.CONFIRMED_DEATH, step(Step.CALL, Outcome.REACHED)) is None


@pytest.mark.parametrize("said", list(Disposition))
def test_a_pass_after_a_registered_death_is_not_decided_before_a_meeting(said: Disposition) -> None:
    assert bar(said, CALLED, rule="D07") is Bar.NOT_MET
    shut = step(Step.VISIT, Outcome.NOT_REACHED)
    assert bar(said, CALLED, shut, rule="D07") is Bar.NOT_MET, "a door that stayed shut is no meeting"
    assert bar(said, CALLED, VISITED, rule="D07") is None


def test_what_staff_did_confirms_nobodys_death() -> None:
    assert Disposition.CONFIRMED_DEATH not in dispositions_of(Cause.CONTROL)
    said = bar_of(Cause.LEDGER, Disposition.CONFIRMED_DEATH, [flag("I01")], [OPENED, CALLED], Alive())
    assert said is Bar.NOT_OF_CAUSE


def test_every_step_has_outcomes() -> None:
    assert set(OUTCOMES) == set(Step)
    assert {one for outcomes in OUTCOMES.values() for one in outcomes} == set(Outcome)


def test_what_is_held_of_somebody_about_whom_nothing_was_wrong_comes_first() -> None:
    assert restores_first(Disposition.DATA_ERROR, is_closed=True, is_stopped=True)
    assert not restores_first(Disposition.DATA_ERROR, is_closed=False, is_stopped=True)
    assert not restores_first(Disposition.FALSE_ALARM, is_closed=True, is_stopped=False)
    assert not restores_first(Disposition.CONFIRMED_DEATH, is_closed=True, is_stopped=True)
