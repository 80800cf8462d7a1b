"""Tickets for captures without a line: drawn, sealed, given out, and used once."""

from __future__ import annotations

import base64
import binascii
import json
from datetime import datetime

from sqlalchemy import func, select, update

from auth_service.capture.offline_rules import Ticket
from auth_service.core.errors import SealBroken
from auth_service.core.ids import new_id
from auth_service.storage.records.moves import challenge_of, told_challenge
from auth_service.storage.sealing import Place
from auth_service.storage.tables import OfflineTicketRow
from auth_service.storage.tables.schema import insert_or_ignore, table_of
from auth_service.storage.work import Work, to_json

_TICKETS = table_of(OfflineTicketRow)
_PLACE = Place("offline_tickets", "given", "ticket")
"""One for all: a ticket says itself whose it is, and what it says cannot be changed."""


class OfflineTickets:
    """Tickets within one unit."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def issue(self, ticket: Ticket) -> str:
        """The ticket as the kiosk keeps it: sealed, so that it is known again even where its row is not, as after a
        restore."""
        values = {
            "id": ticket.id,
            "device_id": ticket.device_id,
            "issued_at": ticket.issued_at,
            "expires_at": ticket.expires_at,
        }
        self._work.connection.execute(insert_or_ignore(self._work.connection, OfflineTicketRow), values)
        told = {
            "id": ticket.id,
            "device_id": ticket.device_id,
            "issued_at": ticket.issued_at.isoformat(),
            "expires_at": ticket.expires_at.isoformat(),
            "challenge": told_challenge(ticket.challenge),
        }
        sealed = self._work.keys.of(None).seal(_PLACE, to_json(told).encode())
        return base64.urlsafe_b64encode(sealed).rstrip(b"=").decode()

    def open(self, token: str) -> Ticket | None:
        """None: this service never gave it. raises KeyMissing, KeyStoreUnavailable"""
        try:
            sealed = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
            told = json.loads(self._work.keys.of(None).open(_PLACE, sealed))
        except (SealBroken, binascii.Error, ValueError):
            return None
        return Ticket(
            told["id"],
            told["device_id"],
            challenge_of(told["challenge"]),
            datetime.fromisoformat(told["issued_at"]),
            datetime.fromisoformat(told["expires_at"]),
        )

    def held(self, device_id: str, now: datetime) -> int:
        """How many a device holds that it may still use."""
        mine = (_TICKETS.c.device_id == device_id) & (_TICKETS.c.expires_at > now) & _TICKETS.c.used_by.is_(None)
        return self._work.connection.execute(select(func.count()).select_from(_TICKETS).where(mine)).scalar_one()

    def drawn(self, device_id: str, now: datetime) -> int:
        """How many were drawn for a device whose time is not over, used or not."""
        mine = (_TICKETS.c.device_id == device_id) & (_TICKETS.c.expires_at > now)
        return self._work.connection.execute(select(func.count()).select_from(_TICKETS).where(mine)).scalar_one()

    def use(self, ticket: Ticket, record_id: str, now: datetime) -> bool:
        """False: another record used it. Of any number at once one uses it."""
        used = {"used_by": record_id, "used_at": now}
        free = (_TICKETS.c.id == ticket.id) & _TICKETS.c.used_by.is_(None)
        if self._work.connection.execute(update(_TICKETS).where(free).values(**used)).rowcount == 1:
            return True
        values = {
            "id": ticket.id,
            "device_id": ticket.device_id,
            "issued_at": ticket.issued_at,
            "expires_at": ticket.expires_at,
            **used,
        }
        return (
            self._work.connection.execute(insert_or_ignore(self._work.connection, OfflineTicketRow), values).rowcount
            == 1
        )


def new_ticket_id() -> str:
    """Random, as every id."""
    return new_id()
