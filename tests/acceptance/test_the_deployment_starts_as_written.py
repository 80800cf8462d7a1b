"""From nothing to a ready service by the shipped files and pages alone: units and containers, with a token for the keys
and a database made by deploy/postgres. The quick form ends where too few people are enrolled to decide."""

from __future__ import annotations

import contextlib
import random
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.acceptance.deployment import Deployment, Step
from tests.acceptance.lfw import Village, village
from tests.acceptance.postgres_cluster import cluster, free_port, skip_without_binaries
from tests.acceptance.takes import new_take

PASSWORD = "a long password of theirs"
SHAPES = pytest.mark.parametrize("shape", ["units", "containers"])
STOPS_WITHOUT_CALIBRATION = 78


@pytest.fixture
def deployment(tmp_path: Path, shape: str) -> Iterator[Deployment]:
    skip_without_binaries()
    if shutil.which("psql") is None:
        pytest.skip("no psql")
    with cluster() as server:
        made = Deployment(tmp_path, server, shape)
        made.prepare()
        yield made


def people(deployment: Deployment, count: int) -> Village:
    """A ledger and one photo each, where the page says."""
    place = village(deployment.folder / "village", count, at_least=1)
    for folder in (place.folder / "photos").iterdir():
        for photo in sorted(folder.iterdir())[1:]:
            photo.unlink()
    target = "photos" if deployment.shape == "units" else "in"
    shutil.copytree(place.folder / "photos", deployment.folder / target, symlinks=True, dirs_exist_ok=True)
    wanted = "home/in/ledger-2026.csv" if deployment.shape == "units" else "in/ledger.csv"
    (deployment.folder / wanted).parent.mkdir(exist_ok=True)
    shutil.copy(place.ledger, deployment.folder / wanted)
    return place


class Operator:
    """Does the page's steps in their order. enough: whether so many people are enrolled that a record may decide"""

    def __init__(self, deployment: Deployment, *, enough: bool) -> None:
        self.deployment = deployment
        self.enough = enough
        self.done: list[str] = []
        self.server: Step | None = None
        acts: dict[str, Callable[[Step], Any]] = {
            "init": self._first_sign_in,
            "doctor": self._only_time_is_missing,
            "worker": self._works_once,
            "backup": lambda step: self._require(self.run(step)["rows"] > 0),
            "staff": self._account,
            "ledger": lambda step: self._require(self.run(step)["refused"] == 0),
            "enroll": lambda step: self._require(self.run(step)["enrolled"] > 1),
            "calibrate": self._calibrates,
            "serve": self._serves,
        }
        self.acts = acts

    def follow(self) -> None:
        for step in self.deployment.steps():
            if step.words[0] in self.acts:
                self.acts[step.words[0]](step)
                self.done.append(step.words[0])

    def run(self, step: Step, *more: str, **expected: Any) -> dict[str, Any]:
        return self.deployment.run(step, *more, **expected)

    @staticmethod
    def _require(holds: bool) -> None:
        assert holds

    def _first_sign_in(self, step: Step) -> None:
        """In no log, and once on a terminal."""
        refused = self.run(self.deployment.migration(), expect=1)["error"]
        assert refused["code"] == "key_missing", "nothing else makes keys in a token"
        made = self.run(step)
        assert made["password"] is None
        assert len(made["migrations"]) > 10
        assert self.run(self.deployment.migration())["applied"] == []
        assert "shown once" in self.deployment.on_a_terminal(step), "none was made before"

    def _only_time_is_missing(self, step: Step) -> None:
        found = self.run(step, expect=1)["findings"]
        missing = {one["name"]: one["detail"] for one in found if not one["fine"]}
        assert set(missing) == {"calibration", "backup", "audit"}
        assert "no_witness" in missing["audit"]

    def _works_once(self, step: Step) -> None:
        ran = {one["job"]: one["outcome"] for one in self.run(step, "--once")["runs"]}
        assert set(ran.values()) == {"done"}, ran
        assert set(ran) == {"backup"} if "--only" in step.words else "backup" not in ran

    def _account(self, step: Step) -> None:
        """The two who calibrate; others are made in the same way."""
        if step.words[-1] == "policy_admin":
            self.run(step, "--password-stdin", stdin=PASSWORD + "\n")

    def _calibrates(self, step: Step) -> None:
        typed = {"stdin": PASSWORD + "\n"}
        activates = "activate" in step.words
        more = ("--password-stdin", *(() if activates else ("--fmr", "1e-3")))
        if self.enough:
            done = self.run(step, *more, **typed)
            assert done["state"] == "in force" if activates else done["proposed"]
        else:
            refused = self.run(step, *more, **typed, expect=1)["error"]
            assert refused["code"] == ("not_found" if activates else "calibration_too_few_people")

    def _serves(self, step: Step) -> None:
        self.server = Step((*step.words, "--port", str(free_port())), step.settings)


@contextlib.contextmanager
def served(deployment: Deployment, step: Step, *more: str) -> Iterator[str]:
    """The server until the block ends; gives its address once it answers at all."""
    url, log = f"http://127.0.0.1:{step.words[-1]}", deployment.folder / "serve.log"
    process = deployment.start(step, *more, log=log)
    try:
        deadline = time.monotonic() + 120
        while True:
            assert process.poll() is None, log.read_text(errors="replace")[-3000:]
            assert time.monotonic() < deadline, log.read_text(errors="replace")[-3000:]
            with contextlib.suppress(httpx.TransportError):
                if httpx.get(f"{url}/healthz", timeout=5).status_code == 200:
                    break
            time.sleep(0.3)
        yield url
    finally:
        process.terminate()
        try:
            process.wait(timeout=60)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def missing(url: str) -> tuple[int, list[str]]:
    answer = httpx.get(f"{url}/readyz", timeout=10)
    checks = answer.json()["checks"]
    return answer.status_code, [name for name, fine in checks.items() if not fine]


@SHAPES
@pytest.mark.hsm
@pytest.mark.data
def test_the_written_order_leads_as_far_as_a_calibration_and_the_server_waits_for_it(deployment: Deployment) -> None:
    people(deployment, 3)
    operator = Operator(deployment, enough=False)
    operator.follow()
    assert operator.done.index("calibrate") < operator.done.index("serve"), "people first, the server last"
    assert list((deployment.folder / "backups").glob("data-*.asbk"))
    assert operator.server is not None
    log = deployment.folder / "serve.log"
    assert deployment.start(operator.server, log=log).wait(timeout=120) == STOPS_WITHOUT_CALIBRATION
    assert "calibration_missing" in log.read_text(encoding="utf-8")
    with served(deployment, operator.server, "--uncalibrated") as url:
        assert missing(url) == (503, ["calibration"])
    assert "password" not in log.read_text(encoding="utf-8")


@SHAPES
@pytest.mark.hsm
@pytest.mark.data
@pytest.mark.slow
def test_the_written_order_leads_to_a_ready_service_and_a_first_pass(deployment: Deployment) -> None:
    place = people(deployment, 280)
    operator = Operator(deployment, enough=True)
    operator.follow()
    assert operator.server is not None
    with served(deployment, operator.server) as url:
        deadline = time.monotonic() + 60
        while (found := missing(url))[0] != 200:
            assert time.monotonic() < deadline, found
            time.sleep(0.5)
    clerk = Step(("staff", "create", "li.officer", "--role", "officer"), operator.server.settings)
    operator.run(clerk, "--password-stdin", stdin=PASSWORD + "\n")
    outcomes = []
    for seed, (number, photos) in enumerate(list(place.photos.items())[:5]):
        take = deployment.folder / "take.jpg"
        take.write_bytes(new_take(photos[0], random.Random(seed)))
        words = ("verify", str(take), "--id-number", number, "--attested-by", "li.officer")
        outcomes.append(operator.run(Step(words, operator.server.settings), expect=(0, 3, 4))["decision"])
    assert "qualified" in outcomes
