"""`ledger tags import` and `privacy data-wish`, as an operator types them."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from auth_service.cli.main import app
from auth_service.settings import PREFIX
from tests.builders import LI, WANG
from tests.cli.test_calibrate import run


def test_a_list_gives_and_ends_and_a_wish_is_written_down(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"{PREFIX}HOME", str(tmp_path / "home"))
    ledger, listed = tmp_path / "ledger.csv", tmp_path / "list.csv"
    ledger.write_text(f"证件号码,姓名,险种\n{WANG},王秀英,居民养老\n{LI},李四,居民养老\n", encoding="utf-8")
    listed.write_text(f"身份证号,认定日期\n{WANG},2025-01-01\n{LI},\n", encoding="gb18030")
    run("init")
    run("ledger", "import", str(ledger))
    given = ("ledger", "tags", "import", str(listed), "--tag", "低保", "--source", "civil_affairs", "--whole")
    assert run(*given)["added"] == 2
    assert run(*given)["unchanged"] == 2
    listed.write_text(f"身份证号,认定日期\n{WANG},2025-01-01\n", encoding="utf-8")
    assert run(*given)["ended"] == 1
    assert run(*given[:5], "富裕", *given[6:], expect=1)["error"]["field"] == "tag"

    password = run("staff", "create", "ou", "--role", "officer")["password"]
    wish = [
        "privacy",
        "data-wish",
        "none",
        "--id-number",
        WANG,
        "--said",
        "form 3",
        "--heard-by",
        "ou",
        "--password-stdin",
    ]
    told = CliRunner().invoke(app, [*wish, "--json"], input=f"{password}\n")
    assert '"changed":true' in told.stdout.replace(" ", "")
    told = CliRunner().invoke(app, wish, input=f"{password}\n")
    assert "wished already" in told.stdout
