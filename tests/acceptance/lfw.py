"""A made-up ledger around the shared LFW people, and a folder of their photos as links (nothing is copied)."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from auth_service.settings import described
from tests.builders import id_number
from tests.conftest import DATA

LFW = DATA / "faces" / "lfw"


@dataclass(frozen=True)
class Village:
    """People of LFW under synthetic ID numbers. `photos`: ID number -> photo files, by name."""

    folder: Path
    ledger: Path
    photos: dict[str, list[Path]]

    @property
    def count(self) -> int:
        return sum(len(paths) for paths in self.photos.values())


def village(folder: Path, people: int | None = None, *, at_least: int = 2) -> Village:
    """The first `people` identities (all when None) with at least so many photos."""
    by_person: dict[str, list[Path]] = defaultdict(list)
    for path in sorted(LFW.rglob("*.jpg")):
        by_person[path.parent.name].append(path)
    chosen = [(name, paths) for name, paths in sorted(by_person.items()) if len(paths) >= at_least][:people]
    folder.mkdir(parents=True, exist_ok=True)
    photos: dict[str, list[Path]] = {}
    ledger = folder / "ledger.csv"
    with ledger.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["证件号码", "姓名", "险种", "行政区划"])
        for place, (name, paths) in enumerate(chosen):
            number = id_number(date(1935, 1, 1) + timedelta(days=place * 9), place % 999)
            photos[number] = paths
            writer.writerow([number, name.replace("_", " "), "城乡居民养老", "130203"])
            (folder / "photos" / number).mkdir(parents=True)
            for path in paths:
                (folder / "photos" / number / path.name).symlink_to(path)
    return Village(folder, ledger, photos)


def command(home: Path, *arguments: str) -> list[str]:
    """The command line of `auth-service`, in a process of its own."""
    del home
    return [sys.executable, "-m", "auth_service", *arguments]


def environment(home: Path) -> dict[str, str]:
    """No setting of this shell but the home, and a shared cache of the converted recogniser."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AUTH_SERVICE_")}
    return {**kept, "AUTH_SERVICE_HOME": str(home), "OMP_NUM_THREADS": "1"}


def without_limits() -> dict[str, str]:
    """Settings that lift every limit on how often one caller may ask, for tests that are one busy caller."""
    return {name: "0" for name, _, _, _ in described() if name.startswith("AUTH_SERVICE_LIMITS__")}


def run(home: Path, *arguments: str, expect: int | None = 0, timeout: float = 300) -> dict[str, Any]:
    """Runs a command with `--json` and gives its document."""
    done = subprocess.run(
        [*command(home, *arguments), "--json"], env=environment(home), capture_output=True, text=True, timeout=timeout,
        check=False,
    )  # fmt: skip
    if expect is not None:
        assert done.returncode == expect, (done.returncode, done.stdout[-2000:], done.stderr[-2000:])
    document = json.loads(done.stdout)
    assert isinstance(document, dict)
    return document
