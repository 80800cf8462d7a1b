"""Policies and mapping profiles in YAML, read with the line of every part. Plain YAML alone: no tags, no references, no
repeats. JSON is YAML too.

Values stay text as written: `06-30` is no sum and `no` is no truth value; what a field means says its reader
(qualification/policy_document.py, crosscheck/profiles.py).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from auth_service.core.document import Node
from auth_service.core.errors import FileUnreadable

MOST_BYTES = 1024 * 1024
"""source: own decision; 500 policies of 1 kB are half of it"""
_DEEPEST = 10


def read_policy_file(path: Path) -> Node:
    """raises FileUnreadable, whose detail says the line"""
    try:
        if path.stat().st_size > MOST_BYTES:
            raise FileUnreadable(f"more than {MOST_BYTES} bytes")
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise FileUnreadable(str(path)) from error
    return read_policy_text(text)


def read_policy_text(text: str) -> Node:
    """raises FileUnreadable, whose detail says the line"""
    try:
        _refuse_traps(text)
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
        where = f"line {mark.line + 1}: " if mark is not None else ""
        raise FileUnreadable(f"{where}{getattr(error, 'problem', None) or 'no YAML'}") from error
    except RecursionError as error:
        raise FileUnreadable("too deep") from error
    return Node(None, 1) if root is None else _node(root, 0)


def _refuse_traps(text: str) -> None:
    """An anchor makes a small file a huge document, and brackets in brackets take the square of their number."""
    depth = 0
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        line = event.start_mark.line + 1
        if getattr(event, "anchor", None) is not None:
            raise FileUnreadable(f"line {line}: no & and no *")
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > _DEEPEST + 1:
            raise FileUnreadable(f"line {line}: too deep")


def _node(node: Any, depth: int) -> Node:
    line = node.start_mark.line + 1
    if depth > _DEEPEST:
        raise FileUnreadable(f"line {line}: too deep")
    if isinstance(node, yaml.SequenceNode):
        return Node([_node(part, depth + 1) for part in node.value], line)
    if isinstance(node, yaml.MappingNode):
        found: dict[str, Node] = {}
        for key, part in node.value:
            name = str(key.value)
            if name in found:
                raise FileUnreadable(f"line {key.start_mark.line + 1}: {name} stands there twice")
            found[name] = _node(part, depth + 1)
        return Node(found, line)
    empty = node.tag == "tag:yaml.org,2002:null"
    return Node(None if empty else str(node.value), line)
