"""What is arranged around a person: whom to call, who may act for them, and what makes it easier for them.

A source tells it, it holds from a day, perhaps until a day, and its history stays. A proxy may speak for the person;
nobody's face but the person's own passes for them, whoever acts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from auth_service.beneficiaries.tags import Tag


class Topic(StrEnum):
    """What an arrangement is about."""

    CONTACT = "contact"
    PROXY = "proxy"
    ACCOMMODATION = "accommodation"


class ContactKind(StrEnum):
    """How somebody is reached."""

    PHONE = "phone"
    ADDRESS = "address"
    RELATIVE = "relative"
    """A relative's telephone."""


class ProxyKind(StrEnum):
    """Who acts for the person, and on what ground."""

    GUARDIAN = "guardian"
    """法定监护人: by law or a court."""
    AGENT = "agent"
    """委托代理人: by a written power."""
    CARER = "carer"
    """照护人: helps with what is hard, and decides nothing."""


class AccommodationKind(StrEnum):
    """What makes it easier for somebody. source: trust.md, access; domain.md section 4, accessible modes"""

    BEDRIDDEN = "bedridden"
    BLIND = "blind"
    DEAF = "deaf"
    NO_SMARTPHONE = "no_smartphone"
    HOME_VISIT = "home_visit"
    """They asked that somebody comes to them."""
    SLOW = "slow"
    """More time for everything."""
    LANGUAGE = "language"
    """A language or dialect, told in `detail`."""


KINDS: dict[Topic, type[StrEnum]] = {
    Topic.CONTACT: ContactKind,
    Topic.PROXY: ProxyKind,
    Topic.ACCOMMODATION: AccommodationKind,
}
MAY_CONTEST = frozenset({ProxyKind.GUARDIAN.value, ProxyKind.AGENT.value})
"""Who may say for the person that a hold is wrong and be known as who they are. A carer says it as anybody may."""
SLOWER = frozenset(
    {AccommodationKind.BEDRIDDEN, AccommodationKind.BLIND, AccommodationKind.DEAF, AccommodationKind.SLOW}
)
"""Who gets more time without asking for it. source: own decision, because a page that ran out of time says nothing of
why, and the people it happens to are these"""
VISITED = frozenset({AccommodationKind.BEDRIDDEN, AccommodationKind.HOME_VISIT})
"""To whom somebody comes rather than the other way round."""
GUARDING: dict[AccommodationKind, Tag] = {
    AccommodationKind.BEDRIDDEN: Tag.BEDRIDDEN,
    AccommodationKind.BLIND: Tag.NEEDS_VISIT,
    AccommodationKind.DEAF: Tag.NEEDS_VISIT,
    AccommodationKind.HOME_VISIT: Tag.NEEDS_VISIT,
}
"""Accommodations with which nobody is proposed for a hold before somebody went to see them: late for a reason."""


@dataclass(frozen=True, slots=True)
class Arrangement:
    """One word of a source.

    kind     of KINDS[topic]
    details  what it says, by field
    given    False: the source took it back
    on, until  first and last day; until None: until it is taken back
    """

    topic: Topic
    kind: str
    details: Mapping[str, str] = field(hash=False)
    source: str
    given: bool
    on: date
    until: date | None
    known_at: datetime

    @property
    def slot(self) -> tuple[str, ...]:
        """What this word is about: a later one of the same slot takes its place."""
        names = KEYS.get(self.kind, KEYS.get(self.topic, ()))
        keys = (self.details.get(name, "") for name in names)
        return (self.topic, self.kind, self.source, *keys)

    def says_the_same(self, other: Arrangement) -> bool:
        """Whether a repetition of a file would add nothing. The first day and the hour of learning are no news."""
        return (self.slot, self.given, self.until, dict(self.details)) == (
            other.slot, other.given, other.until, dict(other.details),
        )  # fmt: skip

    def holds_on(self, today: date) -> bool:
        return self.given and self.on <= today and (self.until is None or self.until >= today)


KEYS: dict[str, tuple[str, ...]] = {
    Topic.CONTACT: ("value",),
    Topic.PROXY: ("id_number", "name"),
    AccommodationKind.LANGUAGE: ("detail",),
}
"""Topic or kind -> which details tell one arrangement of a source from another; without any there is one of a kind."""


def newest(words: Iterable[Arrangement]) -> list[Arrangement]:
    """The last word on each slot, in the order in which they became known; a later first day counts as later."""
    found: dict[tuple[str, ...], Arrangement] = {}
    for word in sorted(words, key=lambda one: (one.known_at, one.on)):
        found[word.slot] = word
    return list(found.values())


def in_force(words: Iterable[Arrangement], today: date | None) -> list[Arrangement]:
    """What holds on a day; None: whatever was not taken back."""
    return [one for one in newest(words) if (one.given if today is None else one.holds_on(today))]
