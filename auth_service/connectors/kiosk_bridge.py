"""The program beside a terminal's browser that speaks to its hardware, simulated: cards from a folder, slips and calls
that are told. It keeps the contract of docs/integration/kiosk-bridge.md, which a bank's own program fulfils with a real
card reader, printer and lamp.

Only the kiosk's page may speak to it: it answers on the loopback address alone, to the one origin it was told, to
whoever holds the pairing secret, and only under its own name, so that no other page reads a card through it.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import json
import secrets
import select
import socket
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

from auth_service.connectors.secret_files import create_once, read_private
from auth_service.core.errors import FileUnreadable, NotFound

HOST = "127.0.0.1"
PORT = 18631
LONGEST_WAIT = 30.0
"""Seconds that one question for a card stays open. source: own decision, under the 60 s of common proxies"""
CARD_LIES = 30.0
"""Seconds that a simulated card lies on the reader while nobody asks for it. source: own decision; nobody leaves their
card longer"""
_LOOKS = 0.25
"""Seconds between two looks whether the page is still there."""
MOST_BODY = 16 * 1024
_MOST_PORTRAIT = 200_000
"""A chip's photo has 1 to 40 KB (GA 467: 102x126 pixels); larger files are test pictures."""
_SECRET = "bridge-secret"  # noqa: S105 - the name of the file
_TYPES = {".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".png": "image/png", ".bmp": "image/bmp"}


@dataclass(frozen=True, slots=True)
class Card:
    """What a reader tells of one. portrait: the chip's photo, or empty"""

    id_number: str
    name: str
    portrait: bytes = b""
    portrait_type: str = ""

    def document(self) -> dict[str, str]:
        """As the page gets it."""
        portrait = base64.b64encode(self.portrait).decode()
        told = {"id_number": self.id_number, "name": self.name, "portrait": portrait}
        return told | ({"portrait_type": self.portrait_type} if self.portrait else {})


def card_of(folder: Path, name: str) -> Card:
    """The card that `name`.json describes: {"id_number", "name", "portrait": name of a file beside it}.

    raises   NotFound: no such card; FileUnreadable
    """
    path = folder / f"{name}.json"
    if not path.is_file() or path.parent != folder:
        raise NotFound(f"known: {', '.join(sorted(one.stem for one in folder.glob('*.json')))}")
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        photo = folder / Path(str(told.get("portrait") or "")).name if told.get("portrait") else None
        portrait = photo.read_bytes() if photo else b""
        kind = _TYPES[photo.suffix.lower()] if photo else ""
        card = Card(str(told["id_number"]), str(told["name"]), portrait, kind)
    except (ValueError, KeyError, AttributeError, OSError) as wrong:
        raise FileUnreadable(f"{path.name}: {wrong}") from wrong
    if len(portrait) > _MOST_PORTRAIT:
        raise FileUnreadable(f"{path.name}: the photo has more than {_MOST_PORTRAIT} bytes")
    return card


def secret_in(folder: Path) -> str:
    """The pairing secret, made once; a technician types it into the page. raises KeyMissing, SettingInvalid"""
    create_once(folder / _SECRET, secrets.token_urlsafe(18).encode())
    return read_private(folder / _SECRET).decode().strip()


class Reader:
    """The place for one card. A card is told once, to whoever asked last, and kept nowhere."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._changed = threading.Condition()
        self._now = now
        self._card: Card | None = None
        self._put_at = 0.0
        self._asked = 0

    def put(self, card: Card) -> None:
        """A card is put on the reader."""
        with self._changed:
            self._card, self._put_at = card, self._now()
            self._changed.notify_all()

    def take(self, wait: float, gone: Callable[[], bool] = lambda: False) -> Card | None:
        """The card, or None when none came in time, or somebody asked after us.

        gone   whether whoever asked is there no more, such as a page that was loaded anew: the card stays for the next
        """
        with self._changed:
            self._asked += 1
            mine = self._asked
            self._changed.notify_all()
            until = time.monotonic() + min(max(wait, 0.0), LONGEST_WAIT)
            while not (self._lies() or self._asked != mine or gone()) and time.monotonic() < until:
                self._changed.wait(_LOOKS)
            if self._asked != mine or gone() or not self._lies():
                return None
            found, self._card = self._card, None
            return found

    def _lies(self) -> bool:
        if self._card is not None and self._now() - self._put_at > CARD_LIES:
            self._card = None
        return self._card is not None


@dataclass(frozen=True)
class Bridge:
    """One bridge. printed and called are told what came; slips are not kept.

    origin   of the kiosk's page, such as https://rz.example.gov.cn
    """

    origin: str
    secret: str
    reader: Reader
    printed: Callable[[Mapping[str, Any]], None]
    called: Callable[[], None]

    def serve(self, port: int = PORT) -> ThreadingHTTPServer:
        """Listening, not yet answering: `serve_forever` does. raises OSError: the port is taken"""
        server = ThreadingHTTPServer((HOST, port), type("Answers", (_Answers,), {"bridge": self}))
        server.daemon_threads = True
        return server


class _Answers(BaseHTTPRequestHandler):
    """One connection."""

    bridge: ClassVar[Bridge]
    protocol_version = "HTTP/1.1"
    server_version, sys_version = "kiosk-bridge", ""
    timeout = LONGEST_WAIT + 10

    def do_OPTIONS(self) -> None:  # the name is the library's
        """Before a call with headers of ours, browsers ask whether that is allowed."""
        if not self._ours():
            return
        allowed = {
            "Access-Control-Allow-Methods": "GET, POST",
            "Access-Control-Allow-Headers": "authorization, content-type",
            "Access-Control-Allow-Private-Network": "true",
            "Access-Control-Max-Age": "600",
        }
        self._answer(204, None, allowed)

    def do_GET(self) -> None:
        if not self._admitted():
            return
        address = urlsplit(self.path)
        if address.path == "/status":
            self._answer(200, {"version": 1, "card": True, "printer": True, "call": True})
        elif address.path == "/card":
            card = self.bridge.reader.take(_seconds(address.query), self._gone)
            self._answer(204 if card is None else 200, None if card is None else card.document())
        else:
            self._answer(404, {"code": "not_found"})

    def do_POST(self) -> None:
        if not self._admitted():
            return
        told = self._body()
        if told is None:
            self._answer(400, {"code": "request_refused"})
        elif self.path == "/print" and _is_slip(told):
            self.bridge.printed(told)
            self._answer(204, None)
        elif self.path == "/call":
            self.bridge.called()
            self._answer(204, None)
        else:
            self._answer(400 if self.path == "/print" else 404, {"code": "request_refused"})

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's name
        """Nothing: whoever put a card here stands in no log."""

    def _ours(self) -> bool:
        """Whether the kiosk's page asks, by our own name: another page that leads its own name here gets nothing."""
        host = f"{HOST}:{self.server.server_address[1]}"  # type: ignore[index]
        if self.headers.get("Host") == host and self.headers.get("Origin") == self.bridge.origin:
            return True
        self._answer(403, {"code": "origin_refused"})
        return False

    def _gone(self) -> bool:
        """Whether the other side has closed."""
        readable, _, _ = select.select([self.connection], [], [], 0)
        return bool(readable) and not self.connection.recv(1, socket.MSG_PEEK)

    def _admitted(self) -> bool:
        if not self._ours():
            return False
        given = (self.headers.get("Authorization") or "").encode()
        if hmac.compare_digest(given, f"Bearer {self.bridge.secret}".encode()):
            return True
        self._answer(401, {"code": "pairing_refused"})
        return False

    def _body(self) -> Any:
        """The JSON of a call, or None for what is none."""
        length = self.headers.get("Content-Length") or ""
        if not (length.isascii() and length.isdigit()) or int(length) > MOST_BODY:
            return None
        try:
            return json.loads(self.rfile.read(int(length)))
        except (ValueError, RecursionError, binascii.Error):
            return None

    def _answer(self, status: int, document: Mapping[str, Any] | None, more: Mapping[str, str] | None = None) -> None:
        body = b"" if document is None else json.dumps(document, ensure_ascii=False).encode()
        self.send_response(status)
        if self.headers.get("Origin") == self.bridge.origin:
            self.send_header("Access-Control-Allow-Origin", self.bridge.origin)
        for name, value in {"Vary": "Origin", "Cache-Control": "no-store", **(more or {})}.items():
            self.send_header(name, value)
        if status != 204:
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
        if status >= 400:
            self.close_connection = True
        self.end_headers()
        self.wfile.write(body)


def _seconds(query: str) -> float:
    """How long a question may stay open; 0 for what is no number."""
    found = parse_qs(query).get("wait", ["0"])[0]
    return float(found) if found.isascii() and found.isdigit() else 0.0


def _is_slip(told: Any) -> bool:
    """{title, lines: [[label, value], ...], qr, note}, all of it text."""
    if (
        not isinstance(told, dict)
        or set(told) != {"title", "lines", "qr", "note"}
        or not isinstance(told["lines"], list)
    ):
        return False
    texts = [told["title"], told["qr"], told["note"]]
    for line in told["lines"]:
        if not isinstance(line, list) or len(line) != len(("label", "value")):
            return False
        texts += line
    return all(isinstance(one, str) for one in texts)
