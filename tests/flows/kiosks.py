"""A bank's kiosk that may lose its line, over the real flows: it keeps a key, a counter and a chain."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from auth_service.accounts.devices import Device, DeviceKind, DeviceWords, LensProfile, code_hash
from auth_service.capture.offline import ConsentSaid, canonical, digest_of, signed_bytes
from auth_service.capture.offline_chain import FIRST
from auth_service.capture.offline_rules import OfflinePolicy
from auth_service.capture.reconciliation import Difference, Reported
from auth_service.capture.steps import CapturedStep, StepPolicy
from auth_service.connectors.signing import signature_holds
from auth_service.core.clock import legal_date
from auth_service.core.errors import NotFound
from auth_service.core.ids import new_id
from auth_service.enrollment.consent import Consent, ConsentBasis
from auth_service.flows.accept_record import AcceptPolicies, AcceptRecord, Receipt, RecordSent
from auth_service.flows.decide_records import DecideRecords
from auth_service.flows.issue_tickets import IssueTickets
from auth_service.flows.reconcile import Reconcile
from auth_service.flows.see_record import RecordView, SeeRecord
from tests.builders import WANG
from tests.flows.capturing import Phone, step

A, B = "a" * 32, "b" * 32
"""Two members of staff."""
POLICY = OfflinePolicy()


def consent_said(said: ConsentSaid) -> Consent:
    if said.version != "2026-11-28":
        raise NotFound
    return Consent(ConsentBasis.SEPARATE_CONSENT, said.version, said.language, "kiosk", said.at, "sha256:text")


class Kiosk:
    """One kiosk. `copy` is what a thief makes of it."""

    def __init__(self, phone: Phone, region: str = "130203", owner: str = "农商行", name: str = "一号机") -> None:
        self.phone, self.agency, self.clock = phone, phone.agency, phone.clock
        self.key = Ed25519PrivateKey.generate()
        self.id = new_id()
        self.counter, self.previous = 0, FIRST
        self.tickets: list[tuple[str, int]] = []
        store, now = self.agency.store, self.clock.now()
        words = DeviceWords(DeviceKind.KIOSK, name, owner, region, "大厅", LensProfile.WIDE)
        with store.unit() as unit:
            unit.devices.add(Device(self.id, words, A, now, now), code_hash(self.id))
            unit.devices.approve(self.id, B, now)
            unit.devices.enrol(self.id, self.key.public_key().public_bytes_raw(), now)
        self.issuing = IssueTickets(store, self.clock, POLICY)
        policies = AcceptPolicies(POLICY, StepPolicy())
        self.accepting = AcceptRecord(store, self.clock, policies, signature_holds, consent_said)
        self.deciding = DecideRecords(store, lambda: phone.decision, self.clock, POLICY)
        self.seeing = SeeRecord(store)
        self.reconciling = Reconcile(store, self.clock)

    @property
    def device(self) -> Device:
        with self.agency.store.reading() as unit:
            device = unit.devices.get(self.id)
        assert device is not None
        return device

    def copy(self) -> Kiosk:
        """The same key and memory on another machine."""
        twin = object.__new__(Kiosk)
        twin.__dict__.update(self.__dict__)
        twin.tickets = list(self.tickets)
        return twin

    def fetch(self, count: int = 20) -> None:
        """Tickets, while there is a line."""
        given = self.issuing.run(self.id, count)
        self.tickets += [(one.token, len(one.ticket.challenge.steps)) for one in given]

    def record(self, number: str = WANG, face: str = "wang", take: int = 0, **changed: Any) -> RecordSent:
        """A capture without a line. changed: members of the record that are not as they should be; `look`: of frames"""
        if not self.tickets:
            self.fetch()
        token, count = self.tickets.pop(0)
        look = changed.pop("look", {})
        steps = [step(n, face, take or self.counter + 1, **look) for n in range(count)]
        told = {
            "version": 1,
            "kind": "capture",
            "device_id": self.id,
            "counter": self.counter + 1,
            "previous": self.previous,
            "client_event": str(uuid.uuid4()),
            "ticket": token,
            "captured_at": written(self.clock.now()),
            "id_number": number,
            "consent": {"version": "2026-11-28", "language": "zh", "at": written(self.clock.now())},
            "steps": [told_step(one) for one in steps],
            **changed,
        }
        data = canonical(told)
        self.counter, self.previous = self.counter + 1, digest_of(data)
        return self.signed(data, steps)

    def signed(self, data: bytes, steps: Sequence[CapturedStep]) -> RecordSent:
        frames = {(one.n, place): frame.data for one in steps for place, frame in enumerate(one.frames)}
        return RecordSent(data, self.key.sign(signed_bytes(data)), frames)

    def rewritten(self, sent: RecordSent, frames: dict[tuple[int, int], bytes]) -> RecordSent:
        """The last record with other pictures, signed as if it had been made with them."""
        told = json.loads(sent.data)
        for (n, place), data in frames.items():
            told["steps"][n]["frames"][place] |= {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
        data = canonical(told)
        self.previous = digest_of(data)
        return RecordSent(data, self.key.sign(signed_bytes(data)), frames)

    def send(self, sent: RecordSent) -> Receipt:
        return self.accepting.run(self.device, sent)

    def sends(self, **how: Any) -> Receipt:
        return self.send(self.record(**how))

    def decide(self) -> dict[str, int]:
        return dict(self.deciding.run())

    def see(self, receipt: Receipt) -> RecordView:
        return self.seeing.run(self.id, receipt.client_event)

    def reconcile(self, captures: int = 0, records: int | None = None, **changed: Any) -> tuple[Difference, ...]:
        told = {
            "day": legal_date(self.clock.now()),
            "last_counter": self.counter,
            "last_hash": self.previous,
            **changed,
        }
        made = self.counter if records is None else records
        return self.reconciling.run(self.device, Reported(captures=captures, records=made, **told))


def written(instant: datetime) -> str:
    """As a record says it."""
    return instant.strftime("%Y-%m-%dT%H:%M:%SZ")


def told_step(shown: CapturedStep) -> dict[str, Any]:
    frames = [
        {"at_ms": one.at_ms, "bytes": len(one.data), "sha256": hashlib.sha256(one.data).hexdigest()}
        for one in shown.frames
    ]
    return {"n": shown.n, "frames": frames}
