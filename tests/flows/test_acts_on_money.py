"""Two people take money away, one gives it back, and every sum comes from the rows."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from auth_service.accounts.roles import Role
from auth_service.core.errors import (
    AccessRefused,
    ActDoesNotFollow,
    EvidenceMissing,
    FieldInvalid,
    FieldMissing,
    MakerGone,
    MonthNotPossible,
    NotFound,
    NothingHeld,
    NothingOwed,
    OneIsWaiting,
    PersonJustSeen,
    ProposalTooOld,
    SecondPersonNeeded,
    StaleJudgement,
    SumNotSure,
)
from auth_service.payments.overpayment import OffsetKind
from auth_service.payments.proposals import Act, Ground, PayState, Verdict
from auth_service.payments.statement import RecoverTerms, claim_of, lines_of
from auth_service.storage.unit import PayingAnswer, PayingOutcome
from tests.builders import WANG, Agency
from tests.conftest import FixedClock
from tests.fakes import picture
from tests.flows.paying import Money


@pytest.fixture
def money(agency: Agency, clock: FixedClock) -> Money:
    return Money(agency, clock)


def test_a_hold_counts_from_the_second_persons_word_on(money: Money) -> None:
    proposal = money.propose()
    assert money.state() is PayState.PAID
    money.approve(proposal)
    assert money.state() is PayState.HELD
    assert (proposal.month, proposal.needs_two) == ("2026-03", True)


def test_a_month_that_has_been_paid_is_not_held(money: Money) -> None:
    money.pay("2026-03", "2026-03")
    assert money.propose().month == "2026-04"
    with pytest.raises(MonthNotPossible):
        money.propose(Act.SUSPEND, month="2026-02")


@pytest.mark.asvs("2.3.5", "8.2.1")
def test_nobody_approves_their_own_or_without_the_right(money: Money) -> None:
    proposal = money.propose()
    for somebody in (money.officer, money.other):
        with pytest.raises(AccessRefused):
            money.deciding.approve(proposal.id, "", somebody)
    with pytest.raises(AccessRefused):
        money.propose(by=money.checker)
    assert money.state() is PayState.PAID


def test_a_maker_who_became_a_checker_still_does_not_approve_their_own(money: Money) -> None:
    from dataclasses import replace  # noqa: PLC0415

    proposal = money.propose()
    with pytest.raises(SecondPersonNeeded):
        money.deciding.approve(proposal.id, "", replace(money.officer, role=Role.CHECKER))


def test_what_a_stolen_account_proposed_is_not_approved_once_it_is_disabled(money: Money) -> None:
    proposal = money.propose()
    money.agency.staff.disable("liu", "cli")
    with pytest.raises(MakerGone):
        money.approve(proposal)
    money.deciding.give_back_to_maker(proposal.id, "账号停用", money.checker)


def test_a_proposal_ends_once_by_return_or_withdrawal(money: Money) -> None:
    first = money.propose()
    with pytest.raises(OneIsWaiting):
        money.propose(by=money.other)
    money.deciding.give_back_to_maker(first.id, "再核实", money.checker)
    with pytest.raises(StaleJudgement):
        money.approve(first)
    second = money.propose()
    with pytest.raises(AccessRefused):
        money.deciding.withdraw(second.id, "", money.other)
    money.deciding.withdraw(second.id, "弄错了人", money.officer)
    assert [one.decision.verdict for one in money.acts() if one.decision] == [Verdict.RETURNED, Verdict.WITHDRAWN]
    assert money.state() is PayState.PAID


def test_an_old_proposal_must_be_made_anew_and_keeps_nobody_waiting(money: Money) -> None:
    proposal = money.propose()
    money.clock.advance(days=28)
    with pytest.raises(ProposalTooOld):
        money.approve(proposal)
    money.propose()


def test_one_person_lifts_a_hold_at_once(money: Money) -> None:
    money.do()
    restored = money.restore()
    assert money.state() is PayState.PAID
    assert restored.back_paid == 0
    (hold, resume) = money.acts()
    assert (hold.proposal.act, resume.proposal.act, resume.proposal.month) == (Act.HOLD, Act.RESUME, "2026-03")
    assert resume.proposal.proposed_by == (resume.decision.decided_by if resume.decision else None) == money.other.id
    with pytest.raises(NothingHeld):
        money.restore()


def test_what_was_withheld_comes_with_it(money: Money) -> None:
    money.do()
    money.clock.advance(days=92)
    money.pay("2026-03", "2026-05", status="withheld")
    restored = money.restore()
    assert restored.back_paid == Decimal("444.00")
    back_pay = money.acts()[-1].proposal
    assert [(line.month, str(line.amount)) for line in lines_of(back_pay.statement)] == [
        ("2026-03", "148.00"), ("2026-04", "148.00"), ("2026-05", "148.00"),
    ]  # fmt: skip


def test_arrears_are_not_paid_twice_before_or_after_they_arrive(money: Money) -> None:
    money.do()
    money.clock.advance(days=61)
    money.pay("2026-03", "2026-04", status="withheld")
    money.restore()
    with pytest.raises(NothingOwed):
        money.propose(Act.BACK_PAY)
    told = {"pay_date": "2026-05-10", "amount": "148.00"}
    money.rows({"entitlement_month": "2026-03", **told})
    with pytest.raises(NothingOwed):
        money.propose(Act.BACK_PAY)
    money.rows({"entitlement_month": "2026-04", **told})
    with pytest.raises(NothingOwed):
        money.propose(Act.BACK_PAY)


def test_arrears_that_the_paying_agency_refused_are_owed_again(money: Money) -> None:
    money.do()
    money.clock.advance(days=61)
    money.pay("2026-03", "2026-04", status="withheld")
    money.restore()
    back_pay = money.acts()[-1].proposal
    with money.agency.store.unit() as unit:
        answer = PayingAnswer(back_pay.id, PayingOutcome.REFUSED, "ACCOUNT", None, "cli", money.clock.now())
        assert unit.paying.answer(answer)
    again = money.propose(Act.BACK_PAY)
    assert again.amount == Decimal("296.00")
    money.deciding.approve(again.id, "", money.checker)


def test_arrears_of_more_than_a_year_wait_for_a_second_person_and_the_hold_is_lifted_all_the_same(money: Money) -> None:
    money.do()
    money.clock.advance(days=430)
    money.pay("2026-03", "2027-04", status="withheld")
    restored = money.restore()
    assert (money.state(), restored.back_paid, len(restored.left_open)) == (PayState.PAID, Decimal(0), 1)
    money.approve(money.acts()[-1].proposal)
    assert money.back_paid() == [Decimal("2072.00")]


def test_months_without_a_row_wait_for_it_or_are_proposed_by_the_ledgers_amount(money: Money) -> None:
    money.do()
    money.clock.advance(days=61)
    restored = money.restore()
    assert (money.state(), restored.back_paid, len(restored.awaited)) == (PayState.PAID, Decimal(0), 1)
    proposal = money.propose(Act.BACK_PAY)
    assert proposal.amount == Decimal("296.00")
    assert '"provisional":true' in proposal.statement
    money.approve(proposal)
    money.pay("2026-03", "2026-04", "150.00", "withheld")
    more = money.propose(Act.BACK_PAY)
    assert more.amount == Decimal("4.00")


def test_a_month_that_was_paid_in_spite_of_the_hold_is_not_paid_again(money: Money) -> None:
    money.do()
    money.clock.advance(days=61)
    money.pay("2026-04", "2026-04", status="withheld")
    assert money.restore().back_paid == Decimal("148.00")
    money.pay("2026-03", "2026-03")
    with pytest.raises(NothingOwed):
        money.propose(Act.BACK_PAY)


def test_what_was_withheld_after_the_resumption_by_a_late_run_is_owed_too(money: Money) -> None:
    money.do()
    money.restore()
    money.clock.advance(days=31)
    money.pay("2026-03", "2026-04", status="withheld")
    assert money.propose(Act.BACK_PAY).amount == Decimal("296.00")


def test_a_remote_pass_is_a_ground_only_where_there_was_one(money: Money) -> None:
    money.do()
    with pytest.raises(EvidenceMissing):
        money.restore(Ground.PASSED_REMOTELY)


def test_nobody_just_seen_in_person_is_held_as_dead(money: Money, agency: Agency) -> None:
    agency.enroll(WANG, picture("wang"), picture("wang", take=2))
    assert agency.verify(WANG, picture("wang", take=3)).certificate is not None
    with pytest.raises(PersonJustSeen):
        money.propose(Act.HOLD, Ground.DEATH_RECORD)
    money.do(Act.HOLD, Ground.DETAINED)
    money.clock.advance(days=31)
    with pytest.raises(ActDoesNotFollow):
        money.propose(Act.HOLD, Ground.DEATH_RECORD)
    money.propose(Act.TERMINATE, Ground.DEATH_CONFIRMED)


def test_overpayment_is_claimed_row_by_row_and_once(money: Money) -> None:
    money.pay("2025-10", "2026-02")
    with pytest.raises(SumNotSure):
        money.propose(Act.RECOVER, Ground.LATE_REPORT, terms=money.died(date(2025, 10, 3), date(2025, 12, 9)))
    terms = RecoverTerms(money.died(date(2025, 10, 3)).end, offsets=((OffsetKind.FUNERAL_GRANT, Decimal("100.00")),))
    proposal = money.do(Act.RECOVER, Ground.LATE_REPORT, terms=terms)
    found = claim_of(proposal.statement)
    assert (found.gross, found.offset, found.net) == (Decimal("592.00"), Decimal("100.00"), Decimal("492.00"))
    assert proposal.amount == Decimal("492.00")
    with pytest.raises(NothingOwed):
        money.propose(Act.RECOVER, Ground.LATE_REPORT, terms=terms)
    money.pay("2026-03", "2026-03")
    more = money.propose(Act.RECOVER, Ground.LATE_REPORT, terms=money.died(date(2025, 10, 3)))
    assert more.amount == Decimal("148.00")


def test_a_sum_that_the_rows_no_longer_say_is_not_approved(money: Money) -> None:
    money.pay("2025-10", "2026-02")
    proposal = money.propose(Act.RECOVER, Ground.FRAUD, terms=money.died(date(2025, 10, 3)))
    money.pay("2026-02", "2026-02", status="returned")
    with pytest.raises(ProposalTooOld):
        money.approve(proposal)


def test_a_withdrawn_death_record_brings_everything_back(money: Money) -> None:
    money.pay("2025-12", "2026-03")
    money.do(Act.HOLD, Ground.DEATH_RECORD)
    money.do(Act.TERMINATE, Ground.DEATH_CONFIRMED)
    money.do(Act.RECOVER, Ground.LATE_REPORT, terms=money.died(date(2026, 1, 9)))
    money.clock.advance(days=92)
    money.pay("2026-04", "2026-05", status="withheld")
    restored = money.restore(Ground.RECORD_WITHDRAWN)
    assert (money.state(), restored.back_paid) == (PayState.PAID, Decimal("296.00"))


def test_what_cannot_be_proposed_says_why(money: Money) -> None:
    with pytest.raises(FieldMissing):
        money.propose(Act.RECOVER, Ground.FRAUD)
    with pytest.raises(FieldInvalid):
        money.propose(Act.RESUME)
    with pytest.raises(FieldInvalid):
        money.propose(Act.HOLD, Ground.FRAUD)
    with pytest.raises(ActDoesNotFollow):
        money.propose(Act.TERMINATE)
    with pytest.raises(NotFound):
        money.deciding.approve("0" * 32, "", money.checker)


def test_the_audit_trail_tells_of_every_act(money: Money) -> None:
    money.do()
    money.restore()
    with money.agency.store.reading() as unit:
        told = [
            (row.event.action, (row.event.details or {}).get("act"))
            for row in unit.audit.rows()
            if row.event.action.startswith("payment.")
        ]
    assert told == [
        ("payment.proposed", "hold"), ("payment.decided", "hold"),
        ("payment.proposed", "resume"), ("payment.decided", "resume"),
    ]  # fmt: skip
