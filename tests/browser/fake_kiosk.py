"""What a kiosk's page calls, played in memory before the real application: every call's signature is checked by the
library, and nothing is judged: the outcome is what the test says.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from http_message_signatures import HTTPMessageVerifier, MappingKeyResolver, algorithms
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from tests.browser.fake_captures import COLOURS, FakeCaptures, Play, Session, problem

CODE = "abcd-efgh-jkmn-pqrs-tuvw-xyz2-3456"
ALWAYS = {"@method", "@authority", "@path", "@query"}
SENT = ("content-type", "content-digest", "idempotency-key", "capture-token", "capture-nonce")


@dataclass
class KioskPlay(Play):
    """What a kiosk's service does and saw.

    key        of the device, once it was enrolled
    up         False: no call gets an answer, as behind a line that is down
    ahead      how far the service's clock is before the machine's
    """

    key: bytes | None = None
    device_id: str = ""
    state: str = "active"
    lens: str = "wide"
    up: bool = True
    ahead: timedelta = timedelta()
    nonces: set[str] = field(default_factory=set)
    calls: list[str] = field(default_factory=list)
    portraits: list[bytes] = field(default_factory=list)
    days: list[Any] = field(default_factory=list)
    staff: list[Any] = field(default_factory=list)
    tickets: dict[str, dict[str, Any]] = field(default_factory=dict)
    records: list[dict[str, Any]] = field(default_factory=list)
    frames: list[dict[str, bytes]] = field(default_factory=list)
    record_states: list[tuple[int, dict[str, Any]]] = field(default_factory=list)

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead


@dataclass(frozen=True)
class _Signed:
    """A request as the library looks at it."""

    method: str
    url: str
    headers: Mapping[str, str]


class _AnyTime(HTTPMessageVerifier):
    """Times are compared with the play's clock below."""

    def validate_created_and_expires(self, sig_input: Any, max_age: Any = None) -> None:
        return None


class FakeKiosk(FakeCaptures):
    """Answers /v1/kiosk; everything else goes on to `app`."""

    base = "/v1/kiosk/capture-sessions"
    by_name = "/v1/kiosk/other-ways"
    play: KioskPlay

    def __init__(self, app: ASGIApp, play: KioskPlay) -> None:
        super().__init__(app, play)

    def routes(self) -> list[Route]:
        return [
            *super().routes(),
            Route("/v1/kiosk/enrolments", self._once(self._enrol), methods=["POST"]),
            Route("/v1/kiosk/status", self._status, methods=["GET"]),
            Route("/v1/kiosk/offline-tickets", self._once(self._tickets), methods=["POST"]),
            Route("/v1/kiosk/records", self._once(self._record), methods=["POST"]),
            Route("/v1/kiosk/reconciliations", self._once(self._reconcile), methods=["POST"]),
            Route("/v1/kiosk/staff-calls", self._once(self._staff), methods=["POST"]),
        ]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not self.play.up:
            await Response("nobody there", 504)(scope, receive, send)  # what a gateway says behind which nobody answers
            return
        if scope["type"] != "http" or not scope["path"].startswith("/v1/kiosk/"):
            await self._app(scope, receive, send)
            return
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message.get("body", b""), message.get("more_body", False)
        request = Request(scope)
        refusal = self._unsigned(request, body)
        if refusal is not None:
            await refusal(scope, receive, send)
            return
        told = iter([{"type": "http.request", "body": body, "more_body": False}])

        async def again() -> Any:
            return next(told)

        self.play.calls.append(f"{request.method} {request.url.path}")
        await self._calls(scope, again, send)

    def _unsigned(self, request: Request, body: bytes) -> Response | None:
        """What is wrong with a call's signature."""
        headers = dict(request.headers)
        enrolling = request.url.path == "/v1/kiosk/enrolments"
        public = json.loads(body)["public_key"] if enrolling else ""
        key = base64.urlsafe_b64decode(public + "=") if enrolling else self.play.key
        if key is None:
            return _json(*problem(401, "device_refused", "此设备未登记或已停用。", "Not registered."))
        resolver = MappingKeyResolver(
            public_keys={public or self.play.device_id: Ed25519PublicKey.from_public_bytes(key)}, private_keys={}
        )
        view = _Signed(request.method, str(request.url), headers)
        verifier = _AnyTime(signature_algorithm=algorithms.ED25519, key_resolver=resolver)
        [found] = verifier.verify(view, max_age=None, expect_tag="auth-service-kiosk", expect_label="sig1", body=body)
        covered = {name.strip('"') for name in found.covered_components if name != '"@signature-params"'}
        assert covered == ALWAYS | {name for name in SENT if name in headers}, covered
        assert set(found.parameters) == {"created", "expires", "nonce", "keyid", "alg", "tag"}
        assert len(found.parameters["nonce"]) >= 22
        assert found.parameters["nonce"] not in self.play.nonces
        self.play.nonces.add(found.parameters["nonce"])
        assert 0 < found.parameters["expires"] - found.parameters["created"] <= 300
        now = self.play.now()
        if abs(found.parameters["created"] - now.timestamp()) > 300:
            return _json(*problem(401, "clock_skew", "设备时钟不准。", "The clock.", detail=now.isoformat()))
        return None

    def _session(self, request: Request) -> Session | None:
        found = self.play.sessions.get(request.path_params["id"])
        if found is None or request.headers.get("capture-token") != found.ticket:
            return None
        asked = request.url.path.endswith(("/start", request.path_params["id"]))
        assert asked or request.headers["capture-nonce"] == found.cookie
        return found

    async def _open(self, request: Request) -> tuple[int, dict[str, Any]]:
        name, made = self.play.open(await request.json())
        made.cookie = secrets.token_hex(16)
        return 201, {"id": name, "token": made.ticket, "expires_at": "2026-03-10T02:10:00Z"}

    async def _start(self, request: Request) -> tuple[int, dict[str, Any]]:
        status, answer = await super()._start(request)
        found = self._session(request)
        return status, {**answer, "nonce": found.cookie} if found and status == 200 else answer

    async def _complete(self, request: Request) -> tuple[int, dict[str, Any]]:
        if request.headers["content-type"].startswith("multipart/"):
            async with request.form() as form:
                for part in form.getlist("portrait"):
                    assert not isinstance(part, str)
                    self.play.portraits.append(await part.read())
        return await super()._complete(request)

    async def _enrol(self, request: Request) -> tuple[int, dict[str, Any]]:
        given = await request.json()
        if given["code"] != CODE:
            return problem(401, "enrolment_code_refused", "登记码不正确。", "The code is wrong.")
        self.play.key = base64.urlsafe_b64decode(given["public_key"] + "=")
        self.play.device_id = secrets.token_hex(16)
        return 201, {"device_id": self.play.device_id, "state": "active"}

    async def _status(self, _request: Request) -> Response:
        return _json(
            200,
            {
                "device_id": self.play.device_id, "state": self.play.state, "lens_profile": self.play.lens,
                "server_time": self.play.now().isoformat(), "counter": len(self.play.records), "offline_tickets": 0,
            },
        )  # fmt: skip

    async def _tickets(self, request: Request) -> tuple[int, dict[str, Any]]:
        given, made = await request.json(), []
        flash = given["route"] == "flash"
        for place in range(given["count"]):
            motion = {"n": 1, "kind": "motion", "motion": "nod" if place % 2 else "turn_left", "hold_ms": 300}
            steps = [{"n": 0, "kind": "neutral"}, motion, *([{"n": 2, "kind": "flash"}] if flash else [])]
            challenge = {
                "route": given["route"], "steps": steps, "count": len(steps), "flash": COLOURS if flash else [],
                "flashes": 8 if flash else 0, "flash_ms": 400,
            }  # fmt: skip
            expires = (self.play.now() + timedelta(hours=72)).isoformat()
            made.append({"ticket": uuid.uuid4().hex, "challenge": challenge, "expires_at": expires})
        self.play.tickets |= {one["ticket"]: one for one in made}
        return 200, {"tickets": made}

    async def _record(self, request: Request) -> tuple[int, dict[str, Any]]:
        async with request.form() as form:
            parts = {name: part if isinstance(part, str) else await part.read() for name, part in form.items()}
        record, signature = _bytes(parts.pop("record")), str(parts.pop("signature"))
        key = Ed25519PublicKey.from_public_bytes(self.play.key or b"")
        key.verify(base64.urlsafe_b64decode(signature + "=="), b"auth-service kiosk record v1\n" + record)
        told = json.loads(record)
        assert json.dumps(told, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode() == record
        previous = self.play.records[-1]["digest"] if self.play.records else "0" * 64
        assert told["previous"] == previous
        frames = {name: _bytes(part) for name, part in parts.items()}
        for step in told["steps"]:
            for place, one in enumerate(step["frames"]):
                sent = frames[f"f-{step['n']}-{place}"]
                assert (len(sent), hashlib.sha256(sent).hexdigest()) == (one["bytes"], one["sha256"])
        if self.play.record_states:
            return self.play.record_states.pop(0)
        self.play.records.append({**told, "digest": hashlib.sha256(record).hexdigest()})
        self.play.frames.append(frames)
        return 202, {"state": "accepted", "client_event": told["client_event"], "counter": told["counter"]}

    async def _reconcile(self, request: Request) -> tuple[int, dict[str, Any]]:
        self.play.days.append(await request.json())
        return 200, {"agrees": True, "differences": []}

    async def _staff(self, request: Request) -> tuple[int, dict[str, Any]]:
        self.play.staff.append(await request.json())
        return 201, {"received": True}


def _bytes(part: str | bytes) -> bytes:
    return part.encode() if isinstance(part, str) else part


def _json(status: int, body: dict[str, Any]) -> JSONResponse:
    return JSONResponse(body, status)
