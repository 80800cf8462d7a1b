"""Sets of facts that rules look through, narrowed by SQL.

question  of whom, or of what, could this rule be true?
rules     a set is never smaller than what its rule fires on, whatever its parameters; the rule alone judges
          whoever was erased is in none
          a page holds every row of facts that stands at its last place, so that a sweep goes on behind that place
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from auth_service.storage.candidates.accounts import account_holders, shared_accounts
from auth_service.storage.candidates.ages import old_people
from auth_service.storage.candidates.amounts import month_pairs
from auth_service.storage.candidates.contacts import phone_changes
from auth_service.storage.candidates.deaths import paid_after_death
from auth_service.storage.candidates.identities import ledger_identities
from auth_service.storage.candidates.namesakes import namesakes
from auth_service.storage.candidates.passes import margins, refused_people, silent_only
from auth_service.storage.candidates.photos import photo_changes
from auth_service.storage.candidates.staff_acts import acts_on_money, late_rows, overrides
from auth_service.storage.candidates.stopped import owed, payments_of_stopped
from auth_service.storage.candidates.tags import poverty_tags
from auth_service.storage.work import Work

Candidates = Callable[[Work, str, int, datetime], list[Any]]
"""(work, after, most, now) -> the next rows of facts in ascending order of `place` behind `after` (empty text: from the
start), about `most` of them; an empty list is the end."""

CANDIDATES: Mapping[str, Candidates] = {
    "account_holders": account_holders,
    "ledger_identities": ledger_identities,
    "month_pairs": month_pairs,
    "namesakes": namesakes,
    "owed": owed,
    "payments_of_stopped": payments_of_stopped,
    "shared_accounts": shared_accounts,
    "old_people": old_people,
    "phone_changes": phone_changes,
    "paid_after_death": paid_after_death,
    "margins": margins,
    "refused_people": refused_people,
    "silent_only": silent_only,
    "photo_changes": photo_changes,
    "acts_on_money": acts_on_money,
    "late_rows": late_rows,
    "overrides": overrides,
    "poverty_tags": poverty_tags,
}
"""Name, as rules give it -> set."""

OF_THE_LEDGER = frozenset({"account_holders", "shared_accounts"})
"""Sets that read where benefits are paid: only the ledger's database role may (docs/decisions/0013)."""

READS: Mapping[str, tuple[str, ...]] = {
    "account_holders": ("ledger", "proxy", "day"),
    "ledger_identities": ("ledger", "day"),
    "month_pairs": ("payments",),
    "namesakes": ("ledger", "day"),
    "owed": ("payments", "day"),
    "payments_of_stopped": ("payments", "acts"),
    "shared_accounts": ("ledger", "proxy", "day"),
    "acts_on_money": ("acts", "day"),
    "late_rows": ("payments", "acts"),
    "paid_after_death": ("payments", "acts", "day"),
    "phone_changes": ("ledger", "day"),
    **dict.fromkeys(("margins", "old_people", "overrides", "photo_changes", "refused_people"), ("day",)),
    "poverty_tags": ("ledger", "tags", "day"),
    "silent_only": ("sweep", "day"),
}
"""What a set is read from, in the words of records/rule_runs.py: its rule need not run again before any of it was
written, or, with `day`, before the next legal day. Acts are decided all day long: sets that open everybody's papers, or
read every payment, wait for the day instead. A set that is not named depends on everything."""
