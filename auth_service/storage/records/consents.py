"""On what ground a person's face may be processed. Append-only; the newest counts."""

from __future__ import annotations

from sqlalchemy import insert, select

from auth_service.core.ids import new_id
from auth_service.enrollment.consent import Consent, ConsentBasis
from auth_service.storage.sealing import Place
from auth_service.storage.tables import ConsentRow
from auth_service.storage.tables.schema import table_of
from auth_service.storage.work import Work

_CONSENTS = table_of(ConsentRow)


class Consents:
    """Recorded grounds within one unit."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def add(self, person_id: str, consent: Consent, consent_id: str | None = None) -> str:
        """Records a ground; returns its id. consent_id: where the consent bears one that was given out already"""
        consent_id = consent_id or new_id()
        sealed = None
        if consent.reference is not None:
            place = Place("consents", consent_id, "reference")
            sealed = self._work.keys.of(person_id).seal(place, consent.reference.encode())
        values = {
            "id": consent_id,
            "person_id": person_id,
            "basis": consent.basis.value,
            "text_version": consent.text_version,
            "language": consent.language,
            "channel": consent.channel,
            "recorded_at": consent.recorded_at,
            "reference_sealed": sealed,
        }
        self._work.connection.execute(insert(_CONSENTS), values)
        return consent_id

    def current(self, person_id: str) -> Consent | None:
        """The newest ground. raises KeyMissing, SealBroken"""
        newest = (_CONSENTS.c.recorded_at.desc(), _CONSENTS.c.id.desc())
        wanted = select(_CONSENTS).where(_CONSENTS.c.person_id == person_id).order_by(*newest).limit(1)
        row = self._work.connection.execute(wanted).one_or_none()
        if row is None:
            return None
        reference = None
        if row.reference_sealed is not None:
            place = Place("consents", row.id, "reference")
            reference = self._work.keys.of(person_id).open(place, row.reference_sealed).decode()
        basis = ConsentBasis(row.basis)
        return Consent(basis, row.text_version, row.language, row.channel, row.recorded_at, reference)
