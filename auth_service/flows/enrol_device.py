"""A device shows its one-time code and its new key, once. It has signed with that key: nobody enrols another's."""

from __future__ import annotations

import base64
import binascii

from auth_service.accounts.devices import KEY_BYTES, Device, DevicePolicy, DeviceState, code_hash
from auth_service.accounts.signatures import MessageSignatures, SignedMessage, check_time
from auth_service.core.audit import AuditEvent
from auth_service.core.clock import Clock
from auth_service.core.errors import AccountTampered, EnrolmentCodeRefused, SignatureInvalid
from auth_service.storage.unit import Store, Unit


class EnrolDevice:
    """One instance serves all threads."""

    def __init__(self, store: Store, signatures: MessageSignatures, clock: Clock, policy: DevicePolicy) -> None:
        self._store = store
        self._signatures = signatures
        self._clock = clock
        self._policy = policy

    def proven_key(self, message: SignedMessage) -> bytes:
        """The key that signed this message, which names itself: all that is said before the body is read.

        raises   SignatureMissing, SignatureInvalid, ClockSkewed, SignatureExpired
        """
        claim = self._signatures.claim_of(message)
        key = key_of_text(claim.key_id)
        self._signatures.verify(message, claim.key_id, key)
        check_time(claim, self._clock.now(), self._policy)
        return key

    def run(self, code: str, public_key: bytes) -> Device:
        """Exchanges a code for a place in the registry. Whoever lost the answer asks again with the same key.

        public_key  it has signed the request
        raises      EnrolmentCodeRefused (wrong, used, over, not approved), AlreadyExists (the key is another device's)
        """
        now = self._clock.now()
        try:
            with self._store.unit() as unit:
                device = unit.devices.of_code(code_hash(code))
                if device is None:
                    return _again(unit, public_key)
                if not device.may_enrol(now) or not unit.devices.enrol(device.id, public_key, now):
                    raise EnrolmentCodeRefused(field="code")
                unit.audit.append(AuditEvent(f"device:{device.id}", "device.enrolled", f"device:{device.id}"), now)
                found = unit.devices.get(device.id)
        except AccountTampered as refused:
            raise EnrolmentCodeRefused(field="code") from refused
        if found is None:
            raise EnrolmentCodeRefused(field="code")
        return found


def key_of_text(text: str) -> bytes:
    """A raw Ed25519 public key from base64url. raises SignatureInvalid"""
    try:
        key = base64.b64decode(f"{text}=", altchars=b"-_", validate=True)
    except (ValueError, binascii.Error) as error:
        raise SignatureInvalid("keyid has to be the new key") from error
    if len(key) != KEY_BYTES or base64.urlsafe_b64encode(key).decode().rstrip("=") != text:
        raise SignatureInvalid("keyid has to be the new key")
    return key


def _again(unit: Unit, public_key: bytes) -> Device:
    """raises EnrolmentCodeRefused: the key is in no device"""
    device = unit.devices.of_key(public_key)
    if device is None or device.state is not DeviceState.ACTIVE:
        raise EnrolmentCodeRefused(field="code")
    return device
