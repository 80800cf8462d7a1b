"""Each rule's evidence as one sentence and a small table, in both languages."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from auth_service.console.words import ago, fact_rows, region, why, words_of
from auth_service.monitoring.flags import Facts, Flag, Severity

NOW = datetime(2026, 3, 10, 2, 0, tzinfo=UTC)
COPY: Facts = {"source": "capture", "exact": False, "hash_distance": 3, "similarity": 0.98765, "evidence": "e1"}


def _flag(rule: str, evidence: Facts) -> Flag:
    return Flag(rule, 1, Severity.HIGH, (), evidence, "key", NOW)


@pytest.mark.parametrize(
    ("rule", "evidence", "zh", "en"),
    [
        ("I01", {"row": 17, "fault": "id_number_check_digit"}, "第 17 行：证件号码校验位", "Row 17 of the imported"),
        ("I09", {"exact": True, "hash_distance": 0}, "逐个像素相同", "pixel by pixel"),
        ("I09", {"exact": False, "hash_distance": 4}, "只差 4 位", "4 of 64"),
        ("V03", {"failures_last_day": 3, "failures_in_cycle": 5}, "有 3 次未通过", "3 attempts failed"),
        ("V04", COPY, "与以前的采集几乎相同", "nearly the same as an earlier capture"),
        (
            "V04",
            {"source": "capture", "exact": False},
            "动作与以前的采集自始至终几乎相同",
            "that of an earlier capture",
        ),
        ("Z99", {"x": 1}, "请看下面的依据", "See the evidence"),
    ],
)
def test_why_a_flag_was_raised_is_one_sentence(rule: str, evidence: Facts, zh: str, en: str) -> None:
    assert zh in why(_flag(rule, evidence), "zh")
    assert en in why(_flag(rule, evidence), "en")


def test_facts_are_named_and_an_unknown_one_keeps_its_name() -> None:
    rows = {row.word: row.value for row in fact_rows(_flag("V04", {**COPY, "fresh": None}), "en")}
    assert rows["Copy of"] == "an earlier capture"
    assert rows["Pixels identical"] == "no"
    assert rows["Face similarity (1 is the same)"] == "0.9877"
    assert rows["fresh"] == "none"
    assert "校验位" in fact_rows(_flag("I01", {"fault": "id_number_check_digit"}), "zh")[0].value


def test_a_rule_that_is_gone_is_still_shown() -> None:
    assert words_of("Z99", "zh").title == "Z99"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(5, "just now"), (-60, "just now"), (720, "12 min ago"), (7300, "2 h ago"), (9e5, "10 days ago")],
)
def test_times_are_said_as_people_say_them(seconds: float, words: str) -> None:
    assert ago(NOW - timedelta(seconds=seconds), NOW, "en") == words


def test_a_region_is_named_where_its_name_is_known() -> None:
    assert region("130202", "zh") == "路南区 130202"
    assert region("440100", "en") == "440100"
    assert region(None, "zh") == "未登记"
