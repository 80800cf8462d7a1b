"""Rows of releases that had no guards get theirs when the database is brought to this release, and at no other time."""

from __future__ import annotations

from collections.abc import Sequence

from auth_service.storage.records.erasure_guards import ERASURES_GUARDED_SINCE, guard_earlier_erasures
from auth_service.storage.records.guards import (
    ACCOUNTS_GUARDED_SINCE,
    CALIBRATIONS_GUARDED_SINCE,
    guard_earlier_accounts,
    guard_earlier_calibrations,
)
from auth_service.storage.work import Work


def guard_earlier_rows(work: Work, taken: Sequence[str]) -> None:
    """Gives a guard to the rows of a release that had none, and says in the audit trail how many they were.

    Only for the transaction that takes the step which adds the guard: later, whoever slipped a row in would have it
    made good. Accounts first: the others ask who acted. taken: the migration steps of this transaction
    """
    if ACCOUNTS_GUARDED_SINCE in taken:
        guard_earlier_accounts(work)
    if CALIBRATIONS_GUARDED_SINCE in taken:
        guard_earlier_calibrations(work)
    if ERASURES_GUARDED_SINCE in taken:
        guard_earlier_erasures(work)
