"""How a rule runs as data: its state, its parameters as its own class types them, and a milder severity.

rules   a setting is proposed by one person and put in force by another; until then the rule runs as its class says
        a rule in shadow is judged like any other; what it finds reaches no queue and no screen
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from hashlib import sha256
from typing import Any

from auth_service.core.errors import RuleParameterInvalid
from auth_service.monitoring.flags import Flag, Severity
from auth_service.monitoring.swept import SweptRule

Value = str | int | bool
"""A parameter as JSON keeps it; decimals are text."""
BOUNDS = (Decimal(0), Decimal(1_000_000))
"""Of numbers whose rule says no others: nothing that is counted in days, people, percent or CNY lies outside."""
_LONGEST = 64


class RuleState(StrEnum):
    """What becomes of what a rule finds."""

    SHADOW = "shadow"
    """试运行: kept apart and counted, to learn how often the rule is right; nobody is looked at for it."""
    IN_FORCE = "in_force"
    """生效: a flag for the monitor's queue."""
    OFF = "off"
    """停用: the rule does not run."""


@dataclass(frozen=True, slots=True)
class RuleTerms:
    """How one rule runs on a day.

    rule        with the parameters in force
    severity    in place of the rule's own, None: its own
    setting_id  of the setting in force, None: the rule runs as its class says
    """

    rule: SweptRule
    state: RuleState
    severity: Severity | None = None
    setting_id: str | None = None

    @property
    def mark(self) -> str:
        """Names rule, version and parameters: what was found under another mark was found by another rule."""
        said = {"rule": self.rule.rule_id, "version": self.rule.version, "parameters": parameters_of(self.rule)}
        return sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()

    def flag(self, found: Flag) -> Flag:
        """As it is raised: with the severity in force, and with the setting that it was found under."""
        if self.setting_id is None:
            return found
        severity = self.severity or found.severity
        return dataclasses.replace(
            found, severity=severity, evidence={**found.evidence, "rule_setting": self.setting_id}
        )


def parameters_of(rule: SweptRule | type[SweptRule]) -> dict[str, Value]:
    """All parameters with their values, or a class's with its defaults."""
    own: Any = rule
    if isinstance(rule, type):
        return {field.name: _plain(field.default) for field in dataclasses.fields(own)}
    return {field.name: _plain(getattr(own, field.name)) for field in dataclasses.fields(own)}


def configured(rule: type[SweptRule], given: Mapping[str, Any]) -> SweptRule:
    """The rule with these parameters; those not named keep the class's own.

    given    name -> value as JSON has it, or as text
    raises   RuleParameterInvalid, with the name
    """
    own: Any = rule
    fields = {field.name: field.default for field in dataclasses.fields(own)}
    unknown = sorted(set(given) - set(fields))
    if unknown:
        raise RuleParameterInvalid(f"{rule.rule_id} has: {', '.join(sorted(fields)) or 'none'}", field=unknown[0])
    bounds: Mapping[str, tuple[Decimal, Decimal]] = getattr(rule, "bounds", {})
    values = {name: _typed(name, value, fields[name], bounds.get(name, BOUNDS)) for name, value in given.items()}
    made: SweptRule = own(**values)
    return made


def _typed(name: str, value: Any, default: Any, bounds: tuple[Decimal, Decimal]) -> Any:
    if isinstance(default, bool):
        found = {"true": True, "false": False}.get(str(value).lower())
        if found is None:
            raise RuleParameterInvalid("true or false", field=name)
        return found
    if isinstance(default, str):
        if not isinstance(value, str) or not 0 < len(value) <= _LONGEST or not value.isprintable():
            raise RuleParameterInvalid(f"text of at most {_LONGEST} characters", field=name)
        return value
    return _number(name, value, type(default), bounds)


def _number(name: str, value: Any, kind: type[Any], bounds: tuple[Decimal, Decimal]) -> Any:
    try:
        number = Decimal(value if isinstance(value, str) else str(value))
    except InvalidOperation as error:
        raise RuleParameterInvalid("a number", field=name) from error
    if isinstance(value, bool) or not number.is_finite() or not bounds[0] <= number <= bounds[1]:
        raise RuleParameterInvalid(f"a number from {bounds[0]} to {bounds[1]}", field=name)
    if kind is int and number != int(number):
        raise RuleParameterInvalid("a whole number", field=name)
    return kind(number)


def _plain(value: Any) -> Value:
    return str(value) if isinstance(value, Decimal) else value
