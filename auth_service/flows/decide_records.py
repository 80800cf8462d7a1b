"""Records that kiosks captured without a line are judged by their chain and decided. The worker does it.

A record is kept before its kiosk hears that it came, and decided here in one transaction that checks again whether it
still waits: a process that is killed at any point has decided it wholly or not at all, and it is done again. After a
long outage ten thousand records wait, and each costs half a second and more of a processor that people who stand before
a camera need first: so a few are measured at once, never two of one person, whose second must see what the first left.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime

from auth_service.accounts.devices import Device
from auth_service.capture.offline_chain import ChainFault, ChainState, Standing, fault_of, is_gap_for_good, standing_of
from auth_service.capture.offline_rules import Hold, OfflinePolicy, RecordState, held_by_device
from auth_service.core.clock import Clock
from auth_service.core.errors import (
    CalibrationMissing,
    ImageRefused,
    KeyDestroyed,
    PartlyDone,
    ServiceError,
    SessionExpired,
    StorageFault,
    Unavailable,
)
from auth_service.flows.record_terms import HOLD_OF, doubt_of, faults_since, look_around
from auth_service.flows.session_decision import Measured, SessionDecision, Terms
from auth_service.flows.unmeasured import unmeasured
from auth_service.matching.calibration import Calibration
from auth_service.storage.unit import Store, StoredRecord, StoredSession

_AT_ONCE = 200
"""Records of one device that one run looks at; the next run takes the next."""
_RUN_SECONDS = 60.0
"""A run ends after this long, so that its counts are seen and another host may take over."""


@dataclass
class _Turn:
    """One run. spared: records that could not be decided in it"""

    ends: float
    counts: Counter[str] = field(default_factory=lambda: Counter(decided=0, held=0))
    failed: Counter[str] = field(default_factory=Counter)
    spared: set[str] = field(default_factory=set)


class DecideRecords:
    """decision  makes the spine, whose engine is loaded only once there is something to measure
    at_once   how many records are measured at the same time
    """

    def __init__(
        self,
        store: Store,
        decision: Callable[[], SessionDecision],
        clock: Clock,
        policy: OfflinePolicy,
        at_once: int = 1,
    ) -> None:
        self._store = store
        self._make_decision = decision
        self._clock = clock
        self._policy = policy
        self._at_once = at_once
        self._making = threading.Lock()

    def run(self, seconds: float = _RUN_SECONDS) -> Mapping[str, int]:
        """How many were decided, held for a person, and wait on.

        raises   PartlyDone: some could not be decided; they are tried again, and after that go to a person unmeasured;
                 Unavailable, CalibrationMissing: nothing can be decided now
        """
        turn = _Turn(time.monotonic() + seconds)
        with self._store.reading() as unit:
            devices = unit.offline_records.waiting_devices()
        with ThreadPoolExecutor(self._at_once, "records") as threads:
            for device_id in devices:
                try:
                    while self._pass(device_id, turn, threads):
                        pass  # what was decided may have been waited for by others
                except (Unavailable, CalibrationMissing):
                    raise
                except ServiceError as error:  # of this device alone, such as a row that somebody changed
                    turn.failed[error.code] += 1
        with self._store.reading() as unit:
            turn.counts["waiting"] = unit.offline_records.count_waiting()
        if turn.failed:
            told = ", ".join(f"{code}: {count}" for code, count in sorted(turn.failed.items()))
            raise PartlyDone(told, counts=turn.counts)
        return turn.counts

    def _pass(self, device_id: str, turn: _Turn, threads: Executor) -> int:
        """How many of one device were decided."""
        done = 0
        for wave in _waves([one for one in self._ready(device_id) if one.id not in turn.spared], self._at_once):
            if time.monotonic() >= turn.ends:
                return 0
            for record, found in zip(wave, list(threads.map(self._judge, wave)), strict=True):
                if isinstance(found, ServiceError):
                    turn.failed[found.code] += 1
                    turn.spared.add(record.id)  # the next run tries again
                elif found is not None:
                    done += 1
                    turn.counts["decided"] += 1
                    turn.counts["held"] += bool(found) and record.state is not RecordState.REFUSED
        return done

    def _judge(self, record: StoredRecord) -> str | ServiceError | None:
        """Why a person looks first, once it is decided; None: it is not; or what went wrong with this one alone.

        raises  Unavailable, CalibrationMissing: nothing can be decided now
        """
        try:
            hold = self._ruling(record, self._clock.now())
            return hold if hold is not None and self._settle(record, hold) else None
        except (Unavailable, CalibrationMissing):
            raise
        except ServiceError as error:
            return error

    def _decision(self) -> SessionDecision:
        """Made once, whoever asks first."""
        with self._making:
            return self._make_decision()

    def _ready(self, device_id: str) -> list[StoredRecord]:
        """Whose turn it is; those above a missing record wait with it."""
        with self._store.reading() as unit:
            device = unit.devices.get(device_id)
            state = unit.offline_records.chain(device_id, None if device is None else faults_since(device))
            return unit.offline_records.ready(device_id, state, _AT_ONCE)

    def _settle(self, record: StoredRecord, hold: str) -> bool:
        if record.state is not RecordState.REFUSED:
            return self._decide(record, hold)
        with self._store.unit() as unit:  # nothing of it is looked at; it waited only for its place in the chain
            return unit.offline_records.decide(record.id, hold, None, self._clock.now())

    def _ruling(self, record: StoredRecord, now: datetime) -> str | None:
        """Why a person looks first; empty: nothing speaks against it; None: it waits for another record."""
        with self._store.reading() as unit:
            device = unit.devices.get(record.device_id)
            near = unit.offline_records.near(record.device_id, record.link)
            if device is None:
                raise StorageFault("a record of no device")
            lowest = unit.offline_records.lowest_fault(record.device_id, faults_since(device))
            quiet = unit.offline_records.quiet_since(record.device_id) if not near.before else None
        fault = record.fault or fault_of(record.link, near)
        if fault is ChainFault.GAP and record.fault is None and self._is_given_up(record, quiet, now):
            again = self._give_up(record, now)
            return None if again is None else self._ruling(again, now)
        standing = Standing.HELD if record.fault else standing_of(record.link, fault, ChainState(lowest))
        return None if standing is Standing.WAITS else _hold_of(record, standing, device)

    def _is_given_up(self, record: StoredRecord, quiet_since: datetime | None, now: datetime) -> bool:
        return is_gap_for_good(record.received_at, quiet_since or record.received_at, now, self._policy.gap)

    def _give_up(self, record: StoredRecord, now: datetime) -> StoredRecord | None:
        """The record before this one is not waited for any more, unless it came in this moment."""
        with self._store.unit() as unit:
            unit.alone(f"records {record.device_id}")
            look_around(unit, record.device_id, record.link, now, gap_for_good=True)
            return unit.offline_records.get(record.id)

    def _decide(self, record: StoredRecord, hold: str) -> bool:
        """raises   Unavailable (counted as no try), and what a fault raises: it is tried again"""
        decision = self._decision()
        calibration = decision.calibration()
        with self._store.unit(durable=False) as unit:
            tries = unit.offline_records.tried(record.id)
        with self._store.reading() as unit:
            stored = None if record.session_id is None else unit.sessions.by_id(record.session_id)
        if stored is None:
            return False  # erased in this moment
        terms = Terms(
            record.received_at,
            offline=True,
            held=bool(hold),
            claimed=record.captured_at,
            device_id=record.device_id,
        )
        try:
            measured = self._measure(stored, calibration, terms, tries)
            return self._record(stored, record, measured or terms, hold)
        except (SessionExpired, KeyDestroyed):
            return False  # erased, or another process was faster
        except Unavailable:
            with self._store.unit(durable=False) as unit:
                unit.offline_records.tried(record.id, -1)
            raise

    def _measure(self, stored: StoredSession, calibration: Calibration, terms: Terms, tries: int) -> Measured | None:
        """None: it cannot be measured, and a person gets it as it is."""
        if tries > self._policy.tries:
            return None
        try:
            return self._decision().measure(stored, calibration, terms)
        except ImageRefused:
            return None

    def _record(self, stored: StoredSession, record: StoredRecord, found: Measured | Terms, hold: str) -> bool:
        """Evidence and record together; False: something spoke against it in this moment."""
        now = self._clock.now()
        with self._store.unit() as unit:
            unit.alone(f"records {record.device_id}")
            again = unit.offline_records.get(record.id)
            if again is None or (again.fault is not None and not hold):
                return False
            if isinstance(found, Terms):
                evidence_id = unmeasured(unit, stored, found, now)
            else:
                evidence_id = self._decision().record(unit, stored, found).evidence_id
            return unit.offline_records.decide(record.id, hold, evidence_id, now)


def _waves(records: Sequence[StoredRecord], most: int) -> Iterator[list[StoredRecord]]:
    """In their order, so many at once, and never two of one person together."""
    left = list(records)
    while left:
        wave: dict[str, StoredRecord] = {}
        for one in left:
            wave.setdefault(one.person_id or one.id, one)
            if len(wave) == most:
                break
        yield list(wave.values())
        taken = {one.id for one in wave.values()}
        left = [one for one in left if one.id not in taken]


def _hold_of(record: StoredRecord, standing: Standing, device: Device) -> str:
    """What its chain says, which is the same in whatever order the records came; else what was said at its receipt;
    else what its device says."""
    if record.fault is not None:
        return HOLD_OF[record.fault]
    if standing is Standing.HELD:
        return Hold.DEVICE_QUARANTINED
    if record.state is RecordState.PENDING:
        return record.code
    return held_by_device(record.captured_at, doubt_of(device)) or ""
