"""`kiosk bridge` as a process: it tells its secret, takes cards from its input and ends with it."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import httpx

from tests.acceptance.serving import free_port


def test_a_card_named_on_the_terminal_reaches_the_page_and_a_slip_is_shown(tmp_path: Path) -> None:
    (tmp_path / "zhang.json").write_text('{"id_number": "13020219480512122X", "name": "张秀兰"}', encoding="utf-8")
    port = free_port()
    program = [sys.executable, "-m", "auth_service", "kiosk", "bridge", str(tmp_path), "--port", str(port)]
    with subprocess.Popen(
        [*program, "--origin", "http://127.0.0.1:8000"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True,
    ) as running:  # fmt: skip
        secret = _secret(tmp_path / "bridge-secret")
        headers = {"Origin": "http://127.0.0.1:8000", "Authorization": f"Bearer {secret}"}
        place = f"http://127.0.0.1:{port}"
        assert _answers(f"{place}/status", headers)["card"] is True
        assert running.stdin is not None
        running.stdin.write("nobody\nzhang\n")
        running.stdin.flush()
        assert httpx.get(f"{place}/card?wait=20", headers=headers, timeout=30).json()["name"] == "张秀兰"
        slip = {"title": "采集回执", "lines": [["时间", "10:00"]], "qr": "", "note": "这不是认证结果。"}
        assert httpx.post(f"{place}/print", headers=headers, json=slip).status_code == 204
        out, err = running.communicate(timeout=20)
    assert running.returncode == 0
    assert secret in out
    assert "采集回执" in out
    assert "not_found" in err
    assert "13020219480512122X" not in out + err


def _secret(path: Path) -> str:
    for _ in range(300):
        if path.is_file():
            return path.read_text()
        time.sleep(0.1)
    raise AssertionError("it did not begin")


def _answers(url: str, headers: dict[str, str]) -> dict[str, object]:
    for _ in range(300):
        try:
            return dict(httpx.get(url, headers=headers).json())
        except httpx.TransportError:
            time.sleep(0.1)
    raise AssertionError("it does not listen")
