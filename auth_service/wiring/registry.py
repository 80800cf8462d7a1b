"""The use cases about files of registries, each built once."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property

from auth_service.connectors.pushed_file import pushed_table
from auth_service.crosscheck.ports import Comparer
from auth_service.crosscheck.records import PersonFacts
from auth_service.flows.admit_push import AdmitPush
from auth_service.flows.build_poverty_month import BuildPovertyMonth
from auth_service.flows.compare_registry import CompareRegistry
from auth_service.flows.count_fund import CountFund
from auth_service.flows.disprove_link import DisproveLink
from auth_service.flows.import_registry import ImportRegistry
from auth_service.flows.keep_registry import KeepRegistry
from auth_service.flows.list_links import ListLinks
from auth_service.flows.see_pushes import SeePushes
from auth_service.web.services import Registry
from auth_service.wiring.flows import Flows


class RegistryFlows(Flows):
    """Data that other offices send, who lets it count, and whom it may mean."""

    @cached_property
    def import_registry(self) -> ImportRegistry:
        return ImportRegistry(self.ledger_store, self.clock, self.settings.crosscheck)

    @cached_property
    def build_poverty_month(self) -> BuildPovertyMonth:
        return BuildPovertyMonth(self.ledger_store, self.clock)

    def registry_calls(self) -> Registry:
        """Those of other offices' systems; the role that imports is asked for when the first file comes."""
        return Registry(
            pushed_table, AdmitPush(self.store, self.clock), lambda: self.import_registry, SeePushes(self.store)
        )

    @cached_property
    def keep_registry(self) -> KeepRegistry:
        return KeepRegistry(self.store, self.clock)

    @cached_property
    def compare_registry(self) -> CompareRegistry:
        return CompareRegistry(self.store, self.clock, _linkage)

    @cached_property
    def disprove_link(self) -> DisproveLink:
        return DisproveLink(self.store, self.clock)

    @cached_property
    def list_links(self) -> ListLinks:
        return ListLinks(self.store, self.clock)

    @cached_property
    def count_fund(self) -> CountFund:
        return CountFund(self.store, self.clock)


def _linkage(people: Iterable[PersonFacts]) -> Comparer:
    from auth_service.engines.linkage import Linkage  # noqa: PLC0415 - loads DuckDB, which few commands need

    return Linkage(people)
