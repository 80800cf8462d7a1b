"""Which act may follow which, by how many people, and what stands in its way."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auth_service.beneficiaries.person import BenefitKind
from auth_service.payments.months import Months
from auth_service.payments.proposals import (
    ADVERSE,
    GROUNDS,
    RESTORING,
    WITH_AMOUNT,
    Act,
    Approved,
    Ground,
    PayState,
    Proposal,
    ProposalPolicy,
    Refusal,
    Situation,
    months_served,
    needs_two,
    refuse,
    refuse_approval,
    state_after,
    withheld_months,
)

NOW = datetime(2026, 3, 10, 4, tzinfo=UTC)
POLICY = ProposalPolicy()
FREE = Situation(())
LEADS_TO = {
    PayState.PAID: (),
    PayState.HELD: (Act.HOLD,),
    PayState.SUSPENDED: (Act.HOLD, Act.SUSPEND),
    PayState.TERMINATED: (Act.HOLD, Act.TERMINATE),
}


def proposal(act: Act, ground: Ground | None = None, month: str = "2026-04") -> Proposal:
    amount = Decimal("148.00") if act in WITH_AMOUNT else None
    return Proposal(
        "p" * 32, "x" * 32, BenefitKind.RESIDENT_PENSION, act, ground or GROUNDS[act][0], month, "maker", NOW,
        needs_two(act, 1, POLICY), amount,
    )  # fmt: skip


def history(*acts: Act, month: str = "2026-04") -> tuple[Approved, ...]:
    return tuple(Approved(act, GROUNDS[act][0], month, NOW) for act in acts)


def situation(state: PayState) -> Situation:
    return Situation(history(*LEADS_TO[state]))


@pytest.mark.parametrize("state", PayState)
def test_the_states_are_reached_as_said(state: PayState) -> None:
    assert state_after(situation(state).history) is state


ALLOWED = {
    PayState.PAID: {Act.HOLD, Act.SUSPEND, Act.BACK_PAY, Act.RECOVER},
    PayState.HELD: {Act.SUSPEND, Act.TERMINATE, Act.RESUME},
    PayState.SUSPENDED: {Act.TERMINATE, Act.RESUME, Act.RECOVER},
    PayState.TERMINATED: {Act.RESUME, Act.RECOVER},
}


@pytest.mark.parametrize("state", PayState)
@pytest.mark.parametrize("act", Act)
def test_only_these_acts_follow(state: PayState, act: Act) -> None:
    expected = None if act in ALLOWED[state] else Refusal.DOES_NOT_FOLLOW
    assert refuse(proposal(act), situation(state), POLICY, NOW) is expected


def test_nothing_is_stopped_for_good_before_somebody_has_checked() -> None:
    assert refuse(proposal(Act.TERMINATE), FREE, POLICY, NOW) is Refusal.DOES_NOT_FOLLOW


@pytest.mark.parametrize("act", sorted(ADVERSE))
def test_taking_away_takes_two_people(act: Act) -> None:
    where = situation(next(state for state in PayState if act in ALLOWED[state]))
    assert needs_two(act, 0, POLICY)
    assert refuse_approval(proposal(act), where, "maker", POLICY, NOW) is Refusal.SECOND_PERSON_NEEDED
    assert refuse_approval(proposal(act), where, "checker", POLICY, NOW) is None


@pytest.mark.parametrize("act", sorted(RESTORING))
def test_giving_back_takes_one(act: Act) -> None:
    where = situation(next(state for state in PayState if act in ALLOWED[state]))
    assert not needs_two(act, 12, POLICY)
    assert refuse_approval(proposal(act), where, "maker", POLICY, NOW) is None


def test_only_arrears_of_more_than_a_year_take_a_second_look() -> None:
    assert needs_two(Act.BACK_PAY, 13, POLICY)
    assert not needs_two(Act.RESUME, 13, POLICY)


@pytest.mark.parametrize("act", Act)
def test_while_a_contest_is_open_nothing_more_is_taken_away(act: Act) -> None:
    where = situation(next(state for state in PayState if act in ALLOWED[state]))
    contested = replace(where, contest_open=True)
    expected = Refusal.CONTEST_OPEN if act in ADVERSE else None
    assert refuse(proposal(act), contested, POLICY, NOW) is expected
    assert refuse_approval(proposal(act), contested, "checker", POLICY, NOW) is expected


def test_nobody_just_seen_in_person_is_taken_for_dead() -> None:
    seen = Situation((), seen_at=NOW - timedelta(days=29))
    assert refuse(proposal(Act.HOLD, Ground.DEATH_RECORD), seen, POLICY, NOW) is Refusal.JUST_SEEN
    assert refuse(proposal(Act.HOLD, Ground.DETAINED), seen, POLICY, NOW) is None
    assert refuse(proposal(Act.HOLD, Ground.DEATH_RECORD), seen, POLICY, NOW + timedelta(days=2)) is None


def test_old_proposals_must_be_made_anew() -> None:
    later = NOW + timedelta(days=28)
    assert refuse_approval(proposal(Act.HOLD), FREE, "checker", POLICY, later) is Refusal.TOO_OLD


def test_two_of_one_kind_do_not_wait_side_by_side() -> None:
    waiting = Situation((), waiting=frozenset({Act.HOLD}))
    assert refuse(proposal(Act.HOLD), waiting, POLICY, NOW) is Refusal.ONE_IS_WAITING
    assert refuse(proposal(Act.RECOVER), waiting, POLICY, NOW) is None


@pytest.mark.parametrize("act", Act)
def test_each_act_has_grounds_of_its_own(act: Act) -> None:
    stranger = next(ground for ground in Ground if ground not in GROUNDS[act])
    where = situation(next(state for state in PayState if act in ALLOWED[state]))
    assert refuse(proposal(act, stranger), where, POLICY, NOW) is Refusal.GROUND_OF_ANOTHER_ACT


def test_an_amount_goes_with_acts_on_amounts_alone() -> None:
    assert refuse(replace(proposal(Act.HOLD), amount=Decimal(1)), FREE, POLICY, NOW) is Refusal.AMOUNT_NEEDED
    assert refuse(replace(proposal(Act.RECOVER), amount=None), FREE, POLICY, NOW) is Refusal.AMOUNT_NEEDED


@pytest.mark.parametrize(
    ("act", "month"), [(Act.HOLD, "2026-02"), (Act.HOLD, "2027-04"), (Act.RESUME, "2026-03"), (Act.RESUME, "2027-04")]
)
def test_a_month_long_paid_is_not_held_and_none_resumes_before_it_was_held(act: Act, month: str) -> None:
    where = FREE if act is Act.HOLD else situation(PayState.HELD)
    assert refuse(proposal(act, month=month), where, POLICY, NOW) is Refusal.MONTH_NOT_POSSIBLE


def test_the_months_withheld_run_from_the_hold_to_the_month_before_the_resumption() -> None:
    acts = (
        Approved(Act.HOLD, Ground.DEATH_RECORD, "2026-01", NOW),
        Approved(Act.TERMINATE, Ground.DEATH_CONFIRMED, "2025-12", NOW),
        Approved(Act.RESUME, Ground.RECORD_WITHDRAWN, "2026-05", NOW),
        Approved(Act.HOLD, Ground.DETAINED, "2026-08", NOW),
    )
    assert withheld_months(acts, date(2026, 9, 3)) == (Months("2025-12", "2026-04"), Months("2026-08", "2026-09"))
    assert withheld_months((*acts[:1], replace(acts[2], month="2026-01")), date(2026, 9, 3)) == ()


@pytest.mark.parametrize(
    ("ground", "served"), [(Ground.RELEASED, (Months("2026-04", "2026-06"),)), (Ground.ACQUITTED, ())]
)
def test_a_sentence_served_is_not_paid_and_an_acquittal_is(ground: Ground, served: tuple[Months, ...]) -> None:
    acts = (
        Approved(Act.HOLD, Ground.DETAINED, "2026-02", NOW),
        Approved(Act.SUSPEND, Ground.IMPRISONED, "2026-04", NOW),
        Approved(Act.RESUME, ground, "2026-07", NOW),
    )
    assert months_served(acts, date(2026, 9, 1)) == served
    assert months_served(acts[:2], date(2026, 5, 1)) == (Months("2026-04", "2026-05"),)


@given(st.lists(st.sampled_from(list(Act)), max_size=20))
def test_whatever_was_done_one_person_can_always_restore(acts: list[Act]) -> None:
    done: list[Approved] = []
    for act in acts:
        if refuse(proposal(act), Situation(tuple(done)), POLICY, NOW) is None:
            done.append(Approved(act, GROUNDS[act][0], "2026-04", NOW))
    where = Situation(tuple(done), contest_open=True)
    if state_after(done) is not PayState.PAID:
        assert refuse_approval(proposal(Act.RESUME), where, "maker", POLICY, NOW) is None
