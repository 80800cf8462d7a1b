"""What may go wrong with a kiosk, done on purpose: each mode says what the service answered, and how often.

source  trust.md F14 to F24 and F30
"""

from __future__ import annotations

import random
import shutil
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from auth_service.cli.kiosk_client import KIOSK, Answer, Camera, Capture
from auth_service.cli.kiosk_queue import Memory, Pause, Queued, Terminal, until_answered

A_DAY = 86_400.0
_AT_ONCE = 50
"""Tickets of one answer. source: docs/integration/kiosk-offline.md"""


@dataclass
class Bench:
    """One terminal, what it does, and what it was told.

    people   ID numbers, taken in turn
    records  how many a mode makes
    every    for about how many seconds the line holds (half as long to half as long again), and how long it is down
    longest  pause between two tries, in seconds
    done     called for each step, with how many are done
    """

    terminal: Terminal
    camera: Camera
    people: Sequence[str]
    records: int = 10
    every: tuple[float, float] = (2.0, 0.5)
    longest: float = 60.0
    chance: random.Random = field(default_factory=random.Random)
    done: Callable[[int], object] = lambda _done: None

    def __post_init__(self) -> None:
        self.told: Counter[tuple[str, str]] = Counter()
        self._turn = 0

    @property
    def number(self) -> str:
        """The next person's."""
        self._turn += 1
        return self.people[self._turn % len(self.people)]

    def note(self, step: str, answer: Answer | str) -> None:
        self.told[step, answer if isinstance(answer, str) else answer.word] += 1
        self.done(1)

    def ask(self, step: str, call: Callable[[], Answer]) -> Answer:
        """One call, tried until it is answered; every try is told."""
        answer = until_answered(call, Pause(self.chance, self.longest), lambda why: self.note(step, why))
        self.note(step, answer)
        return answer

    def queue(self, count: int, terminal: Terminal | None = None) -> list[Queued]:
        """So many captures without a line, with tickets that were fetched before; fewer where none are given."""
        terminal = terminal or self.terminal
        held = self.tickets(count, terminal)
        return [self.capture(terminal) for _ in range(min(count, held))]

    def tickets(self, count: int, terminal: Terminal | None = None) -> int:
        """Fetches what is missing to so many. How many there are."""
        own = terminal or self.terminal
        while (missing := count - len(own.memory.tickets)) > 0:
            answer = self.ask("tickets", lambda: own.fetch(min(_AT_ONCE, missing)))
            if not answer.told.get("tickets"):
                break
        return len(own.memory.tickets)

    def capture(self, terminal: Terminal) -> Queued:
        made = terminal.capture(self.number, self.camera)
        self.done(1)
        return made

    def send(self, queued: Sequence[Queued], step: str, terminal: Terminal | None = None) -> list[Answer]:
        """One after the other; each is tried until it is answered, and those that were answered are not sent again."""
        own = terminal or self.terminal
        return [self.ask(step, lambda one=one: own.send(one)) for one in queued]  # type: ignore[misc]


@contextmanager
def dropping(bench: Bench) -> Iterator[Counter[str]]:
    """The line breaks again and again, in the middle of whatever is under way, until the block ends. How often."""
    every, down = bench.every
    ended, drops = threading.Event(), Counter[str]()
    chance = random.Random(bench.chance.random())  # noqa: S311 - its own, for the thread of its own

    def drop() -> None:
        while not ended.wait(every * chance.uniform(0.5, 1.5)):
            bench.terminal.line.drop(down)
            drops["drops"] += 1
            ended.wait(down)

    thread = threading.Thread(target=drop, daemon=True)
    thread.start()
    try:
        yield drops
    finally:
        ended.set()
        thread.join()


def online(bench: Bench) -> None:
    """A capture with a line, call by call."""
    made = Capture(bench.terminal.line, bench.camera, bench.terminal.consent)
    try:
        if made.run(bench.number).told.get("outcome"):
            bench.terminal.memory.tally("captures")
    finally:
        for step, answer in made.told:
            bench.note(f"capture: {step}", answer)


def queue(bench: Bench) -> None:
    """Captures without a line, sent when it is back, and the day's count."""
    made = bench.queue(bench.records)
    bench.send(made, "records, oldest first")
    for one in made:
        bench.note("what became of them", bench.terminal.see(one.event))
    agrees = bench.terminal.count().told.get("agrees")
    bench.note("the day's count", "agrees" if agrees else "differs")


def drop(bench: Bench) -> None:
    """The queue is sent while the line breaks every few seconds."""
    made = bench.queue(bench.records)
    with dropping(bench) as drops:
        bench.send(made, "records, while the line drops")
    bench.told["the line dropped", ""] += drops["drops"]


def reorder(bench: Bench) -> None:
    """The queue is sent in any order."""
    made = bench.queue(bench.records)
    bench.chance.shuffle(made)
    bench.send(made, "records, in any order")


def repeat(bench: Bench) -> None:
    """Every record is sent three times; the answers are held against each other."""
    made = bench.queue(bench.records)
    for one in made:
        told = {answer.body for answer in bench.send([one] * 3, "each record three times")}
        bench.note("answers to one record", "all the same" if len(told) == 1 else f"{len(told)} different ones")


def clone(bench: Bench) -> None:
    """The disk is copied: two machines with one key go on from the same record. The kiosk is set aside."""
    first = bench.queue(1)
    bench.tickets(4)
    copy = _copy(bench.terminal)
    bench.send(first, "before the copy")
    own, copied = bench.queue(2), bench.queue(2, copy)
    bench.send(own, "the kiosk goes on")
    bench.send(copied, "its copy goes on", copy)
    bench.ask("status afterwards", bench.terminal.status)


def fork(bench: Bench) -> None:
    """One counter is signed twice, with different contents. The kiosk is set aside."""
    (first,) = bench.queue(1)
    before = first.told
    bench.tickets(1)
    other = bench.terminal.capture(bench.number, bench.camera, counter=before["counter"], previous=before["previous"])
    bench.send([first], "the first of this number")
    bench.send([other], "another of this number")
    bench.ask("status afterwards", bench.terminal.status)


def replay(bench: Bench) -> None:
    """A signed request is sent again as it is, with another path, with another body, and without its signature."""
    line, path, body = bench.terminal.line, f"{KIOSK}/staff-calls", b"{}"
    headers = line.signed("POST", path, body, "application/json", {"idempotency-key": f"sim-{bench.chance.random()}"})
    bench.note("signed once", line.send("POST", path, headers, body))
    bench.note("the same again", line.send("POST", path, headers, body))
    fresh = line.signed("POST", path, body, "application/json", {"idempotency-key": f"sim-{bench.chance.random()}"})
    bench.note("on another path", line.send("POST", f"{KIOSK}/offline-tickets", fresh, body))
    bench.note("with another body", line.send("POST", path, fresh, b'{"a":1}'))
    bare = {name: value for name, value in fresh.items() if not name.lower().startswith("signature")}
    bench.note("without a signature", line.send("POST", path, bare, body))


def skew(bench: Bench) -> None:
    """The clock is a day ahead, then a day behind; then it follows the service's time."""
    line = bench.terminal.line
    (queued,) = bench.queue(1)
    line.follows, right = False, line.skew
    for word, by in (("a day ahead", A_DAY), ("a day behind", -A_DAY)):
        line.skew = right + by
        bench.note(f"status, clock {word}", bench.terminal.status())
    line.skew = right
    bench.send([queued], "record, clock right")
    if bench.tickets(1):
        line.skew = right + A_DAY
        (ahead,) = bench.queue(1)
        line.skew = right
        bench.send([ahead], "record, captured by a clock a day ahead")
    line.follows, line.skew = True, right + A_DAY
    bench.note("status, following the service's time", bench.terminal.status())


def revoked(bench: Bench, seconds: float = 600.0) -> None:
    """Records are made, the kiosk is revoked by somebody meanwhile, and it goes on all the same."""
    before = bench.queue(2)
    bench.tickets(1)
    until = time.monotonic() + seconds
    while (answer := bench.terminal.status()).status == 200 and time.monotonic() < until:
        bench.done(1)
        time.sleep(1.0)
    bench.note("status", answer)
    bench.send(before, "captured before")
    time.sleep(1.1)  # a record tells its time in whole seconds
    bench.send(bench.queue(1), "captured after")
    bench.note("more tickets", bench.terminal.fetch(1))
    online(bench)


MODES: dict[str, Callable[[Bench], None]] = {
    "capture": online, "queue": queue, "drop": drop, "reorder": reorder, "repeat": repeat, "replay": replay,
    "skew": skew, "fork": fork, "clone": clone, "revoked": revoked,
}  # fmt: skip
"""In an order in which each can run after those before it, up to `fork` and `clone`, which set the kiosk aside."""


def _copy(terminal: Terminal) -> Terminal:
    """The same disk in another machine; the tickets are shared out, so that only the chain tells."""
    folder = terminal.memory.folder.with_name(f"{terminal.memory.folder.name}-copy")
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(terminal.memory.folder, folder)
    copied = Memory(Path(folder))
    tickets = terminal.memory.tickets
    terminal.memory.keep_tickets(tickets[: len(tickets) // 2])
    copied.keep_tickets(tickets[len(tickets) // 2 :])
    return Terminal(copied, terminal.line.site, terminal.consent, terminal.line.address)
