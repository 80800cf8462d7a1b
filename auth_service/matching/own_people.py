"""The operator's own people as a measurement sees them: photos with dates, strata, and who is drawn for it.

Only what may be counted is counted:
photos    those of the reference set in force that may be compared with, and one photo of each confirmed try
a try is confirmed when it passed, or when an officer attested it, it did not pass, and the same person passed on the
          same channel within a day: then the person who was refused was most probably the right one
people    drawn by a keyed hash of their number, so that the draw is fair, repeatable and needs no list of everybody
"""

from __future__ import annotations

import hashlib
import heapq
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import numpy as np

from auth_service.faces.template import Template

MOST_PHOTOS = 8
"""Photos per person that are compared: enough for a template of four on each side."""

SAME_OCCASION = timedelta(days=1)
"""A refused try counts as the person's own when the person passes within this time. source: own decision; one errand"""

BANDS = ((0, "under 60"), (60, "60-69"), (70, "70-79"), (80, "80 and over"))
"""Age when the references in force were made, whole years by birth year.
source: trust.md section 5 (80 and over); own decision for the rest, benefits begin at about 60"""

EVERYBODY = "everybody"


@dataclass(frozen=True, slots=True)
class OwnTry:
    """One earlier attempt of a person with the photo that stands for it.

    template    the first photo of the attempt; the others show the same moment and would count it twice
    passed      it qualified
    attested    somebody vouched that the person was there, and nothing spoke of an attack
    similarity  as measured then; None where nothing was compared
    references, probes  images on each side then; references None where the set of that time is not known
    """

    template: Template
    taken_at: datetime
    channel: str
    passed: bool
    attested: bool
    similarity: float | None
    references: int | None
    probes: int


@dataclass(frozen=True, slots=True)
class OwnPhoto:
    """One photo of one person."""

    template: Template
    taken_on: date


@dataclass(frozen=True, slots=True)
class Tries:
    """What became of a person's attempts: passed, refused but confirmed by a pass soon after, refused and left so."""

    passed: tuple[OwnTry, ...] = ()
    confirmed: tuple[OwnTry, ...] = ()
    unconfirmed: tuple[OwnTry, ...] = ()


@dataclass(frozen=True, slots=True)
class OwnPerson:
    """One person of the measurement.

    photos  by date, at most MOST_PHOTOS, one per occasion
    groups  the strata that this person was drawn for, `everybody` among them
    """

    id: str
    sex: str | None
    birth_year: int | None
    photos: tuple[OwnPhoto, ...]
    groups: frozenset[str]
    tries: Tries = Tries()


@dataclass(frozen=True, slots=True)
class Listed:
    """Somebody with usable references, before anything is opened. `active_since`: of the set in force."""

    id: str
    sex: str | None
    birth_year: int | None
    active_since: datetime


def age_band(birth_year: int | None, year: int) -> str | None:
    """One of BANDS, or None for an unknown or impossible year."""
    if birth_year is None or year < birth_year:
        return None
    return [name for least, name in BANDS if year - birth_year >= least][-1]


def strata_of(sex: str | None, birth_year: int | None, year: int) -> tuple[str, ...]:
    """The strata that somebody belongs to: sex, age band, and both together as far as they are known."""
    band = age_band(birth_year, year)
    both = f"{sex} {band}" if sex and band else None
    return tuple(name for name in (sex, band, both) if name)


class Draw:
    """A fair draw of at most `most` people for everybody and for each stratum, from any number of them.

    Each person has a number made by a hash of seed and id; those with the smallest numbers are drawn. So a person
    drawn for everybody is mostly drawn for its strata too, and the order in which people come does not matter.
    """

    def __init__(self, most: int, seed: int) -> None:
        self._most = most
        self._seed = seed
        self._kept: dict[str, list[tuple[int, str]]] = {}
        self.seen = 0

    def offer(self, listed: Listed) -> None:
        self.seen += 1
        digest = hashlib.sha256(f"{self._seed}\0{listed.id}".encode()).digest()
        entry = (-int.from_bytes(digest[:8], "big"), listed.id)
        for group in (EVERYBODY, *strata_of(listed.sex, listed.birth_year, listed.active_since.year)):
            kept = self._kept.setdefault(group, [])
            if len(kept) < self._most:
                heapq.heappush(kept, entry)
            else:
                heapq.heappushpop(kept, entry)

    def drawn(self) -> dict[str, frozenset[str]]:
        """Person id -> the groups that it was drawn for, in the order of ids."""
        found: dict[str, set[str]] = {}
        for group, kept in self._kept.items():
            for _, person in kept:
                found.setdefault(person, set()).add(group)
        return {person: frozenset(found[person]) for person in sorted(found)}


def sort_tries(tries: Iterable[OwnTry], since: datetime) -> Tries:
    """Which attempts count as the person's own. since: when the oldest photo in force came; older tries were compared
    with other photos, perhaps with somebody else's that were replaced for that reason."""
    recent = sorted((each for each in tries if each.taken_at >= since), key=lambda each: each.taken_at)
    passed = tuple(each for each in recent if each.passed)
    refused = [each for each in recent if each.attested and not each.passed]
    sorted_out: dict[bool, list[OwnTry]] = {True: [], False: []}
    for each in refused:
        sorted_out[_passed_soon_after(each, passed)].append(each)
    return Tries(passed, tuple(sorted_out[True]), tuple(sorted_out[False]))


def _passed_soon_after(refused: OwnTry, passed: Sequence[OwnTry]) -> bool:
    return any(
        each.channel == refused.channel and timedelta(0) <= each.taken_at - refused.taken_at <= SAME_OCCASION
        for each in passed
    )


def choose_photos(enrolled: Sequence[OwnPhoto], tries: Tries) -> tuple[OwnPhoto, ...]:
    """At most MOST_PHOTOS by date: the enrolled ones, and tries spread evenly over time."""
    tried = [OwnPhoto(each.template, each.taken_at.date()) for each in (*tries.passed, *tries.confirmed)]
    tried.sort(key=lambda photo: photo.taken_on)
    kept = sorted(enrolled, key=lambda photo: photo.taken_on)[-MOST_PHOTOS:]
    room = MOST_PHOTOS - len(kept)
    if len(tried) > room:
        places = np.unique(np.linspace(0, len(tried) - 1, room).round().astype(int)) if room else np.zeros(0, int)
        tried = [tried[place] for place in places]
    return tuple(sorted([*kept, *tried], key=lambda photo: photo.taken_on))
