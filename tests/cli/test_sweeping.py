"""`ledger evidence import`, `sweep`, `outages add` and `policy rehearse`, from files to who is due."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from auth_service.cli.main import app
from auth_service.core.clock import SystemClock, legal_date
from auth_service.qualification.period import due_date
from auth_service.settings import PREFIX
from tests.builders import STRANGER, WANG
from tests.cli.test_calibrate import run


def test_from_a_feed_to_who_is_due(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"{PREFIX}HOME", str(tmp_path / "home"))
    today = legal_date(SystemClock().now())
    ledger, feed, policy = tmp_path / "ledger.csv", tmp_path / "feed.csv", tmp_path / "policy.yaml"
    ledger.write_text(
        f"证件号码,姓名,险种,行政区划,人员标识\n{WANG},王秀英,居民养老,130203001001,低保\n", encoding="utf-8"
    )
    feed.write_text(
        f"来源编号,证件号码,行为类型,发生日期,数据来源\na1,{WANG},疫苗接种,{today},health\na2,{STRANGER},住院,{today},health\n"
        f"a3,{WANG},瞬间移动,{today},health\n",
        encoding="utf-8",
    )
    policy.write_text(
        "name: short\npolicies:\n  - benefits: [resident_pension]\n    cycle: {months: 1}\n", encoding="utf-8"
    )
    run("init")
    run("ledger", "import", str(ledger))
    found = run("ledger", "evidence", "import", str(feed))
    assert (found["rows"], found["added"], found["unknown"], found["refused"]) == (3, 1, 1, 1)
    assert "行为类型" not in Path(found["rejects"]).read_text(encoding="utf-8-sig").splitlines()[1]
    swept = run("sweep")
    assert (swept["judged"], swept["changed"], swept["states"]) == (1, 1, {"normal": 1})
    assert run("sweep")["changed"] == 0
    assert "1 people looked at" in CliRunner().invoke(app, ["sweep"]).stdout

    planned = ("policy", "rehearse", str(policy), "--from", str(today + timedelta(days=1)), "--on")
    later = str(due_date(today, 4))
    rehearsed = run(*planned, later)
    assert rehearsed["after"] == {"due_soon": 0, "overdue": 0, "may_be_held": 0, "guarded": 0}, "promises are kept"
    policy.write_text(policy.read_text(encoding="utf-8") + "    keeps_promises: false\n", encoding="utf-8")
    rehearsed = run(*planned, later)
    assert rehearsed["by_village"]["130203001001"]["overdue"] == 1
    assert rehearsed["by_tag"]["subsistence"]["guarded"] == 1
    assert "130203001001" in CliRunner().invoke(app, [*planned, later]).stdout

    yesterday = str(today - timedelta(days=1))
    run("outages", "add", "--from", yesterday, "--to", yesterday, "--reason", "network")
    assert run("sweep")["whole"] is True
    assert run("sweep", "--as-of", "2199-01-01", expect=1)["error"]["code"] == "date_invalid"
