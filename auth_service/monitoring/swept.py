"""What a rule that looks through stored data is: a pure predicate, and the name of the set that it looks at."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar, Protocol

from auth_service.monitoring.flags import Flag, RuleWords, Severity


class Placed(Protocol):
    """One row of facts. place: where a sweep goes on behind it; text that sorts the same in every database"""

    @property
    def place(self) -> str: ...


class SweptRule(Protocol):
    """A rule over stored data; a frozen dataclass whose fields are its parameters (parameters.py).

    candidates  the set in storage/candidates of which `judge` looks at every row
    """

    rule_id: ClassVar[str]
    version: ClassVar[int]
    severity: ClassVar[Severity]
    words: ClassVar[RuleWords]
    candidates: ClassVar[str]

    def judge(self, facts: Any, now: datetime) -> Flag | None:
        """A flag, or None: nothing to look at."""
        ...
