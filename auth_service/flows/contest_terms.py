"""What the flows of contests share: whether there is something to contest, and how an act about one is kept."""

from __future__ import annotations

from datetime import datetime, timedelta

from auth_service.casework.contest import Contest, ContestAct, ContestStep, may_follow
from auth_service.core.audit import AuditEvent
from auth_service.core.errors import StaleJudgement
from auth_service.core.ids import new_id
from auth_service.payments.proposals import ADVERSE, PayState, ProposalPolicy, state_after
from auth_service.qualification.evidence import Channel
from auth_service.storage.unit import StoredContest, Unit

PERSON = "person"
"""Who opened a contest: the person, or somebody who can name them."""


def open_contest(unit: Unit, contest: Contest, policy: ProposalPolicy) -> StoredContest | None:
    """The person's open contest, opened now unless it was; None where nothing is held, stopped or proposed.

    Only while alone with the person. Without something to contest none is opened: whoever expects a hold, as a relative
    after a death, could otherwise keep it from ever being made (docs/decisions/0032-acts-on-money.md).
    """
    present = unit.contests.open_of(contest.person_id)
    if present is not None:
        return present
    if not _is_contestable(unit, contest.person_id, policy, contest.opened_at):
        return None
    unit.contests.add(contest)
    details = {"contest": contest.id, "channel": contest.channel.value}
    actor = contest.opened_by if ":" in contest.opened_by else "system"
    event = AuditEvent(actor, "contest.opened", f"person:{contest.person_id}", details)
    unit.audit.append(event, contest.opened_at)
    return StoredContest(contest, ())


def new_contest(person_id: str, channel: Channel, opened_by: str, words: str, now: datetime) -> Contest:
    return Contest(new_id(), person_id, channel, opened_by, now, words)


def _is_contestable(unit: Unit, person_id: str, policy: ProposalPolicy, now: datetime) -> bool:
    person = unit.people.get(person_id)
    since = now - timedelta(days=policy.valid_days)
    return person is not None and any(
        state_after(unit.proposals.history(person_id, benefit.kind)) is not PayState.PAID
        or unit.proposals.waiting(person_id, benefit.kind, since) & ADVERSE
        for benefit in person.benefits
    )


def keep_step(unit: Unit, stored: StoredContest, step: ContestStep) -> None:
    """With the audit row that tells of it. raises StaleJudgement: it does not follow any more"""
    if not may_follow(stored.steps, step.act):
        raise StaleJudgement
    unit.contests.add_step(stored, step)
    details = {"contest": stored.contest.id, "act": step.act.value, "proposed_by": step.proposed_by}
    event = AuditEvent(f"staff:{step.done_by}", "contest.act", f"person:{stored.contest.person_id}", details)
    unit.audit.append(event, step.done_at)


def settle_contest(unit: Unit, person_id: str, act: ContestAct, by: tuple[str, str, datetime]) -> None:
    """Ends the person's open contest, where there is one, with what was just given back."""
    staff_id, note, now = by
    stored = unit.contests.open_of(person_id)
    if stored is not None:
        keep_step(unit, stored, ContestStep(act, staff_id, now, note))
