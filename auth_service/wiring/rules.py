"""The use cases about rules of fund supervision, each built once."""

from __future__ import annotations

from functools import cached_property

from auth_service.flows.judge_shadow import JudgeShadow
from auth_service.flows.keep_rules import KeepRules
from auth_service.flows.rehearse_rule import RehearseRule
from auth_service.flows.run_rules import RunRules
from auth_service.flows.see_scorecards import SeeScorecards
from auth_service.wiring.flows import Flows


class RuleFlows(Flows):
    """How rules run, what they would find, and how often they are right."""

    @cached_property
    def run_rules(self) -> RunRules:
        apart = not self.settings.url.startswith("sqlite") and not self.settings.ledger_database_url
        return RunRules(self.store, self.ledger_store, self.clock, reads_bank=not apart)

    @cached_property
    def rehearse_rule(self) -> RehearseRule:
        return RehearseRule(self.store, self.ledger_store, self.clock)

    @cached_property
    def keep_rules(self) -> KeepRules:
        return KeepRules(self.store, self.clock)

    @cached_property
    def see_scorecards(self) -> SeeScorecards:
        return SeeScorecards(self.store, self.clock)

    @cached_property
    def judge_shadow(self) -> JudgeShadow:
        return JudgeShadow(self.store, self.clock)
