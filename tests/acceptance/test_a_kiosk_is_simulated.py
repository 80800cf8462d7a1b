"""`auth-service kiosk simulate` against a real service: every mode says what the service answered, and no secret."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.databases import BOTH, database_settings
from tests.acceptance.lfw import command, environment
from tests.acceptance.serving import served
from tests.acceptance.terminals import SETTINGS, SMALL, Branch
from tests.channels.service import EILEEN, GRACE
from tests.conftest import ROOT

NO_PASS = ("try_again", "in_review", "other_way")


@dataclass
class Place:
    """One service for all tests of this file, and the files that an integrator needs."""

    branch: Branch
    site: str
    folder: Path

    def simulate(self, modes: str, memory: str, code: str = "", *more: str) -> dict[str, dict[str, dict[str, int]]]:
        """Mode -> step -> answer -> how often."""
        done = self.ran(modes, memory, code, "--json", *more)
        assert done.returncode == 0, (done.stdout, done.stderr)
        told: dict[str, Any] = json.loads(done.stdout)
        found: dict[str, dict[str, dict[str, int]]] = {}
        for mode in told["modes"]:
            for row in mode["answers"]:
                found.setdefault(mode["mode"], {}).setdefault(row["step"], {})[row["answer"]] = row["times"]
        return found

    def ran(self, modes: str, memory: str, code: str, *more: str) -> subprocess.CompletedProcess[str]:
        where = ("--site", self.site, "--address", self.site, "--memory", str(self.folder / memory))
        files = ("--pictures", str(self.folder / "pictures"), "--people", str(self.folder / "people.txt"))
        words = ("kiosk", "simulate", *modes.split(), *where, *files, "--records", "3", "--code-stdin", *more)
        return subprocess.run(
            command(self.folder, *words), env=environment(self.folder), input=f"{code}\n", capture_output=True,
            text=True, check=False, timeout=300,
        )  # fmt: skip

    def code(self) -> str:
        return self.branch.code()[1]


@pytest.fixture(scope="module", params=BOTH)
def place(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """One for each database."""
    folder = tmp_path_factory.mktemp("simulated")
    (folder / "pictures").mkdir()
    (folder / "pictures" / "anything.jpg").write_bytes(SMALL)
    (folder / "people.txt").write_text(f"{EILEEN}\n{GRACE}\n")
    with database_settings(request.param) as settings:
        branch = Branch(folder / "home", settings)
        with served(branch.home, **SETTINGS, **settings) as service:
            yield Place(branch, service.url, folder)


on_one_database = pytest.mark.parametrize("place", ["sqlite"], indirect=True)
"""For what a database has no part in."""


def answered(told: dict[str, int]) -> dict[str, int]:
    """Without the tries that nobody answered: a line that lay still for long may be gone, and is asked once more."""
    return {word: times for word, times in told.items() if word != "no line"}


def test_what_an_honest_kiosk_is_told(place: Place) -> None:
    told = place.simulate(
        "capture queue drop reorder repeat", "honest", place.code(), "--drop-seconds", "0.5", "--down-seconds", "0.1"
    )
    capture = told["capture"]
    assert capture["capture: open"] == {"201": 1}
    assert capture["capture: seal"] == capture["capture: frames"] == {"200": 4}
    (outcome,) = capture["capture: complete"]
    assert outcome.split()[:2] in [["200", word] for word in NO_PASS], "a still picture passes nowhere"
    assert told["queue"]["records, oldest first"] == {"202 accepted": 3}
    assert told["queue"]["the day's count"] == {"agrees": 1}
    assert told["drop"]["records, while the line drops"]["202 accepted"] == 3
    assert told["reorder"]["records, in any order"] == {"202 accepted": 3}
    assert told["repeat"]["each record three times"] == {"202 accepted": 9}
    assert told["repeat"]["answers to one record"] == {"all the same": 3}


def test_what_an_attacker_and_a_wrong_clock_are_told(place: Place) -> None:
    told = place.simulate("replay skew fork", "forked", place.code())
    assert told["replay"] == {
        "signed once": {"201": 1},
        "the same again": {"401 signature_replayed": 1},
        "on another path": {"401 signature_invalid": 1},
        "with another body": {"401 digest_mismatch": 1},
        "without a signature": {"401 signature_missing": 1},
    }
    assert told["skew"]["status, clock a day ahead"] == {"401 clock_skew": 1}
    assert told["skew"]["status, clock a day behind"] == {"401 signature_expired": 1}
    assert told["skew"]["record, clock right"] == {"202 accepted": 1}
    assert told["skew"]["record, captured by a clock a day ahead"] == {"202 pending record_from_future": 1}
    assert told["skew"]["status, following the service's time"] == {"200 active": 1}
    assert told["fork"]["the first of this number"] == {"202 accepted": 1}
    assert told["fork"]["another of this number"] == {"202 pending chain_fork": 1}
    assert answered(told["fork"]["status afterwards"]) == {"200 quarantined": 1}


def test_what_a_copied_kiosk_is_told(place: Place) -> None:
    told = place.simulate("clone", "cloned", place.code())["clone"]
    assert told["before the copy"] == {"202 accepted": 1}
    assert told["the kiosk goes on"] == {"202 accepted": 2}
    assert answered(told["its copy goes on"]) == {"202 pending chain_fork": 2}
    assert answered(told["status afterwards"]) == {"200 quarantined": 1}


def test_what_a_revoked_kiosk_is_told(place: Place) -> None:
    device, code = place.branch.code()
    found: list[dict[str, Any]] = []
    thread = threading.Thread(target=lambda: found.append(place.simulate("revoked", "revoked", code)))
    thread.start()
    counted = "SELECT count(*) FROM offline_tickets WHERE device_id = :device"
    deadline = time.monotonic() + 240
    while place.branch.rows(counted, device=device) < [(3,)]:
        assert time.monotonic() < deadline, "it never fetched its tickets"
        time.sleep(0.1)
    place.branch.revoke(device)
    thread.join(240)
    told = found[0]["revoked"]
    assert told["status"] == {"401 device_refused": 1}
    assert told["captured before"] == {"202 accepted": 2}
    assert told["captured after"] == {"202 pending device_revoked": 1}
    assert told["more tickets"] == told["capture: open"] == {"401 device_refused": 1}


@on_one_database
def test_nothing_secret_is_shown_and_a_wrong_code_is_told(place: Place) -> None:
    code = place.code()
    done = place.ran("queue", "quiet", code)
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    assert "records, oldest first\t202 accepted\t3" in done.stdout
    key = (place.folder / "quiet" / "key").read_bytes()
    for secret in (code, EILEEN, GRACE, key.hex()):
        assert secret not in said
    assert (place.folder / "quiet" / "key").stat().st_mode & 0o077 == 0
    wrong = place.ran("queue", "wrong", "K" * 28, "--json")
    assert wrong.returncode == 1
    assert json.loads(wrong.stdout)["error"]["detail"] == "403 enrolment_code_refused"


@on_one_database
def test_a_script_of_sixty_lines_completes_a_capture_with_what_the_document_says(place: Place) -> None:
    script, picture = ROOT / "docs" / "integration" / "kiosk_capture.py", place.folder / "pictures" / "anything.jpg"
    assert len(script.read_text(encoding="utf-8").splitlines()) <= 60
    done = subprocess.run(
        [sys.executable, str(script), place.site, place.code(), EILEEN, *[str(picture)] * 3],
        env={"PATH": os.environ["PATH"]}, cwd=place.folder, capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["outcome"] in NO_PASS, "a still picture passes nowhere"
    assert done.stderr.count("asked: ") == 4


@on_one_database
def test_the_script_and_the_client_need_nothing_of_this_service(place: Place) -> None:
    copied = place.folder / "kiosk_client.py"
    copied.write_bytes((ROOT / "auth_service" / "cli" / "kiosk_client.py").read_bytes())
    asked = "import sys, kiosk_client; sys.exit('auth_service' in sys.modules)"
    ran = subprocess.run([sys.executable, "-c", asked], cwd=place.folder, env={"PATH": os.environ["PATH"]}, check=False)
    assert ran.returncode == 0
