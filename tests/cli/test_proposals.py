"""From a payments file over a second person's word to a signed file and its answer, from the command line."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from auth_service.accounts.roles import Role
from auth_service.beneficiaries.person import BenefitKind
from auth_service.cli.main import app
from auth_service.flows.propose_act import Wish
from auth_service.payments.proposals import Act, Ground
from auth_service.settings import PREFIX, load_settings
from auth_service.wiring import Wiring
from tests.channels.service import QUICK

NUMBER = "130203195001010019"
LEDGER = f"人员编号,证件号码,姓名,险种,行政区划,月待遇\nTS-1,{NUMBER},王建国,城乡居民养老,130203,203.50\n"
PAID = """人员编号,险种,费款所属期,发放日期,金额,状态
TS-1,城乡居民养老,2026-01,2026-01-10,203.50,成功
TS-1,城乡居民养老,2026-02,2026-02-10,203.50,缓发
TS-1,城乡居民养老,2026-02,2026-02-10,203.50,不明
"""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(f"{PREFIX}HOME", str(tmp_path / "home"))
    monkeypatch.setenv(f"{PREFIX}MODELS", str(tmp_path / "models"))
    monkeypatch.setattr(Wiring, "hasher", QUICK)
    run("init")
    (tmp_path / "ledger.csv").write_text(LEDGER, encoding="utf-8")
    (tmp_path / "paid.csv").write_text(PAID, encoding="utf-8")
    run("ledger", "import", str(tmp_path / "ledger.csv"))
    return tmp_path


def run(*arguments: str, expect: int = 0, stdin: str | None = None) -> dict[str, Any]:
    done = CliRunner().invoke(app, [*arguments, "--json"], input=stdin)
    assert done.exit_code == expect, (done.exit_code, done.stdout, done.stderr, done.exception)
    document = json.loads(done.stdout)
    assert isinstance(document, dict)
    return document


def propose() -> str:
    wiring = Wiring(load_settings())
    maker, _ = wiring.keep_staff.create("maker", Role.OFFICER, "a long password", "cli")
    wiring.keep_staff.create("second", Role.CHECKER, "another long password", "cli")
    with wiring.store.reading() as unit:
        person = unit.people.id_of(NUMBER)
    assert person is not None
    wish = Wish(person, BenefitKind.RESIDENT_PENSION, Act.HOLD, Ground.MISSING)
    return wiring.propose_act.run(wish, maker).id


def test_payments_come_in_and_are_summed_by_region_benefit_and_month(home: Path) -> None:
    report = run("ledger", "payments", "import", str(home / "paid.csv"))
    assert (report["rows"], report["added"], report["refused"]) == (3, 2, 1)
    assert "不明" in Path(report["rejects"]).read_text(encoding="utf-8-sig")
    assert run("ledger", "payments", "import", str(home / "paid.csv"))["added"] == 0
    sums = run("ledger", "payments", "totals")["totals"]
    assert [(one["region"], one["month"], one["settled"], one["withheld"]) for one in sums] == [
        ("130203", "2026-01", "203.50", "0.00"),
        ("130203", "2026-02", "0.00", "203.50"),
    ]
    assert run("ledger", "payments", "totals", "--region", "1399")["totals"] == []
    run("ledger", "payments", "totals", "--region", "x%", expect=1)


def test_an_act_is_approved_by_password_sent_signed_and_answered(home: Path) -> None:
    proposal = propose()
    assert [one["id"] for one in run("proposals", "list")["proposals"]] == [proposal]
    run("proposals", "approve", proposal, "--by", "second", "--password-stdin", stdin="wrong\n", expect=1)
    run("proposals", "approve", proposal, "--by", "maker", "--password-stdin", stdin="a long password\n", expect=1)
    done = run("proposals", "approve", proposal, "--by", "second", "--password-stdin", stdin="another long password\n")
    assert done["verdict"] == "approved"
    sent = run("proposals", "send", "--out", str(home / "out"))["sent"]
    assert sent["rows"] == 1
    assert run("proposals", "send", "--out", str(home / "out"))["sent"] is None
    assert run("proposals", "check-file", sent["path"])["sha256"] == sent["digest"]
    with Path(sent["path"]).open(encoding="utf-8") as file:
        (line,) = csv.DictReader(file)
    answers = home / "answers.csv"
    answers.write_text(f"指令编号,办理结果,办理日期\n{line['instruction']},已办理,2026-01-02\n", encoding="utf-8")
    assert run("proposals", "answers", str(answers))["added"] == 1
    assert run("proposals", "reconcile")["open"] == []
    assert run("proposals", "list", "--state", "approved")["proposals"][0]["act"] == "hold"
    Path(sent["path"]).write_text("instruction\n", encoding="utf-8")
    run("proposals", "check-file", sent["path"], expect=1)
    run("proposals", "list", "--state", "nonsense", expect=1)


def test_what_does_not_agree_ends_with_one(home: Path) -> None:
    propose()
    back = PAID.replace("203.50,缓发", "203.50,退票")
    (home / "back.csv").write_text(back, encoding="utf-8")
    run("ledger", "payments", "import", str(home / "back.csv"))
    (one,) = run("proposals", "reconcile", expect=1)["open"]
    assert (one["kind"], one["month"], one["amount"]) == ("returned_and_not_sent_again", "2026-02", "203.50")


def test_a_proposal_is_returned(home: Path) -> None:
    proposal = propose()
    given = run("proposals", "return", proposal, "--by", "second", "--password-stdin", stdin="another long password\n")
    assert given["verdict"] == "returned"
