"""What earlier sessions left of their films, read for anybody in the same way, and what this one leaves."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime

from auth_service.core.errors import ScoreInvalid, StorageFault
from auth_service.flows.known_person import NOBODY, Known
from auth_service.liveness.measures import SessionMeasures
from auth_service.liveness.ports import Past, SeenPhoto
from auth_service.liveness.replay_print import NO_FILM, KnownPrint, ReplayPrint, print_of
from auth_service.storage.unit import Store, Unit


def film_of(measures: SessionMeasures) -> ReplayPrint:
    """The film of a session; without frames where its numbers are none, which the layer `replay` says for itself."""
    try:
        return print_of(measures)
    except ScoreInvalid:
        return NO_FILM


def past_of(store: Store, known: Known, film: ReplayPrint, most: int) -> Past:
    """What this film is held against: the person's pictures and prints, and anybody's session that shows its frames.

    most     prints of one person, and sessions that share frames
    raises   KeyMissing, KeyDestroyed, SealBroken, ScoreInvalid (a broken print)
    """
    with store.reading() as unit:
        stored = unit.replay_prints.of_person(known.person_id or NOBODY, most)
        if known.decoy is not None:  # as much is opened for somebody who has no reference
            with suppress(StorageFault):
                unit.replay_prints.of_person(known.decoy.person_id or NOBODY, most)
        shared = unit.replay_prints.sharing(sorted(film.digests), most)
    enrolled = [SeenPhoto(photo.photo_hash, passed=True) for photo in known.enrolled]
    captures = [SeenPhoto(capture.photo_hash, capture.qualified) for capture in known.captures]
    prints = [KnownPrint(one.session_id, one.print) for one in stored if one.print is not None]
    return Past([*enrolled, *captures], prints, shared, len(stored) - len(prints))


def remember_film(unit: Unit, evidence_id: str, person_id: str | None, film: ReplayPrint, now: datetime) -> None:
    """Of every session that shows a face, whatever became of it and whoever was named."""
    if film.steps and film.digests:
        unit.replay_prints.add(evidence_id, person_id, film, now)
