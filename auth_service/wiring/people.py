"""The use cases about who people are and where they live, each built once."""

from __future__ import annotations

from functools import cached_property

from auth_service.flows.import_arrangements import ImportArrangements
from auth_service.flows.import_regions import ImportRegions
from auth_service.flows.import_tags import ImportTags
from auth_service.flows.keep_data_wish import KeepDataWish
from auth_service.wiring.money import MoneyFlows


class PeopleFlows(MoneyFlows):
    """Regions, contacts, proxies, accommodations, lists of tags, and what people wish."""

    @cached_property
    def import_regions(self) -> ImportRegions:
        return ImportRegions(self.ledger_store, self.clock)

    @cached_property
    def import_arrangements(self) -> ImportArrangements:
        return ImportArrangements(self.ledger_store, self.clock)

    @cached_property
    def import_tags(self) -> ImportTags:
        return ImportTags(self.ledger_store, self.clock)

    @cached_property
    def keep_data_wish(self) -> KeepDataWish:
        return KeepDataWish(self.store, self.clock)
