"""Normal, due soon, overdue by time; held, suspended, terminated by people alone."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, timedelta

import pytest

from auth_service.beneficiaries.person import BenefitKind
from auth_service.beneficiaries.tags import Tag
from auth_service.qualification.grades import EventKind
from auth_service.qualification.life import ActKind, Outage
from auth_service.qualification.period import Cycle
from auth_service.qualification.policy import Policy
from auth_service.qualification.status import LifeState, Reason, Why
from auth_service.qualification.status_words import STATE_TEXTS, WHY_TEXTS, said, said_over_a_telephone
from auth_service.qualification.time_line import time_line
from tests.unit.qualification.lives import LONG_AGO, act, at, book, event, face, life, status, whys

PASSED, DUE = date(2024, 5, 10), date(2025, 5, 31)
LIFE = life(face(PASSED))
PLAIN = Policy(BenefitKind.RESIDENT_PENSION)
HOLDS = book((LONG_AGO, replace(PLAIN, hold_for_overdue=True, grace_days=30)))
LATE = date(2025, 8, 1)


@pytest.mark.parametrize(
    ("days", "state", "reminder"),
    [(-61, "normal", None), (-60, "due_soon", 60), (-30, "due_soon", 30), (-7, "due_soon", 7), (0, "due_soon", 7),
     (1, "overdue", None), (900, "overdue", None)],
)  # fmt: skip
def test_time_leads_from_normal_to_due_soon_to_overdue_and_no_further(
    days: int, state: str, reminder: int | None
) -> None:
    found = status(LIFE, DUE + timedelta(days=days), HOLDS)
    assert (found.state, found.reminder) == (state, reminder)


def test_being_late_leads_to_no_proposal_unless_the_policy_says_so() -> None:
    assert not status(LIFE, LATE).may_propose_hold
    assert status(LIFE, LATE, HOLDS).may_propose_hold


def test_nobody_proposes_within_the_grace() -> None:
    last = DUE + timedelta(days=30)
    assert not status(LIFE, last, HOLDS).may_propose_hold
    assert whys(status(LIFE, last, HOLDS)) == ["overdue", "in_grace", "passed"]
    assert status(LIFE, last + timedelta(days=1), HOLDS).may_propose_hold


@pytest.mark.parametrize("tag", [Tag.SUBSISTENCE, Tag.EXTREME_HARDSHIP, Tag.SEVERE_DISABILITY, Tag.BEDRIDDEN])
def test_nobody_proposes_against_the_vulnerable_before_somebody_went_to_see_them(tag: Tag) -> None:
    guarded = replace(LIFE, tags=frozenset({tag}))
    assert not status(guarded, LATE, HOLDS).may_propose_hold
    assert "guarded" in whys(status(guarded, LATE, HOLDS))
    before = event(EventKind.VISIT_ATTEMPT, DUE)
    assert not status(replace(guarded, events=(*LIFE.events, before)), LATE, HOLDS).may_propose_hold
    since = event(EventKind.VISIT_ATTEMPT, DUE + timedelta(days=1))
    assert status(replace(guarded, events=(*LIFE.events, since)), LATE, HOLDS).may_propose_hold


def test_nobody_proposes_against_somebody_who_says_that_they_are_there() -> None:
    contested = replace(LIFE, contested=True)
    assert not status(contested, LATE, HOLDS).may_propose_hold
    assert "contested" in whys(status(contested, LATE, HOLDS))


# --- acts of people -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "state"),
    [(ActKind.HOLD, "held"), (ActKind.SUSPEND, "suspended"), (ActKind.TERMINATE, "terminated")],
)
def test_two_people_take_money_away_and_one_gives_it_back(kind: ActKind, state: str) -> None:
    taken = act(kind, LATE)
    assert status(replace(LIFE, acts=(taken,)), LATE).state == state
    for alone in (replace(taken, approved_by=None), replace(taken, approved_by=taken.made_by)):
        assert status(replace(LIFE, acts=(alone,)), LATE).state == "overdue"
    given_back = act(ActKind.RESUME, LATE + timedelta(days=1), approved_by=None)
    found = status(replace(LIFE, acts=(taken, given_back)), LATE + timedelta(days=2))
    assert (found.state, whys(found)) == ("overdue", ["overdue", "resumed", "passed"])


def test_of_two_acts_at_one_instant_the_kinder_stands() -> None:
    acts = (act(ActKind.RESUME, LATE), act(ActKind.TERMINATE, LATE))
    for order in (acts, acts[::-1]):
        assert status(replace(LIFE, acts=order), LATE).state == "overdue"


def test_an_act_begins_on_its_day_and_is_unknown_before_it_was_decided() -> None:
    hold = replace(act(ActKind.HOLD, LATE), effective_on=date(2025, 9, 1))
    facts = replace(LIFE, acts=(hold,))
    assert status(facts, date(2025, 8, 31)).state == "overdue"
    assert status(facts, date(2025, 8, 31)).next_change_on == date(2025, 9, 1)
    assert status(facts, date(2025, 9, 1)).state == "held"
    backdated = replace(act(ActKind.HOLD, LATE), effective_on=date(2025, 7, 1))
    assert status(replace(LIFE, acts=(backdated,)), date(2025, 7, 15)).state == "overdue"


def test_whoever_passes_after_a_hold_comes_first_among_those_who_get_it_back() -> None:
    held = replace(LIFE, acts=(act(ActKind.HOLD, LATE),))
    assert not status(held, LATE).restore_first
    back = replace(held, events=(*LIFE.events, face(LATE + timedelta(days=3))))
    found = status(back, LATE + timedelta(days=3))
    assert (found.state, found.restore_first) == ("held", True), "a machine gives nothing back by itself either"
    assert "restore_first" in whys(found)


# --- outages ------------------------------------------------------------------------------------------------


def test_days_on_which_the_service_was_away_are_given_back_and_the_person_is_told() -> None:
    away = Outage(date(2025, 5, 20), date(2025, 5, 22), at(date(2025, 5, 22)))
    found = status(replace(LIFE, outages=(away,)), date(2025, 5, 25))
    assert (found.due_on, found.state) == (date(2025, 6, 30), "due_soon")
    assert Reason(Why.EXTENDED, date(2025, 6, 30), 3) in found.reasons
    exact = book((LONG_AGO, replace(PLAIN, cycle=Cycle(month_end=False))))
    assert status(replace(LIFE, outages=(away,)), date(2025, 5, 1), exact).due_on == date(2025, 5, 10)
    earlier = Outage(date(2025, 5, 6), date(2025, 5, 8), at(date(2025, 5, 8)))
    assert status(replace(LIFE, outages=(earlier,)), date(2025, 5, 9), exact).due_on == date(2025, 5, 13)


def test_an_outage_within_the_days_given_back_is_given_back_too() -> None:
    exact = book((LONG_AGO, replace(PLAIN, cycle=Cycle(month_end=False))))
    outages = (
        Outage(date(2025, 5, 6), date(2025, 5, 8), at(date(2025, 5, 8))),
        Outage(date(2025, 5, 12), date(2025, 5, 13), at(date(2025, 5, 13))),
    )
    assert status(replace(LIFE, outages=outages), date(2025, 5, 14), exact).due_on == date(2025, 5, 15)


def test_an_outage_that_goes_on_moves_the_due_date_with_it_and_one_long_before_moves_nothing() -> None:
    going_on = Outage(date(2025, 5, 30), None, at(date(2025, 5, 30)))
    assert status(replace(LIFE, outages=(going_on,)), date(2025, 7, 20)).state == "due_soon"
    long_before = Outage(date(2025, 1, 1), date(2025, 1, 31), at(date(2025, 1, 31)))
    assert status(replace(LIFE, outages=(long_before,)), date(2025, 5, 1)).due_on == DUE
    overlapping = (going_on, Outage(date(2025, 5, 30), date(2025, 5, 31), at(date(2025, 5, 31))))
    assert status(replace(LIFE, outages=overlapping), date(2025, 5, 31)).reasons[-1].days == 2, "no day twice"


# --- policies that change -----------------------------------------------------------------------------------


def test_a_shorter_cycle_keeps_what_was_promised_and_counts_from_the_next_pass_on() -> None:
    half = replace(PLAIN, cycle=Cycle(months=6))
    policies = book((LONG_AGO, PLAIN), (date(2024, 9, 1), half))
    assert status(LIFE, date(2024, 10, 1), policies).due_on == DUE
    again = replace(LIFE, events=(*LIFE.events, face(date(2025, 5, 1))))
    assert status(again, date(2025, 5, 2), policies).due_on == date(2025, 11, 30)


def test_a_policy_that_breaks_a_promise_still_gives_the_notice_of_a_first_reminder() -> None:
    half = replace(PLAIN, cycle=Cycle(months=3), keeps_promises=False)
    policies = book((LONG_AGO, PLAIN), (date(2024, 9, 1), half))
    assert status(LIFE, date(2024, 8, 31), policies).due_on == DUE
    assert status(LIFE, date(2024, 9, 1), policies).due_on == date(2024, 10, 31)


def test_a_longer_cycle_helps_at_once() -> None:
    longer = replace(PLAIN, cycle=Cycle(months=24))
    policies = book((LONG_AGO, PLAIN), (date(2025, 4, 1), longer))
    assert status(LIFE, date(2025, 4, 2), policies).due_on == date(2026, 5, 31)


# --- words --------------------------------------------------------------------------------------------------


def test_every_state_and_reason_has_kind_words_in_both_languages() -> None:
    assert set(STATE_TEXTS) == set(LifeState)
    assert set(WHY_TEXTS) == set(Why)
    for zh, en in [*STATE_TEXTS.values(), *WHY_TEXTS.values()]:
        assert re.search(r"[\u4e00-\u9fff]", zh)
        assert en.isascii()
        assert not re.search(r"生存|证明你|活着|死亡|冒领|dead|death|fraud|alive", zh + en)


def test_a_reason_says_what_it_is_about() -> None:
    zh, en = said(Reason(Why.PASSED_BY_DATA, PASSED, kind=EventKind.VACCINATION))
    assert "2024-05-10" in zh
    assert "疫苗接种" in zh
    assert "2024-05-10 (a vaccination)" in en
    assert said(Reason(Why.EXTENDED, DUE, 3)) == (
        "认证服务有3天不能使用，到期日已自动顺延到2025-05-31",
        "The service could not be used on 3 days; your due date has moved to 2025-05-31 by itself",
    )


def test_the_time_line_tells_every_change_and_what_it_rested_on() -> None:
    facts = replace(
        LIFE,
        events=(*LIFE.events, face(date(2025, 8, 5))),
        acts=(act(ActKind.HOLD, date(2025, 7, 10)), act(ActKind.RESUME, date(2025, 8, 6), approved_by=None)),
    )
    line = list(time_line(facts, HOLDS, date(2024, 5, 1), date(2025, 12, 31)))
    told = [(change.on, change.now.state.value, str(change.now.reasons[0].why)) for change in line]
    assert told == [
        (date(2024, 5, 1), "overdue", "overdue"),
        (date(2024, 5, 10), "normal", "passed"),
        (date(2025, 4, 1), "due_soon", "due_soon"),
        (date(2025, 6, 1), "overdue", "overdue"),
        (date(2025, 7, 1), "overdue", "overdue"),
        (date(2025, 7, 10), "held", "held"),
        (date(2025, 8, 5), "held", "held"),
        (date(2025, 8, 6), "normal", "resumed"),
    ]
    assert line[4].now.may_propose_hold


def test_a_shared_telephone_says_neither_where_somebody_was_nor_whom_a_policy_guards() -> None:
    day = date(2026, 3, 10)
    reasons = [Reason(Why.GUARDED), Reason(Why.PASSED_BY_DATA, day, kind=EventKind.INPATIENT)]
    reasons.append(Reason(Why.PASSED, day, kind=EventKind.HOME_VISIT))
    by_data, visited = said_over_a_telephone(reasons)
    assert by_data[1] == "A record of 2026-03-10 (a comparison of data) confirmed you without your doing anything"
    assert "住院" in said(reasons[1])[0]
    assert visited == said(reasons[2])
