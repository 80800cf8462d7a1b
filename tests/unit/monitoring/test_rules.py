"""Each rule: what fires it, what must not, and the boundary."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from auth_service.monitoring.flags import Severity
from auth_service.monitoring.rules import RULES, rule_severity, rule_words
from auth_service.monitoring.rules.i01_id_number import InvalidIdNumber, LedgerRowFacts
from auth_service.monitoring.rules.i03_one_face import OneFace, OneFaceFacts, pair_of_key
from auth_service.monitoring.rules.i09_shared_image import SharedImage, SharedImageFacts
from auth_service.monitoring.rules.v01_one_device import KioskFacts, OneDevice, PhoneFacts
from auth_service.monitoring.rules.v03_repeated_failures import FailureFacts, RepeatedFailures
from auth_service.monitoring.rules.v04_copied_capture import CopiedCapture, CopyFacts
from auth_service.monitoring.rules.v09_broken_protocol import Breach, BreachFacts, BrokenProtocol

NOW = datetime(2026, 3, 10, 2, 0, tzinfo=UTC)


@pytest.mark.parametrize("code", ["id_number_invalid", "id_number_check_digit", "id_number_date"])
def test_i01_fires_on_an_id_number_that_cannot_be(code: str) -> None:
    flag = InvalidIdNumber().judge(LedgerRowFacts("b", 7, code, "id_number", "hash", "TS7"), NOW)
    assert flag is not None
    assert flag.severity is Severity.HIGH
    assert flag.dedupe_key == "I01:hash"
    assert dict(flag.evidence) == {"batch": "b", "row": 7, "fault": code, "person_key": "TS7"}


@pytest.mark.parametrize(
    ("code", "field"), [("field_missing", "id_number"), ("row_conflict", "name"), ("name_invalid", "name")]
)
def test_i01_is_silent_about_other_refusals(code: str, field: str) -> None:
    assert InvalidIdNumber().judge(LedgerRowFacts("b", 7, code, field, "hash", None), NOW) is None


def test_i09_fires_once_for_a_pair_whichever_came_first() -> None:
    one = SharedImage().judge(SharedImageFacts("p1", "p2", True, 0, 1.0, "new", "old"), NOW)
    other = SharedImage().judge(SharedImageFacts("p2", "p1", True, 0, 1.0, "new", "old"), NOW)
    assert one is not None
    assert other is not None
    assert one.dedupe_key == other.dedupe_key
    assert one.photos == (("offered", "new"), ("reference", "old"))


def test_i09_is_silent_about_a_persons_own_photo() -> None:
    assert SharedImage().judge(SharedImageFacts("p1", "p1", True, 0, 1.0, "new", "old"), NOW) is None


@pytest.mark.parametrize(
    ("day", "cycle", "fires"), [(2, 5, False), (3, 3, True), (0, 6, True), (2, 6, True), (0, 0, False)]
)
def test_v03_fires_at_three_in_a_day_or_six_in_a_cycle(day: int, cycle: int, fires: bool) -> None:
    assert (RepeatedFailures().judge(FailureFacts("p", day, cycle), NOW) is not None) is fires


def test_v03_is_raised_once_a_day() -> None:
    facts = FailureFacts("p", 3, 3)
    keys = [RepeatedFailures().judge(facts, NOW + timedelta(hours=hours)).dedupe_key for hours in (0, 5, 24)]  # type: ignore[union-attr]
    assert keys[0] == keys[1] != keys[2]


def test_v04_shows_the_probe_beside_the_photo_that_it_copies() -> None:
    flag = CopiedCapture().judge(CopyFacts("p", "e", "reference", False, 3, 0.99712, "probe-id", "known-id"), NOW)
    assert flag.severity is Severity.CRITICAL
    assert flag.photos == (("probe", "probe-id"), ("reference", "known-id"))
    assert flag.evidence["similarity"] == 0.9971


def test_every_rule_says_in_both_languages_what_it_means_and_what_to_do() -> None:
    for rule_id, severity in [*((rule, None) for rule in RULES), ("V09", BrokenProtocol.clock_severity)]:
        words = rule_words(rule_id, severity)
        texts = (words.title_zh, words.title_en, words.meaning_zh, words.meaning_en, words.action_zh, words.action_en)
        assert all(texts), rule_id
        assert rule_severity(rule_id) in Severity


def test_no_rule_speaks_of_death_or_accuses() -> None:
    for rule_id in RULES:
        words = rule_words(rule_id)
        assert not any(word in words.meaning_zh + words.action_zh for word in ("死亡", "骗子", "停发"))


def test_v09_concerns_a_device_and_is_raised_once_a_day_for_each_kind() -> None:
    rule, one, other = BrokenProtocol(), BreachFacts("d", Breach.REPLAYED), BreachFacts("d", Breach.CLONED, 7)
    flag = rule.judge(one, NOW)
    assert (flag.device_id, flag.person_ids, flag.severity) == ("d", (), Severity.CRITICAL)
    assert flag.dedupe_key == rule.key_of(one, NOW + timedelta(hours=5)) != rule.key_of(one, NOW + timedelta(days=1))
    assert rule.judge(other, NOW).dedupe_key != flag.dedupe_key
    assert dict(rule.judge(other, NOW).evidence) == {"breach": "cloned", "counter": 7}


@pytest.mark.parametrize("breach", Breach)
def test_v09_is_critical_but_for_a_clock_that_is_merely_wrong(breach: Breach) -> None:
    flag = BrokenProtocol().judge(BreachFacts("d", breach), NOW)
    clock = breach in {Breach.CLOCK_AHEAD, Breach.EXPIRED, Breach.CLOCK_WRONG}
    assert flag.severity is (Severity.MEDIUM if clock else Severity.CRITICAL)
    assert ("时钟" in rule_words("V09", flag.severity).title_zh) is clock


@pytest.mark.parametrize(("people", "fires"), [(5, False), (6, True)])
def test_v01_fires_when_more_than_five_people_passed_on_one_phone(people: int, fires: bool) -> None:
    named = tuple(f"p{place}" for place in range(people))
    flag = OneDevice().judge_phone(PhoneFacts("f" * 64, (*named, "p0"), 30), NOW)
    assert (flag is not None) is fires
    if flag is not None:
        assert (flag.person_ids[:6], flag.evidence["people"]) == (named, 6)


def test_v01_about_a_kiosk_is_raised_once_a_day() -> None:
    flags = [OneDevice().judge_kiosk(KioskFacts("d"), NOW + timedelta(hours=hours)) for hours in (0, 3, 24)]
    assert flags[0].dedupe_key == flags[1].dedupe_key != flags[2].dedupe_key
    assert {flag.device_id for flag in flags} == {"d"}


def one_face(**changed: Any) -> OneFaceFacts:
    facts = OneFaceFacts(
        "b", "a", True, False, 0.97512, 0.95, "own@2", ("phone",), 0.00123456, 1000, "photo-b", "photo-a"
    )
    return replace(facts, **changed)


def test_i03_lays_both_photos_side_by_side_once_for_a_pair_in_whatever_order() -> None:
    flag = OneFace().judge(one_face(), NOW)
    assert (flag.severity, flag.dedupe_key, pair_of_key(flag.dedupe_key)) == (Severity.CRITICAL, "I03:a:b", ("a", "b"))
    assert flag.photos == (("reference", "photo-b"), ("other_reference", "photo-a"))
    assert (flag.evidence["similarity"], flag.evidence["by_chance"], flag.evidence["shared"]) == (
        0.9751,
        0.00123,
        "phone",
    )
    assert OneFace().judge(one_face(first="a", second="b"), NOW).dedupe_key == flag.dedupe_key


def test_i03_is_less_urgent_where_the_face_is_all_there_is() -> None:
    assert OneFace().judge(one_face(signals=()), NOW).severity is Severity.HIGH


@pytest.mark.parametrize("changed", [{"reaches": False}, {"declared": True}, {"second": "b"}])
def test_i03_says_nothing_of_who_does_not_match_or_is_declared(changed: dict[str, Any]) -> None:
    assert OneFace().judge(one_face(**changed), NOW) is None
