"""Sets behind D06, D11, D12 and S08: they lose nobody on whom a rule fires, on either database."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import pytest

from auth_service.beneficiaries.person import BenefitKind
from auth_service.beneficiaries.tags import Tag
from auth_service.casework.contest import Contest
from auth_service.core.ids import new_id
from auth_service.monitoring.rules.d06_paid_after_death import PaidAfterDeath
from auth_service.monitoring.rules.d11_old_and_silent import YOUNGEST, OldAndSilent
from auth_service.monitoring.rules.d12_extreme_age import ExtremeAge
from auth_service.monitoring.rules.s08_poverty_tag import PovertyTagMismatch
from auth_service.payments.months import Uncertain
from auth_service.payments.overpayment import overpaid
from auth_service.payments.proposals import Act, Ground, Verdict
from auth_service.payments.rows import PaymentStatus
from auth_service.payments.statement import RecoverTerms, of_recovery
from auth_service.qualification.evidence import Channel, EvidenceKind
from auth_service.qualification.grades import EventKind
from auth_service.qualification.life import Message
from auth_service.storage.candidates.ages import old_people, old_people_of
from auth_service.storage.candidates.deaths import after_death_of, paid_after_death
from auth_service.storage.candidates.tags import poverty_tags, poverty_tags_of
from auth_service.storage.unit import Store
from tests.builders import id_number
from tests.storage.samples import NOW, PASSED, direct_sql, person
from tests.storage.sweeping import DAY, RESIDENT, act, at_work, attempt, event, loses_nothing, member, pay, swept

EMPTY = {"sqlite": "x''", "postgr": "''"}
FACE = {"kind": EvidenceKind.FACE, "channel": Channel.PHONE, "attested_by": None}


@pytest.fixture
def hands(store: Store) -> tuple[str, str]:
    return member(store, "li"), member(store, "wang")


def died(store: Store, someone: str, hands: tuple[str, str], at: datetime = NOW - 40 * DAY) -> None:
    """Confirmed by two, from January 2026 on."""
    act(store, someone, Act.HOLD, hands, at - DAY)
    act(store, someone, Act.TERMINATE, hands, at, ground=Ground.DEATH_CONFIRMED, month="2026-01")


def test_whoever_was_paid_after_a_confirmed_death_is_found(store: Store, front: Store, hands: tuple[str, str]) -> None:
    paid, before, returned, only_hold, not_decided = (person(store, place) for place in range(1, 6))
    for someone in (paid, before, returned):
        died(store, someone, hands)
    pay(store, paid, "2026-01")
    pay(store, paid, "2026-02")
    pay(store, before, "2025-12")
    for status in (PaymentStatus.SETTLED, PaymentStatus.RETURNED):
        pay(store, returned, "2026-02", status=status)
    act(store, only_hold, Act.HOLD, hands, ground=Ground.DEATH_RECORD)
    act(store, not_decided, Act.TERMINATE, hands, ground=Ground.DEATH_CONFIRMED, verdict=Verdict.RETURNED)
    for someone in (only_hold, not_decided):
        pay(store, someone, "2026-02")
    found = swept(front, paid_after_death)
    assert {one.person_id for one in found} == {paid, returned}
    (flagged,) = (one for one in found if PaidAfterDeath().judge(one, NOW))
    assert (flagged.person_id, flagged.since, flagged.last_month) == (paid, "2026-01", "2026-02")
    assert (flagged.payments, flagged.amount) == (2, Decimal("296.00"))
    with at_work(store) as work:
        loses_nothing(found, after_death_of(work, [paid, before, returned, only_hold], NOW), PaidAfterDeath().judge)


def test_another_benefit_of_the_dead_counts_and_what_is_asked_back_does_not(
    store: Store, front: Store, hands: tuple[str, str]
) -> None:
    someone = person(store)
    person(store, benefit_kind="work_injury")
    died(store, someone, hands)
    pay(store, someone, "2026-01")
    pay(store, someone, "2026-02", benefit=BenefitKind.WORK_INJURY)
    terms = RecoverTerms(Uncertain.among(date(2025, 12, 20)))
    with store.reading() as unit:
        asked = overpaid(unit.payments.of(someone, RESIDENT), terms.end)
    statement = of_recovery(terms, asked, terms.claim(asked, RESIDENT))
    act(store, someone, Act.RECOVER, hands, NOW, amount=Decimal("148.00"), statement=statement)
    (facts,) = swept(front, paid_after_death)
    assert (facts.payments, facts.amount, facts.last_month) == (1, Decimal("148.00"), "2026-02")


@pytest.mark.parametrize("word", ["resumed", "contest", "attested", "camera", "before"])
def test_a_newer_word_that_somebody_lives_is_part_of_the_facts(
    store: Store, front: Store, hands: tuple[str, str], word: str
) -> None:
    someone = person(store)
    if word == "before":
        attempt(store, someone, NOW - 60 * DAY, PASSED)
    died(store, someone, hands)
    pay(store, someone, "2026-02")
    if word == "resumed":
        act(store, someone, Act.RESUME, (hands[0], hands[0]), NOW)
    elif word == "contest":
        with store.unit() as unit:
            unit.contests.add(Contest(new_id(), someone, Channel.PHONE, "person", NOW, "我还在"))
    elif word != "before":
        attempt(store, someone, NOW - DAY, PASSED, **({} if word == "attested" else FACE))
    (facts,) = swept(front, paid_after_death)
    assert (facts.said_alive, facts.passed_since) == (
        word in {"resumed", "contest", "attested"},
        word in {"attested", "camera"},
    )
    assert (PaidAfterDeath().judge(facts, NOW) is None) is facts.said_alive


def born(store: Store, year: int, sequence: int = 1) -> str:
    return person(store, id_number=id_number(date(year, 5, 2), sequence))


def test_old_people_are_found_with_what_was_last_heard_of_them(store: Store, front: Store) -> None:
    later = NOW + 400 * DAY
    silent, seen, doctor, voided, young = (born(store, 1935, place) for place in range(1, 6))
    hundred, old = born(store, 1920, 6), born(store, 2027 - YOUNGEST, 7)
    young = born(store, 1960, 8)
    attempt(store, seen, later - 30 * DAY, PASSED)
    event(store, doctor, EventKind.PHARMACY, date(2027, 3, 1), days=-380)
    event(store, voided, EventKind.TRAVEL_GATE, date(2027, 3, 1), ref="r", days=-380)
    event(store, voided, EventKind.TRAVEL_GATE, date(2027, 3, 1), message=Message.VOID, ref="r", days=-381)
    found = swept(front, old_people, later)
    assert {one.person_id for one in found} >= {silent, seen, doctor, voided, hundred, old}
    assert young not in {one.person_id for one in found}
    fires = {one.person_id for one in found if OldAndSilent().judge(one, later)}
    assert fires >= {silent, voided, hundred}
    assert not fires & {seen, doctor, old}
    assert {one.person_id for one in found if ExtremeAge().judge(one, later)} == {hundred}
    with at_work(store) as work:
        everybody = old_people_of(work, [silent, seen, doctor, voided, hundred, old, young], later)
    for rule in (OldAndSilent(), OldAndSilent(years=YOUNGEST, months=1), ExtremeAge(), ExtremeAge(years=YOUNGEST)):
        loses_nothing(found, everybody, rule.judge, later)


def test_nobody_is_asked_about_whose_benefits_have_ended_or_who_was_erased(
    store: Store, front: Store, url: str
) -> None:
    ended, gone = born(store, 1935, 1), born(store, 1935, 2)
    with store.unit() as unit:
        unit.people.destroy_key(gone, NOW)
    direct_sql(
        url,
        "INSERT INTO life_states (person_id, kind, state, due_on, may_propose_hold, sample_wanted, restore_first,"
        f" reasons, judged_at) VALUES ('{ended}', 'resident_pension', 'terminated', '2026-03-10', false, false, false,"
        " '[]', '2026-03-10 00:00:00')",
        f"UPDATE people SET id_number_sealed = {EMPTY[url[:6]]} WHERE id = '{gone}'",
    )
    (facts,) = swept(front, old_people)
    assert (facts.person_id, facts.paid) == (ended, False)


def test_tags_of_the_ledger_and_of_the_lists_are_set_side_by_side(store: Store, front: Store) -> None:
    both, ledger, listed, left, none = (person(store, place) for place in range(1, 6))
    early, day = NOW - 60 * DAY, date(2026, 1, 9)
    with store.unit() as unit:
        for someone in (both, ledger):
            unit.life_events.set_tags(someone, [Tag.SUBSISTENCE, Tag.TWIN], "ledger", early, "b")
        for someone in (both, listed, left):
            unit.life_events.give_tag(someone, Tag.SUBSISTENCE, "民政", (day, day, None), (early, "b"))
        unit.life_events.take_tag(left, Tag.SUBSISTENCE, "民政", date(2026, 2, 1), (NOW - 30 * DAY, "b"))
        unit.life_events.set_tags(none, [Tag.MONITORED], "ledger", early, "b")
    found = {one.person_id: one for one in swept(front, poverty_tags)}
    assert {one: (facts.by_ledger, facts.by_lists) for one, facts in found.items()} == {
        both: (True, True), ledger: (True, False), listed: (False, True), left: (False, False), none: (True, False),
    }  # fmt: skip
    assert not found[none].lists_tell
    assert {one for one, facts in found.items() if PovertyTagMismatch().judge(facts, NOW)} == {ledger, listed}
    assert all("subsistence" not in facts.tag_key for facts in found.values())
    with at_work(store) as work:
        everybody = poverty_tags_of(work, sorted(found), NOW)
    loses_nothing(list(found.values()), everybody, PovertyTagMismatch(days=1).judge)


def test_a_mismatch_begins_with_the_first_list_ever_and_with_the_end_of_a_period(store: Store, front: Store) -> None:
    first, period = person(store, 1), person(store, 2)
    day = date(2025, 1, 1)
    with store.unit() as unit:
        unit.life_events.set_tags(first, [Tag.SUBSISTENCE], "ledger", NOW - 400 * DAY, "b")
        unit.life_events.set_tags(period, [Tag.SUBSISTENCE], "ledger", NOW - 400 * DAY, "b")
        ends = date(2026, 2, 20)
        unit.life_events.give_tag(period, Tag.SUBSISTENCE, "民政", (day, day, ends), (NOW - 90 * DAY, "b"))
    found = {one.person_id: one.since for one in swept(front, poverty_tags)}
    assert found == {first: date(2025, 12, 10), period: date(2026, 2, 20)}
