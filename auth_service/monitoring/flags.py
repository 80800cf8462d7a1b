"""Flags (疑点) and what a monitor says of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

Facts = Mapping[str, str | int | float | bool | None]
"""JSON-safe facts without names, ID numbers or images."""


class Severity(StrEnum):
    """Sets the queue. Clocks: domain.md section 8."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


SEVERITY_ORDER: dict[Severity, int] = {severity: rank for rank, severity in enumerate(Severity)}


class Verdict(StrEnum):
    """A monitor's first judgement."""

    FALSE_FLAG = "false_flag"
    """误报: the rule fired on something harmless."""
    NEEDS_CHECK = "needs_check"
    """待核查: somebody must call, visit or look."""


@dataclass(frozen=True, slots=True)
class RuleWords:
    """What a rule means and asks for, in both languages."""

    title_zh: str
    title_en: str
    meaning_zh: str
    meaning_en: str
    action_zh: str
    action_en: str


@dataclass(frozen=True, slots=True)
class Flag:
    """One finding of one rule.

    person_ids  the people concerned; empty when a row never became a person
    evidence    JSON-safe facts without names, ID numbers or images
    photos      stored photos that show it, as (label, photo id): `probe`, `reference`, `other_reference`
    dedupe_key  the same finding is raised once per key
    device_id   the device that it concerns, of the registry; None for none
    hidden_key  the key holds keyed hashes that stand in other rows too. Flags outlive an erasure, so that what is kept
                is a hash of the whole key, under a label of its own
    """

    rule_id: str
    rule_version: int
    severity: Severity
    person_ids: tuple[str, ...]
    evidence: Facts
    dedupe_key: str
    raised_at: datetime
    photos: tuple[tuple[str, str], ...] = field(default=())
    device_id: str | None = None
    hidden_key: bool = False


def key_of_capture(rule_id: str, evidence_id: str) -> str:
    """The dedupe key of a rule that looks at one capture: one flag of it per capture, found from the capture."""
    return f"{rule_id}:{evidence_id}"


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a monitor decided about a flag, and why. Append-only; the newest counts."""

    flag_id: str
    verdict: Verdict
    reason: str
    judged_by: str
    judged_at: datetime
