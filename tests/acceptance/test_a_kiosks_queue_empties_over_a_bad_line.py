"""A long queue of records over a line that drops all the time: each is kept once, those that were answered are not
sent again, and nobody calls more often than the line breaks (F14, F15, F18)."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from auth_service.cli.kiosk_client import Answer, Line
from auth_service.cli.kiosk_faults import dropping
from auth_service.cli.kiosk_queue import Pause, Terminal, until_answered
from tests.acceptance.databases import BOTH, database_settings
from tests.acceptance.serving import served
from tests.acceptance.terminals import SETTINGS, Branch, bench

Proof = Callable[[str, Mapping[str, Any]], None]
A_TRY_EACH = 6
"""Calls that one break may cost: the one that was under way, and a few tries while the line is down, with pauses that
double from a quarter of a second."""


class Site:
    """One service that kiosks reach."""

    def __init__(self, branch: Branch, url: str, folder: Path) -> None:
        self.branch, self.url, self._folder = branch, url, folder

    def terminal(self, name: str) -> Terminal:
        return self.branch.terminal(self._folder / name, self.url)

    def kept(self, terminal: Terminal) -> list[tuple[Any, ...]]:
        return self.branch.rows(
            "SELECT counter, state, fault, client_event FROM offline_records WHERE device_id = :device"
            " ORDER BY counter",
            device=terminal.memory.device_id,
        )

    def told_of(self, terminal: Terminal) -> int:
        """Audit rows of records that came from it."""
        actor = f"device:{terminal.memory.device_id}"
        ((count,),) = self.branch.rows(
            "SELECT count(*) FROM audit_rows WHERE action = 'record.received' AND actor = :actor", actor=actor
        )
        return int(count)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("queues")
    branch = Branch(folder / "home", {})
    with served(branch.home, **SETTINGS) as service:
        yield Site(branch, service.url, folder)
        branch.close()


def test_sixty_records_over_a_line_that_drops_all_the_time(site: Site) -> None:
    found = emptied(site, records=60, every=(0.25, 0.1))
    assert found["drops"] > 0


@pytest.mark.slow
@pytest.mark.parametrize("backend", BOTH)
def test_ten_thousand_records_over_a_line_that_drops_every_two_seconds(
    tmp_path: Path, backend: str, proof: Proof
) -> None:
    with database_settings(backend) as settings:
        branch = Branch(tmp_path / "home", settings)
        with served(branch.home, **SETTINGS, **settings) as service:
            found = emptied(Site(branch, service.url, tmp_path), records=10_000, every=(2.0, 0.5))
            branch.close()
    proof(f"kiosk-queue-{backend}", found)


def emptied(site: Site, records: int, every: tuple[float, float]) -> dict[str, Any]:
    """Makes so many records, drops the line while they are sent, and counts what is there afterwards."""
    kiosk = bench(site.terminal(f"queue {records}"), every=every)
    made = [one for _ in range(0, records, 200) for one in kiosk.queue(min(200, records))]
    calls, began = kiosk.terminal.line.calls, time.monotonic()
    with dropping(kiosk) as drops:
        answers = kiosk.send(made, "sent")
    seconds, calls = time.monotonic() - began, kiosk.terminal.line.calls - calls
    kept = site.kept(kiosk.terminal)
    assert {answer.word for answer in answers} == {"202 accepted"}
    assert [one[0] for one in kept] == list(range(1, records + 1)), "each once, and none is missing"
    assert [one[3] for one in kept] == [one.event for one in made]
    assert {one[1:3] for one in kept} == {("accepted", None)}
    assert site.told_of(kiosk.terminal) == records
    assert calls <= records + A_TRY_EACH * (drops["drops"] + 1), "no storm"
    return {
        "records": records, "frames_a_record": len(made[0].frames), "bytes_a_record": len(made[0].data) + sum(
            map(len, made[0].frames.values())
        ), "line_drops_every_s": every[0], "down_s": every[1], "drops": drops["drops"], "calls": calls,
        "seconds": round(seconds, 1), "answers": {word: times for (step, word), times in kiosk.told.items()
        if step == "sent"}, "kept": len(kept),
    }  # fmt: skip


def test_a_hundred_at_once_of_one_record_are_one_record_and_a_hundred_same_answers(site: Site) -> None:
    kiosk = bench(site.terminal("hundred"))
    (queued,) = kiosk.queue(1)
    start = threading.Barrier(100)

    def sent(seed: int) -> Answer:
        own = Terminal(kiosk.terminal.memory, site.url, kiosk.terminal.consent)
        own.line = Line(site.url, kiosk.terminal.memory.key, kiosk.terminal.memory.device_id)
        start.wait()
        answer = until_answered(lambda: own.send(queued), Pause(random.Random(seed)), lambda _why: None)
        own.line.close()
        return answer

    with ThreadPoolExecutor(100) as threads:
        answers = list(threads.map(sent, range(100)))
    assert {answer.word for answer in answers} == {"202 accepted"}
    assert len({answer.body for answer in answers}) == 1
    assert len(site.kept(kiosk.terminal)) == site.told_of(kiosk.terminal) == 1


def test_seven_five_six_are_a_whole_chain(site: Site) -> None:
    kiosk = bench(site.terminal("seven five six"))
    made = kiosk.queue(7)
    told = kiosk.send([made[n - 1] for n in (1, 2, 3, 4, 7, 5, 6)], "sent")
    assert [answer.told["counter"] for answer in told] == [1, 2, 3, 4, 7, 5, 6]
    assert [one[:3] for one in site.kept(kiosk.terminal)] == [(n, "accepted", None) for n in range(1, 8)]
    status = kiosk.terminal.status().told
    assert (status["state"], status["counter"]) == ("active", 7)
    assert kiosk.terminal.count().told == {"agrees": True, "differences": []}
    assert list(kiosk.terminal.memory.waiting()) == [], "let go once both count the same"
