"""Flags become one case per person and cause; people check, one proposes how it ends and another decides."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from auth_service.accounts.roles import Role
from auth_service.casework.case import CaseAct, CaseState, Cause
from auth_service.casework.disposition import Disposition, Outcome, Step
from auth_service.casework.weighing import Against
from auth_service.core.errors import (
    AccessRefused,
    CaseDoesNotFollow,
    CaseNeedsMeeting,
    CaseStepMissing,
    FieldInvalid,
    MakerGone,
    NotFound,
    PersonJustSeen,
    ReasonMissing,
    SecondPersonNeeded,
    ServiceError,
    StaleJudgement,
)
from auth_service.flows.work_case import Checked
from auth_service.monitoring.flags import Flag, Severity, Verdict
from auth_service.payments.proposals import Act, Ground, PayState
from tests.builders import LI, Agency
from tests.conftest import FixedClock
from tests.flows.casing import Desk


@pytest.fixture
def desk(agency: Agency, clock: FixedClock) -> Desk:
    return Desk(agency, clock)


def test_flags_of_one_cause_make_one_case_and_gathering_again_changes_nothing(desk: Desk) -> None:
    desk.died()
    desk.flag("D04", Severity.HIGH)
    desk.flag("V03", Severity.MEDIUM)
    assert desk.gather() == {"opened": 2, "joined": 0, "reopened": 0, "flags": 3}
    assert desk.gather() == {"opened": 0, "joined": 0, "reopened": 0, "flags": 0}
    found = {case.cause: case for case in desk.cases()}
    assert set(found) == {Cause.DEATH, Cause.VERIFICATION}
    assert found[Cause.DEATH].standing.severity is Severity.CRITICAL
    assert found[Cause.DEATH].standing.rules == 2
    assert found[Cause.DEATH].standing.state is CaseState.NEW


def test_a_later_flag_joins_the_open_case(desk: Desk) -> None:
    desk.flag("D04", Severity.HIGH)
    desk.gather()
    desk.later()
    desk.died()
    assert desk.gather()["joined"] == 1
    assert desk.case.standing.severity is Severity.CRITICAL
    assert [event.act for event in desk.case.events] == [CaseAct.GATHERED, CaseAct.GATHERED]


def test_a_low_flag_opens_nothing_and_is_taken_along(desk: Desk) -> None:
    desk.flag("V10", Severity.LOW)
    assert desk.gather()["flags"] == 0
    desk.flag("V03", Severity.MEDIUM)
    assert desk.gather() == {"opened": 1, "joined": 0, "reopened": 0, "flags": 2}


def test_what_was_judged_false_or_concerns_nobody_makes_no_case(desk: Desk) -> None:
    flag_id = desk.died()
    desk.agency.judge.run(flag_id, Verdict.FALSE_FLAG, "同名", desk.monitor, None)
    desk.flag("X01")
    with desk.store.unit() as unit:
        unit.flags.raise_once(Flag("V09", 1, Severity.CRITICAL, (), {}, "V09:d", desk.clock.now()))
    assert desk.gather()["flags"] == 0
    assert desk.cases() == []


def test_a_flag_about_two_people_is_in_a_case_of_each(desk: Desk) -> None:
    li = desk.money.add_person(LI, "TS-2")
    desk.flag("I09", Severity.CRITICAL, "pair", desk.person, li)
    assert desk.gather()["opened"] == 2
    (other,) = desk.cases(li)
    assert [flag.id for flag in other.flags] == [flag.id for flag in desk.case.flags]
    shown = desk.shown()
    assert [(person.person_key, rules) for person, rules in shown.related] == [("TS-2", ("I09",))]


def test_a_case_goes_from_a_flag_to_two_peoples_word(desk: Desk) -> None:
    flag_id = desk.died()
    desk.gather()
    desk.take()
    desk.check(Step.VISIT, Outcome.TOLD_OF_DEATH, "女儿出示死亡证明")
    desk.propose(Disposition.CONFIRMED_DEATH)
    assert desk.case.standing.state is CaseState.PROPOSED
    desk.approve()
    case = desk.case
    assert case.standing.state is CaseState.CLOSED
    assert case.standing.disposition is Disposition.CONFIRMED_DEATH
    assert case.events[-1].proposed_by == desk.monitor.id
    assert case.events[2].note == "女儿出示死亡证明"
    assert desk.verdicts(flag_id) == [Verdict.NEEDS_CHECK]


def test_a_case_that_ends_moves_no_money(desk: Desk) -> None:
    desk.died()
    desk.gather()
    desk.close(Disposition.CONFIRMED_DEATH, Step.VISIT, Outcome.TOLD_OF_DEATH)
    assert desk.money.state() is PayState.PAID
    assert desk.money.acts() == []


@pytest.mark.parametrize("said", [Disposition.FALSE_ALARM, Disposition.DATA_ERROR])
def test_what_proved_wrong_is_judged_false_for_the_scorecard(desk: Desk, said: Disposition) -> None:
    flag_id = desk.died()
    desk.gather()
    desk.close(said)
    assert desk.verdicts(flag_id) == [Verdict.FALSE_FLAG]
    with desk.store.reading() as unit:
        assert unit.flags.unsettled_about(desk.person) == []


def test_a_duplicate_says_nothing_about_its_flags(desk: Desk) -> None:
    flag_id = desk.died()
    desk.gather()
    desk.close(Disposition.DUPLICATE)
    assert desk.verdicts(flag_id) == []


def test_a_flag_that_another_open_case_holds_is_not_judged_false_yet(desk: Desk) -> None:
    li = desk.money.add_person(LI, "TS-2")
    flag_id = desk.flag("I09", Severity.CRITICAL, "pair", desk.person, li)
    desk.gather()
    desk.close(Disposition.FALSE_ALARM)
    assert desk.verdicts(flag_id) == []


def test_nobody_decides_their_own_proposal(desk: Desk) -> None:
    desk.died()
    desk.gather()
    desk.take()
    desk.check()
    desk.propose(Disposition.FALSE_ALARM)
    with pytest.raises(AccessRefused):
        desk.deciding.approve(desk.case.id, "", desk.monitor)
    both = replace(desk.monitor, role=Role.CHECKER)  # after a change of roles
    with pytest.raises(SecondPersonNeeded):
        desk.deciding.approve(desk.case.id, "", both)
    with pytest.raises(SecondPersonNeeded):
        desk.deciding.give_back(desk.case.id, "", both)
    assert desk.case.standing.state is CaseState.PROPOSED


@pytest.mark.parametrize("role", [Role.OFFICER, Role.CHECKER, Role.AUDITOR, Role.DATA_STEWARD])
def test_only_monitors_work_on_cases(desk: Desk, role: Role) -> None:
    desk.died()
    desk.gather()
    member = desk.agency.member(role, "zhou")
    with pytest.raises(AccessRefused):
        desk.working.assign(desk.case.id, "chen", member)
    with pytest.raises(AccessRefused):
        desk.working.note_step(desk.case.id, Checked(Step.CALL, Outcome.REACHED), member)
    with pytest.raises(AccessRefused):
        desk.working.propose(desk.case.id, Disposition.FALSE_ALARM, "没有问题", member)


def test_nothing_ends_unchecked_and_without_a_reason(desk: Desk) -> None:
    desk.died()
    desk.gather()
    with pytest.raises(CaseDoesNotFollow):
        desk.check()
    desk.take()
    with pytest.raises((CaseStepMissing, CaseDoesNotFollow)):
        desk.propose(Disposition.FALSE_ALARM)
    desk.check()
    with pytest.raises(ReasonMissing):
        desk.working.propose(desk.case.id, Disposition.FALSE_ALARM, " ", desk.monitor)
    with pytest.raises(FieldInvalid):
        desk.working.note_step(desk.case.id, Checked(Step.CALL, Outcome.SEEN), desk.monitor)
    with pytest.raises(FieldInvalid):
        desk.working.assign(desk.case.id, "sun", desk.monitor)
    with pytest.raises(NotFound):
        desk.working.assign("0" * 32, "chen", desk.monitor)


def test_a_pass_after_a_registered_death_keeps_both_theories_and_needs_a_meeting(desk: Desk) -> None:
    desk.died()
    desk.flag("D07", Severity.CRITICAL)
    desk.gather()
    shown = desk.shown()
    assert shown.passed_after_death
    assert len(shown.theories) == 2
    assert (desk.case.standing.due_on - desk.case.opened_at.date()).days == 3
    desk.take()
    desk.check(Step.CALL, Outcome.REACHED)
    with pytest.raises(CaseNeedsMeeting):
        desk.propose(Disposition.DATA_ERROR)
    desk.check(Step.VISIT, Outcome.SEEN)
    desk.propose(Disposition.DATA_ERROR)
    desk.approve()


def test_nobody_who_was_seen_is_confirmed_dead(desk: Desk) -> None:
    desk.died()
    desk.gather()
    desk.take()
    desk.check(Step.IN_PERSON, Outcome.SEEN, "本人到窗口")
    with pytest.raises(PersonJustSeen):
        desk.propose(Disposition.CONFIRMED_DEATH)
    assert Disposition.CONFIRMED_DEATH in desk.shown().bars
    assert Against.SEEN in desk.shown().weighed.speaks_against


def test_not_even_when_they_came_between_the_two_words(desk: Desk) -> None:
    desk.died()
    desk.money.do(Act.HOLD, Ground.DEATH_RECORD)
    desk.gather()
    desk.take()
    desk.check(Step.VISIT, Outcome.TOLD_OF_DEATH)
    desk.propose(Disposition.CONFIRMED_DEATH)
    desk.later()
    desk.money.restore(Ground.SEEN_IN_PERSON)
    with pytest.raises(PersonJustSeen):
        desk.approve()
    desk.deciding.give_back(desk.case.id, "本人已到窗口", desk.checker)
    assert desk.case.standing.state is CaseState.VERIFYING


def test_a_new_flag_takes_a_proposal_back(desk: Desk) -> None:
    desk.died()
    desk.gather()
    desk.take()
    desk.check()
    desk.propose(Disposition.FALSE_ALARM)
    seen = desk.case.newest
    desk.died("2025-12-28", source="police")
    desk.gather()
    with pytest.raises(StaleJudgement):
        desk.deciding.approve(desk.case.id, "", desk.checker, after=seen)
    with pytest.raises(CaseDoesNotFollow):
        desk.approve()


def test_a_new_flag_opens_a_closed_case_again_with_its_history(desk: Desk) -> None:
    first = desk.died()
    desk.gather()
    desk.close(Disposition.FALSE_ALARM)
    desk.later(40)
    second = desk.died("2026-01-30", source="police")
    assert desk.gather()["reopened"] == 1
    case = desk.case
    assert case.standing.state is CaseState.NEW
    assert case.standing.assignee is None
    assert [flag.id for flag in case.flags] == [first, second]
    assert [flag.id for flag in case.round_flags] == [second]
    assert case.events[-1].act is CaseAct.REOPENED
    desk.take()
    with pytest.raises((CaseStepMissing, CaseDoesNotFollow)):  # what was checked the first time counts no more
        desk.propose(Disposition.FALSE_ALARM)


@pytest.mark.parametrize("hours", [0, -5], ids=["stands", "goes_back"])
def test_a_round_holds_its_own_flags_whatever_the_clock_does(desk: Desk, hours: int) -> None:
    desk.died()
    desk.gather()
    desk.close(Disposition.FALSE_ALARM)
    desk.clock.advance(hours=hours)
    second = desk.died("2026-01-30", source="police")
    assert desk.gather()["reopened"] == 1
    assert [flag.id for flag in desk.case.round_flags] == [second]
    desk.clock.advance(hours=hours)
    third = desk.flag("D07")
    assert desk.gather()["joined"] == 1
    assert [flag.id for flag in desk.case.round_flags] == [second, third]
    assert desk.shown().passed_after_death
    desk.take()
    desk.check(Step.CALL, Outcome.REACHED)
    with pytest.raises(CaseNeedsMeeting):
        desk.propose(Disposition.DATA_ERROR)


def test_who_acts_on_an_old_page_is_told_so(desk: Desk) -> None:
    desk.died()
    desk.gather()
    seen = desk.case.newest
    desk.working.assign(desk.case.id, "chen", desk.monitor, after=seen)
    with pytest.raises(StaleJudgement):
        desk.working.assign(desk.case.id, "qian", desk.other, after=seen)


def test_two_who_decide_at_once_leave_one_decision(desk: Desk) -> None:
    desk.died()
    desk.gather()
    desk.take()
    desk.check()
    desk.propose(Disposition.FALSE_ALARM)
    second, seen, case_id = desk.agency.member(Role.CHECKER, "wu"), desk.case.newest, desk.case.id

    def decide(by: int) -> str:
        try:
            desk.deciding.approve(case_id, "", (desk.checker, second)[by], after=seen)
        except ServiceError as error:
            return error.code
        return "done"

    with ThreadPoolExecutor(2) as pool:
        found = sorted(pool.map(decide, range(2)))
    assert found.count("done") == 1
    assert found[1] in {"stale_judgement", "transaction_conflict"}
    assert [event.act for event in desk.case.events].count(CaseAct.APPROVED) == 1


def test_gathering_in_two_places_at_once_makes_one_case(desk: Desk) -> None:
    desk.died()
    with ThreadPoolExecutor(2) as pool:
        counts = list(pool.map(lambda _: desk.gathering.run(), range(2)))
    assert sum(count["opened"] for count in counts) == 1
    assert len(desk.cases()) == 1


def test_a_maker_who_is_gone_confirms_nothing(desk: Desk) -> None:
    desk.died()
    desk.gather()
    desk.take()
    desk.check()
    desk.propose(Disposition.FALSE_ALARM)
    desk.agency.staff.disable("chen", "cli")
    with pytest.raises(MakerGone):
        desk.approve()
