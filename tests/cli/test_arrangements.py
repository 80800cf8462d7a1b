"""`ledger contacts import`, `ledger proxies import` and `ledger accommodations import`, from files to the history."""

from __future__ import annotations

from pathlib import Path

import pytest

from auth_service.settings import PREFIX
from tests.builders import LI, WANG
from tests.cli.test_calibrate import run


def test_three_files_are_taken_in_and_again_change_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"{PREFIX}HOME", str(tmp_path / "home"))
    ledger = tmp_path / "ledger.csv"
    ledger.write_text(f"证件号码,姓名,险种\n{WANG},王秀英,居民养老\n", encoding="utf-8")
    files = {
        "contacts": (
            f"证件号码,类型,联系方式,联系人,数据来源\n{WANG},亲属,13800000002,王小明,village\n{WANG},电话,,,village\n"
        ),
        "proxies": (
            f"证件号码,类型,代理人姓名,代理人证件号码,依据文书,数据来源\n{WANG},法定监护人,李四,{LI},民特12号,court\n"
        ),
        "accommodations": f"证件号码,类型,说明,数据来源\n{WANG},方言,冀东话,village\n{WANG},卧床,,village\n",
    }
    run("init")
    run("ledger", "import", str(ledger))
    for name, text in files.items():
        path = tmp_path / f"{name}.csv"
        path.write_text(text, encoding="gb18030")
        found = run("ledger", name, "import", str(path))
        assert found["refused"] == (1 if name == "contacts" else 0), "a telephone that is none"
        assert found["added"] == (2 if name == "accommodations" else 1)
        again = run("ledger", name, "import", str(path))
        assert (again["added"], again["changed"], again["unchanged"]) == (0, 0, found["added"])
