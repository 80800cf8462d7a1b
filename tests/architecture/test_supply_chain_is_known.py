"""What the release is made of: a bill that can be reproduced, and an audit that does not take silence for safety."""

from __future__ import annotations

import json
import os
import re
import runpy
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT


def _bill(out: Path) -> str:
    subprocess.run([sys.executable, "deploy/sbom.py", str(out)], cwd=ROOT, check=True, timeout=120)
    return out.read_text(encoding="utf-8")


@pytest.mark.slow
def test_the_bill_of_materials_is_reproducible(tmp_path: Path) -> None:
    assert _bill(tmp_path / "a.json") == _bill(tmp_path / "b.json")


@pytest.mark.asvs("15.1.2")
def test_the_bill_of_materials_is_whole_and_tells_nothing_of_this_machine() -> None:
    text = json.dumps(runpy.run_path(str(ROOT / "deploy" / "sbom.py"))["bill"]())
    bill = json.loads(text)
    named = {(one["name"], one["version"]) for one in bill["components"]}
    locked = re.findall(
        r"^([A-Za-z0-9._-]+)==([^\s;\\]+)", (ROOT / "requirements.lock").read_text("utf-8"), re.MULTILINE
    )
    assert set(locked) - named == set()
    assert {"dlib-resnet", "yunet"} <= {name for name, _ in named}, "weights are part of what runs"
    packages = [one for one in bill["components"] if one["type"] == "library"]
    assert all(one["externalReferences"][0]["hashes"] for one in packages)
    assert sum("licenses" in one for one in packages) >= 0.9 * len(packages)
    known = {one["bom-ref"] for one in bill["components"]} | {bill["metadata"]["component"]["bom-ref"]}
    assert all(set(one.get("dependsOn", ())) <= known for one in bill["dependencies"])
    assert len(bill["dependencies"][0]["dependsOn"]) > 20
    assert "/simple" not in text
    assert str(ROOT) not in text
    assert "index" not in json.dumps([one["externalReferences"] for one in packages])


def _audit(tmp_path: Path, answer: Any, **environment: str) -> tuple[int, str]:
    """The script, with a stand-in that answers as pip-audit does."""
    program = tmp_path / "stand_in.py"
    program.write_text(f"print({json.dumps(answer) if isinstance(answer, str) else repr(json.dumps(answer))})\n")
    done = subprocess.run(
        [str(ROOT / "deploy" / "audit-dependencies.sh")], capture_output=True, text=True, check=False, timeout=60,
        env={**os.environ, "AUTH_SERVICE_AUDIT_PROGRAM": shlex.join([sys.executable, str(program)]),
             "PYTHON": sys.executable, **environment},
    )  # fmt: skip
    return done.returncode, done.stdout


@pytest.mark.asvs("15.2.1")
def test_a_known_vulnerability_fails(tmp_path: Path) -> None:
    bad = {"name": "pillow", "version": "1.0", "vulns": [{"id": "PYSEC-1", "fix_versions": ["1.1"]}]}
    code, said = _audit(tmp_path, {"dependencies": [bad, {"name": "typer", "skip_reason": "not found"}]})
    assert code == 1
    assert "pillow 1.0: PYSEC-1 (mended in 1.1)" in said


@pytest.mark.parametrize(
    "answer", ["", {"dependencies": [{"name": "typer", "skip_reason": "not found"}]}, {"dependencies": []}]
)
def test_silence_is_not_safety(tmp_path: Path, answer: Any) -> None:
    code, said = _audit(tmp_path, answer)
    assert (code, said.split(":")[0]) == (0, "NOT AUDITED")
    assert _audit(tmp_path, answer, AUTH_SERVICE_REQUIRE_AUDIT="1")[0] == 1


def test_an_audit_of_everything_says_so(tmp_path: Path) -> None:
    found = {"dependencies": [{"name": "typer", "version": "0.29.2", "vulns": []}]}
    assert _audit(tmp_path, found) == (0, "audited: 1 locked packages, no known vulnerability\n")
