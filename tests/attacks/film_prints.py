"""Prints of films, of their copies and of other sessions of the same person; kept under build/, so that a long run that
was interrupted goes on where it was."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from auth_service.capture.challenge import Challenge, Route, draw
from auth_service.capture.steps import CapturedStep, StepPolicy
from auth_service.engines.film_waves import step_waves
from auth_service.liveness.measures import SessionMeasures, StepMeasures
from auth_service.liveness.replay_print import ReplayPrint, print_of
from tests.attacks.filmed_sessions import LENGTH_MS, PER_SECOND, Reader, frame_of, grey
from tests.attacks.replays import WAYS, Film, decoded, open_film
from tests.conftest import ROOT
from tests.puppet.camera import Puppet, Setting
from tests.puppet.cast import player
from tests.puppet.seeing import SMALL

FIRST_MS = 300
LOOKS = ("recoded", "mirrored", "cropped", "refilmed", "resized")
"""What is done to every picture of a session that is handed in again at its own instants."""
_KEPT = ROOT / "build" / "replay-films"


@dataclass(frozen=True)
class FilmPrints:
    """original: a session; copies: (way, print) of it shown again; others: by name, sessions of the same person"""

    original: ReplayPrint
    copies: Sequence[tuple[str, ReplayPrint]]
    others: Mapping[str, ReplayPrint]


def sent(film: Film, from_ms: int) -> Film:
    return film.between(from_ms, from_ms + LENGTH_MS).sampled(PER_SECOND)


def shown_again(reader: Reader, film: Film, way: str, rng: np.random.Generator) -> SessionMeasures:
    again = WAYS[way].again(film.between(FIRST_MS, FIRST_MS + LENGTH_MS), rng, PER_SECOND)
    return reader.session(again, late_ms=int(rng.integers(-150, 150)))


def of_clip(reader: Reader, path: Path) -> FilmPrints:
    """A shared clip: the first seconds again in every way, twice, and all sessions that it holds."""
    return _kept(path.stem, lambda: _clip(reader, path))


def of_puppet(reader: Reader, name: str, number: int, data: Path) -> FilmPrints:
    """A rendered person who answers a challenge, the same again (`same`), and another one (`other`)."""
    return _kept(f"puppet-{name}-{number}", lambda: _puppet(reader, name, number, data))


def _clip(reader: Reader, path: Path) -> FilmPrints:
    film = reader.framed(open_film(path).between(0, 19_000))
    original = print_of(reader.session(sent(film, FIRST_MS)))
    rng = np.random.default_rng(sum(map(ord, path.stem)))
    copies = [(way, print_of(shown_again(reader, film, way, rng))) for way in sorted(WAYS) * 2]
    begins = range(0, film.times[-1] - LENGTH_MS, 1000)
    return FilmPrints(original, copies, {str(at): print_of(reader.session(sent(film, at))) for at in begins})


def _puppet(reader: Reader, name: str, number: int, data: Path) -> FilmPrints:
    seed = 1000 * number + sum(map(ord, name))
    chance = np.random.default_rng(seed)
    first, other = (draw(Route.FLASH, below=lambda n: int(chance.integers(n))) for _ in range(2))
    sessions = {
        label: puppet_session(name, data, challenge, seed + later, seed)
        for label, challenge, later in (("first", first, 0), ("same", first, 1), ("other", other, 2))
    }
    shown = sessions.pop("first")
    copies = [(look, print_of(measured(reader, looking(shown, look, seed)))) for look in LOOKS]
    others = {label: print_of(measured(reader, _films(steps))) for label, steps in sessions.items()}
    return FilmPrints(print_of(measured(reader, _films(shown))), copies, others)


def puppet_session(name: str, data: Path, challenge: Challenge, seed: int, place: int) -> tuple[CapturedStep, ...]:
    return Puppet(player(name, data), challenge, seed, Setting(place=place, view=SMALL)).session(StepPolicy())


def looking(steps: Sequence[CapturedStep], look: str, seed: int) -> list[tuple[int, Film]]:
    """The steps' films with every picture changed in one way."""
    rng = np.random.default_rng(seed)
    return [(n, WAYS[look].look(film, rng)) for n, film in _films(steps)]


def measured(reader: Reader, steps: Sequence[tuple[int, Film]]) -> SessionMeasures:
    """As far as the replay layer asks."""
    told = []
    for n, film in steps:
        faces = [reader.face(one) if place % 2 == 0 else None for place, one in enumerate(film.pictures)]
        waves = step_waves([grey(one) for one in film.pictures], faces)
        shots = zip(film.pictures, film.times, waves, strict=True)
        told.append(StepMeasures(n, tuple(frame_of(picture, at, wave) for picture, at, wave in shots)))
    return SessionMeasures(tuple(told), "arcface5", None, 1.0, ())


def _films(steps: Sequence[CapturedStep]) -> list[tuple[int, Film]]:
    return [
        (step.n, Film(tuple(decoded(one.data) for one in step.frames), tuple(one.at_ms for one in step.frames)))
        for step in steps
    ]


def _kept(name: str, make: Callable[[], FilmPrints]) -> FilmPrints:
    place = _KEPT / f"{name}.json"
    if not place.exists():
        made = make()
        _KEPT.mkdir(parents=True, exist_ok=True)
        part = place.with_suffix(".part")
        part.write_text(json.dumps(dict(_told(made))), encoding="ascii")
        part.replace(place)
    told = json.loads(place.read_text(encoding="ascii"))
    return FilmPrints(
        _opened(told["original"]),
        [(way, _opened(one)) for way, one in told["copies"]],
        {label: _opened(one) for label, one in told["others"].items()},
    )


def _told(prints: FilmPrints) -> Iterator[tuple[str, Any]]:
    yield "original", prints.original.to_bytes().hex()
    yield "copies", [(way, one.to_bytes().hex()) for way, one in prints.copies]
    yield "others", {label: one.to_bytes().hex() for label, one in prints.others.items()}


def _opened(told: str) -> ReplayPrint:
    kept = ReplayPrint.from_bytes(bytes.fromhex(told))
    assert kept is not None, "made by this release"
    return kept
