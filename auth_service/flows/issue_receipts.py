"""A certificate for every pass that was not made here, and the end of those whose source took the pass back.

People who passed by data did nothing for it and still hold something in their hands: kind of evidence, day, next due.
The worker does it, a page of people in a transaction; twice is once. It moves no due date and no payment.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from itertools import groupby

from auth_service.core.audit import AuditEvent
from auth_service.core.clock import Clock, legal_date
from auth_service.core.ids import new_serial
from auth_service.core.keys import Signer
from auth_service.flows.life_pages import PEOPLE_AT_ONCE, lives_of
from auth_service.flows.next_due import due_by
from auth_service.qualification.certificate import issue, receipt_kind
from auth_service.qualification.grades import IMPORTED, EventKind
from auth_service.qualification.passes import passes
from auth_service.qualification.policy import PolicyBook
from auth_service.qualification.revocation import RevocationReason
from auth_service.storage.unit import EventToCertify, Life, Store, Unit

_LOOKED_BACK = timedelta(days=7)
"""Events learnt in the last week are looked at even where a newer pass stands: an older event that came late has its
certificate too. source: own decision; a worker that was away for longer catches up with the newest pass of each."""


class IssueReceipts:
    """See the module."""

    def __init__(self, store: Store, signer: Signer, clock: Clock) -> None:
        self._store = store
        self._signer = signer
        self._clock = clock

    def run(self) -> Mapping[str, int]:
        """How many were issued and revoked. raises PolicyTampered, KeyStoreUnavailable, Unavailable"""
        now = self._clock.now()
        revoked = self._revoke(now)  # first: a corrected event gets a new one in this run
        issued, place = 0, ""
        while True:
            with self._store.unit() as unit:
                people = unit.receipts.candidates(now - _LOOKED_BACK, place, PEOPLE_AT_ONCE)
                done = self._issue(unit, people, now) if people else 0
                if done:
                    event = AuditEvent("system", "receipts.issued", "", {"issued": done})
                    unit.audit.append(event, now)
            issued += done
            if not people:
                return {"issued": issued, "revoked": revoked}
            place = people[-1]

    def _issue(self, unit: Unit, people: Sequence[str], now: datetime) -> int:
        book = unit.policies.book()
        lives = lives_of(unit, people, legal_date(now), book)
        events, done = unit.receipts.events(people), 0
        for person_id, mine in groupby(lives, lambda life: life.person_id):
            done += self._person(unit, events.get(person_id, []), list(mine), (book, now))
        return done

    def _person(
        self, unit: Unit, events: Sequence[EventToCertify], lives: Sequence[Life], by: tuple[PolicyBook, datetime]
    ) -> int:
        """One certificate a day: of a day with several events, for the one that was told last."""
        book, now = by
        done = 0
        for on, kind in sorted(_standing(lives, book, now)):
            found = [event for event in events if (event.on, event.kind) == (on, kind)]
            if not found or any(event.has_receipt for event in found):
                continue
            certificate = issue(new_serial(), receipt_kind(kind), on, due_by(lives, on, book, now), self._signer)
            done += unit.receipts.add(certificate, lives[0].person_id, found[0].id, now)
        return done

    def _revoke(self, now: datetime) -> int:
        """Certificates whose pass stands no longer, each with a row in the audit trail."""
        done = 0
        with self._store.unit() as unit:
            doubted = unit.receipts.doubted(PEOPLE_AT_ONCE)
            for one in doubted:
                book = unit.policies.book()
                standing = _standing(lives_of(unit, [one.person_id], legal_date(now), book), book, now)
                if (one.certificate.passed_on, one.event_kind) in standing:
                    continue
                reason = RevocationReason.CORRECTED_BY_SOURCE if one.corrected else RevocationReason.VOIDED_BY_SOURCE
                if unit.receipts.revoke(one.certificate, reason, now):
                    details = {"certificate": one.certificate.serial, "reason": reason.value}
                    event = AuditEvent("system", "certificate.revoked", f"person:{one.person_id}", details)
                    unit.audit.append(event, now)
                    done += 1
        return done


def _standing(lives: Sequence[Life], book: PolicyBook, now: datetime) -> set[tuple[date, EventKind]]:
    """Day and kind of each imported pass that stands for one of a person's benefits at least."""
    every = (one for life in lives for one in passes(life.facts, book, now))
    return {(one.on, one.kind) for one in every if one.kind in IMPORTED and one.taken_back is None}
