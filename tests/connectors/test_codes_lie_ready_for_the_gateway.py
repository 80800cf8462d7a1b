"""What the agency's SMS gateway finds: whole files with a telephone and a text, and nothing for nobody."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from auth_service.connectors.code_outbox import CodeOutbox
from auth_service.core.errors import Unavailable

NOW = datetime(2026, 3, 10, 2, 0, tzinfo=UTC)


def test_each_code_is_a_file_of_its_own_that_only_its_owner_reads(tmp_path: Path) -> None:
    outbox = CodeOutbox(tmp_path / "out", 10, "某市社保中心")
    for code in ("012345", "999999"):
        outbox.send("13900000001", code, NOW)
    files = sorted((tmp_path / "out").iterdir())
    assert len(files) == 2
    assert all(file.suffix == ".json" and file.stat().st_mode & 0o077 == 0 for file in files)
    told = [json.loads(file.read_text(encoding="utf-8")) for file in files]
    assert {one["phone"] for one in told} == {"13900000001"}
    for code in ("012345", "999999"):
        assert sum(code in one["text_zh"] and code in one["text_en"] for one in told) == 1
    assert told[0]["expires_at"] == "2026-03-10T02:10:00+00:00"
    assert told[0]["text_zh"].startswith("【某市社保中心】")


def test_for_nobody_as_much_is_written_and_nothing_is_left(tmp_path: Path) -> None:
    CodeOutbox(tmp_path / "out", 10).send(None, "012345", NOW)
    assert list((tmp_path / "out").iterdir()) == []


def test_what_a_gateway_left_lying_goes_once_it_is_of_no_use_and_nothing_else_does(tmp_path: Path) -> None:
    folder, outbox = tmp_path / "out", CodeOutbox(tmp_path / "out", 10)
    outbox.send("13900000001", "012345", NOW)
    (folder / f".20260310T015500-{'0' * 16}.part").write_text("a crash left it")
    (folder / "sent.log").write_text("the gateway's own")
    outbox.send("13900000002", "012345", NOW + timedelta(minutes=10))
    assert len(list(folder.iterdir())) == 3, "ten minutes old and still good"
    outbox.send("13900000002", "012345", NOW + timedelta(minutes=10, seconds=1))
    left = sorted(file.name for file in folder.iterdir())
    assert [name[:15] for name in left] == ["20260310T021000", "20260310T021001", "sent.log"]


def test_a_folder_that_cannot_be_written_is_an_outage(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file")
    with pytest.raises(Unavailable):
        CodeOutbox(tmp_path / "out", 10).send("13900000001", "012345", NOW)
