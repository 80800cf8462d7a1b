"""What speaks for a suspicion and what speaks against it: both are always shown, and neither is summed up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from auth_service.beneficiaries.dates import parse_partial_date
from auth_service.casework.case import CaseEvent, Cause
from auth_service.casework.disposition import Outcome

LEVELS = ("id", "name", "birth", "region", "sex")
"""The fields that a comparison with a registry grades, as flags name them: `id_level` and so on."""


class For(StrEnum):
    """What speaks for it."""

    RECORD_FITS = "record_fits"
    """The registry's row is strongly linked to this person."""
    SEVERAL_SOURCES = "several_sources"
    PAID_AFTER = "paid_after"
    TOLD_OF_DEATH = "told_of_death"
    SOURCE_CONFIRMS = "source_confirms"
    NOT_REACHED = "not_reached"


class Against(StrEnum):
    """What speaks against it."""

    PASSED_AFTER = "passed_after"
    SEEN = "seen"
    REACHED = "reached"
    CONTESTED = "contested"
    RECORD_WEAK = "record_weak"
    FIELDS_DIFFER = "fields_differ"
    DATES_DISAGREE = "dates_disagree"
    SOURCE_CORRECTS = "source_corrects"
    TAKEN_BACK = "taken_back"
    """A registry took its row back, or a person found that it means somebody else."""
    JUDGED_FALSE = "judged_false"


@dataclass(frozen=True, slots=True)
class Knowledge:
    """What is known beside the flags' evidence.

    records       evidence of the flags that a registry's row raised which stands
    taken_back    another such row stands no more
    seen_on       when somebody saw the person since the case was opened
    passed_after  a pass clashes with a registered end; paid_after: a payment does
    false_flags   how many of the flags were judged false before
    """

    records: Sequence[Mapping[str, object]]
    steps: Sequence[CaseEvent]
    passed_after: bool
    paid_after: bool
    false_flags: int
    seen_on: date | None = None
    contested: bool = False
    taken_back: bool = False


@dataclass(frozen=True, slots=True)
class Weighed:
    """Both lists, in a fixed order."""

    speaks_for: tuple[For, ...]
    speaks_against: tuple[Against, ...]


def weigh(known: Knowledge) -> Weighed:
    """Both sides of what is known."""
    outcomes = {step.outcome for step in known.steps}
    strengths = {record.get("strength") for record in known.records}
    pro = {
        For.RECORD_FITS: "strong" in strengths,
        For.SEVERAL_SOURCES: len({record.get("source") for record in known.records}) > 1,
        For.PAID_AFTER: known.paid_after,
        For.TOLD_OF_DEATH: Outcome.TOLD_OF_DEATH in outcomes,
        For.SOURCE_CONFIRMS: Outcome.SOURCE_CONFIRMS in outcomes,
        For.NOT_REACHED: Outcome.NOT_REACHED in outcomes,
    }
    contra = {
        Against.PASSED_AFTER: known.passed_after,
        Against.SEEN: known.seen_on is not None or Outcome.SEEN in outcomes,
        Against.REACHED: Outcome.REACHED in outcomes,
        Against.CONTESTED: known.contested,
        Against.RECORD_WEAK: bool(known.records) and "strong" not in strengths,
        Against.FIELDS_DIFFER: any(_differs(record) for record in known.records),
        Against.DATES_DISAGREE: _disagree([str(one["event_date"]) for one in known.records if one.get("event_date")]),
        Against.SOURCE_CORRECTS: Outcome.SOURCE_CORRECTS in outcomes,
        Against.TAKEN_BACK: known.taken_back,
        Against.JUDGED_FALSE: known.false_flags > 0,
    }
    return Weighed(tuple(one for one, holds in pro.items() if holds), tuple(one for one, so in contra.items() if so))


def _disagree(days: Sequence[str]) -> bool:
    """Whether no one day can be meant by all. A month alone agrees with each of its days."""
    told = [parse_partial_date(day, "event_date") for day in days]
    return bool(told) and max(one.first for one in told) > min(one.last for one in told)


def _differs(record: Mapping[str, object]) -> bool:
    return any(record.get(f"{name}_level") == "different" for name in LEVELS)


def theories_of(cause: Cause, *, passed_after_death: bool) -> tuple[str, ...]:
    """What may be behind it, none of it believed more: a pass after a registered death has two explanations."""
    if cause is Cause.DEATH and passed_after_death:
        return ("record_wrong", "somebody_else_passed")
    return ()
