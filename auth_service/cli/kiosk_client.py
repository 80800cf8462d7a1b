"""A kiosk as a program: the reference for whoever writes a client of their own. Nothing of this service is imported.

It needs `cryptography` and `http-message-signatures` beside Python, and does what docs/integration/kiosk.md and
kiosk-offline.md describe: sign every call, run one capture, make records without a line. kiosk_queue.py beside it
keeps on a disk what must survive a power cut, and sends it.
"""

from __future__ import annotations

import base64
import hashlib
import http.client
import json
import secrets
import socket
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from http_message_signatures import HTTPMessageSigner, MappingKeyResolver, algorithms

TAG = "auth-service-kiosk"
RECORD_PREFIX = b"auth-service kiosk record v1\n"
GOOD_FOR = timedelta(seconds=300)
"""How long a signature holds at most. source: docs/integration/kiosk.md section 2"""
SIGNED = ("content-type", "content-digest", "idempotency-key", "capture-token", "capture-nonce")
JSON_KIND = "application/json"
KIOSK = "/v1/kiosk"


class NoLine(OSError):
    """Nothing came back: whether the call was heard, nobody here knows. Send it again."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One picture: JPEG of at most 640 by 640, and its time in milliseconds since the session's start."""

    data: bytes
    at_ms: int

    def told(self) -> dict[str, Any]:
        """Its print: what binds the picture before it is sent."""
        return {"at_ms": self.at_ms, "bytes": len(self.data), "sha256": hashlib.sha256(self.data).hexdigest()}


@dataclass(frozen=True, slots=True)
class Answer:
    """What the service said."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def told(self) -> dict[str, Any]:
        """The JSON document; empty where there is none."""
        try:
            found = json.loads(self.body)
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}

    @property
    def word(self) -> str:
        """`202 pending chain_fork`, `401 clock_skew`, `200 passed`: status, and what it says in one or two words."""
        told = self.told
        reason = told["reason"]["code"] if isinstance(told.get("reason"), dict) else ""
        said = (told.get("code") or told.get("outcome") or told.get("state") or "", reason)
        return " ".join([str(self.status), *(one for one in said if one)])

    @property
    def again(self) -> bool:
        """Whether the same call may succeed later: no place, or at work, or out of order."""
        return (self.status in {409, 429} and bool(self.told.get("retryable"))) or self.status >= 500


class Line:
    """Signs calls and sends them on one connection, which may break at any time.

    site     the agency's public address, which is what gets signed
    address  host and port to connect to, where that is another (a tunnel, a test)
    skew     seconds by which this machine's clock is off
    follows  takes the service's time where it says that the clock is off, and signs anew
    """

    def __init__(self, site: str, key: Ed25519PrivateKey, device_id: str = "", address: str = "") -> None:
        self.site = site.rstrip("/")
        self.key = key
        self.device_id = device_id
        self.skew = 0.0
        self.follows = True
        self.calls = 0
        self.address = address
        self._parts = urlsplit(address or self.site)
        self._connection: http.client.HTTPConnection | None = None
        self._down_until = 0.0

    def now(self) -> datetime:
        """By this machine's clock."""
        return datetime.now(UTC) + timedelta(seconds=self.skew)

    def call(
        self, method: str, path: str, body: bytes = b"", kind: str = JSON_KIND, more: Mapping[str, str] | None = None
    ) -> Answer:
        """more: Idempotency-Key, Capture-Token, Capture-Nonce. raises NoLine"""
        answer = self.send(method, path, self.signed(method, path, body, kind, more or {}), body)
        if self.follows and answer.told.get("code") in {"clock_skew", "signature_expired"}:
            self.skew += (datetime.fromisoformat(answer.told["detail"]) - self.now()).total_seconds()
            answer = self.send(method, path, self.signed(method, path, body, kind, more or {}), body)
        return answer

    def post(self, path: str, given: Mapping[str, Any], more: Mapping[str, str] | None = None) -> Answer:
        """JSON, under an Idempotency-Key. raises NoLine"""
        key = {"idempotency-key": str(uuid.uuid4())}
        return self.call("POST", path, json.dumps(given).encode(), more={**key, **(more or {})})

    def signed(self, method: str, path: str, body: bytes, kind: str, more: Mapping[str, str]) -> dict[str, str]:
        """All headers of a call, with a signature that is good now and once."""
        headers = {name.lower(): value for name, value in more.items()}
        if body:
            digest = base64.b64encode(hashlib.sha256(body).digest()).decode()
            headers |= {"content-type": kind, "content-digest": f"sha-256=:{digest}:"}
        key_id, at = self.device_id or public_text(self.key), self.now()
        keys = MappingKeyResolver(public_keys={}, private_keys={key_id: self.key})
        message = _Message(method, f"{self.site}{path}", headers)
        covered = ["@method", "@authority", "@path", "@query", *(name for name in SIGNED if name in headers)]
        HTTPMessageSigner(signature_algorithm=algorithms.ED25519, key_resolver=keys).sign(
            message, key_id=key_id, created=at, expires=at + GOOD_FOR, nonce=secrets.token_urlsafe(16),
            label="sig1", tag=TAG, covered_component_ids=covered, use_existing_digest=bool(body),
        )  # fmt: skip
        return message.headers

    def send(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Headers as they are. raises NoLine"""
        self.calls += 1
        if time.monotonic() < self._down_until:
            raise NoLine("the line is down")
        try:
            connection = self._connected()
            connection.request(method, path, body or None, dict(headers))
            with connection.getresponse() as answer:
                lines = {name.lower(): value for name, value in answer.getheaders()}
                return Answer(answer.status, lines, answer.read())
        except (OSError, http.client.HTTPException) as lost:
            self.close()
            raise NoLine(str(lost)) from lost

    def drop(self, seconds: float) -> None:
        """Breaks the connection in the middle of whatever is under way, and lets none be made for so long."""
        self._down_until = time.monotonic() + seconds
        connection = self._connection
        if connection is not None and connection.sock is not None:
            try:
                connection.sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                return  # it was broken already

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._connection = None

    def _connected(self) -> http.client.HTTPConnection:
        if self._connection is None:
            host, port = self._parts.hostname or "", self._parts.port
            kind = http.client.HTTPSConnection if self._parts.scheme == "https" else http.client.HTTPConnection
            self._connection = kind(host, port, timeout=60)
            self._connection.connect()
            self._connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return self._connection


@dataclass(slots=True)
class _Message:
    """A request as http-message-signatures wants to see it."""

    method: str
    url: str
    headers: dict[str, str]


Camera = Callable[[str, int], Sequence[bytes]]
"""(what is asked: `neutral`, a motion, `flash`; how many pictures) -> JPEGs of at most 640 by 640, in order."""
FRAME_MS = 160
"""Between two pictures of this client; more a second tell nothing more. source: own decision, 60 frames are allowed"""


def frames_of(camera: Camera, step: Mapping[str, Any], challenge: Mapping[str, Any], begins: int) -> list[Frame]:
    """One step as it is filmed. begins: milliseconds since the session's start"""
    lasts = {"neutral": 1000, "flash": challenge["flashes"] * challenge["flash_ms"] + 200}
    wanted = lasts.get(step["kind"], 1400 + (step.get("hold_ms") or 0))
    pictures = camera(step.get("motion") or step["kind"], wanted // FRAME_MS)
    return [Frame(data, begins + place * FRAME_MS) for place, data in enumerate(pictures)]


class Capture:
    """One capture with a line, from the opening to the outcome.

    consent  version and language of the text that was shown
    ask      makes a call, as often as it needs; each time it is signed anew, under the same Idempotency-Key
    told     each answer, in order, by what was asked
    """

    def __init__(
        self,
        line: Line,
        camera: Camera,
        consent: Mapping[str, str],
        ask: Callable[[Callable[[], Answer]], Answer] = lambda call: call(),
    ) -> None:
        self._line = line
        self._ask = ask
        self._camera = camera
        self._consent = dict(consent)
        self._path = f"{KIOSK}/capture-sessions"
        self._held: dict[str, str] = {}
        self._began = 0.0
        self.told: list[tuple[str, Answer]] = []

    def run(self, number: str) -> Answer:
        """The outcome, or the first refusal. raises NoLine"""
        opened = self._say("open", "", {"id_number": number, "consent": self._consent})
        if opened.status != 201:
            return opened
        self._path += f"/{opened.told['id']}"
        self._held["capture-token"] = opened.told["token"]
        asked = self._say("start", "/start", {})
        self._began = time.monotonic()
        while asked.status == 200 and len(asked.told["sealed"]) < asked.told["challenge"]["count"]:
            self._held["capture-nonce"] = asked.told["nonce"]
            asked = self._step(asked)
        return asked if asked.status != 200 else self._say("complete", "/complete", {})

    def _step(self, asked: Answer) -> Answer:
        """Films what is asked, seals its prints, sends its pictures. What is asked next, or the first refusal."""
        challenge, n = asked.told["challenge"], len(asked.told["sealed"])
        if challenge["flashes"] and n == challenge["count"] - 1 and not challenge["flash"]:
            asked = self._say("colours", "/colours", {})
            if asked.status != 200:
                return asked
            challenge = asked.told["challenge"]
        begins = round(1000 * (time.monotonic() - self._began))
        frames = frames_of(self._camera, challenge["steps"][n], challenge, begins)
        time.sleep(len(frames) * FRAME_MS / 1000)  # as long as a camera takes
        sealed = self._say("seal", f"/steps/{n}/seal", {"frames": [one.told() for one in frames]})
        if sealed.status != 200:
            return sealed
        body, kind = form([("at_ms", "", str(one.at_ms).encode()) for one in frames]
                          + [("frame", f"{one.at_ms}.jpg", one.data) for one in frames])  # fmt: skip
        sent = self._call("frames", f"/steps/{n}", body, kind)
        return sealed if sent.status == 200 else sent

    def _say(self, what: str, path: str, given: Mapping[str, Any]) -> Answer:
        return self._call(what, path, json.dumps(given).encode(), JSON_KIND)

    def _call(self, what: str, path: str, body: bytes, kind: str) -> Answer:
        more = {"idempotency-key": str(uuid.uuid4()), **self._held}
        answer = self._ask(lambda: self._line.call("POST", self._path + path, body, kind, more))
        self.told.append((what, answer))
        return answer


def form(parts: Sequence[tuple[str, str, bytes]]) -> tuple[bytes, str]:
    """multipart/form-data and its content type. parts: (field, file name or empty, content)"""
    boundary = f"kiosk-{secrets.token_hex(12)}"
    body = bytearray()
    for name, file_name, data in parts:
        file = f'; filename="{file_name}"\r\nContent-Type: application/octet-stream' if file_name else ""
        body += f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"{file}\r\n\r\n'.encode()
        body += data + b"\r\n"
    return bytes(body) + f"--{boundary}--\r\n".encode(), f"multipart/form-data; boundary={boundary}"


def public_text(key: Ed25519PrivateKey) -> str:
    """The public key as the registry takes it."""
    return text_of(key.public_key().public_bytes_raw())


def text_of(data: bytes) -> str:
    """base64url without padding."""
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def enrol(line: Line, code: str) -> Answer:
    """The key's place in the registry, for a one-time code. Asked again it answers the same. raises NoLine"""
    given = json.dumps({"code": code, "public_key": public_text(line.key)}).encode()
    line.device_id = ""
    answer = line.call("POST", f"{KIOSK}/enrolments", given)
    line.device_id = answer.told.get("device_id", "")
    return answer


def canonical(told: Mapping[str, Any]) -> bytes:
    """The one form of a record in bytes. source: RFC 8785; whole numbers and ASCII names only"""
    return json.dumps(told, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def instant(at: datetime) -> str:
    """As a record says it."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
