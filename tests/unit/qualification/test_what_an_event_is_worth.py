"""Grades and points of events, and when they make a pass: domain.md section 5."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from auth_service.beneficiaries.person import BenefitKind
from auth_service.matching.comparison import Zone
from auth_service.qualification.evidence import Channel
from auth_service.qualification.grades import EVENT_WORDS, IMPORTED, WORTH, EventKind, Grade
from auth_service.qualification.policy import ChannelRule, LivenessLevel, Policy, WeakRule
from tests.unit.qualification.lives import LONG_AGO, at, book, correct, event, face, life, status, void, whys

DAY = date(2024, 5, 10)
PLAIN = Policy(BenefitKind.RESIDENT_PENSION)
WEAK_COUNTS = book((LONG_AGO, replace(PLAIN, weak=WeakRule(allowed=True))))
SEEN = date(2024, 6, 1)


@pytest.mark.parametrize(
    ("kinds", "grade", "points"),
    [
        ("face_in_person consulate assisted other_region", Grade.STRONG, 100),
        ("face_remote home_visit", Grade.STRONG, 90),
        ("travel_gate hotel border inpatient vaccination examination", Grade.STRONG, 80),
        ("bank_in_person id_reissue notary marriage", Grade.STRONG, 80),
        ("outpatient_card pharmacy", Grade.WEAK, 30),
        ("phone_active app_payment card_atm", Grade.WEAK, 20),
        ("premium_paid utility_bill visit_attempt data_opt_out data_opt_in", Grade.NONE, 0),
    ],
)
def test_grades_and_points_are_those_of_the_domain_notes(kinds: str, grade: Grade, points: int) -> None:
    for kind in kinds.split():
        assert (WORTH[EventKind(kind)].grade, WORTH[EventKind(kind)].points) == (grade, points), kind


def test_every_kind_has_a_grade_and_words_and_can_be_read_from_a_file() -> None:
    assert set(WORTH) == set(EventKind)
    assert {EVENT_WORDS[worth.zh] for worth in WORTH.values()} == set(EventKind)
    assert not {EventKind.FACE_REMOTE, EventKind.FACE_IN_PERSON, EventKind.ASSISTED, EventKind.DATA_OPT_OUT} & IMPORTED


@pytest.mark.parametrize("kind", [kind for kind, worth in WORTH.items() if worth.grade is Grade.STRONG])
def test_one_strong_event_is_a_pass_on_the_day_on_which_it_happened_not_on_that_of_the_import(kind: EventKind) -> None:
    found = status(life(event(kind, DAY, known=SEEN), known_since=date(2023, 1, 1)), SEEN)
    assert (found.passed_on, found.due_on) == (DAY, date(2025, 5, 31))
    assert whys(found) == ["passed_by_data" if WORTH[kind].silent else "passed"]


@pytest.mark.parametrize("kind", [kind for kind, worth in WORTH.items() if worth.grade is not Grade.STRONG])
def test_no_single_weak_event_is_a_pass(kind: EventKind) -> None:
    assert status(life(event(kind, DAY)), SEEN, WEAK_COUNTS).passed_on is None


OUTPATIENT, PHONE = event(EventKind.OUTPATIENT_CARD, DAY), event(EventKind.PHONE_ACTIVE, DAY + timedelta(days=9))


def test_two_weak_events_of_different_kinds_are_a_pass_where_the_policy_says_so_and_nowhere_else() -> None:
    facts = life(OUTPATIENT, PHONE)
    assert status(facts, SEEN).passed_on is None
    assert status(facts, SEEN, WEAK_COUNTS).passed_on == PHONE.on


@pytest.mark.parametrize(
    "others",
    [
        [event(EventKind.OUTPATIENT_CARD, DAY + timedelta(days=2), ref="again")],
        [event(EventKind.PREMIUM_PAID, DAY)],
        [event(EventKind.PHONE_ACTIVE, DAY + timedelta(days=91))],
        [],
    ],
    ids=["one kind twice", "a bill beside it", "a quarter apart", "alone"],
)
def test_what_does_not_add_up_is_no_pass(others: list[object]) -> None:
    assert status(life(OUTPATIENT, *others), date(2024, 12, 1), WEAK_COUNTS).passed_on is None  # type: ignore[arg-type]


def test_two_kinds_below_fifty_points_are_no_pass() -> None:
    facts = life(PHONE, event(EventKind.CARD_ATM, DAY))
    assert status(facts, SEEN, WEAK_COUNTS).passed_on is None


def test_while_a_doubt_is_open_weak_events_do_not_do_and_a_strong_one_does() -> None:
    doubted = life(OUTPATIENT, PHONE, death_hint_at=at(DAY))
    assert status(doubted, SEEN, WEAK_COUNTS).passed_on is None
    before = life(OUTPATIENT, PHONE, death_hint_at=at(SEEN))
    assert status(before, SEEN, WEAK_COUNTS).passed_on == PHONE.on, "it was known before the doubt"
    seen = replace(doubted, events=(event(EventKind.INPATIENT, SEEN),))
    assert status(seen, SEEN, WEAK_COUNTS).passed_on == SEEN


def test_an_event_of_the_future_counts_for_nothing_not_even_once_that_day_has_come() -> None:
    facts = life(event(EventKind.HOTEL, SEEN, known=DAY))
    assert status(facts, SEEN).passed_on is None


def test_an_event_that_a_file_brings_too_late_counts_for_nothing_and_a_correction_in_its_place_is_not_late() -> None:
    late = event(EventKind.HOTEL, DAY, known=DAY + timedelta(days=301))
    assert status(life(late), date(2026, 1, 1)).passed_on is None
    early = event(EventKind.HOTEL, DAY, known=DAY + timedelta(days=300))
    corrected = correct(early, date(2025, 12, 1), DAY + timedelta(days=1))
    assert status(life(early, corrected), date(2026, 1, 1)).passed_on == DAY + timedelta(days=1)


def test_data_counts_for_nobody_who_wants_none_from_the_day_on_which_they_said_so() -> None:
    wish = event(EventKind.DATA_OPT_OUT, DAY, source="own")
    before, after = event(EventKind.HOTEL, DAY - timedelta(days=1)), event(EventKind.HOTEL, DAY + timedelta(days=1))
    assert status(life(wish, before, after), SEEN).passed_on == before.on
    assert status(life(wish, after, face(SEEN)), SEEN).passed_on == SEEN
    again = event(EventKind.DATA_OPT_IN, DAY + timedelta(days=1), source="own")
    assert status(life(wish, again, after), SEEN).passed_on == after.on


def test_a_policy_may_do_without_data_altogether() -> None:
    faces_only = book((LONG_AGO, replace(PLAIN, silent=False)))
    assert status(life(event(EventKind.HOTEL, DAY)), SEEN, faces_only).passed_on is None


def test_a_policy_may_grade_a_kind_differently() -> None:
    strict = book((LONG_AGO, replace(PLAIN, points={EventKind.HOTEL: (Grade.NONE, 0)})))
    assert status(life(event(EventKind.HOTEL, DAY)), SEEN, strict).passed_on is None


# --- what a source takes back -------------------------------------------------------------------------------


def test_a_void_takes_back_what_it_names_and_leaves_the_person_the_time_of_a_first_reminder() -> None:
    stay = event(EventKind.HOTEL, DAY)
    facts = life(stay, void(stay, date(2025, 3, 3)), award_month=date(2020, 1, 1))
    assert status(facts, date(2025, 3, 2)).due_on == date(2025, 5, 31)
    found = status(facts, date(2025, 3, 4))
    assert (found.passed_on, found.due_on) == (None, date(2025, 5, 31)), "promised before: it does not come sooner"
    early = life(stay, void(stay, date(2024, 6, 1)), award_month=date(2020, 1, 1))
    found = status(early, date(2024, 6, 2))
    assert (found.due_on, whys(found)) == (date(2024, 7, 31), ["due_soon", "taken_back"])


def test_a_void_that_comes_before_what_it_names_ends_it_all_the_same_and_promises_nothing() -> None:
    stay = event(EventKind.HOTEL, DAY, known=SEEN)
    facts = life(void(stay, DAY), stay, award_month=date(2020, 1, 1))
    assert (status(facts, SEEN).passed_on, status(facts, SEEN).due_on) == (None, date(2021, 1, 31))


def test_what_a_source_tells_after_a_void_of_a_time_before_it_is_dropped() -> None:
    stay = event(EventKind.HOTEL, DAY)
    told_before = event(EventKind.INPATIENT, DAY - timedelta(days=20), ref="a")
    told_after = event(EventKind.INPATIENT, DAY - timedelta(days=10), known=SEEN, ref="b")
    elsewhere = event(EventKind.INPATIENT, DAY - timedelta(days=15), known=SEEN, ref="c", source="clinic")
    taken_back = void(stay, SEEN - timedelta(days=2))
    assert status(life(stay, taken_back, told_before, told_after), SEEN).passed_on == told_before.on
    assert status(life(stay, taken_back, told_before, told_after, elsewhere), SEEN).passed_on == elsewhere.on


def test_the_newest_correction_stands_whatever_the_order() -> None:
    stay = event(EventKind.HOTEL, DAY)
    first, second = correct(stay, SEEN, DAY - timedelta(days=40)), correct(stay, date(2024, 6, 2), DAY)
    for order in ((stay, first, second), (second, first, stay)):
        assert status(life(*order), date(2024, 6, 3)).passed_on == DAY
        assert status(life(*order), SEEN).passed_on == DAY - timedelta(days=40)


def test_a_weak_sum_goes_with_any_of_its_parts_and_leaves_time() -> None:
    facts = life(OUTPATIENT, PHONE, void(OUTPATIENT, SEEN))
    found = status(facts, SEEN, WEAK_COUNTS)
    assert (found.passed_on, found.due_on) == (None, date(2024, 7, 31))


# --- face passes --------------------------------------------------------------------------------------------

ON_THE_PHONE = face(DAY, channel=Channel.PHONE, level=LivenessLevel.LIVE, zone=Zone.GREY)


@pytest.mark.parametrize(
    ("rule", "counts"),
    [
        (ChannelRule(), True),
        (ChannelRule(zones=frozenset({Zone.MATCH})), False),
        (ChannelRule(least=LivenessLevel.ATTESTED), False),
    ],
)
def test_a_policy_says_which_passes_of_a_channel_count(rule: ChannelRule, counts: bool) -> None:
    policies = book((LONG_AGO, replace(PLAIN, channels={Channel.PHONE: rule})))
    assert (status(life(ON_THE_PHONE), SEEN, policies).passed_on is not None) is counts
    elsewhere = replace(ON_THE_PHONE, channel=Channel.KIOSK)
    assert status(life(elsewhere), SEEN, policies).passed_on == DAY


# --- data alone ---------------------------------------------------------------------------------------------


def test_after_three_whole_cycles_by_data_alone_a_person_is_asked_to_be_seen_once_and_nothing_else_changes() -> None:
    yearly = [event(EventKind.VACCINATION, date(year, 4, 1)) for year in range(2021, 2025)]
    facts = life(face(date(2020, 3, 1)), *yearly)
    before, after = status(facts, date(2023, 3, 31)), status(facts, date(2023, 4, 1))
    assert (before.sample_wanted, after.sample_wanted) == (False, True)
    assert (after.state, after.due_on) == ("normal", date(2024, 4, 30))
    seen = replace(facts, events=(*facts.events, face(date(2023, 4, 2))))
    assert not status(seen, date(2023, 5, 1)).sample_wanted
