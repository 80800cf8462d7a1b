"""A kiosk as a program: it comes into the registry and makes its calls, each signed."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx

from auth_service.accounts.credentials import StaffMember
from auth_service.accounts.devices import DeviceKind, DeviceWords, LensProfile
from auth_service.accounts.roles import Role
from auth_service.capture.steps import CapturedStep
from auth_service.core.ids import new_id
from auth_service.enrollment.consent_texts import NEWEST
from tests.channels.phone_client import still
from tests.channels.service import BASE as SITE
from tests.channels.service import PASSWORD, Client, Deployment
from tests.signing import Call, Key, signed, with_digest

KIOSK = "/v1/kiosk"
SESSIONS = f"{KIOSK}/capture-sessions"
AUTHORITY = SITE.removeprefix("http://")
CONSENT = {"version": NEWEST["kiosk_consent"], "language": "zh"}
WORDS = DeviceWords(DeviceKind.KIOSK, "一号机", "唐山农商行", "130202", "解放路支行大厅", LensProfile.WIDE)


def keepers(service: Deployment) -> tuple[StaffMember, StaffMember]:
    """Two security administrators."""
    keep = service.wiring.keep_staff
    found = [one for one in keep.all() if one.role is Role.SECURITY_ADMIN]
    if len(found) == 1:
        found.append(keep.create("second.admin", Role.SECURITY_ADMIN, PASSWORD, "cli")[0])
    return found[0], found[1]


def code_for(service: Deployment, words: DeviceWords = WORDS) -> tuple[str, str]:
    """A device that two people let in: its id and its one-time code."""
    one, other = keepers(service)
    device, code = service.wiring.keep_devices.create(words, one)
    service.wiring.keep_devices.approve(device.id, other)
    return device.id, code


@dataclass
class Kiosk:
    """One terminal. asked: the last answer about what is asked for; skew: how far its clock is off"""

    service: Deployment
    client: Client
    key: Key
    id: str = ""
    token: str = ""
    nonce: str = ""
    session: str = ""
    skew: timedelta = timedelta(0)

    def __post_init__(self) -> None:
        self.asked: dict[str, Any] = {}

    def headers(self, method: str, path: str, body: bytes = b"", kind: str = "", **more: str) -> dict[str, str]:
        """All headers of a call as this kiosk signs it now."""
        call = Call(method, AUTHORITY, path, headers=more, body=body)
        call = with_digest(call, kind) if body else call
        return signed(call, self.key, self.service.clock.now() + self.skew)

    def call(
        self, method: str, path: str, given: Any = None, *, key: str = "", files: Any = None, held: bool = False
    ) -> httpx.Response:
        body, kind = b"", ""
        if given is not None:
            body, kind = json.dumps(given).encode(), "application/json"
        if files is not None:
            made = httpx.Request(method, f"{SITE}{path}", files=files)
            body, kind = made.read(), made.headers["content-type"]
        more = {"idempotency-key": key or new_id()} if method == "POST" else {}
        if held:
            more |= {"capture-token": self.token} | ({"capture-nonce": self.nonce} if self.nonce else {})
        return self.client.request(
            method, path, headers=self.headers(method, path, body, kind, **more), content=body or None
        )

    def enrol(self, code: str) -> httpx.Response:
        """Signed by the new key, which names itself."""
        given = json.dumps({"code": code, "public_key": self.key.public_text}).encode()
        path = f"{KIOSK}/enrolments"
        own = Key(self.key.private)
        call = with_digest(Call("POST", AUTHORITY, path, body=given), "application/json")
        headers = signed(call, own, self.service.clock.now() + self.skew)
        answer = self.client.request("POST", path, headers=headers, content=given)
        if answer.status_code == 201:
            self.id = self.key.id = answer.json()["device_id"]
        return answer

    def status(self) -> httpx.Response:
        return self.call("GET", f"{KIOSK}/status")

    def opened(self, number: str, *, key: str = "", **other: Any) -> httpx.Response:
        return self.call("POST", SESSIONS, {"id_number": number, "consent": CONSENT} | other, key=key)

    def open(self, number: str, **other: Any) -> None:
        answer = self.opened(number, **other)
        assert answer.status_code == 201, answer.text
        self.session, self.token, self.nonce = answer.json()["id"], answer.json()["token"], ""

    def held(self, method: str, what: str = "", given: Any = None, files: Any = None) -> httpx.Response:
        path = f"{SESSIONS}/{self.session}" + (f"/{what}" if what else "")
        answer = self.call(method, path, given, files=files, held=True)
        if answer.status_code == 200 and "nonce" in answer.json():
            self.asked = answer.json()
            self.nonce = self.asked["nonce"]
        return answer

    def start(self) -> httpx.Response:
        return self.held("POST", "start", {})

    @property
    def count(self) -> int:
        return int(self.asked["challenge"]["count"])

    def seal(self, step: CapturedStep) -> httpx.Response:
        frames = [{"at_ms": one.at_ms, "bytes": one.size, "sha256": one.sha256.hex()} for one in step.prints.frames]
        return self.held("POST", f"steps/{step.n}/seal", {"frames": frames})

    def step(self, step: CapturedStep) -> httpx.Response:
        challenge = self.asked["challenge"]
        if challenge["flashes"] and step.n == self.count - 1 and not challenge["flash"]:
            self.held("POST", "colours", {})
        sealed = self.seal(step)
        return self.sent(step) if sealed.status_code == 200 else sealed

    def sent(self, step: CapturedStep) -> httpx.Response:
        fields = [("at_ms", (None, str(frame.at_ms))) for frame in step.frames]
        pictures = [("frame", (f"{frame.at_ms}.jpg", frame.data, "image/jpeg")) for frame in step.frames]
        return self.held("POST", f"steps/{step.n}", files=[*fields, *pictures])

    def complete(self) -> httpx.Response:
        return self.held("POST", "complete", {})


def kiosk(service: Deployment, words: DeviceWords = WORDS) -> Kiosk:
    """A terminal that is in the registry."""
    made = Kiosk(service, service.client(), Key())
    answer = made.enrol(code_for(service, words)[1])
    assert answer.status_code == 201, answer.text
    return made


def still_session(terminal: Kiosk, number: str, **other: Any) -> None:
    """A session whose steps are all there: the same portrait, as nobody would take it."""
    terminal.open(number, **other)
    terminal.start()
    for n in range(terminal.count):
        answer = terminal.step(still(terminal.service, n))
        assert answer.status_code == 200, answer.text
