"""A rehearsal of a rule: what it would find today with these parameters, among everything that is stored. Nothing is
kept, nobody is named, and no setting is needed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from auth_service.beneficiaries.region_tree import Regions
from auth_service.beneficiaries.tags import VULNERABLE
from auth_service.core.clock import Clock, legal_date
from auth_service.flows.rule_terms import FACTS_AT_ONCE
from auth_service.monitoring.flags import Flag
from auth_service.monitoring.parameters import configured
from auth_service.monitoring.rules import swept
from auth_service.monitoring.swept import Placed, SweptRule
from auth_service.storage.unit import OF_THE_LEDGER, Store

NOWHERE = "-"


@dataclass(slots=True)
class RuleRehearsal:
    """What would fire. facts: rows looked at; found: findings, each dedupe key once; standing: of those, raised before

    by_region   region of the first person concerned, as it is called today -> findings
    by_tag      guarded tag -> people concerned; people: all of them, each once
    """

    rule_id: str
    facts: int = 0
    found: int = 0
    standing: int = 0
    by_severity: Counter[str] = field(default_factory=Counter)
    by_region: Counter[str] = field(default_factory=Counter)
    by_tag: Counter[str] = field(default_factory=Counter)
    people: set[str] = field(default_factory=set)
    keys: set[str] = field(default_factory=set)

    def document(self) -> dict[str, object]:
        """JSON, the regions with most first."""
        return {
            "rule": self.rule_id,
            "facts": self.facts,
            "found": self.found,
            "standing": self.standing,
            "people": len(self.people),
            "by_severity": dict(self.by_severity),
            "by_region": dict(sorted(self.by_region.items(), key=lambda item: (-item[1], item[0]))),
            "by_tag": dict(sorted(self.by_tag.items(), key=lambda item: (-item[1], item[0]))),
        }


class RehearseRule:
    """See the module. ledger_store: as RunRules has it"""

    def __init__(self, store: Store, ledger_store: Store, clock: Clock) -> None:
        self._store = store
        self._ledger_store = ledger_store
        self._clock = clock

    def run(self, rule_id: str, parameters: Mapping[str, str], progress: Callable[[int], None]) -> RuleRehearsal:
        """raises NotFound, RuleFixed, RuleParameterInvalid, LedgerRoleMissing"""
        kind = swept(rule_id)
        rule, now = configured(kind, parameters), self._clock.now()
        found, place = RuleRehearsal(rule_id), ""
        with self._store.reading() as unit:
            regions = unit.regions.tree()
        while facts := self._next(kind, place, now):
            flags = [flag for one in facts if (flag := rule.judge(one, now)) is not None]
            found.facts += len(facts)
            self._count(found, [flag for flag in flags if flag.dedupe_key not in found.keys], regions, now)
            progress(len(facts))
            place = facts[-1].place
        return found

    def _next(self, kind: type[SweptRule], place: str, now: datetime) -> list[Placed]:
        store = self._ledger_store if kind.candidates in OF_THE_LEDGER else self._store
        with store.reading() as unit:
            return unit.candidates(kind.candidates, place, FACTS_AT_ONCE, now)

    def _count(self, found: RuleRehearsal, flags: Sequence[Flag], regions: Regions, now: datetime) -> None:
        once = {flag.dedupe_key: flag for flag in flags}
        people = sorted({person for flag in once.values() for person in flag.person_ids})
        anew = [person for person in people if person not in found.people]
        with self._store.reading() as unit:
            places = unit.people.regions_of(people)
            told = unit.life_events.tags_of(anew, legal_date(now))
            needs = unit.accommodations.tags_of(anew, legal_date(now))
            found.standing += sum(unit.flags.is_raised(flag) for flag in once.values())
        for flag in once.values():
            first = places.get(flag.person_ids[0]) if flag.person_ids else None
            found.by_region[regions.present(first) if first else NOWHERE] += 1
            found.by_severity[flag.severity.value] += 1
        for person in anew:
            tags = (told.get(person, frozenset()) | needs.get(person, frozenset())) & VULNERABLE
            found.by_tag.update(tag.value for tag in tags)
        found.found += len(once)
        found.keys.update(once)
        found.people.update(anew)
