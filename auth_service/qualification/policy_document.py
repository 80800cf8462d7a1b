"""Policies as a document: every field checked, every fault told with its line, and the form in which it is kept.

A policy that would break what the law or the four truths of this service ask is refused here, whoever signs for it:
no reminder, no guard for those who cannot come, or a hold that nobody is warned of.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from typing import Any, TypeVar

from auth_service.beneficiaries.person import BenefitKind
from auth_service.beneficiaries.region import check_region_code
from auth_service.beneficiaries.tags import Tag
from auth_service.core.document import Node, Problem
from auth_service.core.errors import FieldInvalid
from auth_service.matching.comparison import Zone
from auth_service.qualification.evidence import Channel
from auth_service.qualification.grades import EventKind, Grade
from auth_service.qualification.period import Cycle, CycleKind
from auth_service.qualification.policy import ChannelRule, LivenessLevel, Policy, PolicySet, WeakRule

ALWAYS_GUARDED = frozenset({Tag.SUBSISTENCE, Tag.EXTREME_HARDSHIP, Tag.SEVERE_DISABILITY})
"""Whom no policy may leave out of its guard. source: domain.md section 6, guard"""
LEAST_NOTICE = 30
"""Days of the first reminder at least. source: Brazil's 30 days (domain.md 2.1), the shortest term seen"""
MOST_POLICIES = 500
_NAME = re.compile(r"[\w.\- ]{1,64}")
_DAY = re.compile(r"(\d{2})-(\d{2})")
_WORTH = re.compile(r"(strong|weak|none)(?: (\d{1,3}))?")
_FIELDS = {
    "policies": {"name", "policies"},
    "policy": {
        "benefits", "region", "cycle", "first_cycle_months", "reminders", "grace_days", "hold_for_overdue",
        "guard_tags", "channels", "evidence", "keeps_promises",
    },
    "cycle": {"kind", "months", "window_ends", "max_gap_months", "window_months", "month_end"},
    "evidence": {"silent", "weak", "points", "reuse_days", "sample_after"},
    "weak": {"allowed", "kinds", "points", "days"},
    "channel": {"liveness", "zones"},
}  # fmt: skip
_Word = TypeVar("_Word", bound=StrEnum)


class _Reader:
    """Reads a document and notes faults; a field that has one counts as left out."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def wrong(self, node: Node, where: str, zh: str, en: str) -> None:
        self.problems.append(Problem(node.line, where, zh, en))

    def fields(self, node: Node, where: str, kind: str) -> Mapping[str, Node]:
        """The fields of a mapping; unknown ones are faults, so that no slip of the pen is a silent default."""
        if not isinstance(node.value, dict):
            self.wrong(node, where, "应为一组字段", "fields are wanted here")
            return {}
        for name, part in node.value.items():
            if name not in _FIELDS[kind]:
                known = ", ".join(sorted(_FIELDS[kind]))
                self.wrong(part, f"{where}.{name}", f"没有这个字段；可用：{known}", f"no such field; known: {known}")
        return {name: part for name, part in node.value.items() if name in _FIELDS[kind]}

    def items(self, node: Node, where: str) -> list[Node]:
        if not isinstance(node.value, list):
            self.wrong(node, where, "应为列表", "a list is wanted here")
            return []
        return node.value

    def number(self, node: Node, where: str, least: int, most: int) -> int | None:
        text = node.value
        if isinstance(text, str) and re.fullmatch(r"\d{1,6}", text) and least <= int(text) <= most:
            return int(text)
        self.wrong(node, where, f"应为 {least} 至 {most} 的整数", f"a whole number from {least} to {most} is wanted")
        return None

    def truth(self, node: Node, where: str) -> bool | None:
        if node.value in {"true", "false"}:
            return node.value == "true"
        self.wrong(node, where, "应为 true 或 false", "true or false is wanted")
        return None

    def word(self, node: Node, where: str, words: type[_Word]) -> _Word | None:
        if isinstance(node.value, str) and node.value in set(words):
            return words(node.value)
        known = ", ".join(words)
        self.wrong(node, where, f"应为其中之一：{known}", f"one of these is wanted: {known}")
        return None

    def words(self, node: Node, where: str, words: type[_Word]) -> frozenset[_Word]:
        found = (self.word(item, f"{where}[{place}]", words) for place, item in enumerate(self.items(node, where)))
        return frozenset(word for word in found if word is not None)


def read_policies(document: Node) -> tuple[PolicySet | None, tuple[Problem, ...]]:
    """The policies of a document, or None and every fault, in the order of lines."""
    reader = _Reader()
    fields = reader.fields(document, "document", "policies")
    name = fields.get("name", document)
    if not (isinstance(name.value, str) and _NAME.fullmatch(name.value)):
        reader.wrong(name, "name", "应为 1 至 64 个字符的名称", "a name of 1 to 64 characters is wanted")
    if "policies" not in fields:
        reader.wrong(document, "policies", "缺少政策列表", "a list of policies is wanted")
    found: list[Policy] = []
    entries = reader.items(fields["policies"], "policies") if "policies" in fields else []
    for place, entry in enumerate(entries[:MOST_POLICIES]):
        found.extend(_entry(reader, entry, f"policies[{place}]"))
    if len(entries) > MOST_POLICIES or ("policies" in fields and not entries):
        reader.wrong(
            fields["policies"], "policies", f"应有 1 至 {MOST_POLICIES} 条", f"1 to {MOST_POLICIES} are wanted"
        )
    _refuse_twice(reader, entries, found)
    problems = tuple(sorted(reader.problems, key=lambda problem: (problem.line, problem.where)))
    return (None if problems else PolicySet(str(name.value), tuple(found))), problems


def _refuse_twice(reader: _Reader, entries: list[Node], found: list[Policy]) -> None:
    places = [(policy.benefit, policy.region) for policy in found]
    for benefit, region in sorted({place for place in places if places.count(place) > 1}):
        where = f"{benefit} {region or '*'}"
        reader.wrong(entries[-1], where, "同一险种和地区有两条政策", "two policies for one benefit and region")


def _entry(reader: _Reader, node: Node, where: str) -> Iterable[Policy]:
    """One entry: the same policy for each of its benefits."""
    fields = reader.fields(node, where, "policy")
    if "benefits" not in fields:
        reader.wrong(node, f"{where}.benefits", "缺少险种", "the benefits are wanted")
        return ()
    benefits = reader.words(fields["benefits"], f"{where}.benefits", BenefitKind)
    given: dict[str, Any] = {}
    for name, read in _READ.items():
        if name in fields:
            value = read(reader, fields[name], f"{where}.{name}")
            if value is not None:
                given |= value if name == "evidence" else {name: value}
    return [Policy(benefit, **given) for benefit in sorted(benefits)]


def _region(reader: _Reader, node: Node, where: str) -> str | None:
    try:
        return check_region_code(node.value) if isinstance(node.value, str) and node.value else ""
    except FieldInvalid:
        reader.wrong(
            node, where, "应为 2、4、6、9 或 12 位区划代码", "a region code of 2, 4, 6, 9 or 12 digits is wanted"
        )
        return None


def _cycle(reader: _Reader, node: Node, where: str) -> Cycle | None:
    fields = reader.fields(node, where, "cycle")
    given: dict[str, Any] = {}
    for name, least, most in (("months", 1, 36), ("max_gap_months", 1, 24), ("window_months", 1, 12)):
        if name in fields:
            given[name] = reader.number(fields[name], f"{where}.{name}", least, most)
    if "kind" in fields:
        given["kind"] = reader.word(fields["kind"], f"{where}.kind", CycleKind)
    if "month_end" in fields:
        given["month_end"] = reader.truth(fields["month_end"], f"{where}.month_end")
    if "window_ends" in fields:
        given["window_ends"] = _window_ends(reader, fields["window_ends"], f"{where}.window_ends")
    return None if None in given.values() else Cycle(**given)


def _window_ends(reader: _Reader, node: Node, where: str) -> tuple[tuple[int, int], ...] | None:
    found = []
    for item in reader.items(node, where):
        match = _DAY.fullmatch(item.value) if isinstance(item.value, str) else None
        if match is None or not (1 <= int(match[1]) <= 12 and 1 <= int(match[2]) <= 31):
            reader.wrong(item, where, "应为 MM-DD", "MM-DD is wanted")
            return None
        found.append((int(match[1]), int(match[2])))
    if len(found) not in range(1, 5) or found != sorted(set(found)):
        reader.wrong(node, where, "应为按年序排列的 1 至 4 个日期", "1 to 4 days in the order of the year are wanted")
        return None
    return tuple(found)


def _reminders(reader: _Reader, node: Node, where: str) -> tuple[int, ...] | None:
    days = [reader.number(item, where, 1, 180) for item in reader.items(node, where)]
    found = tuple(day for day in days if day is not None)
    if not found or len(found) < len(days) or list(found) != sorted(set(found), reverse=True):
        reader.wrong(node, where, "应为由远到近的提醒天数", "days, the farthest first, are wanted")
        return None
    if found[0] < LEAST_NOTICE:
        at_least = f"at least {LEAST_NOTICE} days before is wanted first"
        reader.wrong(node, where, f"首次提醒至少提前 {LEAST_NOTICE} 天", at_least)
        return None
    return found


def _guard(reader: _Reader, node: Node, where: str) -> frozenset[Tag]:
    found = reader.words(node, where, Tag)
    missing = ", ".join(sorted(ALWAYS_GUARDED - found))
    if missing:
        reader.wrong(node, where, f"不得略去：{missing}", f"these may not be left out: {missing}")
    return found


def _channels(reader: _Reader, node: Node, where: str) -> dict[Channel, ChannelRule]:
    found = {}
    for name, part in node.value.items() if isinstance(node.value, dict) else ():
        channel = reader.word(Node(name, part.line), f"{where}.{name}", Channel)
        fields = reader.fields(part, f"{where}.{name}", "channel")
        least, zones = LivenessLevel.LIVE, frozenset(ChannelRule().zones)
        if "liveness" in fields:
            least = reader.word(fields["liveness"], f"{where}.{name}.liveness", LivenessLevel) or least
        if "zones" in fields:
            zones = reader.words(fields["zones"], f"{where}.{name}.zones", Zone)
            if not zones or Zone.NON_MATCH in zones:
                reader.wrong(fields["zones"], where, "应为 match 或 match、grey", "match, or match and grey, is wanted")
        if channel is not None:
            found[channel] = ChannelRule(least, zones)
    return found


def _evidence(reader: _Reader, node: Node, where: str) -> dict[str, Any]:
    fields = reader.fields(node, where, "evidence")
    given: dict[str, Any] = {}
    if "silent" in fields:
        given["silent"] = reader.truth(fields["silent"], f"{where}.silent")
    for name, least, most in (("reuse_days", 30, 730), ("sample_after", 0, 10)):
        if name in fields:
            given[name] = reader.number(fields[name], f"{where}.{name}", least, most)
    if "weak" in fields:
        given["weak"] = _weak(reader, fields["weak"], f"{where}.weak")
    if "points" in fields:
        given["points"] = _points(reader, fields["points"], f"{where}.points")
    return {name: value for name, value in given.items() if value is not None}


def _weak(reader: _Reader, node: Node, where: str) -> WeakRule | None:
    """No policy makes one weak kind enough, nor fewer points than the table asks."""
    fields = reader.fields(node, where, "weak")
    given: dict[str, Any] = {}
    if "allowed" in fields:
        given["allowed"] = reader.truth(fields["allowed"], f"{where}.allowed")
    for name, least, most in (("kinds", 2, 6), ("points", 50, 300), ("days", 1, 366)):
        if name in fields:
            given[name] = reader.number(fields[name], f"{where}.{name}", least, most)
    return None if None in given.values() else WeakRule(**given)


def _points(reader: _Reader, node: Node, where: str) -> dict[EventKind, tuple[Grade, int]]:
    found = {}
    for name, part in node.value.items() if isinstance(node.value, dict) else ():
        kind = reader.word(Node(name, part.line), f"{where}.{name}", EventKind)
        match = _WORTH.fullmatch(part.value) if isinstance(part.value, str) else None
        if match is None:
            reader.wrong(part, f"{where}.{name}", "应为如 `weak 30` 的等级和分值", "a grade and points, as `weak 30`")
        elif kind is not None:
            found[kind] = (Grade(match[1]), int(match[2] or 0))
    return found


_READ: dict[str, Callable[[_Reader, Node, str], Any]] = {
    "region": _region,
    "cycle": _cycle,
    "first_cycle_months": lambda reader, node, where: reader.number(node, where, 1, 36),
    "reminders": _reminders,
    "grace_days": lambda reader, node, where: reader.number(node, where, 0, 365),
    "hold_for_overdue": lambda reader, node, where: reader.truth(node, where),
    "guard_tags": _guard,
    "channels": _channels,
    "evidence": _evidence,
    "keeps_promises": lambda reader, node, where: reader.truth(node, where),
}


def stored_form(document: Node) -> str:
    """A checked document as canonical JSON, which is what two people sign for and what the database keeps."""
    return json.dumps(_plain(document), sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def from_stored(text: str) -> PolicySet | None:
    """None: the text is no document of ours."""
    try:
        return read_policies(_located(json.loads(text)))[0]
    except (ValueError, RecursionError):
        return None


def _plain(node: Node) -> Any:
    if isinstance(node.value, dict):
        return {name: _plain(part) for name, part in node.value.items()}
    return [_plain(part) for part in node.value] if isinstance(node.value, list) else node.value


def _located(value: Any) -> Node:
    if isinstance(value, dict):
        return Node({str(name): _located(part) for name, part in value.items()}, 0)
    if isinstance(value, list):
        return Node([_located(part) for part in value], 0)
    return Node(value if isinstance(value, str) else None, 0)
