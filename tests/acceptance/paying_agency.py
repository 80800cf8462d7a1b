"""A paying agency with books of its own: it carries out the files that it gets, pays every month, and sends its rows.

Its books are the truth that the service's sums are held against: month by month, in fen, by plain addition.
"""

from __future__ import annotations

import csv
import io
import random
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime

from auth_service.beneficiaries.ledger import check_ledger_row
from auth_service.core.clock import legal_date
from auth_service.core.errors import ActRefused
from auth_service.flows.give_back import Restoring
from auth_service.flows.propose_act import Wish
from auth_service.flows.send_payments import AnswerPayment, SendPayments
from auth_service.payments.instructions import GivenAnswer, Instruction, Packed
from auth_service.payments.months import later, month_of
from auth_service.payments.proposals import GROUNDS, Act, Ground, PayState, Proposal, state_after
from auth_service.payments.rows import from_fen
from tests.builders import Agency, Rows, id_number
from tests.conftest import FixedClock
from tests.flows.paying import RESIDENT, Money

REGIONS = ("130202001", "130202002", "130203001", "130281004")
Book = dict[tuple[str, str], int]
"""(person key, month) -> fen."""


class Carrier:
    """Keeps the file in memory, as the agency receives it. fulfils flows/send_payments.py Packer"""

    def __init__(self) -> None:
        self.text = ""

    def pack(self, file_id: str, made_at: datetime, rows: list[Instruction]) -> Packed:
        text = io.StringIO()
        writer = csv.writer(text)
        writer.writerows(row.cells() for row in rows)
        return Packed(file_id, text.getvalue().encode(), "d" * 64, "{}")

    def write(self, packed: Packed) -> str:
        self.text = packed.content.decode()
        return packed.file_id


@dataclass
class Payee:
    """One person in the agency's own books. stopped: the month from which nothing is paid, None while it is"""

    key: str
    person: str
    region: str
    rate: int
    stopped: str | None = None
    died: date | None = None
    withheld: dict[str, int] = field(default_factory=dict)


class PayingAgency:
    """Events in any order over the real flows; `books` and `check` say what must hold."""

    def __init__(self, agency: Agency, clock: FixedClock, people: int, seed: int) -> None:
        self.money, self.clock, self.random = Money(agency, clock), clock, random.Random(seed)
        self.carrier = Carrier()
        self.sending = SendPayments(agency.store, self.carrier, clock)  # type: ignore[arg-type]
        self.answering = AnswerPayment(agency.store, clock)
        self.paid: Book = defaultdict(int)
        self.held: Book = defaultdict(int)
        self.rows: list[dict[str, str]] = []
        self.counts: dict[str, int] = defaultdict(int)
        self.payees = [self._payee(agency, place) for place in range(people)]
        self.by_key = {payee.key: payee for payee in self.payees}

    def _payee(self, agency: Agency, place: int) -> Payee:
        rate, region = 10_000 + self.random.randrange(90_000), self.random.choice(REGIONS)
        number = id_number(date(1940 + place % 20, 3, 1 + place % 28), 200 + place)
        values = {
            "id_number": number, "name": f"人{place}", "benefit_kind": "resident_pension", "region_code": region,
            "monthly_amount": str(from_fen(rate)), "person_key": f"K{place}",
        }  # fmt: skip
        now = self.clock.now()
        with agency.ledger_store.unit() as unit:
            person = unit.people.apply(check_ledger_row(values, legal_date(now)), now, "batch").person_id
        return Payee(f"K{place}", person, region, rate)

    # what may happen

    def step(self) -> None:
        """One event, drawn at random."""
        events = {
            self.hold: 22, self.restore: 20, self.dies: 5, self.corrected: 6, self.recover: 6, self.back_pay: 8,
            self.send: 12, self.bank_returns: 5, self.reverses: 3, self.imports_again: 2, self.contests: 3,
            self.raises: 2, self.pay_run: 6,
        }  # fmt: skip
        event = self.random.choices(list(events), list(events.values()))[0]
        try:
            done = event(self.random.choice(self.payees))
        except ActRefused:
            done = False
        self.counts[event.__name__ if done else f"{event.__name__}, not possible"] += 1

    def pay_run(self, _anybody: Payee) -> bool:
        """Once a month: everybody gets the month's money, or it is withheld; the rows go to the service."""
        self.send(_anybody)
        month = month_of(legal_date(self.clock.now()))
        while month_of(legal_date(self.clock.now())) == month:
            self.clock.advance(days=1)
        today = legal_date(self.clock.now())
        month = month_of(today)
        for payee in self.payees:
            status = "settled" if payee.stopped is None or month < payee.stopped else "withheld"
            self._row(payee, month, payee.rate, status, today)
        self._deliver()
        return True

    def hold(self, payee: Payee) -> bool:
        ground = self.random.choice([Ground.MISSING, Ground.DETAINED, Ground.DATA_CONFLICT])
        self._do(payee, Act.HOLD, ground)
        return True

    def restore(self, payee: Payee) -> bool:
        ground = self.random.choice([Ground.OUR_MISTAKE, Ground.REAPPEARED, Ground.SEEN_IN_PERSON])
        self.money.giving_back.run(Restoring(payee.person, ground), self.money.other)
        payee.died = None
        return True

    def dies(self, payee: Payee) -> bool:
        """Told up to five months late; held, then stopped, by two people each."""
        if payee.died is not None:
            return False
        died = later(month_of(legal_date(self.clock.now())), -self.random.randrange(6))
        if self._state(payee) is PayState.PAID:
            self._do(payee, Act.HOLD, Ground.DEATH_RECORD)
        self._do(payee, Act.TERMINATE, Ground.DEATH_CONFIRMED)
        payee.died = date(int(died[:4]), int(died[5:]), self.random.randrange(1, 29))
        return True

    def corrected(self, _anybody: Payee) -> bool:
        """The death was none: everything comes back."""
        payee = self._dead()
        if payee is None:
            return False
        self.money.giving_back.run(Restoring(payee.person, Ground.RECORD_WITHDRAWN), self.money.checker)
        payee.died = None
        return True

    def recover(self, _anybody: Payee) -> bool:
        """What is asked back is what the books say was paid after the month of death, less what was asked before."""
        payee = self._dead()
        if payee is None or payee.died is None:
            return False
        before = self._asked(payee)
        proposal = self._propose(payee, Act.RECOVER, Ground.LATE_REPORT, terms=Money.died(payee.died))
        last = month_of(payee.died)
        after_death = sum(fen for (key, month), fen in self.paid.items() if key == payee.key and month > last)
        assert proposal.amount is not None
        assert int(proposal.amount * 100) + before == after_death
        self.money.approve(proposal)
        return True

    def back_pay(self, payee: Payee) -> bool:
        self._do(payee, Act.BACK_PAY, Ground.MONTHS_WITHHELD)
        return True

    def contests(self, payee: Payee) -> bool:
        """Somebody says that it is wrong: nothing more can be taken away until an officer restores."""
        opened = self.money.opening.by_staff(payee.person, "", self.money.officer)
        if opened is None:
            return False
        state = self._state(payee)
        for act in (Act.HOLD, Act.SUSPEND, Act.TERMINATE):
            try:
                self._propose(payee, act)
            except ActRefused:
                continue
            raise AssertionError(f"{act} was possible in spite of a contest")
        if state is not PayState.PAID:
            return self.restore(payee)
        return False

    def raises(self, payee: Payee) -> bool:
        payee.rate += 100 + self.random.randrange(900)
        return True

    def bank_returns(self, payee: Payee) -> bool:
        """A payment of this month comes back, and is sent again some days later."""
        today = legal_date(self.clock.now())
        month = month_of(today)
        paid = self.paid[payee.key, month]
        if paid != payee.rate or payee.stopped is not None:
            return False
        self._row(payee, month, paid, "returned", today)
        self.clock.advance(days=1)
        self._row(payee, month, paid, "settled", legal_date(self.clock.now()))
        self._deliver()
        return True

    def reverses(self, payee: Payee) -> bool:
        """Part of this month's payment is booked back."""
        today = legal_date(self.clock.now())
        month = month_of(today)
        part = self.random.randrange(1, 5_000)
        if self.paid[payee.key, month] <= part or self._asked(payee):
            return False
        self._row(payee, month, part, "reversed", today)
        self._deliver()
        return True

    def imports_again(self, _anybody: Payee) -> bool:
        """A file that comes twice adds nothing."""
        rows = self.random.sample(self.rows, min(50, len(self.rows)))
        report = self.money.importing.run(Rows(rows, "again.csv"), Rows(), "cli", lambda _: None)
        assert report.added == 0
        return bool(rows)

    def send(self, _anybody: Payee) -> bool:
        """The agency gets a file, carries out each line, and answers."""
        if self.sending.run("cli") is None:
            return False
        for instruction, key, _, act, month, amount, _ in csv.reader(io.StringIO(self.carrier.text)):
            self._carry_out(self.by_key[key], Act(act), month, amount)
            self.answering.run(GivenAnswer(instruction, "done", "", legal_date(self.clock.now())), "payer")
        self._deliver()
        return True

    def _carry_out(self, payee: Payee, act: Act, month: str, amount: str) -> None:
        if act in {Act.HOLD, Act.SUSPEND, Act.TERMINATE}:
            payee.stopped = month if payee.stopped is None else min(payee.stopped, month)
        elif act is Act.RESUME:
            payee.stopped = None
        elif act is Act.BACK_PAY:
            self._pay_withheld(payee, int(amount.replace(".", "")))

    def _pay_withheld(self, payee: Payee, fen: int) -> None:
        """The oldest first; an order that its own books do not cover is refused by the assertion."""
        self.clock.advance(days=1)
        today = legal_date(self.clock.now())
        for month in sorted(payee.withheld):
            part = min(fen, payee.withheld[month])
            if part:
                fen -= part
                self._row(payee, month, part, "settled", today)
        assert fen == 0, "more arrears were approved than were ever withheld"

    def _row(self, payee: Payee, month: str, fen: int, status: str, day: date) -> None:
        """Into the agency's own books, and onto the next file."""
        book = (payee.key, month)
        if status == "withheld":
            payee.withheld[month] = payee.withheld.get(month, 0) + fen
            self.held[book] += fen
        elif status == "settled":
            owed = min(fen, payee.withheld.get(month, 0))
            payee.withheld[month] = payee.withheld.get(month, 0) - owed
            self.paid[book] += fen
        else:
            self.paid[book] -= fen
        told = {"entitlement_month": month, "pay_date": day.isoformat(), "amount": str(from_fen(fen))}
        self._next.append({**told, "status": status, "person_key": payee.key, "benefit_kind": "resident_pension"})

    @property
    def _next(self) -> list[dict[str, str]]:
        return self.__dict__.setdefault("_waiting", [])

    def _deliver(self) -> None:
        if not self._next:
            return
        report = self.money.importing.run(Rows(list(self._next), "rows.csv"), Rows(), "cli", lambda _: None)
        assert (report.added, report.refused) == (len(self._next), 0)
        self.rows += self._next
        self._next.clear()

    def _dead(self) -> Payee | None:
        dead = [payee for payee in self.payees if payee.died is not None]
        return self.random.choice(dead) if dead else None

    # two people

    def _propose(self, payee: Payee, act: Act, ground: Ground | None = None, **more: object) -> Proposal:
        wish = Wish(payee.person, RESIDENT, act, ground or GROUNDS[act][0], **more)  # type: ignore[arg-type]
        return self.money.proposing.run(wish, self.money.officer)

    def _do(self, payee: Payee, act: Act, ground: Ground) -> None:
        self.money.approve(self._propose(payee, act, ground))

    def _state(self, payee: Payee) -> PayState:
        with self.money.agency.store.reading() as unit:
            return state_after(unit.proposals.history(payee.person, RESIDENT))

    def _asked(self, payee: Payee) -> int:
        """What recoveries in force have asked back, in fen."""
        asked = 0
        with self.money.agency.store.reading() as unit:
            approved = [one for one in unit.proposals.of(payee.person) if one.decision is not None]
        for one in sorted(approved, key=lambda stored: stored.decision.decided_at):  # type: ignore[union-attr]
            if one.proposal.act is Act.RESUME:
                asked = 0
            elif one.proposal.act is Act.RECOVER and one.proposal.amount is not None:
                asked += int(one.proposal.amount * 100)
        return asked

    # what must hold

    def check(self) -> dict[str, int]:
        """The service's sums against the books, to the cent: by region, benefit and month, and for every person."""
        self.send(self.payees[0])
        store = self.money.agency.store
        paid: Book = defaultdict(int)
        held: Book = defaultdict(int)
        for (key, month), fen in self.paid.items():
            paid[self.by_key[key].region, month] += fen
        for (key, month), fen in self.held.items():
            held[self.by_key[key].region, month] += fen
        totals = store.queries.money_totals(digits=9)
        for one in totals:
            net = int((one.settled - one.returned - one.reversed) * 100)
            assert net == paid[one.region, one.month], one
            assert int(one.withheld * 100) == held[one.region, one.month], one
        assert sum(paid.values()) == sum(int((t.settled - t.returned - t.reversed) * 100) for t in totals)
        return {"months": len(totals), "fen_paid": sum(paid.values()), "fen_owed": self._check_people()}

    def _check_people(self) -> int:
        """What the service owes each person is what the books hold back, and not a cent more."""
        from auth_service.flows.money_terms import owed_to, pending_arrears  # noqa: PLC0415

        owed = 0
        for payee in self.payees:
            with self.money.agency.store.reading() as unit:
                person = unit.people.get(payee.person)
                assert person is not None
                found = owed_to(unit, person, RESIDENT, legal_date(self.clock.now())).sure.amount
                pending = pending_arrears(unit, payee.person, RESIDENT)
            assert pending == {}, "every approved sum was carried out"
            assert int(found * 100) == sum(payee.withheld.values()), payee
            owed += int(found * 100)
        return owed
