"""Attempts, certificates, judgements, reviews, acts on money and about cases, as the audit trail must tell of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from typing import Any

from sqlalchemy import Select, select

from auth_service.core import audit_facts
from auth_service.core.audit_facts import Fact
from auth_service.storage.tables import (
    CaseActRow,
    CaseRow,
    CertificateRow,
    DecisionRow,
    EvidenceRow,
    JudgementRow,
    ProposalRow,
    ReviewRow,
)
from auth_service.storage.tables.schema import table_of
from auth_service.storage.work import Work

_EVIDENCE, _CERTIFICATES, _JUDGEMENTS = table_of(EvidenceRow), table_of(CertificateRow), table_of(JudgementRow)
_AT_ONCE = 1000
_ATTEMPTS = select(
    *(
        _EVIDENCE.c[name]
        for name in ("id", "person_id", "taken_at", "outcome", "decision_zone", "channel", "attested_by")
    )
)
_ISSUED = select(_CERTIFICATES.c.serial, _CERTIFICATES.c.evidence_id, _CERTIFICATES.c.person_id)
_JUDGED = select(*(_JUDGEMENTS.c[name] for name in ("id", "flag_id", "verdict", "judged_by", "judged_at")))

_REVIEWS = table_of(ReviewRow)
_REVIEWED = select(
    *(_REVIEWS.c[name] for name in ("id", "person_id", "done_at", "done_by", "evidence_id", "act", "verdict", "reason"))
)
_PROPOSALS, _DECISIONS = table_of(ProposalRow), table_of(DecisionRow)
_PROPOSED = select(
    *(
        _PROPOSALS.c[name]
        for name in (
            "id", "person_id", "proposed_at", "proposed_by", "benefit_kind", "act", "ground", "month", "amount_fen",
        )
    )
)  # fmt: skip
_SETTLED = select(*(_DECISIONS.c[name] for name in ("proposal_id", "decided_at", "decided_by", "verdict")))

_CASES, _CASE_ACTS = table_of(CaseRow), table_of(CaseActRow)
_ACTED = select(
    _CASE_ACTS.c.id, _CASES.c.person_id,
    *(_CASE_ACTS.c[name] for name in ("done_at", "done_by", "case_id", "act", "step", "outcome")),
).join_from(_CASE_ACTS, _CASES, _CASES.c.id == _CASE_ACTS.c.case_id)  # fmt: skip


def all_facts(work: Work) -> Iterator[Fact]:
    """Every one that is still kept."""
    for row in _stream(work, _ATTEMPTS):
        yield audit_facts.attempt(*row)
    for row in _stream(work, _ISSUED):
        yield audit_facts.certificate(*row)
    for row in _stream(work, _JUDGED):
        yield audit_facts.judgement(*row)
    for row in _stream(work, _REVIEWED):
        yield audit_facts.review(*row)
    for row in _stream(work, _PROPOSED):
        yield audit_facts.proposal(*row)
    for row in _stream(work, _SETTLED):
        yield audit_facts.decision(*row)
    for row in _stream(work, _ACTED):
        yield audit_facts.case_act(*row)


def _stream(work: Work, wanted: Select[Any]) -> Iterator[Any]:
    """Never the whole result in memory."""
    with closing(work.connection.execute(wanted, execution_options={"yield_per": _AT_ONCE})) as found:
        yield from found
