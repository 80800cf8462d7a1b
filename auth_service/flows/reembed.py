"""From one face engine to another: templates are made anew from the enrolled photos, then the old ones are destroyed.

Both engines' references are readable meanwhile, so the service goes on deciding with the old one until it is started
with the new. A run may be stopped at any moment: each person's new set is one transaction, and whoever has none yet is
found by the next run, people enrolled in between among them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Protocol

from auth_service.core.audit import AuditEvent, Details
from auth_service.core.clock import Clock
from auth_service.core.errors import EngineInUse, FileUnreadable, ImageRefused, PeopleLeftBehind, ServiceError
from auth_service.core.ids import new_id
from auth_service.enrollment.references import ReferencePhoto, ReferenceSet, form_reference_set
from auth_service.faces.ports import FaceReader
from auth_service.faces.template import EngineIdentity, Template
from auth_service.storage.unit import EngineCount, Store, Unit

_PAGE = 64
"""People per page: each page is read by all threads, then written in a few transactions."""
_DESTROYED_AT_ONCE = 500
STILL_IN_USE = timedelta(hours=24)
"""An engine that decided an attempt so lately counts as in use: a process that was forgotten at the change shows within
an office's working day. source: our own estimate"""


class RejectSink(Protocol):
    """Where photos are written down that the new engine cannot use (connectors/rejects.py)."""

    def reject(self, row: int, values: Sequence[str], error: ServiceError) -> None: ...


@dataclass(slots=True)
class ReembedReport:
    """people    dealt with: `made` and `unreadable` together
    made       got a set of the new engine
    unreadable no photo of theirs can be used by the new engine: they must be enrolled anew
    photos     of which new templates were made; `refused` could not be used
    """

    people: int = 0
    made: int = 0
    unreadable: int = 0
    photos: int = 0
    refused: int = 0
    refused_by_code: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Standing:
    """How far the change is. `waiting` people have references of the old engine alone."""

    engines: tuple[EngineCount, ...]
    waiting: int


@dataclass(frozen=True, slots=True)
class Retirement:
    """Which engine's templates are to end.

    in_use       the engine that decides now
    left_behind  how many people the caller knows to have no reference of it
    despite_use  the caller knows better than the attempts on record
    """

    old: EngineIdentity
    in_use: EngineIdentity
    left_behind: int
    despite_use: bool = False


@dataclass(frozen=True, slots=True)
class _Made:
    """One person, read with the new engine."""

    old: ReferenceSet
    photos: tuple[tuple[str, ReferencePhoto], ...]
    refused: tuple[tuple[str, ServiceError], ...]


class Reembed:
    """See the module."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def standing(self, old: EngineIdentity, new: EngineIdentity) -> Standing:
        """raises as Store.reading"""
        with self._store.reading() as unit:
            return Standing(tuple(unit.reembedding.engines()), unit.reembedding.count_waiting(old, new))

    def run(
        self,
        old: EngineIdentity,
        reader: FaceReader,
        rejects: RejectSink,
        progress: Callable[[int], None],
        jobs: int = 1,
    ) -> ReembedReport:
        """Makes a set of the reader's engine for everybody who has none. Photos it cannot use are rows in `rejects`.

        jobs    people read at the same time; the reader serves as many threads
        raises  EngineInUse (both are one engine), StorageFault, Unavailable, EngineFault
        """
        if old == reader.identity:
            raise EngineInUse(f"{old.engine} is the engine that the templates were made with", field="engine")
        report = ReembedReport()
        self._note("references.reembedding_started", old, reader.identity, {})
        with ThreadPoolExecutor(max_workers=jobs) as threads:
            for page in self._pages(old, reader.identity):
                made = threads.map(lambda person_id: self._read(person_id, old, reader), page)
                for one in [found for found in made if found is not None]:
                    self._keep(one, reader.identity, report, rejects)
                progress(len(page))
        counts = {"made": report.made, "unreadable": report.unreadable, "photos": report.photos}
        self._note("references.reembedding_finished", old, reader.identity, counts)
        return report

    def retire(self, change: Retirement, actor: str) -> int:
        """Destroys every template of an engine that decides no more; returns how many. May be stopped and run again.

        raises  EngineInUse (it decides here, or the attempts on record say that it still does somewhere),
                PeopleLeftBehind: the number is another
        """
        self._refuse_in_use(change)
        waiting = self.standing(change.old, change.in_use).waiting
        if waiting != change.left_behind:
            raise PeopleLeftBehind(f"{waiting}", field="left_behind")
        now, total, done = self._clock.now(), 0, 1
        while done:
            with self._store.unit() as unit:
                done = unit.reembedding.destroy(change.old, now, _DESTROYED_AT_ONCE)
                total += done
                # with each batch, so that a killed run leaves no template destroyed without a trace
                batch: Details = {"engine": change.old.engine, "destroyed": done}
                whole: Details = {"engine": change.old.engine, "destroyed": total, "left_behind": change.left_behind}
                event = ("references.templates_destroyed", batch) if done else ("references.engine_retired", whole)
                unit.audit.append(AuditEvent(actor, event[0], "", event[1]), now)
        return total

    def _refuse_in_use(self, change: Retirement) -> None:
        """Which engine decides is each process's own setting, the caller's too: what was decided of late tells more.

        raises  EngineInUse
        """
        old = change.old.engine
        if change.old == change.in_use:
            raise EngineInUse(f"{old} decides here; start the service with the other engine first")
        if change.despite_use:
            return
        with self._store.reading() as unit:
            used = unit.evidence.last_by_engine()
        last, other = used.get(old), used.get(change.in_use.engine)
        if last is None:
            return
        if last > self._clock.now() - STILL_IN_USE:
            raise EngineInUse(f"{old} decided an attempt at {last.isoformat()}; is the service started with the other?")
        if other is None or other < last:
            raise EngineInUse(f"{change.in_use.engine} has decided no attempt since {old} did, at {last.isoformat()}")

    def _pages(self, old: EngineIdentity, new: EngineIdentity) -> Iterator[list[str]]:
        after = ""
        while True:
            with self._store.reading() as unit:
                page = unit.reembedding.waiting(old, new, after, _PAGE)
            if not page:
                return
            yield page
            after = page[-1]

    def _read(self, person_id: str, old: EngineIdentity, reader: FaceReader) -> _Made | None:
        """None when the person's set went away since the page was read."""
        with self._store.reading() as unit:
            in_force = unit.references.current(person_id, old)
            pictures = [(photo, _picture(unit, photo)) for photo in in_force.photos] if in_force else []
        if in_force is None:
            return None
        made: list[tuple[str, ReferencePhoto]] = []
        refused: list[tuple[str, ServiceError]] = []
        for photo, jpeg in pictures:
            if jpeg is None:
                refused.append((photo.id, FileUnreadable("the picture is not kept any more")))
                continue
            try:
                made.append((photo.id, _anew(photo, reader.read(jpeg).template)))
            except ImageRefused as error:  # the photo's fault; an engine's stops the run
                refused.append((photo.id, error))
        anchors = {photo.id for photo in in_force.anchors}
        if anchors and not any(photo_id in anchors for photo_id, _ in made):
            made.clear()  # what keys added beside them must not become what the person is compared with
        return _Made(in_force, tuple(made), tuple(refused))

    def _keep(self, made: _Made, new: EngineIdentity, report: ReembedReport, rejects: RejectSink) -> None:
        now = self._clock.now()
        if made.photos:
            with self._store.unit() as unit:
                still = unit.references.current(made.old.person_id, made.old.identity)
                if still is None or still.id != made.old.id:
                    return  # enrolled anew meanwhile: the next run takes the set that is in force then
                fresh = self._without_known(unit, made, new)
                for old_id, photo in fresh:
                    unit.references.add_photo(made.old.person_id, photo)
                    unit.reembedding.carry_file(old_id, photo.id)
                known = unit.references.photos(made.old.person_id, new)
                digests = {photo.photo_hash.pixel_digest for _, photo in made.photos}
                photos = [photo for photo in known if photo.photo_hash.pixel_digest in digests]
                reference_set = form_reference_set(new_id(), made.old.person_id, photos, now)
                unit.references.activate(reference_set, derived_from=made.old.id)
                details: Details = {
                    "set": reference_set.id,
                    "from": made.old.id,
                    "photos": len(photos),
                    "engine": new.engine,
                }
                unit.audit.append(
                    AuditEvent("system", "references.reembedded", f"person:{made.old.person_id}", details), now
                )
        _count(made, report, rejects)

    @staticmethod
    def _without_known(unit: Unit, made: _Made, new: EngineIdentity) -> list[tuple[str, ReferencePhoto]]:
        """A photo may have been made anew already, for an older set of the same person."""
        return [
            (old_id, photo)
            for old_id, photo in made.photos
            if not unit.references.has_photo(made.old.person_id, new, photo.photo_hash.pixel_digest)
        ]

    def _note(self, action: str, old: EngineIdentity, new: EngineIdentity, counts: dict[str, int]) -> None:
        with self._store.unit() as unit:
            details: Details = {"from": old.engine, "to": new.engine, **counts}
            unit.audit.append(AuditEvent("cli", action, "", details), self._clock.now())


def _picture(unit: Unit, photo: ReferencePhoto) -> bytes | None:
    return unit.photos.get(photo.picture)


def _anew(photo: ReferencePhoto, template: Template) -> ReferencePhoto:
    """The same photo under another engine: its hashes are those of the photo as it came, not of the kept JPEG."""
    return replace(photo, id=new_id(), template=template, picture_id=photo.picture)


def _count(made: _Made, report: ReembedReport, rejects: RejectSink) -> None:
    report.people += 1
    report.made += 1 if made.photos else 0
    report.unreadable += 0 if made.photos else 1
    report.photos += len(made.photos)
    for photo_id, error in made.refused:
        report.refused += 1
        report.refused_by_code[error.code] = report.refused_by_code.get(error.code, 0) + 1
        rejects.reject(report.refused, (made.old.person_id, photo_id), error)
