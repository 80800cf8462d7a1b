"""The shape of the code: one way of imports, small files, no transaction outside flows."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "auth_service"
SOURCES = sorted(path for path in PACKAGE.rglob("*.py") if "migrations" not in path.parts)


def test_the_import_contracts_hold() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command as c; c()", "--no-cache"],
        cwd=ROOT, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:]


def test_no_file_passes_350_lines() -> None:
    long = {str(path.relative_to(ROOT)): lines for path in SOURCES if (lines := _lines(path)) > 350}
    assert long == {}


def _lines(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


def test_no_function_passes_40_lines() -> None:
    """Decorators and docstrings aside: a command's help text is prose, not length."""
    long = {}
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                body = node.body[1:] if ast.get_docstring(node) else node.body
                if body and body[-1].end_lineno - body[0].lineno + 1 > 40:  # type: ignore[operator]
                    long[f"{path.relative_to(ROOT)}:{node.name}"] = body[-1].end_lineno - body[0].lineno + 1  # type: ignore[operator]
    assert long == {}


def test_only_flows_and_the_command_line_open_transactions() -> None:
    allowed = {"flows", "storage", "cli"}
    found = [
        str(path.relative_to(ROOT))
        for path in SOURCES
        if path.relative_to(PACKAGE).parts[0] not in allowed and ".unit(" in path.read_text(encoding="utf-8")
    ]
    assert found == []


def test_flows_never_call_flows() -> None:
    """A flow may share a stage-like helper of another file (`ReferenceDesk`), never another flow's `run`."""
    flows = {"Verify", "Enroll", "EnrollMany", "ImportLedger", "SignIn", "JudgeFlag", "Look", "KeepStaff"}
    for path in (PACKAGE / "flows").glob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        imported = {
            alias.name
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("auth_service.flows")
            for alias in node.names
        }
        assert not imported & flows, path.name


@pytest.mark.parametrize("name", ["utils", "helpers", "common", "manager", "base"])
def test_no_room_without_a_purpose(name: str) -> None:
    assert not [path for path in SOURCES if name in {path.stem, *path.relative_to(PACKAGE).parts[:-1]}]


def test_every_setting_has_a_meaning_and_a_source() -> None:
    from auth_service.settings import described  # noqa: PLC0415

    lacking = [name for name, _, meaning, source in described() if not meaning or not source]
    assert lacking == []
