"""Many lives at one instant: lives that are alike are judged once. The judge is status_of and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from auth_service.beneficiaries.person import BenefitKind
from auth_service.qualification.life import LifeFacts
from auth_service.qualification.policy import PolicyBook
from auth_service.qualification.status import Status, counted_from, status_of

_MOST_REMEMBERED = 200_000


class Judge:
    """Remembers the status of lives with at most one event and no act: of these the reference of the event and the hour
    in which it was learnt say nothing, and two lives under the same policies that are alike otherwise stand alike."""

    def __init__(self, book: PolicyBook, now: datetime) -> None:
        self._book = book
        self._now = now
        self._known: dict[object, Status] = {}
        self._policies: dict[object, tuple[int, ...]] = {}

    def statuses(self, lives: Sequence[LifeFacts]) -> list[Status]:
        """status_of each. An object that stands there many times, for people who are alike, is judged once."""
        known: dict[int, Status] = {}
        found = []
        for facts in lives:
            status = known.get(id(facts))
            if status is None:
                status = known[id(facts)] = self.status(facts)
            found.append(status)
        return found

    def status(self, facts: LifeFacts) -> Status:
        """status_of(facts, book, now)"""
        if len(facts.events) > 1 or facts.acts:
            return status_of(facts, self._book, self._now)
        key = self._key(facts)
        found = self._known.get(key)
        if found is None:
            if len(self._known) >= _MOST_REMEMBERED:
                self._known.clear()
            found = self._known[key] = status_of(facts, self._book, self._now)
        return found

    def _key(self, facts: LifeFacts) -> object:
        event = facts.events[0] if facts.events else None
        told = event and (
            event.source, event.kind, event.on, event.known_at.toordinal(), event.known_at.hour // 4,
            event.known_at > self._now, event.message, event.channel, event.level, event.zone,
        )  # fmt: skip
        since = (counted_from(facts.award_month, facts.known_since), facts.birth_month)
        marks = (facts.tags, facts.contested, facts.death_hint_at, facts.outages)
        return (facts.benefit, self.policies_of(facts.benefit, facts.region), since, told, marks)

    def policies_of(self, benefit: BenefitKind, region: str) -> tuple[int, ...]:
        """Regions under the same policies count as one; the book keeps one object of each for as long as it lives."""
        known = self._policies.get((benefit, region))
        if known is None:
            every = self._book.all_of(benefit, region)
            known = self._policies[benefit, region] = tuple(id(policy) for policy in every)
        return known
