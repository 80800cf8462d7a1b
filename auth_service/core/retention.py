"""How long each kind of record is kept: the policy as data. `flows/retain.py` carries it out, the table of
docs/compliance/retention.md is printed from it.

Laws differ and change: the defaults are engineering readings of the sources named (docs/design/trust.md section 3), to
be confirmed by the operator's own counsel. A longer period can be set where an archive law asks for it; what is fixed
here cannot be shortened.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from auth_service.core.retention_files import KEYS_PART_DAYS
from auth_service.core.retention_rule import Rule
from auth_service.core.retention_rules import PRINT_DAYS, RULES

__all__ = [
    "CAPTURE_DAYS", "FACT_DAYS", "KEYS_PART_DAYS", "LEAST_PRINT_DAYS", "PILOT_DAYS", "PRINT_DAYS", "RULES",
    "BackupPolicy", "RetentionPolicy", "Rule", "age_of", "days_of", "markdown", "period_of",
]  # fmt: skip

FACT_DAYS = 1096
"""Scores, verdicts, certificates; the database refuses to remove younger ones. source: trust.md 3, three years"""
CAPTURE_DAYS = 425
"""Captures; the database refuses to remove younger ones, for they are what recognises last year's recording.
source: own decision, a yearly pass and two months, where `capture_days` counts two passes"""

PILOT_DAYS = 30
"""Frames of a pilot, at most. source: own decision; the text pilot_consent/2026-11-28 promises it"""

LEAST_PRINT_DAYS = 396
"""Prints of films, that are kept for PRINT_DAYS; the database refuses to remove younger ones than these.
source: own decision, a yearly pass and a month"""


@dataclass(frozen=True, slots=True)
class RetentionPolicy:
    """After how many days the retention job removes what. source: trust.md section 3, retention defaults

    review_days      pictures kept for a look, after the decision about the last flag that shows them
    replaced_days    pictures and averages of enrolled photos that have left the set in force
    capture_days     templates and hashes of captures and of enrolled photos out of force: two yearly passes and two
                     months, because last year's recording is the commonest replay; at least 425
    fact_days        scores, verdicts and certificates; at least 1096
    answer_days      answers saved under an Idempotency-Key; a kiosk may repeat a request after 72 hours
    notice_days      what people were told; at least 1096, as long as the facts that it tells of
    failure_days     failed sign-ins that no good one followed
    session_days     sign-ins that have ended; they hold for 8 hours
    import_days      records of imports (file name sealed, counts)
    reject_days      files of refused rows under HOME/rejects
    registry_days    what rows of registries say of people, after which linkage no longer sees them
    pilot_days       frames of a pilot's sessions; at most 30, as the consent says
    orphan_days      photo files that no record names, until they are set aside
    set_aside_days   photo files set aside; one that a record names after all is read where it lies, and stays
    """

    review_days: int = 60
    replaced_days: int = 60
    capture_days: int = 800
    fact_days: int = FACT_DAYS
    answer_days: int = 7
    notice_days: int = FACT_DAYS
    failure_days: int = 30
    session_days: int = 1
    import_days: int = 1096
    reject_days: int = 30
    registry_days: int = 30
    pilot_days: int = PILOT_DAYS
    orphan_days: int = 1
    set_aside_days: int = 14

    def __post_init__(self) -> None:
        if self.fact_days < FACT_DAYS:
            raise ValueError(f"fact_days cannot be less than {FACT_DAYS}")
        if self.notice_days < FACT_DAYS:
            raise ValueError(f"notice_days cannot be less than {FACT_DAYS}")
        if self.capture_days < CAPTURE_DAYS:
            raise ValueError(f"capture_days cannot be less than {CAPTURE_DAYS}")
        if self.capture_days > self.fact_days:
            raise ValueError("a capture cannot outlive the verdict that it belongs to")
        if self.pilot_days > PILOT_DAYS:
            raise ValueError(f"pilot_days cannot be more than {PILOT_DAYS}")
        if min(getattr(self, name) for name in self.__slots__) < 1:
            raise ValueError("every period is at least one day")


@dataclass(frozen=True, slots=True)
class BackupPolicy:
    """Where backups go and who can open them. source: docs/decisions/0022-backup.md

    folder        where the worker makes a backup every day, and `doctor` looks for the newest; none when empty
    recovery_key  public half of the offline recovery key, from `auth-service backup recovery-key`
    """

    folder: str = ""
    recovery_key: str = ""


def age_of(rule: Rule, policy: RetentionPolicy) -> timedelta | None:
    """The period in force; None where the job removes nothing."""
    if rule.hours is not None:
        return timedelta(hours=rule.hours)
    days = days_of(rule, policy)
    return None if days is None else timedelta(days=days)


def days_of(rule: Rule, policy: RetentionPolicy) -> int | None:
    """The period in force; None where the job removes nothing."""
    if isinstance(rule.days, str):
        return int(getattr(policy, rule.days))
    return rule.days


def period_of(rule: Rule, policy: RetentionPolicy) -> str:
    """In words: days, hours where it is less than a day, or `kept`."""
    if rule.hours is not None:
        return f"{rule.hours} h"
    days = days_of(rule, policy)
    return "kept" if days is None else str(days)


def markdown(policy: RetentionPolicy) -> str:
    """The table of docs/compliance/retention.md."""
    head = ["| kind | records | days | counted from | then | source |", "|---|---|---|---|---|---|"]
    return "\n".join([*head, *(_line(rule, policy) for rule in RULES)]) + "\n"


def _line(rule: Rule, policy: RetentionPolicy) -> str:
    cells = (f"`{rule.kind}`", rule.records, period_of(rule, policy), rule.starts, rule.ends, rule.source)
    return f"| {' | '.join(cells)} |"
