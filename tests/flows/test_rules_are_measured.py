"""A rehearsal keeps nothing; a sample is judged once by whoever may; scorecards count it and only propose."""

from __future__ import annotations

import pytest

from auth_service.beneficiaries.tags import Tag
from auth_service.core.errors import (
    AccessRefused,
    FieldInvalid,
    FieldTooLong,
    NotFound,
    ReasonMissing,
    RuleParameterInvalid,
    StaleJudgement,
)
from auth_service.core.ids import new_id
from auth_service.flows.see_scorecards import RuleCard, SeeScorecards
from auth_service.monitoring.flags import Flag, Severity, Verdict
from auth_service.monitoring.parameters import RuleState
from auth_service.monitoring.rules import RULES
from auth_service.monitoring.scorecard import Advice, ScorecardPolicy
from tests.builders import Agency
from tests.conftest import FixedClock
from tests.flows.supervising import Supervision

FEW = ScorecardPolicy(least_judged=2, lower_below=0.7, shadow_below=0.6)


@pytest.fixture
def watch(agency: Agency, clock: FixedClock) -> Supervision:
    return Supervision(agency, clock)


def card(watch: Supervision, rule: str, policy: ScorecardPolicy = FEW) -> RuleCard:
    found = SeeScorecards(watch.agency.store, watch.clock, policy).run()
    return next(one for one in found.cards if one.rule_id == rule)


def test_a_rehearsal_tells_places_and_guarded_tags_and_keeps_nothing(watch: Supervision) -> None:
    watch.share_account()
    now = watch.clock.now()
    with watch.agency.ledger_store.unit() as unit:
        unit.life_events.set_tags(watch.money.person, [Tag.SUBSISTENCE], "civil_affairs", now, "batch")
    found = watch.rehearsing.run("P01", {}, lambda _: None)
    assert found.document() == {
        "rule": "P01", "facts": 1, "found": 1, "standing": 0, "people": 2, "by_severity": {"high": 1},
        "by_region": {"130203": 1}, "by_tag": {"subsistence": 1},
    }  # fmt: skip
    assert watch.rehearsing.run("P01", {"most_groups": "2"}, lambda _: None).found == 0
    assert watch.agency.flags() == []
    assert watch.sample("P01") == []
    with pytest.raises(RuleParameterInvalid):
        watch.rehearsing.run("P01", {"groups": "2"}, lambda _: None)


def test_a_rehearsal_says_what_stands_already(watch: Supervision) -> None:
    watch.share_account()
    watch.set("P01", RuleState.IN_FORCE)
    watch.run("P01")
    assert watch.rehearsing.run("P01", {}, lambda _: None).standing == 1


def test_a_sample_is_judged_once_by_a_monitor(watch: Supervision) -> None:
    watch.share_account()
    watch.run("P02")
    first, second = watch.sample("P02")
    for flag, reason, error in ((first.id, " ", ReasonMissing), (first.id, "长" * 1001, FieldTooLong),
                                (new_id(), "夫妻", NotFound)):  # fmt: skip
        with pytest.raises(error):
            watch.judging.judge(flag, Verdict.FALSE_FLAG, reason, watch.monitor)
    with pytest.raises(AccessRefused):
        watch.judging.judge(first.id, Verdict.FALSE_FLAG, "夫妻", watch.admin)
    with pytest.raises(AccessRefused):
        watch.judging.sample("P02", 5, watch.money.officer)
    with pytest.raises(FieldInvalid):
        watch.judging.sample("P02", 201, watch.monitor)
    watch.clock.advance(days=3)
    watch.judging.judge(first.id, Verdict.FALSE_FLAG, "夫妻共用", watch.monitor)
    with pytest.raises(StaleJudgement):
        watch.judging.judge(first.id, Verdict.NEEDS_CHECK, "再看", watch.monitor)
    assert [one.id for one in watch.sample("P02")] == [second.id]
    found = card(watch, "P02")
    assert (found.state, found.card.raised, found.card.false, found.card.open) == (RuleState.SHADOW, 2, 1, 1)
    assert found.card.median_days == 3.0
    assert found.advice is None


def test_a_good_sample_is_advised_for_force_and_nothing_changes_by_it(watch: Supervision) -> None:
    watch.share_account()
    watch.run("P02")
    for one in watch.sample("P02"):
        watch.judging.judge(one.id, Verdict.NEEDS_CHECK, "确有其事", watch.monitor)
    lenient = ScorecardPolicy(least_judged=2, lower_below=0.3, shadow_below=0.1)
    assert card(watch, "P02", lenient).advice is Advice.IN_FORCE
    assert watch.run("P02")["P02"].state is RuleState.SHADOW


def raised(watch: Supervision, rule: str, verdict: Verdict | None, place: int) -> None:
    flag = Flag(rule, 1, RULES[rule].severity, (watch.money.person,), {}, f"{rule}:{place}", watch.clock.now())
    with watch.agency.store.unit() as unit:
        flag_id = unit.flags.raise_once(flag)
    assert flag_id is not None
    if verdict is not None:
        watch.agency.judge.run(flag_id, verdict, "看过", watch.monitor, None)


def test_flags_in_force_are_counted_by_their_newest_judgement(watch: Supervision) -> None:
    for place, verdict in enumerate((Verdict.FALSE_FLAG, Verdict.FALSE_FLAG, Verdict.NEEDS_CHECK, None)):
        raised(watch, "P04", verdict, place)
    (open_line, *lines) = sorted(watch.agency.store.queries.flags(None).rows, key=lambda one: one.verdict or "")
    assert open_line.verdict is None
    false = next(line for line in lines if line.verdict is Verdict.FALSE_FLAG)
    with watch.agency.store.reading() as unit:
        stored = unit.flags.get(false.id)
    assert stored is not None
    watch.clock.advance(days=10)
    watch.agency.judge.run(false.id, Verdict.NEEDS_CHECK, "补充材料", watch.monitor, stored.judgements[-1][0])
    found = card(watch, "P04").card
    assert (found.raised, found.confirmed, found.false, found.open, found.median_days) == (4, 2, 1, 1, 0.0)


def test_a_bad_rule_in_force_is_advised_milder_as_it_is_raised_today(watch: Supervision) -> None:
    for place in range(3):
        raised(watch, "P04", Verdict.FALSE_FLAG, place)
        raised(watch, "V05", Verdict.FALSE_FLAG, place)
    assert (card(watch, "P04").advice, card(watch, "P04").fixed) == (Advice.SHADOW, False)
    assert (card(watch, "V05").advice, card(watch, "V05").fixed) == (Advice.SHADOW, True)
    gentle = ScorecardPolicy(least_judged=2, lower_below=0.7, shadow_below=0.1)
    assert card(watch, "P04", gentle).advice is Advice.LOWER
    watch.set("P04", RuleState.IN_FORCE, severity=Severity.LOW)
    assert (card(watch, "P04", gentle).advice, card(watch, "P04").severity) == (Advice.SHADOW, Severity.LOW)
    watch.set("P04", RuleState.OFF)
    assert card(watch, "P04", gentle).advice is None


def test_a_window_holds_what_was_raised_in_it(watch: Supervision) -> None:
    raised(watch, "P04", None, 1)
    watch.clock.advance(days=91)
    assert card(watch, "P04").card.raised == 0
    assert SeeScorecards(watch.agency.store, watch.clock).run(92).cards[0].rule_id == min(RULES)
    for days in (0, 3661):
        with pytest.raises(FieldInvalid):
            watch.cards.run(days)
