"""The rules of a benefit in a region from a day on, as data: nobody's due date is written in code.

A policy says how often and how somebody is asked, what counts as an answer, and how far an agency may go when none
comes. It never takes anything away: the furthest it goes is that people may propose a hold.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from auth_service.beneficiaries.person import BenefitKind
from auth_service.beneficiaries.region_tree import Regions
from auth_service.beneficiaries.tags import VULNERABLE, Tag
from auth_service.matching.comparison import Zone
from auth_service.qualification.evidence import Channel
from auth_service.qualification.grades import WORTH, EventKind, Grade
from auth_service.qualification.period import Cycle, CycleKind

EVERYWHERE = ""
"""The region of a policy that holds wherever no nearer one does."""


class LivenessLevel(StrEnum):
    """What stood for presence. Each level holds the ones before it."""

    LIVE = "live"
    """A capture session in which a living face was seen."""
    ATTESTED = "attested"
    """A member of staff or a trusted device saw the person."""


@dataclass(frozen=True, slots=True)
class ChannelRule:
    """Which face passes of a channel count.

    least   the least that must have stood for presence
    zones   zones of the comparison whose passes count; one that is no match exists only after a person looked
    """

    least: LivenessLevel = LivenessLevel.LIVE
    zones: frozenset[Zone] = frozenset(Zone)

    def counts(self, level: LivenessLevel, zone: Zone | None) -> bool:
        """zone: None where nothing was compared, as at a visit"""
        seen = self.least is LivenessLevel.LIVE or level is LivenessLevel.ATTESTED
        return seen and (zone is None or zone in self.zones)


@dataclass(frozen=True, slots=True)
class WeakRule:
    """When weak events make a pass together; off unless a policy says so.

    kinds   how many different kinds
    points  their sum at least
    days    all of them within so many days
    source  domain.md section 5: >= 2 kinds, sum >= 50; days: own decision, a quarter, because two signs of life far
            apart are one sign
    """

    allowed: bool = False
    kinds: int = 2
    points: int = 50
    days: int = 90


@dataclass(frozen=True, slots=True)
class Policy:
    """One benefit in one region.

    region              code or beginning of one; EVERYWHERE where no nearer policy holds
    first_cycle_months  from the award month to the first due date; None: as the cycle
    reminders           days before the due date, the farthest first: from the first on a person is due soon
    grace_days          after the due date, before people may propose a hold
    hold_for_overdue    whether being late may lead to a proposal at all
    guard_tags          who holds one of them is not proposed before somebody went to see them
    channels            what counts on a channel; one that is left out counts with ChannelRule()
    points              grades of kinds where this policy differs from domain.md section 5
    silent              whether events from data feeds count
    sample_after        whole cycles by silent events alone, after which a person is asked to be seen once
    reuse_days          an event that a file brings longer after its day counts for nothing
    keeps_promises      whether a due date that an earlier policy gave stands; else it may come sooner, with notice
    source              domain.md section 4 and 5; reuse: Brazil's ten months (section 2.1); sampling: V10
    """

    benefit: BenefitKind
    region: str = EVERYWHERE
    cycle: Cycle = field(default_factory=Cycle)
    first_cycle_months: int | None = None
    reminders: tuple[int, ...] = (60, 30, 7)
    grace_days: int = 0
    hold_for_overdue: bool = False
    guard_tags: frozenset[Tag] = VULNERABLE
    channels: Mapping[Channel, ChannelRule] = field(default_factory=dict)
    points: Mapping[EventKind, tuple[Grade, int]] = field(default_factory=dict)
    silent: bool = True
    weak: WeakRule = field(default_factory=WeakRule)
    sample_after: int = 3
    reuse_days: int = 300
    keeps_promises: bool = True

    def worth(self, kind: EventKind) -> tuple[Grade, int]:
        """Grade and points of a kind under this policy."""
        given = self.points.get(kind)
        return given if given is not None else (WORTH[kind].grade, WORTH[kind].points)

    def rule_of(self, channel: Channel) -> ChannelRule:
        return self.channels.get(channel, _ANY_CHANNEL)

    @property
    def notice_days(self) -> int:
        """How long before a due date a person is told at the latest: the first reminder."""
        return self.reminders[0]


_ANY_CHANNEL = ChannelRule()


@dataclass(frozen=True, slots=True)
class PolicySet:
    """One document: the policies of all benefits and regions that belong together. `name` is given once."""

    name: str
    policies: tuple[Policy, ...]

    def nearest(self, benefit: BenefitKind, region: str, regions: Regions) -> Policy | None:
        """The policy of the smallest region that holds this one; old codes lie where their successors lie."""
        fitting = [one for one in self.policies if one.benefit is benefit and regions.lies_in(region, one.region)]
        return max(fitting, key=lambda one: len(regions.present(one.region)), default=None)


@dataclass(frozen=True, slots=True)
class PolicyVersion:
    """A document in force. starts_on: the day from which it holds"""

    starts_on: date
    policies: PolicySet


class PolicyBook:
    """Every version that was put in force, in the order of their activation; the newest that has begun counts.

    regions  which place lies where today
    """

    def __init__(self, versions: Sequence[PolicyVersion] = (), regions: Regions | None = None) -> None:
        self._versions = tuple(versions)
        self.regions = regions or Regions()
        self._known: dict[tuple[int, BenefitKind, str], Policy] = {}
        self._places: dict[date, int] = {}

    def place_on(self, day: date) -> int:
        """Which version holds on a day; -1 before the first."""
        found = self._places.get(day)
        if found is None:
            begun = (place for place in range(len(self._versions) - 1, -1, -1) if self._begins(place) <= day)
            found = self._places[day] = next(begun, -1)
        return found

    def starts_on(self, place: int) -> date:
        """The first day of a version; before the first one, the beginning of time."""
        return date.min if place < 0 else self._begins(place)

    def policy(self, place: int, benefit: BenefitKind, region: str) -> Policy:
        """What a version says; where it says nothing, what domain.md says of most (DEFAULTS)."""
        key = (place, benefit, region)
        found = self._known.get(key)
        if found is None:
            said = self._versions[place].policies.nearest(benefit, region, self.regions) if place >= 0 else None
            found = self._known[key] = said or DEFAULTS[benefit]
        return found

    def all_of(self, benefit: BenefitKind, region: str) -> tuple[Policy, ...]:
        """What every version says of a benefit in a region, and what holds before the first."""
        return tuple(self.policy(place, benefit, region) for place in range(-1, len(self._versions)))

    def on(self, day: date, benefit: BenefitKind, region: str) -> Policy:
        return self.policy(self.place_on(day), benefit, region)

    @property
    def by_birthday(self) -> frozenset[BenefitKind]:
        """The benefits of which some policy counts from the birthday."""
        every = (policy for version in self._versions for policy in version.policies.policies)
        return frozenset(one.benefit for one in every if one.cycle.kind is CycleKind.BIRTHDAY_WINDOW)

    def next_start(self, day: date) -> date | None:
        """The next day on which another version begins."""
        return min((one.starts_on for one in self._versions if one.starts_on > day), default=None)

    def with_version(self, version: PolicyVersion) -> PolicyBook:
        """As if this version were activated too."""
        return PolicyBook((*self._versions, version), self.regions)

    def _begins(self, place: int) -> date:
        return self._versions[place].starts_on


DEFAULTS: dict[BenefitKind, Policy] = {kind: Policy(kind) for kind in BenefitKind}
"""Before an agency has policies of its own: twelve months, no hold. source: domain.md 2.1, China national"""
