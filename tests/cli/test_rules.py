"""`auth-service rules`: rehearsed, proposed by one and put in force by another, run, sampled, judged, measured."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from auth_service.accounts.roles import Role
from auth_service.cli.main import app
from auth_service.monitoring.rules import RULES, SWEPT
from auth_service.settings import PREFIX, load_settings
from auth_service.wiring import Wiring
from tests.builders import LI, WANG
from tests.cli.test_calibrate import run

GAO, HE, CHEN = "gao-password-1234", "he-password-12345", "chen-password-1234"
LEDGER = (
    "证件号码,姓名,险种,行政区划,银行账号,开户名\n"
    f"{WANG},王秀英,城乡居民养老,130203,62220001,王秀英\n{LI},李建国,城乡居民养老,130205,62220001,王秀英\n"
)


@pytest.fixture
def agency(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"{PREFIX}HOME", str(tmp_path / "home"))
    run("init")
    wiring = Wiring(load_settings())
    for name, role, password in (("gao", Role.POLICY_ADMIN, GAO), ("he", Role.POLICY_ADMIN, HE),
                                 ("chen", Role.MONITOR, CHEN)):  # fmt: skip
        wiring.keep_staff.create(name, role, password, "cli")
    wiring.close_stores()
    file = tmp_path / "ledger.csv"
    file.write_text(LEDGER, encoding="utf-8")
    run("ledger", "import", str(file))


def test_from_a_rehearsal_to_a_rule_in_force(agency: None) -> None:
    listed = run("rules", "list")
    assert [one["rule"] for one in listed["rules"]] == sorted(rule.rule_id for rule in SWEPT)
    assert set(listed["always_in_force"]) == set(RULES) - {rule.rule_id for rule in SWEPT}
    found = run("rules", "rehearse", "P01", "--parameter", "most_groups=1")
    assert (found["found"], found["people"], found["by_region"]) == (1, 2, {"130203": 1})
    assert run("rules", "rehearse", "P01", "--parameter", "most_groups", expect=1)["error"]["field"] == "most_groups"

    ran = {one["rule"]: one for one in run("rules", "run", "P01", "P02")["ran"]}
    assert {rule: (one["state"], one["raised"]) for rule, one in ran.items()} == {
        "P01": ("shadow", 1), "P02": ("shadow", 1),
    }  # fmt: skip
    propose = ("rules", "propose", "P01", "--state", "in_force", "--reason", "抽样准确", "--severity", "medium",
               "--password-stdin", "--by")  # fmt: skip
    assert run(*propose, "chen", expect=1, stdin=f"{CHEN}\n")["error"]["code"] == "access_refused"
    setting = run(*propose, "gao", stdin=f"{GAO}\n")["setting"]
    activate = ("rules", "activate", setting, "--password-stdin", "--by")
    assert run(*activate, "gao", expect=1, stdin=f"{GAO}\n")["error"]["code"] == "second_person_needed"
    assert run(*activate, "he", stdin=f"{HE}\n")["activated_by"]
    shown = run("rules", "show", "P01")
    assert (shown["state"], shown["severity"], shown["settings"][0]["setting"]) == ("in_force", "medium", setting)
    assert run("rules", "run", "P01")["ran"][0]["raised"] == 1
    assert run("rules", "show", "V05", expect=1)["error"]["code"] == "rule_fixed"


def test_a_sample_is_judged_and_counts_in_the_scorecard(agency: None) -> None:
    run("rules", "run", "P02")
    sample = run("rules", "sample", "P02", "--by", "chen", "--password-stdin", stdin=f"{CHEN}\n")["sample"]
    judge = ("rules", "judge", sample[0]["flag"], "--verdict", "false_flag", "--reason", "夫妻", "--by", "chen")
    assert run(*judge, "--password-stdin", stdin=f"{CHEN}\n")["verdict"] == "false_flag"
    (card,) = run("rules", "scorecard", "P02")["rules"]
    assert (card["raised"], card["false"], card["precision"]["value"], card["advice"]) == (1, 1, 0.0, None)
    assert len(run("rules", "scorecard")["rules"]) == len(RULES)
    assert run("rules", "scorecard", "X99", expect=1)["error"]["code"] == "not_found"


def test_people_read_the_same_in_words(agency: None) -> None:
    invoke = CliRunner().invoke
    assert "P04" in invoke(app, ["rules", "list"]).stdout
    assert "试运行，只计数" in invoke(app, ["rules", "run", "P01"]).stdout
    assert "percent" in invoke(app, ["rules", "show", "P04"]).stdout
    assert "会发现 1 条疑点，涉及 2 人" in invoke(app, ["rules", "rehearse", "P01"]).stdout
    assert "P01\tshadow\t1" in invoke(app, ["rules", "scorecard"]).stdout
