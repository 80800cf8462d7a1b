"""Hours at half load, then ten times that load: does memory grow, does the service shed with 503 and recover?

    python -m tests.acceptance.soak --folder DIR --seconds 7200 --burst 300

Everything that is measured is appended to files in DIR as it comes (memory.txt, health.txt, phases.txt) and
`result.json` is written at the end, so a run that was stopped can still be judged: `--summarise`. A file DIR/enough
ends the half load early; the burst follows as planned, and the result tells the true duration.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import auth_service
from tests.acceptance.lfw import environment, run, village, without_limits
from tests.acceptance.serving import served
from tests.acceptance.traffic import Keys, Seen, Traffic

_PAGE = os.sysconf("SC_PAGE_SIZE")
SETTINGS = {"AUTH_SERVICE_READERS": "1"}
"""One reader, as a smallest deployment has, and no limit per caller that would stop a test's one busy key."""


@dataclass(frozen=True)
class Plan:
    """seconds  of half load; `burst` seconds of ten times that; `sample` seconds between looks at the memory"""

    folder: Path
    seconds: float
    burst: float
    people: int | None
    sample: float = 10.0


def soak(plan: Plan) -> dict[str, Any]:
    """Runs the plan (or gives the result that lies in its folder already) and returns what was found."""
    result = plan.folder / "result.json"
    if result.exists():
        found = json.loads(result.read_text(encoding="utf-8"))
        assert isinstance(found, dict)
        return found
    plan.folder.mkdir(parents=True, exist_ok=True)
    home = plan.folder / "home"
    enrolled, waiting, keys, password = _deployment(home, plan)
    with served(home, **SETTINGS, **without_limits()) as service:
        port = int(service.url.rpartition(":")[2])
        with _probing(port, plan.folder / "health.txt"):
            traffic = Traffic(port, keys, password, enrolled, waiting)
            asyncio.run(_phases(plan, traffic, service.process.pid))
    found = summarise(plan.folder)
    result.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    return found


def _deployment(home: Path, plan: Plan) -> tuple[dict[str, list[Path]], dict[str, list[Path]], Keys, str]:
    """People with references, people still without, two API keys and the monitor's password."""
    password = run(home, "init")["password"]
    people = village(plan.folder / "village", plan.people)
    run(home, "ledger", "import", str(people.ledger))
    numbers = list(people.photos)
    waiting = {number: people.photos[number] for number in numbers[: len(numbers) // 6]}
    enrolled = {number: people.photos[number] for number in numbers[len(numbers) // 6 :]}
    first = plan.folder / "first-photos"
    for number, paths in enrolled.items():
        (first / number).mkdir(parents=True)
        (first / number / paths[0].name).symlink_to(paths[0])
    run(home, "enroll", str(first), "--jobs", "2", timeout=1800)
    attesting, enrolling = (
        run(home, "api-keys", "create", f"soak {scopes}", "--scopes", scopes)["key"]
        for scopes in ("verify,assisted", "enroll")
    )
    return enrolled, waiting, Keys(attesting, enrolling), password


async def _phases(plan: Plan, traffic: Traffic, pid: int) -> None:
    memory = asyncio.create_task(_watch_memory(pid, plan.folder / "memory.txt", plan.sample))
    idle_seconds = min(30.0, max(3.0, plan.seconds / 20))
    await asyncio.sleep(1)
    with _phase(plan, "idle", Seen()):
        await asyncio.sleep(idle_seconds)
    highest, seen = 0.0, Seen()
    with _phase(plan, "highest", seen):
        highest, seen.answers = await _highest(traffic, idle_seconds)
    half = highest / 2
    with _phase(plan, "half", seen := Seen(), per_second=half):
        await traffic.open_loop(half, plan.seconds, seen, (plan.folder / "enough").exists)
    with _phase(plan, "burst", seen := Seen(), per_second=10 * half):
        traffic.draws = False
        await traffic.open_loop(10 * half, plan.burst, seen)
        traffic.draws = True
    with _phase(plan, "after", seen := Seen(), per_second=half):
        await traffic.open_loop(half, min(120.0, max(5.0, plan.burst)), seen)
        await traffic.settle()
    memory.cancel()


async def _highest(traffic: Traffic, seconds: float) -> tuple[float, Any]:
    per_second, seen = await traffic.closed_loop(seconds)
    return per_second, seen.answers


@contextlib.contextmanager
def _phase(plan: Plan, name: str, seen: Seen, per_second: float = 0.0) -> Iterator[None]:
    begin = time.time()
    yield
    line = {
        "name": name, "begin": begin, "end": time.time(), "per_second": per_second, "answers": dict(seen.answers),
        "statuses": {str(status): count for status, count in sorted(seen.statuses.items())},
        "other_server_errors": seen.other_server_errors, "last_busy": seen.last_busy, "offered": seen.offered,
        "skipped": seen.skipped, "busy_without_retry_after": seen.busy_without_retry_after,
        "verify_p50": _share(seen.seconds, 0.5), "verify_p95": _share(seen.seconds, 0.95),
    }  # fmt: skip
    with (plan.folder / "phases.txt").open("a", encoding="utf-8") as out:
        out.write(json.dumps(line) + "\n")


async def _watch_memory(pid: int, file: Path, every: float) -> None:
    with file.open("a", buffering=1, encoding="ascii") as out:
        while True:
            out.write(f"{time.time():.1f} {resident(pid)}\n")
            await asyncio.sleep(every)


def resident(pid: int) -> int:
    """Bytes that a process and all its descendants hold in memory. source: proc(5), statm field 2"""
    total = 0
    for one in [pid, *descendants(pid)]:
        with contextlib.suppress(OSError):
            total += int(Path(f"/proc/{one}/statm").read_text(encoding="ascii").split()[1]) * _PAGE
    return total


def descendants(pid: int) -> list[int]:
    found = []
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            for child in children.read_text(encoding="ascii").split():
                found += [int(child), *descendants(int(child))]
    return found


@contextlib.contextmanager
def _probing(port: int, file: Path) -> Iterator[None]:
    command = [sys.executable, "-m", "tests.acceptance.health_probe", str(port), str(file), "4"]
    process = subprocess.Popen(command, env=environment(file.parent))
    try:
        yield
    finally:
        process.terminate()
        process.wait(timeout=40)


def summarise(folder: Path) -> dict[str, Any]:
    """What the files of a run say; also of one that was stopped."""
    phases = {p["name"]: p for p in map(json.loads, (folder / "phases.txt").read_text().splitlines())}
    memory = [(float(a), int(b)) for a, b in map(str.split, (folder / "memory.txt").read_text().splitlines())]
    health = [
        (float(a), float(b), int(c)) for a, b, c in map(str.split, (folder / "health.txt").read_text().splitlines())
    ]
    half = phases.get("half") or {"begin": phases["highest"]["end"], "end": memory[-1][0], "unfinished": True}
    idle = _between(health, phases["idle"])
    found: dict[str, Any] = {
        "code": str(Path(auth_service.__file__).parent),
        "seconds_at_half_load": round(half["end"] - half["begin"]),
        "memory": memory_growth([m for m in memory if half["begin"] <= m[0] <= half["end"]]),
        "health_p95_idle_ms": _milli(idle),
    }
    for name in ("half", "burst", "after"):
        if name in phases:
            own = _between(health, phases[name])
            found[f"health_p95_{name}_ms"] = _milli(own)
            found[f"health_p95_{name}_over_idle"] = round(_share(own, 0.95) / max(_share(idle, 0.95), 1e-9), 2)
            kept = ("per_second", "offered", "skipped", "statuses", "other_server_errors", "busy_without_retry_after",
                    "verify_p50", "verify_p95", "answers")  # fmt: skip
            found[name] = {key: phases[name][key] for key in kept}
    found["health_unanswered"] = sum(status != 200 for _, _, status in health)
    if "after" in phases:
        found["recovery_seconds"] = round(max(0.0, phases["after"]["last_busy"] - phases["after"]["begin"]), 1)
    return found


def memory_growth(samples: list[tuple[float, int]]) -> dict[str, Any]:
    """The last fifth's median against the first fifth's, after a tenth to warm up (caches fill)."""
    kept = [size for _, size in samples[len(samples) // 10 :]]
    fifth = max(1, len(kept) // 5)
    first, last = statistics.median(kept[:fifth]), statistics.median(kept[-fifth:])
    return {
        "samples": len(kept), "first_fifth_mb": round(first / 1e6, 1), "last_fifth_mb": round(last / 1e6, 1),
        "highest_mb": round(max(kept) / 1e6, 1), "growth_percent": round(100 * (last / first - 1), 2),
    }  # fmt: skip


def _between(health: list[tuple[float, float, int]], phase: dict[str, Any]) -> list[float]:
    return [seconds for at, seconds, _ in health if phase["begin"] <= at <= phase["end"]]


def _share(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(share * len(values)))] if values else 0.0


def _milli(values: list[float]) -> float:
    return round(1000 * _share(values, 0.95), 2)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--seconds", type=float, default=7200)
    parser.add_argument("--burst", type=float, default=300)
    parser.add_argument("--people", type=int)
    parser.add_argument("--summarise", action="store_true")
    asked = parser.parse_args()
    plan = Plan(asked.folder, asked.seconds, asked.burst, asked.people)
    sys.stdout.write(json.dumps(summarise(plan.folder) if asked.summarise else soak(plan), indent=2) + "\n")


if __name__ == "__main__":
    main()
