"""The database itself lets nobody be both who proposes to take money away and who approves it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy.exc import DBAPIError

from auth_service.accounts.credentials import StaffMember
from auth_service.accounts.roles import Role
from auth_service.beneficiaries.person import BenefitKind
from auth_service.casework.contest import Contest, ContestAct, ContestStep
from auth_service.core.errors import KeyDestroyed, StaleJudgement, StorageFault
from auth_service.core.ids import new_id
from auth_service.payments.proposals import ADVERSE, GROUNDS, WITH_AMOUNT, Act, Proposal, Verdict
from auth_service.qualification.evidence import Channel
from auth_service.storage.unit import MoneyDecision, Store
from tests.databases import PostgresDatabase
from tests.storage.samples import NOW, direct_sql, person

RESIDENT = BenefitKind.RESIDENT_PENSION
INSTANT = "2026-03-10 00:00:00.000000"


def staff(store: Store, name: str, role: Role = Role.OFFICER) -> str:
    member = StaffMember(new_id(), name, role, "hash", disabled=False, created_at=NOW)
    with store.unit() as unit:
        unit.staff.add(member)
    return member.id


def propose(store: Store, someone: str, by: str, act: Act = Act.HOLD, **changed: Any) -> Proposal:
    amount = Decimal("592.00") if act in WITH_AMOUNT else None
    proposal = Proposal(
        new_id(), someone, RESIDENT, act, GROUNDS[act][0], "2026-04", by, NOW, act in ADVERSE, amount, "[]", "看过材料"
    )
    proposal = replace(proposal, **changed)
    with store.unit() as unit:
        unit.proposals.add(proposal)
    return proposal


def decide(store: Store, proposal: Proposal, by: str, verdict: Verdict = Verdict.APPROVED, minutes: int = 0) -> None:
    with store.unit() as unit:
        unit.proposals.decide(proposal, MoneyDecision(verdict, by, NOW + timedelta(minutes=minutes), "同意"))


@pytest.fixture
def li(store: Store) -> str:
    return staff(store, "li")


@pytest.fixture
def wang(store: Store) -> str:
    return staff(store, "wang", Role.CHECKER)


def test_an_act_comes_back_as_it_went_in(store: Store, li: str, wang: str) -> None:
    someone = person(store)
    proposal = propose(store, someone, li, Act.RECOVER)
    decide(store, proposal, wang)
    with store.reading() as unit:
        found = unit.proposals.get(proposal.id)
        (act,) = unit.proposals.history(someone, RESIDENT)
    assert found is not None
    assert found.proposal == proposal
    assert found.decision == MoneyDecision(Verdict.APPROVED, wang, NOW, "同意")
    assert (act.act, act.month, act.at) == (Act.RECOVER, "2026-04", NOW)


@pytest.mark.parametrize("act", sorted(ADVERSE))
def test_taking_away_cannot_even_be_proposed_as_an_act_of_one(store: Store, li: str, act: Act) -> None:
    with pytest.raises(StorageFault):
        propose(store, person(store), li, act, needs_two=False)


def test_one_person_cannot_be_both(store: Store, li: str) -> None:
    proposal = propose(store, person(store), li)
    with pytest.raises(StorageFault):
        decide(store, proposal, li)
    with pytest.raises(StorageFault):
        decide(store, replace(proposal, needs_two=False), li)


def test_giving_back_counts_on_one_persons_word(store: Store, li: str) -> None:
    someone = person(store)
    decide(store, propose(store, someone, li, Act.RESUME), li)
    with store.reading() as unit:
        assert [act.act for act in unit.proposals.history(someone, RESIDENT)] == [Act.RESUME]


def test_only_its_maker_withdraws_a_proposal(store: Store, li: str, wang: str) -> None:
    proposal = propose(store, person(store), li)
    with pytest.raises(StorageFault):
        decide(store, proposal, wang, Verdict.WITHDRAWN)
    decide(store, proposal, li, Verdict.WITHDRAWN)


def test_a_proposal_ends_once(store: Store, li: str, wang: str) -> None:
    proposal = propose(store, person(store), li)
    decide(store, proposal, wang, Verdict.RETURNED)
    with pytest.raises(StaleJudgement):
        decide(store, proposal, wang)


def test_acts_of_one_instant_keep_their_order(store: Store, li: str, wang: str) -> None:
    someone = person(store)
    for act in (Act.HOLD, Act.RESUME, Act.HOLD):
        decide(store, propose(store, someone, li, act), wang)
    with store.reading() as unit:
        found = unit.proposals.history(someone, RESIDENT)
    assert [act.act for act in found] == [Act.HOLD, Act.RESUME, Act.HOLD]
    assert len({act.at for act in found}) == 3


def _decision(proposal: str, needs_two: str, proposed_by: str, decided_by: str) -> str:
    columns = "proposal_id, verdict, needs_two, proposed_by, decided_by, decided_at"
    values = f"'{proposal}', 'approved', {needs_two}, '{proposed_by}', '{decided_by}', '{INSTANT}'"
    return f"INSERT INTO payment_decisions ({columns}) VALUES ({values})"


def _hold(someone: str, by: str, needs_two: str = "true") -> str:
    columns = "id, person_id, benefit_kind, act, ground, month, statement, needs_two, proposed_by, proposed_at"
    values = f"'{new_id()}', '{someone}', 'resident_pension', 'hold', 'missing', '2026-04', '', {needs_two}, '{by}'"
    return f"INSERT INTO payment_proposals ({columns}) VALUES ({values}, '{INSTANT}')"


@pytest.fixture
def serving(request: pytest.FixtureRequest, url: str) -> str:
    """As the role that serves, whose password a burglar may have; SQLite has one for all."""
    if url.startswith("sqlite"):
        return url
    database: PostgresDatabase = request.getfixturevalue("postgres_database")
    return database.urls.front


@pytest.mark.asvs("2.3.5")
def test_not_even_by_sql_as_the_role_that_serves(store: Store, serving: str, li: str, wang: str) -> None:
    someone = person(store)
    proposal = propose(store, someone, li)
    forged = [
        _decision(proposal.id, "true", li, li),
        _decision(proposal.id, "false", li, li),
        _decision(proposal.id, "true", wang, li),
        _decision(proposal.id, "true", li, "nobody"),
        _decision(new_id(), "true", li, wang),
        _hold(someone, li, needs_two="false"),
        _hold(someone, "nobody"),
        f"INSERT INTO payment_sent (proposal_id, verdict, file_id) VALUES ('{proposal.id}', 'approved', 'x')",
    ]
    for statement in forged:
        with pytest.raises(DBAPIError):
            direct_sql(serving, statement)
    with store.reading() as unit:
        assert unit.proposals.history(someone, RESIDENT) == ()


@pytest.mark.asvs("2.3.5")
def test_two_rows_written_by_hand_in_two_names_take_nothing_away(
    store: Store, serving: str, li: str, wang: str
) -> None:
    someone = person(store)
    proposal = propose(store, someone, li)
    direct_sql(serving, _decision(proposal.id, "true", li, wang))
    direct_sql(serving, _hold(someone, li))
    with store.reading() as unit:
        assert unit.proposals.history(someone, RESIDENT) == ()
        assert [one.proposal.id for one in unit.proposals.of(someone)] == [proposal.id]
        assert unit.proposals.waiting(someone, RESIDENT, NOW - timedelta(days=1)) == {Act.HOLD}


def test_who_serves_cannot_write_payments(store: Store, request: pytest.FixtureRequest, url: str) -> None:
    if url.startswith("sqlite"):
        return  # knows no roles
    database: PostgresDatabase = request.getfixturevalue("postgres_database")
    columns = "id, person_id, benefit_kind, entitlement_month, pay_date, amount_fen, status, batch_id, added_at"
    values = f"'x', '{person(store)}', 'resident_pension', '2026-03', '2026-03-01', 1, 'settled', 'b', '{INSTANT}'"
    with pytest.raises(DBAPIError, match="permission denied"):
        direct_sql(database.urls.front, f"INSERT INTO payments ({columns}) VALUES ({values})")


def _contest(store: Store, someone: str) -> Contest:
    contest = Contest(new_id(), someone, Channel.PHONE, "person", NOW, "我还在领")
    with store.unit() as unit:
        unit.contests.add(contest)
    return contest


def _step(store: Store, contest: Contest, act: ContestAct, by: str, proposed_by: str | None = None) -> None:
    with store.unit() as unit:
        stored = unit.contests.get(contest.id)
        assert stored is not None
        unit.contests.add_step(stored, ContestStep(act, by, NOW, "电话核实", proposed_by))


def test_a_contest_comes_back_as_it_went_in_and_is_dismissed_by_two(store: Store, li: str, wang: str) -> None:
    someone = person(store)
    contest = _contest(store, someone)
    _step(store, contest, ContestAct.DISMISSAL_PROPOSED, li)
    with pytest.raises(StorageFault):
        _step(store, contest, ContestAct.DISMISSED, li, li)
    with store.reading() as unit:
        found = unit.contests.open_of(someone)
    assert found is not None
    assert found.contest == contest
    assert [(step.act, step.note) for step in found.steps] == [(ContestAct.DISMISSAL_PROPOSED, "电话核实")]
    _step(store, contest, ContestAct.DISMISSED, wang, li)
    with store.reading() as unit:
        assert unit.contests.open_of(someone) is None


def test_a_contest_written_by_hand_opens_and_closes_nothing(store: Store, serving: str, li: str, wang: str) -> None:
    someone = person(store)
    columns = "INSERT INTO contests (id, person_id, channel, opened_by, opened_at) VALUES"
    direct_sql(serving, f"{columns} ('{new_id()}', '{someone}', 'phone', 'person', '{INSTANT}')")
    with store.reading() as unit:
        assert unit.contests.open_of(someone) is None
    contest = _contest(store, someone)
    acts = "INSERT INTO contest_acts (id, contest_id, number, act, proposed_by, done_by, done_at) VALUES"
    direct_sql(serving, f"{acts} ('{new_id()}', '{contest.id}', 1, 'dismissed', '{li}', '{wang}', '{INSTANT}')")
    with store.reading() as unit:
        assert unit.contests.open_of(someone) is not None


def test_words_go_with_the_person_and_the_acts_stay(store: Store, li: str, wang: str) -> None:
    someone = person(store)
    proposal = propose(store, someone, li)
    decide(store, proposal, wang)
    _contest(store, someone)
    with store.unit() as unit:
        unit.people.destroy_key(someone, NOW)
    with store.reading() as unit:
        found = unit.proposals.get(proposal.id)
        contests = unit.contests.of(someone)
    assert found is not None
    assert (found.note_gone, found.proposal.note, found.proposal.act) == (True, "", Act.HOLD)
    assert [one.contest.words for one in contests] == [""]
    with pytest.raises(KeyDestroyed):
        propose(store, someone, li)
