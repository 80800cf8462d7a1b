"""A ledger drawn by lot, kept both in a store and as plain values, so that rules can be judged without any query."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal

from auth_service.accounts.credentials import StaffMember
from auth_service.accounts.roles import Role
from auth_service.beneficiaries.arrangements import Arrangement, ProxyKind, Topic
from auth_service.beneficiaries.id_number import check_character
from auth_service.beneficiaries.ledger import LedgerRow, check_ledger_row
from auth_service.beneficiaries.person import BenefitKind
from auth_service.core.ids import new_id
from auth_service.payments.proposals import ADVERSE, GROUNDS, Act, Approved, Proposal, Verdict
from auth_service.payments.rows import PaymentRow, PaymentStatus
from auth_service.storage.unit import MoneyDecision, Store, Unit

NOW = datetime.fromisoformat("2026-03-10T02:30:15+00:00")
TODAY = date(2026, 3, 10)
RESIDENT = BenefitKind.RESIDENT_PENSION
_MONTHS = [f"2025-{number:02d}" for number in range(1, 13)]


@dataclass
class Somebody:
    """proxies: (kind, name, ID number)"""

    id: str
    row: LedgerRow
    proxies: list[tuple[ProxyKind, str, str]] = field(default_factory=list)
    payments: list[PaymentRow] = field(default_factory=list)
    acts: list[Approved] = field(default_factory=list)


@dataclass
class Ledger:
    people: list[Somebody]

    def by_id(self) -> list[Somebody]:
        return sorted(self.people, key=lambda one: one.id)


def draw(store: Store, seed: int, count: int = 40) -> Ledger:
    """So many people, alike enough that every rule finds some and leaves some alone."""
    chance = random.Random(seed)
    with store.unit(durable=False) as unit:
        officers = [_member(unit, name, role) for name, role in (("li", Role.OFFICER), ("wang", Role.CHECKER))]
        people = [_somebody(unit, chance, number) for number in range(count)]
        for one in people:
            _proxies(unit, chance, one, people)
            _payments(unit, chance, one)
            _acts(unit, chance, one, officers)
    return Ledger(people)


def _member(unit: Unit, name: str, role: Role) -> str:
    member = StaffMember(new_id(), name, role, "hash", disabled=False, created_at=NOW)
    unit.staff.add(member)
    return member.id


def _somebody(unit: Unit, chance: random.Random, number: int) -> Somebody:
    born = chance.choice(["19480502", "19480503", "19700101"])
    body = f"{chance.choice(['130203', '130205'])}{born}{number:03d}"
    name = chance.choice(["王秀英", "李建国", "古丽·买买提"])
    values = {
        "id_number": body + check_character(body),
        "name": name.replace("·", chance.choice(["·", "•"])),
        "benefit_kind": chance.choice(["resident_pension", "employee_pension", "survivor"]),
        "birth_date": chance.choice(["", f"{born[:4]}-{born[4:6]}-{born[6:]}", "1948-05-02", "1948"]),
        "sex": chance.choice(["", "男", "女"]),
        "region_code": chance.choice(["", "130203", "130205", "130203001", "13"]),
        "village": chance.choice(["", "东村", "西村"]),
        "award_month": chance.choice(["", "1990-01", "2010-06", "2024-01"]),
        "monthly_amount": chance.choice(["", "148.00"]),
    }
    if chance.random() < 0.7:
        values |= {"bank_account": chance.choice(["62220001", "62220002", "62220003", f"622200{number:03d}"])}
        values |= {"account_holder": chance.choice([name, f" {name} ", "赵六", "王秀英"])}
    row = check_ledger_row(values, TODAY)
    return Somebody(unit.people.apply(row, NOW, "batch-1").person_id, row.completed())


def _proxies(unit: Unit, chance: random.Random, one: Somebody, people: list[Somebody]) -> None:
    for _ in range(chance.choice([0, 0, 1, 2])):
        other, kind = chance.choice(people), chance.choice(list(ProxyKind))
        name, number = chance.choice(["赵六", other.row.name]), other.row.id_number.number
        details = {"name": name, "basis": "判决书", "id_number": number}
        word = Arrangement(Topic.PROXY, kind.value, details, "ledger", True, TODAY - timedelta(days=30), None, NOW)
        unit.proxies.tell(one.id, word, "batch-1")
        one.proxies = [told for told in one.proxies if told != (kind, name, number)] + [(kind, name, number)]


def _payments(unit: Unit, chance: random.Random, one: Somebody) -> None:
    if chance.random() < 0.2:
        return
    alike = chance.random() < 0.3
    for month in _MONTHS[: chance.choice([3, 6, 12])]:
        for _ in range(1 if alike else chance.choice([1, 1, 1, 2])):
            amount = Decimal("148.00") if alike else Decimal(chance.choice(["148.00", "148.00", "150.00", "300.00"]))
            status = (
                PaymentStatus.SETTLED if alike else chance.choice([PaymentStatus.SETTLED] * 5 + list(PaymentStatus))
            )
            paid_on = date.fromisoformat(f"{month}-15") + timedelta(days=chance.choice([0, 1, 40]))
            row = PaymentRow(one.row.benefit.kind, month, paid_on, amount, status)
            if unit.payments.add(one.id, row, "batch-1", NOW):
                one.payments.append(row)


def _acts(unit: Unit, chance: random.Random, one: Somebody, officers: list[str]) -> None:
    if chance.random() < 0.4:
        return
    at = NOW - timedelta(days=400)
    for act in chance.choice([[Act.HOLD], [Act.HOLD, Act.RESUME], [Act.HOLD, Act.SUSPEND], [Act.SUSPEND, Act.TERMINATE],
                              [Act.HOLD, Act.TERMINATE, Act.RESUME], [Act.HOLD, Act.RESUME, Act.SUSPEND]]):  # fmt: skip
        at += timedelta(days=chance.choice([20, 60, 90]))
        month, ground = chance.choice(_MONTHS), chance.choice(GROUNDS[act])
        verdict = chance.choice([Verdict.APPROVED] * 4 + [Verdict.RETURNED])
        kind, two = one.row.benefit.kind, act in ADVERSE
        proposal = Proposal(new_id(), one.id, kind, act, ground, month, officers[0], at, two, None, "[]", "看过")
        unit.proposals.add(proposal)
        unit.proposals.decide(proposal, MoneyDecision(verdict, officers[1], at, "同意"))
        if verdict is Verdict.APPROVED:
            one.acts.append(Approved(act, ground, month, at))
