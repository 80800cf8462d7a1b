"""When a telephone may ring, and when a message that failed is tried again."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from auth_service.core.clock import AGENCY_ZONE
from auth_service.notices.notice import Reach
from auth_service.notices.policy import NoticePolicy

_RINGS = frozenset({Reach.SMS, Reach.HELPER, Reach.EMAIL})
"""A letter wakes nobody."""
FIRST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(hours=6)
"""With twelve tries a gateway may be away for 41 hours. source: own decision, a night and a working day and more"""


def is_quiet(instant: datetime, policy: NoticePolicy) -> bool:
    """Whether nobody's telephone may ring now. The evening's hour is quiet already, the morning's is not any more."""
    hour = instant.astimezone(AGENCY_ZONE).time()
    return hour < _at(policy.quiet_until) or (policy.quiet_from < 24 and hour >= _at(policy.quiet_from))


def not_before(reach: Reach, instant: datetime, policy: NoticePolicy) -> datetime:
    """The first instant from this one on at which a message may go this way."""
    if reach not in _RINGS or not is_quiet(instant, policy):
        return instant
    local = instant.astimezone(AGENCY_ZONE)
    morning = datetime.combine(local.date(), _at(policy.quiet_until), AGENCY_ZONE)
    return morning if local < morning else morning + timedelta(days=1)


def open_ways(instant: datetime, policy: NoticePolicy) -> frozenset[Reach]:
    """Over which ways messages may go now."""
    sent = _RINGS | {Reach.LETTER}
    return frozenset(reach for reach in sent if not_before(reach, instant, policy) == instant)


def pause_after(tries: int, policy: NoticePolicy, asked_seconds: float = 0.0) -> timedelta | None:
    """How long to wait after so many tries that failed, 1 or more; None: it is given up.

    asked_seconds  what the other side asks for; more than LONGEST_PAUSE is not believed
    """
    if tries >= policy.tries:
        return None
    own = timedelta(seconds=FIRST_PAUSE.total_seconds() * 4.0 ** min(tries - 1, 10))
    return min(max(own, timedelta(seconds=max(0.0, asked_seconds))), LONGEST_PAUSE)


def _at(hour: int) -> time:
    return time.max if hour == 24 else time(hour)
