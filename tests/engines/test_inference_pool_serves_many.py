"""The pool gives sequential answers under load and refuses at once when full."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from auth_service.core.errors import CapacityExceeded, ImageEmpty, Unavailable, WeightsMissing
from auth_service.engines.catalogue import ReaderSpec
from auth_service.engines.pool import InferencePool
from auth_service.engines.reader import EngineFaceReader
from auth_service.faces.sample import FaceSample


class GatedReader(EngineFaceReader):
    """A real reader that waits at a gate before it reads."""

    inside: threading.Semaphore
    gate: threading.Event

    def read(self, data: bytes) -> FaceSample:
        self.inside.release()
        assert self.gate.wait(30)
        return super().read(data)


class GatedSpec:
    def __init__(self, spec: ReaderSpec) -> None:
        self._spec = spec
        self.inside, self.gate = threading.Semaphore(0), threading.Event()

    def build(self) -> EngineFaceReader:
        reader = self._spec.build()
        reader.__class__ = GatedReader
        reader.inside, reader.gate = self.inside, self.gate  # type: ignore[attr-defined]
        return reader


def bits(sample: FaceSample) -> tuple[object, ...]:
    return (
        sample.template.vector.tobytes(),
        sample.photo_hash,
        tuple(sample.quality.components.items()),
        sample.quality.reasons,
        sample.face.box,
        sample.face.points.tobytes(),
    )


@pytest.mark.asvs("15.4.1", "15.4.4")
@pytest.mark.data
def test_64_at_once_get_exactly_the_sequential_answers(
    spec: Callable[[str], ReaderSpec], dlib_reader: EngineFaceReader, lfw: list[Path]
) -> None:
    photos = [path.read_bytes() for path in lfw[2:1300:20]][:64]
    expected = [bits(dlib_reader.read(photo)) for photo in photos]
    pool = InferencePool(spec("dlib-resnet"), workers=2, waiting=64)
    with ThreadPoolExecutor(64) as callers:
        answers = list(callers.map(lambda photo: bits(pool.read(photo)), photos))
    assert len(set(expected)) == 64
    assert answers == expected
    assert pool.depth == 0
    assert pool.close()


@pytest.mark.asvs("15.2.2")
@pytest.mark.data
def test_a_full_pool_refuses_at_once_and_serves_those_inside(
    spec: Callable[[str], ReaderSpec], lfw: list[Path]
) -> None:
    gated = GatedSpec(spec("dlib-resnet"))
    pool = InferencePool(gated, workers=1, waiting=1)
    photo = lfw[0].read_bytes()
    with ThreadPoolExecutor(2) as callers:
        served = [callers.submit(pool.read, photo) for _ in range(2)]
        assert gated.inside.acquire(timeout=30)
        while pool.depth < 2:
            pass
        with pytest.raises(CapacityExceeded) as full:
            pool.read(photo)
        assert full.value.retryable
        assert not pool.close(timeout_seconds=0)
        with pytest.raises((Unavailable, CapacityExceeded)):
            pool.read(photo)
        gated.gate.set()
        assert all(future.result(30).template.images == 1 for future in served)
    assert pool.close()
    with pytest.raises(Unavailable, match="closing"):
        pool.read(photo)


@pytest.mark.data
def test_a_refused_photo_gives_its_reader_back(spec: Callable[[str], ReaderSpec], lfw: list[Path]) -> None:
    pool = InferencePool(spec("dlib-resnet"), workers=1, waiting=0)
    for _ in range(3):
        with pytest.raises(ImageEmpty):
            pool.read(b"")
    sample, kept = pool.read_kept(lfw[0].read_bytes())
    assert sample.template.identity == pool.identity
    assert kept == pool.reencode(lfw[0].read_bytes())


def test_a_pool_without_weights_does_not_start(tmp_path: Path) -> None:
    with pytest.raises(WeightsMissing):
        InferencePool(ReaderSpec("sface", tmp_path, tmp_path), workers=1, waiting=0)
