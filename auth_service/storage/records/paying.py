"""What the paying agency was told, and what it answered, act by act."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Row, and_, insert, select

from auth_service.core.ids import new_id
from auth_service.payments.proposals import Verdict
from auth_service.storage.records.guards import guard_of, is_genuine
from auth_service.storage.tables import AnswerRow, DecisionRow, MoneyFileRow, ProposalRow, SentRow
from auth_service.storage.tables.schema import table_of
from auth_service.storage.work import Work

_PROPOSALS, _DECISIONS = table_of(ProposalRow), table_of(DecisionRow)
_FILES, _SENT, _ANSWERS = table_of(MoneyFileRow), table_of(SentRow), table_of(AnswerRow)


class PayingOutcome(StrEnum):
    """What the paying agency says of an act."""

    DONE = "done"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class PayingAnswer:
    """One answer. code: the agency's own word for why, empty for none; done_on: when it was carried out"""

    proposal_id: str
    outcome: PayingOutcome
    code: str
    done_on: date | None
    answered_by: str
    answered_at: datetime


@dataclass(frozen=True, slots=True)
class PaymentsFile:
    """One file as it was made. digest: sha256 (hex) of its bytes; manifest: signed"""

    id: str
    made_by: str
    made_at: datetime
    rows: int
    digest: str
    manifest: str


class Paying:
    """Traffic with the paying agency within one unit."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def unsent(self, most: int) -> list[str]:
        """Approved acts that stand in no file and that nobody has answered, the oldest first; their rows are checked
        where they are read."""
        wanted = (
            select(_DECISIONS.c.proposal_id)
            .join(_PROPOSALS, _PROPOSALS.c.id == _DECISIONS.c.proposal_id)
            .outerjoin(_SENT, _SENT.c.proposal_id == _DECISIONS.c.proposal_id)
            .where(_DECISIONS.c.verdict == Verdict.APPROVED.value, _SENT.c.proposal_id.is_(None))
            .where(~select(_ANSWERS.c.id).where(_ANSWERS.c.proposal_id == _DECISIONS.c.proposal_id).exists())
            .order_by(_DECISIONS.c.decided_at, _DECISIONS.c.proposal_id)
            .limit(most)
        )
        return list(self._work.connection.execute(wanted).scalars())

    def add_file(self, file: PaymentsFile, proposal_ids: Sequence[str]) -> None:
        """raises StorageFault: one of them is not approved, or stands in another file"""
        values = {
            "id": file.id,
            "made_by": file.made_by,
            "made_at": file.made_at,
            "rows": file.rows,
            "file_digest": file.digest,
            "manifest": file.manifest,
        }
        self._work.connection.execute(insert(_FILES), values)
        sent = [{"proposal_id": one, "verdict": Verdict.APPROVED.value, "file_id": file.id} for one in proposal_ids]
        self._work.connection.execute(insert(_SENT), sent)

    def file_of(self, proposal_id: str) -> str | None:
        wanted = select(_SENT.c.file_id).where(_SENT.c.proposal_id == proposal_id)
        return self._work.connection.execute(wanted).scalar_one_or_none()

    def in_file(self, file_id: str) -> list[str]:
        wanted = select(_SENT.c.proposal_id).where(_SENT.c.file_id == file_id).order_by(_SENT.c.proposal_id)
        return list(self._work.connection.execute(wanted).scalars())

    def answer(self, answer: PayingAnswer) -> bool:
        """False: the newest answer says the same already. Only while alone with the act."""
        before = self.answers(answer.proposal_id)
        if before and _said(before[-1]) == _said(answer):
            return False
        values = {
            "id": new_id(),
            "proposal_id": answer.proposal_id,
            "number": len(before) + 1,
            "outcome": answer.outcome.value,
            "code": answer.code,
            "done_on": answer.done_on,
            "answered_by": answer.answered_by,
            "answered_at": answer.answered_at,
        }
        values["guard"] = guard_of(self._work.indexes, AnswerRow, values)
        self._work.connection.execute(insert(_ANSWERS), values)
        return True

    def answers(self, proposal_id: str) -> list[PayingAnswer]:
        """Those that this service wrote, oldest first."""
        wanted = select(_ANSWERS).where(_ANSWERS.c.proposal_id == proposal_id).order_by(_ANSWERS.c.number)
        rows = self._work.connection.execute(wanted)
        return [_answer(row) for row in rows if is_genuine(self._work.indexes, AnswerRow, row)]

    def is_refused(self, proposal_id: str) -> bool:
        """Whether the newest answer is that it was not carried out."""
        answers = self.answers(proposal_id)
        return bool(answers) and answers[-1].outcome is PayingOutcome.REFUSED

    def unanswered(self, sent_before: datetime, most: int) -> list[str]:
        """Acts in files made before an instant, of which the agency has said nothing."""
        wanted = (
            select(_SENT.c.proposal_id)
            .join(_FILES, and_(_FILES.c.id == _SENT.c.file_id, _FILES.c.made_at < sent_before))
            .outerjoin(_ANSWERS, _ANSWERS.c.proposal_id == _SENT.c.proposal_id)
            .where(_ANSWERS.c.id.is_(None))
            .order_by(_FILES.c.made_at, _SENT.c.proposal_id)
            .limit(most)
        )
        return list(self._work.connection.execute(wanted).scalars())


def _said(answer: PayingAnswer) -> tuple[PayingOutcome, str, date | None]:
    return answer.outcome, answer.code, answer.done_on


def _answer(row: Row[Any]) -> PayingAnswer:
    return PayingAnswer(
        row.proposal_id, PayingOutcome(row.outcome), row.code, row.done_on, row.answered_by, row.answered_at
    )
