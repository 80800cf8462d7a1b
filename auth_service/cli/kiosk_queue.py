"""What a kiosk keeps on a disk that survives a power cut, and how it sends it. Goes with kiosk_client.py.

In use the disk is encrypted and the key lies in a TPM or the system's key store. This one is a file that only its
owner may read: it is for trying things out.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from auth_service.cli.kiosk_client import (
    KIOSK,
    RECORD_PREFIX,
    Answer,
    Camera,
    Frame,
    Line,
    NoLine,
    canonical,
    enrol,
    form,
    frames_of,
    instant,
    text_of,
)

FIRST = "0" * 64
"""What the first record names as the one before it."""
LONGEST_PAUSE = 60.0
"""Seconds between two tries. source: docs/integration/kiosk-offline.md"""
SHORTEST_PAUSE = 0.25


@dataclass(frozen=True, slots=True)
class Queued:
    """One record as it lies on the disk. frames: field name -> JPEG"""

    counter: int
    data: bytes
    signature: bytes
    frames: Mapping[str, bytes]

    @property
    def told(self) -> dict[str, Any]:
        document: dict[str, Any] = json.loads(self.data)
        return document

    @property
    def event(self) -> str:
        return str(self.told["client_event"])


class Memory:
    """A folder: the key, the device's id, unused tickets, the records, and their pictures by digest."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._records, self._frames = folder / "records", folder / "frames"
        for one in (folder, self._records, self._frames):
            one.mkdir(mode=0o700, parents=True, exist_ok=True)
        key = folder / "key"
        if not key.exists():
            self._write(key, Ed25519PrivateKey.generate().private_bytes_raw())
        self.key = Ed25519PrivateKey.from_private_bytes(key.read_bytes())
        self.device_id = self._text("device")
        last = json.loads(self._text("last") or f'[0, "{FIRST}"]')
        self.counter, self.previous = int(last[0]), str(last[1])
        names = sorted(self._records.glob("*.json"))
        if names and int(names[-1].stem) > self.counter:  # the power went between record and note: the record counts
            self.counter, self.previous = int(names[-1].stem), _digest(self._read(int(names[-1].stem)).data)

    def enrolled(self, device_id: str) -> None:
        self._write(self.folder / "device", device_id.encode())
        self.device_id = device_id

    @property
    def tickets(self) -> list[dict[str, Any]]:
        """Those that are not begun."""
        found: list[dict[str, Any]] = json.loads(self._text("tickets") or "[]")
        return found

    def keep_tickets(self, tickets: list[dict[str, Any]]) -> None:
        self._write(self.folder / "tickets", json.dumps(tickets).encode())

    def add(self, queued: Queued) -> None:
        """Pictures first, then the record, then the note of the last one: cut anywhere, the chain goes on whole."""
        for one, data in zip(_prints(queued.told), queued.frames.values(), strict=True):
            path = self._frames / one
            if not path.exists():
                self._write(path, data)
        kept = {"record": queued.data.decode(), "signature": queued.signature.hex()}
        self._write(self._records / f"{queued.counter:08}.json", json.dumps(kept, ensure_ascii=False).encode())
        self.counter, self.previous = queued.counter, _digest(queued.data)
        self._write(self.folder / "last", json.dumps([self.counter, self.previous]).encode())

    def waiting(self) -> Iterator[Queued]:
        """The oldest first."""
        for path in sorted(self._records.glob("*.json")):
            yield self._read(int(path.stem))

    def _read(self, counter: int) -> Queued:
        kept = json.loads((self._records / f"{counter:08}.json").read_text(encoding="utf-8"))
        data = kept["record"].encode()
        told = json.loads(data)
        frames = {
            f"f-{step['n']}-{place}": (self._frames / frame["sha256"]).read_bytes()
            for step in told["steps"]
            for place, frame in enumerate(step["frames"])
        }
        return Queued(counter, data, bytes.fromhex(kept["signature"]), frames)

    def key_for(self, path: str, given: Mapping[str, Any]) -> str:
        """The Idempotency-Key of one logical request, the same over all its tries and power cuts, until `answered`."""
        asked = [path, dict(given)]
        kept = json.loads(self._text("asking") or "[null, null]")
        if kept[0] != asked:
            kept = [asked, str(uuid.uuid4())]
            self._write(self.folder / "asking", json.dumps(kept).encode())
        return str(kept[1])

    def answered(self) -> None:
        """What was asked has an answer that stands: the next request is another one."""
        (self.folder / "asking").unlink(missing_ok=True)

    def tally(self, what: str) -> None:
        """One more of today: `captures` with a line that had an outcome, `records` without."""
        days = json.loads(self._text("days") or "{}")
        day = days.setdefault(today(), {"captures": 0, "records": 0})
        day[what] += 1
        self._write(self.folder / "days", json.dumps(days).encode())

    def counts(self, day: str) -> dict[str, int]:
        """As this kiosk counted the day."""
        found: dict[str, int] = json.loads(self._text("days") or "{}").get(day, {"captures": 0, "records": 0})
        return found

    def forget(self) -> None:
        """All records and their pictures, once the daily count agreed."""
        for path in [*self._records.glob("*.json"), *self._frames.iterdir()]:
            path.unlink()

    def _text(self, name: str) -> str:
        path = self.folder / name
        return path.read_text(encoding="utf-8") if path.exists() else ""

    def _write(self, path: Path, data: bytes) -> None:
        """Whole or not at all, and on the disk."""
        unfinished = path.with_name(f".{path.name}.new")
        with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)


class Terminal:
    """One kiosk: its memory and its line. consent: version and language of the text that is shown"""

    def __init__(self, memory: Memory, site: str, consent: Mapping[str, str], address: str = "") -> None:
        self.memory = memory
        self.line = Line(site, memory.key, memory.device_id, address)
        self.consent = dict(consent)

    def enrol(self, code: str) -> Answer:
        """raises NoLine"""
        answer = enrol(self.line, code)
        if answer.status == 201:
            self.memory.enrolled(self.line.device_id)
        self.line.device_id = self.memory.device_id
        return answer

    def status(self) -> Answer:
        """raises NoLine"""
        return self.line.call("GET", f"{KIOSK}/status")

    def fetch(self, count: int) -> Answer:
        """Tickets, at most 50. Asked again after a lost answer, it brings the same ones. raises NoLine"""

        def keep(answer: Answer) -> None:
            if answer.status == 200:
                held = {one["ticket"]: one for one in self.memory.tickets + answer.told["tickets"]}
                self.memory.keep_tickets(list(held.values()))

        return self._asked(f"{KIOSK}/offline-tickets", {"count": count}, keep)

    def capture(self, number: str, camera: Camera, **changed: Any) -> Queued:
        """A record, written and signed before anybody is told "done". changed: members that are not as they should be

        raises  IndexError: no ticket is left, and nobody may be captured
        """
        ticket, frames, at_ms = self.begin(), list[list[Frame]](), 0
        for step in ticket["challenge"]["steps"]:
            frames.append(frames_of(camera, step, ticket["challenge"], at_ms))
            at_ms = frames[-1][-1].at_ms + 700
        return self.keep(number, ticket, frames, **changed)

    def begin(self) -> dict[str, Any]:
        """A ticket, spent from here on, whatever happens. raises IndexError: none is left"""
        ticket = self.memory.tickets[0]
        self.memory.keep_tickets(self.memory.tickets[1:])
        return ticket

    def keep(self, number: str, ticket: Mapping[str, Any], frames: Sequence[Sequence[Frame]], **changed: Any) -> Queued:
        """The record of what a camera filmed for a ticket. frames: of each step, with their times"""
        memory, now = self.memory, instant(self.line.now())
        told = {
            "version": 1, "kind": "capture", "device_id": memory.device_id, "counter": memory.counter + 1,
            "previous": memory.previous, "client_event": str(uuid.uuid4()), "ticket": ticket["ticket"],
            "captured_at": now, "id_number": number, "consent": {**self.consent, "at": now},
            "steps": [{"n": n, "frames": [one.told() for one in step]} for n, step in enumerate(frames)], **changed,
        }  # fmt: skip
        data = canonical(told)
        named = {f"f-{n}-{place}": one.data for n, step in enumerate(frames) for place, one in enumerate(step)}
        queued = Queued(told["counter"], data, memory.key.sign(RECORD_PREFIX + data), named)
        memory.add(queued)
        memory.tally("records")
        return queued

    def send(self, queued: Queued) -> Answer:
        """One record, once. raises NoLine"""
        parts = [("record", "record.json", queued.data), ("signature", "", text_of(queued.signature).encode())]
        body, kind = form(parts + [(name, f"{name}.jpg", data) for name, data in queued.frames.items()])
        return self.line.call("POST", f"{KIOSK}/records", body, kind, {"idempotency-key": queued.event})

    def see(self, event: str) -> Answer:
        """What became of a record. raises NoLine"""
        return self.line.call("GET", f"{KIOSK}/records/{event}")

    def count(self) -> Answer:
        """Today as this kiosk counted it; once both agree, its records are let go. raises NoLine"""
        last = {"last_counter": self.memory.counter, "last_hash": self.memory.previous}
        told = {"day": today(), "counts": self.memory.counts(today()), **last}

        def forget(answer: Answer) -> None:
            if answer.told.get("agrees") is True:
                self.memory.forget()

        return self._asked(f"{KIOSK}/reconciliations", told, forget)

    def _asked(self, path: str, given: Mapping[str, Any], keep: Callable[[Answer], None]) -> Answer:
        """One try of one logical request. keep: notes what the answer brings, before the key is let go"""
        answer = self.line.post(path, given, {"idempotency-key": self.memory.key_for(path, given)})
        keep(answer)
        if not answer.again:
            self.memory.answered()
        return answer


def today() -> str:
    """The day that is counted. source: docs/integration/kiosk-offline.md, UTC+8"""
    return datetime.now(timezone(timedelta(hours=8))).date().isoformat()


class Pause:
    """Between tries that failed: doubles to a minute, with a random part, so that a branch's kiosks do not all come
    back at once."""

    def __init__(self, chance: random.Random, longest: float = LONGEST_PAUSE) -> None:
        self._chance = chance
        self._longest = longest
        self._next = SHORTEST_PAUSE

    def wait(self, at_least: float = 0.0) -> None:
        """at_least: what Retry-After said, in seconds"""
        time.sleep(max(at_least, self._next * self._chance.uniform(0.5, 1.0)))
        self._next = min(self._longest, 2 * self._next)

    def ended(self) -> None:
        self._next = SHORTEST_PAUSE


def until_answered(call: Callable[[], Answer], pause: Pause, lost: Callable[[str], None]) -> Answer:
    """The same call again until the service has said something that stands. lost: told each time why it goes again"""
    while True:
        try:
            answer = call()
        except NoLine:
            lost("no line")
            pause.wait()
            continue
        if not answer.again:
            pause.ended()
            return answer
        lost(answer.word)
        pause.wait(float(answer.headers.get("retry-after", "0")))


def _prints(told: Mapping[str, Any]) -> list[str]:
    return [frame["sha256"] for step in told["steps"] for frame in step["frames"]]


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
