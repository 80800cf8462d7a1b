"""The table of faults tells the truth: each has tests, and each of those names its fault in a docstring."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tests.conftest import ROOT

TABLE = ROOT / "docs" / "proof" / "faults.md"
CLAIMED = {"F07", "F08", "F09", "F10", "F12", "F26", "F40", "F41", "F42", "F43", "F44"}
"""source: acceptance of this release"""


def _rows() -> dict[str, list[Path]]:
    lines = [line for line in TABLE.read_text(encoding="utf-8").splitlines() if re.match(r"\| F[0-9]", line)]
    return {line[2:5]: [TABLE.parent / link for link in re.findall(r"\]\(([^)]+\.py)\)", line)] for line in lines}


def test_every_claimed_fault_is_in_the_table() -> None:
    assert set(_rows()) >= CLAIMED


@pytest.mark.parametrize("fault", sorted(_rows()))
def test_its_tests_say_so(fault: str) -> None:
    files = _rows()[fault]
    assert files
    for file in files:
        tree = ast.parse(file.read_text(encoding="utf-8"))
        documented = (ast.Module, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
        texts = [ast.get_docstring(node) or "" for node in ast.walk(tree) if isinstance(node, documented)]
        assert any(re.search(rf"\b{fault}\b", text) for text in texts), (fault, file.name)
