"""`certificates issue`, `verify`, `revoked` and `revoke`, from a feed to a list that is checked without the service."""

from __future__ import annotations

from pathlib import Path

import pytest

from auth_service.core.clock import SystemClock, legal_date
from auth_service.settings import PREFIX, load_settings
from auth_service.wiring import Wiring
from tests.builders import WANG
from tests.cli.test_calibrate import run


def test_a_pass_by_data_has_a_certificate_until_its_source_takes_it_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"{PREFIX}HOME", str(tmp_path / "home"))
    today = legal_date(SystemClock().now())
    ledger, feed, before, after = (tmp_path / name for name in ("ledger.csv", "feed.csv", "before.txt", "after.txt"))
    ledger.write_text(f"证件号码,姓名,险种\n{WANG},王秀英,居民养老\n", encoding="utf-8")
    told = "来源编号,证件号码,行为类型,发生日期,数据来源,消息类型\n"
    feed.write_text(f"{told}a1,{WANG},疫苗接种,{today},health,新增\n", encoding="utf-8")
    run("init")
    run("ledger", "import", str(ledger))
    run("ledger", "evidence", "import", str(feed))
    assert run("certificates", "issue") == {"issued": 1, "revoked": 0}
    wiring = Wiring(load_settings())
    with wiring.store.reading() as unit:
        (held,) = unit.receipts.of_person(unit.people.id_of(WANG) or "")
    wiring.close_stores()
    token = held.certificate.token
    assert run("certificates", "verify", token)["valid"] is True
    run("certificates", "revoked", "--out", str(before))
    feed.write_text(f"{told}a1,{WANG},疫苗接种,{today},health,撤销\n", encoding="utf-8")
    run("ledger", "evidence", "import", str(feed))
    assert run("certificates", "issue") == {"issued": 0, "revoked": 1}
    run("certificates", "revoked", "--out", str(after))
    found = run("certificates", "verify", token, expect=1)
    assert (found["valid"], found["reason"]) == (False, "voided_by_source")
    assert run("certificates", "verify", token, "--revoked", str(before))["valid"] is True, "as it was known then"
    assert run("certificates", "verify", token, "--revoked", str(after), expect=1)["valid"] is False
    after.write_text(before.read_text()[:-9] + "AAAAAAAA\n")
    assert run("certificates", "verify", token, "--revoked", str(after), expect=1)["error"]["code"] == "seal_broken"
    assert run("certificates", "verify", token, "--revoked", str(ledger), expect=1)["error"]["code"]
