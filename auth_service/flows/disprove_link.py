"""A person has looked: a registry's row does not mean this person. It is remembered for good.

One person suffices, because it takes a doubt away and no money. The same row raises nothing again in whatever file it
comes; where it says something else, it may. If a benefit is stopped on a ground that the row may have been, whoever may
give it back is told at once.
"""

from __future__ import annotations

from auth_service.accounts.credentials import StaffMember
from auth_service.accounts.roles import Permission
from auth_service.core.audit import AuditEvent
from auth_service.core.clock import Clock
from auth_service.core.errors import FieldTooLong, ReasonMissing
from auth_service.flows.link_flags import raise_disproved
from auth_service.flows.money_terms import require
from auth_service.storage.unit import Store, StoredLink

_ALONE = "registry links"
_SHORTEST_REASON = 2
_LONGEST_REASON = 1000


class DisproveLink:
    """See the module."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def run(self, link_id: str, reason: str, member: StaffMember) -> StoredLink:
        """The finding as it is now; once more changes nothing.

        raises   AccessRefused, ReasonMissing, FieldTooLong, NotFound, KeyDestroyed (the person was erased)
        """
        require(member, Permission.JUDGE_FLAGS)
        said = reason.strip()
        if len(said) < _SHORTEST_REASON:
            raise ReasonMissing(field="reason")
        if len(said) > _LONGEST_REASON:
            raise FieldTooLong(field="reason")
        now = self._clock.now()
        with self._store.unit() as unit:
            unit.alone(_ALONE)
            link, new = unit.links.disprove(link_id, member.id, said, now)
            if new:
                raise_disproved(unit, link, now)
                details = {"rule": link.finding.rule, "strength": link.finding.strength.value, "kind": link.kind.value}
                event = AuditEvent(f"staff:{member.id}", "registry.disproved", f"link:{link_id}", details)
                unit.audit.append(event, now)
        return link
