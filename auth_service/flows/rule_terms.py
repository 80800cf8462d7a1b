"""What running and rehearsing rules share."""

from __future__ import annotations

from auth_service.monitoring.flags import Flag
from auth_service.monitoring.parameters import RuleState
from auth_service.storage.unit import Unit

FACTS_AT_ONCE = 2_000
"""source: own decision; so little is done twice after a kill"""


def raise_by(unit: Unit, state: RuleState, flag: Flag, mark: str) -> str | None:
    """Where a finding of a rule belongs: a flag, or, in shadow, apart. None: it stands already, or the rule is off."""
    if state is RuleState.IN_FORCE:
        return unit.flags.raise_once(flag)
    return unit.shadow_flags.raise_once(flag, mark) if state is RuleState.SHADOW else None
