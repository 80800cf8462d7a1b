"""What SQL hands to a rule is never less than what the rule fires on: everybody is judged without any query, and the
same flags come out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from itertools import combinations, pairwise
from typing import Any

import pytest

from auth_service.beneficiaries.arrangements import MAY_CONTEST
from auth_service.beneficiaries.names import folded_name
from auth_service.core.clock import legal_date
from auth_service.core.errors import NotFound
from auth_service.monitoring.parameters import configured
from auth_service.monitoring.rules import SWEPT, swept
from auth_service.monitoring.rules.i02_ledger_and_number import LedgerIdentityFacts
from auth_service.monitoring.rules.i04_two_numbers import NamesakeFacts
from auth_service.monitoring.rules.p01_shared_account import SharedAccountFacts
from auth_service.monitoring.rules.p02_other_holder import HolderFacts, is_name_of
from auth_service.monitoring.rules.p04_amount_jump import MonthPairFacts
from auth_service.monitoring.rules.p05_paid_while_stopped import ActOn, StoppedPaymentFacts
from auth_service.monitoring.rules.p06_long_arrears import OwedFacts
from auth_service.payments.arrears import arrears
from auth_service.payments.proposals import Act, months_served, withheld_months
from auth_service.payments.rows import PaymentStatus, standing
from auth_service.storage.unit import Store
from tests.storage.random_ledger import NOW, TODAY, Ledger, Somebody, draw

OTHER_PARAMETERS: dict[str, dict[str, Any]] = {
    "I02": {"resident_years": 80, "employee_man_years": 30},
    "I04": {"region_digits": 2, "digits_apart": 6},
    "I05": {"region_digits": 2, "digits_apart": 6},
    "P01": {"most_groups": 2},
    "P04": {"percent": 0},
    "P06": {"most_months": 0, "most_amount": "100"},
}
"""Besides a rule's own: mostly such as let it fire more often."""


def found_by(store: Store, rule_id: str, parameters: dict[str, Any], page: int) -> tuple[set[str], list[str]]:
    """Dedupe keys of all flags, and the places of all facts, as a sweep goes through them."""
    kind = swept(rule_id)
    rule, place = configured(kind, parameters), ""
    keys, places = set[str](), list[str]()
    while True:
        with store.reading() as unit:
            facts = unit.candidates(kind.candidates, place, page, NOW)
        if not facts:
            return keys, places
        assert facts[0].place > place
        place = facts[-1].place
        places += [fact.place for fact in facts]
        keys |= {flag.dedupe_key for fact in facts if (flag := rule.judge(fact, NOW)) is not None}


def identities(ledger: Ledger, _: Store) -> Iterator[Any]:
    for one in ledger.people:
        row = one.row
        awards = ((row.benefit.kind, row.benefit.award_month),)
        assert row.id_number.birth_date is not None
        assert row.id_number.sex is not None
        yield LedgerIdentityFacts(one.id, row.id_number.birth_date, row.id_number.sex, row.birth_date, row.sex, awards)


def birthday(one: Somebody) -> date | None:
    whole = one.row.birth_date.whole if one.row.birth_date else None
    return whole or one.row.id_number.birth_date


def draws(one: Somebody) -> bool:
    ends = [act.act for act in one.acts if act.act in {Act.TERMINATE, Act.RESUME}]
    return not ends or ends[-1] is Act.RESUME


def pairs(ledger: Ledger, _: Store) -> Iterator[Any]:
    for one, other in combinations(ledger.by_id(), 2):
        years = [who.row.birth_date.year if who.row.birth_date else None for who in (one, other)]
        alike = folded_name(one.row.name) == folded_name(other.row.name) and birthday(one) == birthday(other)
        if not alike or years[0] != years[1]:
            continue
        first, second = one.row, other.row
        numbers = zip(first.id_number.number, second.id_number.number, strict=True)
        both = (
            (first.benefit.kind,) if first.benefit.kind is second.benefit.kind and draws(one) and draws(other) else ()
        )
        yield NamesakeFacts(
            "", (one.id, other.id), (first.sex, second.sex), (first.region_code, second.region_code),
            first.village is not None and first.village == second.village, sum(a != b for a, b in numbers), both,
        )  # fmt: skip


def acting(one: Somebody) -> list[tuple[str, str]]:
    return [(name, number) for kind, name, number in one.proxies if kind.value in MAY_CONTEST]


def accounts(ledger: Ledger, store: Store) -> Iterator[Any]:
    held: dict[str, list[Somebody]] = {}
    for one in ledger.by_id():
        if one.row.bank_account:
            held.setdefault(one.row.bank_account, []).append(one)
    for account, people in held.items():
        ties = []
        for one, other in combinations(people, 2):
            theirs = [{number for _, number in acting(who)} for who in (one, other)]
            own = one.row.id_number.number, other.row.id_number.number
            if own[1] in theirs[0] or own[0] in theirs[1] or theirs[0] & theirs[1]:
                ties.append((one.id, other.id))
        yield SharedAccountFacts(index(store, "account", account), tuple(one.id for one in people), tuple(ties))


def index(store: Store, purpose: str, value: str) -> str:
    with store.reading() as unit:
        return unit._work.indexes.of(purpose, value).hex()


def holders(ledger: Ledger, store: Store) -> Iterator[Any]:
    for one in ledger.people:
        holder = one.row.account_holder
        if holder is not None:
            proxy = any(is_name_of(holder, name) for name, _ in acting(one))
            own = is_name_of(holder, one.row.name)
            yield HolderFacts(one.id, index(store, "name", folded_name(holder)), own, proxy)


def months(ledger: Ledger, _: Store) -> Iterator[Any]:
    for one in ledger.people:
        sums: dict[str, Decimal] = {}
        for stood in standing(one.payments):
            sums[stood.row.month] = sums.get(stood.row.month, Decimal(0)) + stood.left
        for first, second in pairwise(sorted(sums)):
            yield MonthPairFacts(one.id, one.row.benefit.kind, first, second, sums[first], sums[second])


def stopped(ledger: Ledger, _: Store) -> Iterator[Any]:
    for one in ledger.people:
        acts = tuple(ActOn(act.act, act.month, legal_date(act.at)) for act in one.acts)
        for stood in standing(one.payments):
            row = stood.row
            yield StoppedPaymentFacts(one.id, row.benefit, row.month, row.paid_on, stood.left, acts)


def owed(ledger: Ledger, _: Store) -> Iterator[Any]:
    for one in ledger.people:
        gone = {row.month for row in one.payments if row.status in {PaymentStatus.WITHHELD, PaymentStatus.RETURNED}}
        held = {month for span in withheld_months(one.acts, TODAY) for month in span} | gone
        benefit = one.row.benefit
        found = arrears(one.payments, sorted(held), benefit.monthly_amount, months_served(one.acts, TODAY))
        lines = [line for line in found.lines if line.amount > 0]
        if lines:
            yield OwedFacts(one.id, benefit.kind, lines[0].month, found.months_owed, found.amount)


EVERYBODY: dict[str, Callable[[Ledger, Store], Iterator[Any]]] = {
    "I02": identities, "I04": pairs, "I05": pairs, "P01": accounts, "P02": holders, "P04": months, "P05": stopped,
    "P06": owed,
}  # fmt: skip


@pytest.mark.parametrize("seed", [1, 2])
def test_judging_everybody_finds_nothing_that_the_candidates_lack(store: Store, seed: int) -> None:
    ledger = draw(store, seed)
    for rule_id, facts_of in EVERYBODY.items():
        everybody = list(facts_of(ledger, store))
        for parameters in ({}, OTHER_PARAMETERS.get(rule_id, {})):
            rule = configured(swept(rule_id), parameters)
            expected = {flag.dedupe_key for fact in everybody if (flag := rule.judge(fact, NOW)) is not None}
            keys, places = found_by(store, rule_id, parameters, 1000)
            assert keys == expected, rule_id
            assert places == sorted(places)
        few, same = found_by(store, rule_id, parameters, 7)
        assert (few, sorted(set(same))) == (keys, sorted(set(places))), rule_id
        assert expected, f"{rule_id} never fired: the draw shows nothing"


ELSEWHERE = {"D06", "D11", "D12", "I07", "I08", "V08", "V10", "V11", "S08", "C01", "C02", "C03"}
"""Of whom test_sets_of_rules_about_*.py show it."""


def test_the_set_of_every_rule_is_shown_to_lack_nothing() -> None:
    assert {rule.rule_id for rule in SWEPT} == set(EVERYBODY) | ELSEWHERE


def test_somebody_erased_stops_no_rule(store: Store) -> None:
    ledger = draw(store, 3, count=12)
    gone = ledger.people[0].id
    with store.unit() as unit:
        unit.people.destroy_key(gone, NOW)
    for rule_id in EVERYBODY:
        _, places = found_by(store, rule_id, {}, 1000)
        assert rule_id not in {"I02", "P02"} or gone not in places


def test_a_set_that_nobody_knows_is_an_error(store: Store) -> None:
    with store.reading() as unit, pytest.raises(KeyError):
        unit.candidates("nobody", "", 10, NOW)
    with pytest.raises(NotFound):
        swept("X99")
