"""`regions import`, `list` and `show`, from a file in GB18030 to where an old code lies today."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from auth_service.cli.main import app
from auth_service.settings import PREFIX
from tests.builders import WANG
from tests.cli.test_calibrate import run


def test_a_county_is_recoded_and_a_village_merged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"{PREFIX}HOME", str(tmp_path / "home"))
    tree, changes, ledger = (tmp_path / name for name in ("tree.csv", "changes.csv", "ledger.csv"))
    tree.write_text(
        "统计用区划代码,名称\n990000000000,甲省\n990100000000,乙市\n990101000000,丙县\n990101001000,丁镇\n"
        "990101001001,东村\n990101001002,西村\n",
        encoding="gb18030",
    )
    changes.write_text(
        "region_code,name,valid_to,change,successors\n990181,丙市,,,\n990181001,丁镇,,,\n990181001001,东村,,,\n"
        "990101,丙县,2024-12-31,recoded,990181\n990101001002,西村,2024-12-31,merged,990181001001\n"
        "990777,无名,,fly,\n",
        encoding="utf-8-sig",
    )
    ledger.write_text(f"证件号码,姓名,险种,行政区划\n{WANG},王秀英,居民养老,990101001002\n", encoding="utf-8")
    run("init")
    run("ledger", "import", str(ledger))
    assert run("regions", "import", str(tree))["added"] == 6
    assert run("regions", "import", str(tree))["unchanged"] == 6
    found = run("regions", "import", str(changes))
    assert (found["added"], found["changed"], found["refused"]) == (3, 2, 1)
    refused = Path(found["rejects"]).read_text(encoding="utf-8-sig").splitlines()[1]
    assert refused.startswith("990777,无名,,,,fly,,7,change,field_invalid,")

    shown = run("regions", "show", "990101001002")
    assert (shown["today"], shown["people"]) == (["990181001001"], {"in_it_today": 1, "written_with_it": 1})
    assert [one["change"] for one in shown["told"]] == [None, "merged"]
    assert run("regions", "show", "990181")["people"] == {"in_it_today": 1, "written_with_it": 0}
    assert run("regions", "show", "77", expect=1)["error"]["code"] == "not_found"
    listed = run("regions", "list", "--under", "9901", "--ended")["regions"]
    assert [(one["code"], one["successors"]) for one in listed] == [
        ("990101", ["990181"]), ("990101001002", ["990181001001"]),
    ]  # fmt: skip
    assert run("regions", "list", "--limit", "2")["next_after"] == "9901"
    told = CliRunner().invoke(app, ["regions", "show", "990101001002"]).stdout
    assert "甲省 乙市 丙市 丁镇 东村 (990181001001)" in told.replace("\n", "")
