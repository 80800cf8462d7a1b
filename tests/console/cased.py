"""Cases of the people of a served deployment, put there by its own flows."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from auth_service.accounts.credentials import StaffMember
from auth_service.accounts.roles import Role
from auth_service.casework.case import Cause
from auth_service.casework.disposition import Disposition, Outcome, Step
from auth_service.flows.work_case import Checked
from auth_service.monitoring.flags import Flag, Severity
from auth_service.storage.unit import StoredCase
from tests.channels.service import Deployment, username_of
from tests.console.moneyed import Moneyed
from tests.console.waiting import person_of

MORE = {
    "link": "a" * 32, "kind": "death", "source": "civil_affairs", "link_rule": "L01", "strength": "strong",
    "id_level": "exact", "name_level": "exact", "birth_level": "missing", "region_level": "county",
    "sex_level": "same",
}  # fmt: skip
"""A registry's row as the comparison links it: the flag's evidence."""


class Cased:
    """A monitor and a checker at work behind the console."""

    def __init__(self, service: Deployment) -> None:
        self.service, self.wiring = service, service.wiring
        self.monitor, self.checker = self.member(Role.MONITOR), self.member(Role.CHECKER)
        self.money = Moneyed(service)
        self.later(1)  # what the deployment was built with lies before

    def member(self, role: Role) -> StaffMember:
        return next(one for one in self.wiring.keep_staff.all() if one.username == username_of(role))

    def flag(self, number: str, rule: str = "D01", severity: Severity = Severity.CRITICAL, **facts: Any) -> str:
        person, now = person_of(self.wiring, number), self.service.clock.now()
        key = f"{rule}:{person}:{facts.get('event_date')}:{facts.get('source')}"
        with self.wiring.store.unit() as unit:
            raised = unit.flags.raise_once(Flag(rule, 1, severity, (person,), facts, key, now))
        assert raised is not None
        return raised

    def died(self, number: str, on: str = "2025-12-20", rule: str = "D01", **more: str) -> str:
        facts: dict[str, Any] = {**MORE, **more, "event_date": on}
        return self.flag(number, rule, **facts)

    def open(self, number: str) -> str:
        """Gathers, and returns the id of this person's case about a death."""
        self.wiring.gather_cases.run()
        return self.case(number).id

    def case(self, number: str) -> StoredCase:
        with self.wiring.store.reading() as unit:
            found = unit.cases.of(person_of(self.wiring, number))
        return next(case for case in found if case.cause is Cause.DEATH)

    def take(self, case_id: str) -> None:
        self.wiring.work_case.assign(case_id, self.monitor.username, self.monitor)

    def check(
        self, case_id: str, step: Step = Step.CALL, outcome: Outcome = Outcome.NOT_REACHED, note: str = ""
    ) -> None:
        self.wiring.work_case.note_step(case_id, Checked(step, outcome, note), self.monitor)

    def propose(self, case_id: str, said: Disposition = Disposition.DATA_ERROR) -> None:
        self.wiring.work_case.propose(case_id, said, "已向登记机关核实", self.monitor)

    def close(self, case_id: str, said: Disposition = Disposition.DATA_ERROR) -> None:
        self.propose(case_id, said)
        self.wiring.decide_case.approve(case_id, "同意", self.checker)

    def later(self, days: float) -> None:
        self.service.clock.instant += timedelta(days=days)
