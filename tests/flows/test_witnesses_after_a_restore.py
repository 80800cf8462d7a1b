"""A restore forks the history: the old witness refuses for ever, as it must, and a new one gets everything."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from auth_service.connectors.witness_folder import FolderWitness
from auth_service.connectors.witness_url import UrlWitness
from auth_service.core.checkpoint import read_note
from tests.audit_trails import Trail
from tests.builders import Agency
from tests.conftest import FixedClock


@dataclass
class Keeper:
    """Keeps one history for each address, and answers 409 to a note that contradicts it. histories: path -> notes"""

    url: str = ""
    histories: dict[str, dict[int, bytes]] = field(default_factory=lambda: defaultdict(dict))

    def take(self, path: str, body: bytes) -> int:
        number = read_note(body.decode())[0].number
        kept = self.histories[path].setdefault(number, body)
        return 200 if kept == body else 409


@contextmanager
def keeping() -> Iterator[Keeper]:
    keeper = Keeper()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            status = keeper.take(self.path, self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    keeper.url = f"http://127.0.0.1:{server.server_port}/audit"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield keeper
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def trail(request: pytest.FixtureRequest, agency: Agency, clock: FixedClock) -> Trail:
    on_postgres = "postgres" in request.node.callspec.id
    return Trail(agency, clock, request.getfixturevalue("empty_postgres") if on_postgres else None)


def restored_and_gone_on(trail: Trail) -> None:
    """Three checkpoints, the database of the second put back, and another life since."""
    trail.grow(5, 5)
    put_back = trail.save()
    trail.grow(5)
    put_back()
    trail.write(1, "restored")
    trail.write(7, "another")
    trail.clock.advance(seconds=61)


def numbers(trail: Trail) -> list[int]:
    with trail.agency.store.reading() as unit:
        return [number for number, _ in unit.checkpoints.notes()]


def test_an_address_that_knows_the_lost_future_refuses_and_a_new_one_gets_the_whole_history(trail: Trail) -> None:
    with keeping() as keeper:
        trail.witnesses = [UrlWitness(keeper.url)]
        restored_and_gone_on(trail)
        for _ in range(3):
            assert list(trail.flow.run(force=True).failed.values()) == ["witness_conflict"]
        trail.witnesses = [UrlWitness(f"{keeper.url}?history=2")]
        report = trail.flow.run(force=True)
        assert report.failed == {}
        assert sorted(keeper.histories["/audit?history=2"]) == numbers(trail) == [1, 2, 3]
        assert keeper.histories["/audit"][3] != keeper.histories["/audit?history=2"][3], "the evidence stays"
        status = trail.flow.status()
        assert (status.problems(trail.policy, trail.clock.now()), *status.waiting().values()) == ((), 0)
        trail.grow(4)
        assert sorted(keeper.histories["/audit?history=2"]) == [1, 2, 3, 4]


def test_a_folder_that_knows_the_lost_future_refuses_and_a_new_one_gets_the_whole_history(trail: Trail) -> None:
    restored_and_gone_on(trail)
    assert list(trail.flow.run(force=True).failed.values()) == ["witness_conflict"]
    second = trail.agency.folder / "second"
    second.mkdir()
    trail.witnesses = [FolderWitness(second)]
    assert trail.flow.run(force=True).failed == {}
    assert len(list(second.glob("*/*.txt"))) == len(numbers(trail)) == 3
