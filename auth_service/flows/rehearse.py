"""A rehearsal: what a policy would do to the people who are here, before it is switched on. Nothing is kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date

from auth_service.beneficiaries.region_tree import Regions
from auth_service.core.clock import Clock, end_of, legal_date
from auth_service.flows.life_pages import PEOPLE_AT_ONCE, lives_of
from auth_service.qualification.judging import Judge
from auth_service.qualification.policy import PolicySet, PolicyVersion
from auth_service.qualification.status import LifeState, Reason, Status, Why
from auth_service.storage.unit import Alike, Life, Store

_WORDS = ("due_soon", "overdue", "may_be_held", "guarded")


@dataclass(slots=True)
class Rehearsal:
    """Counts of benefits on one day: as they would stand without the policy, and with it.

    by_village, by_tag  name -> what would come anew -> how many; `guarded`: late, kept from a proposal by the guard
    """

    on: date
    regions: Regions = field(default_factory=Regions)
    benefits: int = 0
    before: Counter[str] = field(default_factory=Counter)
    after: Counter[str] = field(default_factory=Counter)
    by_village: dict[str, Counter[str]] = field(default_factory=dict)
    by_tag: dict[str, Counter[str]] = field(default_factory=dict)

    def add(self, life: Life, was: Status, now: Status) -> None:
        stood, stands = _marks(was), _marks(now)
        self.benefits += 1
        self.before.update(stood)
        self.after.update(stands)
        anew = stands - stood
        if anew:
            village = self.regions.present(life.region) or "-"
            self.by_village.setdefault(village, Counter()).update(anew)
            for tag in life.facts.tags:
                self.by_tag.setdefault(tag.value, Counter()).update(anew)

    def tables(self, most: int) -> dict[str, list[tuple[str, list[int]]]]:
        """The same as rows of counts in the order of the words, the villages with most first, so many of each."""
        found = {"by_village": _sorted(self.by_village), "by_tag": _sorted(self.by_tag)}
        return {
            name: [(place, list(counts.values())) for place, counts in list(rows.items())[:most]]
            for name, rows in found.items()
        }

    def document(self) -> dict[str, object]:
        """JSON, the villages with most first."""
        return {
            "on": str(self.on),
            "benefits": self.benefits,
            "before": {word: self.before[word] for word in _WORDS},
            "after": {word: self.after[word] for word in _WORDS},
            "by_village": _sorted(self.by_village),
            "by_tag": _sorted(self.by_tag),
        }


class Rehearse:
    """See the module."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def run(
        self, policies: PolicySet, starts_on: date | None, on: date | None, progress: Callable[[int], None]
    ) -> Rehearsal:
        """starts_on: from when it would hold (today); on: the day to look at, on which nothing new has happened yet
        (that on which it would begin). raises PolicyTampered"""
        begins = starts_on or legal_date(self._clock.now())
        day = on or begins
        with self._store.reading() as unit:
            book = unit.policies.book()
        planned = book.with_version(PolicyVersion(begins, policies))
        now, then = Judge(book, end_of(day)), Judge(planned, end_of(day))
        found, place, alike = Rehearsal(day, book.regions), "", Alike(then.policies_of)
        while True:
            with self._store.reading() as unit:
                people = unit.lives.everybody(place, PEOPLE_AT_ONCE)
                lives = lives_of(unit, people, day, planned, alike) if people else []
            facts = [life.facts for life in lives]
            for life, stood, stands in zip(lives, now.statuses(facts), then.statuses(facts), strict=True):
                found.add(life, stood, stands)
            if people is None:
                return found
            progress(people.count)
            place = people.last


def _marks(status: Status) -> set[str]:
    found = set()
    if status.state in {LifeState.DUE_SOON, LifeState.OVERDUE}:
        found.add(status.state.value)
    if status.may_propose_hold:
        found.add("may_be_held")
    if Reason(Why.GUARDED) in status.reasons:
        found.add("guarded")
    return found


def _sorted(counts: dict[str, Counter[str]]) -> dict[str, dict[str, int]]:
    order = sorted(counts.items(), key=lambda item: (-item[1].total(), item[0]))
    return {name: {word: count[word] for word in _WORDS} for name, count in order}
