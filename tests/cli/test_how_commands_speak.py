"""What a person reads in the terminal and what a script reads from a pipe."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from auth_service.cli.finding_words import heading
from auth_service.cli.main import app
from auth_service.cli.speak import Voice
from auth_service.cli.verify import tell
from auth_service.faces.quality import QUALITY_TEXTS, QualityReason
from auth_service.flows.verify import VerifyResult
from auth_service.matching.comparison import Zone
from auth_service.qualification.decision import REASON_TEXTS, Decision, Outcome, Reason
from auth_service.qualification.evidence import EvidenceKind
from auth_service.settings import PREFIX, described

COMMANDS = ("auth-service ", "chmod ", "chown ")
NARROW_TERMINAL = {"FORCE_COLOR": "1", "COLUMNS": "80"}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(f"{PREFIX}HOME", str(tmp_path / "home"))
    monkeypatch.setenv(f"{PREFIX}MODELS", str(tmp_path / "models"))
    monkeypatch.setenv(f"{PREFIX}READERS", "1")
    return tmp_path / "home"


def run(*arguments: str) -> dict[str, Any]:
    done = CliRunner().invoke(app, [*arguments, "--json"])
    assert done.exit_code == 0, (done.stdout, done.stderr, done.exception)
    document = json.loads(done.stdout)
    assert isinstance(document, dict)
    return document


def say(*arguments: str, env: dict[str, str] | None = None, expect: int = 0) -> str:
    done = CliRunner().invoke(app, list(arguments), env=env)
    assert done.exit_code == expect, (done.stdout, done.stderr, done.exception)
    return re.sub(r"\x1b\[[0-9;]*m", "", done.stdout + done.stderr)


def test_a_pipe_gets_every_setting_on_one_line_with_its_default_and_source(home: Path) -> None:
    lines = say("settings").splitlines()
    rows = {line.split("\t")[0]: line.split("\t") for line in lines}
    for name, default, meaning, source in described():
        assert rows[name][2:] == [str(default), meaning, source]
    assert any("PKCS11_PIN_FILE" in line and "\t" in line for line in lines)


def test_a_narrow_terminal_gets_every_setting_whole(home: Path) -> None:
    told = say("settings", env=NARROW_TERMINAL)
    for name, _, _, source in described():
        assert f"{name}\n    value: " in told
        assert f"    source: {source}\n" in told


@pytest.mark.parametrize("env", [None, NARROW_TERMINAL], ids=["pipe", "terminal"])
def test_ids_of_keys_are_whole_and_times_are_minutes_in_the_agencys_zone(
    home: Path, env: dict[str, str] | None
) -> None:
    run("init")
    name = "the county branch of the bank, second counter"
    made = run("api-keys", "create", name, "--scopes", "verify,assisted", "--days", "30")
    told = say("api-keys", "list", env=env)
    assert made["id"] in told
    assert name in told
    assert re.search(r"20\d\d-\d\d-\d\d \d\d:\d\d$|20\d\d-\d\d-\d\d \d\d:\d\d\t", told, re.MULTILINE)
    assert "+00:00" not in told
    exact = run("api-keys", "list")["api_keys"][0]["until"]
    assert exact.endswith("+00:00"), "a script is given the whole instant"


def test_a_short_table_stays_a_table_on_a_terminal(home: Path) -> None:
    run("init")
    told = say("staff", "list", env=NARROW_TERMINAL)
    assert re.search(r"│ monitor +│ monitor +│ active", told)


def test_an_error_names_the_field_at_fault(home: Path) -> None:
    run("init")
    assert "[role]" in say("staff", "create", "x.y", "--role", "emperor", expect=1)


def test_doctor_says_in_both_languages_what_it_looked_at_and_how_to_mend_it(home: Path) -> None:
    run("migrate")
    findings, told = run("doctor")["findings"], say("doctor")
    for finding in findings:
        assert heading(finding["name"]) != finding["name"], finding
        assert heading(finding["name"]) in told
        if finding["mend"] and not finding["mend"].startswith(COMMANDS):
            assert re.search(r"[\u4e00-\u9fff]", finding["mend_zh"]), finding
            assert finding["mend_zh"] in told


def test_doctor_calls_optional_what_is_optional_and_says_the_calibration_in_a_sentence(home: Path) -> None:
    run("migrate")
    findings = {finding["name"]: finding for finding in run("doctor")["findings"]}
    for name, what_for in (
        ("sface", "only for another engine"),
        ("yunet", "但没有它现场采集不能通过 but without it no live capture passes"),
        ("minifasnet-v2", "现场采集的又一项依据 one more sign in a live capture"),
    ):
        told = f"missing; 可选 optional, {what_for}: auth-service models install {name} --from DIR"
        assert (findings[f"weights {name}"]["detail"], findings[f"weights {name}"]["mend"]) == (told, "")
    calibration = findings["calibration"]
    assert len(calibration["detail"].split()) < 20
    assert "docs/operations/calibration.md" in calibration["mend"]


@pytest.mark.parametrize("locale", ["zh_CN.UTF-8", "C"])
def test_the_counter_reads_decision_and_reasons_in_both_languages(
    locale: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LC_ALL", locale)
    decision = Decision(Outcome.REFER, (Reason.GREY_ZONE,), Zone.GREY)
    hints = (QualityReason.TOO_SMALL,)
    result = VerifyResult(
        "e1",
        decision,
        EvidenceKind.ASSISTED,
        None,
        "dlib-resnet",
        "own@1",
        None,
        hints,
        None,
        ("V03",),
        in_ledger=False,
    )
    tell(Voice(as_json=False), result, "https://example.org")
    told = capsys.readouterr().out
    for zh, en in (REASON_TEXTS[Reason.GREY_ZONE], QUALITY_TEXTS[QualityReason.TOO_SMALL], ("转人工", "refer")):
        assert zh in told
        assert en in told
    assert "台账中没有此证件号码" in told
    assert "not in the ledger" in told
