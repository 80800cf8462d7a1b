"""One face, several identities (rule I03): everybody enrolled is held against everybody else, for fund supervision.

Nobody hands in a face: the only question is which of the people on file are alike, and the only answer is a ranked and
capped queue of flags. It may be killed at any point and run again. Templates are read into memory and written nowhere
(contract.md section 7); what is kept is the place up to which a scan came and the pairs that it found, in one
transaction for each block of people, and a new process reads the templates anew and goes on behind that place.
Whoever is erased meanwhile leaves the memory at the next block, and their pairs at once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta

from auth_service.core.audit import AuditEvent, Details
from auth_service.core.clock import Clock
from auth_service.core.errors import CalibrationMissing, SettingInvalid
from auth_service.flows.duplicate_pairs import Going, ScanTerms, candidates_of, flag_of, is_match, read_everybody
from auth_service.matching.calibration import Calibration
from auth_service.matching.duplicates import Tail, pairs_of
from auth_service.storage.unit import ScanState, Store

SYSTEM = "system"
PURPOSE = "fund_supervision"
"""Stands in the audit trail beside each scan: what faces on file are held against each other for, and nothing else.
source: trust.md, scope creep: dedupe only with an approved purpose; docs/decisions/0038-faces-across-people.md"""


@dataclass(frozen=True, slots=True)
class DuplicateReport:
    """What one scan found.

    people, pairs  held against each other, people erased meanwhile not counted
    reached        pairs at or above the threshold of a match
    by_chance      how many of strangers may be among them at most, by the calibration
    raised         flags of this scan; `waiting` of the rule wait for a first look, at most `queue`
    passed_over    declared twins and siblings who reach the threshold
    own            the calibration was measured on the operator's own people
    """

    scan: str
    calibration: str
    own: bool
    people: int
    pairs: int
    reached: int
    by_chance: float
    raised: int
    waiting: int
    queue: int
    passed_over: int


class FindDuplicates:
    """See the module. One at a time; of two at once each block is counted once."""

    def __init__(self, store: Store, clock: Clock, terms: ScanTerms) -> None:
        self._store = store
        self._clock = clock
        self._terms = terms

    def run(self, actor: str, progress: Callable[[int], None]) -> DuplicateReport:
        """progress: how many more people were held against the others.

        raises   SettingInvalid: no ground is named; CalibrationMissing, CalibrationTampered, SealBroken, Unavailable
        """
        if not self._terms.policy.ground.strip():
            raise SettingInvalid(
                "name the law or approval in AUTH_SERVICE_DUPLICATES__GROUND, once the people were told", field="ground"
            )
        calibration = self._terms.calibration()
        if calibration is None:
            raise CalibrationMissing("faces are not held against each other without a threshold in force")
        scan = self._begin(calibration, actor)
        going = read_everybody(self._store, scan, calibration, self._terms)
        begin = going.population.behind(scan.place)
        progress(begin)
        while begin < going.population.count:
            scan = self._block(scan, going, begin)
            reached = going.population.behind(scan.place)
            progress(reached - begin)
            begin = reached
        return self._end(scan, going, actor)

    def if_due(self) -> dict[str, int]:
        """What the worker does at each look: a scan every so many days, and one cut short to its end.

        None before thresholds stand that were measured on the operator's own people: others say too little of them.
        """
        days, calibration = self._terms.policy.days, self._terms.calibration()
        if days == 0 or not self._terms.policy.ground.strip() or calibration is None or not calibration.own:
            return {}
        now = self._clock.now()
        with self._store.reading() as unit:
            newest = unit.face_scans.newest(calibration.identity, now)
        if newest is not None and newest.finished_at is not None and newest.began_at > now - timedelta(days=days):
            return {}
        report = self.run(SYSTEM, lambda _: None)
        return {"people": report.people, "reached": report.reached, "raised": report.raised}

    def _begin(self, calibration: Calibration, actor: str) -> ScanState:
        now = self._clock.now()
        oldest = now - timedelta(days=max(1, self._terms.policy.days))
        with self._store.unit() as unit:
            unit.alone("face scan")
            scan = unit.face_scans.open(calibration.identity, calibration.label, oldest, now)
            details: Details = {
                "purpose": PURPOSE, "ground": self._terms.policy.ground, "people": scan.people,
                "calibration": calibration.label,
            }  # fmt: skip
            event = "faces.scan_resumed" if scan.began_at < now else "faces.scan_started"
            unit.audit.append(AuditEvent(actor, event, f"face_scan:{scan.id}", details), now)
        return scan

    def _block(self, scan: ScanState, going: Going, begin: int) -> ScanState:
        """The next people against everybody behind them; the scan as it stands then."""
        population = going.population
        end = min(begin + self._terms.block, population.count)
        with self._store.reading() as unit:
            erased = unit.face_scans.erased_since(scan.began_at)
        going.scanner.drop([place for one in erased if (place := population.place_of(one)) is not None])
        near = going.scanner.near(begin, end, going.thresholds.floor)
        tail = Tail(going.tail.counts())
        found = list(candidates_of(near, going, tail))
        after = replace(scan, place=population.id_at(end - 1), tail=tuple(tail.counts()))
        with self._store.unit() as unit:
            unit.alone("face scan")
            alive = unit.face_scans.held(sorted({one for pair in found for one in (pair.first, pair.second)}))
            kept = [pair for pair in found if {pair.first, pair.second} <= alive]
            if not unit.face_scans.advance(scan, after, kept):
                scan = unit.face_scans.again(scan)  # another process did this block
                going.restart(scan, unit.face_scans.found(scan))
                return scan
        going.tail = tail
        going.pool.offer(kept)
        return after

    def _end(self, scan: ScanState, going: Going, actor: str) -> DuplicateReport:
        """The queue: as many of the least likely by chance as there is room for."""
        with self._store.reading() as unit:
            going.restart(scan, unit.face_scans.found(scan))
            exempt, waiting = unit.kin.exempt(), unit.face_scans.waiting()
        for ranked in going.pool.ranked(going.tail):
            if waiting >= self._terms.policy.queue:
                break
            with self._store.unit() as unit:
                flag = flag_of(unit, ranked, going, exempt, self._clock.now())
                if flag is not None and unit.flags.raise_once(flag) is not None:
                    unit.face_scans.note_raised(scan)
                    waiting += 1
        with self._store.reading() as unit:
            passed = sum(is_match(unit, pair, going.calibration) for pair in sorted(exempt))
        return self._finish(scan, going, actor, passed)

    def _finish(self, scan: ScanState, going: Going, actor: str, passed_over: int) -> DuplicateReport:
        now = self._clock.now()
        with self._store.unit() as unit:
            raised, waiting = unit.face_scans.again(scan).raised, unit.face_scans.waiting()
            report = DuplicateReport(
                scan=scan.id,
                calibration=going.calibration.label,
                own=going.calibration.own,
                people=going.population.count,
                pairs=pairs_of(going.population.count),
                reached=going.tail.total,
                by_chance=going.thresholds.by_chance(going.population.count),
                raised=raised,
                waiting=waiting,
                queue=self._terms.policy.queue,
                passed_over=passed_over,
            )
            if unit.face_scans.finish(scan, now):
                details: Details = {
                    "purpose": PURPOSE, "people": report.people, "reached": report.reached, "raised": raised,
                    "passed_over": passed_over,
                }  # fmt: skip
                unit.audit.append(AuditEvent(actor, "faces.scan_finished", f"face_scan:{scan.id}", details), now)
        return report
