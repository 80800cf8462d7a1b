"""The use cases about a person's own data, status and certificates, each built once."""

from __future__ import annotations

from functools import cached_property

from auth_service.connectors.export_file import csv_file
from auth_service.connectors.policy_file import read_policy_text
from auth_service.flows.issue_receipts import IssueReceipts
from auth_service.flows.own_requests import AnswerOwn, AskOwn
from auth_service.flows.revocations import RevocationDesk
from auth_service.flows.see_own import SeeOwn
from auth_service.flows.see_person import SeePerson
from auth_service.flows.see_poverty import SeePoverty
from auth_service.web.services import Own, People
from auth_service.wiring.flows import Flows


class OwnFlows(Flows):
    """What a person has in their hands, and what staff see of one person."""

    @cached_property
    def issue_receipts(self) -> IssueReceipts:
        return IssueReceipts(self.store, self.signer, self.clock)

    @cached_property
    def see_person(self) -> SeePerson:
        return SeePerson(self.store, self.clock)

    @cached_property
    def see_poverty(self) -> SeePoverty:
        return SeePoverty(self.store, self.clock)

    def people_flows(self) -> People:
        return People(
            self.see_person,
            self.see_poverty,
            self.keep_policies,
            self.rehearse,
            csv_file,
            read_policy_text,
            self._staff_names,
        )

    def own_flows(self) -> Own:
        ask = AskOwn(self.store, self.clock, self.limit.wish)
        return Own(SeeOwn(self.store, self.clock), ask, AnswerOwn(self.store, self.clock), self.erase)

    def _staff_names(self) -> dict[str, str]:
        return {member.id: member.username for member in self.keep_staff.all()}

    @cached_property
    def revocations(self) -> RevocationDesk:
        return RevocationDesk(self.store, self.signer, self.clock)
