"""Approved acts go to the paying agency in a file, each once; what it answers is kept act by act, and reconciled."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from auth_service.core.audit import AuditEvent
from auth_service.core.clock import Clock, legal_date
from auth_service.core.errors import FieldInvalid, NotFound, ServiceError
from auth_service.core.ids import new_id
from auth_service.flows.import_ledger import RowRejects, TableFile, chunks
from auth_service.flows.money_terms import is_approved
from auth_service.payments.instructions import GivenAnswer, Instruction, Packed, check_answer
from auth_service.storage.unit import PayingAnswer, PayingOutcome, PaymentsFile, Store, Unit

MOST_ACTS = 20_000
"""Acts in one file. source: own decision, a file that a spreadsheet opens and a transaction that lasts seconds"""
_ROWS_PER_UNIT = 500


class Packer(Protocol):
    """Makes files of acts and writes them (connectors/payment_files.py)."""

    def pack(self, file_id: str, made_at: datetime, rows: Sequence[Instruction]) -> Packed: ...
    def write(self, packed: Packed) -> str: ...


@dataclass(frozen=True, slots=True)
class Sent:
    """What was sent. path: of the CSV; the manifest lies beside it"""

    file_id: str
    rows: int
    digest: str
    path: str


@dataclass(slots=True)
class AnswersReport:
    """What became of every line; `rows` is the sum of added, unchanged and refused."""

    rows: int = 0
    added: int = 0
    unchanged: int = 0
    refused: int = 0
    refused_by_code: dict[str, int] = field(default_factory=dict)


class AnswerPayment:
    """One answer of the paying agency, over HTTP. One instance serves all threads."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def run(
        self, given: GivenAnswer, actor: str, record: Callable[[Unit, bool], None] = lambda _unit, _new: None
    ) -> bool:
        """False: it is known already. record: called inside the transaction. raises FieldInvalid, Unavailable"""
        with self._store.unit() as unit:
            new = answered(unit, given, actor, self._clock.now())
            record(unit, new)
        return new


class SendPayments:
    """See the module."""

    def __init__(self, store: Store, packer: Packer, clock: Clock) -> None:
        self._store = store
        self._packer = packer
        self._clock = clock

    def run(self, actor: str) -> Sent | None:
        """A file of all that is approved and not sent; None where nothing waits.

        The file is written last before the commit: where it cannot be, nothing counts as sent. Where the commit itself
        fails, the same acts stand in the next file under the same ids, and the agency carries each out once.
        raises   StorageFault, KeyStoreUnavailable, Unavailable
        """
        now = self._clock.now()
        with self._store.unit() as unit:
            unit.alone("payment files")
            rows = _instructions(unit, unit.paying.unsent(MOST_ACTS))
            if not rows:
                return None
            packed = self._packer.pack(new_id(), now, rows)
            file = PaymentsFile(packed.file_id, actor, now, len(rows), packed.digest, packed.manifest)
            unit.paying.add_file(file, [row.id for row in rows])
            details: dict[str, str | int] = {"rows": len(rows), "sha256": packed.digest}
            unit.audit.append(AuditEvent(actor, "payments.sent", f"payment_file:{packed.file_id}", details), now)
            unit.audit.flush()
            path = self._packer.write(packed)
        return Sent(packed.file_id, len(rows), packed.digest, path)

    def import_answers(
        self, table: TableFile, rejects: RowRejects, actor: str, progress: Callable[[int], None]
    ) -> AnswersReport:
        """A file of answers, line by line; running it again changes nothing. raises FileUnreadable, Unavailable"""
        report = AnswersReport()
        for chunk in chunks(table.rows(), _ROWS_PER_UNIT):
            with self._store.unit() as unit:
                for number, values in chunk:
                    report.rows += 1
                    try:
                        given = check_answer(values, legal_date(self._clock.now()))
                        new = answered(unit, given, actor, self._clock.now())
                    except ServiceError as error:
                        report.refused += 1
                        report.refused_by_code[error.code] = report.refused_by_code.get(error.code, 0) + 1
                        rejects.reject_row(number, values, error)
                        continue
                    report.added += new
                    report.unchanged += not new
            progress(len(chunk))
        with self._store.unit() as unit:
            names = ("rows", "added", "unchanged", "refused")
            counts: dict[str, int] = {name: value for name, value in asdict(report).items() if name in names}
            unit.audit.append(AuditEvent(actor, "payments.answered", "", counts), self._clock.now())
        return report

    def unanswered(self, days: int, most: int = 500) -> Sequence[Instruction]:
        """Acts that were sent more than so many days ago and of which nothing was heard."""
        with self._store.reading() as unit:
            return _instructions(unit, unit.paying.unanswered(self._clock.now() - timedelta(days=days), most))


def answered(unit: Unit, given: GivenAnswer, actor: str, now: datetime) -> bool:
    """Keeps an answer. False: the newest says the same. raises FieldInvalid: no approved act has this id"""
    unit.alone(f"instruction {given.instruction}")
    stored = unit.proposals.get(given.instruction)
    if stored is None or not is_approved(stored):
        raise FieldInvalid("no approved act has this id", field="instruction")
    answer = PayingAnswer(given.instruction, PayingOutcome(given.outcome), given.code, given.done_on, actor, now)
    return unit.paying.answer(answer)


def instruction_of(unit: Unit, proposal_id: str) -> Instruction:
    """raises NotFound: no approved act that this service wrote"""
    stored = unit.proposals.get(proposal_id)
    if stored is None or stored.decision is None or not is_approved(stored):
        raise NotFound
    proposal = stored.proposal
    return Instruction(
        proposal.id, unit.payments.key_of(proposal.person_id), proposal.benefit, proposal.act, proposal.month,
        proposal.amount, stored.decision.decided_at,
    )  # fmt: skip


def _instructions(unit: Unit, ids: Sequence[str]) -> list[Instruction]:
    """Those that this service wrote, in the order in which they were approved; a row slipped in goes to nobody."""
    found = []
    for proposal_id in ids:
        try:
            found.append(instruction_of(unit, proposal_id))
        except NotFound:
            continue
    return sorted(found, key=lambda one: (one.approved_at, one.id))
