"""The table of security requirements: from docs/compliance/asvs.toml and the tests that carry a marker, to asvs.md.

    python -m tests.asvs         writes docs/compliance/asvs.md

A test shows a requirement when `@pytest.mark.asvs("5.2.1", ...)` stands above it. The files are read, not imported.
"""

from __future__ import annotations

import ast
import tomllib
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "docs" / "compliance"
REQUIREMENTS = FOLDER / "asvs.toml"
TABLE = FOLDER / "asvs.md"
TESTS = ROOT / "tests"
PARTLY = "Partly:"
_CHAPTERS = {
    1: "Encoding and parsing", 2: "Validation and business logic", 3: "Browser", 4: "API and messages", 5: "Files",
    6: "Signing in", 7: "Sessions", 8: "Authorisation", 9: "Tokens", 10: "OAuth", 11: "Cryptography", 12: "Transport",
    13: "Configuration", 14: "Data protection", 15: "Code and concurrency", 16: "Logging and errors",
}  # fmt: skip
_HEAD = """# OWASP ASVS 5.0: what is shown, by which test

Written by `python -m tests.asvs` from [asvs.toml](asvs.toml) and the markers in `tests/`; a test fails when it is
stale. The ids are those of `docs/design/trust.md` 2.1: the L1 and L2 items that apply, and the L3 items that we also
take. The words are ours, short; the standard's own text counts. `make test` runs every test named here (`slow` ones:
`make prove`). An exception says why there is no test, and in which issue the part comes.
"""


@dataclass(frozen=True, slots=True)
class Requirement:
    """One requirement. `exception` is empty where tests show all of it."""

    id: str
    level: int
    words: str
    exception: str = ""


def requirements() -> list[Requirement]:
    """All that count, in order."""
    read = tomllib.loads(REQUIREMENTS.read_text(encoding="utf-8"))["requirements"]
    found = [Requirement(key, one["level"], one["words"], one.get("except", "")) for key, one in read.items()]
    return sorted(found, key=lambda one: _order(one.id))


def _order(requirement_id: str) -> tuple[int, ...]:
    return tuple(int(part) for part in requirement_id.split("."))


@cache
def marked() -> Mapping[str, list[str]]:
    """Requirement -> `tests/file.py::test`, from the markers."""
    found: dict[str, list[str]] = defaultdict(list)
    for path in sorted(TESTS.rglob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
                for requirement_id in _ids(node):
                    found[requirement_id].append(f"{path.relative_to(ROOT)}::{node.name}")
    return found


def _ids(node: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[str]:
    for decorator in node.decorator_list:
        if isinstance(decorator, ast.Call) and ast.unparse(decorator.func) == "pytest.mark.asvs":
            yield from (ast.literal_eval(argument) for argument in decorator.args)


def table() -> str:
    """The whole page."""
    all_of_them, tests = requirements(), marked()
    shown = sum(1 for one in all_of_them if tests.get(one.id))
    bare = len(all_of_them) - shown
    parts = [_HEAD, f"\n{len(all_of_them)} requirements: {shown} shown by tests, {bare} with a written exception.\n"]
    chapter = 0
    for one in all_of_them:
        if _order(one.id)[0] != chapter:
            chapter = _order(one.id)[0]
            parts.append(f"\n## {chapter}. {_CHAPTERS[chapter]}\n\n| Id | Level | Requirement | Shown by |\n"
                         "| --- | --- | --- | --- |\n")  # fmt: skip
        parts.append(f"| {one.id} | L{one.level} | {one.words} | {_evidence(one, tests.get(one.id, []))} |\n")
    return "".join(parts)


def _evidence(one: Requirement, tests: list[str]) -> str:
    names = [f"`{name.removeprefix('tests/')}`" for name in sorted(tests)]
    exception = [f"*Exception.* {one.exception}" if not names else one.exception] if one.exception else []
    return "<br>".join(names + exception)


if __name__ == "__main__":
    TABLE.write_text(table(), encoding="utf-8")
