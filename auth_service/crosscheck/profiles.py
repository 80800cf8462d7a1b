"""Mapping profiles: how one source writes its columns and words, as a document of which every fault is told by line.

name: tangshan-minzheng
kind: death
source: civil_affairs
columns: {死亡证编号: source_ref, 死者: name}
values:
  message: {注销: void}
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from auth_service.core.document import Node, Problem
from auth_service.crosscheck.sources import REGISTRY_COLUMNS, RegistryKind, source_named

_NAME = re.compile(r"[\w.\- ]{1,64}")
_FIELDS = ("name", "kind", "source", "columns", "values")
_LONGEST = 64


@dataclass(frozen=True, slots=True)
class Profile:
    """columns: header as the source writes it -> column; values: column -> its word -> ours"""

    name: str
    kind: RegistryKind | None = None
    source: str = ""
    columns: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def headers(self) -> dict[str, tuple[str, ...]]:
        """Every column with all headers that mean it, this source's own among them."""
        own: dict[str, tuple[str, ...]] = {}
        for header, column in self.columns.items():
            own[column] = (*own.get(column, ()), header)
        taken = set(self.columns)
        return {
            column: (*(word for word in words if word not in taken), *own.get(column, ()))
            for column, words in REGISTRY_COLUMNS.items()
        }

    def translated(self, values: Mapping[str, str]) -> Mapping[str, str]:
        """A row in our words; a cell that came without its digits stays one (core/cells.py)."""
        if not self.values:
            return values
        return {column: self.values.get(column, {}).get(text.strip(), text) for column, text in values.items()}

    def document(self) -> str:
        """The form in which it is kept: JSON with sorted keys."""
        plain = {
            "name": self.name,
            "kind": self.kind.value if self.kind else "",
            "source": self.source,
            "columns": dict(self.columns),
            "values": {column: dict(words) for column, words in self.values.items()},
        }
        return json.dumps(plain, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


PLAIN = Profile("")
"""The headers of contract.md alone."""


def read_profile(document: Node) -> tuple[Profile | None, tuple[Problem, ...]]:
    """The profile of a document, or None and every fault, in the order of lines."""
    problems: list[Problem] = []

    def wrong(node: Node, where: str, zh: str, en: str) -> None:
        problems.append(Problem(node.line, where, zh, en))

    fields = _mapping(document)
    if fields is None:
        wrong(document, "document", "应为一组字段", "fields are wanted here")
        fields = {}
    for given, part in fields.items():
        if given not in _FIELDS:
            known = ", ".join(_FIELDS)
            wrong(part, given, f"没有这个字段；可用：{known}", f"no such field; known: {known}")
    name = fields.get("name", document)
    if not (isinstance(name.value, str) and _NAME.fullmatch(name.value)):
        wrong(name, "name", "应为 1 至 64 个字符的名称", "a name of 1 to 64 characters is wanted")
    kind = _kind(fields.get("kind"), problems)
    source = fields.get("source", Node("", document.line))
    if not isinstance(source.value, str | None) or len(source.value or "") > _LONGEST:
        wrong(source, "source", "应为 64 个字符以内的来源名称", "the source's name of up to 64 characters is wanted")
    columns = _columns(fields.get("columns"), problems)
    values = _values(fields.get("values"), problems)
    if problems:
        return None, tuple(sorted(problems, key=lambda problem: (problem.line, problem.where)))
    return Profile(str(name.value), kind, source_named(str(source.value or "")), columns, values), ()


def profile_from_stored(document: str) -> Profile:
    """Of `Profile.document`."""
    plain = json.loads(document)
    kind = RegistryKind(plain["kind"]) if plain["kind"] else None
    return Profile(plain["name"], kind, plain["source"], plain["columns"], plain["values"])


def _mapping(node: Node) -> dict[str, Node] | None:
    return node.value if isinstance(node.value, dict) else None


def _kind(node: Node | None, problems: list[Problem]) -> RegistryKind | None:
    if node is None or node.value is None:
        return None
    if isinstance(node.value, str) and node.value in set(RegistryKind):
        return RegistryKind(node.value)
    known = ", ".join(RegistryKind)
    problems.append(Problem(node.line, "kind", f"应为其中之一：{known}", f"one of these is wanted: {known}"))
    return None


def _words(node: Node, where: str, problems: list[Problem]) -> dict[str, Node]:
    """Words on the left, words on the right."""
    found = _mapping(node)
    if found is None:
        problems.append(Problem(node.line, where, "应为一组“原文: 对应”", "pairs of `theirs: ours` are wanted here"))
        return {}
    for theirs, ours in found.items():
        if not isinstance(ours.value, str) or not theirs.strip():
            problems.append(Problem(ours.line, f"{where}.{theirs}", "应为一个词", "one word is wanted"))
    return {theirs.strip(): ours for theirs, ours in found.items() if isinstance(ours.value, str) and theirs.strip()}


def _columns(node: Node | None, problems: list[Problem]) -> dict[str, str]:
    found: dict[str, str] = {}
    for header, column in _words(node, "columns", problems).items() if node is not None else ():
        if _known_column(column.value):
            found[header] = str(column.value)
        else:
            problems.append(_unknown_column(column, f"columns.{header}"))
    return found


def _values(node: Node | None, problems: list[Problem]) -> dict[str, dict[str, str]]:
    if node is None:
        return {}
    parts = _mapping(node)
    if parts is None:
        problems.append(Problem(node.line, "values", "应按列给出词语对应", "words by column are wanted here"))
        return {}
    found: dict[str, dict[str, str]] = {}
    for column, part in parts.items():
        if not _known_column(column):
            problems.append(_unknown_column(part, f"values.{column}"))
        words = _words(part, f"values.{column}", problems)
        found[column] = {theirs: str(ours.value) for theirs, ours in words.items()}
    return found


def _known_column(name: object) -> bool:
    return isinstance(name, str) and name in REGISTRY_COLUMNS


def _unknown_column(node: Node, where: str) -> Problem:
    known = ", ".join(REGISTRY_COLUMNS)
    return Problem(node.line, where, f"没有这一列；可用：{known}", f"no such column; known: {known}")
