"""Documents that people write as files, such as policies and mapping profiles: their parts and the lines of these."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Node:
    """A part of a document with its line, counted from 1. value: text, a list or a mapping; None for an empty one"""

    value: str | list[Node] | dict[str, Node] | None
    line: int


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault: its line, where, and what is wanted, (zh, en)."""

    line: int
    where: str
    zh: str
    en: str


def told(problems: Iterable[Problem]) -> str:
    """Faults in one line, as an error's detail."""
    return "; ".join(f"line {problem.line}: {problem.where}: {problem.zh} / {problem.en}" for problem in problems)
