"""A text that people are shown, cut into blocks that a template can lay out: no markup is ever passed through."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

_STRONG = re.compile(r"\*\*([^*]{1,200})\*\*")
_ITEM = re.compile(r"\d{1,2}\. ")


@dataclass(frozen=True, slots=True)
class Span:
    """Some words, perhaps stressed."""

    text: str
    strong: bool = False


@dataclass(frozen=True, slots=True)
class Block:
    """One heading, paragraph or numbered point."""

    kind: Literal["heading", "paragraph", "item"]
    spans: tuple[Span, ...]


def blocks_of(text: str) -> tuple[Block, ...]:
    """The non-empty lines of a text of enrollment/texts, each a block."""
    return tuple(_block(line.strip()) for line in text.splitlines() if line.strip())


def _block(line: str) -> Block:
    if line.startswith("# "):
        return Block("heading", (Span(line[2:]),))
    item = _ITEM.match(line)
    if item:
        return Block("item", _spans(line[item.end() :]))
    return Block("paragraph", _spans(line))


def _spans(line: str) -> tuple[Span, ...]:
    """Every second part of a split by one group is the group."""
    parts = _STRONG.split(line)
    return tuple(Span(part, strong=place % 2 == 1) for place, part in enumerate(parts) if part)
