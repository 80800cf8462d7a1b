"""What follows from findings of linkage: flags, in the transaction that keeps the findings. Nothing else is changed."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from auth_service.beneficiaries.person import BenefitKind
from auth_service.core.clock import legal_date
from auth_service.crosscheck.meanings import DEATHS, Meaning
from auth_service.crosscheck.rules import Strength
from auth_service.flows.life_pages import lives_of
from auth_service.monitoring.flags import Flag
from auth_service.monitoring.rules.away_told import AbroadFacts, LeftCountry, Missing
from auth_service.monitoring.rules.d07_passed_after import PassAfterFacts, PassedAfter, Sign
from auth_service.monitoring.rules.d08_dates_disagree import DatesDisagree, DeathsToldFacts
from auth_service.monitoring.rules.d13_taken_back import RecordTakenBack, TakenBackFacts
from auth_service.monitoring.rules.of_registries import ON_ONE_FINDING
from auth_service.monitoring.rules.registry_facts import LinkFacts
from auth_service.payments.proposals import Ground, since_paid
from auth_service.qualification.life import OWN, LifeEvent
from auth_service.qualification.passes import passes
from auth_service.storage.unit import OwnPass, StoredLink, Unit

Benefits = dict[str, frozenset[BenefitKind]]


def raise_of_links(unit: Unit, links: Sequence[StoredLink], now: datetime) -> int:
    """Flags about findings that are new or hold again, and about what stands beside them; returns how many.

    One that fits a person less well than another whom the same row surely means is kept for whoever looks, and asks
    nobody anything.
    """
    telling = _telling(links)
    people = sorted({one.finding.person_id for one in telling})
    benefits = unit.links.benefits(people)
    found = [
        flag
        for link in telling
        for rule in ON_ONE_FINDING
        if (flag := rule().judge(_facts(link, benefits), now)) is not None
    ]
    return _raise(unit, found) + raise_about(unit, people, now)


def raise_about(unit: Unit, people: Sequence[str], now: datetime) -> int:
    """Flags that follow from everything that stands about these people, on this day; returns how many."""
    if not people:
        return 0
    standing, benefits = unit.links.standing(people), unit.links.benefits(people)
    told = {person: [_facts(link, benefits) for link in links] for person, links in standing.items()}
    captures: dict[str, list[OwnPass]] = {}
    dead = [person for person, links in told.items() if any(one.meaning in DEATHS and one.strong for one in links)]
    for one in unit.links.passes(dead) if dead else ():
        captures.setdefault(one.person_id, []).append(one)
    found: list[Flag | None] = []
    for person, links in told.items():
        found.append(DatesDisagree().judge(DeathsToldFacts(links), now))
        found += _of_captures(links, captures.get(person, ()), now)
        found += _of_time(links, now)
    return _raise(unit, (flag for flag in found if flag is not None))


def _of_captures(links: Iterable[LinkFacts], made: Iterable[OwnPass], now: datetime) -> list[Flag | None]:
    passed = list(made)
    return [
        PassedAfter().judge(PassAfterFacts(link, one.evidence_id, one.on), now)
        for link in links
        if link.meaning in DEATHS
        for one in passed
    ]


def raise_signs(unit: Unit, people: Sequence[str], now: datetime) -> int:
    """Flags about passes by data behind a registered death, as the status of a benefit counts them; returns how many.

    raises   PolicyTampered: nobody knows which signs are passes
    """
    standing, signs = unit.links.standing(people), _signs(unit, people, now)
    benefits = unit.links.benefits(sorted(signs))
    found = [
        PassedAfter().judge(
            PassAfterFacts(_facts(link, benefits), event_id, told.on, Sign(told.kind, told.source)), now
        )
        for person, events in signs.items()
        for link in standing.get(person, ())
        for event_id, told in events.items()
    ]
    return _raise(unit, (flag for flag in found if flag is not None))


def _signs(unit: Unit, people: Sequence[str], now: datetime) -> dict[str, dict[str, LifeEvent]]:
    """Person -> what sources told that stands as a pass by itself for any of their benefits, by its first row."""
    book = unit.policies.book()
    lives = lives_of(unit, people, legal_date(now), book)
    first = unit.life_events.first_told(people)  # behind the lives: a file of signs may come in meanwhile
    found: dict[str, dict[str, LifeEvent]] = {}
    for life in lives:
        for one in passes(life.facts, book, now):
            if one.told is not None and one.told.source != OWN and one.taken_back is None:
                known_by = first[life.person_id, one.told.source, one.told.ref]
                found.setdefault(life.person_id, {})[known_by] = one.told
    return found


def _of_time(links: Sequence[LinkFacts], now: datetime) -> list[Flag | None]:
    found: list[Flag | None] = [Missing().judge(link, now) for link in links]
    return found + [LeftCountry().judge(AbroadFacts(link, _came_back(link, links)), now) for link in links]


def _came_back(link: LinkFacts, links: Iterable[LinkFacts]) -> bool:
    """Whether an entry may lie behind a leaving."""
    entries = [one.event for one in links if one.meaning is Meaning.ENTRY]
    return any(event is None or link.event is None or event.last >= link.event.first for event in entries)


def raise_taken_back(unit: Unit, withdrawn: Sequence[StoredLink], now: datetime) -> int:
    """Flags about findings that stood until now; of one that never asked anybody anything, none. Returns how many."""
    return _raise(unit, _of_taken_back(unit, _telling(withdrawn), now))


def raise_disproved(unit: Unit, link: StoredLink, now: datetime) -> int:
    """The same of a finding that a person has disproved, where somebody may have lost money by it: whoever disproves
    it knows the rest."""
    found = _of_taken_back(unit, [link], now)
    return _raise(unit, (flag for flag in found if flag.severity is RecordTakenBack.urgent_severity))


def _of_taken_back(unit: Unit, links: Sequence[StoredLink], now: datetime) -> list[Flag]:
    people = sorted({one.finding.person_id for one in links})
    if not people:
        return []
    benefits, standing = unit.links.benefits(people), unit.links.standing(people)
    found = (_taken_back(unit, one, benefits, standing.get(one.finding.person_id, ()), now) for one in links)
    return [flag for flag in found if flag is not None]


def _telling(links: Sequence[StoredLink]) -> list[StoredLink]:
    """Without those that fit a person less well than another whom the same row surely means."""
    sure = {one.finding.record_id for one in links if one.finding.strength is Strength.STRONG}
    return [one for one in links if not (one.finding.alternative and one.finding.record_id in sure)]


def _taken_back(
    unit: Unit, link: StoredLink, benefits: Benefits, standing: Iterable[StoredLink], now: datetime
) -> Flag | None:
    person = link.finding.person_id
    facts = TakenBackFacts(
        _facts(link, benefits),
        link.acts[-1],
        any(one.finding.strength is Strength.STRONG and _alike(one.meaning, link.meaning) for one in standing),
        _stopped(unit, person, benefits.get(person, frozenset())),
        len(link.acts),
    )
    return RecordTakenBack().judge(facts, now)


def _alike(one: Meaning, other: Meaning) -> bool:
    return one is other or (one in DEATHS and other in DEATHS)


def _stopped(unit: Unit, person: str, benefits: Collection[BenefitKind]) -> frozenset[Ground]:
    """Grounds on which benefits of a person are held, suspended or ended now."""
    histories = (unit.proposals.history(person, kind) for kind in benefits)
    return frozenset(act.ground for history in histories for act in since_paid(history))


def _raise(unit: Unit, flags: Iterable[Flag]) -> int:
    """Nothing is asked about whoever was erased: what stands of them names nobody."""
    found = list(flags)
    here = unit.links.not_erased(sorted({person for flag in found for person in flag.person_ids}))
    return sum(unit.flags.raise_once(flag) is not None for flag in found if here.issuperset(flag.person_ids))


def _facts(link: StoredLink, benefits: Benefits) -> LinkFacts:
    one = link.finding
    return LinkFacts(
        link.id, one.person_id, link.kind, link.source, link.meaning, one.rule, one.strength, one.agreement, link.event,
        benefits.get(one.person_id, frozenset()), link.renewed,
    )  # fmt: skip
