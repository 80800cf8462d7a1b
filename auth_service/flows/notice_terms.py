"""What the flows that tell people share: a notice is written in the transaction of the fact that it tells of.

Nothing is written where the agency sends nothing, and nothing twice. A person who cannot be reached is told by nobody,
and the log says so.
"""

from __future__ import annotations

from datetime import datetime

from auth_service.beneficiaries.person import Beneficiary
from auth_service.core.errors import NotToldYet
from auth_service.notices.hours import not_before
from auth_service.notices.notice import NoticeFacts, NoticeKind, NoticeState, Reach
from auth_service.notices.plan import NoticePlan, addresses
from auth_service.notices.render import render
from auth_service.notices.telling import told_enough
from auth_service.payments.proposals import ADVERSE, OF_DEATH, Act, Proposal
from auth_service.storage.unit import NewNotice, Unit

SYSTEM = "system"
NO_CONTACT = "no_contact"
OVERTAKEN = "overtaken"
"""It came to nothing before anybody was told: nobody is frightened for nothing."""
_PROPOSED = {
    Act.HOLD: NoticeKind.HOLD_PROPOSED,
    Act.SUSPEND: NoticeKind.SUSPENSION_PROPOSED,
    Act.TERMINATE: NoticeKind.END_PROPOSED,
    Act.RECOVER: NoticeKind.RECOVERY_PROPOSED,
}
_DONE = {
    Act.HOLD: NoticeKind.HELD,
    Act.SUSPEND: NoticeKind.SUSPENDED,
    Act.TERMINATE: NoticeKind.ENDED,
    Act.RECOVER: NoticeKind.RECOVERY,
    Act.RESUME: NoticeKind.RESUMED,
    Act.BACK_PAY: NoticeKind.BACK_PAID,
}


def tell(
    unit: Unit,
    plan: NoticePlan,
    person: Beneficiary,
    what: tuple[NoticeKind, str, NoticeFacts],
    now: datetime,
    *,
    helper: bool = False,
) -> int:
    """Writes one notice for each way; returns how many. what: kind, the matter that it is about, what it says

    helper  as notices.plan.addresses has it
    """  # fmt: skip
    if not plan.reaches:
        return 0
    kind, about, facts = what
    wishes = unit.notice_wishes.of(person.id)
    ways = addresses(kind, person, wishes, plan, helper=helper)
    written = 0
    for reach, address in ways.items() or ((Reach.NONE, ""),):
        said = render(kind, reach, person.name, facts, (plan, wishes.language))
        new = NewNotice(
            person.id, kind, about, reach, wishes.language, address, said.title, said.text, SYSTEM,
            not_before(reach, now, plan.policy),
            NoticeState.DROPPED if reach is Reach.NONE else None, NO_CONTACT if reach is Reach.NONE else None,
        )  # fmt: skip
        written += unit.notices.add(new, now)
    return written


def tell_proposed(unit: Unit, plan: NoticePlan, person: Beneficiary, proposal: Proposal) -> None:
    """That somebody proposes to take money away. Of what gives back nobody is told before it is decided."""
    kind = proposed_kind(proposal)
    if kind is not None:
        tell(unit, plan, person, (kind, proposal.id, _facts(proposal)), proposal.proposed_at)


def tell_decided(unit: Unit, plan: NoticePlan, person: Beneficiary, proposal: Proposal, now: datetime) -> None:
    """That an act is in force. What still waits about it as a mere proposal is not sent any more."""
    if plan.reaches:
        unit.notices.drop_waiting(proposal.id, OVERTAKEN, now)
    tell(unit, plan, person, (_DONE[proposal.act], proposal.id, _facts(proposal)), now)


def tell_ended(unit: Unit, plan: NoticePlan, person: Beneficiary, proposal: Proposal, now: datetime) -> None:
    """That a proposal came to nothing: to whoever heard of it, and to nobody else."""
    if plan.reaches and proposal.act in ADVERSE and unit.notices.drop_waiting(proposal.id, OVERTAKEN, now):
        tell(unit, plan, person, (NoticeKind.PROPOSAL_ENDED, proposal.id, _facts(proposal)), now)


def require_told(unit: Unit, plan: NoticePlan, proposal: Proposal, now: datetime) -> None:
    """raises NotToldYet: an act that takes money away, of which the person has not heard over two ways in time"""
    waits = plan.tells_first and proposal.act in ADVERSE
    if waits and not told_enough(unit.notices.told(proposal.id), plan.policy, now):
        raise NotToldYet


def proposed_kind(proposal: Proposal) -> NoticeKind | None:
    """What is told of a proposal; None where nobody is told."""
    if proposal.act is Act.HOLD and proposal.ground in OF_DEATH:
        return NoticeKind.CHECK_PROPOSED
    return _PROPOSED.get(proposal.act)


def _facts(proposal: Proposal) -> NoticeFacts:
    return NoticeFacts(benefit=proposal.benefit, month=proposal.month, amount=proposal.amount)
