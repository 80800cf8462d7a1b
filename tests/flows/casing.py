"""Cases over the real flows: two monitors, a checker, and flags as rules raise them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from auth_service.accounts.credentials import StaffMember
from auth_service.accounts.roles import Role
from auth_service.casework.disposition import Disposition, Outcome, Step
from auth_service.connectors.case_packs import sign_pack
from auth_service.flows.decide_case import DecideCase
from auth_service.flows.gather_cases import GatherCases
from auth_service.flows.see_case import CaseShown, SeeCases
from auth_service.flows.work_case import Checked, WorkCase
from auth_service.monitoring.flags import Flag, Severity, Verdict
from auth_service.storage.unit import StoredCase
from tests.builders import Agency
from tests.conftest import FixedClock
from tests.flows.paying import Money


class Desk:
    """Wang Xiuying, who draws 148.00 a month, and those who look into her cases."""

    def __init__(self, agency: Agency, clock: FixedClock) -> None:
        self.agency, self.clock, self.store = agency, clock, agency.store
        self.money = Money(agency, clock)
        self.person = self.money.person
        self.monitor, self.other = agency.member(Role.MONITOR, "chen"), agency.member(Role.MONITOR, "qian")
        self.checker = self.money.checker
        self.gathering, self.working = GatherCases(self.store, clock), WorkCase(self.store, clock)
        self.deciding = DecideCase(self.store, clock)
        self.seeing = SeeCases(self.store, clock, lambda document: sign_pack(document, agency.signer))

    def flag(
        self, rule: str = "D01", severity: Severity = Severity.CRITICAL, key: str = "", *people: str, **facts: Any
    ) -> str:
        concerned = people or (self.person,)
        flag = Flag(rule, 1, severity, concerned, facts, f"{rule}:{key or concerned[0]}", self.clock.now())
        with self.store.unit() as unit:
            raised = unit.flags.raise_once(flag)
        assert raised is not None
        return raised

    def died(self, on: str = "2025-12-20", rule: str = "D01", **more: str) -> str:
        """A registry's row that was linked to her, as the comparison raises it."""
        facts = {
            "link": "a" * 32, "kind": "death", "source": "civil_affairs", "link_rule": "L01", "strength": "strong",
            "id_level": "exact", "name_level": "exact", "birth_level": "missing", "region_level": "county",
            "sex_level": "same", "event_date": on, **more,
        }  # fmt: skip
        return self.flag(rule, Severity.CRITICAL, f"{on}{more.get('source', '')}", **facts)

    def gather(self) -> dict[str, int]:
        return self.gathering.run()

    def cases(self, person: str = "") -> list[StoredCase]:
        with self.store.reading() as unit:
            return list(unit.cases.of(person or self.person))

    @property
    def case(self) -> StoredCase:
        (found,) = self.cases()
        return found

    def check(self, step: Step = Step.CALL, outcome: Outcome = Outcome.NOT_REACHED, note: str = "无人接听") -> None:
        self.working.note_step(self.case.id, Checked(step, outcome, note), self.monitor)

    def take(self) -> None:
        self.working.assign(self.case.id, "chen", self.monitor)

    def propose(self, said: Disposition, by: StaffMember | None = None) -> None:
        self.working.propose(self.case.id, said, "依据齐全", by or self.monitor)

    def approve(self) -> None:
        self.deciding.approve(self.case.id, "同意", self.checker)

    def close(self, said: Disposition, step: Step = Step.CALL, outcome: Outcome = Outcome.NOT_REACHED) -> None:
        self.take()
        self.check(step, outcome)
        self.propose(said)
        self.approve()

    def shown(self) -> CaseShown:
        return self.seeing.case(self.case.id, self.monitor)

    def later(self, days: float = 1) -> None:
        self.clock.instant += timedelta(days=days)

    def verdicts(self, flag_id: str) -> list[Verdict]:
        """What was said of a flag, in order."""
        with self.store.reading() as unit:
            stored = unit.flags.get(flag_id)
        assert stored is not None
        return [judgement.verdict for _, judgement in stored.judgements]
