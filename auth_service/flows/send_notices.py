"""The worker hands over what waits: at least once, under one key for each message, and never in the night.

A claim is kept before the message goes, and what became of it after: a process that dies between the two leaves a claim
that runs out, and the message goes again under the same id, by which the gateway knows it. A gateway that does not
answer costs no message a try: the others of that way are left for the next run.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import timedelta

from auth_service.core.clock import Clock
from auth_service.flows.notice_terms import OVERTAKEN
from auth_service.notices.hours import FIRST_PAUSE, open_ways, pause_after
from auth_service.notices.notice import Delivery, NoticeKind, NoticeState, Outcome, Outgoing, Reach
from auth_service.notices.policy import NoticePolicy
from auth_service.notices.ports import NoticeSender
from auth_service.storage.unit import Claimed, Store

LEASE = timedelta(seconds=60)
"""After a crash a message goes again within this. source: trust.md I9, recovery <= 60 s"""
_AT_ONCE = 8
"""So few that, with the deadline of a connector, a batch ends within the lease."""
_MOST_BATCHES = 100
"""A run ends some time: the worker wants to be stopped between two."""
_ASKS_TO_COME = frozenset({NoticeKind.REMINDER, NoticeKind.OVERDUE})
UNREADABLE, POISON = "unreadable", "poison"


class SendNotices:
    """senders: for each way of sending, what hands a message over; built when first used"""

    def __init__(
        self, store: Store, clock: Clock, policy: NoticePolicy, senders: Mapping[Reach, Callable[[], NoticeSender]]
    ) -> None:
        self._store = store
        self._clock = clock
        self._policy = policy
        self._senders = senders

    def run(self) -> Mapping[str, int]:
        """How many were sent, put off, and given up. raises Unavailable, StorageFault"""
        done: Counter[str] = Counter({"sent": 0, "again": 0, "dead": 0})
        silent: set[Callable[[], NoticeSender]] = set()
        for _ in range(_MOST_BATCHES):
            claimed = self._claim(silent)
            if not claimed:
                break
            for one in claimed:
                done.update([self._one(one, silent)])
        return dict(done)

    def _claim(self, silent: set[Callable[[], NoticeSender]]) -> list[Claimed]:
        now = self._clock.now()
        ways = open_ways(now, self._policy) & {way for way, make in self._senders.items() if make not in silent}
        if not ways:
            return []
        with self._store.unit() as unit:
            return unit.notices.claim(ways, _AT_ONCE, now, now + LEASE)

    def _one(self, claimed: Claimed, silent: set[Callable[[], NoticeSender]]) -> str:
        make = self._senders[claimed.reach]
        if claimed.message is None or claimed.tries > self._policy.tries:  # then it ended every process that tried it
            return self._settle(claimed, NoticeState.DEAD, UNREADABLE if claimed.message is None else POISON)
        if self._passed_since(claimed.person_id, claimed.message):
            return self._settle(claimed, NoticeState.DROPPED, OVERTAKEN)
        delivery = Delivery(Outcome.UNREACHABLE, "left") if make in silent else make().send(claimed.message)
        if delivery.outcome is Outcome.TAKEN:
            return self._settle(claimed, NoticeState.SENT, None)
        if delivery.outcome is Outcome.NEVER:
            return self._settle(claimed, NoticeState.DEAD, delivery.code)
        counted = delivery.outcome is Outcome.AGAIN
        if not counted:
            silent.add(make)
        pause = pause_after(claimed.tries, self._policy, delivery.wait_seconds) if counted else FIRST_PAUSE
        if pause is None:
            return self._settle(claimed, NoticeState.DEAD, delivery.code)
        now = self._clock.now()
        with self._store.unit() as unit:
            unit.notices.again(claimed, delivery.code, now + pause, counted=counted)
        return "again"

    def _passed_since(self, person_id: str, message: Outgoing) -> bool:
        """Whether somebody is asked to come who has come meanwhile, as when they passed at night."""
        if message.kind not in _ASKS_TO_COME:
            return False
        with self._store.reading() as unit:
            last = unit.evidence.last_pass(person_id)
        return last is not None and last[0] >= message.written_at

    def _settle(self, claimed: Claimed, state: NoticeState, code: str | None) -> str:
        with self._store.unit() as unit:
            unit.notices.settle(claimed, state, code, self._clock.now())
        return state.value
