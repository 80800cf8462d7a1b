"""Certificates that hold no longer: the signed list for everybody, and the end of one by two members of staff."""

from __future__ import annotations

from datetime import datetime, timedelta
from threading import Lock

from auth_service.accounts.credentials import StaffMember
from auth_service.accounts.roles import Permission, may
from auth_service.core.audit import AuditEvent
from auth_service.core.clock import Clock, legal_date
from auth_service.core.errors import AccessRefused, NotFound, SecondPersonNeeded
from auth_service.core.keys import Signer
from auth_service.qualification.revocation import Revocation, RevocationReason, publish
from auth_service.storage.unit import Store

_KEPT = timedelta(minutes=5)
"""How long a signed list is given out again: whoever asks for it cannot keep the key busy."""


class RevocationDesk:
    """One instance serves all threads."""

    def __init__(self, store: Store, signer: Signer, clock: Clock) -> None:
        self._store = store
        self._signer = signer
        self._clock = clock
        self._lock = Lock()
        self._list: tuple[datetime, tuple[Revocation, ...], str] | None = None

    def published(self) -> str:
        """The signed list of what would hold today but for its revocation. raises KeyStoreUnavailable, Unavailable"""
        now = self._clock.now()
        with self._store.reading() as unit:
            revoked = tuple(unit.receipts.revoked(legal_date(now)))
        with self._lock:
            kept = self._list
            if kept is not None and kept[1] == revoked and kept[0] <= now < kept[0] + _KEPT:
                return kept[2]
            text = publish(revoked, now, self._signer)
            self._list = (now, revoked, text)
        return text

    def of(self, serial: str) -> Revocation | None:
        """None: the certificate holds as far as anybody took it back."""
        with self._store.reading() as unit:
            return unit.receipts.revocation(serial)

    def revoke(self, serial: str, first: StaffMember, second: StaffMember) -> bool:
        """Ends a certificate of a pass that was none; False: it was revoked before. No due date and no payment moves.

        raises   AccessRefused (one proposes acts on money, the other approves them), SecondPersonNeeded, NotFound
        """
        _entitled(first, Permission.PROPOSE_MONEY)
        _entitled(second, Permission.APPROVE_MONEY)
        if first.id == second.id:
            raise SecondPersonNeeded
        now = self._clock.now()
        with self._store.unit() as unit:
            found = unit.certificates.by_serial(serial) or unit.receipts.by_serial(serial)
            if found is None:
                raise NotFound
            done = unit.receipts.revoke(found, RevocationReason.ISSUED_IN_ERROR, now)
            if done:
                details = {"reason": RevocationReason.ISSUED_IN_ERROR.value, "approved_by": second.id}
                event = AuditEvent(f"staff:{first.id}", "certificate.revoked", f"certificate:{serial}", details)
                unit.audit.append(event, now)
        return done


def _entitled(member: StaffMember, permission: Permission) -> None:
    if member.disabled or not may(member.role, permission):
        raise AccessRefused(f"{member.role.value} may not: {permission.value}")
