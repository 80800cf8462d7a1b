"""What staff do about notices: tell somebody by hand, write down how they want to be told, look after dead letters.

Only staff write down an e-mail address: whoever holds somebody's telephone must not be able to send word of that
person's money elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from auth_service.accounts.credentials import StaffMember
from auth_service.accounts.roles import Permission
from auth_service.core.audit import AuditEvent
from auth_service.core.clock import Clock
from auth_service.core.errors import (
    AlreadyExists,
    BeneficiaryUnknown,
    FieldInvalid,
    NotFound,
    ReasonMissing,
    SettingInvalid,
    StaleJudgement,
)
from auth_service.flows.money_terms import alone_with, checked_note, require
from auth_service.flows.notice_terms import proposed_kind
from auth_service.notices.notice import BY_HAND, Language, NoticeState, Reach, Wishes
from auth_service.storage.unit import NewNotice, Store, StoredNotice


class KeepNotices:
    """One instance serves all threads. checked_email: the address as it is kept. raises SettingInvalid"""

    def __init__(self, store: Store, clock: Clock, checked_email: Callable[[str], str]) -> None:
        self._store = store
        self._clock = clock
        self._checked_email = checked_email

    def told_by_hand(self, proposal_id: str, way: Reach, note: str, staff: StaffMember) -> None:
        """The person was told of a proposal by a member of staff, or there is no second way; note: how, or why not.

        raises   AccessRefused, NotFound, FieldInvalid (no way that staff write down), ReasonMissing, FieldTooLong,
                 StaleJudgement (the proposal has ended), AlreadyExists (it is on record)
        """
        require(staff, Permission.PROPOSE_MONEY)
        said, now = checked_note(note), self._clock.now()
        if way not in BY_HAND:
            raise FieldInvalid(", ".join(BY_HAND), field="way")
        if not said:
            raise ReasonMissing
        with self._store.unit() as unit:
            stored = unit.proposals.get(proposal_id)
            kind = None if stored is None else proposed_kind(stored.proposal)
            if stored is None or kind is None:
                raise NotFound
            if stored.decision is not None:
                raise StaleJudgement
            person = alone_with(unit, stored.proposal.person_id)
            new = NewNotice(
                person.id, kind, proposal_id, way, Language.ZH, "", "", said, f"staff:{staff.id}", now, NoticeState.SENT
            )
            if not unit.notices.add(new, now):
                raise AlreadyExists
            details = {"proposal": proposal_id, "way": way.value}
            unit.audit.append(AuditEvent(f"staff:{staff.id}", "notice.by_hand", f"person:{person.id}", details), now)

    def wish(self, id_number: str, wishes: Wishes, staff: StaffMember) -> None:
        """raises AccessRefused, BeneficiaryUnknown, FieldInvalid (no e-mail address), KeyMissing"""
        require(staff, Permission.ANSWER_REQUESTS)
        now = self._clock.now()
        try:
            email = self._checked_email(wishes.email) if wishes.email else ""
        except SettingInvalid as error:
            raise FieldInvalid("an e-mail address", field="email") from error
        with self._store.unit() as unit:
            person_id = unit.people.id_of(id_number)
            if person_id is None:
                raise BeneficiaryUnknown
            unit.notice_wishes.put(person_id, replace(wishes, email=email), staff.id, now)
            details = {"language": wishes.language.value, "receipts": wishes.receipts, "email": bool(email)}
            unit.audit.append(AuditEvent(f"staff:{staff.id}", "notice.wishes", f"person:{person_id}", details), now)

    def retry(self, notice_ids: list[str], actor: str) -> int:
        """Tries dead letters again from the start; returns how many there were."""
        now = self._clock.now()
        with self._store.unit() as unit:
            revived = sum(unit.notices.revive(notice_id, now) for notice_id in notice_ids)
            if revived:
                unit.audit.append(AuditEvent(actor, "notice.retried", "", {"notices": revived}), now)
        return revived

    def show(self, notice_id: str, actor: str) -> StoredNotice:
        """One notice with what it says, which is written down as looked at. raises NotFound"""
        now: datetime = self._clock.now()
        with self._store.unit() as unit:
            found = unit.notices.get(notice_id)
            if found is None:
                raise NotFound
            details = {"notice": notice_id}
            unit.audit.append(AuditEvent(actor, "notice.looked_at", f"person:{found.person_id}", details), now)
        return found
