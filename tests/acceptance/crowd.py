"""A crowd in which some people stand twice: real templates of different images of one person, among made-up ones.

The made-up templates are drawn from a normal distribution with mean and covariance of real ones (LFW), one distribution
for single images and one for means of two. They are no faces: they stand as close to one another as strangers of that
set do, roughly, and say nothing about any other population. Everything else about the people is made up as well.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from auth_service.core.errors import ImageRefused
from auth_service.engines.catalogue import ReaderSpec
from auth_service.faces.template import Template, mean_template
from auth_service.matching.duplicates import Signal
from tests.conftest import ROOT

VILLAGES = 2000
SEED = 20261128


@dataclass(frozen=True)
class Crowd:
    """People by place.

    vectors  float32 (N, D), not normalised; images: uint8 (N,) behind each
    phones, villages  int32 (N,), 0: none
    planted  (place, place, images a side, shares a telephone), smaller place first
    """

    vectors: NDArray[np.float32]
    images: NDArray[np.uint8]
    phones: NDArray[np.int32]
    villages: NDArray[np.int32]
    planted: tuple[tuple[int, int, int, bool], ...]

    @property
    def people(self) -> int:
        return len(self.vectors)

    def shared(self, place: int) -> dict[Signal, bytes | None]:
        phone = int(self.phones[place])
        return {
            Signal.PHONE: str(phone).encode() if phone else None,
            Signal.NAME: None,
            Signal.PLACE: str(int(self.villages[place])).encode(),
        }

    def save(self, folder: Path) -> None:
        for name in ("vectors", "images", "phones", "villages"):
            np.save(folder / f"{name}.npy", getattr(self, name))

    @staticmethod
    def load(folder: Path) -> Crowd:
        """The vectors stay in the file until they are asked for."""
        told = [np.load(folder / f"{name}.npy", mmap_mode="r") for name in ("vectors", "images", "phones", "villages")]
        return Crowd(*told, planted=())


def person_id(place: int) -> str:
    return f"{place:032x}"


def read_faces(root: Path, cache: Path, people: int, most_images: int) -> list[list[Template]]:
    """Templates of the first so many people of a folder of folders, image by image; without what the engine refuses."""
    reader = ReaderSpec("dlib-resnet", ROOT / "models", cache).build()
    try:
        folders = sorted(path for path in root.iterdir() if path.is_dir())[:people]
        return [list(_templates(reader, folder, most_images)) for folder in folders]
    finally:
        reader.close()


def _templates(reader, folder: Path, most_images: int) -> Iterator[Template]:  # type: ignore[no-untyped-def]
    for path in sorted(folder.glob("*.jpg"))[:most_images]:
        try:
            yield reader.read(path.read_bytes()).template
        except ImageRefused:
            continue


def gather(faces: list[list[Template]], people: int, planted: dict[int, int]) -> Crowd:
    """people: all of them, planted ones included. planted: images a side -> how many stand twice, half of them with one
    telephone. raises ValueError: too few people have images enough"""
    rng = np.random.default_rng(SEED)
    doubles = list(_doubles(faces, planted))
    places = rng.permutation(people)[: 2 * len(doubles)]
    vectors, images = _made_up(rng, faces, people)
    phones = np.where(rng.random(people) < 0.7, rng.integers(1, people, people), 0).astype(np.int32)
    villages = rng.integers(1, VILLAGES + 1, people).astype(np.int32)
    told = []
    for at, (one, other, count) in enumerate(doubles):
        first, second = sorted((int(places[2 * at]), int(places[2 * at + 1])))
        vectors[first], vectors[second] = one, other
        images[[first, second]] = count
        phones[[first, second]] = people + at if at % 2 else 0
        told.append((first, second, count, bool(at % 2)))
    return Crowd(vectors, images, phones, villages, tuple(told))


def _doubles(
    faces: list[list[Template]], planted: dict[int, int]
) -> Iterator[tuple[NDArray[np.float32], NDArray[np.float32], int]]:
    """Nobody twice, and no image on both sides."""
    left = list(faces)
    for count, wanted in sorted(planted.items(), reverse=True):
        fit = [own for own in left if len(own) >= 2 * count][:wanted]
        if len(fit) < wanted:
            raise ValueError("too few people have images enough")
        left = [own for own in left if not any(own is one for one in fit)]
        for own in fit:
            yield mean_template(own[:count]).vector, mean_template(own[count : 2 * count]).vector, count


def _made_up(
    rng: np.random.Generator, faces: list[list[Template]], people: int
) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
    images = rng.integers(1, 3, people).astype(np.uint8)
    vectors = np.zeros((people, faces[0][0].vector.size), dtype=np.float32)
    for count in (1, 2):
        real = np.stack([mean_template(own[:count]).vector for own in faces if len(own) >= count]).astype(np.float64)
        mine = np.flatnonzero(images == count)
        root = np.linalg.cholesky(np.cov(real, rowvar=False) + 1e-9 * np.eye(real.shape[1]))
        for part in np.array_split(mine, max(1, len(mine) // 5000)):
            vectors[part] = real.mean(axis=0) + rng.standard_normal((len(part), real.shape[1])) @ root.T
    return vectors, images
