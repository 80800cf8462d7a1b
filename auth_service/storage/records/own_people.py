"""What a calibration reads: people with usable references, their photos and attempts, and earlier comparisons."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import and_, bindparam, func, literal, or_, select

from auth_service.core.errors import KeyMissing
from auth_service.enrollment.references import ReferencePhoto
from auth_service.faces.template import EngineIdentity
from auth_service.liveness.decision import PadVerdict
from auth_service.matching.comparison import Zone
from auth_service.matching.effect import StoredComparison
from auth_service.matching.own_people import Listed, OwnPerson, OwnPhoto, OwnTry, choose_photos, sort_tries
from auth_service.qualification.decision import Outcome
from auth_service.qualification.evidence import EvidenceKind
from auth_service.storage.records.faces import open_template
from auth_service.storage.records.references import References
from auth_service.storage.tables import CaptureRow, EvidenceRow, PersonKeyRow, PersonRow, ReferenceSetRow
from auth_service.storage.tables.schema import table_of
from auth_service.storage.work import Work

_PEOPLE, _KEYS, _SETS = table_of(PersonRow), table_of(PersonKeyRow), table_of(ReferenceSetRow)
_CAPTURES, _EVIDENCE = table_of(CaptureRow), table_of(EvidenceRow)
_OF_ENGINE = and_(_SETS.c.engine == bindparam("engine"), _SETS.c.weights_digest == bindparam("weights"))
_LISTED = (
    select(_SETS.c.person_id, _PEOPLE.c.sex, _PEOPLE.c.birth_year, _SETS.c.active_since)
    .join(_PEOPLE, _PEOPLE.c.id == _SETS.c.person_id)
    .join(_KEYS, _KEYS.c.person_id == _SETS.c.person_id)
    .where(
        _OF_ENGINE,
        _SETS.c.superseded_at.is_(None),
        _SETS.c.template_sealed.is_not(None),
        _KEYS.c.wrapped.is_not(None),
        _SETS.c.person_id > bindparam("after"),
    )
    .order_by(_SETS.c.person_id)
    .limit(bindparam("most"))
)
_LEDGER_KEYS = select(_PEOPLE.c.id, _PEOPLE.c.person_key).where(_PEOPLE.c.id.in_(bindparam("ids", expanding=True)))
_SET_OF_THAT_TIME = and_(
    _SETS.c.person_id == _EVIDENCE.c.person_id,
    _OF_ENGINE,
    _SETS.c.active_since <= _EVIDENCE.c.taken_at,
    or_(_SETS.c.superseded_at.is_(None), _SETS.c.superseded_at > _EVIDENCE.c.taken_at),
)
_TRIES = (
    select(
        _CAPTURES.c.evidence_id,
        _CAPTURES.c.template_sealed,
        _EVIDENCE.c.channel,
        _EVIDENCE.c.taken_at,
        _EVIDENCE.c.outcome,
        _EVIDENCE.c.kind,
        _EVIDENCE.c.pad_verdict,
        _EVIDENCE.c.similarity,
        _EVIDENCE.c.probe_images,
        _SETS.c.images,
    )
    .join(_EVIDENCE, _EVIDENCE.c.id == _CAPTURES.c.evidence_id)
    .outerjoin(_SETS, _SET_OF_THAT_TIME)
    .where(
        _CAPTURES.c.person_id == bindparam("person"),
        _CAPTURES.c.engine == bindparam("engine"),
        _CAPTURES.c.weights_digest == bindparam("weights"),
        _CAPTURES.c.place == 0,
        func.length(_CAPTURES.c.template_sealed) > 0,
    )
    .order_by(_EVIDENCE.c.taken_at)
)
_COMPARED = (
    select(
        _EVIDENCE.c.id,
        _EVIDENCE.c.similarity,
        _EVIDENCE.c.zone,
        _EVIDENCE.c.probe_images,
        _EVIDENCE.c.taken_at,
        func.coalesce(_SETS.c.images, literal(0)).label("images"),
        _PEOPLE.c.sex,
        _PEOPLE.c.birth_year,
    )
    .join(_PEOPLE, _PEOPLE.c.id == _EVIDENCE.c.person_id)
    .outerjoin(_SETS, _SET_OF_THAT_TIME)
    .where(
        _EVIDENCE.c.engine == bindparam("engine"), _EVIDENCE.c.zone.is_not(None), _EVIDENCE.c.id > bindparam("after")
    )
    .order_by(_EVIDENCE.c.id)
    .limit(bindparam("most"))
)


class OwnPeople:
    """See the module."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def listed(self, identity: EngineIdentity, after: str, limit: int) -> list[Listed]:
        """People with usable references after a person id, in order; nothing is opened."""
        rows = self._work.connection.execute(_LISTED, {**_named(identity), "after": after, "most": limit})
        return [Listed(row.person_id, row.sex, row.birth_year, row.active_since) for row in rows]

    def get(self, listed: Listed, identity: EngineIdentity, groups: frozenset[str]) -> OwnPerson | None:
        """One person with photos and attempts; None when it was erased meanwhile. raises SealBroken"""
        try:
            in_force = References(self._work).current(listed.id, identity)
            tries = self._tries(listed.id, identity)
        except KeyMissing:
            return None
        if in_force is None:
            return None
        photos = in_force.anchors  # what a key added later is compared with nobody (docs/decisions/0028)
        if not photos:
            return None
        sorted_tries = sort_tries(tries, min(photo.enrolled_at for photo in photos))
        chosen = choose_photos([_own_photo(photo) for photo in photos], sorted_tries)
        return OwnPerson(listed.id, listed.sex, listed.birth_year, chosen, groups, sorted_tries)

    def ledger_keys(self, person_ids: Sequence[str]) -> dict[str, str]:
        """Id -> the ledger's person key, by which its owner finds somebody; without who is gone meanwhile."""
        rows = self._work.connection.execute(_LEDGER_KEYS, {"ids": list(person_ids)})
        return {row.id: row.person_key for row in rows}

    def compared(self, identity: EngineIdentity, after: str, limit: int) -> list[StoredComparison]:
        """Earlier comparisons of this engine after an evidence id, in order."""
        rows = self._work.connection.execute(_COMPARED, {**_named(identity), "after": after, "most": limit})
        return [
            StoredComparison(
                row.id,
                row.similarity,
                Zone(row.zone),
                row.images or None,
                row.probe_images,
                row.sex,
                row.birth_year,
                row.taken_at.year,
            )
            for row in rows
        ]

    def _tries(self, person_id: str, identity: EngineIdentity) -> list[OwnTry]:
        rows = self._work.connection.execute(_TRIES, {**_named(identity), "person": person_id}).all()
        key = self._work.keys.of(person_id)
        found: dict[str, Any] = {}
        for row in rows:
            if row.evidence_id in found:  # two sets share the very instant of a change
                continue
            attested = row.kind == EvidenceKind.ASSISTED and row.pad_verdict == PadVerdict.BONA_FIDE
            found[row.evidence_id] = OwnTry(
                template=open_template(key, "captures", f"{row.evidence_id}.0", identity, row.template_sealed),
                taken_at=row.taken_at,
                channel=row.channel,
                passed=row.outcome == Outcome.QUALIFIED,
                attested=attested,
                similarity=row.similarity,
                references=row.images,
                probes=row.probe_images,
            )
        return list(found.values())


def _named(identity: EngineIdentity) -> dict[str, Any]:
    return {"engine": identity.engine, "weights": identity.weights_digest}


def _own_photo(photo: ReferencePhoto) -> OwnPhoto:
    return OwnPhoto(photo.template, photo.taken_on or photo.enrolled_at.date())
