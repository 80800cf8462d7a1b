"""By when the pass after this one is due: what a certificate names, and what a phone, a kiosk and a counter tell."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime

from auth_service.core.clock import legal_date
from auth_service.flows.life_pages import lives_of
from auth_service.qualification.evidence import FaceEvidence
from auth_service.qualification.life import LifeFacts, Message, own_pass
from auth_service.qualification.period import Cycle, next_due
from auth_service.qualification.policy import PolicyBook
from auth_service.qualification.status import LifeState, Status, status_of, status_with
from auth_service.storage.unit import Life, Unit


def due_after(unit: Unit, person_id: str | None, evidence: FaceEvidence, now: datetime) -> date:
    """The soonest due date of all benefits of a person once this pass counts, as every screen and sweep will say it.

    Of several benefits the soonest, because whoever goes by the paper must be late for none. Never before the pass
    itself. Whoever has no benefit in the ledger gets what holds before an agency has policies.
    raises   PolicyTampered: no certificate is made by rules that nobody put in force
    """
    passed_on = legal_date(evidence.taken_at)
    if person_id is None:
        return next_due(Cycle(), passed_on)
    book = unit.policies.book()
    zone = evidence.comparison.zone if evidence.comparison else None
    event = own_pass(
        evidence.id, (evidence.kind, evidence.channel), (evidence.taken_at, now), evidence.attested_by is not None, zone
    )
    lives = lives_of(unit, [person_id], legal_date(now), book)
    return _soonest((status_with(life.facts, event, book, now) for life in lives), passed_on)


def due_by(lives: Sequence[Life], passed_on: date, book: PolicyBook, now: datetime) -> date:
    """The same for a pass of which the lives of a person know: what came on later days plays no part, so that an older
    paper promises nothing that only a newer one holds."""
    return _soonest((status_of(_until(life.facts, passed_on), book, now) for life in lives), passed_on)


def _until(facts: LifeFacts, day: date) -> LifeFacts:
    return replace(facts, events=tuple(one for one in facts.events if one.on <= day or one.message is Message.VOID))


def _soonest(statuses: Iterable[Status], passed_on: date) -> date:
    """A benefit that has ended asks for no pass, unless all have."""
    found = list(statuses)
    due = [status.due_on for status in found if status.state is not LifeState.TERMINATED]
    due = due or [status.due_on for status in found]
    return max(passed_on, min(due, default=next_due(Cycle(), passed_on)))
