"""A small HTTP/1.1 caller for load and fault tests: one connection per call, and every way it can end is a result.

Fast enough to offer ten times what a service can take from the same two cores, which a full client library is not.
"""

from __future__ import annotations

import asyncio
import json
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

_BOUNDARY = "auth-service-test-0c6f7e21"


@dataclass(frozen=True)
class Answer:
    """status  0 when no whole answer came (refused, cut, too late); `broken` then says how"""

    status: int
    seconds: float
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    broken: str = ""

    @property
    def document(self) -> dict[str, Any]:
        found = json.loads(self.body or b"{}")
        return found if isinstance(found, dict) else {}

    @property
    def word(self) -> str:
        """What the answer says in one word: the decision, the error's code, or the status."""
        if self.status and "json" in self.headers.get("content-type", ""):
            document = self.document
            return str(document.get("decision") or document.get("code") or self.status)
        return self.broken or str(self.status)


async def call(
    port: int,
    method: str,
    path: str,
    headers: Mapping[str, str] | None = None,
    body: bytes = b"",
    within: float = 60.0,
) -> Answer:
    """One request on a connection of its own; never raises for what the other side or the network does."""
    started = time.perf_counter()
    try:
        async with asyncio.timeout(within):
            status, found, content = await _exchange(port, request_bytes(port, method, path, headers, body))
    except TimeoutError:
        return Answer(0, time.perf_counter() - started, broken="timeout")
    except (OSError, ValueError, asyncio.IncompleteReadError) as error:
        return Answer(0, time.perf_counter() - started, broken=type(error).__name__)
    return Answer(status, time.perf_counter() - started, found, content)


def request_bytes(port: int, method: str, path: str, headers: Mapping[str, str] | None, body: bytes) -> bytes:
    """The request as it goes over the wire."""
    lines = [f"{method} {path} HTTP/1.1", f"Host: 127.0.0.1:{port}", "Connection: close"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    if body or method == "POST":
        lines.append(f"Content-Length: {len(body)}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body


async def _exchange(port: int, request: bytes) -> tuple[int, dict[str, str], bytes]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(request)
        await writer.drain()
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers: dict[str, str] = {}
        for name, _, value in (line.partition(":") for line in head[1:] if line):
            kept = headers.get(name.lower())  # only Set-Cookie comes twice; joined, a test may look for its own
            headers[name.lower()] = value.strip() if kept is None else f"{kept}\n{value.strip()}"
        length = headers.get("content-length")
        content = await (reader.readexactly(int(length)) if length is not None else reader.read())
        return int(head[0].split()[1]), headers, content
    finally:
        writer.close()


def form(photo: bytes, **fields: str) -> tuple[dict[str, str], bytes]:
    """Header and body of a multipart form with one photo."""
    parts = [
        f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    ]
    parts.append(
        f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="photo"; filename="p.jpg"\r\n'
        "Content-Type: image/jpeg\r\n\r\n"
    )
    body = "".join(parts).encode() + photo + f"\r\n--{_BOUNDARY}--\r\n".encode()
    return {"Content-Type": f"multipart/form-data; boundary={_BOUNDARY}"}, body


def as_caller(token: str, key: str | None = None) -> dict[str, str]:
    """Headers of one act of an agency's system."""
    return {"Authorization": f"Bearer {token}", "Idempotency-Key": key or uuid.uuid4().hex}
