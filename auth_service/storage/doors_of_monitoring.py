"""The part of a unit that fund supervision reads and writes: flags, rules and what they look at."""

from __future__ import annotations

from datetime import datetime
from functools import cached_property
from typing import Any

from auth_service.storage.candidates import CANDIDATES, OF_THE_LEDGER, READS
from auth_service.storage.records.bank import Bank
from auth_service.storage.records.compared_people import ComparedPeople
from auth_service.storage.records.flags import Flags, Judgements
from auth_service.storage.records.links import Links
from auth_service.storage.records.poverty import PovertyMonths
from auth_service.storage.records.rule_runs import RuleRuns
from auth_service.storage.records.rules import RuleSettings
from auth_service.storage.records.shadow import ShadowFlags
from auth_service.storage.work import Work


class MonitoringDoors:
    """See the module."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def candidates(self, name: str, after: str, most: int, now: datetime) -> list[Any]:
        """The next facts of a set behind a place, as storage/candidates has it.

        raises   KeyError: no such set; LedgerRoleMissing: it reads where benefits are paid, and this role may not
        """
        if name in OF_THE_LEDGER:
            Bank(self._work).require()
        return CANDIDATES[name](self._work, after, most, now)

    def seen(self, name: str, now: datetime) -> str:
        """A mark of what a set is read from, which changes once anything of it is written."""
        return self.rule_runs.seen(READS.get(name), now)

    @cached_property
    def flags(self) -> Flags:
        return Flags(self._work)

    @cached_property
    def judgements(self) -> Judgements:
        return Judgements(self._work)

    @cached_property
    def rule_settings(self) -> RuleSettings:
        return RuleSettings(self._work)

    @cached_property
    def rule_runs(self) -> RuleRuns:
        return RuleRuns(self._work)

    @cached_property
    def shadow_flags(self) -> ShadowFlags:
        return ShadowFlags(self._work)

    @cached_property
    def links(self) -> Links:
        return Links(self._work)

    @cached_property
    def compared_people(self) -> ComparedPeople:
        return ComparedPeople(self._work)

    @cached_property
    def poverty(self) -> PovertyMonths:
        return PovertyMonths(self._work)
