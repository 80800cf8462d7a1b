"""What became of a record that a kiosk captured without a line, in the words that a bank may hear."""

from __future__ import annotations

from dataclasses import dataclass

from auth_service.capture.offline_rules import RecordState
from auth_service.core.errors import NotFound
from auth_service.qualification.capture_outcome import CaptureOutcome, capture_outcome, reviewed_outcome
from auth_service.qualification.certificate import Certificate
from auth_service.qualification.review import ReviewState, state_of
from auth_service.storage.unit import Store, StoredRecord, Unit


@dataclass(frozen=True, slots=True)
class RecordView:
    """Where a record stands now.

    code     why a person looks first, or why there is nothing to look at; empty for neither
    outcome  once it is decided
    """

    record: StoredRecord
    state: RecordState
    code: str
    outcome: CaptureOutcome | None
    certificate: Certificate | None


class SeeRecord:
    """One instance serves all threads."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def run(self, device_id: str, client_event: str) -> RecordView:
        """raises NotFound: this device sent no such record"""
        with self._store.reading() as unit:
            record = unit.offline_records.of_event(device_id, client_event)
            if record is None:
                raise NotFound
            outcome, certificate = _outcome(unit, record)
        state, code = record.state, record.code
        if record.hold and state is RecordState.ACCEPTED:  # found out since
            state, code = RecordState.PENDING, record.hold
        return RecordView(record, state, code, outcome, certificate)


def _outcome(unit: Unit, record: StoredRecord) -> tuple[CaptureOutcome | None, Certificate | None]:
    found = None if record.evidence_id is None else unit.evidence.get(record.evidence_id)
    if found is None or record.evidence_id is None:
        return None, None
    certificate = unit.certificates.of_evidence(record.evidence_id)
    if state_of(unit.reviews.of(record.evidence_id)) is ReviewState.SETTLED:
        return reviewed_outcome(accepted=certificate is not None), certificate
    return capture_outcome(found[1], found[0].quality), certificate
