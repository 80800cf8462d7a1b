"""Parameters are checked against the rule's own types and bounds; what is not named keeps the rule's own value."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from auth_service.core.errors import NotFound, RuleFixed, RuleParameterInvalid
from auth_service.monitoring.flags import Flag, Severity
from auth_service.monitoring.parameters import RuleState, RuleTerms, configured, parameters_of
from auth_service.monitoring.rules import SWEPT, swept
from auth_service.monitoring.rules.i04_two_numbers import TwoNumbers
from auth_service.monitoring.rules.p04_amount_jump import AmountJump
from auth_service.monitoring.rules.p06_long_arrears import LongArrears

NOW = datetime(2026, 3, 10, 2, 0, tzinfo=UTC)


@pytest.mark.parametrize("rule", SWEPT, ids=lambda rule: rule.rule_id)
def test_what_a_rule_is_made_of_makes_the_same_rule(rule: type) -> None:
    assert configured(rule, parameters_of(rule)) == rule()  # type: ignore[arg-type]


def test_values_come_as_text_or_as_json() -> None:
    assert configured(AmountJump, {"percent": "30"}) == configured(AmountJump, {"percent": 30}) == AmountJump(30)
    made = configured(LongArrears, {"most_amount": "20000.50"})
    assert parameters_of(made) == {"most_months": 12, "most_amount": "20000.50"}
    assert made == LongArrears(most_amount=Decimal("20000.50"))


@pytest.mark.parametrize(
    ("rule", "given", "field"),
    [
        (AmountJump, {"per_cent": 30}, "per_cent"),
        (AmountJump, {"percent": "much"}, "percent"),
        (AmountJump, {"percent": "20.5"}, "percent"),
        (AmountJump, {"percent": True}, "percent"),
        (AmountJump, {"percent": -1}, "percent"),
        (AmountJump, {"percent": "NaN"}, "percent"),
        (AmountJump, {"percent": "1e9"}, "percent"),
        (AmountJump, {"percent": None}, "percent"),
        (TwoNumbers, {"region_digits": 1}, "region_digits"),
        (TwoNumbers, {"region_digits": 13}, "region_digits"),
        (LongArrears, {"most_amount": "Infinity"}, "most_amount"),
    ],
)
def test_what_a_rule_does_not_take_is_refused_by_name(rule: type, given: dict[str, object], field: str) -> None:
    with pytest.raises(RuleParameterInvalid) as refused:
        configured(rule, given)  # type: ignore[arg-type]
    assert refused.value.field == field


def test_only_rules_over_stored_data_have_settings() -> None:
    assert swept("P04") is AmountJump
    with pytest.raises(RuleFixed):
        swept("V05")
    with pytest.raises(NotFound):
        swept("X99")


def test_a_mark_tells_parameters_and_not_state_or_severity() -> None:
    one = RuleTerms(AmountJump(), RuleState.SHADOW)
    assert one.mark == RuleTerms(AmountJump(), RuleState.IN_FORCE, Severity.LOW, "s1").mark
    assert one.mark != RuleTerms(AmountJump(30), RuleState.SHADOW).mark
    assert one.mark != RuleTerms(LongArrears(), RuleState.SHADOW).mark


def test_a_flag_says_under_which_setting_it_was_found() -> None:
    found = Flag("P04", 1, Severity.MEDIUM, ("p1",), {"month": "2026-02"}, "P04:p1", NOW)
    assert RuleTerms(AmountJump(), RuleState.IN_FORCE).flag(found) == found
    milder = RuleTerms(AmountJump(), RuleState.IN_FORCE, Severity.LOW, "s1").flag(found)
    assert milder.severity is Severity.LOW
    assert milder.evidence == {"month": "2026-02", "rule_setting": "s1"}
