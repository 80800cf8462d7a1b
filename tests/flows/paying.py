"""Acts on money over the real flows: two officers, two checkers, and a paying agency that sends its rows."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from auth_service.accounts.roles import Role
from auth_service.beneficiaries.ledger import check_ledger_row
from auth_service.beneficiaries.person import BenefitKind
from auth_service.core.clock import legal_date
from auth_service.flows.contest import AnswerContest, OpenContest
from auth_service.flows.decide_proposal import DecideProposal
from auth_service.flows.give_back import GiveBack, Restored, Restoring
from auth_service.flows.import_payments import ImportPayments
from auth_service.flows.propose_act import ProposeAct, Wish
from auth_service.payments.months import Months, Uncertain
from auth_service.payments.proposals import GROUNDS, Act, Ground, PayState, Proposal, ProposalPolicy, state_after
from auth_service.payments.statement import RecoverTerms
from auth_service.storage.unit import StoredContest, StoredProposal
from tests.builders import WANG, Agency, Rows
from tests.conftest import FixedClock

RESIDENT = BenefitKind.RESIDENT_PENSION


class Money:
    """An agency with Wang Xiuying, who draws 148.00 a month under the person key TS-1."""

    def __init__(self, agency: Agency, clock: FixedClock) -> None:
        policy, store = ProposalPolicy(), agency.store
        self.agency, self.clock = agency, clock
        self.officer, self.other = agency.member(Role.OFFICER, "liu"), agency.member(Role.OFFICER, "zhao")
        self.checker = agency.member(Role.CHECKER, "sun")
        self.proposing = ProposeAct(store, clock, policy)
        self.deciding = DecideProposal(store, clock, policy)
        self.giving_back = GiveBack(store, clock, policy)
        self.opening, self.answering = OpenContest(store, clock, policy), AnswerContest(store, clock)
        self.importing = ImportPayments(agency.ledger_store, clock)
        self.person = self.add_person()

    def add_person(self, number: str = WANG, key: str = "TS-1", **more: str) -> str:
        values = {
            "id_number": number, "name": "王秀英", "benefit_kind": "resident_pension", "region_code": "130203",
            "monthly_amount": "148.00", "person_key": key, **more,
        }  # fmt: skip
        now = self.clock.now()
        with self.agency.ledger_store.unit() as unit:
            return unit.people.apply(check_ledger_row(values, legal_date(now)), now, "batch").person_id

    def rows(self, *rows: Mapping[str, str]) -> None:
        given = {"person_key": "TS-1", "benefit_kind": "resident_pension", "status": "settled"}
        values = [{**given, **row} for row in rows]
        report = self.importing.run(Rows(values, "payments.csv"), Rows(), "cli", lambda _: None)
        assert report.refused == 0

    def pay(self, first: str, last: str, amount: str = "148.00", status: str = "settled", key: str = "TS-1") -> None:
        told = {"amount": amount, "status": status, "person_key": key}
        self.rows(*({"entitlement_month": m, "pay_date": f"{m}-01", **told} for m in Months(first, last)))

    def propose(self, act: Act = Act.HOLD, ground: Ground | None = None, **more: Any) -> Proposal:
        by = more.pop("by", self.officer)
        wish = Wish(self.person, RESIDENT, act, ground or GROUNDS[act][0], **more)
        return self.proposing.run(wish, by)

    def approve(self, proposal: Proposal) -> None:
        self.deciding.approve(proposal.id, "同意", self.checker)

    def do(self, act: Act = Act.HOLD, ground: Ground | None = None, **more: Any) -> Proposal:
        proposal = self.propose(act, ground, **more)
        self.approve(proposal)
        return proposal

    def restore(self, ground: Ground = Ground.SEEN_IN_PERSON) -> Restored:
        return self.giving_back.run(Restoring(self.person, ground, "本人到窗口"), self.other)

    def state(self) -> PayState:
        with self.agency.store.reading() as unit:
            return state_after(unit.proposals.history(self.person, RESIDENT))

    def acts(self) -> list[StoredProposal]:
        with self.agency.store.reading() as unit:
            return list(unit.proposals.of(self.person))

    def contest(self) -> StoredContest | None:
        with self.agency.store.reading() as unit:
            return next(iter(unit.contests.of(self.person)), None)

    @staticmethod
    def died(on: date, until: date | None = None) -> RecoverTerms:
        return RecoverTerms(Uncertain(on, until or on))

    def back_paid(self) -> list[Decimal | None]:
        return [one.proposal.amount for one in self.acts() if one.proposal.act is Act.BACK_PAY]
