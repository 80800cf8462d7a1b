"""What a scan of all faces holds in memory, and how one pair is looked at closely (flows/find_duplicates.py)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np

from auth_service.core.errors import KeyMissing
from auth_service.enrollment.references import ReferenceSet
from auth_service.faces.template import Template
from auth_service.matching.calibration import Calibration, CalibrationSource, Metric
from auth_service.matching.comparison import Zone, compare
from auth_service.matching.duplicates import (
    Candidate,
    DuplicatePolicy,
    FaceScanner,
    Near,
    Pool,
    Ranked,
    Tail,
    Thresholds,
)
from auth_service.matching.population import Population, signals
from auth_service.monitoring.flags import Flag
from auth_service.monitoring.rules.i03_one_face import OneFace, OneFaceFacts
from auth_service.storage.unit import ScannedPerson, ScanState, Store, Unit

_READ_AT_ONCE = 1000
_SPARE = 2
"""Candidates of each kind that are kept for each place in the queue: some fall away when they are looked at closely."""
BLOCK = 4096
"""People held against everybody behind them in one transaction: half a minute among a million."""

ScannerOf = Callable[[int, int, Metric], FaceScanner]
"""(people, numbers of a template, metric) -> an empty scanner"""


@dataclass(frozen=True, slots=True)
class ScanTerms:
    """block  people of one transaction"""

    scanner: ScannerOf
    calibration: CalibrationSource
    policy: DuplicatePolicy
    block: int = BLOCK


@dataclass(slots=True)
class Going:
    """A scan in this process.

    most  candidates of each kind that are kept
    out   pairs that are put before nobody: raised once already, or declared to be alike
    """

    calibration: Calibration
    thresholds: Thresholds
    population: Population
    scanner: FaceScanner
    most: int
    out: set[tuple[str, str]]
    pool: Pool = field(init=False)
    tail: Tail = field(init=False)

    def restart(self, scan: ScanState, found: Iterable[Candidate]) -> None:
        """From where a scan stands, in this process or in another."""
        self.tail, self.pool = Tail(scan.tail), Pool(self.population.shares(), self.most)
        self.pool.offer(found)


def read_everybody(store: Store, scan: ScanState, calibration: Calibration, terms: ScanTerms) -> Going:
    """Everybody's template, opened once, and what a scan has found so far. raises SealBroken"""
    with store.reading() as unit:
        count = unit.face_scans.count(calibration.identity, scan.began_at)
    population = Population(count)
    scanner = _fill(population, _people(store, scan, calibration, count), calibration.metric, terms)
    with store.reading() as unit:
        population.close(unit.face_scans.flagged_together())
        out = unit.face_scans.raised_before() | unit.kin.exempt()
        going = Going(calibration, Thresholds(calibration), population, scanner, _SPARE * terms.policy.queue, out)
        going.restart(scan, unit.face_scans.found(scan))
    return going


def _people(store: Store, scan: ScanState, calibration: Calibration, count: int) -> Iterator[list[ScannedPerson]]:
    """Pages of those whose template can be compared by this calibration, `count` at most."""
    after = ""
    while count > 0:
        with store.reading() as unit:
            page = unit.face_scans.page(calibration.identity, scan.began_at, after, min(_READ_AT_ONCE, count))
        if not page:
            return
        after, count = page[-1].person_id, count - len(page)
        yield [one for one in page if one.template.mirrored == calibration.mirrored]


def _fill(
    population: Population, pages: Iterable[list[ScannedPerson]], metric: Metric, terms: ScanTerms
) -> FaceScanner:
    scanner: FaceScanner | None = None
    for page in pages:
        if not page:
            continue
        if scanner is None:
            scanner = terms.scanner(population.most, page[0].template.vector.size, metric)
        scanner.put(population.count, np.stack([one.template.vector for one in page]))
        for one in page:
            population.add(one.person_id, one.template.images, one.shared)
    return scanner or terms.scanner(0, 1, metric)


def candidates_of(near: Near, going: Going, tail: Tail) -> Iterator[Candidate]:
    """Those that may still reach the queue, and every pair that passes its threshold counted in the tail."""
    population = going.population
    margins = going.thresholds.margins(population.images[near.first], population.images[near.second], near.similarity)
    passed = np.flatnonzero(margins >= 0)
    first, second, margins = near.first[passed], near.second[passed], margins[passed]
    similarity = near.similarity[passed]
    tail.add(margins)
    masks = population.masks(first, second)
    for mask in np.unique(masks):
        found, room = signals(int(mask)), going.pool.room(going.pool.rarest(signals(int(mask))))
        mine = np.flatnonzero((masks == mask) & (margins > room))
        left = going.pool.most
        for at in mine[np.lexsort((second[mine], first[mine], -margins[mine]))]:
            pair = population.id_at(int(first[at])), population.id_at(int(second[at]))
            if pair not in going.out:
                yield Candidate(*pair, float(similarity[at]), float(margins[at]), found)
                left -= 1
            if not left:
                break


def flag_of(unit: Unit, ranked: Ranked, going: Going, exempt: set[tuple[str, str]], now: datetime) -> Flag | None:
    """A pair looked at closely, as both stand now; None where one is erased, or they match no more, or are declared."""
    pair = (ranked.candidate.first, ranked.candidate.second)
    found = _both(unit, pair, going.calibration)
    if found is None:
        return None
    one, other = found
    decision = compare(one.template, other.template, going.calibration)
    facts = OneFaceFacts(
        first=pair[0],
        second=pair[1],
        reaches=decision.zone is Zone.MATCH,
        declared=pair in exempt,
        similarity=decision.similarity,
        accept_at=decision.accept_at,
        calibration=decision.calibration,
        signals=tuple(sorted(ranked.candidate.signals)),
        by_chance=ranked.by_chance,
        people=going.population.count,
        first_photo=one.photo,
        second_photo=other.photo,
    )
    return OneFace().judge(facts, now)


def is_match(unit: Unit, pair: tuple[str, str], calibration: Calibration) -> bool:
    """Whether two people match as they stand now. raises SealBroken"""
    found = _both(unit, pair, calibration)
    return found is not None and compare(found[0].template, found[1].template, calibration).zone is Zone.MATCH


@dataclass(frozen=True, slots=True)
class _Shown:
    """What stands for a person beside another. photo: id of the best one's picture"""

    template: Template
    photo: str


def _both(unit: Unit, pair: tuple[str, str], calibration: Calibration) -> tuple[_Shown, _Shown] | None:
    """None where one of the two is erased, or nothing usable of theirs is in force."""
    try:
        one, other = (_shown(unit.references.current(person_id, calibration.identity)) for person_id in pair)
    except KeyMissing:
        return None
    return None if one is None or other is None else (one, other)


def _shown(found: ReferenceSet | None) -> _Shown | None:
    if found is None or found.template is None:
        return None
    return _Shown(found.template, found.photos[0].picture)
