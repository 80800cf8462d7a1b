"""Files that a fuzzer made from good ones: every one is read or refused with a code. Nothing else comes out."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT, STRICT

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("atheris") is None and not STRICT, reason="no atheris for this system or Python"
)
_STAT = re.compile(r"stat::(\w+):\s+(\d+)")


@pytest.mark.parametrize("what", ["image", "table"])
def test_a_few_seconds_of_fuzzing(tmp_path: Path, what: str) -> None:
    assert _fuzz(tmp_path / what, what, 4)["number_of_executed_units"] > 20


@pytest.mark.slow
def test_twenty_minutes_of_fuzzing_each(tmp_path: Path, proof: Callable[[str, Mapping[str, Any]], None]) -> None:
    """F47: atheris on photo intake and table import, no crash."""
    found = {what: {"seconds": 1200, **_fuzz(tmp_path / what, what, 1200)} for what in ("image", "table")}
    proof("fuzz", found)


def _fuzz(corpus: Path, what: str, seconds: int) -> dict[str, int]:
    command = [sys.executable, "-m", "tests.acceptance.fuzz", what, str(corpus), str(seconds)]
    done = subprocess.run(
        command, capture_output=True, text=True, errors="replace", timeout=seconds + 300, cwd=ROOT, check=False
    )
    found = sorted(path for path in corpus.glob("found-*"))
    shown = {path.name: path.read_bytes()[:2000] for path in found}
    assert done.returncode == 0, (shown, done.stderr[-4000:])
    return {name: int(value) for name, value in _STAT.findall(done.stderr)}
