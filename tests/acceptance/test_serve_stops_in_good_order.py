"""SIGTERM: nobody new is taken in, requests in flight are answered and kept, everything is closed, exit 0."""

from __future__ import annotations

import asyncio
import csv
import io
import random
import signal
import sqlite3
import time
from pathlib import Path

import matplotlib
import PIL.Image
import pytest

from tests.acceptance.calls import Answer, as_caller, call, form, request_bytes
from tests.acceptance.lfw import run
from tests.acceptance.serving import Served, served
from tests.acceptance.takes import new_take
from tests.builders import WANG

PORTRAIT = Path(matplotlib.get_data_path()) / "sample_data" / "grace_hopper.jpg"
TOGETHER = 6


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One person with an enrolled photo."""
    tmp_path = tmp_path_factory.mktemp("office")
    home, photos = tmp_path / "home", tmp_path / "photos"
    run(home, "init")
    with (tmp_path / "ledger.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([["证件号码", "姓名", "险种"], [WANG, "王秀英", "城乡居民养老"]])
    run(home, "ledger", "import", str(tmp_path / "ledger.csv"))
    photos.mkdir()
    with PIL.Image.open(PORTRAIT) as portrait:
        portrait.convert("RGB").save(photos / f"{WANG}.jpg", quality=92)
    assert run(home, "enroll", str(photos), "--jobs", "1")["enrolled"] == 1
    return home


@pytest.mark.parametrize("workers", ["1", pytest.param("2", marks=pytest.mark.slow)])
def test_requests_in_flight_are_answered_and_kept(home: Path, workers: str) -> None:
    before = _kept(home)
    token = run(home, "api-keys", "create", "office", "--scopes", "verify,assisted")["key"]
    with served(home, AUTH_SERVICE_WORKERS=workers, AUTH_SERVICE_READERS="1", OMP_NUM_THREADS="1") as service:
        answers, slow, began = asyncio.run(_under_way(service, token))
        status = service.process.wait(timeout=40)
        ended = time.monotonic()
    assert status == 0, service.log.read_text()[-2000:]
    assert ended - began < 35
    log = service.log.read_text()
    assert "Traceback" not in log
    told = [answer.status for answer in answers]
    assert slow.status == 200, "a body that was still coming is read to its end and answered"
    assert set(told) <= {200, 503}, [answer.word for answer in answers]
    assert told.count(200) >= 1
    ids = {answer.document["verification_id"] for answer in (*answers, slow) if answer.status == 200}
    with sqlite3.connect(home / "auth_service.sqlite3") as database:
        journal = database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    database.close()
    kept = _kept(home)
    assert kept - before == ids, "every acknowledged attempt is there, and no other"
    assert journal[0] == 0, "nobody holds the database open"
    assert run(home, "audit", "verify")["ok"]


def _kept(home: Path) -> set[str]:
    database = sqlite3.connect(home / "auth_service.sqlite3")
    found = {row[0] for row in database.execute("SELECT id FROM evidence")}
    database.close()
    return found


async def _under_way(service: Served, token: str) -> tuple[list[Answer], Answer, float]:
    """Sends several, and one slowly; asks the server to end while all of them are in flight."""
    port, chance = int(service.url.rpartition(":")[2]), random.Random(20261124)
    takes = [new_take(PORTRAIT, chance) for _ in range(TOGETHER)]
    calls = [asyncio.create_task(_verify(port, token, take)) for take in takes]
    slow = asyncio.create_task(_slowly(port, token, _plain()))
    await asyncio.sleep(0.3)
    service.process.send_signal(signal.SIGTERM)
    began = time.monotonic()
    await asyncio.sleep(0.5)
    late = await call(port, "GET", "/healthz", within=5)
    assert late.status == 0, "nobody new is taken in"
    return list(await asyncio.gather(*calls)), await slow, began


async def _verify(port: int, token: str, photo: bytes) -> Answer:
    headers, body = form(photo, id_number=WANG, attested_by="li.na")
    return await call(port, "POST", "/v1/verifications", {**headers, **as_caller(token)}, body)


async def _slowly(port: int, token: str, photo: bytes) -> Answer:
    """The last bytes of the body come two seconds later."""
    headers, body = form(photo, id_number=WANG, attested_by="li.na")
    request = request_bytes(port, "POST", "/v1/verifications", {**headers, **as_caller(token)}, body)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request[:-100])
    await writer.drain()
    await asyncio.sleep(2)
    writer.write(request[-100:])
    answer = await reader.read()
    writer.close()
    head, _, content = answer.partition(b"\r\n\r\n")
    return Answer(int(head.split()[1]), 0.0, {"content-type": "application/json"}, content)


def _plain() -> bytes:
    with PIL.Image.open(PORTRAIT) as portrait:
        out = io.BytesIO()
        portrait.convert("RGB").crop((20, 10, portrait.width - 15, portrait.height - 30)).save(out, "JPEG", quality=88)
        return out.getvalue()
