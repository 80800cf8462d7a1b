"""A record that a kiosk captured without a line comes in: kept whole in one transaction, and answered.

It is decided later (flows/decide_records.py). So the answer comes as fast as a disk writes, a kiosk empties a long
queue at the line's own pace, and whoever stands before a kiosk now does not wait behind those of yesterday. The very
same record gets the very same answer, however often it comes and whatever was decided since.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from auth_service.accounts.credentials import new_token
from auth_service.accounts.devices import Device
from auth_service.beneficiaries.id_number import parse_id_number
from auth_service.capture.challenge import Route
from auth_service.capture.offline import ConsentSaid, Record, read_record, signed_bytes
from auth_service.capture.offline_chain import ChainFault, fault_of
from auth_service.capture.offline_rules import (
    Hold,
    OfflinePolicy,
    RecordState,
    Refusal,
    Ticket,
    held_by_device,
    held_by_ticket,
    held_by_time,
    is_steady,
)
from auth_service.capture.ports import StepLook
from auth_service.capture.session import CaptureSession
from auth_service.capture.steps import CapturedFrame, CapturedStep, StepPolicy, StepPrint, check_step
from auth_service.core.audit import AuditEvent
from auth_service.core.clock import Clock, legal_date
from auth_service.core.errors import NotFound, RecordConflict, RecordInvalid, RecordUnsigned, RowRefused, StepRefused
from auth_service.core.ids import new_id
from auth_service.enrollment.consent import Consent
from auth_service.flows.record_terms import HOLD_OF, doubt_of, faults_since, look_around, note_breach
from auth_service.flows.session_terms import named_person
from auth_service.flows.start_session import NONCE_BYTES
from auth_service.monitoring.rules.v09_broken_protocol import Breach, BreachFacts
from auth_service.qualification.evidence import Channel
from auth_service.storage.unit import NewRecord, NewSession, Store, StoredRecord, Unit

Frames = Mapping[tuple[int, int], bytes]
"""(step, frame) -> JPEG."""
SignatureHolds = Callable[[bytes, bytes, bytes], bool]
"""Public key, signature and message; what is no key or signature holds nothing."""
_BREACHES: dict[Hold, Breach] = {
    Hold.TICKET_REUSED: Breach.TICKET_REUSED,
    Hold.TICKET_OF_ANOTHER: Breach.TICKET_OF_ANOTHER,
    Hold.FROM_FUTURE: Breach.CLOCK_WRONG,
    Hold.BEFORE_TICKET: Breach.CLOCK_WRONG,
}
_CLOCKS = (Hold.FROM_FUTURE, Hold.BEFORE_TICKET)
_NO_LOOK = StepLook((), movement=False)
"""Nobody is there any more whom a quick look could help."""


@dataclass(frozen=True, slots=True)
class RecordSent:
    """What a kiosk sends: the record's bytes, its signature made when the record was made, and its frames."""

    data: bytes
    signature: bytes
    frames: Frames


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the kiosk is told, always the same of one record.

    id    the receipt's number
    code  value of a Hold or Refusal; empty for an accepted record
    """

    id: str
    client_event: str
    counter: int
    state: RecordState
    code: str
    received_at: datetime


@dataclass(frozen=True, slots=True)
class AcceptPolicies:
    """most_frames: of one record, as of a session"""

    offline: OfflinePolicy
    steps: StepPolicy


@dataclass(frozen=True, slots=True)
class _Read:
    """A record of the right form and signature. steps: None where it came without its frames"""

    device: Device
    record: Record
    sent: RecordSent
    steps: tuple[CapturedStep, ...] | None
    person_id: str | None
    number: str | None
    consent: Consent | None
    now: datetime


class AcceptRecord:
    """One instance serves all threads.

    holds    whether a signature is the kiosk's
    consent  the consent that the kiosk names, to the very text that was shown. raises NotFound
    """

    def __init__(
        self,
        store: Store,
        clock: Clock,
        policies: AcceptPolicies,
        holds: SignatureHolds,
        consent: Callable[[ConsentSaid], Consent],
    ) -> None:
        self._store = store
        self._clock = clock
        self._policies = policies
        self._holds = holds
        self._consent = consent

    def run(self, device: Device, sent: RecordSent) -> Receipt:
        """device: whose signed request brought it.

        raises   RecordUnsigned, RecordInvalid (nothing is kept then), RecordConflict (the first of this event stands),
                 StorageFull, Unavailable: it is to be sent again
        """
        record = self._signed(device, sent)
        with self._store.reading() as unit:
            before = unit.offline_records.of_event(device.id, record.client_event)
        if before is None or before.lost_frames:
            read = self._read(device, record, sent)
            with self._store.unit() as unit:
                unit.alone(f"records {device.id}")
                before = unit.offline_records.of_event(device.id, record.client_event)
                if before is None:
                    return self._keep(unit, read)
                if before.lost_frames and before.link.digest == record.digest:
                    self._mend(unit, read, before)
        if before.link.digest != record.digest:
            self._tell(device.id, Breach.EVENT_REUSED, record.counter)
            raise RecordConflict(field="client_event")
        return _receipt(before)

    def _signed(self, device: Device, sent: RecordSent) -> Record:
        if device.public_key is None or not self._holds(device.public_key, sent.signature, signed_bytes(sent.data)):
            self._tell(device.id, Breach.UNSIGNED, None)
            raise RecordUnsigned(field="signature")
        record = read_record(sent.data)
        if record.device_id != device.id:
            raise RecordInvalid("of another device", field="device_id")
        return record

    def _tell(self, device_id: str, breach: Breach, counter: int | None) -> None:
        """In a unit of its own: what is refused leaves a trace all the same."""
        with self._store.unit() as unit:
            note_breach(unit, BreachFacts(device_id, breach, counter), self._clock.now())

    def _read(self, device: Device, record: Record, sent: RecordSent) -> _Read:
        """Everything that needs no transaction. raises RecordInvalid: frames that are not the record's"""
        now = self._clock.now()
        steps = tuple(_step(step, sent.frames) for step in record.steps) if sent.frames else None
        if steps is not None and sum(step.count for step in steps) != len(sent.frames):
            raise RecordInvalid("more frames than it names", field="frames")
        try:
            number = parse_id_number(record.id_number, legal_date(now)).number
        except RowRefused:
            number = None
        try:
            given = self._consent(record.consent)
            consent = replace(given, recorded_at=min(given.recorded_at, now))  # a kiosk's clock may be ahead
        except NotFound:
            consent = None
        person_id = None if number is None else named_person(self._store, number, record.name)
        return _Read(device, record, sent, steps, person_id, number, consent, now)

    def _keep(self, unit: Unit, read: _Read) -> Receipt:
        """All of it, or nothing."""
        record, record_id = read.record, new_id()
        ticket = unit.offline_tickets.open(record.ticket)
        held = self._held(unit, read, ticket, record_id)
        refused = self._refused(read, ticket)
        if ticket is None or refused is not None:
            state, code, session_id = RecordState.REFUSED, str(refused or Refusal.TICKET_UNKNOWN), None
        else:
            state = RecordState.ACCEPTED if held is None else RecordState.PENDING
            code, session_id = str(held or ""), self._open(unit, read, ticket)
        new = NewRecord(
            record_id, record, read.person_id if session_id else None, None if ticket is None else ticket.id, state,
            code, read.now, session_id, read.sent.data, read.sent.signature,
        )  # fmt: skip
        unit.offline_records.add(new)
        unit.devices.counted(record.device_id, record.counter)
        look_around(unit, record.device_id, record.link, read.now)
        if held is not None and held in _BREACHES:
            note_breach(unit, BreachFacts(record.device_id, self._breach(unit, record, held), record.counter), read.now)
        details: dict[str, str | int] = {
            "record": record_id,
            "counter": record.counter,
            "state": state.value,
            "code": code,
        }
        actor = f"device:{record.device_id}"
        unit.audit.append(AuditEvent(actor, "record.received", actor, details), read.now)
        return Receipt(record_id, record.client_event, record.counter, state, code, read.now)

    def _breach(self, unit: Unit, record: Record, held: Hold) -> Breach:
        if held not in _CLOCKS:
            return _BREACHES[held]
        times = unit.offline_records.times_beside(record.device_id, record.counter, _CLOCKS)
        return Breach.CLOCK_WRONG if is_steady(times, self._policies.offline) else Breach.CLOCK_JUMPS

    def _held(self, unit: Unit, read: _Read, ticket: Ticket | None, record_id: str) -> Hold | None:
        """The first thing that speaks for a look by a person; a gap is none yet. A ticket is used in any case."""
        record, policy = read.record, self._policies.offline
        device = unit.devices.get(record.device_id)
        reused = (
            ticket is not None
            and ticket.device_id == record.device_id  # nobody uses up another kiosk's ticket
            and not unit.offline_tickets.use(ticket, record_id, read.now)
        )
        found = (
            held_by_device(record.captured_at, None if device is None else doubt_of(device)),
            _held_by_chain(unit, record, device),
            None if ticket is None else held_by_ticket(ticket, record.device_id, record.captured_at, policy),
            Hold.TICKET_REUSED if reused else None,
            held_by_time(record.captured_at, read.now, policy),
        )
        return next((hold for hold in found if hold is not None), None)

    def _refused(self, read: _Read, ticket: Ticket | None) -> Refusal | None:
        if ticket is None:
            return Refusal.TICKET_UNKNOWN
        if read.number is None:
            return Refusal.ID_NUMBER_INVALID
        if read.consent is None:
            return Refusal.CONSENT_UNKNOWN
        if read.steps is None:
            return Refusal.FRAMES_MISSING
        return None if self._fit(read.record.steps, ticket) else Refusal.STEPS_UNFIT

    def _fit(self, steps: tuple[StepPrint, ...], ticket: Ticket) -> bool:
        """Whether they are the steps that were asked for, within a session's bounds and one after the other."""
        if len(steps) != len(ticket.challenge.steps):
            return False
        last = -1
        try:
            for n, step in enumerate(steps):
                check_step(step, steps[:n], self._policies.steps)
                if step.frames[0].at_ms <= last:
                    return False
                last = step.frames[-1].at_ms
        except StepRefused:
            return False
        return True

    def _open(self, unit: Unit, read: _Read, ticket: Ticket) -> str:
        """The session that the record is decided as: opened, run and handed in, all at its receipt."""
        now = read.now
        session = CaptureSession(
            id=new_id(),
            person_id=read.person_id,
            channel=Channel.KIOSK.value,
            device=unit.sessions.hidden_device(read.device.word),
            consent_id=new_id(),
            wished=Route(ticket.challenge.route),
            accommodations=frozenset(),
            slow=False,
            opened_at=now,
        )
        unit.sessions.open(NewSession(session, read.consent, read.number or "", new_token()))
        unit.sessions.start(session, secrets.token_bytes(NONCE_BYTES), ticket.challenge, now)
        unit.sessions.claim(session.id, now)
        for step in read.steps or ():
            unit.steps.add(session, step, _NO_LOOK, now)
        return session.id

    def _mend(self, unit: Unit, read: _Read, before: StoredRecord) -> None:
        """An older backup of ours came back without the frames, and the kiosk has sent them again."""
        ticket = unit.offline_tickets.open(read.record.ticket)
        if ticket is None or self._refused(read, ticket) is not None or read.person_id != before.person_id:
            return
        session_id = self._open(unit, read, ticket)
        unit.offline_tickets.use(ticket, before.id, read.now)
        new = NewRecord(
            before.id, read.record, before.person_id, ticket.id, before.state, before.code, before.received_at,
            session_id, read.sent.data, read.sent.signature,
        )  # fmt: skip
        unit.offline_records.mend(new, before.id)


def _held_by_chain(unit: Unit, record: Record, device: Device | None) -> Hold | None:
    """A gap is none yet: what is missing may be on its way."""
    fault = fault_of(record.link, unit.offline_records.near(record.device_id, record.link))
    if fault in {ChainFault.FORK, ChainFault.BROKEN}:
        return HOLD_OF[fault]
    lowest = unit.offline_records.lowest_fault(record.device_id, faults_since(device) if device else None)
    return Hold.DEVICE_QUARANTINED if lowest is not None and record.counter >= lowest else None


def _step(step: StepPrint, frames: Frames) -> CapturedStep:
    """raises RecordInvalid: a frame is missing, or another one than the record names"""
    found = []
    for place, frame in enumerate(step.frames):
        data = frames.get((step.n, place))
        if data is None or len(data) != frame.size:
            raise RecordInvalid("a frame is missing, or another one than it names", field=f"f-{step.n}-{place}")
        found.append(CapturedFrame(data, frame.at_ms))
    made = CapturedStep(step.n, tuple(found))
    if not hmac.compare_digest(made.digest, step.digest):
        raise RecordInvalid("other frames than it names", field=f"f-{step.n}")
    return made


def _receipt(stored: StoredRecord) -> Receipt:
    return Receipt(stored.id, stored.client_event, stored.link.counter, stored.state, stored.code, stored.received_at)
