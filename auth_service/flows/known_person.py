"""What the ledger and the past hold about somebody who asks to pass, read for anybody in the same way.

For somebody who is not enrolled as much is read, opened and compared as for somebody who is, and nothing of it is used:
the time of an answer tells little of who is in the ledger. `flows/verify.py` and `flows/complete_session.py` use it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date

from auth_service.core.errors import SealBroken, StorageFault
from auth_service.enrollment.references import ReferencePhoto, ReferenceSet
from auth_service.faces.copies import CopyPolicy, cosine, is_copy, is_copy_by_hash, mirrored_distance
from auth_service.faces.sample import PhotoHash
from auth_service.faces.template import EngineIdentity, Template
from auth_service.liveness.decision import PadReason
from auth_service.matching.calibration import Calibration
from auth_service.matching.comparison import ComparisonDecision, compare
from auth_service.storage.unit import KnownCapture, Store, Unit

NOBODY = "0" * 32
"""Asked for in place of a person who is not in the ledger: nothing is found, and it takes as long."""


@dataclass(frozen=True, slots=True)
class Known:
    """What is held about the person asked for. `decoy`: of somebody else, for the time it takes; nothing of it is
    used."""

    person_id: str | None
    reference: ReferenceSet | None
    captures: Sequence[KnownCapture]
    enrolled: Sequence[ReferencePhoto] = ()
    face_not_enough: bool = False
    decoy: Known | None = None

    @property
    def has_reference(self) -> bool:
        """Whether there is something that a probe may be compared with."""
        return self._template is not None

    def compare(self, probe: Template, calibration: Calibration) -> ComparisonDecision | None:
        """None: there is no usable reference. raises as matching.comparison.compare"""
        reference = self._template
        return None if reference is None else compare(probe, reference, calibration)

    @property
    def _template(self) -> Template | None:
        if self.reference is None or self.reference.alone_self_uploaded:
            return None
        return self.reference.template


@dataclass(frozen=True, slots=True)
class Copy:
    """The known photo or film that a picture of an attempt copies. probe: which of the attempt's pictures

    distance  of the pictures' hashes; None for a film, which is known by its movement
    """

    probe: int
    reason: PadReason
    photo_id: str | None
    distance: int | None
    similarity: float | None
    exact: bool


class KnownPeople:
    """Reads one person, or somebody in place of nobody. Opens short read transactions of its own."""

    def __init__(self, store: Store, identity: Callable[[], EngineIdentity], copies: CopyPolicy) -> None:
        self._store = store
        self._identity = identity
        self._copies = copies

    def by_number(self, number: str, today: date) -> Known:
        """raises SealBroken: the record is of another ID number; KeyMissing"""
        with self._store.reading() as unit:
            return self._filled(unit, unit.people.id_of(number), number, number, today)

    def of(self, person_id: str | None, subject: str, today: date) -> Known:
        """The same for a person who was found before. subject: stands for the number that was given"""
        with self._store.reading() as unit:
            return self._filled(unit, person_id, None, subject, today)

    def copy_of(
        self, picture: tuple[PhotoHash, Template], known: tuple[PhotoHash, Template | None]
    ) -> tuple[int, float | None, bool] | None:
        """Distance of the hashes, likeness of the templates, and whether the pixels are equal; None: no copy.

        The template of `known` is None where another engine made it: the hashes alone are asked then.
        """
        (given, template), (stored, other) = picture, known
        if other is None:
            found = is_copy_by_hash(given, stored, self._copies)
        else:
            found = is_copy(given, template, stored, other, self._copies)
        if not found:
            return None
        likeness = None if other is None else cosine(template, other)
        return mirrored_distance(given.face_hash, stored.face_hash), likeness, given.pixel_digest == stored.pixel_digest

    def _filled(self, unit: Unit, person_id: str | None, number: str | None, subject: str, today: date) -> Known:
        known = Known(None, None, ())
        if person_id is not None:
            known = self._person(unit, person_id, number, today)
        if not known.enrolled:  # as much is read, opened and compared as for somebody enrolled
            with suppress(StorageFault):
                somebody = unit.references.somebody(subject) or unit.people.next_to(subject) or ""
                known = replace(known, decoy=self._person(unit, somebody, None, today))
        return known

    def _person(self, unit: Unit, person_id: str, number: str | None, today: date) -> Known:
        """raises SealBroken: the record is of another ID number; KeyMissing"""
        identity = self._identity()
        person = unit.people.get(person_id)
        reference = unit.references.current(person_id, identity)
        captures = unit.captures.of(person_id, identity, self._copies.most_captures)
        if person is None or (number is not None and person.id_number.number != number):
            raise SealBroken("the index leads to a record with another ID number")
        # photos that left the set are still old photos: a copy of one is no new capture
        enrolled = unit.references.photos(person_id, identity)
        return Known(person_id, reference, captures, enrolled, person.face_is_not_enough(today))
