"""What the benchmark shows to all sides: 640x480 JPEGs of people with a reference and distinct fresh captures."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count, islice
from pathlib import Path

import numpy as np

from auth_service.cli.bench_sides import Item
from auth_service.core.errors import FileUnreadable, ImageRefused
from auth_service.engines.catalogue import ReaderSpec
from auth_service.engines.decoding import IntakePolicy, decode
from auth_service.engines.detectors import HogDetector
from auth_service.engines.dlib_weights import recogniser_onnx
from auth_service.engines.encoders import DlibEncoder, open_session
from auth_service.engines.staging import COLLINS, HOPPER, Portrait, Stage, as_frame, portrait_bytes
from auth_service.faces.copies import CopyPolicy, is_copy
from auth_service.faces.sample import FaceSample
from auth_service.matching.calibration import load_shipped
from auth_service.matching.comparison import Zone, compare

_SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp"})
_MOST_STAGED_PEOPLE = 24
"""Staged references are all of two portraits, and no two of them may pass for one photo."""
_TRIES = 40
"""Scenes drawn for one picture before giving up; one in ten looks like a copy of another scene."""
_MOST_OF_ONE = 3
"""Captures of one person: in service it is one a year, and each later one is held against those before."""

Done = Callable[[int], None]
Picture = tuple[bytes, FaceSample]


@dataclass(slots=True)
class Person:
    """known: the reference's sample, then those of the captures in the order they will be sent."""

    reference: Path
    probes: list[Path]
    known: list[FaceSample]


class Casting:
    """Chooses pictures that travel the usual path: good enough, a match, and no copies of one another."""

    def __init__(self, spec: ReaderSpec, folder: Path) -> None:
        self._reader = spec.build()
        self._calibration = load_shipped(spec.engine)
        self._folder = folder
        self._aligner = DlibEncoder(self._reader.identity, open_session(recogniser_onnx(spec.cache_dir)))
        self._detector = HogDetector()

    def people(self, faces: Path | None, captures: int, done: Done) -> list[Person]:
        """People with so many captures among them. raises FileUnreadable: there are not enough pictures"""
        found = self._staged(captures, done) if faces is None else self._from_folder(faces, captures, done)
        if sum(len(person.probes) for person in found) < captures:
            raise FileUnreadable("too few people with two photos that match; try fewer --rounds or more --faces")
        return found

    def items(self, people: list[Person]) -> list[Item]:
        """One per capture, person after person in turn, each with its chip for the encoders."""
        found: list[Item] = []
        for turn in range(max(len(person.probes) for person in people)):
            for number, person in enumerate(people):
                if turn < len(person.probes):
                    probe = person.probes[turn]
                    chip = self._chip(probe)
                    found.append(
                        {"person": str(number), "probe": str(probe), "reference": str(person.reference), "chip": chip}
                    )
        return found

    def _staged(self, captures: int, done: Done) -> list[Person]:
        streams = [self._scenes(portrait) for portrait in (HOPPER, COLLINS)]
        people: list[Person] = []
        for number in range(min(_MOST_STAGED_PEOPLE, max(2, captures // 2))):
            taken = [person.known[0] for person in people[number % 2 :: 2]]
            picture = next((p for p in islice(streams[number % 2], _TRIES) if not self._copies(p[1], taken)), None)
            people.append(self._person(number, picture))
        for number in range(captures):
            person = people[number % len(people)]
            scenes = islice(streams[number % len(people) % 2], _TRIES)
            self._add_probe(person, next((p for p in scenes if self._usual(person, p[1])), None))
            done(1)
        return people

    def _scenes(self, portrait: Portrait) -> Iterator[Picture]:
        data = portrait_bytes(portrait)
        stage = Stage(decode(data, IntakePolicy()).pixels, self._reader.read(data).face)
        for seed in count():
            yield from self._read(stage.capture(seed))

    def _from_folder(self, faces: Path, captures: int, done: Done) -> list[Person]:
        people: list[Person] = []
        left = captures
        for folder in sorted(path for path in faces.iterdir() if path.is_dir()):
            person = self._of_folder(len(people), folder, min(left, _MOST_OF_ONE))
            if person is None:
                continue
            people.append(person)
            left -= len(person.probes)
            done(len(person.probes))
            if left == 0:
                break
        return people

    def _of_folder(self, number: int, folder: Path, most: int) -> Person | None:
        frames = self._frames(folder)
        first = next((picture for picture in frames if picture[1].quality.acceptable), None)
        if first is None:
            return None
        person = self._person(number, first)
        for picture in frames:
            if self._usual(person, picture[1]):
                self._add_probe(person, picture)
            if len(person.probes) == most:
                break
        return person if person.probes else None

    def _frames(self, folder: Path) -> Iterator[Picture]:
        for path in sorted(path for path in folder.iterdir() if path.suffix.lower() in _SUFFIXES):
            try:
                yield from self._read(as_frame(decode(path.read_bytes(), IntakePolicy()).pixels))
            except ImageRefused:
                continue

    def _read(self, data: bytes) -> Iterator[Picture]:
        """The picture with its sample, or nothing where no face shows."""
        try:
            yield data, self._reader.read(data)
        except ImageRefused:
            return

    def _person(self, number: int, picture: Picture | None) -> Person:
        data, sample = _found(picture)
        path = self._folder / f"person{number}.jpg"
        path.write_bytes(data)
        return Person(path, [], [sample])

    def _add_probe(self, person: Person, picture: Picture | None) -> None:
        data, sample = _found(picture)
        path = self._folder / f"{person.reference.stem}-{len(person.probes)}.jpg"
        path.write_bytes(data)
        person.probes.append(path)
        person.known.append(sample)

    def _usual(self, person: Person, sample: FaceSample) -> bool:
        if not sample.quality.acceptable or self._copies(sample, person.known):
            return False
        return compare(sample.template, person.known[0].template, self._calibration).zone is Zone.MATCH

    @staticmethod
    def _copies(sample: FaceSample, known: list[FaceSample]) -> bool:
        return any(
            is_copy(sample.photo_hash, sample.template, other.photo_hash, other.template, CopyPolicy())
            for other in known
        )

    def _chip(self, probe: Path) -> str:
        """File of the aligned 150x150 face of a capture, uint8 (150, 150, 3) RGB."""
        pixels = decode(probe.read_bytes(), IntakePolicy()).pixels
        path = probe.with_suffix(".npy")
        np.save(path, self._aligner.align(pixels, self._detector.detect(pixels)[0]))
        return str(path)


def _found(picture: Picture | None) -> Picture:
    if picture is None:
        raise FileUnreadable("no scene of the portraits differs enough from those before; try fewer --rounds")
    return picture
