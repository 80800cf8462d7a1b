"""The use cases about time that passes by itself, each built once."""

from __future__ import annotations

from collections.abc import Callable

from auth_service.flows.notice_outage import NoticeOutage
from auth_service.wiring.flows import Flows


class LifeFlows(Flows):
    """What nobody asks for."""

    def notice_outage(self, elapsed: Callable[[], float]) -> NoticeOutage:
        """elapsed: as NoticeOutage has it"""
        return NoticeOutage(self.store, self.clock, self.settings.outage, elapsed)
