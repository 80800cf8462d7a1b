"""Sets behind C01, C02 and C03: they lose nothing on which a rule fires, on either database."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from auth_service.core.ids import new_id
from auth_service.matching.comparison import Zone
from auth_service.monitoring.rules.c01_one_pair_of_hands import OnePairOfHands
from auth_service.monitoring.rules.c02_overrides import WINDOW_DAYS, Overrides
from auth_service.monitoring.rules.c03_after_the_fact import AfterTheFact
from auth_service.payments.proposals import Act, Ground, Verdict
from auth_service.payments.rows import PaymentStatus
from auth_service.qualification.decision import Decision, Outcome, Reason
from auth_service.qualification.review import Review, ReviewAct, ReviewReason, ReviewVerdict
from auth_service.storage.candidates.staff_acts import (
    acts_on_money,
    acts_on_money_of,
    late_rows,
    late_rows_of,
    overrides,
)
from auth_service.storage.unit import PaymentsFile, Store
from tests.storage.samples import NON_MATCH, NOW, PASSED, direct_sql, person
from tests.storage.sweeping import DAY, act, at_work, attempt, compared, loses_nothing, member, pay, swept

GREY = Decision(Outcome.REFER, (Reason.GREY_ZONE,), Zone.GREY)
INSTANT = "2026-03-10 00:00:00.000000"


@pytest.fixture
def hands(store: Store) -> tuple[str, str]:
    return member(store, "li"), member(store, "wang")


def test_rows_that_were_written_past_the_service_are_found(
    store: Store, front: Store, url: str, hands: tuple[str, str]
) -> None:
    someone, (li, wang) = person(store), hands
    plain = act(store, someone, Act.HOLD, hands, NOW - DAY)
    waiting = act(store, someone, Act.HOLD, (li, None))
    returned = act(store, someone, Act.HOLD, hands, verdict=Verdict.RETURNED)
    decided, made = act(store, someone, Act.HOLD, (li, None)), new_id()
    columns = "proposal_id, verdict, needs_two, proposed_by, decided_by, decided_at"
    rows = "id, person_id, benefit_kind, act, ground, month, statement, needs_two, proposed_by, proposed_at"
    direct_sql(
        url,
        f"INSERT INTO payment_decisions ({columns}) VALUES"
        f" ('{decided}', 'approved', true, '{li}', '{wang}', '{INSTANT}')",
        f"INSERT INTO payment_proposals ({rows}) VALUES"
        f" ('{made}', '{someone}', 'resident_pension', 'hold', 'missing', '2026-04', '', true, '{li}', '{INSTANT}')",
    )
    found = swept(front, acts_on_money)
    assert {one.proposal_id: one.genuine for one in found} == {
        plain: True, waiting: True, returned: True, decided: False, made: False,
    }  # fmt: skip
    assert {one.proposal_id for one in found if OnePairOfHands().judge(one, NOW)} == {decided, made}
    with at_work(store) as work:
        everything = acts_on_money_of(work, [one.proposal_id for one in found], NOW)
    loses_nothing(found, everything, OnePairOfHands().judge)


@pytest.mark.parametrize(
    ("ground", "sign", "fires"),
    [
        (Ground.SEEN_IN_PERSON, None, True),
        (Ground.SEEN_IN_PERSON, 50, False),
        (Ground.SEEN_IN_PERSON, 25, False),
        (Ground.SEEN_IN_PERSON, 5, True),
        (Ground.SEEN_IN_PERSON, 100, True),
        (Ground.OUR_MISTAKE, None, False),
        (Ground.PASSED_REMOTELY, 25, True),
        (Ground.PASSED_REMOTELY, 50, False),
    ],
)
def test_a_resumption_stands_beside_the_first_sign_since_the_benefit_was_held(
    store: Store, front: Store, hands: tuple[str, str], ground: Ground, sign: int | None, fires: bool
) -> None:
    someone, (li, _) = person(store), hands
    act(store, someone, Act.HOLD, hands, NOW - 90 * DAY)
    resumed = act(store, someone, Act.RESUME, (li, li), NOW - 40 * DAY, ground=ground)
    if sign is not None:
        attempt(store, someone, NOW - sign * DAY, PASSED)
    facts = next(one for one in swept(front, acts_on_money) if one.proposal_id == resumed)
    assert facts.stopped_at == NOW - 90 * DAY
    assert facts.sign_at == (NOW - sign * DAY if sign is not None and sign < 90 else None)
    assert (OnePairOfHands().judge(facts, NOW) is not None) is fires


def review(
    store: Store,
    someone: str,
    by: str,
    verdict: ReviewVerdict,
    days: int = 1,
    *,
    zone: Zone = Zone.GREY,
    back: bool = False,
) -> None:
    comparison = NON_MATCH if zone is Zone.NON_MATCH else compared(0.5, Zone.GREY)
    capture = attempt(store, someone, NOW - days * DAY, GREY, comparison=comparison)
    reason = ReviewReason.AGED if verdict is ReviewVerdict.ACCEPTED else ReviewReason.NOT_SURE
    at = NOW - days * DAY
    said = Review(capture, someone, ReviewAct.DECIDED, verdict, reason, "", by, at)
    with store.unit() as unit:
        unit.reviews.add(said, [])
        if back:
            seen = unit.reviews.of(capture)
            taken = Review(capture, someone, ReviewAct.TAKEN_BACK, None, None, "", by, at + timedelta(minutes=1))
            unit.reviews.add(taken, seen)


def test_reviews_are_counted_by_who_decided_them(store: Store, front: Store) -> None:
    someone = person(store)
    lenient, other, third = sorted(member(store, name) for name in ("li", "wang", "sun"))
    for _ in range(3):
        review(store, someone, lenient, ReviewVerdict.ACCEPTED)
    review(store, someone, lenient, ReviewVerdict.ACCEPTED, zone=Zone.NON_MATCH)
    review(store, someone, lenient, ReviewVerdict.ACCEPTED, WINDOW_DAYS + 1)
    review(store, someone, other, ReviewVerdict.ACCEPTED)
    review(store, someone, other, ReviewVerdict.CANNOT_TELL)
    review(store, someone, third, ReviewVerdict.ACCEPTED, zone=Zone.NON_MATCH, back=True)
    review(store, someone, third, ReviewVerdict.SUSPECTED)
    found = {one.staff_id: one for one in swept(front, overrides)}
    assert list(found) == [lenient, other, third]
    facts = found[lenient]
    assert (facts.decided, facts.accepted, facts.against) == (4, 4, 1)
    assert (facts.peers, facts.peers_decided, facts.peers_accepted, facts.peers_against) == (2, 3, 1, 0)
    assert (found[third].decided, found[third].accepted) == (1, 0)
    fires = [one for one in found.values() if Overrides(times=1, least=1).judge(one, NOW)]
    assert fires == []  # four reviews say nothing beyond chance


def test_a_review_that_was_slipped_in_counts_for_nobody(store: Store, front: Store, url: str) -> None:
    someone, li = person(store), member(store, "li")
    review(store, someone, li, ReviewVerdict.ACCEPTED)
    capture = attempt(store, someone, NOW - DAY, GREY, comparison=compared(0.5, Zone.GREY))
    columns = "id, evidence_id, number, person_id, act, verdict, reason, done_by, done_at"
    values = f"'{new_id()}', '{capture}', 1, '{someone}', 'decided', 'cannot_tell', 'not_sure', '{li}', '{INSTANT}'"
    direct_sql(url, f"INSERT INTO reviews ({columns}) VALUES ({values})")
    (facts,) = swept(front, overrides)
    assert (facts.decided, facts.accepted) == (1, 1)


def test_a_reviewer_far_above_the_others_is_flagged(store: Store, front: Store) -> None:
    someone = person(store)
    lenient, other, third = (member(store, name) for name in ("li", "wang", "sun"))
    for place in range(40):
        review(store, someone, lenient, ReviewVerdict.ACCEPTED if place < 36 else ReviewVerdict.CANNOT_TELL)
        for peer in (other, third):
            review(store, someone, peer, ReviewVerdict.ACCEPTED if place < 3 else ReviewVerdict.CANNOT_TELL)
    found = swept(front, overrides)
    assert {one.staff_id for one in found if Overrides().judge(one, NOW)} == {lenient}


def test_rows_that_came_after_what_they_stand_in_are_found(store: Store, front: Store, hands: tuple[str, str]) -> None:
    backdated, parts, reversed_, late_pay, sent, in_time = (person(store, place) for place in range(1, 7))
    first, later = NOW - 40 * DAY, NOW - 10 * DAY
    for someone in (backdated, parts, reversed_, late_pay):
        pay(store, someone, "2026-01", paid_on=date(2026, 1, 20), added_at=first, batch="one")
    more = {"batch": "two", "added_at": later, "paid_on": date(2026, 1, 21)}
    pay(store, backdated, "2026-01", **more)
    pay(store, parts, "2026-01", **{**more, "added_at": first + DAY})
    pay(store, reversed_, "2026-01", **more, status=PaymentStatus.REVERSED)
    pay(store, late_pay, "2026-01", **{**more, "paid_on": date(2026, 2, 20)})
    for someone, decided in ((sent, NOW), (in_time, NOW - 3 * DAY)):
        proposal = act(store, someone, Act.HOLD, hands, decided)
        with store.unit() as unit:
            file = PaymentsFile(new_id(), "cli", NOW - 2 * DAY, 1, "d" * 64, "{}")
            unit.paying.add_file(file, [proposal])
    found = swept(front, late_rows)
    assert {one.person_id for one in found} == {backdated, parts, late_pay, sent}
    assert {one.person_id for one in found if AfterTheFact().judge(one, NOW)} == {backdated, sent}
    with at_work(store) as work:
        everybody = late_rows_of(work, [backdated, parts, reversed_, late_pay, sent, in_time], NOW)
    for rule in (AfterTheFact(), AfterTheFact(days=0, minutes=0)):
        loses_nothing(found, everybody, rule.judge)
