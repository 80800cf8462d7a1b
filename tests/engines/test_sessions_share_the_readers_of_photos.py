"""Measuring sessions borrows a photo's reader: bounded waiting, the same numbers from every thread, nothing kept."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from auth_service.capture.steps import CapturedStep
from auth_service.core.errors import CapacityExceeded, ImageRefused, Unavailable, WeightsDigestWrong
from auth_service.engines.capture_pool import PooledCaptures
from auth_service.engines.catalogue import ReaderSpec, build_capture_parts
from auth_service.engines.pool import InferencePool
from auth_service.liveness.measures import FrameMeasures, SessionMeasures
from tests.engines.clips import THREE_MOTIONS, frames_of, in_steps

pytestmark = pytest.mark.data


@pytest.fixture(scope="module")
def spec(models_dir: Path, cache_dir: Path) -> ReaderSpec:
    return ReaderSpec("dlib-resnet", models_dir, cache_dir)


@pytest.fixture(scope="module")
def steps(shared_data: Path) -> list[CapturedStep]:
    return in_steps(frames_of(shared_data / "videos" / "lp_d13.mp4", 12), 4)


def numbers(found: SessionMeasures) -> tuple[object, ...]:
    assert found.probe is not None
    return found.probe.vector.tobytes(), tuple(
        _bits(frame) for frame in found.frames
    )  # which frames were drawn differs


def _bits(frame: FrameMeasures) -> tuple[object, ...]:
    assert frame.points is not None
    assert frame.skin is not None
    return frame.box, frame.points.tobytes(), frame.skin.tobytes(), frame.moire, frame.face_hash


def test_four_threads_get_the_answer_of_one(spec: ReaderSpec, steps: list[CapturedStep]) -> None:
    pool = InferencePool(spec, workers=2, waiting=4)
    captures = PooledCaptures(pool, lambda: build_capture_parts(spec))
    alone = numbers(captures.measure(steps, THREE_MOTIONS))
    with ThreadPoolExecutor(4) as callers:
        answers = list(callers.map(lambda _: numbers(captures.measure(steps, THREE_MOTIONS)), range(4)))
    assert answers == [alone] * 4
    assert captures.shows_turns
    assert captures.layout == "arcface5"
    assert pool.close()
    with pytest.raises(Unavailable):
        captures.measure(steps, THREE_MOTIONS)


def test_a_session_takes_the_place_of_a_photo_and_who_finds_no_place_is_refused_at_once(
    spec: ReaderSpec, steps: list[CapturedStep], lfw: list[Path]
) -> None:
    pool = InferencePool(spec, workers=1, waiting=0)
    captures = PooledCaptures(pool, lambda: build_capture_parts(spec))
    held, release = threading.Event(), threading.Event()

    def hold() -> None:
        with pool.borrowed():
            held.set()
            assert release.wait(60)

    with ThreadPoolExecutor(1) as callers:
        holder = callers.submit(hold)
        assert held.wait(60)
        with pytest.raises(CapacityExceeded) as full:
            captures.measure(steps, THREE_MOTIONS)
        with pytest.raises(CapacityExceeded):
            captures.look(steps[0], THREE_MOTIONS.steps[0])
        assert full.value.retryable
        release.set()
        holder.result(60)
    assert captures.measure(steps[:1], THREE_MOTIONS).frames[0].faces == 1
    assert captures.look(steps[0], THREE_MOTIONS.steps[0]).hints == ()
    assert pool.read(lfw[0].read_bytes()).width == 250
    assert pool.close()


def test_a_refused_session_gives_its_reader_back(spec: ReaderSpec, steps: list[CapturedStep]) -> None:
    pool = InferencePool(spec, workers=1, waiting=0)
    captures = PooledCaptures(pool, lambda: build_capture_parts(spec))
    first = steps[0].frames[0]
    torn = CapturedStep(0, (type(first)(first.data[: len(first.data) // 3], 0),))
    for _ in range(3):
        with pytest.raises(ImageRefused):
            captures.measure([torn], THREE_MOTIONS)
    assert captures.measure(steps[:1], THREE_MOTIONS).frames[0].faces == 1
    assert pool.close()


def test_without_yunet_dlibs_points_are_used_and_said_to_show_no_turns(
    tmp_path: Path, cache_dir: Path, steps: list[CapturedStep]
) -> None:
    bare = ReaderSpec("dlib-resnet", tmp_path, cache_dir)
    pool = InferencePool(bare, workers=1, waiting=0)
    captures = PooledCaptures(pool, lambda: build_capture_parts(bare))
    found = captures.measure(steps, THREE_MOTIONS)
    assert not captures.shows_turns
    assert found.layout == "dlib5"
    assert [frame.faces for frame in found.frames] == [1] * 12
    assert all(frame.model is None for frame in found.frames)
    assert all(frame.skin is not None and (frame.skin[:, 0] > frame.skin[:, 2]).all() for frame in found.frames)
    assert found.probe is not None
    assert pool.close()


def test_a_yunet_file_that_is_not_the_pinned_one_stops_the_start_and_is_not_replaced_by_dlib(tmp_path: Path) -> None:
    (tmp_path / "face_detection_yunet_2023mar.onnx").write_bytes(b"something else")
    with pytest.raises(WeightsDigestWrong):
        build_capture_parts(ReaderSpec("dlib-resnet", tmp_path, tmp_path))


def test_one_net_of_the_pair_alone_is_not_used(tmp_path: Path, shared_data: Path) -> None:
    name = "minifasnet_v2_2.7_80x80.onnx"
    (tmp_path / name).write_bytes((shared_data / "models" / name).read_bytes())
    assert build_capture_parts(ReaderSpec("dlib-resnet", tmp_path, tmp_path)).model is None
