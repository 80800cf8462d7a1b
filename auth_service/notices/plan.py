"""What the flows know of how this agency tells people."""

from __future__ import annotations

from dataclasses import dataclass, field

from auth_service.beneficiaries.person import Beneficiary
from auth_service.notices.notice import NoticeKind, Reach, Wishes
from auth_service.notices.policy import NoticePolicy

_OWN = (Reach.SMS, Reach.EMAIL, Reach.LETTER)
"""In the order in which one of them is chosen for what happens every year."""
ROUTINE = frozenset(
    {NoticeKind.REMINDER, NoticeKind.OVERDUE, NoticeKind.EXTENDED, NoticeKind.RECEIPT, NoticeKind.CONTEST_RECEIVED}
)
"""Told over one way; all others concern money and go over every way."""


@dataclass(frozen=True, slots=True)
class NoticePlan:
    """agency, contact, site: name, address and telephone in words, and the address of the phone page, empty without one

    reaches   ways that this agency has; nothing is written where it has none
    tells_first  whether an act that takes money away waits until the person was told (notices/telling.py)
    """

    policy: NoticePolicy = field(default_factory=NoticePolicy)
    agency: str = ""
    contact: str = ""
    site: str = ""
    reaches: frozenset[Reach] = frozenset()
    tells_first: bool = False


SILENT = NoticePlan()
"""Of an agency that sends nothing."""


def addresses(
    kind: NoticeKind, person: Beneficiary, wishes: Wishes, plan: NoticePlan, *, helper: bool = False
) -> dict[Reach, str]:
    """Where a notice goes: way -> address. helper: the contact hears of it too, though it is routine.

    The same telephone is one way however often the ledger has it.
    """
    known = {
        Reach.SMS: person.phone or "",
        Reach.HELPER: (person.contact_phone or "") if _digits(person.contact_phone) != _digits(person.phone) else "",
        Reach.EMAIL: wishes.email,
        Reach.LETTER: _postal(person),
    }
    usable = {reach: address for reach, address in known.items() if address and reach in plan.reaches}
    if kind not in ROUTINE:
        return usable
    own = next(((reach, usable[reach]) for reach in _OWN if reach in usable), None)
    found = dict([own] if own else [])
    if (helper or own is None) and kind is not NoticeKind.RECEIPT and Reach.HELPER in usable:
        found[Reach.HELPER] = usable[Reach.HELPER]
    return found


def _postal(person: Beneficiary) -> str:
    if person.address:
        return person.address
    return person.village or ""


def _digits(phone: str | None) -> str:
    return "".join(c for c in phone or "" if c.isdigit())
