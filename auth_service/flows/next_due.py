"""By when the pass after this one is due: what a certificate names, and what a phone, a kiosk and a counter tell."""

from __future__ import annotations

from datetime import date, datetime

from auth_service.core.clock import legal_date
from auth_service.flows.life_pages import lives_of
from auth_service.qualification.evidence import FaceEvidence
from auth_service.qualification.life import own_pass
from auth_service.qualification.period import Cycle, next_due
from auth_service.qualification.status import status_with
from auth_service.storage.unit import Unit


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
    due = [status_with(life.facts, event, book, now).due_on for life in lives]
    return max(passed_on, min(due, default=next_due(Cycle(), passed_on)))
