"""Acts on money of the people of a served deployment, put there by its own flows."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from auth_service.accounts.credentials import StaffMember
from auth_service.accounts.roles import Role
from auth_service.beneficiaries.person import BenefitKind
from auth_service.flows.propose_act import Wish
from auth_service.payments.months import Months
from auth_service.payments.proposals import GROUNDS, Act, Ground, Proposal
from auth_service.qualification.evidence import Channel, EvidenceKind
from tests.builders import Rows
from tests.channels.service import Deployment, username_of
from tests.console.waiting import person_of
from tests.storage.samples import PASSED, evidence

RESIDENT = BenefitKind.RESIDENT_PENSION


class Moneyed:
    """An officer and a checker at work behind the console."""

    def __init__(self, service: Deployment) -> None:
        self.service, self.wiring = service, service.wiring
        self.officer, self.checker = self.member(Role.OFFICER), self.member(Role.CHECKER)

    def member(self, role: Role) -> StaffMember:
        return next(one for one in self.wiring.keep_staff.all() if one.username == username_of(role))

    def propose(self, number: str, act: Act, ground: Ground | None = None, **more: Any) -> Proposal:
        person = person_of(self.wiring, number)
        wish = Wish(person, RESIDENT, act, ground or GROUNDS[act][0], **more)
        return self.wiring.propose_act.run(wish, self.officer)

    def do(self, number: str, act: Act, ground: Ground | None = None, **more: Any) -> Proposal:
        proposal = self.propose(number, act, ground, **more)
        self.wiring.decide_proposal.approve(proposal.id, "材料齐全", self.checker)
        return proposal

    def contest(self, number: str, words: str = "我还好好的，请恢复") -> str:
        opened = self.wiring.open_contest.by_staff(person_of(self.wiring, number), words, self.officer)
        assert opened is not None
        return opened.contest.id

    def pay(self, number: str, first: str, last: str, status: str = "settled", amount: str = "203.50") -> None:
        with self.wiring.store.reading() as unit:
            person = unit.people.by_id_number(number)
        assert person is not None
        told = {"person_key": person.person_key, "benefit_kind": "resident_pension", "amount": amount, "status": status}
        values = [{**told, "entitlement_month": m, "pay_date": f"{m}-05"} for m in Months(first, last)]
        report = self.wiring.import_payments.run(Rows(values, "p.csv"), Rows(), "cli", lambda _: None)
        assert report.refused == 0

    def pass_remotely(self, number: str, minutes: int = 5) -> None:
        """As a capture session that qualified leaves it."""
        from dataclasses import replace  # noqa: PLC0415

        passed = evidence(
            person_of(self.wiring, number), channel=Channel.PHONE, kind=EvidenceKind.FACE, attested_by=None
        )
        at = self.service.clock.now() + timedelta(minutes=minutes)
        with self.wiring.store.unit() as unit:
            unit.evidence.add(replace(passed, taken_at=at), PASSED)
