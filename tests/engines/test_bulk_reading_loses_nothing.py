"""Whole folders over several processes: every photo comes back once, whatever happens to a process."""

from __future__ import annotations

import os
import pickle
import signal
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from auth_service.core.errors import EngineFault, ImageEmpty, ServiceError, WeightsMissing, all_error_classes
from auth_service.engines.bulk import BulkReader
from auth_service.engines.catalogue import ReaderSpec
from auth_service.engines.reader import EngineFaceReader
from auth_service.faces.sample import FaceSample

POISON = b"poison"
POISON_ONCE = b"once"


class MortalReader(EngineFaceReader):
    """A real reader in a process that the test's photos can kill."""

    def read(self, data: bytes) -> FaceSample:
        name, _, mark = data.partition(b":")
        if name == POISON or (name == POISON_ONCE and _first_time(Path(mark.decode()))):
            os.kill(os.getpid(), signal.SIGKILL)
        if name == POISON_ONCE:
            raise ImageEmpty("second time")
        return super().read(data)


def _first_time(mark: Path) -> bool:
    try:
        mark.touch(exist_ok=False)
    except FileExistsError:
        return False
    return True


@dataclass(frozen=True)
class MortalSpec:
    spec: ReaderSpec

    def build(self) -> EngineFaceReader:
        reader = self.spec.build()
        reader.__class__ = MortalReader
        return reader


class DyingSpec:
    def build(self) -> EngineFaceReader:
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError


@pytest.mark.data
def test_every_photo_comes_back_once_equal_to_reading_it_here(
    spec: Callable[[str], ReaderSpec], dlib_reader: EngineFaceReader, lfw: list[Path], tmp_path: Path
) -> None:
    (tmp_path / "empty.jpg").touch()
    items = [(path.name, path) for path in lfw[:40]]
    items += [("empty", tmp_path / "empty.jpg"), ("absent", tmp_path / "absent.jpg"), ("folder", tmp_path)]
    taken = 0

    def counted() -> object:
        nonlocal taken
        for item in items:
            taken += 1
            yield item

    results = {}
    for result in BulkReader(spec("dlib-resnet"), processes=2).map(counted(), keep_jpeg=True):  # type: ignore[arg-type]
        assert result.key not in results
        results[result.key] = result
        assert taken - len(results) <= 6  # looks ahead by no more than three photos per process
    assert len(results) == len(items)
    for key, path in items[:40:8]:
        sample, kept = dlib_reader.read_kept(path.read_bytes())
        assert results[key].jpeg == kept
        assert np.array_equal(results[key].sample.template.vector, sample.template.vector)
        assert results[key].sample.photo_hash == sample.photo_hash
    assert results["empty"].code == "image_empty"
    assert results["absent"].code == results["folder"].code == "file_unreadable"


@pytest.mark.data
def test_a_killed_process_is_replaced_and_its_photos_are_read(
    spec: Callable[[str], ReaderSpec], lfw: list[Path], tmp_path: Path
) -> None:
    (tmp_path / "once.jpg").write_bytes(POISON_ONCE + b":" + str(tmp_path / "mark").encode())
    (tmp_path / "poison.jpg").write_bytes(POISON)
    items = [(path.name, path) for path in lfw[:12]]
    items[3:3] = [("once", tmp_path / "once.jpg")]
    items[6:6] = [("poison", tmp_path / "poison.jpg")]
    bulk = BulkReader(MortalSpec(spec("dlib-resnet")), processes=2)
    results = {result.key: result for result in bulk.map(items, keep_jpeg=False)}
    assert len(results) == len(items)
    assert results["once"].detail == "second time"
    assert results["poison"].code == "engine_fault"
    assert "ends the process (exit -9)" in results["poison"].detail
    assert all(results[path.name].sample is not None for path in lfw[:12])


def test_processes_that_die_at_their_start_are_an_error_not_a_hang(tmp_path: Path) -> None:
    with pytest.raises(EngineFault, match="at its start"):
        list(BulkReader(DyingSpec(), processes=1).map([("a", tmp_path)], keep_jpeg=False))


def test_missing_weights_are_told_as_such(tmp_path: Path) -> None:
    spec = ReaderSpec("sface", tmp_path, tmp_path)
    with pytest.raises(WeightsMissing, match="yunet"):
        list(BulkReader(spec, processes=1).map([("a", tmp_path)], keep_jpeg=False))


@pytest.mark.data
def test_stopping_early_stops_the_processes(spec: Callable[[str], ReaderSpec], lfw: list[Path]) -> None:
    results = BulkReader(spec("dlib-resnet"), processes=1).map([(path, path) for path in lfw], keep_jpeg=False)
    assert next(results).sample is not None
    results.close()  # type: ignore[attr-defined]
    import multiprocessing  # noqa: PLC0415

    assert multiprocessing.active_children() == []


@pytest.mark.parametrize("kind", all_error_classes())
def test_every_error_crosses_processes_whole(kind: type[ServiceError]) -> None:
    for error in (kind("particulars", field="x"), kind()):
        back = pickle.loads(pickle.dumps(error))
        assert type(back) is kind
        assert (back.detail, back.field, str(back)) == (error.detail, error.field, str(error))
