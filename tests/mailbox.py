"""A small real SMTP server for tests: what it is sent, and what it is told to refuse."""

from __future__ import annotations

import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass
class Post:
    """refuse: word -> answer, for RCPT, DATA, MAIL, AUTH, or the `greeting`"""

    port: int = 0
    context: ssl.SSLContext | None = None
    at_once: bool = False
    refuse: dict[str, str] = field(default_factory=dict)
    mails: list[bytes] = field(default_factory=list)
    secured: list[bool] = field(default_factory=list)
    logins: list[str] = field(default_factory=list)


class _Talk:
    """One connection."""

    def __init__(self, line: Any, post: Post) -> None:
        self.line, self.post, self.secured = line, post, False
        if post.at_once:
            self._secure()
        self.file = self.line.makefile("rb")

    def _secure(self) -> None:
        assert self.post.context is not None
        self.line, self.secured = self.post.context.wrap_socket(self.line, server_side=True), True

    def say(self, text: str) -> None:
        self.line.sendall(text.encode() + b"\r\n")

    def run(self) -> None:
        self.say(self.post.refuse.get("greeting", "220 ready"))
        while command := self.file.readline():
            word = command.split()[0].upper().decode()
            answer = getattr(self, f"_{word.lower()}", None)
            if answer is None:
                self.say(self.post.refuse.get(word, "250 fine"))
            else:
                answer(command.decode())
            if word == "QUIT":
                return

    def _ehlo(self, _: str) -> None:
        self.say("250-here")
        if self.post.context is not None and not self.secured:
            self.say("250-STARTTLS")
        self.say("250 AUTH PLAIN")

    def _starttls(self, _: str) -> None:
        self.say("220 go")
        self.file.close()
        self._secure()
        self.file = self.line.makefile("rb")

    def _auth(self, command: str) -> None:
        self.post.logins.append(command.split()[2])
        self.say(self.post.refuse.get("AUTH", "235 in"))

    def _data(self, _: str) -> None:
        self.say("354 go on")
        body = b""
        while (part := self.file.readline()) != b".\r\n":
            body += part
        if "DATA" not in self.post.refuse:
            self.post.mails.append(body)
            self.post.secured.append(self.secured)
        self.say(self.post.refuse.get("DATA", "250 kept"))

    def _quit(self, _: str) -> None:
        self.say("221 bye")

    def close(self) -> None:
        self.file.close()
        self.line.close()


@contextmanager
def post(certificate: tuple[Path, Path] | None, *, at_once: bool = False) -> Iterator[Post]:
    """certificate: with its key, for TLS; at_once: from the first byte"""
    made = Post(at_once=at_once)
    if certificate is not None:
        made.context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        made.context.load_cert_chain(*certificate)

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            talk = None
            with suppress(OSError):
                talk = _Talk(self.request, made)
                talk.run()
            if talk is not None:
                talk.close()

    class Server(socketserver.ThreadingTCPServer):
        allow_reuse_address = True
        daemon_threads = False
        block_on_close = True

    with Server(("127.0.0.1", 0), Handler) as server:
        made.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield made
        finally:
            server.shutdown()
            thread.join()
