"""A deployment behind a real server on a real socket, for what callers do to bodies."""

from __future__ import annotations

import contextlib
import select
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import uvicorn
from fastapi import FastAPI

from auth_service.core.limits import ConnectionPolicy
from auth_service.web.connections import GuardedConnection
from tests.channels.service import Deployment


class _Server(uvicorn.Server):
    """Says when it listens."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listening = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.listening.set()


@dataclass
class Served:
    service: Deployment
    port: int

    def send(self, *parts: bytes) -> bytes:
        """Sends the parts and reads to the end."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=10) as line:
            line.setblocking(False)
            waiting = b"".join(parts)
            received = b""
            while True:
                readable, writable, _ = select.select([line], [line] if waiting else [], [], 10)
                assert readable or writable, "the server neither reads nor answers"
                try:
                    if readable:
                        part = line.recv(65536)
                        if not part:
                            return received
                        received += part
                    if writable:
                        waiting = waiting[line.send(waiting) :]
                except OSError:
                    return received


@contextlib.contextmanager
def serving(
    service: Deployment, app: FastAPI | None = None, policy: ConnectionPolicy | None = None
) -> Iterator[Served]:
    """In a thread of this process, with connections as `serve` holds them, until the block ends."""
    app = app or service.app
    held = {"policy": policy or ConnectionPolicy(), "surplus": app.state.surplus}
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        config = uvicorn.Config(
            app, log_config=None, lifespan="off", timeout_keep_alive=1, ws="none",
            http=type("Held", (GuardedConnection,), held),
        )  # fmt: skip
        server = _Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        assert server.listening.wait(10)
        try:
            yield Served(service, listener.getsockname()[1])
        finally:
            server.should_exit = True
            thread.join(10)


def read_by_the_server(line: socket.socket) -> bool:
    """Whether nothing that was sent on this connection waits in the kernel any more, on either side."""
    here, there = line.getsockname()[1], line.getpeername()[1]
    waiting = 0
    for row in Path("/proc/net/tcp").read_text(encoding="ascii").splitlines()[1:]:
        _, local, remote, _, queues, *_ = row.split()
        ports = int(local.split(":")[1], 16), int(remote.split(":")[1], 16)
        sent, received = (int(size, 16) for size in queues.split(":"))
        waiting += {(here, there): sent, (there, here): received}.get(ports, 0)
    return waiting == 0


def head(service: Deployment, *more: str, path: str = "/v1/verifications") -> bytes:
    """The first lines of a form with photos, with whatever headers."""
    headers = service.headers() | {"Content-Type": "multipart/form-data; boundary=b", "Host": "h"}
    lines = [f"POST {path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items()), *more, "", ""]
    return "\r\n".join(lines).encode()
