"""Fund supervision over the real flows: two policy administrators and a monitor beside Wang Xiuying's payments."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from auth_service.accounts.roles import Role
from auth_service.beneficiaries.ledger import check_ledger_row
from auth_service.core.clock import legal_date
from auth_service.flows.judge_shadow import JudgeShadow
from auth_service.flows.keep_rules import KeepRules, RuleWish
from auth_service.flows.rehearse_rule import RehearseRule
from auth_service.flows.run_rules import RuleReport, RunRules
from auth_service.flows.see_scorecards import SeeScorecards
from auth_service.monitoring.parameters import RuleState
from auth_service.storage.unit import ShadowFlag
from tests.builders import LI, WANG, Agency
from tests.conftest import FixedClock
from tests.flows.paying import Money


class Supervision:
    """An agency whose rules look through what is stored."""

    def __init__(self, agency: Agency, clock: FixedClock) -> None:
        self.agency, self.clock = agency, clock
        self.money = Money(agency, clock)
        self.admin, self.other = (agency.member(Role.POLICY_ADMIN, name) for name in ("gao", "he"))
        self.monitor = agency.member(Role.MONITOR, "chen")
        self.running = RunRules(agency.store, agency.ledger_store, clock)
        self.rehearsing = RehearseRule(agency.store, agency.ledger_store, clock)
        self.keeping = KeepRules(agency.store, clock)
        self.cards = SeeScorecards(agency.store, clock)
        self.judging = JudgeShadow(agency.store, clock)

    def run(self, *rules: str, progress: Callable[[int], None] = lambda _: None) -> dict[str, RuleReport]:
        report = self.running.run(rules, "cli", progress)
        assert report.failed == {}
        return {one.rule_id: one for one in report.ran}

    def set(self, rule: str, state: RuleState, **more: Any) -> None:
        setting = self.keeping.propose(RuleWish(rule, state, "试运行结束", **more), self.admin)
        self.keeping.activate(setting.id, legal_date(self.clock.now()), self.other)

    def share_account(self, *numbers: str, holder: str = "赵六") -> None:
        """Wang, Li and whoever else are paid to one account."""
        now = self.clock.now()
        for number in numbers or (WANG, LI):
            values = {
                "id_number": number, "name": "王秀英" if number == WANG else "李建国", "region_code": "130203",
                "benefit_kind": "resident_pension", "bank_account": "62220001", "account_holder": holder,
            }  # fmt: skip
            with self.agency.ledger_store.unit() as unit:
                unit.people.apply(check_ledger_row(values, legal_date(now)), now, "batch")

    def sample(self, rule: str) -> list[ShadowFlag]:
        return self.judging.sample(rule, 100, self.monitor)
