"""The use cases about cases, each built once."""

from __future__ import annotations

from functools import cached_property

from auth_service.connectors.case_packs import sign_pack
from auth_service.flows.decide_case import DecideCase
from auth_service.flows.gather_cases import GatherCases
from auth_service.flows.see_case import SeeCases
from auth_service.flows.work_case import WorkCase
from auth_service.web.services import Cases
from auth_service.wiring.flows import Flows


class CaseFlows(Flows):
    """Flags become cases, and people decide them."""

    @cached_property
    def gather_cases(self) -> GatherCases:
        return GatherCases(self.store, self.clock)

    @cached_property
    def work_case(self) -> WorkCase:
        return WorkCase(self.store, self.clock)

    @cached_property
    def decide_case(self) -> DecideCase:
        return DecideCase(self.store, self.clock)

    @cached_property
    def see_cases(self) -> SeeCases:
        return SeeCases(self.store, self.clock, lambda document: sign_pack(document, self.signer))

    def case_flows(self) -> Cases:
        return Cases(self.see_cases, self.gather_cases, self.work_case, self.decide_case)
