"""The simulated bridge over real HTTP: what it tells the kiosk's page, and that it tells nobody else anything."""

from __future__ import annotations

import base64
import json
import stat
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from auth_service.connectors.kiosk_bridge import CARD_LIES, HOST, MOST_BODY, Bridge, Card, Reader, card_of, secret_in
from auth_service.core.errors import FileUnreadable, NotFound

ORIGIN, SECRET = "https://rz.example.gov.cn", "a-pairing-secret"
ZHANG = Card("13020219480512122X", "张秀兰", b"\xff\xd8 photo", "image/jpeg")
SLIP = {"title": "凭证", "lines": [["时间", "10:00"]], "qr": "https://rz.example.gov.cn/certificates/1", "note": ""}


@dataclass
class Running:
    address: str
    reader: Reader
    slips: list[Any] = field(default_factory=list)
    calls: list[int] = field(default_factory=list)

    def ask(self, method: str, path: str, *, headers: dict[str, str] | None = None, **how: Any) -> httpx.Response:
        mine = {"Origin": ORIGIN, "Authorization": f"Bearer {SECRET}"} if headers is None else headers
        return httpx.request(method, self.address + path, headers=mine, timeout=10, **how)


@pytest.fixture(scope="module")
def bridge() -> Iterator[Running]:
    running = Running("", Reader())
    made = Bridge(ORIGIN, SECRET, running.reader, running.slips.append, lambda: running.calls.append(1))
    server = made.serve(0)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    running.address = f"http://{HOST}:{server.server_port}"
    yield running
    server.shutdown()
    server.server_close()


def test_a_card_is_told_once_with_its_photo(bridge: Running) -> None:
    assert bridge.ask("GET", "/card?wait=0").status_code == 204
    bridge.reader.put(ZHANG)
    answer = bridge.ask("GET", "/card?wait=5")
    assert answer.json() == {
        "id_number": ZHANG.id_number, "name": ZHANG.name, "portrait": base64.b64encode(ZHANG.portrait).decode(),
        "portrait_type": "image/jpeg",
    }  # fmt: skip
    assert answer.headers["cache-control"] == "no-store"
    assert bridge.ask("GET", "/card?wait=0").status_code == 204


def test_whoever_waits_gets_the_card_that_comes_and_a_second_question_ends_the_first() -> None:
    reader, found = Reader(), dict[str, Card | None]()
    waiting = {
        name: threading.Thread(target=lambda name=name: found.update({name: reader.take(20)}), daemon=True)
        for name in ("first", "second")
    }
    waiting["first"].start()
    time.sleep(0.2)
    waiting["second"].start()
    waiting["first"].join(10)
    assert found == {"first": None}
    reader.put(ZHANG)
    waiting["second"].join(10)
    assert found == {"first": None, "second": ZHANG}


def test_a_page_that_was_loaded_anew_takes_no_card_away_with_it(bridge: Running) -> None:
    mine = {"Origin": ORIGIN, "Authorization": f"Bearer {SECRET}"}
    with pytest.raises(httpx.ReadTimeout):
        httpx.get(f"{bridge.address}/card?wait=20", headers=mine, timeout=0.5)
    bridge.reader.put(ZHANG)
    time.sleep(0.5)
    assert bridge.ask("GET", "/card?wait=5").json()["name"] == ZHANG.name


def test_a_card_that_nobody_asked_for_is_forgotten() -> None:
    now = [0.0]
    reader = Reader(lambda: now[0])
    reader.put(ZHANG)
    now[0] = CARD_LIES + 1
    assert reader.take(0) is None


def test_slips_and_calls_arrive_and_what_is_no_slip_is_refused(bridge: Running) -> None:
    assert bridge.ask("POST", "/print", json=SLIP).status_code == 204
    assert bridge.ask("POST", "/call", json={}).status_code == 204
    assert (bridge.slips, bridge.calls) == ([SLIP], [1])
    for wrong in ({}, [], {**SLIP, "more": 1}, {**SLIP, "lines": [["one"]]}, {**SLIP, "qr": 7}):
        assert bridge.ask("POST", "/print", json=wrong).status_code == 400
    assert bridge.ask("POST", "/print", content=b"{").status_code == 400
    assert bridge.ask("POST", "/print", json={**SLIP, "note": "x" * MOST_BODY}).status_code == 400
    assert len(bridge.slips) == 1
    assert bridge.ask("GET", "/elsewhere").status_code == 404


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": "https://evil.example", "Authorization": f"Bearer {SECRET}"}, 403),
        ({"Origin": "null", "Authorization": f"Bearer {SECRET}"}, 403),
        ({"Authorization": f"Bearer {SECRET}"}, 403),
        ({"Origin": ORIGIN, "Authorization": f"Bearer {SECRET}", "Host": "evil.example"}, 403),
        ({"Origin": ORIGIN}, 401),
        ({"Origin": ORIGIN, "Authorization": "Bearer guessed"}, 401),
    ],
)
def test_no_other_page_and_no_other_program_reads_a_card(bridge: Running, headers: dict[str, str], status: int) -> None:
    bridge.reader.put(ZHANG)
    for method, path in (("GET", "/card?wait=0"), ("GET", "/status"), ("POST", "/call"), ("POST", "/print")):
        answer = bridge.ask(method, path, headers=headers)
        assert answer.status_code == status, path
        assert ZHANG.name not in answer.text
        if status == 403 and "Host" not in headers:
            assert "access-control-allow-origin" not in answer.headers
    assert bridge.reader.take(0) == ZHANG, "nobody has read it"


def test_browsers_are_told_that_this_page_may_ask_and_no_other(bridge: Running) -> None:
    asks = {"Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "authorization"}
    answer = bridge.ask("OPTIONS", "/card", headers={"Origin": ORIGIN, **asks})
    assert answer.status_code == 204
    assert answer.headers["access-control-allow-origin"] == ORIGIN
    assert answer.headers["access-control-allow-private-network"] == "true"
    refused = bridge.ask("OPTIONS", "/card", headers={"Origin": "https://evil.example", **asks})
    assert refused.status_code == 403
    assert "access-control-allow-origin" not in refused.headers


def test_cards_lie_in_a_folder_and_the_secret_is_its_owners(tmp_path: Path) -> None:
    (tmp_path / "zhang.jpg").write_bytes(b"\xff\xd8 photo")
    told = {"id_number": ZHANG.id_number, "name": ZHANG.name, "portrait": "zhang.jpg"}
    (tmp_path / "zhang.json").write_text(json.dumps(told), encoding="utf-8")
    assert card_of(tmp_path, "zhang") == ZHANG
    (tmp_path / "torn.json").write_text("{", encoding="utf-8")
    with pytest.raises(FileUnreadable):
        card_of(tmp_path, "torn")
    for name in ("li", "../zhang"):
        with pytest.raises(NotFound):
            card_of(tmp_path, name)
    secret = secret_in(tmp_path)
    assert len(secret) >= 22
    assert secret_in(tmp_path) == secret
    assert stat.S_IMODE((tmp_path / "bridge-secret").stat().st_mode) == 0o600
