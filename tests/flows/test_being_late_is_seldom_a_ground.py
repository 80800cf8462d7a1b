"""Whoever is only late loses nothing by a policy's silence, in grace, unvisited, or once they have passed."""

from __future__ import annotations

import pytest

from auth_service.accounts.roles import Role
from auth_service.beneficiaries.tags import Tag
from auth_service.capture.other_way import Way
from auth_service.connectors.policy_file import read_policy_text
from auth_service.core.clock import legal_date
from auth_service.core.errors import ContestIsOpen, FieldInvalid, LateIsNoGround
from auth_service.flows.answer_request import AnswerRequest
from auth_service.flows.ask_other_way import AskOtherWay, Named
from auth_service.flows.keep_policies import KeepPolicies
from auth_service.flows.sweep import Sweep
from auth_service.payments.proposals import Act, Ground, PayState
from auth_service.qualification.decision import Outcome
from auth_service.qualification.evidence import Channel
from tests.builders import WANG, Agency
from tests.conftest import FixedClock
from tests.fakes import picture
from tests.flows.paying import Money

STRICT = "name: strict\npolicies:\n  - benefits: [resident_pension]\n    grace_days: 30\n    hold_for_overdue: true\n"


@pytest.fixture
def money(agency: Agency, clock: FixedClock) -> Money:
    return Money(agency, clock)


def strict(money: Money) -> None:
    first, second = money.agency.member(Role.POLICY_ADMIN, "xu"), money.agency.member(Role.POLICY_ADMIN, "he")
    keeping = KeepPolicies(money.agency.store, money.clock)
    name = keeping.propose(read_policy_text(STRICT), first).policies.name
    keeping.activate(name, legal_date(money.clock.now()), second)


def test_without_a_policy_that_says_so_it_is_none(money: Money) -> None:
    money.clock.advance(days=500)
    Sweep(money.agency.store, money.clock).run(None, "test", lambda _: None)
    with pytest.raises(LateIsNoGround):
        money.propose(Act.HOLD, Ground.OVERDUE)
    assert money.acts() == []


def test_where_the_policy_says_so_two_people_hold_it_and_one_gives_it_back(money: Money) -> None:
    strict(money)
    money.clock.advance(days=500)
    proposal = money.propose(Act.HOLD, Ground.OVERDUE)
    assert money.state() is PayState.PAID
    money.approve(proposal)
    assert money.state() is PayState.HELD
    money.restore()
    assert money.state() is PayState.PAID


def test_nobody_is_late_who_is_not_due_or_still_in_grace(money: Money) -> None:
    strict(money)
    with pytest.raises(LateIsNoGround):
        money.propose(Act.HOLD, Ground.OVERDUE)
    money.clock.advance(days=390)  # due on 31 March of the next year, and grace runs for 30 days more
    with pytest.raises(LateIsNoGround):
        money.propose(Act.HOLD, Ground.OVERDUE)


def test_a_pass_before_the_second_word_ends_it(money: Money) -> None:
    strict(money)
    money.agency.enroll(WANG, picture("wang"))
    money.clock.advance(days=500)
    proposal = money.propose(Act.HOLD, Ground.OVERDUE)
    money.agency.verify(WANG, picture("wang", take=1))
    with pytest.raises(LateIsNoGround):
        money.approve(proposal)
    assert money.state() is PayState.PAID


def test_nobody_is_late_while_their_capture_waits_for_a_look(money: Money) -> None:
    """What staff left lying is nobody's delay but ours, whether it lay there before the proposal or came after it."""
    strict(money)
    money.agency.enroll(WANG, picture("wang"))
    money.clock.advance(days=500)
    proposal = money.propose(Act.HOLD, Ground.OVERDUE)
    attempt = money.agency.verify(WANG, picture("wang", take=1, blur=0.55))
    assert attempt.decision.outcome is Outcome.REFER
    with pytest.raises(LateIsNoGround):
        money.approve(proposal)
    assert money.state() is PayState.PAID


def test_nobody_is_late_while_their_request_for_another_way_waits(money: Money) -> None:
    strict(money)
    money.clock.advance(days=500)
    asking = AskOtherWay(money.agency.store, money.clock)
    asking.by_number(Named(WANG, "王秀英"), Way.HOME_VISIT, Channel.PHONE)
    with pytest.raises(LateIsNoGround):
        money.propose(Act.HOLD, Ground.OVERDUE)
    answering = AnswerRequest(money.agency.store, money.clock, lambda _staff: None)
    (waiting,) = money.agency.store.queries.requests().rows
    answering.settle(waiting.id, "上门两次，无人应答", money.officer)
    money.propose(Act.HOLD, Ground.OVERDUE)


def test_whoever_the_policy_guards_is_visited_first(money: Money, agency: Agency) -> None:
    strict(money)
    now = money.clock.now()
    with agency.ledger_store.unit() as unit:
        day = legal_date(now)
        assert unit.life_events.give_tag(money.person, Tag.SUBSISTENCE, "民政", (day, day, None), (now, "list"))
    money.clock.advance(days=500)
    with pytest.raises(LateIsNoGround):
        money.propose(Act.HOLD, Ground.OVERDUE)


def test_it_is_a_ground_of_a_hold_alone_and_a_contest_comes_first(money: Money) -> None:
    strict(money)
    money.clock.advance(days=500)
    with pytest.raises(FieldInvalid):
        money.propose(Act.SUSPEND, Ground.OVERDUE)
    proposal = money.propose(Act.HOLD, Ground.OVERDUE)
    assert money.opening.by_staff(money.person, "", money.other) is not None
    with pytest.raises(ContestIsOpen):
        money.approve(proposal)
