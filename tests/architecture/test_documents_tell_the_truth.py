"""What the documents promise exists."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from auth_service.cli.main import app
from auth_service.monitoring.rules import RULES

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_relative_link_leads_somewhere(document: Path) -> None:
    broken = [
        target
        for target in re.findall(r"\]\(([^)#\s]+)", document.read_text(encoding="utf-8"))
        if not target.startswith("http") and not (document.parent / target).exists()
    ]
    assert broken == []


def test_every_rule_is_documented() -> None:
    text = (ROOT / "docs" / "rules.md").read_text(encoding="utf-8")
    assert [rule for rule in RULES if f"| {rule} |" not in text] == []


def test_every_command_in_the_readme_exists() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    for line in re.findall(r"`auth-service ([a-z-]+(?: [a-z]+)?)", text):
        words = line.split()
        known = words if _exists(words) else words[:1]
        assert _exists(known), line
        # as somebody reads it who asks for help
        assert _commands().main([*known, "--help"], prog_name="auth-service", standalone_mode=False) == 0, line


def test_the_contract_marks_the_commands_that_come_later() -> None:
    text = (ROOT / "docs" / "design" / "contract.md").read_text(encoding="utf-8")
    section = text.split("## 3.")[1].split("## 4.")[0]
    told = [
        (group, name)
        for row in re.findall(r"^\| (.*?`.*?) \|", section, re.MULTILINE)
        for group, names in re.findall(r"`([a-z-]+)(?: ([a-z][a-z/-]*))?", row.split("later: ")[0])
        for name in names.split("/")
    ]
    assert ("ledger", "import") in told
    assert [f"{group} {name}" for group, name in told if not _exists([group, name] if name else [group])] == []


@cache
def _commands() -> Any:
    """The whole tree, which takes a quarter of a second to grow."""
    return get_command(app)


def _exists(words: list[str]) -> bool:
    command = _commands()
    for word in words:
        command = getattr(command, "commands", {}).get(word)
        if command is None:
            return False
    return True


RUNBOOK = [*sorted((ROOT / "docs" / "operations").glob("*.md")), *sorted((ROOT / "docs" / "compliance").glob("*.md"))]


@pytest.mark.parametrize("page", RUNBOOK, ids=lambda path: path.name)
def test_every_command_of_the_runbook_exists_with_these_options(page: Path) -> None:
    wrong = []
    for line in re.findall(r"auth-service +([a-z][^`\n|;&<>#()]*)", page.read_text(encoding="utf-8")):
        words = re.findall(r"[^\s\"']+", line.rstrip(".,:"))
        command = _commands()
        while words and words[0] in getattr(command, "commands", {}):
            command = command.commands[words.pop(0)]
        if "make" in getattr(command, "commands", {}):  # `backup FOLDER`
            command = command.commands["make"]
        known = {option for parameter in command.params for option in parameter.opts} | {"--help"}
        unknown = [word for word in words if word.startswith("--") and word.partition("=")[0] not in known]
        alone = getattr(command, "invoke_without_command", False)  # `calibrate` by itself
        if unknown or (hasattr(command, "commands") and not alone):
            wrong.append(f"auth-service {line}")
    assert wrong == []


def test_every_decision_record_stands_in_the_index() -> None:
    index = (ROOT / "docs" / "decisions" / "README.md").read_text(encoding="utf-8")
    records = [path.name for path in (ROOT / "docs" / "decisions").glob("0*.md")]
    assert len(records) >= 8
    assert [name for name in records if f"({name})" not in index] == []


def test_no_registry_host_stands_in_the_lock_files() -> None:
    for name in ("requirements.lock", "requirements-dev.lock"):
        assert "://" not in (ROOT / name).read_text(encoding="utf-8"), name
