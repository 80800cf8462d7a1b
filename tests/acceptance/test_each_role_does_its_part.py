"""A day with three database roles: the owner migrates, the ledger's role imports, the front serves, works and erases.

No process has more than the URL of its own part, as in deploy/compose.yaml; the passwords come from files.
"""

from __future__ import annotations

import asyncio
import json
import random
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from auth_service.connectors.erasure_file import ErasureFile
from tests.acceptance.calls import as_caller, call, form
from tests.acceptance.lfw import command, environment, village
from tests.acceptance.postgres_cluster import Cluster
from tests.acceptance.serving import served
from tests.acceptance.takes import new_take
from tests.databases import make_roles

NAMED = "identity.people WHERE id_number_sealed <> ''::bytea"


def url(server: Cluster, role: str, folder: Path) -> str:
    """With the password in a file, as in deployment."""
    passfile = folder / f"{role}.pgpass"
    passfile.write_text(f"127.0.0.1:{server.port}:service:auth_service_{role}:secret of {role}\n")
    passfile.chmod(0o600)
    return server.url("service", f"auth_service_{role}", passfile=str(passfile))


def run(home: Path, settings: dict[str, str], *words: str, expect: int = 0, stdin: str | None = None) -> dict[str, Any]:
    done = subprocess.run(
        [*command(home, *words), "--json"], env={**environment(home), **settings}, capture_output=True, text=True,
        check=False, timeout=300, input=stdin,
    )  # fmt: skip
    assert done.returncode == expect, (words, done.stdout[-2000:], done.stderr[-2000:])
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.mark.data
@pytest.mark.slow
def test_each_process_with_the_rights_of_its_own_part(own_cluster: Cluster, tmp_path: Path) -> None:
    home = tmp_path / "home"
    own_cluster.create_database("service")
    with own_cluster.connect("service") as connection:
        make_roles(connection)
        for role in ("front", "ledger", "owner"):
            connection.execute(f"ALTER ROLE auth_service_{role} PASSWORD 'secret of {role}'")
    own_cluster.ask_for_passwords()
    front = {"AUTH_SERVICE_DATABASE_URL": url(own_cluster, "front", tmp_path), "AUTH_SERVICE_READERS": "1"}
    owner = front | {"AUTH_SERVICE_OWNER_DATABASE_URL": url(own_cluster, "owner", tmp_path)}
    ledger = front | {"AUTH_SERVICE_LEDGER_DATABASE_URL": url(own_cluster, "ledger", tmp_path)}
    place = village(tmp_path / "village", 2)

    refused = run(home, front, "migrate", expect=1)
    assert refused["error"]["code"] == "database_right_missing"
    assert len(run(home, owner, "migrate")["applied"]) > 10
    run(home, front, "init")
    assert run(home, ledger, "ledger", "import", str(place.ledger))["added"] == 2
    for refused_to_front in (("ledger", "import", str(place.ledger)), ("backup", str(tmp_path / "backups"))):
        refused = run(home, front, *refused_to_front, expect=1)["error"]
        assert refused["code"] == "ledger_role_missing"
        for language in ("zh", "en"):
            assert "AUTH_SERVICE_LEDGER_DATABASE_URL" in refused["titles"][language]
    run(home, ledger, "enroll", str(place.folder / "photos"))
    token = run(home, front, "api-keys", "create", "counter", "--scopes", "verify,assisted")["key"]
    with served(home, **front) as service:
        answers = asyncio.run(_a_visit(int(service.url.rpartition(":")[2]), token, place.photos))
    assert answers == [200, 200]
    run(home, front, "worker", "--once")
    _erase(own_cluster, home, front, next(iter(place.photos)))
    found = run(home, ledger, "doctor", expect=_any_exit(home, ledger))
    roles = {one["name"]: one for one in found["findings"] if one["name"].startswith("database role")}
    assert {name: (one["fine"], one["detail"]) for name, one in roles.items()} == {
        "database role (front)": (True, "exactly its rights"),
        "database role (ledger)": (True, "exactly its rights"),
    }


def _erase(server: Cluster, home: Path, front: dict[str, str], number: str) -> None:
    """With the front's URL alone: one by the officer, the other by the worker, from the outside record (F42)."""
    password = run(home, front, "staff", "create", "piao", "--role", "privacy_officer")["password"]
    words = ("privacy", "erase", "--reason", "asked_for", "--confirmed-by", "piao", "--password-stdin", "--id-number")
    found = run(home, front, *words, number, stdin=f"{password}\n")
    assert all(found["counts"][kind] for kind in ("keys", "people", "reference_photos", "captures", "pictures"))
    assert found["left"] is None
    record = home / "keys" / "erasures.jsonl"
    assert record.read_text().count("\n") == 1
    ((other,),) = server.psql(f"SELECT id FROM {NAMED}", "service")
    outside = ErasureFile(record)
    outside.append(replace(outside.all()[0], person_id=other))
    assert run(home, front, "privacy", "status", expect=1)["unfinished"] == 1
    server.psql("UPDATE job_leases SET next_due_at = now() WHERE job = 'erasures'", "service")
    (ran,) = [one for one in run(home, front, "worker", "--once")["runs"] if one["job"] == "erasures"]
    assert (ran["outcome"], ran["counts"]["erased"], ran["counts"]["failed"]) == ("done", 1, 0)
    assert run(home, front, "privacy", "status")["sound"]
    assert server.psql(f"SELECT id FROM {NAMED}", "service") == []


async def _a_visit(port: int, token: str, people: dict[str, list[Path]]) -> list[int]:
    statuses = []
    for number, photos in people.items():
        headers, body = form(new_take(photos[0], random.Random(1)), id_number=number, attested_by="li.na")
        answer = await call(port, "POST", "/v1/verifications", {**as_caller(token), **headers}, body)
        statuses.append(answer.status)
    return statuses


def _any_exit(home: Path, settings: dict[str, str]) -> int:
    """Doctor may miss something of this machine, such as weights; its findings are what is looked at."""
    return subprocess.run(
        [*command(home, "doctor", "--json")], env={**environment(home), **settings}, capture_output=True, check=False,
        timeout=120,
    ).returncode  # fmt: skip
