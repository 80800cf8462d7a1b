"""What screens read: each query opens a short read transaction of its own."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date, datetime

from auth_service.capture.other_way import Way
from auth_service.monitoring.flags import Severity
from auth_service.monitoring.fund import FundCount, Restore
from auth_service.storage.queries.cases import CaseFilter, CaseLine, CasePage, count_cases, page_of_cases
from auth_service.storage.queries.desk import DeskFilter, DeskLine, DeskPage, count_desk, page_of_desk
from auth_service.storage.queries.due import DueFilter, DueLine, DuePage, LastPass, count_due, page_of_due
from auth_service.storage.queries.flags import FlagFilter, FlagLine, FlagPage, count_flags, page_of_flags
from auth_service.storage.queries.fund import open_contests, restores
from auth_service.storage.queries.fund_counts import count_fund, newest_count
from auth_service.storage.queries.money import (
    ContestLine,
    ContestPage,
    InstructionPage,
    MonthTotal,
    ProposalFilter,
    ProposalLine,
    ProposalPage,
    count_contests,
    count_proposals,
    month_totals,
    page_of_contests,
    page_of_instructions,
    page_of_proposals,
)
from auth_service.storage.queries.operations import Operations, operations
from auth_service.storage.queries.people import Masked, PersonSummary, summarise
from auth_service.storage.queries.poverty import (
    Counts,
    ListedPerson,
    PovertyFilter,
    PovertyMonth,
    poverty_list,
    poverty_months,
    poverty_places,
    poverty_series,
)
from auth_service.storage.queries.requests import RequestLine, RequestPage, count_requests, page_of_requests
from auth_service.storage.queries.scorecards import Fates, fates_of
from auth_service.storage.queries.totals import count_everything
from auth_service.storage.work import Work

__all__ = [
    "CaseFilter", "CaseLine", "CasePage", "ContestLine", "ContestPage", "Counts", "DeskFilter", "DeskLine", "DeskPage",
    "DueFilter", "DueLine", "DuePage", "Fates", "FlagFilter", "FlagLine", "FlagPage",
    "InstructionPage", "LastPass", "ListedPerson", "Masked",
    "MonthTotal", "Operations", "PersonSummary", "PovertyFilter", "PovertyMonth", "ProposalFilter", "ProposalLine",
    "ProposalPage", "Queries",
    "RequestLine", "RequestPage",
]  # fmt: skip


class Queries:
    """Reading for screens. Safe to share between threads."""

    def __init__(self, reading: Callable[[], AbstractContextManager[Work]]) -> None:
        self._reading = reading

    def flags(
        self,
        state: str | None = None,
        *,
        rule_id: str | None = None,
        severity: Severity | None = None,
        region: str | None = None,
        cursor: str | None = None,
        limit: int = 50,
    ) -> FlagPage:
        """One page of the queue: worst first, then newest.

        state    `open` (not judged), `needs_check`, `false_flag`, None for all
        region   region code or the beginning of one, of any person concerned
        cursor   `next_cursor` of the page before
        raises   FieldInvalid: state or cursor
        """
        with self._reading() as work:
            return page_of_flags(work, FlagFilter(state, rule_id, severity, region), cursor, limit)

    def flag_counts(self) -> dict[str, int]:
        """How many flags are `open`, `needs_check` and `false_flag`."""
        with self._reading() as work:
            return count_flags(work)

    def fates(self, since: datetime, until: datetime) -> Fates:
        """What became of every flag raised in a window, and of what rules in shadow found in it."""
        with self._reading() as work:
            return fates_of(work, since, until)

    def cases(self, wanted: CaseFilter, cursor: str | None = None, limit: int = 50) -> CasePage:
        """One page of the queue: worst first, then more rules, then the earliest due. raises FieldInvalid"""
        with self._reading() as work:
            return page_of_cases(work, wanted, cursor, limit)

    def case_counts(self, staff: str, today: date) -> dict[str, int]:
        """How many are in each list (queries/cases.py). staff: whose own `mine` counts"""
        with self._reading() as work:
            return count_cases(work, staff, today)

    def desk(self, wanted: DeskFilter, cursor: str | None = None, limit: int = 50) -> DeskPage:
        """One page of the captures that a person must look at, the longest waiting first. raises FieldInvalid"""
        with self._reading() as work:
            return page_of_desk(work, wanted, cursor, limit)

    def desk_counts(self) -> dict[str, int]:
        """How many captures are `waiting`, `decided` (their undo window is open) and `settled`."""
        with self._reading() as work:
            return count_desk(work)

    def due(self, wanted: DueFilter, cursor: str | None = None, limit: int = 50, most: int = 200) -> DuePage:
        """One page of benefits by how they stand, the earliest due date first. raises FieldInvalid: cursor"""
        with self._reading() as work:
            return page_of_due(work, wanted, cursor, limit, most)

    def due_counts(self, region: str | None = None) -> dict[str, int]:
        """How many benefits stand in which state."""
        with self._reading() as work:
            return count_due(work, region)

    def requests(
        self, *, settled: bool | None = False, way: Way | None = None, cursor: str | None = None, limit: int = 50
    ) -> RequestPage:
        """One page of the requests for another way, the longest waiting first. raises FieldInvalid: cursor"""
        with self._reading() as work:
            return page_of_requests(work, settled=settled, way=way, cursor=cursor, limit=limit)

    def request_counts(self) -> dict[str, int]:
        """How many are `waiting`, `done`, and of `nobody` in the ledger."""
        with self._reading() as work:
            return count_requests(work)

    def proposals(self, wanted: ProposalFilter, cursor: str | None = None, limit: int = 50) -> ProposalPage:
        """One page of the acts on money, the longest waiting first. raises FieldInvalid"""
        with self._reading() as work:
            return page_of_proposals(work, wanted, cursor, limit)

    def proposal_counts(self) -> dict[str, int]:
        """How many are `waiting`, `approved`, `returned` and `withdrawn`."""
        with self._reading() as work:
            return count_proposals(work)

    def contests(
        self, state: str = "open", *, region: str | None = None, cursor: str | None = None, limit: int = 50
    ) -> ContestPage:
        """One page of the contests: who passed remotely first, then who waits longest. raises FieldInvalid"""
        with self._reading() as work:
            return page_of_contests(work, state, region, cursor, limit)

    def contest_counts(self) -> dict[str, int]:
        """How many are `open`, `restored` and `dismissed`; `passed`: open ones with a remote pass."""
        with self._reading() as work:
            return count_contests(work)

    def instructions(self, cursor: str | None = None, limit: int = 50) -> InstructionPage:
        """One page of approved acts, in the order of their approval. raises FieldInvalid: cursor"""
        with self._reading() as work:
            return page_of_instructions(work, cursor, limit)

    def money_totals(self, region: str | None = None, digits: int = 12) -> list[MonthTotal]:
        """What was paid, by region, benefit and entitlement month."""
        with self._reading() as work:
            return month_totals(work, region, digits)

    def restores(self, since: datetime, until: datetime) -> list[Restore]:
        """Benefits resumed in that time, each with the first act that had stopped it."""
        with self._reading() as work:
            return restores(work, since, until)

    def open_contests(self) -> list[datetime]:
        """When each contest was opened that nobody has answered, the oldest first."""
        with self._reading() as work:
            return open_contests(work)

    def count_fund(self, days: int, now: datetime) -> FundCount:
        """Counts anew, over the days up to now: for the worker."""
        with self._reading() as work:
            return count_fund(work, days, now)

    def fund_count(self, days: int) -> FundCount | None:
        """The newest count that is kept of a window; None: there is none yet."""
        with self._reading() as work:
            return newest_count(work, days)

    def poverty_months(self) -> list[PovertyMonth]:
        """Months of the poverty ledger, newest first, each in the version that counts."""
        with self._reading() as work:
            return poverty_months(work)

    def poverty_places(self, month_id: str, wanted: PovertyFilter) -> dict[str, Counts]:
        """What a version counts in the places of the next smaller level within a region, by code."""
        with self._reading() as work:
            return poverty_places(work, month_id, wanted)

    def poverty_series(self, month_ids: list[str], wanted: PovertyFilter) -> dict[str, Counts]:
        """What each of these versions counts in a region."""
        with self._reading() as work:
            return poverty_series(work, month_ids, wanted)

    def poverty_list(self, month_id: str, wanted: PovertyFilter, most: int) -> list[ListedPerson]:
        """Who stands on lists in a region. raises KeyMissing, SealBroken"""
        with self._reading() as work:
            return poverty_list(work, month_id, wanted, most)

    def person_summary(self, person_id: str) -> PersonSummary | None:
        """What a staff screen shows of a person without a reveal. raises KeyMissing, SealBroken"""
        with self._reading() as work:
            return summarise(work, person_id)

    def operations(self) -> Operations:
        """What an operator watches. raises DatabaseUnavailable, SchemaOutdated"""
        with self._reading() as work:
            return operations(work)

    def totals(self) -> dict[str, int]:
        """How much of everything is stored."""
        with self._reading() as work:
            return count_everything(work)
