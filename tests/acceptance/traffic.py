"""What a day at several counters looks like to the service: verifications, enrolments, pages, certificates."""

from __future__ import annotations

import asyncio
import random
import re
import time
import urllib.parse
from collections import Counter, deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from tests.acceptance.calls import Answer, as_caller, call, form
from tests.acceptance.takes import new_take

MOST_OPEN = 1000
"""Calls that may be under way at once; an honest client of a slow service would not open more."""
_SHARES = (("verify", 70), ("bare photo", 6), ("enrol", 5), ("certificate", 10), ("console", 9))


@dataclass(frozen=True)
class Keys:
    """One key never both enrols and attests."""

    attesting: str
    enrolling: str


@dataclass
class Seen:
    """The answers of one phase."""

    answers: Counter[str] = field(default_factory=Counter)
    statuses: Counter[int] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)
    busy_without_retry_after: int = 0
    last_busy: float = 0.0
    offered: int = 0
    skipped: int = 0

    def add(self, kind: str, answer: Answer) -> None:
        self.answers[f"{kind}: {answer.word}"] += 1
        self.statuses[answer.status] += 1
        if answer.status == 503:
            self.last_busy = time.time()
            self.busy_without_retry_after += "retry-after" not in answer.headers
        elif kind == "verify":
            self.seconds.append(answer.seconds)

    @property
    def other_server_errors(self) -> int:
        return sum(count for status, count in self.statuses.items() if status >= 500 and status != 503)


class Traffic:
    """Makes and sends calls. `enrolled` and `waiting` map ID numbers to their photos; enrolled people come to verify,
    waiting ones to be enrolled first."""

    def __init__(
        self, port: int, keys: Keys, password: str, enrolled: dict[str, list[Path]], waiting: dict[str, list[Path]]
    ) -> None:
        self._port, self._keys, self._password = port, keys, password
        self._enrolled = list(enrolled.items())
        self._waiting = list(waiting.items())
        self._chance = random.Random(20261124)
        self._serials: list[str] = []
        self._flags: list[str] = []
        self._cookie = ""
        self._drawing = ThreadPoolExecutor(1)
        self._drawn: deque[bytes] = deque(maxlen=300)
        self.draws = True
        """Whether calls carry new photos; old ones again cost the client little, for when it must be fast."""
        self._open: set[asyncio.Task[None]] = set()
        self._makers: dict[str, Callable[[Seen], object]] = {
            "verify": self._verify, "bare photo": self._bare, "enrol": self._enrol,
            "certificate": self._certificate, "console": self._console,
        }  # fmt: skip

    async def closed_loop(self, seconds: float, callers: int = 4) -> tuple[float, Seen]:
        """Answered verifications per second when somebody always waits."""
        seen, end = Seen(), time.monotonic() + seconds

        async def one() -> None:
            while time.monotonic() < end:
                await self._verify(seen)

        await asyncio.gather(*(one() for _ in range(callers)))
        return sum(count for status, count in seen.statuses.items() if status in {200, 422}) / seconds, seen

    async def open_loop(
        self, per_second: float, seconds: float, seen: Seen, over: Callable[[], bool] = lambda: False
    ) -> None:
        """The mixture at a fixed rate, whatever the answers do, until the time or something else is over."""
        kinds, weights = zip(*_SHARES, strict=True)
        begin = time.monotonic()
        due = begin
        while due < begin + seconds and not over():
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            due += 1 / per_second
            seen.offered += 1
            if len(self._open) >= MOST_OPEN:
                seen.skipped += 1
                continue
            kind = self._chance.choices(kinds, weights)[0]
            task = asyncio.ensure_future(self._makers[kind](seen))
            self._open.add(task)  # type: ignore[arg-type]
            task.add_done_callback(self._done)  # type: ignore[arg-type]

    async def settle(self) -> None:
        """Returns when every call has ended."""
        while self._open:
            await asyncio.wait(set(self._open))

    def _done(self, task: asyncio.Task[None]) -> None:
        self._open.discard(task)
        task.result()

    async def _photo(self, paths: list[Path]) -> bytes:
        # the first photo is the enrolled one; the person's others come to the counter
        if not self.draws and self._drawn:
            return self._chance.choice(self._drawn)
        path = self._chance.choice(paths[1:] or paths)
        seed = random.Random(self._chance.random())
        photo = await asyncio.get_running_loop().run_in_executor(self._drawing, new_take, path, seed)
        self._drawn.append(photo)
        return photo

    async def _verify(self, seen: Seen) -> None:
        number, paths = self._chance.choice(self._enrolled)
        if self._chance.random() < 0.04:  # somebody else came in this person's name
            paths = self._chance.choice(self._enrolled)[1]
        answer = await self._post("/v1/verifications", await self._photo(paths), id_number=number, attested_by="li.na")
        seen.add("verify", answer)
        if answer.status == 200 and answer.document.get("certificate"):
            self._serials.append(answer.document["certificate"]["serial"])
            del self._serials[:-200]

    async def _bare(self, seen: Seen) -> None:
        number, paths = self._chance.choice(self._enrolled)
        seen.add("bare photo", await self._post("/v1/verifications", await self._photo(paths), id_number=number))

    async def _enrol(self, seen: Seen) -> None:
        if self._waiting and self._chance.random() < 0.5:
            number, paths = self._waiting.pop()
            answer = await self._send_enrolment(number, paths[0].read_bytes())
            if answer.status == 201:
                self._enrolled.append((number, paths))
        else:
            number, paths = self._chance.choice(self._enrolled)
            answer = await self._send_enrolment(number, await self._photo(paths))
        seen.add("enrol", answer)

    async def _send_enrolment(self, number: str, photo: bytes) -> Answer:
        return await self._post(
            "/v1/enrollments", photo, id_number=number, photo_source="officer", consent_basis="separate_consent",
            consent_text_version="v1", consent_language="zh", consent_reference="form 7",
        )  # fmt: skip

    async def _certificate(self, seen: Seen) -> None:
        serial = self._chance.choice(self._serials) if self._serials else "0" * 32
        kind = "text/html" if self._chance.random() < 0.5 else "application/json"
        seen.add("certificate", await call(self._port, "GET", f"/certificates/{serial}", {"Accept": kind}))

    async def _console(self, seen: Seen) -> None:
        if not self._cookie:
            await self._sign_in()
        path = "/console/flags"
        if self._flags and self._chance.random() < 0.5:
            path = f"/console/flags/{self._chance.choice(self._flags)}"
        answer = await call(self._port, "GET", path, {"Accept": "text/html", "Cookie": self._cookie})
        if answer.status == 303:  # the session is over
            self._cookie = ""
        self._flags = re.findall(r"/console/flags/([0-9a-f]{32})", answer.body.decode(errors="replace")) or self._flags
        seen.add("console", answer)

    async def _sign_in(self) -> None:
        page = await call(self._port, "GET", "/console/sign-in", {"Accept": "text/html"})
        found = re.search(r'name="csrf_token" value="([^"]+)"', page.body.decode(errors="replace"))
        if found is None:
            return
        fields = {"csrf_token": found.group(1), "username": "monitor", "password": self._password}
        headers = {
            "Accept": "text/html", "Cookie": page.headers.get("set-cookie", "").split(";")[0],
            "Sec-Fetch-Site": "same-origin", "Content-Type": "application/x-www-form-urlencoded",
        }  # fmt: skip
        answer = await call(self._port, "POST", "/console/sign-in", headers, urllib.parse.urlencode(fields).encode())
        if answer.status == 303:
            given = [line.split(";")[0] for line in answer.headers.get("set-cookie", "").split("\n")]
            self._cookie = next((cookie for cookie in given if not cookie.endswith(("=", '=""'))), "")

    async def _post(self, path: str, photo: bytes, **fields: str) -> Answer:
        headers, body = form(photo, **fields)
        token = self._keys.enrolling if path == "/v1/enrollments" else self._keys.attesting
        return await call(self._port, "POST", path, {**as_caller(token), **headers}, body)
