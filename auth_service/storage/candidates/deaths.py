"""Who was paid for months after a death that two people confirmed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import and_, select

from auth_service.beneficiaries.person import BenefitKind
from auth_service.monitoring.rules.d06_paid_after_death import PaidAfterDeathFacts
from auth_service.payments.proposals import Act, Ground, Verdict
from auth_service.payments.rows import PaymentRow, PaymentStatus, Standing, from_fen, standing, total
from auth_service.payments.statement import lines_of
from auth_service.payments.words import Why
from auth_service.qualification.evidence import EvidenceKind
from auth_service.storage.candidates.approvals import Approval, approvals_of
from auth_service.storage.candidates.signs import OwnPass, own_passes
from auth_service.storage.candidates.turns import next_keys, people_in_turn
from auth_service.storage.records.life_acts import acts_of
from auth_service.storage.records.some_people import those
from auth_service.storage.tables import DecisionRow, PaymentRecord, ProposalRow
from auth_service.storage.tables.schema import table_of
from auth_service.storage.work import Work

_PROPOSALS, _DECISIONS, _PAYMENTS = table_of(ProposalRow), table_of(DecisionRow), table_of(PaymentRecord)
_CONFIRMED = (
    select(_PROPOSALS.c.person_id)
    .join(_DECISIONS, _DECISIONS.c.proposal_id == _PROPOSALS.c.id)
    .where(
        _PROPOSALS.c.act == Act.TERMINATE.value,
        _PROPOSALS.c.ground == Ground.DEATH_CONFIRMED.value,
        _DECISIONS.c.verdict == Verdict.APPROVED.value,
        select(_PAYMENTS.c.id)
        .where(
            and_(
                _PAYMENTS.c.person_id == _PROPOSALS.c.person_id,
                _PAYMENTS.c.entitlement_month >= _PROPOSALS.c.month,
                _PAYMENTS.c.status == PaymentStatus.SETTLED.value,
            )
        )
        .exists(),
    )
    .distinct()
)
"""By the index over a proposal's person, and the unique one of payments, which begins with the person."""
_ASKED = frozenset({Why.AFTER_END, Why.PERHAPS_AFTER_END})
Payment = tuple[str, str, date | None, Decimal]
"""Kind of benefit, month, day, amount."""


def paid_after_death(work: Work, after: str, most: int, now: datetime) -> list[PaidAfterDeathFacts]:
    """Everybody with an approved confirmation and a payment that arrived for its month or a later one."""

    def keys(behind: str, count: int) -> list[str]:
        return next_keys(work, _CONFIRMED, _PROPOSALS.c.person_id, behind, count)

    return people_in_turn(work, after, most, keys, lambda people: after_death_of(work, people, now))


def after_death_of(work: Work, people: Sequence[str], now: datetime) -> list[PaidAfterDeathFacts]:
    """The facts of these people, in their order; of whom no confirmation stands there are none."""
    approvals, payments = approvals_of(work, people, now), _payments_of(work, people)
    passes, contested = own_passes(work, people, now), acts_of(work, people, now).contested
    found = []
    for person in sorted(people):
        acts = approvals.get(person, [])
        death = _confirmed(acts)
        if death is None:
            continue
        asked = _asked(acts)
        left = [
            (kind, one)
            for kind, rows in payments.get(person, {}).items()
            for one in standing(rows)
            if one.row.month >= death.month and one.left and _named(kind, one) not in asked
        ]
        since = [one for one in passes.get(person, []) if one.at > death.at]
        alive = person in contested or _resumed_since(acts, death) or _attested(since)
        found.append(
            PaidAfterDeathFacts(
                person, death.month, max((one.row.month for _, one in left), default=""), len(left),
                total(one.left for _, one in left), alive, bool(since),
            )
        )  # fmt: skip
    return found


def _confirmed(acts: Sequence[Approval]) -> Approval | None:
    """The newest confirmation, whichever benefit it ended: whoever died is paid none."""
    confirmed = (one for one in acts if one.act is Act.TERMINATE and one.ground is Ground.DEATH_CONFIRMED)
    return max(confirmed, key=lambda one: one.at, default=None)


def _resumed_since(acts: Sequence[Approval], death: Approval) -> bool:
    return any(one.act is Act.RESUME and one.at > death.at for one in acts)


def _attested(passes: Sequence[OwnPass]) -> bool:
    return any(one.kind is EvidenceKind.ASSISTED for one in passes)


def _asked(acts: Sequence[Approval]) -> frozenset[Payment]:
    """Payments that recoveries in force ask back already; a resumption ends them, as in flows/money_terms.py."""
    found: dict[str, set[Payment]] = {}
    for one in acts:
        if one.act is Act.RESUME:
            found.pop(one.benefit, None)
        elif one.act is Act.RECOVER:
            lines = [line for line in lines_of(one.statement) if line.why in _ASKED and line.paid_on is not None]
            found.setdefault(one.benefit, set()).update(
                (one.benefit, line.month, line.paid_on, line.paid) for line in lines
            )
    return frozenset(payment for payments in found.values() for payment in payments)


def _named(kind: str, one: Standing) -> Payment:
    return kind, one.row.month, one.row.paid_on, one.row.amount


def _payments_of(work: Work, people: Sequence[str]) -> Mapping[str, dict[str, list[PaymentRow]]]:
    found: dict[str, dict[str, list[PaymentRow]]] = {}
    for row in work.connection.execute(select(_PAYMENTS).where(those(work.connection, _PAYMENTS.c.person_id, people))):
        of_person = found.setdefault(row.person_id, {})
        payment = PaymentRow(
            BenefitKind(row.benefit_kind), row.entitlement_month, row.pay_date, from_fen(row.amount_fen),
            PaymentStatus(row.status),
        )  # fmt: skip
        of_person.setdefault(row.benefit_kind, []).append(payment)
    return found
