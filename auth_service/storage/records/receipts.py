"""Certificates of passes that were not made here, and certificates that hold no longer, within one unit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row, and_, func, insert, select, union

from auth_service.qualification.certificate import Certificate, ReceiptKind
from auth_service.qualification.evidence import EvidenceKind
from auth_service.qualification.grades import IMPORTED, EventKind
from auth_service.qualification.life import Message
from auth_service.qualification.revocation import Revocation, RevocationReason
from auth_service.storage.records.guards import guard_of, is_genuine
from auth_service.storage.tables import CertificateRow, LifeEventRow, LifeStateRow, ReceiptRow, RevocationRow
from auth_service.storage.tables.schema import insert_or_ignore, table_of
from auth_service.storage.work import Work

_RECEIPTS, _REVOKED, _CERTIFICATES = table_of(ReceiptRow), table_of(RevocationRow), table_of(CertificateRow)
_EVENTS, _STATES = table_of(LifeEventRow), table_of(LifeStateRow)
_STANDS = ~select(_REVOKED.c.serial).where(_REVOKED.c.serial == _RECEIPTS.c.serial).exists()
_TOLD = (Message.NEW.value, Message.CORRECT.value)


@dataclass(frozen=True, slots=True)
class EventToCertify:
    """One imported event of a person, and whether it has a receipt already."""

    id: str
    kind: EventKind
    on: date
    known_at: datetime
    has_receipt: bool


@dataclass(frozen=True, slots=True)
class StoredReceipt:
    """A certificate that stands, of whom, and by which event. corrected: its source told the event again"""

    certificate: Certificate
    person_id: str
    event_kind: EventKind
    corrected: bool


@dataclass(frozen=True, slots=True)
class IssuedCertificate:
    """One certificate of a person, as their page lists it. revoked: None while it holds"""

    certificate: Certificate
    issued_at: datetime
    revoked: Revocation | None


class Receipts:
    """See the module."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def add(self, certificate: Certificate, person_id: str, event_id: str, now: datetime) -> bool:
        """False: the event has one already."""
        values = {
            "serial": certificate.serial,
            "person_id": person_id,
            "event_id": event_id,
            "kind": certificate.evidence_kind.value,
            "passed_on": certificate.passed_on,
            "due_on": certificate.due_on,
            "token": certificate.token,
            "issued_at": now,
        }
        statement = insert_or_ignore(self._work.connection, ReceiptRow)
        return self._work.connection.execute(statement, values).rowcount == 1

    def by_serial(self, serial: str) -> Certificate | None:
        row = self._work.connection.execute(select(_RECEIPTS).where(_RECEIPTS.c.serial == serial)).one_or_none()
        return None if row is None else _certificate(row)

    def candidates(self, since: datetime, after: str, limit: int) -> list[str]:
        """People who may have a pass without a certificate, in the order of ids: a superset, it judges nobody.

        since  events that were learnt from here on are looked at even where the newest pass has its certificate
        """
        missing = ~select(_RECEIPTS.c.serial).where(
            _RECEIPTS.c.person_id == _STATES.c.person_id, _RECEIPTS.c.passed_on == _STATES.c.passed_on, _STANDS
        ).exists() & ~select(_CERTIFICATES.c.serial).where(
            _CERTIFICATES.c.person_id == _STATES.c.person_id, _CERTIFICATES.c.passed_on == _STATES.c.passed_on
        ).exists()  # fmt: skip
        by_state = select(_STATES.c.person_id).where(_STATES.c.passed_on.is_not(None), missing)
        bare = ~select(_RECEIPTS.c.serial).where(_RECEIPTS.c.event_id == _EVENTS.c.id).exists()
        by_event = select(_EVENTS.c.person_id).where(_EVENTS.c.known_at >= since, _EVENTS.c.message.in_(_TOLD), bare)
        found = union(by_state, by_event).subquery()
        wanted = select(found.c.person_id).where(found.c.person_id > after).order_by(found.c.person_id).limit(limit)
        return list(self._work.connection.execute(wanted).scalars())

    def events(self, people: Sequence[str]) -> dict[str, list[EventToCertify]]:
        """What files told of these people, the last word first."""
        kinds = [kind.value for kind in IMPORTED]
        told = _EVENTS.c.kind.in_(kinds) & _EVENTS.c.message.in_(_TOLD) & _EVENTS.c.person_id.in_(people)
        wanted = (
            select(_EVENTS, _RECEIPTS.c.serial)
            .outerjoin(_RECEIPTS, _RECEIPTS.c.event_id == _EVENTS.c.id)
            .where(told)
            .order_by(_EVENTS.c.known_at.desc(), _EVENTS.c.id)
        )
        found: dict[str, list[EventToCertify]] = {}
        for row in self._work.connection.execute(wanted):
            event = EventToCertify(
                row.id, EventKind(row.kind), row.happened_on, row.known_at, has_receipt=row.serial is not None
            )
            found.setdefault(row.person_id, []).append(event)
        return found

    def doubted(self, limit: int) -> list[StoredReceipt]:
        """Standing certificates whose source has said something else since, under the same reference."""
        later = _EVENTS.alias("later")
        same = and_(
            later.c.source == _EVENTS.c.source, later.c.ref_index == _EVENTS.c.ref_index,
            later.c.person_id == _EVENTS.c.person_id, later.c.known_at >= _EVENTS.c.known_at,
            later.c.message != Message.NEW.value, later.c.id != _EVENTS.c.id,
        )  # fmt: skip
        wanted = (
            select(_RECEIPTS, _EVENTS.c.kind.label("event_kind"), func.max(later.c.message).label("last"))
            .join(_EVENTS, _EVENTS.c.id == _RECEIPTS.c.event_id)
            .join(later, same)
            .where(_STANDS)
            .group_by(*_RECEIPTS.c, _EVENTS.c.kind)
            .order_by(_RECEIPTS.c.serial)
            .limit(limit)
        )
        return [
            StoredReceipt(_certificate(row), row.person_id, EventKind(row.event_kind), row.last == Message.CORRECT)
            for row in self._work.connection.execute(wanted)
        ]

    def of_person(self, person_id: str) -> list[IssuedCertificate]:
        """Every certificate of a person, the newest first."""
        found = []
        for table, kinds in ((_RECEIPTS, ReceiptKind), (_CERTIFICATES, EvidenceKind)):
            wanted = select(table).where(table.c.person_id == person_id)
            for row in self._work.connection.execute(wanted):
                held = Certificate(row.serial, kinds(row.kind), row.passed_on, row.due_on, row.token)
                found.append(IssuedCertificate(held, row.issued_at, self.revocation(row.serial)))
        return sorted(found, key=lambda one: (one.certificate.passed_on, one.issued_at), reverse=True)

    # --- what holds no longer ---------------------------------------------------------------------------

    def revoke(self, certificate: Certificate, reason: RevocationReason, now: datetime) -> bool:
        """False: it was revoked before."""
        if self.revocation(certificate.serial) is not None:
            return False
        values: dict[str, Any] = {
            "serial": certificate.serial, "reason": reason.value, "revoked_at": now, "due_on": certificate.due_on,
        }  # fmt: skip
        values["guard"] = guard_of(self._work.indexes, RevocationRow, values)
        self._work.connection.execute(insert(_REVOKED), values)
        return True

    def revocation(self, serial: str) -> Revocation | None:
        """None: it holds, or was never issued, or the row is none of ours."""
        row = self._work.connection.execute(select(_REVOKED).where(_REVOKED.c.serial == serial)).one_or_none()
        return None if row is None or not is_genuine(self._work.indexes, RevocationRow, row) else _revocation(row)

    def revoked(self, today: date) -> list[Revocation]:
        """Every one that would hold today if it were not for the revocation, the oldest first."""
        wanted = select(_REVOKED).where(_REVOKED.c.due_on >= today).order_by(_REVOKED.c.revoked_at, _REVOKED.c.serial)
        rows = self._work.connection.execute(wanted)
        return [_revocation(row) for row in rows if is_genuine(self._work.indexes, RevocationRow, row)]


def _certificate(row: Row[Any]) -> Certificate:
    return Certificate(row.serial, ReceiptKind(row.kind), row.passed_on, row.due_on, row.token)


def _revocation(row: Row[Any]) -> Revocation:
    return Revocation(row.serial, RevocationReason(row.reason), row.revoked_at)
