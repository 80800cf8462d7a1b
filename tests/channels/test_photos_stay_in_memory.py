"""Photos that are sent lie on no disk while they are received, and the memory that they take is bounded."""

from __future__ import annotations

import asyncio
import dataclasses
import io
import re
import socket
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pytest
from starlette.responses import PlainTextResponse

from auth_service.app import create_app
from auth_service.core.errors import CapacityExceeded
from auth_service.web.body_room import BodyRoom
from auth_service.web.limits import BodyPolicy, PhotoPaths
from auth_service.web.metrics import resident_bytes
from tests.channels.service import EILEEN, ENROLMENT, SAME_ORIGIN, Blueprint, Deployment, deployment, hidden, jpeg
from tests.channels.sockets import Served, head, read_by_the_server, serving
from tests.conftest import ROOT

MEGABYTE = 1024 * 1024
PART = b'--b\r\nContent-Disposition: form-data; name="photo"; filename="p"\r\n\r\n'
END = b"\r\n--b--\r\n"


@pytest.fixture
def no_disk(service: Deployment, monkeypatch: pytest.MonkeyPatch) -> Deployment:
    """The service, which opens no temporary file from here on."""

    def refuse(*_arguments: object, **_named: object) -> None:
        raise AssertionError("a temporary file is opened")

    for name in ("TemporaryFile", "NamedTemporaryFile", "mkstemp"):
        monkeypatch.setattr(tempfile, name, refuse)
    return service


def large(portrait: bytes) -> bytes:
    """The portrait as a good camera sends it: with grain, and 2 to 4 MB."""
    with PIL.Image.open(io.BytesIO(portrait)) as picture:
        pixels = np.asarray(picture.resize((1500, 1600)).convert("RGB"), np.int16)
    grain = np.random.default_rng(3).integers(-30, 31, pixels.shape)
    photo = jpeg(PIL.Image.fromarray(np.clip(pixels + grain, 0, 255).astype(np.uint8)), 98)
    assert 2 * MEGABYTE < len(photo) < 4 * MEGABYTE, len(photo)
    return photo


@pytest.mark.asvs("14.2.2")
@pytest.mark.parametrize(("path", "status"), [("/v1/verifications", 200), ("/v1/enrollments", 201)])
def test_three_photos_of_megabytes_are_read_without_a_temporary_file(
    no_disk: Deployment, path: str, status: int
) -> None:
    fields = {"id_number": EILEEN, **(ENROLMENT if path.endswith("enrollments") else {})}
    photo = large(no_disk.portraits.eileen_later)
    files = [("photo", (f"{number}.jpg", photo, "image/jpeg")) for number in range(3)]
    headers = no_disk.headers("desk" if path.endswith("enrollments") else "all")
    answer = no_disk.client().post(path, headers=headers, data=fields, files=files)
    assert answer.status_code == status, answer.text


def test_a_form_of_the_console_takes_no_file_and_needs_none(
    no_disk: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(**_named: object) -> None:
        raise AssertionError("a place for a file is made")

    monkeypatch.setattr("starlette.formparsers.SpooledTemporaryFile", refuse)
    client = no_disk.client(headers=SAME_ORIGIN)
    token = hidden(client.get("/console/sign-in", headers={"Accept": "text/html"}).text, "csrf_token")
    fields = {name: (None, value) for name, value in {"csrf_token": token, "username": "x", "password": "y"}.items()}
    assert client.post("/console/sign-in", files=fields).status_code == 401
    assert client.post("/console/sign-in", files=fields | {"photo": ("p", b"x" * 50_000)}).status_code == 400


def test_the_proxy_that_we_ship_lays_nothing_on_its_disk_either() -> None:
    nginx = (ROOT / "deploy" / "proxy" / "nginx.conf.template").read_text(encoding="utf-8")
    assert re.search(r"^    proxy_request_buffering off;", nginx, re.MULTILINE)
    assert re.search(r"^    proxy_max_temp_file_size 0;", nginx, re.MULTILINE)
    photos, _, others = nginx.rpartition("location / {")
    assert "proxy_request_buffering on" not in photos
    whole = "client_max_body_size 64k;" in photos and "client_body_buffer_size 64k;" in others
    assert whole, "what is handed on whole fits into memory"


# --- many who send slowly -----------------------------------------------------------------------

ROOM = 16 * MEGABYTE
SENDERS, EACH = 80, 3 * MEGABYTE


@pytest.fixture
def served(blueprint: Blueprint, tmp_path: Path) -> Iterator[Served]:
    patient = BodyPolicy(seconds=600, idle_seconds=600)  # what is asked here must not depend on the machine's speed
    with deployment(blueprint, tmp_path / "home", patient) as service:
        services = dataclasses.replace(service.services, photo_bytes_at_once=ROOM)
        with serving(service, create_app(services, patient)) as running:
            yield running


def _answer(line: socket.socket) -> bytes:
    received = b""
    while part := line.recv(65536):
        received += part
    return received


@pytest.mark.asvs("15.2.2", "2.4.1")
def test_many_slow_senders_take_no_more_memory_than_there_is_room_for(served: Served) -> None:
    """Before there was a room, what they sent was held as long as they kept silent: 240 MB here."""
    half = b"x" * EACH
    before = resident_bytes()
    with ExitStack() as stack:
        lines = [stack.enter_context(socket.create_connection(("127.0.0.1", served.port))) for _ in range(SENDERS)]
        size = len(PART) + EACH + len(END)
        for line in lines:
            line.settimeout(300)
            line.sendall(head(served.service, f"Content-Length: {size}", "Connection: close") + PART + half)
        for line in lines:
            while not read_by_the_server(line):
                time.sleep(0.01)
        assert resident_bytes() - before < SENDERS * EACH / 2
        health = served.send(b"GET /healthz HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
        assert health.startswith(b"HTTP/1.1 200")
        answers = []
        for line in lines:
            line.sendall(END)
            answers.append(_answer(line))
    refused = [answer for answer in answers if answer.startswith(b"HTTP/1.1 503")]
    assert len(refused) >= SENDERS - ROOM // EACH
    assert len(refused) < SENDERS
    assert all(b"capacity_exceeded" in answer and b"retry-after: 2" in answer.lower() for answer in refused)
    again = served.service.verify(EILEEN, served.service.portraits.eileen_later)
    assert again.status_code == 200


Message = dict[str, Any]


def _room(most: int, share: int | None = None) -> tuple[BodyRoom, asyncio.Event]:
    go = asyncio.Event()

    async def reads(scope: Message, receive: Any, send: Any) -> None:
        try:
            while (await receive()).get("more_body"):
                pass
            await go.wait()
            response = PlainTextResponse("done")
        except CapacityExceeded:
            response = PlainTextResponse("full", 503)
        await response(scope, receive, send)

    return BodyRoom(reads, PhotoPaths(frozenset({"/photos"})), most, small_bytes=10, photo_share=share), go


async def _ask(room: BodyRoom, pieces: list[bytes], path: str = "/photos", key: str = "") -> tuple[int, int]:
    """The status, and how many pieces were left unread when it was given."""
    left, sent = list(pieces), []

    async def receive() -> Message:
        await asyncio.sleep(0)
        return {"type": "http.request", "body": left.pop(0), "more_body": bool(left)}

    async def send(message: Message) -> None:
        sent.append((int(message.get("status", 0)), len(left)))

    await room(
        {"type": "http", "path": path, "method": "POST", "headers": [(b"authorization", key.encode())]}, receive, send
    )
    return sent[0]


def test_bytes_are_held_until_the_answer_and_given_back_once() -> None:
    async def check() -> None:
        room, go = _room(100)
        first = asyncio.create_task(_ask(room, [b"x" * 30] * 3))
        await asyncio.sleep(0.01)
        assert await _ask(room, [b"x" * 10, b"x", b"x" * 500]) == (503, 0), "read to its end, then refused"
        stranger = asyncio.create_task(_ask(room, [b"x" * 10], "/console/sign-in"))
        await asyncio.sleep(0.01)
        assert await _ask(room, [b"x"], "/console/sign-in") == (503, 0)
        go.set()
        assert await first == await stranger == (200, 0)
        assert await _ask(room, [b"x" * 100]) == (200, 0)
        assert await _ask(room, [b"x" * 101]) == (503, 0)
        assert await _ask(room, [b"x" * 100]) == (200, 0)

    asyncio.run(check())


def test_one_key_leaves_room_for_another() -> None:
    async def check() -> None:
        room, go = _room(100, share=50)
        held = [asyncio.create_task(_ask(room, [b"x" * 25], key="one")) for _ in range(2)]
        await asyncio.sleep(0.01)
        assert await _ask(room, [b"x"], key="one") == (503, 0)
        other = asyncio.create_task(_ask(room, [b"x" * 50], key="other"))
        await asyncio.sleep(0.01)
        go.set()
        assert {await task for task in (*held, other)} == {(200, 0)}
        assert await _ask(room, [b"x" * 50], key="one") == (200, 0)

    asyncio.run(check())


def test_whoever_holds_a_session_has_one_share_whatever_key_they_invent() -> None:
    async def check() -> None:
        room, go = _room(200, share=50)
        step = f"/v1/capture-sessions/{'a' * 32}/steps/1"
        held = [asyncio.create_task(_ask(room, [b"x" * 25], step, key)) for key in ("one", "other")]
        await asyncio.sleep(0.01)
        assert await _ask(room, [b"x"], step, "a third") == (503, 0)
        go.set()
        assert {await task for task in held} == {(200, 0)}

    asyncio.run(check())


def test_strangers_at_capture_sessions_leave_half_the_room_to_keys() -> None:
    async def check() -> None:
        room, go = _room(100)
        step = f"/v1/capture-sessions/{'a' * 32}/steps/1"
        held = [asyncio.create_task(_ask(room, [b"x" * 25], step)) for _ in range(2)]
        await asyncio.sleep(0.01)
        assert await _ask(room, [b"x"], step) == (503, 0)
        with_key = asyncio.create_task(_ask(room, [b"x" * 50], key="one"))
        await asyncio.sleep(0.01)
        go.set()
        assert {await task for task in (*held, with_key)} == {(200, 0)}
        assert await _ask(room, [b"x" * 50], step) == (200, 0)

    asyncio.run(check())
