"""What the flows of cases share: being alone with one, keeping an act about it, and judging its flags."""

from __future__ import annotations

from collections.abc import Sequence

from auth_service.casework.case import CaseEvent, CaseFlag, may_follow, standing_after
from auth_service.casework.disposition import CONFIRMS, Disposition
from auth_service.casework.terms import Alive, Bar, verdict_of
from auth_service.core.audit import AuditEvent, Details
from auth_service.core.audit_facts import JUDGED, OF_CASE, SYSTEM
from auth_service.core.errors import (
    ActRefused,
    CaseDoesNotFollow,
    CaseNeedsMeeting,
    CaseStepMissing,
    ContestIsOpen,
    DispositionNotOfCause,
    NotFound,
    PersonJustSeen,
    StaleJudgement,
)
from auth_service.flows.money_terms import seen_at
from auth_service.monitoring.flags import Judgement, Verdict
from auth_service.storage.unit import StoredCase, Unit


def error_of(bar: Bar) -> ActRefused:
    """The error that says why a case may not end like this now."""
    return {
        Bar.NOT_OF_CAUSE: DispositionNotOfCause(),
        Bar.NOT_CHECKED: CaseStepMissing(),
        Bar.NOT_MET: CaseNeedsMeeting(),
        Bar.SEEN_ALIVE: PersonJustSeen(),
        Bar.CONTESTED: ContestIsOpen(),
    }[bar]


def alive_of(unit: Unit, person_id: str) -> Alive:
    """What speaks of the person's life: staff who saw them, for any of their cases too, and an open contest."""
    return Alive(seen_at(unit, person_id), unit.contests.open_of(person_id) is not None)


def alone_with_case(unit: Unit, case_id: str, after: str | None = None) -> StoredCase:
    """The case; until the unit ends nobody else acts on this person's cases.

    after    the newest act that whoever acts has seen; None: they saw none
    raises   NotFound, StaleJudgement (another act came meanwhile), SealBroken
    """
    found = unit.cases.get(case_id)
    if found is None:
        raise NotFound
    unit.alone(f"cases {found.person_id}")
    found = unit.cases.get(case_id)
    if found is None:
        raise NotFound
    if after is not None and after != found.newest:
        raise StaleJudgement
    return found


def keep_act(unit: Unit, case: StoredCase, event: CaseEvent, new_flags: Sequence[CaseFlag] = ()) -> str:
    """With the audit row that tells of it; returns the act's id. raises CaseDoesNotFollow, StaleJudgement"""
    if not may_follow(case.standing.state, event.act):
        raise CaseDoesNotFollow
    kept = case.round_flags if not new_flags or case.standing.is_open else ()
    flags = [*kept, *new_flags]
    standing = standing_after(case.standing, event, flags)
    act_id = unit.cases.add((case.id, case.person_id), len(case.events) + 1, event, standing)
    tell(unit, case.id, case.person_id, event, act_id)
    return act_id


def tell(unit: Unit, case_id: str, person_id: str, event: CaseEvent, act_id: str) -> None:
    """The audit row of one act: never its words."""
    said = {"step": event.step, "outcome": event.outcome, "disposition": event.disposition}
    details: Details = {
        "case": case_id, "act": event.act.value, "id": act_id, "assignee": event.assignee,
        **{name: value.value for name, value in said.items() if value is not None},
    }  # fmt: skip
    actor = f"staff:{event.done_by}" if event.done_by else SYSTEM
    unit.audit.append(AuditEvent(actor, OF_CASE, f"person:{person_id}", details), event.done_at)


def keep_judgement(unit: Unit, judgement: Judgement, after: str | None) -> None:
    """With the audit row that tells of it. raises StaleJudgement, NotFound"""
    judgement_id = unit.judgements.add(judgement, after)
    details = {"verdict": judgement.verdict.value, "judgement": judgement_id}
    event = AuditEvent(f"staff:{judgement.judged_by}", JUDGED, f"flag:{judgement.flag_id}", details)
    unit.audit.append(event, judgement.judged_at)


def judge_flags(unit: Unit, case: StoredCase, said: Disposition, event: CaseEvent) -> None:
    """Says of the round's flags what the case found, so that scorecards count it. A flag that another case holds is not
    found false while that one is open, or once it has confirmed it; a duplicate says nothing about its flags."""
    for flag in case.round_flags:
        stored, verdict = unit.flags.get(flag.id), verdict_of(said, flag)
        if stored is None or verdict is None or event.done_by is None:
            continue
        if verdict is Verdict.FALSE_FLAG and _holds_elsewhere(unit, flag.id, case.id):
            continue
        newest = stored.judgements[-1] if stored.judgements else None
        if newest is None or newest[1].verdict is not verdict:
            reason = f"{said.value} (case {case.id})"
            judgement = Judgement(flag.id, verdict, reason, event.done_by, event.done_at)
            keep_judgement(unit, judgement, newest[0] if newest else None)


def _holds_elsewhere(unit: Unit, flag_id: str, case_id: str) -> bool:
    others = (unit.cases.get(one) for one in unit.cases.with_flag(flag_id) if one != case_id)
    return any(other is not None and (other.standing.is_open or _confirmed(other)) for other in others)


def _confirmed(case: StoredCase) -> bool:
    return case.standing.disposition in CONFIRMS
