"""Staged captures: pictures that count as new photos of the same person, as the demo and the benchmark need them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from auth_service.core.errors import FileUnreadable
from auth_service.engines.catalogue import ReaderSpec
from auth_service.engines.decoding import IntakePolicy, decode
from auth_service.engines.reader import EngineFaceReader
from auth_service.engines.staging import (
    COLLINS,
    HOPPER,
    Portrait,
    Stage,
    as_frame,
    plain_copy,
    portrait_bytes,
)
from auth_service.faces.copies import CopyPolicy, is_copy
from auth_service.faces.sample import FaceSample
from auth_service.matching.calibration import load_shipped
from auth_service.matching.comparison import Zone, compare

ROOT = Path(__file__).parents[2]
PORTRAITS = [HOPPER, COLLINS]


@pytest.fixture(scope="module")
def reader(cache_dir: Path) -> EngineFaceReader:
    return ReaderSpec("dlib-resnet", ROOT / "models", cache_dir).build()


def _stage(portrait: Portrait, reader: EngineFaceReader) -> tuple[Stage, FaceSample]:
    data = portrait_bytes(portrait)
    sample = reader.read(data)
    return Stage(decode(data, IntakePolicy()).pixels, sample.face), sample


def _copied(a: FaceSample, b: FaceSample) -> bool:
    return is_copy(a.photo_hash, a.template, b.photo_hash, b.template, CopyPolicy())


def _assert_like_new_photos(portrait: Portrait, reader: EngineFaceReader, seeds: range) -> None:
    stage, enrolled = _stage(portrait, reader)
    calibration = load_shipped("dlib-resnet")
    for seed in seeds:
        capture = reader.read(stage.capture(seed, (640, 480) if seed % 2 else (480, 640)))
        assert compare(capture.template, enrolled.template, calibration).zone is Zone.MATCH, seed
        assert not _copied(capture, enrolled), seed
        assert capture.quality.acceptable, (seed, capture.quality.reasons)


@pytest.mark.parametrize("portrait", PORTRAITS, ids=lambda p: p.package)
def test_a_staged_capture_matches_and_is_good_enough_and_no_copy(portrait: Portrait, reader: EngineFaceReader) -> None:
    _assert_like_new_photos(portrait, reader, range(12))


@pytest.mark.slow
@pytest.mark.parametrize("portrait", PORTRAITS, ids=lambda p: p.package)
def test_a_hundred_staged_captures_match_and_are_no_copies(portrait: Portrait, reader: EngineFaceReader) -> None:
    _assert_like_new_photos(portrait, reader, range(100))


@pytest.mark.parametrize("portrait", PORTRAITS, ids=lambda p: p.package)
def test_a_photo_sent_on_is_still_a_copy(portrait: Portrait, reader: EngineFaceReader) -> None:
    data = portrait_bytes(portrait)
    enrolled = reader.read(data)
    pixels = decode(data, IntakePolicy()).pixels
    for cut, quality in ((0.0, 90), (0.02, 70), (0.04, 80)):
        assert _copied(reader.read(plain_copy(pixels, cut, quality)), enrolled), (cut, quality)


def test_captures_of_two_people_do_not_match(reader: EngineFaceReader) -> None:
    hopper, _ = _stage(HOPPER, reader)
    _, collins = _stage(COLLINS, reader)
    capture = reader.read(hopper.capture(1))
    assert compare(capture.template, collins.template, load_shipped("dlib-resnet")).zone is not Zone.MATCH


def test_the_same_seed_gives_the_same_picture_and_another_seed_another(reader: EngineFaceReader) -> None:
    stage, _ = _stage(COLLINS, reader)
    again, _ = _stage(COLLINS, reader)
    assert stage.capture(3) == again.capture(3)
    assert stage.capture(3) != stage.capture(4)


@pytest.mark.parametrize("size", [(640, 480), (480, 640)])
def test_captures_and_frames_have_the_size_asked_for(size: tuple[int, int], reader: EngineFaceReader) -> None:
    stage, _ = _stage(HOPPER, reader)
    wide = np.full((100, 300, 3), 90, np.uint8)
    for data in (stage.capture(1, size), as_frame(wide, size)):
        image = decode(data, IntakePolicy())
        assert (image.width, image.height, image.format) == (*size, "jpeg")


def test_a_portrait_whose_wheel_is_absent_is_reported() -> None:
    with pytest.raises(FileUnreadable, match="no_such_package"):
        portrait_bytes(Portrait("Nobody", "no_such_package", "face.jpg", ""))
