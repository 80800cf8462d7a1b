"""I07, I08, V08, V10, V11: what fires each, what must not, and the boundary."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from auth_service.core.errors import RuleParameterInvalid
from auth_service.monitoring.flags import Severity
from auth_service.monitoring.parameters import configured
from auth_service.monitoring.rules.i07_changed_photo import ChangedPhoto, PhotoChangeFacts
from auth_service.monitoring.rules.i08_changed_contact import ChangedContact, PhoneChangeFacts
from auth_service.monitoring.rules.v08_low_margin import FEWEST, WIDEST, LowMargin, Margin, MarginFacts
from auth_service.monitoring.rules.v10_silent_only import SilentFacts, SilentOnly
from auth_service.monitoring.rules.v11_refused_and_weak import RefusedAndWeak, RefusedFacts

NOW = datetime(2026, 3, 10, 2, 0, tzinfo=UTC)
DAY = timedelta(days=1)
CHANGED = NOW - 40 * DAY
PHOTO = PhotoChangeFacts(
    "p", "set", CHANGED - 400 * DAY, CHANGED, 1, 2, "officer", "pass", CHANGED + 30 * DAY, "phone"
)  # fmt: skip
PHONE = PhoneChangeFacts("p", "change", CHANGED, "pass", CHANGED + 30 * DAY, "phone")
SILENT = SilentFacts("p", "resident_pension", date(2026, 3, 10), ended=False)
REFUSED = RefusedFacts(
    "p", (("e1", date(2025, 3, 11)), ("e2", date(2026, 3, 1))), date(2026, 2, 1), None, date(2025, 3, 10)
)


def test_i07_fires_on_a_pass_within_thirty_days_of_a_change() -> None:
    flag = ChangedPhoto().judge(PHOTO, NOW)
    assert flag is not None
    assert (flag.severity, flag.dedupe_key) == (Severity.HIGH, "I07:p:set")
    assert dict(flag.evidence) == {
        "evidence": "pass", "channel": "phone", "photo_source": "officer", "added": 1, "kept": 2, "days_between": 30,
    }  # fmt: skip


@pytest.mark.parametrize(
    "changed",
    [
        {"passed_at": CHANGED + 30 * DAY + timedelta(seconds=1)},
        {"passed_at": CHANGED - timedelta(seconds=1)},
        {"pass_id": None, "passed_at": None},
        {"added": 0},
        {"enrolled_at": CHANGED - 7 * DAY},
    ],
)
def test_i07_is_silent_later_before_and_about_one_enrolment(changed: dict[str, object]) -> None:
    assert ChangedPhoto().judge(replace(PHOTO, **changed), NOW) is None


def test_i07_asks_about_no_pass_that_lies_long_back() -> None:
    passed = PHOTO.passed_at
    assert passed is not None
    assert ChangedPhoto().judge(PHOTO, passed + 60 * DAY) is not None
    assert ChangedPhoto().judge(PHOTO, passed + 60 * DAY + timedelta(seconds=1)) is None
    assert ChangedPhoto().judge(replace(PHOTO, enrolled_at=CHANGED - 7 * DAY - timedelta(seconds=1)), NOW) is not None


def test_i08_fires_on_a_pass_within_thirty_days_of_another_telephone() -> None:
    flag = ChangedContact().judge(PHONE, NOW)
    assert flag is not None
    assert (flag.severity, flag.dedupe_key) == (Severity.HIGH, "I08:p:change")
    assert (flag.evidence["evidence"], flag.evidence["during_doubt"]) == ("pass", False)


@pytest.mark.parametrize(
    "changed",
    [
        {"passed_at": CHANGED + 30 * DAY + timedelta(seconds=1)},
        {"passed_at": CHANGED - timedelta(seconds=1)},
        {"pass_id": None, "passed_at": None},
        {"pass_id": None, "passed_at": None, "doubt_since": CHANGED + timedelta(seconds=1)},
    ],
)
def test_i08_is_silent_without_a_pass_and_before_a_doubt(changed: dict[str, object]) -> None:
    assert ChangedContact().judge(replace(PHONE, **changed), NOW) is None


def test_i08_fires_without_a_pass_while_a_death_is_in_question() -> None:
    facts = replace(PHONE, pass_id=None, passed_at=None, doubt_since=CHANGED)
    flag = ChangedContact().judge(facts, NOW)
    assert flag is not None
    assert (flag.evidence["during_doubt"], flag.evidence["evidence"]) == (True, None)
    assert ChangedContact().judge(facts, CHANGED + 60 * DAY + timedelta(seconds=1)) is None


def passes(*percents: float) -> MarginFacts:
    """Passes so many percent of the grey zone's width (0.2) above the threshold (0.6)."""
    told = tuple(
        Margin(f"e{place}", NOW + place * DAY, 0.6 + percent * 0.002, 0.6, 0.4)
        for place, percent in enumerate(percents)
    )
    return MarginFacts("p", "own@1", told)


@pytest.mark.parametrize(
    ("percents", "severity"),
    [
        ((10, 20), "low"),
        ((10,), None),
        ((49, 49), "low"),
        ((49, 51), None),
        ((51, 49), None),
        ((-20, 10), "low"),
        ((300, 200, 100, 40), "medium"),
        ((300, 200, 100, 60), None),
        ((300, 200, 40), None),
        ((300, 200, 200, 40), None),
        ((10, 300, 200, 100, 40), "medium"),
        ((40, 30, 20, 10), "medium"),
    ],
)
def test_v08_fires_where_all_are_low_or_four_fall_into_the_band(
    percents: tuple[float, ...], severity: str | None
) -> None:
    flag = LowMargin().judge(passes(*percents), NOW)
    assert (flag.severity.value if flag else None) == severity


def test_v08_is_raised_once_for_a_last_pass_and_knows_a_grey_zone_without_width() -> None:
    flag = LowMargin().judge(passes(10, 20), NOW)
    assert flag is not None
    assert flag.dedupe_key == "V08:p:e1"
    flat = (Margin("a", NOW, 0.6, 0.6, 0.6), Margin("b", NOW, 0.6, 0.6, 0.6))
    assert LowMargin().judge(MarginFacts("p", "own@1", flat), NOW) is not None
    assert LowMargin().judge(MarginFacts("p", "own@1", (flat[0], replace(flat[1], similarity=0.7))), NOW) is None
    assert LowMargin().judge(MarginFacts("p", "own@1", ()), NOW) is None


def test_v10_fires_on_and_after_the_day_that_the_policy_names() -> None:
    flag = SilentOnly().judge(SILENT, NOW)
    assert flag is not None
    assert (flag.severity, flag.dedupe_key) == (Severity.LOW, "V10:p:resident_pension:2026-03-10")
    assert SilentOnly().judge(replace(SILENT, since=date(2026, 3, 11)), NOW) is None
    assert SilentOnly().judge(replace(SILENT, ended=True), NOW) is None


def test_v11_fires_on_two_refusals_a_weak_sign_and_nobody_of_the_trade() -> None:
    flag = RefusedAndWeak().judge(REFUSED, NOW)
    assert flag is not None
    assert (flag.severity, flag.dedupe_key, flag.evidence["refused"]) == (Severity.HIGH, "V11:p:e2", 2)


@pytest.mark.parametrize(
    "changed",
    [
        {"refused": REFUSED.refused[1:]},
        {"refused": (("e1", date(2025, 3, 10)), ("e2", date(2026, 3, 1))), "strong_on": None},
        {"strong_on": date(2025, 3, 11)},
        {"weak_on": None},
        {"weak_on": date(2025, 3, 10)},
        {"clinician_on": date(2025, 3, 11)},
    ],
)
def test_v11_is_silent_where_one_of_the_three_is_missing(changed: dict[str, object]) -> None:
    assert RefusedAndWeak().judge(replace(REFUSED, **changed), NOW) is None


def test_v11_does_not_count_a_clinician_of_a_year_ago_and_is_raised_once() -> None:
    flag = RefusedAndWeak().judge(replace(REFUSED, clinician_on=date(2025, 3, 10)), NOW)
    more = RefusedAndWeak().judge(replace(REFUSED, refused=(*REFUSED.refused, ("e3", date(2026, 3, 5)))), NOW)
    assert flag is not None
    assert more is not None
    assert flag.dedupe_key == more.dedupe_key


@pytest.mark.parametrize(
    "given", [{"band_percent": WIDEST + 1}, {"band_percent": 0}, {"least": FEWEST - 1}, {"falling": 2}]
)
def test_no_parameter_asks_for_passes_that_the_set_does_not_hold(given: dict[str, int]) -> None:
    with pytest.raises(RuleParameterInvalid):
        configured(LowMargin, given)


def test_a_refusal_less_than_one_is_none() -> None:
    with pytest.raises(RuleParameterInvalid):
        configured(RefusedAndWeak, {"refusals": 0})
