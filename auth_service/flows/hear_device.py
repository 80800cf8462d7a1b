"""A device has sent something: who it is, whether it really said this, now, and for the first time.

Everything is settled from the request line and the headers; whoever is refused has sent a body that nobody read.
"""

from __future__ import annotations

from datetime import datetime

from auth_service.accounts.devices import Device, DevicePolicy, DeviceState
from auth_service.accounts.signatures import (
    MessageSignatures,
    SignatureClaim,
    SignedMessage,
    check_time,
    remembered_until,
)
from auth_service.core.clock import Clock
from auth_service.core.errors import (
    AccountTampered,
    ClockSkewed,
    DeviceRefused,
    SignatureExpired,
    SignatureInvalid,
    SignatureReplayed,
)
from auth_service.monitoring.rules.v09_broken_protocol import Breach, BreachFacts, BrokenProtocol
from auth_service.storage.unit import Store

_HEARD = frozenset({DeviceState.ACTIVE, DeviceState.QUARANTINED})


class HearDevice:
    """One instance serves all threads."""

    def __init__(self, store: Store, signatures: MessageSignatures, clock: Clock, policy: DevicePolicy) -> None:
        self._store = store
        self._signatures = signatures
        self._clock = clock
        self._policy = policy

    def run(self, message: SignedMessage, *, also_revoked: bool = False) -> Device:
        """The device that signed this message. Its state says what it may start.

        also_revoked  what it captured before it was revoked may still come
        raises        SignatureMissing, SignatureInvalid, ClockSkewed, SignatureExpired, SignatureReplayed,
                      DeviceRefused, Unavailable: the nonce cannot be kept
        """
        now = self._clock.now()
        claim = self._signatures.claim_of(message)
        device = self._known(claim.key_id, also_revoked=also_revoked)
        self._verify(message, claim, device, now)
        with self._store.unit() as unit:
            fresh = unit.device_nonces.take(device.id, claim.nonce, remembered_until(claim, self._policy))
            if fresh:
                unit.devices.seen(device.id, now)
        if not fresh:
            self._flag(device, Breach.REPLAYED, now)
            raise SignatureReplayed
        return device

    def _known(self, key_id: str, *, also_revoked: bool) -> Device:
        """raises DeviceRefused: whatever the reason, no more is said"""
        try:
            with self._store.reading() as unit:
                device = unit.devices.get(key_id)
        except AccountTampered as refused:
            raise DeviceRefused from refused
        heard = {*_HEARD, DeviceState.REVOKED} if also_revoked else _HEARD
        if device is None or device.public_key is None or device.state not in heard:
            raise DeviceRefused
        return device

    def _verify(self, message: SignedMessage, claim: SignatureClaim, device: Device, now: datetime) -> None:
        """First whether the device said it, then when: a stranger learns nothing of its clock."""
        try:
            self._signatures.verify(message, claim.key_id, device.public_key or b"")
            check_time(claim, now, self._policy)
        except SignatureInvalid:
            self._flag(device, Breach.UNSIGNED, now)
            raise
        except ClockSkewed:
            self._flag(device, Breach.CLOCK_AHEAD, now)
            raise
        except SignatureExpired:
            self._flag(device, Breach.EXPIRED, now)
            raise

    def _flag(self, device: Device, breach: Breach, now: datetime) -> None:
        """V09, looked for first: whoever sends rubbish in a device's name makes us write once a day."""
        facts = BreachFacts(device.id, breach)
        with self._store.reading() as unit:
            if unit.flags.stands(BrokenProtocol.key_of(facts, now)):
                return
        with self._store.unit() as unit:
            unit.flags.raise_once(BrokenProtocol().judge(facts, now))
