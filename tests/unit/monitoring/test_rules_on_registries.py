"""Each rule on what registries say: what fires it, what must not, and the boundary."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from auth_service.beneficiaries.dates import PartialDate
from auth_service.beneficiaries.person import BenefitKind
from auth_service.crosscheck.agreement import Agreement, BirthLevel, IdLevel, NameLevel, RegionLevel, SexLevel
from auth_service.crosscheck.batches import BatchFinding, Oddity
from auth_service.crosscheck.meanings import DEATHS, Meaning
from auth_service.crosscheck.rules import Strength
from auth_service.crosscheck.sources import RegistryKind
from auth_service.crosscheck.standing import LinkAct
from auth_service.monitoring.flags import Severity
from auth_service.monitoring.rules import rule_words
from auth_service.monitoring.rules.away_told import AbroadFacts, LeftCountry, Missing
from auth_service.monitoring.rules.d07_passed_after import PassAfterFacts, PassedAfter, Sign
from auth_service.monitoring.rules.d08_dates_disagree import DatesDisagree, DeathsToldFacts
from auth_service.monitoring.rules.d09_odd_batch import BatchOddFacts, OddBatch
from auth_service.monitoring.rules.d13_taken_back import RecordTakenBack, TakenBackFacts
from auth_service.monitoring.rules.entitlement_told import Employed, SurvivorCondition
from auth_service.monitoring.rules.of_registries import OF_REGISTRIES, ON_ONE_FINDING
from auth_service.monitoring.rules.registry_facts import LinkFacts
from auth_service.payments.proposals import Ground
from auth_service.qualification.grades import EventKind

NOW = datetime(2026, 3, 10, 2, 0, tzinfo=UTC)
EXACT = Agreement(IdLevel.EXACT, NameLevel.EXACT, BirthLevel.EXACT, RegionLevel.COUNTY, SexLevel.SAME)
PENSION = frozenset({BenefitKind.RESIDENT_PENSION})
RULE_OF = {
    Meaning.DIED: ("D01", Severity.CRITICAL, Severity.HIGH),
    Meaning.CREMATED: ("D02", Severity.CRITICAL, Severity.HIGH),
    Meaning.HOUSEHOLD_ENDED: ("D03", Severity.CRITICAL, Severity.HIGH),
    Meaning.DIED_IN_HOSPITAL: ("D04", Severity.HIGH, Severity.HIGH),
    Meaning.DIED_VILLAGE_SAYS: ("D05", Severity.HIGH, Severity.HIGH),
    Meaning.SERVING: ("S01", Severity.CRITICAL, Severity.HIGH),
    Meaning.DETAINED: ("S02", Severity.HIGH, Severity.HIGH),
    Meaning.SERVED_OUTSIDE: ("S03", Severity.LOW, Severity.LOW),
    Meaning.MISSING: ("S05", Severity.HIGH, Severity.HIGH),
    Meaning.OTHER_ROLL: ("I06", Severity.CRITICAL, Severity.HIGH),
}
"""Meaning -> the one rule that fires for somebody who draws a pension, and its severity when strong and when weak."""


def link(meaning: Meaning = Meaning.DIED, name: str = "l1", **more: object) -> LinkFacts:
    told = LinkFacts(
        name, "p", RegistryKind.DEATH, "civil_affairs", meaning, "L01", Strength.STRONG, EXACT,
        PartialDate(2025, 2, 11), PENSION,
    )  # fmt: skip
    return replace(told, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("meaning", Meaning)
@pytest.mark.parametrize("strength", Strength)
def test_each_meaning_fires_its_own_rule_and_no_other(meaning: Meaning, strength: Strength) -> None:
    facts = link(meaning, strength=strength)
    flags = [flag for rule in ON_ONE_FINDING if (flag := rule().judge(facts, NOW)) is not None]
    wanted = RULE_OF.get(meaning)
    if wanted is None:
        assert flags == []
        return
    rule, strong, weak = wanted
    assert [(flag.rule_id, flag.severity) for flag in flags] == [(rule, strong if facts.strong else weak)]
    assert (flags[0].person_ids, flags[0].dedupe_key) == (("p",), f"{rule}:l1")


def test_a_flag_shows_how_each_field_agrees_and_no_more() -> None:
    (flag,) = [flag for rule in ON_ONE_FINDING if (flag := rule().judge(link(), NOW)) is not None]
    assert dict(flag.evidence) == {
        "link": "l1", "kind": "death", "source": "civil_affairs", "link_rule": "L01", "strength": "strong",
        "id_level": "exact", "name_level": "exact", "birth_level": "exact", "region_level": "county",
        "sex_level": "same", "event_date": "2025-02-11",
    }  # fmt: skip


def test_what_holds_again_is_another_flag() -> None:
    keys = {ON_ONE_FINDING[0]().judge(link(renewed=times), NOW).dedupe_key for times in (0, 1, 2)}  # type: ignore[union-attr]
    assert keys == {"D01:l1", "D01:l1:1", "D01:l1:2"}


def test_a_weak_finding_has_words_of_its_own_that_speak_of_a_relative() -> None:
    for rule_id in ("D01", "D02", "D03"):
        strong, weak = rule_words(rule_id, Severity.CRITICAL), rule_words(rule_id, Severity.HIGH)
        assert strong == rule_words(rule_id) != weak
        assert "亲属" in weak.meaning_zh
        assert "relative" in weak.meaning_en
    assert rule_words("D13", Severity.CRITICAL).title_zh != rule_words("D13", Severity.LOW).title_zh


def test_no_words_accuse_or_say_that_somebody_is_dead() -> None:
    for rule in OF_REGISTRIES:
        for severity in Severity:
            words = rule_words(rule.rule_id, severity)
            zh, en = words.meaning_zh + words.action_zh, words.meaning_en + words.action_en
            assert not any(word in zh for word in ("死亡", "骗", "冒领", "停发", "假冒")), rule.rule_id
            assert not any(word in en.lower() for word in ("fraud", "imposter", "is dead", "the dead")), rule.rule_id


@pytest.mark.parametrize(("day", "fires"), [(10, False), (11, False), (12, True)])
def test_d07_fires_for_a_pass_behind_the_registered_day_and_not_on_it(day: int, fires: bool) -> None:
    flag = PassedAfter().judge(PassAfterFacts(link(), "e", date(2025, 2, day)), NOW)
    assert (flag is not None) is fires
    if flag is not None:
        assert (flag.severity, flag.evidence["days_after"], flag.dedupe_key) == (Severity.CRITICAL, 1, "D07:l1:e")


def test_d07_takes_the_last_day_that_a_date_can_mean_and_wants_a_strong_finding_of_a_death() -> None:
    def fires(facts: LinkFacts, on: date) -> bool:
        return PassedAfter().judge(PassAfterFacts(facts, "e", on), NOW) is not None

    month = link(event=PartialDate(2025, 2))
    assert (fires(month, date(2025, 2, 28)), fires(month, date(2025, 3, 1))) == (False, True)
    assert not fires(link(event=None), date(2026, 1, 1))
    assert not fires(link(strength=Strength.WEAK), date(2026, 1, 1))
    assert not fires(link(Meaning.MISSING), date(2026, 1, 1))
    assert all(fires(link(meaning), date(2026, 1, 1)) for meaning in DEATHS)


def test_d07_names_a_signs_kind_source_and_day_in_place_of_a_capture() -> None:
    sign = Sign(EventKind.TRAVEL_GATE, "railway")
    flag = PassedAfter().judge(PassAfterFacts(link(), "x", date(2025, 2, 12), sign), NOW)
    assert flag is not None
    assert (flag.severity, flag.dedupe_key) == (Severity.CRITICAL, "D07:l1:x")
    told = {key: value for key, value in flag.evidence.items() if "sign" in key or key in {"passed_on", "evidence"}}
    assert told == {"sign": "travel_gate", "sign_source": "railway", "passed_on": "2025-02-12"}


def test_d07_keeps_both_stories() -> None:
    words = rule_words("D07")
    assert "健在" in words.meaning_zh
    assert "不是本人" in words.meaning_zh
    assert "不得暂缓" in words.action_zh


@pytest.mark.parametrize(("day", "fires"), [(11, False), (14, False), (15, True)])
def test_d08_fires_beyond_three_days_of_two_sources(day: int, fires: bool) -> None:
    other = link(Meaning.CREMATED, "l2", source="funeral_home", event=PartialDate(2025, 2, day))
    flag = DatesDisagree().judge(DeathsToldFacts([link(), other]), NOW)
    assert (flag is not None) is fires
    if flag is not None:
        assert (flag.dedupe_key, flag.evidence["days_apart"]) == ("D08:l1:l2", 4)
        assert (flag.evidence["event_date"], flag.evidence["other_event_date"]) == ("2025-02-11", "2025-02-15")


@pytest.mark.parametrize(
    "other",
    [
        link(name="l2", event=PartialDate(2025, 6, 1)),
        link(Meaning.CREMATED, "l2", source="funeral_home", event=PartialDate(2025)),
        link(Meaning.CREMATED, "l2", source="funeral_home", event=None),
        link(Meaning.CREMATED, "l2", source="f", event=PartialDate(2025, 6, 1), strength=Strength.WEAK),
        link(Meaning.EXIT, "l2", source="immigration", event=PartialDate(2025, 6, 1)),
    ],
    ids=["same source", "the year agrees", "no date", "perhaps a relative", "no death"],
)
def test_d08_is_silent_where_nothing_disagrees(other: LinkFacts) -> None:
    assert DatesDisagree().judge(DeathsToldFacts([link(), other]), NOW) is None
    assert DatesDisagree().judge(DeathsToldFacts([]), NOW) is None


def test_d09_is_about_the_file_and_nobody() -> None:
    found = (BatchFinding(Oddity.SAME_DATE, 30, 6), BatchFinding(Oddity.NOBODY, 0, 1))
    facts = BatchOddFacts("b", RegistryKind.DEATH, "civil_affairs", 30, 30, found)
    flag = OddBatch().judge(facts, NOW)
    assert flag is not None
    assert (flag.person_ids, flag.severity, flag.dedupe_key) == ((), Severity.HIGH, "D09:b")
    assert flag.evidence["odd"] == "same_date"
    assert OddBatch().judge(replace(facts, findings=found[1:]), NOW) is None
    assert OddBatch().judge(replace(facts, findings=()), NOW) is None


@pytest.mark.parametrize(
    ("meaning", "stopped", "still", "severity"),
    [
        (Meaning.DIED, set(), False, Severity.LOW),
        (Meaning.DIED, {Ground.DEATH_RECORD}, False, Severity.CRITICAL),
        (Meaning.CREMATED, {Ground.DEATH_CONFIRMED}, False, Severity.CRITICAL),
        (Meaning.DIED, {Ground.NOT_REACHED}, False, Severity.CRITICAL),
        (Meaning.DIED, {Ground.DATA_CONFLICT}, False, Severity.CRITICAL),
        (Meaning.DIED, {Ground.DEATH_RECORD}, True, Severity.LOW),
        (Meaning.DIED, {Ground.IMPRISONED}, False, Severity.LOW),
        (Meaning.SERVING, {Ground.IMPRISONED}, False, Severity.CRITICAL),
        (Meaning.MISSING, {Ground.MISSING}, False, Severity.CRITICAL),
        (Meaning.NOTHING, {Ground.DEATH_RECORD}, False, None),
        (Meaning.ENTRY, set(), False, None),
    ],
)
def test_d13_is_urgent_where_a_benefit_is_stopped_on_what_is_gone(
    meaning: Meaning, stopped: set[Ground], still: bool, severity: Severity | None
) -> None:
    facts = TakenBackFacts(link(meaning), LinkAct.VOIDED, still, frozenset(stopped))
    flag = RecordTakenBack().judge(facts, NOW)
    assert (None if flag is None else flag.severity) is severity


def test_d13_is_raised_each_time() -> None:
    keys = {
        RecordTakenBack().judge(TakenBackFacts(link(), LinkAct.VOIDED, False, frozenset(), times), NOW).dedupe_key  # type: ignore[union-attr]
        for times in (1, 3)
    }
    assert keys == {"D13:l1:1", "D13:l1:3"}


@pytest.mark.parametrize(("event", "fires"), [((2025, 3, 9), True), ((2025, 3, 10), False), ((2025,), False)])
def test_s04_fires_when_more_than_twelve_months_have_passed(event: tuple[int, ...], fires: bool) -> None:
    facts = link(Meaning.EXIT, event=PartialDate(*event))
    assert (LeftCountry().judge(AbroadFacts(facts), NOW) is not None) is fires
    assert LeftCountry().judge(AbroadFacts(facts, came_back=True), NOW) is None


def test_s04_fires_at_once_for_who_settled_abroad_and_never_without_a_day() -> None:
    settled = LeftCountry().judge(AbroadFacts(link(Meaning.SETTLED_ABROAD, event=None)), NOW)
    assert settled is not None
    assert settled.severity is Severity.MEDIUM
    assert LeftCountry().judge(AbroadFacts(link(Meaning.EXIT, event=None)), NOW) is None
    assert LeftCountry().judge(AbroadFacts(link(Meaning.ENTRY)), NOW) is None


@pytest.mark.parametrize(("event", "fires"), [((2025, 9, 9), True), ((2025, 9, 10), False), ((2025, 9), False)])
def test_s05_fires_when_more_than_six_months_have_passed(event: tuple[int, ...], fires: bool) -> None:
    assert (Missing().judge(link(Meaning.MISSING, event=PartialDate(*event)), NOW) is not None) is fires


@pytest.mark.parametrize("meaning", [Meaning.MARRIED, Meaning.ADOPTED, Meaning.EMPLOYED])
def test_s06_asks_about_survivors_alone(meaning: Meaning) -> None:
    survivor = link(meaning, benefits=frozenset({BenefitKind.SURVIVOR}))
    assert SurvivorCondition().judge(survivor, NOW) is not None
    assert SurvivorCondition().judge(link(meaning), NOW) is None


def test_s07_asks_about_a_job_beside_unemployment_benefit_alone() -> None:
    jobless = frozenset({BenefitKind.UNEMPLOYMENT})
    flag = Employed().judge(link(Meaning.EMPLOYED, benefits=jobless), NOW)
    assert flag is not None
    assert flag.severity is Severity.MEDIUM
    assert Employed().judge(link(Meaning.EMPLOYED), NOW) is None
    assert Employed().judge(link(Meaning.MARRIED, benefits=jobless), NOW) is None
