"""How the tests of sets of facts look at them: page by page as a sweep does, and all at once past every narrowing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Protocol, TypeVar

from auth_service.accounts.credentials import StaffMember
from auth_service.accounts.roles import Role
from auth_service.beneficiaries.person import BenefitKind
from auth_service.core.ids import new_id
from auth_service.matching.comparison import ComparisonDecision, Zone
from auth_service.monitoring.flags import Flag
from auth_service.payments.proposals import ADVERSE, GROUNDS, WITH_AMOUNT, Act, Ground, Proposal, Verdict
from auth_service.payments.rows import PaymentRow, PaymentStatus
from auth_service.qualification.decision import Decision
from auth_service.qualification.evidence import FaceEvidence
from auth_service.qualification.grades import EventKind
from auth_service.qualification.life import LifeEvent, Message
from auth_service.storage.unit import MoneyDecision, Store
from auth_service.storage.work import Work
from tests.storage.samples import NOW, evidence

RESIDENT = BenefitKind.RESIDENT_PENSION
DAY = timedelta(days=1)


class Placed(Protocol):
    @property
    def place(self) -> str: ...


F = TypeVar("F", bound=Placed)
Set = Callable[[Work, str, int, datetime], list[F]]


def at_work(store: Store) -> AbstractContextManager[Work]:
    """What a set reads from, without the unit around it."""
    return store._reading_work()


def swept(store: Store, wanted: Set[F], now: datetime = NOW, most: int = 1) -> list[F]:
    """Every fact, as a sweep comes by it; places only go up from one page to the next, and each page is whole."""
    found: list[F] = []
    with at_work(store) as work:
        after = ""
        while page := wanted(work, after, most, now):
            assert [one.place for one in page] == sorted(one.place for one in page)
            assert page[0].place > after
            found += page
            after = page[-1].place
        assert [one.place for one in found] == [one.place for one in wanted(work, "", 1000, now)]
    return found


def loses_nothing(
    facts: Sequence[F], all_facts: Sequence[F], judge: Callable[[F, datetime], Flag | None], now: datetime = NOW
) -> None:
    """Whatever fires among all facts stands among those of the set, and something does and something does not."""
    fires = [one for one in all_facts if judge(one, now) is not None]
    assert [one for one in fires if one not in facts] == []
    assert fires
    assert len(fires) < len(all_facts)


def member(store: Store, name: str, role: Role = Role.OFFICER) -> str:
    someone = StaffMember(new_id(), name, role, "hash", disabled=False, created_at=NOW)
    with store.unit() as unit:
        unit.staff.add(someone)
    return someone.id


def act(
    store: Store, person_id: str, act: Act, hands: tuple[str, str | None], at: datetime = NOW, **changed: Any
) -> str:
    """An act that one proposes and, unless it waits, another approves; returns its id. at: when, both times"""
    amount = changed.pop("amount", Decimal("592.00") if act in WITH_AMOUNT else None)
    ground: Ground = changed.pop("ground", GROUNDS[act][0])
    verdict: Verdict = changed.pop("verdict", Verdict.APPROVED)
    month, statement = changed.pop("month", "2026-01"), changed.pop("statement", "[]" if amount else "")
    proposal = Proposal(
        new_id(), person_id, changed.pop("benefit", RESIDENT), act, ground, month, hands[0], at, act in ADVERSE, amount,
        statement,
    )  # fmt: skip
    assert not changed
    with store.unit() as unit:
        unit.proposals.add(proposal)
        if hands[1] is not None:
            unit.proposals.decide(proposal, MoneyDecision(verdict, hands[1], at))
    return proposal.id


def pay(store: Store, person_id: str, month: str, **changed: Any) -> None:
    """One payment of 148.00 on the first of its month."""
    benefit = changed.pop("benefit", RESIDENT)
    paid_on = changed.pop("paid_on", date.fromisoformat(f"{month}-01"))
    status = changed.pop("status", PaymentStatus.SETTLED)
    row = PaymentRow(benefit, month, paid_on, changed.pop("amount", Decimal("148.00")), status)
    at, batch = changed.pop("added_at", NOW), changed.pop("batch", "batch")
    assert not changed
    with store.unit() as unit:
        assert unit.payments.add(person_id, row, batch, at)


def attempt(store: Store, person_id: str | None, at: datetime, decision: Decision, **changed: Any) -> str:
    """One attempt with its decision; returns the evidence's id."""
    minutes = round((at - NOW) / timedelta(minutes=1))
    told: FaceEvidence = evidence(person_id, minutes, **changed)
    with store.unit() as unit:
        unit.evidence.add(told, decision)
    return told.id


def compared(similarity: float, zone: Zone = Zone.MATCH, calibration: str = "own@1") -> ComparisonDecision:
    """Accepted from 0.6 on, grey from 0.4 on."""
    return ComparisonDecision(similarity, zone, "dlib-resnet", calibration, 0.6, 0.4)


def event(store: Store, person_id: str, kind: EventKind, on: date, **told: Any) -> None:
    """Something that a source told, by default today and under a reference of its own. days: how long before now"""
    ref, message = told.pop("ref", f"{kind}{on}"), told.pop("message", Message.NEW)
    happened = LifeEvent("office", ref, kind, on, NOW - told.pop("days", 0) * DAY, message)
    assert not told
    with store.unit() as unit:
        assert unit.life_events.add(person_id, happened, None, "batch")
