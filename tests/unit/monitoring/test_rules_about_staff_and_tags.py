"""S08, C01, C02, C03: what fires each, what must not, and the boundary."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from auth_service.monitoring.flags import Severity
from auth_service.monitoring.rules.c01_one_pair_of_hands import ActFacts, OnePairOfHands
from auth_service.monitoring.rules.c02_overrides import OverrideFacts, Overrides
from auth_service.monitoring.rules.c03_after_the_fact import AfterTheFact, LateRowFacts
from auth_service.monitoring.rules.s08_poverty_tag import PovertyTagFacts, PovertyTagMismatch
from auth_service.payments.proposals import ADVERSE, Act, Ground, Verdict

NOW = datetime(2026, 3, 10, 2, 0, tzinfo=UTC)
DAY = timedelta(days=1)
TAG = PovertyTagFacts("p", "ab12", True, False, True, True, date(2026, 1, 23))
HOLD = ActFacts(
    "a" * 32, "p", Act.HOLD, Ground.MISSING, True, "li", genuine=True, decided_by="wang", verdict=Verdict.APPROVED,
    decided_at=NOW,
)  # fmt: skip
RESUME = replace(
    HOLD, act=Act.RESUME, ground=Ground.SEEN_IN_PERSON, needs_two=False, decided_by="li", decided_at=NOW - 31 * DAY,
    stopped_at=NOW - 90 * DAY,
)  # fmt: skip
REVIEWS = OverrideFacts("s", 100, 60, 20, 3, 300, 40, 3)
ACT = LateRowFacts("p", "act", sent_at=NOW, decided_at=NOW + timedelta(minutes=60, seconds=1))
PAYMENT = LateRowFacts(
    "p", "row", month="2026-01", paid_on=date(2026, 1, 20), amount=Decimal("148.00"),
    first_at=datetime(2026, 1, 20, 2, tzinfo=UTC), added_at=datetime(2026, 1, 27, 2, 0, 1, tzinfo=UTC),
)  # fmt: skip


def test_s08_fires_after_six_weeks_and_does_not_name_the_tag() -> None:
    flag = PovertyTagMismatch().judge(TAG, NOW)
    assert flag is not None
    assert flag.severity is Severity.MEDIUM
    assert dict(flag.evidence) == {"mismatch": "only_in_ledger", "since": "2026-01-23"}
    other = PovertyTagMismatch().judge(replace(TAG, by_ledger=False, by_lists=True), NOW)
    assert other is not None
    assert other.evidence["mismatch"] == "only_on_list"


@pytest.mark.parametrize(
    "changed",
    [
        {"since": date(2026, 1, 24)},
        {"by_lists": True},
        {"by_ledger": False},
        {"lists_tell": False},
        {"by_ledger": False, "by_lists": True, "ledger_tells": False},
    ],
)
def test_s08_is_silent_where_both_agree_or_one_never_speaks(changed: dict[str, object]) -> None:
    assert PovertyTagMismatch().judge(replace(TAG, **changed), NOW) is None


@pytest.mark.parametrize(
    ("changed", "odd"),
    [
        ({}, None),
        ({"decided_by": "li"}, "one_person"),
        ({"decided_by": "li", "verdict": Verdict.WITHDRAWN}, None),
        ({"decided_by": "li", "verdict": Verdict.RETURNED}, None),
        ({"decided_by": None, "verdict": None, "decided_at": None}, None),
        ({"genuine": False}, "not_written_here"),
        ({"needs_two": False}, "takes_two"),
    ],
)
def test_c01_fires_on_one_person_and_on_rows_from_elsewhere(changed: dict[str, object], odd: str | None) -> None:
    flag = OnePairOfHands().judge(replace(HOLD, **changed), NOW)
    assert (flag.evidence["odd"] if flag else None) == odd
    if flag is not None:
        assert (flag.severity, flag.dedupe_key) == (Severity.CRITICAL, f"C01:{'a' * 32}:{odd}")


@pytest.mark.parametrize("act", sorted(ADVERSE))
def test_c01_takes_no_adverse_act_for_one_of_one(act: Act) -> None:
    assert OnePairOfHands().judge(replace(HOLD, act=act, needs_two=False), NOW) is not None


@pytest.mark.parametrize(
    ("changed", "fires"),
    [
        ({}, True),
        ({"decided_at": NOW - 30 * DAY}, False),
        ({"sign_at": NOW - 80 * DAY}, False),
        ({"sign_at": NOW - DAY}, False),
        ({"sign_at": NOW - timedelta(hours=1)}, True),
        ({"ground": Ground.OUR_MISTAKE}, False),
        ({"ground": Ground.ACQUITTED}, False),
        ({"ground": Ground.REAPPEARED}, True),
        ({"stopped_at": None}, False),
        ({"verdict": Verdict.RETURNED}, False),
        ({"ground": Ground.PASSED_REMOTELY, "sign_at": NOW - 31 * DAY}, False),
        ({"ground": Ground.PASSED_REMOTELY, "sign_at": NOW - 30 * DAY}, True),
    ],
)
def test_c01_asks_about_a_resumption_without_a_sign_of_the_person(changed: dict[str, object], fires: bool) -> None:
    flag = OnePairOfHands().judge(replace(RESUME, **changed), NOW)
    assert (flag is not None) is fires
    if flag is not None:
        assert (flag.severity, flag.evidence["odd"]) == (Severity.HIGH, "no_sign")


def test_c01_lets_one_person_give_back() -> None:
    assert OnePairOfHands().judge(replace(RESUME, sign_at=NOW - 40 * DAY), NOW) is None


def test_c02_fires_beyond_three_times_and_beyond_chance() -> None:
    flag = Overrides().judge(REVIEWS, NOW)
    assert flag is not None
    assert (flag.severity, flag.person_ids, flag.dedupe_key) == (Severity.HIGH, (), "C02:s:2026-03")
    assert (flag.evidence["staff"], flag.evidence["against_machine"]) == ("s", True)


@pytest.mark.parametrize(
    "changed",
    [
        {"decided": 29, "accepted": 29, "against": 29},
        {"peers_decided": 29, "peers_accepted": 0, "peers_against": 0},
        {"peers": 1},
        {"accepted": 40, "against": 3},
        {"decided": 30, "accepted": 12, "against": 1, "peers_accepted": 40, "peers_against": 3},
    ],
)
def test_c02_is_silent_about_few_reviews_and_what_chance_may_do(changed: dict[str, object]) -> None:
    """The last one accepts 40 % where the others accept 13 %, three times as many: thirty reviews are too few to say
    so."""
    assert Overrides().judge(replace(REVIEWS, **changed), NOW) is None


def test_c02_begins_where_the_exact_intervals_part() -> None:
    """Of 300 reviews the others accepted 15: at most 8.11 %, three times which is 24.34 %. 36 of 110 are at least
    24.08 %, and 37 of 110 at least 24.91 %."""
    peers = replace(REVIEWS, decided=110, against=0, peers_accepted=15, peers_against=0)
    assert Overrides().judge(replace(peers, accepted=36), NOW) is None
    assert Overrides().judge(replace(peers, accepted=37), NOW) is not None


def test_c03_fires_on_an_act_that_was_decided_after_its_file() -> None:
    flag = AfterTheFact().judge(ACT, NOW + DAY)
    assert flag is not None
    assert (flag.severity, flag.dedupe_key) == (Severity.HIGH, "C03:act")
    assert AfterTheFact().judge(replace(ACT, decided_at=NOW + timedelta(minutes=60)), NOW + DAY) is None
    assert AfterTheFact().judge(replace(ACT, decided_at=NOW - DAY), NOW) is None


def test_c03_fires_on_a_payment_that_came_a_week_after_its_month_and_says_before() -> None:
    flag = AfterTheFact().judge(PAYMENT, NOW)
    assert flag is not None
    assert (flag.evidence["paid_on"], flag.evidence["amount"]) == ("2026-01-20", "148.00")


@pytest.mark.parametrize(
    "changed",
    [{"added_at": datetime(2026, 1, 27, 2, tzinfo=UTC)}, {"paid_on": date(2026, 1, 21)}],
)
def test_c03_is_silent_about_files_in_parts_and_later_payments(changed: dict[str, object]) -> None:
    assert AfterTheFact().judge(replace(PAYMENT, **changed), NOW) is None
