"""The use cases about a person's own data, status and certificates, each built once."""

from __future__ import annotations

from functools import cached_property

from auth_service.flows.issue_receipts import IssueReceipts
from auth_service.flows.revocations import RevocationDesk
from auth_service.wiring.flows import Flows


class OwnFlows(Flows):
    """What a person has in their hands, and what staff see of one person."""

    @cached_property
    def issue_receipts(self) -> IssueReceipts:
        return IssueReceipts(self.store, self.signer, self.clock)

    @cached_property
    def revocations(self) -> RevocationDesk:
        return RevocationDesk(self.store, self.signer, self.clock)
