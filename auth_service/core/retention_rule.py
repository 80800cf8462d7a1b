"""One row of the table of periods (core/retention_rules.py)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rule:
    """One row of the table.

    kind     stable name: counts of the job go by it
    records  what, and where it lies
    days     field of RetentionPolicy, or the fixed number of days; None where the job removes nothing
    hours    in place of days, for what goes sooner
    starts   from when the days count; where the job removes nothing, how long it is kept and what ends it
    ends     what is done
    source   why so long and no longer
    """

    kind: str
    records: str
    days: str | int | None
    starts: str
    ends: str
    source: str
    hours: int | None = None
