"""More photos at once than can be worked on: the surplus is told 503 before its form is parsed or its key claimed."""

from __future__ import annotations

import asyncio
import dataclasses
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from starlette.responses import PlainTextResponse

from auth_service.app import create_app
from auth_service.core.errors import BodyTooSlow, CapacityExceeded
from auth_service.flows.verify import VerifyRequest, VerifyResult
from auth_service.web.admission import Admission
from auth_service.web.limits import PhotoPaths
from auth_service.web.surplus import Places
from tests.channels.service import EILEEN, Deployment

Message = dict[str, Any]


class _Held:
    """The real flow, held until a test lets go."""

    def __init__(self, service: Deployment) -> None:
        self._real = service.services.verify
        self.entered, self.go = threading.Event(), threading.Event()

    def run(self, request: VerifyRequest, conclude: object = None) -> VerifyResult:
        self.entered.set()
        assert self.go.wait(20)
        return self._real.run(request, conclude)


def test_the_surplus_is_refused_and_the_rest_goes_on(service: Deployment) -> None:
    held = _Held(service)
    client = service.client(create_app(dataclasses.replace(service.services, verify=held, photos_at_once=1)))

    def send(key: str) -> Any:
        return client.post(
            "/v1/verifications",
            headers=service.headers("all", key),
            data={"id_number": EILEEN, "attested_by": "c.7"},
            files=[("photo", ("p.jpg", service.portraits.eileen_later, "image/jpeg"))],
        )

    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(send, "first-one")
        assert held.entered.wait(20)
        surplus = send("second-one")
        health = client.get("/healthz")
        held.go.set()
        assert first.result().status_code == 200
    assert (surplus.status_code, surplus.json()["code"]) == (503, "capacity_exceeded")
    assert surplus.headers["Retry-After"] == "2"
    assert health.status_code == 200
    assert send("second-one").status_code == 200  # no claim was left behind


class _Line:
    """One request as the server hands it in, piece by piece."""

    def __init__(self, pieces: int, error: Exception | None = None) -> None:
        self.pieces, self.error = pieces, error
        self.sent: list[Message] = []
        self.more = asyncio.Event()

    async def receive(self) -> Message:
        await self.more.wait()
        if self.error is not None:
            raise self.error
        self.pieces -= 1
        return {"type": "http.request", "body": b"x", "more_body": self.pieces > 0}

    async def send(self, message: Message) -> None:
        self.sent.append(message)

    @property
    def status(self) -> int:
        return int(self.sent[0]["status"])


async def _reads_all(scope: Message, receive: Callable[[], Awaitable[Message]], send: Any) -> None:
    while (await receive()).get("more_body"):
        pass
    await scope["held"].wait()
    await PlainTextResponse("done")(scope, receive, send)


def _scope(held: asyncio.Event, path: str = "/photos") -> Message:
    return {"type": "http", "path": path, "method": "POST", "headers": [], "held": held}


def _admission(most: int = 1, in_hand: int = 1) -> Admission:
    answer = lambda _request, error: PlainTextResponse(error.code, 408 if error.code == "body_too_slow" else 503)  # noqa: E731
    return Admission(_reads_all, Places(most, frozenset({"/photos"})), in_hand, answer)


def test_whoever_still_sends_holds_no_place() -> None:
    async def check() -> None:
        admission, held = _admission(), asyncio.Event()
        held.set()
        slow = [_Line(2) for _ in range(5)]
        tasks = [asyncio.create_task(admission(_scope(held), line.receive, line.send)) for line in slow]
        await asyncio.sleep(0)
        quick = _Line(1)
        quick.more.set()
        await admission(_scope(held), quick.receive, quick.send)
        assert quick.status == 200
        for line in slow:
            line.more.set()
        await asyncio.gather(*tasks)
        assert {line.status for line in slow} == {200}

    asyncio.run(check())


def test_a_surplus_body_is_read_to_its_end_and_places_are_given_back() -> None:
    async def check() -> None:
        admission, held = _admission(), asyncio.Event()
        first, surplus, elsewhere, broken = _Line(1), _Line(7), _Line(1), _Line(1, BodyTooSlow())
        for line in (first, surplus, elsewhere, broken):
            line.more.set()
        task = asyncio.create_task(admission(_scope(held), first.receive, first.send))
        await asyncio.sleep(0.01)
        await admission(_scope(held), surplus.receive, surplus.send)
        await admission(_scope(held), broken.receive, broken.send)
        assert (surplus.status, surplus.pieces, broken.status) == (503, 0, 408)
        other = asyncio.create_task(admission(_scope(held, "/pages"), elsewhere.receive, elsewhere.send))
        held.set()
        await asyncio.gather(task, other)
        assert (first.status, elsewhere.status) == (200, 200)
        again = _Line(1)
        again.more.set()
        await admission(_scope(held), again.receive, again.send)
        assert again.status == 200

    asyncio.run(check())


def test_a_crowd_at_capture_sessions_keeps_no_key_out() -> None:
    step = f"/v1/capture-sessions/{'a' * 32}/steps/1"
    places = Places(4, PhotoPaths())
    for _ in range(2):
        assert not places.full_for(step)
        places.take(step)
    assert places.full_for(step)
    assert not places.full_for("/v1/verifications")
    places.give_back(step)
    assert not places.full_for(step)
    for _ in range(3):
        places.take("/v1/verifications")
    assert places.full_for("/v1/verifications")
    assert places.full_for(step)


def test_whoever_is_whole_when_the_places_are_taken_is_refused_before_the_form_is_parsed() -> None:
    async def check() -> None:
        admission, held = _admission(), asyncio.Event()
        lines = [_Line(2) for _ in range(4)]
        tasks = [asyncio.create_task(admission(_scope(held), line.receive, line.send)) for line in lines]
        await asyncio.sleep(0)  # all four came while the place was free
        for line in lines:
            line.more.set()
        await asyncio.sleep(0.01)
        held.set()
        ended = await asyncio.gather(*tasks, return_exceptions=True)
        assert [type(end) for end in ended].count(CapacityExceeded) == 3
        again = _Line(1)
        again.more.set()
        await admission(_scope(held), again.receive, again.send)
        assert again.status == 200  # nobody who was refused holds a place

    asyncio.run(check())


def test_who_waits_for_a_hand_is_served_in_turn_and_not_longer_than_is_fair(monkeypatch: pytest.MonkeyPatch) -> None:
    async def check() -> None:
        admission, held = _admission(most=3, in_hand=1), asyncio.Event()
        lines = [_Line(1) for _ in range(3)]
        for line in lines:
            line.more.set()
        tasks = [asyncio.create_task(admission(_scope(held), line.receive, line.send)) for line in lines]
        await asyncio.sleep(0.01)
        surplus = _Line(1)
        surplus.more.set()
        await admission(_scope(held), surplus.receive, surplus.send)
        assert surplus.status == 503  # who waits has a place
        monkeypatch.setattr("auth_service.web.admission.PATIENCE_SECONDS", 0.05)
        late = [_Line(1) for _ in range(2)]
        for line in late:
            line.more.set()
        hung = _admission(most=3, in_hand=1)
        impatient = [asyncio.create_task(hung(_scope(held), line.receive, line.send)) for line in late]
        assert isinstance((await asyncio.gather(impatient[1], return_exceptions=True))[0], CapacityExceeded)
        held.set()
        await asyncio.gather(*tasks, impatient[0])
        assert {line.status for line in (*lines, late[0])} == {200}

    asyncio.run(check())
