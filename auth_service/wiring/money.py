"""The use cases about money, each built once."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

from auth_service.connectors.payment_files import PaymentFiles
from auth_service.flows.contest import AnswerContest, OpenContest
from auth_service.flows.decide_proposal import DecideProposal
from auth_service.flows.give_back import GiveBack
from auth_service.flows.import_payments import ImportPayments
from auth_service.flows.propose_act import ProposeAct
from auth_service.flows.reconcile_payments import ReconcilePayments
from auth_service.flows.see_money import SeeMoney
from auth_service.flows.send_payments import AnswerPayment, SendPayments
from auth_service.wiring.flows import Flows


class MoneyFlows(Flows):
    """What was paid, acts on it, and contests."""

    @cached_property
    def import_payments(self) -> ImportPayments:
        return ImportPayments(self.ledger_store, self.clock)

    def send_payments(self, folder: Path) -> SendPayments:
        return SendPayments(self.store, PaymentFiles(folder, self.signer), self.clock)

    @cached_property
    def answer_payment(self) -> AnswerPayment:
        return AnswerPayment(self.store, self.clock)

    @cached_property
    def reconcile_payments(self) -> ReconcilePayments:
        return ReconcilePayments(self.store, self.clock)

    @cached_property
    def see_money(self) -> SeeMoney:
        return SeeMoney(self.store, self.clock, self.settings.payments)

    @cached_property
    def propose_act(self) -> ProposeAct:
        return ProposeAct(self.store, self.clock, self.settings.payments, self.notice_plan)

    @cached_property
    def decide_proposal(self) -> DecideProposal:
        return DecideProposal(self.store, self.clock, self.settings.payments, self.notice_plan)

    @cached_property
    def give_back(self) -> GiveBack:
        return GiveBack(self.store, self.clock, self.settings.payments, self.notice_plan)

    @cached_property
    def open_contest(self) -> OpenContest:
        return OpenContest(self.store, self.clock, self.settings.payments, self.limit.wish, self.notice_plan)

    @cached_property
    def answer_contest(self) -> AnswerContest:
        return AnswerContest(self.store, self.clock, self.notice_plan)
