"""Bulk enrolment: a folder of photos, read by several processes, admitted person by person, resumable at any moment.

A person's photos are admitted in one transaction, so a run that was killed has enrolled a person wholly or not at
all. A photo whose file was enrolled before is skipped before any slow work. Refusals are found again by every run
(the cause may have been mended meanwhile) and stand in that run's reject file.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Protocol

from auth_service.beneficiaries.id_number import parse_id_number
from auth_service.core.audit import AuditEvent
from auth_service.core.clock import Clock, legal_date
from auth_service.core.errors import BeneficiaryUnknown, FileUnreadable, ServiceError, StorageFault
from auth_service.enrollment.consent import Consent
from auth_service.enrollment.photo_file import PhotoFile
from auth_service.faces.sample import FaceSample
from auth_service.faces.template import EngineIdentity
from auth_service.flows.enroll import Offer, OfferedPhoto, ReferenceDesk, refuse_poor_quality
from auth_service.storage.unit import Store, Unit

_PHOTOS_PER_UNIT = 8
"""Photos admitted per transaction: one disk flush for several, short enough that the reading processes, which are a few
photos ahead, never wait for it."""


class ReadPhoto(Protocol):
    """What a reading process gives back: a sample with its clean JPEG, or an error."""

    @property
    def sample(self) -> FaceSample | None: ...
    @property
    def jpeg(self) -> bytes | None: ...
    @property
    def error(self) -> ServiceError | None: ...


Read = Callable[[Iterable[tuple[int, Path]]], Iterator[tuple[int, ReadPhoto]]]
"""Reads files in any order, in other processes: (key, path) in, (key, result) out."""


class RejectSink(Protocol):
    """Where refused photos are written down (connectors/tables.py)."""

    def reject(self, row: int, values: Sequence[str], error: ServiceError) -> None: ...


@dataclass(slots=True)
class EnrollReport:
    """What became of every file; `photos` is the sum of the others."""

    photos: int = 0
    enrolled: int = 0
    known_already: int = 0
    refused: int = 0
    people: int = 0
    refused_by_code: dict[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class _Person:
    """Photos of one person that are still being read."""

    person_id: str
    waiting: int
    read: list[tuple[PhotoFile, OfferedPhoto]] = field(default_factory=list)


class EnrollMany:
    """See the module. `progress` is called with the number of files dealt with since the last call."""

    def __init__(self, store: Store, identity: EngineIdentity, desk: ReferenceDesk, clock: Clock) -> None:
        self._store = store
        self._identity = identity
        self._desk = desk
        self._clock = clock

    def run(
        self,
        files: Sequence[PhotoFile],
        read: Read,
        consent: Consent,
        rejects: RejectSink,
        progress: Callable[[int], None],
    ) -> EnrollReport:
        """raises StorageFault, Unavailable, EngineFault; what one photo lacks is a row in `rejects`"""
        run = _Run(self, consent, rejects, progress)
        by_key = {file.row: file for file in files}
        run.report.photos = len(files)
        wanted = run.sort_out(files)
        for key, result in read((file.row, file.path) for file in wanted):
            run.take(by_key[key], result)
        run.flush()
        with self._store.unit() as unit:
            counts = {"photos": run.report.photos, "enrolled": run.report.enrolled, "refused": run.report.refused}
            unit.audit.append(AuditEvent("cli", "enrollment.bulk_finished", "", counts), self._clock.now())
        return run.report

    @property
    def store(self) -> Store:
        return self._store

    @property
    def identity(self) -> EngineIdentity:
        return self._identity

    @property
    def desk(self) -> ReferenceDesk:
        return self._desk

    def now(self) -> datetime:
        return self._clock.now()


class _Run:
    """State of one run: who is still being read, and who waits for the next transaction."""

    def __init__(
        self, flow: EnrollMany, consent: Consent, rejects: RejectSink, progress: Callable[[int], None]
    ) -> None:
        self.report = EnrollReport()
        self._flow = flow
        self._consent = consent
        self._rejects = rejects
        self._progress = progress
        self._people: dict[str, _Person] = {}
        self._ready: list[_Person] = []

    def sort_out(self, files: Sequence[PhotoFile]) -> list[PhotoFile]:
        """The files that need reading: of known people, not enrolled before, in the order of people."""
        by_number: dict[str, list[PhotoFile]] = defaultdict(list)
        today = legal_date(self._flow.now())
        for file in files:
            try:
                by_number[parse_id_number(file.id_number, today).number].append(file)
            except ServiceError as error:
                self._refuse(file, error)
        wanted: list[PhotoFile] = []
        with self._flow.store.reading() as unit:
            for number, offered in by_number.items():
                wanted.extend(self._of_person(unit, number, offered))
        return wanted

    def _of_person(self, unit: Unit, number: str, offered: Sequence[PhotoFile]) -> list[PhotoFile]:
        person_id: str | None = None
        refusal: ServiceError = BeneficiaryUnknown(field="id_number")
        try:
            person_id = unit.people.proven(number)
        except StorageFault as broken:  # one person's record; the others go on
            refusal = broken
        if person_id is None:
            for file in offered:
                self._refuse(file, refusal)
            return []
        fresh = [file for file in offered if not self._known_file(unit, person_id, file)]
        if fresh:
            person = _Person(person_id, len(fresh))
            for file in fresh:
                self._people[str(file.row)] = person
        return fresh

    def _known_file(self, unit: Unit, person_id: str, file: PhotoFile) -> bool:
        try:
            digest = hashlib.sha256(file.path.read_bytes()).digest()
        except OSError:
            return False  # the reading process will say what is wrong with it
        if not unit.references.has_file(person_id, self._flow.identity, digest):
            return False
        self.report.known_already += 1
        self._progress(1)
        return True

    def take(self, file: PhotoFile, result: ReadPhoto) -> None:
        """One read photo; when it was the last of its person, the person is ready."""
        person = self._people.pop(str(file.row))
        person.waiting -= 1
        try:
            person.read.append((file, _offered(file, result)))
        except ServiceError as error:
            self._refuse(file, error)
        if person.waiting == 0 and person.read:
            self._ready.append(person)
            if sum(len(waiting.read) for waiting in self._ready) >= _PHOTOS_PER_UNIT:
                self.flush()

    def flush(self) -> None:
        """Admits everybody who is ready, in one transaction."""
        ready, self._ready = self._ready, []
        if not ready:
            return
        now = self._flow.now()
        outcomes = []
        try:
            with self._flow.store.reading() as unit:
                self._flow.desk.catch_up(unit)
            with self._flow.store.unit() as unit:
                for person in ready:
                    person.read.sort(key=lambda pair: pair[0].row)  # read in any order, judged in one
                    photos = [offered for _, offered in person.read]
                    offer = Offer(person.person_id, photos, self._consent, "cli")
                    outcomes.append((person, self._flow.desk.admit(unit, offer, now)))
        except BaseException:
            self._flow.desk.forget()
            raise
        for person, admitted in outcomes:
            self.report.enrolled += admitted.added
            self.report.known_already += admitted.known_already
            self.report.people += 1 if admitted.added else 0
            for index, error in admitted.refused:
                self._refuse(person.read[index][0], error, counted=False)
            self._progress(len(person.read))

    def _refuse(self, file: PhotoFile, error: ServiceError, *, counted: bool = True) -> None:
        self.report.refused += 1
        self.report.refused_by_code[error.code] = self.report.refused_by_code.get(error.code, 0) + 1
        self._rejects.reject(file.row, (file.path.name, file.id_number, file.source.value), error)
        if counted:
            self._progress(1)


def _offered(file: PhotoFile, result: ReadPhoto) -> OfferedPhoto:
    if result.error is not None:
        raise result.error
    if result.sample is None or result.jpeg is None:
        raise FileUnreadable(file.path.name)
    refuse_poor_quality(result.sample)
    try:
        digest = hashlib.sha256(file.path.read_bytes()).digest()
    except OSError as error:
        raise FileUnreadable("the file went away while it was being enrolled", field="path") from error
    return OfferedPhoto(result.sample, result.jpeg, file.source, file.taken_on, digest)
