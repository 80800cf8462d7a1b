""" "I am alive": from any channel, changing nothing by itself, and answered by one person."""

from __future__ import annotations

from datetime import timedelta

import pytest

from auth_service.beneficiaries.arrangements import Topic
from auth_service.casework.contest import ContestAct, ContestState, state_of
from auth_service.core.errors import ContestIsOpen, FieldInvalid, SecondPersonNeeded, StaleJudgement
from auth_service.flows.ask_other_way import Named
from auth_service.flows.import_arrangements import ImportArrangements
from auth_service.payments.proposals import Act, Ground, PayState
from auth_service.qualification.evidence import Channel, EvidenceKind
from auth_service.storage.unit import StoredContest
from tests.builders import LI, STRANGER, WANG, Agency, Rows
from tests.conftest import FixedClock
from tests.flows.paying import Money
from tests.storage.samples import PASSED, evidence


@pytest.fixture
def money(agency: Agency, clock: FixedClock) -> Money:
    return Money(agency, clock)


def open_one(money: Money) -> StoredContest:
    money.opening.by_number(Named(WANG, None), Channel.PHONE, "我还好好的")
    found = money.contest()
    assert found is not None
    return found


def test_opening_one_changes_nothing_by_itself_and_stops_further_acts(money: Money) -> None:
    money.do()
    contest = open_one(money)
    assert (money.state(), contest.contest.words) == (PayState.HELD, "我还好好的")
    with pytest.raises(ContestIsOpen):
        money.propose(Act.TERMINATE, Ground.DEATH_CONFIRMED)


def test_a_proposal_made_before_it_is_not_approved_while_it_is_open(money: Money) -> None:
    proposal = money.propose()
    open_one(money)
    with pytest.raises(ContestIsOpen):
        money.approve(proposal)


@pytest.mark.parametrize(("number", "opened_by"), [(LI, "proxy:guardian"), (STRANGER, "person")])
def test_a_guardian_on_file_is_known_as_one_and_anybody_else_is_heard_as_anybody(
    money: Money, agency: Agency, clock: FixedClock, number: str, opened_by: str
) -> None:
    money.do()
    row = {
        "id_number": WANG,
        "kind": "guardian",
        "name": "李四",
        "proxy_id_number": LI,
        "basis": "b",
        "source": "court",
    }
    flow = ImportArrangements(agency.ledger_store, clock)
    flow.run(Topic.PROXY, Rows([row]), Rows(), "cli", lambda _: None)
    money.opening.by_number(Named(WANG, None, number), Channel.PHONE, "她好好的")
    contest = money.contest()
    assert contest is not None
    assert (contest.contest.opened_by, money.state()) == (opened_by, PayState.HELD)


def test_twice_is_once(money: Money) -> None:
    money.do()
    assert open_one(money).contest.id == open_one(money).contest.id


def test_an_officer_who_sees_the_person_lifts_the_hold_and_ends_it_at_once(money: Money) -> None:
    money.do()
    open_one(money)
    money.restore(Ground.SEEN_IN_PERSON)
    contest = money.contest()
    assert contest is not None
    assert (money.state(), state_of(contest.steps)) == (PayState.PAID, ContestState.RESTORED)
    assert contest.steps[0].act is ContestAct.SEEN


def test_after_a_remote_pass_one_clerk_restores(money: Money) -> None:
    money.do()
    open_one(money)
    later = money.clock.now() + timedelta(minutes=5)
    passed = evidence(money.person, channel=Channel.PHONE, kind=EvidenceKind.FACE, attested_by=None)
    from dataclasses import replace  # noqa: PLC0415

    with money.agency.store.unit() as unit:
        unit.evidence.add(replace(passed, taken_at=later), PASSED)
    money.clock.advance(minutes=10)
    money.restore(Ground.PASSED_REMOTELY)
    assert money.state() is PayState.PAID


def test_where_nothing_is_held_somebody_calls_back_and_nothing_is_kept_from_being_held(money: Money) -> None:
    money.opening.by_number(Named(WANG, None), Channel.PHONE)
    money.opening.by_number(Named(STRANGER, None), Channel.PHONE)
    assert money.contest() is None
    with money.agency.store.reading() as unit:
        assert [one.person_id for one in unit.other_ways.waiting(10)] == [money.person]
    assert money.opening.by_staff(money.person, "来电", money.officer) is None
    money.do()
    assert money.opening.by_staff(money.person, "来电", money.officer) is not None


def test_another_name_than_the_ledgers_opens_nothing(money: Money) -> None:
    money.do()
    money.opening.by_number(Named(WANG, "李建国"), Channel.PHONE)
    assert money.contest() is None


def test_two_agree_that_things_stay_as_they_are(money: Money) -> None:
    money.do()
    contest = open_one(money).contest.id
    with pytest.raises(StaleJudgement):
        money.answering.dismiss(contest, "", money.checker)
    money.answering.act(contest, ContestAct.DISMISSAL_PROPOSED, "家属确认已故", money.officer)
    with pytest.raises(SecondPersonNeeded):
        money.answering.dismiss(contest, "", money.officer)
    money.answering.dismiss(contest, "已核对火化记录", money.checker)
    money.do(Act.TERMINATE, Ground.DEATH_CONFIRMED)


def test_restoring_is_no_act_that_can_be_merely_noted(money: Money) -> None:
    money.do()
    contest = open_one(money).contest.id
    for act in (ContestAct.SEEN, ContestAct.RESTORED, ContestAct.DISMISSED):
        with pytest.raises(FieldInvalid):
            money.answering.act(contest, act, "", money.officer)


def test_the_source_is_told_and_its_answer_kept_after_the_end(money: Money) -> None:
    money.do()
    contest = open_one(money).contest.id
    money.restore()
    money.answering.act(contest, ContestAct.SOURCE_TOLD, "民政：死亡登记有误", money.officer)
    money.clock.advance(days=3)
    money.answering.act(contest, ContestAct.SOURCE_CORRECTED, "已撤销", money.officer)
    found = money.contest()
    assert found is not None
    assert [step.act for step in found.steps][1:] == [ContestAct.SOURCE_TOLD, ContestAct.SOURCE_CORRECTED]
    with pytest.raises(StaleJudgement):
        money.answering.act(contest, ContestAct.SOURCE_CORRECTED, "", money.officer)
