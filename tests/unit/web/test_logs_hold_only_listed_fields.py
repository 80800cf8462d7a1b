"""What is not listed never reaches a log line."""

from __future__ import annotations

import json
import logging

import pytest

from auth_service.web.logging import FIELDS, JsonLines, log, where_it_broke


@pytest.mark.asvs("16.2.5")
def test_an_unlisted_field_is_dropped_and_a_listed_one_kept(capsys: pytest.CaptureFixture[str]) -> None:
    log.info("request", route="/v1/verifications", id_number="130202194805121226", name="张秀兰", body=b"x")
    line = json.loads(capsys.readouterr().err)
    assert line["route"] == "/v1/verifications"
    assert set(line) <= FIELDS
    assert "130202194805121226" not in json.dumps(line)


def test_a_value_cannot_carry_a_whole_body(capsys: pytest.CaptureFixture[str]) -> None:
    log.error("fault", code="x" * 5000, status={"photo": "..."})
    line = json.loads(capsys.readouterr().err)
    assert len(line["code"]) <= 300


@pytest.mark.asvs("16.5.1")
def test_the_place_of_an_error_holds_no_message() -> None:
    try:
        log.unbind("张秀兰")
    except KeyError as error:
        place = where_it_broke(error)
    assert "张秀兰" not in place


def test_the_servers_own_lines_leave_out_tracebacks() -> None:
    error = ValueError("张秀兰")
    record = logging.LogRecord("uvicorn.error", 40, "x.py", 1, "failed", None, (ValueError, error, None))
    line = JsonLines().format(record)
    assert json.loads(line)["code"] == "failed"
    assert "张秀兰" not in line
