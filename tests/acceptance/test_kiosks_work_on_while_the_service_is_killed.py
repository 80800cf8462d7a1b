"""The service is killed with -9 at random moments while kiosks send records and capture people (F22).

Whatever was answered is there once with its audit row; whatever was not is asked again until it is; and the kiosk is
told nothing but codes of its document.
"""

from __future__ import annotations

import contextlib
import os
import random
import re
import signal
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest

from auth_service.cli.kiosk_client import Answer, Capture, NoLine
from auth_service.cli.kiosk_faults import Bench
from auth_service.core.audit import verify as verify_chain
from tests.acceptance.databases import BOTH, database_settings
from tests.acceptance.lfw import command, environment
from tests.acceptance.postgres_cluster import free_port
from tests.acceptance.terminals import SETTINGS, Branch, bench, still
from tests.channels.service import EILEEN
from tests.conftest import ROOT

Proof = Callable[[str, Mapping[str, Any]], None]
PATIENCE = 3
"""How often one call of a capture is heard to be at work elsewhere before the person is asked to begin again: the
process that had it was killed, and its claim is free after a minute."""
TIRELESS = {"AUTH_SERVICE_CAPTURE__ATTEMPTS_PER_DAY": "100000"}
"""One person stands before the kiosk all the time, more often in an hour than anybody in a year."""


class Dying:
    """`auth-service serve` on one port, killed and started anew."""

    def __init__(self, branch: Branch, port: int) -> None:
        self._branch, self._port = branch, port
        self._log = branch.home.parent / "serve.log"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self._log.open("ab") as out:
            self._process = subprocess.Popen(
                command(self._branch.home, "serve", "--port", str(self._port)),
                env={**environment(self._branch.home), **SETTINGS, **TIRELESS, **self._branch.settings},
                stdout=out, stderr=out, start_new_session=True,
            )  # fmt: skip
        deadline = time.monotonic() + 300
        while time.monotonic() < deadline:
            assert self._process.poll() is None, self._log.read_text(errors="replace")[-3000:]
            with contextlib.suppress(httpx.TransportError):
                if httpx.get(f"http://127.0.0.1:{self._port}/readyz", timeout=5).status_code == 200:
                    return
            time.sleep(0.1)
        raise AssertionError(self._log.read_text(errors="replace")[-3000:])

    def kill(self) -> None:
        assert self._process is not None
        os.killpg(self._process.pid, signal.SIGKILL)
        assert self._process.wait(timeout=30) == -signal.SIGKILL

    def end(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self.kill()


@contextlib.contextmanager
def working(*clients: Callable[[threading.Event], None]) -> Iterator[None]:
    """The clients act until the block ends, and each ends what it has begun; what one of them raises is raised."""
    stop, failed = threading.Event(), list[BaseException]()

    def run(client: Callable[[threading.Event], None]) -> None:
        try:
            client(stop)
        except BaseException as error:  # noqa: BLE001 - raised below, in the test's own thread
            failed.append(error)

    threads = [threading.Thread(target=run, args=(client,), daemon=True) for client in clients]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join(180)
    assert not failed, failed
    assert not any(thread.is_alive() for thread in threads)


class Records:
    """A kiosk that makes records and sends them, one after the other."""

    def __init__(self, kiosk: Bench) -> None:
        self.kiosk = kiosk
        self.answered: dict[str, Answer] = {}

    def work(self, stop: threading.Event) -> None:
        while not stop.is_set():
            (queued,) = self.kiosk.queue(1)
            (answer,) = self.kiosk.send([queued], "record")
            self.answered[queued.event] = answer


class People:
    """A kiosk before which one person after the other stands."""

    def __init__(self, kiosk: Bench) -> None:
        self.kiosk = kiosk
        self.outcomes: dict[str, str] = {}
        self.begun_anew = 0

    def work(self, stop: threading.Event) -> None:
        while not stop.is_set():
            made = Capture(self.kiosk.terminal.line, still, self.kiosk.terminal.consent, self._ask)
            answer = made.run(EILEEN)
            session = next((one.told["id"] for what, one in made.told if what == "open" and one.status == 201), "")
            if answer.status == 200:
                self.outcomes[session] = answer.told["outcome"]
            else:
                self.begun_anew += 1

    def _ask(self, call: Callable[[], Answer]) -> Answer:
        """Again while nothing is heard; a little longer while it is at work."""
        at_work = 0
        while True:
            try:
                answer = call()
            except NoLine:
                self.kiosk.note("capture", "no line")
                time.sleep(0.2)
                continue
            self.kiosk.note("capture", answer)
            at_work += answer.again
            if not answer.again or (answer.status == 409 and at_work > PATIENCE):
                return answer
            time.sleep(0.3)


def test_four_kills(tmp_path: Path) -> None:
    found = killed_again_and_again(Branch(tmp_path / "home", {}), kills=4, seed=5)
    assert found["records"] > 0


@pytest.mark.slow
@pytest.mark.parametrize("backend", BOTH)
def test_a_hundred_kills_on_each_database(tmp_path: Path, backend: str, proof: Proof) -> None:
    """F22, half of it on each."""
    with database_settings(backend) as settings:
        found = killed_again_and_again(Branch(tmp_path / "home", settings), kills=105, seed=22)
    proof(f"kiosk-kills-{backend}", found)
    assert found["kills"] >= 100
    assert found["outcomes"] >= 20, "people were captured all the time, and not only at its start"


def killed_again_and_again(branch: Branch, kills: int, seed: int) -> dict[str, Any]:
    port, chance, folder = free_port(), random.Random(seed), branch.home.parent
    service = Dying(branch, port)
    service.start()
    try:
        site = f"http://127.0.0.1:{port}"
        records = Records(bench(branch.terminal(folder / "records", site), longest=1.0))
        people = People(bench(branch.terminal(folder / "people", site), longest=1.0))
        with working(records.work, people.work):
            for _ in range(kills):
                time.sleep(chance.uniform(0.3, 3.0))
                service.kill()
                service.start()
            time.sleep(1.0)
        again = [records.kiosk.terminal.send(one) for one in records.kiosk.terminal.memory.waiting()]
    finally:
        branch.close()
        service.end()
    assert [one.body for one in again] == [one.body for one in records.answered.values()]
    return {"kills": kills, **reckon(branch, records, people)}


def reckon(branch: Branch, records: Records, people: People) -> dict[str, Any]:
    """Holds what the kiosks were told against what is there."""
    kept = branch.rows("SELECT client_event, state, fault, session_id FROM offline_records ORDER BY counter")
    assert [one[0] for one in kept] == list(records.answered), "each record that was answered once, and no other"
    assert {one[1:3] for one in kept} == {("accepted", None)}
    wiring = branch.wiring()
    with wiring.store.reading() as unit:
        rows = list(unit.audit.rows())
        report = verify_chain(rows, *unit.audit.head())
    wiring.store.close()
    assert report.ok, report
    actions = Counter(str(row.event.action) for row in rows)
    assert actions["record.received"] == len(kept)
    decided = branch.rows("SELECT id, evidence_id FROM capture_sessions WHERE evidence_id IS NOT NULL")
    ((evidence,),) = branch.rows("SELECT count(*) FROM evidence")
    assert len({one[1] for one in decided}) == len(decided) == evidence == actions["verification.decided"]
    assert set(people.outcomes) <= {one[0] for one in decided}, "an outcome that was told is there"
    told = records.kiosk.told + people.kiosk.told
    codes = {word.split()[1] for _, word in told if re.match(r"[45]\d\d ", word)}
    document = (ROOT / "docs" / "integration" / "kiosk.md").read_text(encoding="utf-8")
    assert all(f"`{code}`" in document for code in codes), codes
    return {
        "records": len(kept), "outcomes": len(people.outcomes), "captures_begun_anew": people.begun_anew,
        "captures_decided": evidence, "audit_rows": report.rows,
        "told": {f"{step}: {word}": times for (step, word), times in sorted(told.items())},
    }  # fmt: skip
