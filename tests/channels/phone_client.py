"""The page's scripts as a program: the calls of one capture session over HTTP, as api.js makes them."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import httpx

from auth_service.capture.challenge import Ask, Challenge, Colour, Motion, Route
from auth_service.capture.steps import CapturedFrame, CapturedStep
from auth_service.core.ids import new_id
from auth_service.enrollment.consent_texts import NEWEST
from tests.channels.service import NAMES, SAME_ORIGIN, Client, Deployment

BASE = "/v1/capture-sessions"
CONSENT = {"version": NEWEST["phone_consent"], "language": "zh"}


def plan(number: str, **other: Any) -> dict[str, Any]:
    """What the page sends to open a session."""
    return {
        "id_number": number, "name": NAMES.get(number, "无此人"), "accommodations": [], "slow": False,
        "channel": "phone", "route": "flash", "consent": CONSENT,
    } | other  # fmt: skip


class PhonePage:
    """One browser."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.id = ""
        self.asked: dict[str, Any] = {}

    def call(self, method: str, path: str, key: str = "", **how: Any) -> httpx.Response:
        headers = SAME_ORIGIN | ({"Idempotency-Key": key or new_id()} if method == "POST" else {})
        return self.client.request(method, path, headers=headers | how.pop("headers", {}), **how)

    def opened(self, number: str, key: str = "", **other: Any) -> httpx.Response:
        return self.call("POST", BASE, key, json=plan(number, **other))

    def exchanged(self, session_id: str, ticket: str) -> httpx.Response:
        self.id = session_id
        return self.call("POST", f"{BASE}/{session_id}/exchange", json={"ticket": ticket})

    def open(self, number: str, **other: Any) -> None:
        made = self.opened(number, **other)
        assert made.status_code == 201, made.text
        answer = self.exchanged(made.json()["id"], made.json()["ticket"])
        assert answer.status_code == 200, answer.text

    def start(self) -> httpx.Response:
        return self._told(self.call("POST", f"{BASE}/{self.id}/start", json={}))

    def colours(self) -> httpx.Response:
        return self._told(self.call("POST", f"{BASE}/{self.id}/colours", json={}))

    def seal(self, step: CapturedStep) -> httpx.Response:
        frames = [{"at_ms": one.at_ms, "bytes": one.size, "sha256": one.sha256.hex()} for one in step.prints.frames]
        return self._told(self.call("POST", f"{BASE}/{self.id}/steps/{step.n}/seal", json={"frames": frames}))

    def _told(self, answer: httpx.Response) -> httpx.Response:
        if answer.status_code == 200:
            self.asked = answer.json()
        return answer

    @property
    def count(self) -> int:
        return int(self.asked["challenge"]["count"])

    def step(self, step: CapturedStep) -> httpx.Response:
        """The colours first, where it is theirs, then the prints, then the pictures; the first refusal."""
        challenge = self.asked.get("challenge", {})
        if challenge.get("flashes") and step.n == self.count - 1 and not challenge["flash"]:
            self.colours()
        sealed = self.seal(step)
        return self.sent(step) if sealed.status_code == 200 else sealed

    def sent(self, step: CapturedStep) -> httpx.Response:
        """The pictures alone."""
        fields = [("at_ms", (None, str(frame.at_ms))) for frame in step.frames]
        files = [("frame", (f"{frame.at_ms}.jpg", frame.data, "image/jpeg")) for frame in step.frames]
        return self.call("POST", f"{BASE}/{self.id}/steps/{step.n}", files=[*fields, *files])

    def steps(self, steps: Sequence[CapturedStep]) -> None:
        for one in steps:
            answer = self.step(one)
            assert answer.status_code == 200, answer.text

    def complete(self) -> httpx.Response:
        return self.call("POST", f"{BASE}/{self.id}/complete", json={})

    def state(self) -> httpx.Response:
        return self.call("GET", f"{BASE}/{self.id}")


def challenge_of(answer: dict[str, Any]) -> Challenge:
    """What the server asked for so far, as the puppet understands it; what it has not told yet is made up."""
    asked = answer["challenge"]
    asks = [Ask(Motion(one["motion"]), one["hold_ms"]) for one in asked["steps"] if one["kind"] == "motion"]
    motions = asked["count"] - 1 - (asked["flashes"] > 0)
    asks += [Ask(Motion.NOD, 300)] * (motions - len(asks))
    colours = [Colour(one) for one in asked["flash"]] or [Colour.WHITE, Colour.DARK] * (asked["flashes"] // 2)
    return Challenge(Route(asked["route"]), tuple(asks), tuple(colours))


def page(service: Deployment) -> PhonePage:
    return PhonePage(service.client())


def still(service: Deployment, n: int, shift: int = 0) -> CapturedStep:
    """Three times the same portrait, as nobody would take it: good enough to be accepted, never to pass."""
    data = service.portraits.eileen_later
    return CapturedStep(n, tuple(CapturedFrame(data, 1000 * n + 100 * i + shift) for i in range(3)))


def small(step: CapturedStep, picture: bytes) -> CapturedStep:
    return dataclasses.replace(step, frames=tuple(dataclasses.replace(one, data=picture) for one in step.frames))
