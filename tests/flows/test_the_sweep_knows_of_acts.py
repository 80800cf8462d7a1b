"""What people decided about payments, and what is contested, reaches everybody's status; on both databases."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from auth_service.accounts.roles import Role
from auth_service.casework.contest import ContestAct
from auth_service.connectors.policy_file import read_policy_text
from auth_service.core.clock import end_of, legal_date
from auth_service.flows import sweep
from auth_service.flows.life_pages import lives_of
from auth_service.flows.rehearse import Rehearse
from auth_service.flows.sweep import Sweep, SweepReport
from auth_service.payments.proposals import Act, Ground
from auth_service.qualification.life import ActKind, LifeFacts
from auth_service.qualification.policy import PolicyBook
from auth_service.qualification.policy_document import read_policies
from auth_service.qualification.status import LifeState, Reason, Status, Why, status_of
from tests.builders import LI, WANG, Agency
from tests.conftest import FixedClock
from tests.fakes import picture
from tests.flows.paying import Money
from tests.storage.samples import direct_sql


@pytest.fixture
def money(agency: Agency, clock: FixedClock) -> Money:
    return Money(agency, clock)


def swept(money: Money) -> SweepReport:
    return Sweep(money.agency.store, money.clock).run(None, "test", lambda _: None)


def facts(money: Money, on: date | None = None) -> LifeFacts:
    day = on or legal_date(money.clock.now())
    with money.agency.store.reading() as unit:
        (life,) = lives_of(unit, [money.person], day, unit.policies.book())
    return life.facts


def status(money: Money) -> Status:
    return status_of(facts(money), PolicyBook(), money.clock.now())


def stored(money: Money, what: str = "state") -> Any:
    ((found,),) = direct_sql(
        money.agency.urls.front, f"SELECT {what} FROM life_states WHERE person_id = '{money.person}'"
    )
    return found


def test_a_hold_that_two_people_stand_for_makes_the_status_held_at_the_next_sweep(money: Money) -> None:
    swept(money)
    proposal = money.do()
    report = swept(money)
    assert (report.whole, report.changed, stored(money)) == (False, 1, "held")
    (act,) = facts(money).acts
    assert (act.kind, act.made_by, act.approved_by) == (ActKind.HOLD, money.officer.id, money.checker.id)
    assert Reason(Why.HELD, date(2026, 3, 1), ref=proposal.id) in status(money).reasons


def test_a_proposal_that_nobody_has_approved_changes_nothing(money: Money) -> None:
    swept(money)
    before = facts(money)
    proposal = money.propose()
    assert (swept(money).changed, stored(money), facts(money)) == (0, "normal", before)
    money.deciding.give_back_to_maker(proposal.id, "再核实", money.checker)
    assert (swept(money).changed, stored(money), facts(money)) == (0, "normal", before)


def test_one_person_gives_it_back_and_the_status_follows(money: Money) -> None:
    money.do()
    swept(money)
    money.clock.advance(days=1)
    money.restore()
    assert swept(money).changed == 1
    assert (stored(money), status(money).state) == ("normal", LifeState.NORMAL)
    assert [act.kind for act in facts(money).acts] == [ActKind.HOLD, ActKind.RESUME]
    assert status(money).reasons[0].why is Why.RESUMED


def test_what_follows_a_hold_follows_in_the_status_too(money: Money) -> None:
    money.do()
    money.do(Act.SUSPEND)
    swept(money)
    assert stored(money) == "suspended"
    money.do(Act.TERMINATE)
    swept(money)
    assert stored(money) == "terminated"
    money.restore(Ground.REAPPEARED)
    swept(money)
    assert stored(money) == "normal"


def test_a_hold_from_a_later_month_is_told_with_that_month_and_a_pass_meanwhile_comes_first(money: Money) -> None:
    money.pay("2026-03", "2026-03")
    money.agency.enroll(WANG, picture("wang"))
    hold = money.do(Act.HOLD, Ground.NOT_REACHED)
    assert (hold.month, status(money).reasons[0].on) == ("2026-04", date(2026, 4, 1))
    money.clock.advance(days=1)
    money.agency.verify(WANG, picture("wang", take=1))
    swept(money)
    assert (stored(money), bool(stored(money, "restore_first"))) == ("held", True)


def test_an_open_contest_stands_in_the_status_until_somebody_answers(money: Money) -> None:
    money.do()
    swept(money)
    contest = money.opening.by_staff(money.person, "我还在", money.other)
    assert contest is not None
    assert swept(money).changed == 1
    assert (facts(money).contested, Why.CONTESTED in {one.why for one in status(money).reasons}) == (True, True)
    money.answering.act(contest.contest.id, ContestAct.DISMISSAL_PROPOSED, "", money.other)
    assert facts(money).contested
    money.answering.dismiss(contest.contest.id, "", money.officer)
    assert swept(money).changed == 1
    assert not facts(money).contested
    money.opening.by_staff(money.person, "", money.other)
    money.restore()
    swept(money)
    assert (facts(money).contested, stored(money)) == (False, "normal")


def test_nobody_who_contests_is_open_to_a_proposal_for_being_late(money: Money) -> None:
    money.propose()  # something to contest
    money.clock.advance(days=500)
    policies, _ = read_policies(
        read_policy_text("name: strict\npolicies:\n  - benefits: [resident_pension]\n    hold_for_overdue: true\n")
    )
    assert policies is not None

    def rehearsed() -> object:
        found = Rehearse(money.agency.store, money.clock).run(policies, None, None, lambda _: None)
        return found.document()["after"]

    assert rehearsed() == {"due_soon": 0, "overdue": 1, "may_be_held": 1, "guarded": 0}
    money.propose()
    assert money.opening.by_staff(money.person, "", money.other) is not None
    assert rehearsed() == {"due_soon": 0, "overdue": 1, "may_be_held": 0, "guarded": 0}


def test_a_doubt_counts_from_the_act_that_rests_on_it_until_the_money_is_given_back(money: Money) -> None:
    money.propose(Act.HOLD, Ground.DEATH_RECORD)
    assert facts(money).death_hint_at is None
    money.approve(money.acts()[0].proposal)
    assert facts(money).death_hint_at == money.clock.now()
    money.clock.advance(days=1)
    money.restore()
    assert facts(money).death_hint_at is None
    money.do(Act.HOLD, Ground.NOT_REACHED)
    assert facts(money).death_hint_at is None


def test_a_day_that_is_over_is_judged_by_what_was_known_on_it(money: Money) -> None:
    first = legal_date(money.clock.now())
    money.clock.advance(days=2)
    money.do()
    money.opening.by_staff(money.person, "", money.other)
    assert (facts(money, first).acts, facts(money, first).contested) == ((), False)
    assert status_of(facts(money), PolicyBook(), end_of(first)).state is LifeState.NORMAL


def test_rows_that_this_service_did_not_write_hold_nobody(money: Money) -> None:
    """Two names in two rows by SQL: the guards say that nobody did this here."""
    money.propose()
    swept(money)
    at = "2026-03-20 00:00:00.000000" + ("" if money.agency.urls.front.startswith("sqlite") else "+00")
    direct_sql(
        money.agency.urls.front,
        "INSERT INTO payment_decisions (proposal_id, verdict, needs_two, proposed_by, decided_by, decided_at, guard) "
        f"SELECT id, 'approved', needs_two, proposed_by, '{money.checker.id}', '{at}', guard FROM payment_proposals",
    )
    assert facts(money).acts == ()
    assert (swept(money).changed, stored(money)) == (0, "normal")


def test_acts_on_one_benefit_or_person_say_nothing_of_others(money: Money) -> None:
    money.add_person(benefit_kind="survivor")
    money.agency.person(LI, "李建国")
    money.do()
    swept(money)
    rows = direct_sql(money.agency.urls.front, "SELECT kind, state FROM life_states ORDER BY state, kind")
    assert [tuple(row) for row in rows] == [
        ("resident_pension", "held"),
        ("resident_pension", "normal"),
        ("survivor", "normal"),
    ]


@pytest.mark.parametrize("dies_after", [1, 2, 3])
def test_a_sweep_that_is_killed_beside_acts_and_contests_ends_in_the_same_state(
    money: Money, monkeypatch: pytest.MonkeyPatch, dies_after: int
) -> None:
    monkeypatch.setattr(sweep, "PEOPLE_AT_ONCE", 1)
    people = [money.person, *(money.add_person(number, key) for number, key in ((LI, "TS-2"),))]
    third = money.agency.member(Role.OFFICER, "qian")
    swept(money)
    money.clock.advance(days=1)
    for person in people:
        money.person = person
        money.do()
    money.opening.by_staff(people[1], "", third)
    left = [dies_after]

    def dies(_: int) -> None:
        left[0] -= 1
        if not left[0]:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Sweep(money.agency.store, money.clock).run(None, "test", dies)
    swept(money)
    wanted = "SELECT person_id, state, due_on, reasons, next_look_on FROM life_states ORDER BY person_id"
    after = direct_sql(money.agency.urls.front, wanted)
    assert [row[1] for row in after] == ["held", "held"]
    direct_sql(money.agency.urls.owner, "DELETE FROM sweeps", "DELETE FROM life_states")
    swept(money)
    assert direct_sql(money.agency.urls.front, wanted) == after
