"""F44: the schema goes one release ahead, and the service back to the one before, while counters work on.

The next release is this one with a made-up step that only expands. It migrates as the owner; both releases serve from
one database, as the role that serves.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import subprocess
import sys
import time
from collections import Counter as Count
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest

import auth_service
from auth_service.storage.schema_version import _scripts
from tests.acceptance.journal import Counter, Place, make_place, reckon
from tests.acceptance.lfw import environment, without_limits
from tests.acceptance.postgres_cluster import cluster, free_port, skip_without_binaries
from tests.databases import make_service_database

Proof = Callable[[str, Mapping[str, Any]], None]
NEXT = "2099_01_01_1_next"
STEP = f'''
import sqlalchemy as sa
from alembic import op

revision = "{NEXT}"
down_revision = "{{head}}"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("evidence", sa.Column("added_next", sa.String(64), nullable=True))
    op.add_column("people", sa.Column("added_next", sa.Integer(), server_default="0", nullable=False))
    op.create_table("only_next", sa.Column("id", sa.Integer(), primary_key=True))
'''


def next_release(folder: Path) -> Path:
    """A copy of the package with one more step; returns the folder to run it from."""
    source = Path(auth_service.__file__).parent
    shutil.copytree(source, folder / "auth_service", ignore=shutil.ignore_patterns("__pycache__"))
    (head,) = _scripts().get_heads()
    versions = folder / "auth_service" / "storage" / "migrations" / "versions"
    (versions / f"{NEXT}.py").write_text(STEP.replace("{head}", head), encoding="utf-8")
    shutil.copytree(source.parent / "models", folder / "models", symlinks=True)
    return folder


def run_release(release: Path, place: Place, *arguments: str) -> list[Any]:
    command = [sys.executable, "-P", "-c", "from auth_service.__main__ import main; main()", *arguments]
    kept = {
        **environment(place.home),
        **without_limits(),
        **place.settings,
        "PYTHONPATH": str(release),
        "AUTH_SERVICE_READERS": "1",
    }
    return [command, kept, str(release)]


@contextlib.contextmanager
def serving(release: Path, place: Place, port: int) -> Iterator[None]:
    """`serve` of one release until the block ends, then a graceful stop."""
    command, kept, where = run_release(release, place, "serve", "--port", str(port))
    log = place.home.parent / f"serve-{port}.log"
    with log.open("ab") as out:
        process = subprocess.Popen(command, env=kept, cwd=where, stdout=out, stderr=out)
    try:
        deadline = time.monotonic() + 90
        while True:
            assert process.poll() is None, log.read_text(errors="replace")[-3000:]
            assert time.monotonic() < deadline, log.read_text(errors="replace")[-3000:]
            with contextlib.suppress(httpx.TransportError):
                if httpx.get(f"http://127.0.0.1:{port}/readyz", timeout=5).status_code == 200:
                    break
            time.sleep(0.2)
        yield
    finally:
        process.terminate()
        try:
            process.wait(timeout=60)
        finally:
            process.kill()


@pytest.mark.data
@pytest.mark.slow
def test_the_next_release_comes_and_goes_while_people_are_served(tmp_path: Path, proof: Proof) -> None:
    skip_without_binaries()
    root = Path(auth_service.__file__).parent.parent
    with cluster() as server:
        database = make_service_database(server.create_database("service"), tmp_path)
        place = make_place(tmp_path, 80, {"AUTH_SERVICE_DATABASE_URL": database.admin})
        place.settings = {"AUTH_SERVICE_DATABASE_URL": server.url("service", "auth_service_front")}
        owner = {"AUTH_SERVICE_OWNER_DATABASE_URL": server.url("service", "auth_service_owner")}
        found = asyncio.run(_there_and_back(place, owner, root, next_release(tmp_path / "next")))
        place.settings = {"AUTH_SERVICE_DATABASE_URL": database.admin}
        found |= reckon(place, found.pop("acts"))
    proof("one-release-skew", found)
    assert found["requests"] >= 300
    assert found["errors"] <= 0.001 * found["requests"]


async def _there_and_back(place: Place, owner: dict[str, str], old: Path, new: Path) -> dict[str, Any]:
    loop = asyncio.get_running_loop()
    first, second, third = free_port(), free_port(), free_port()
    counter, stop = Counter(place, first, at_once=3), asyncio.Event()
    async with contextlib.AsyncExitStack() as stack:
        old_service = stack.enter_context(contextlib.ExitStack())
        await loop.run_in_executor(None, old_service.enter_context, serving(old, place, first))
        clients = asyncio.create_task(counter.work(stop))
        await asyncio.sleep(20)
        begun = time.monotonic()
        steps = await loop.run_in_executor(None, _migrate, new, place, owner)
        migrated = time.monotonic() - begun
        assert NEXT in steps
        await asyncio.sleep(15)  # the old release on the expanded schema
        new_service = stack.enter_context(contextlib.ExitStack())
        await loop.run_in_executor(None, new_service.enter_context, serving(new, place, second))
        counter.port = second
        await asyncio.sleep(2)
        await loop.run_in_executor(None, old_service.close)
        await asyncio.sleep(15)  # the new release alone
        again = stack.enter_context(contextlib.ExitStack())
        await loop.run_in_executor(None, again.enter_context, serving(old, place, third))
        counter.port = third
        await asyncio.sleep(2)
        await loop.run_in_executor(None, new_service.close)
        await asyncio.sleep(15)  # back to the old release, on the schema of the new one
        assert not clients.done(), clients.exception()
        stop.set()
        await clients
        await counter.finish()
    told: Count[str] = sum((act.told for act in counter.acts), Count())
    refusals = {"database_unavailable", "schema_outdated", "storage_fault", "service_error", "database_right_missing"}
    errors = {
        word: count for word, count in told.items() if word in refusals or word[:1].isupper() or word == "timeout"
    }
    return {
        "requests": sum(told.values()), "errors": sum(errors.values()), "errors_by_word": errors,
        "answers": dict(told), "migration_seconds": round(migrated, 2), "acts": counter.acts,
    }  # fmt: skip


def _migrate(release: Path, place: Place, owner: dict[str, str]) -> str:
    command, kept, where = run_release(release, place, "migrate", "--json")
    done = subprocess.run(command, env={**kept, **owner}, cwd=where, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:] + done.stdout[-2000:]
    return done.stdout


def test_the_made_up_release_is_one(tmp_path: Path) -> None:
    """So that the long test above does not test this release against itself."""
    folder = next_release(tmp_path)
    asked = "from auth_service.storage.schema_version import _scripts; print(*_scripts().get_heads())"
    kept = {**os.environ, "PYTHONPATH": str(folder)}
    done = subprocess.run(
        [sys.executable, "-P", "-c", asked], env=kept, cwd=folder, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == [NEXT]
