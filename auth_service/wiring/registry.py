"""The use cases about files of registries, each built once."""

from __future__ import annotations

from functools import cached_property

from auth_service.flows.import_registry import ImportRegistry
from auth_service.flows.keep_registry import KeepRegistry
from auth_service.wiring.flows import Flows


class RegistryFlows(Flows):
    """Data that other offices send, and who lets it count."""

    @cached_property
    def import_registry(self) -> ImportRegistry:
        return ImportRegistry(self.ledger_store, self.clock, self.settings.crosscheck)

    @cached_property
    def keep_registry(self) -> KeepRegistry:
        return KeepRegistry(self.store, self.clock)
