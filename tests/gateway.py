"""A small real SMS gateway for tests: what it is sent, and how it answers."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Gateway:
    """Answers each request with the next of `answers`, else with 200: (status, headers, body), `hang` or `cut`.

    sent  messages that it would pass on, by id: a repetition changes nothing
    """

    url: str = ""
    answers: list[Any] = field(default_factory=list)
    always: Any = None
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    arrived: threading.Event = field(default_factory=threading.Event)

    @property
    def told(self) -> list[dict[str, Any]]:
        return [json.loads(body) for _, body in self.got]

    @property
    def sent(self) -> dict[str, dict[str, Any]]:
        return {one["id"]: one for one in self.told}


@contextmanager
def gateway() -> Iterator[Gateway]:
    made = Gateway()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            answer = made.answers.pop(0) if made.answers else made.always or (200, {}, b"{}")
            made.got.append((dict(self.headers), body))
            made.arrived.set()
            if answer == "hang":
                time.sleep(1.5)
            elif answer == "cut":
                self.connection.shutdown(socket.SHUT_RDWR)
            else:
                self._answer(*answer)

        def _answer(self, status: int, headers: dict[str, str], said: bytes) -> None:
            self.send_response(status)
            for name, value in {"Content-Length": str(len(said)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.url = f"http://127.0.0.1:{server.server_port}/sms"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
