"""Whether a person has been told, so that an act that takes money away may be approved.

rule     told over two ways, each long enough ago to answer; or face to face; or over one, and staff wrote down that
         there is no second. A letter laid ready and the same letter posted are one way
source   docs/design/trust.md sections 2.4 (notice sent, waiting period passed) and 3 (two notices by two channels)
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from auth_service.notices.notice import Reach
from auth_service.notices.policy import NoticePolicy

_PAPER = frozenset({Reach.LETTER, Reach.POST})
_NO_WAY = frozenset({Reach.ONLY_ONE, Reach.NONE})


@dataclass(frozen=True, slots=True)
class Told:
    """One notice about an act that was handed over, or that staff wrote down. at: when"""

    reach: Reach
    at: datetime


def counts_from(told: Told, policy: NoticePolicy) -> datetime:
    """From when on a notice counts: whoever gets it has had time to answer."""
    if told.reach in _NO_WAY:
        return told.at
    days = policy.letter_days if told.reach in _PAPER else 0
    return told.at + timedelta(days=days, hours=policy.wait_hours)


def told_enough(notices: Iterable[Told], policy: NoticePolicy, now: datetime) -> bool:
    """See the module."""
    counted = {told.reach for told in notices if now >= counts_from(told, policy)}
    ways = {"paper" if reach in _PAPER else reach.value for reach in counted - _NO_WAY}
    if Reach.IN_PERSON in counted or len(ways) >= 2:
        return True
    return len(ways) == 1 and Reach.ONLY_ONE in counted
