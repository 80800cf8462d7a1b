"""What was approved and what the payment rows show, side by side. It changes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from auth_service.beneficiaries.person import BenefitKind
from auth_service.core.clock import Clock, legal_date
from auth_service.core.errors import KeyDestroyed
from auth_service.flows.money_terms import owed_to, pending_arrears
from auth_service.payments.reconcile import reconcile
from auth_service.storage.unit import Store, Unit

_PEOPLE_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class Open:
    """One thing for a person to look into. kind: a word of payments/reconcile.py"""

    kind: str
    person_key: str
    benefit: BenefitKind
    month: str
    amount: Decimal


class ReconcilePayments:
    """Reads people about whom something was proposed, in parts, each in a transaction of its own."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def run(self) -> list[Open]:
        """raises Unavailable, KeyMissing, SealBroken"""
        found: list[Open] = []
        after = ""
        while True:
            with self._store.reading() as unit:
                people = unit.proposals.people(after, _PEOPLE_AT_ONCE)
                for person_id in people:
                    found += self._person(unit, person_id)
            if len(people) < _PEOPLE_AT_ONCE:
                return found
            after = people[-1]

    def _person(self, unit: Unit, person_id: str) -> Iterator[Open]:
        try:
            person = unit.people.get(person_id)
        except KeyDestroyed:
            return
        if person is None:
            return
        today = legal_date(self._clock.now())
        for benefit in person.benefits:
            for one in reconcile(
                unit.proposals.history(person_id, benefit.kind),
                unit.payments.of(person_id, benefit.kind),
                pending_arrears(unit, person_id, benefit.kind),
                owed_to(unit, person, benefit.kind, today).sure.lines,
                today,
            ):
                key = unit.payments.key_of(person_id)
                yield Open(one.kind.value, key, benefit.kind, one.month, one.amount)
