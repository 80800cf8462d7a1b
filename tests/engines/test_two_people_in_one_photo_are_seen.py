"""Two people side by side are two faces, also when the first, coarse look shows only the larger one."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from auth_service.engines.catalogue import ReaderSpec
from auth_service.engines.reader import EngineFaceReader
from auth_service.engines.staging import COLLINS, HOPPER, portrait_bytes
from auth_service.faces.quality import QualityReason


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> EngineFaceReader:
    return ReaderSpec("dlib-resnet", Path("models"), tmp_path_factory.mktemp("cache")).build()


def side_by_side(width: int, ratio: float) -> bytes:
    """JPEG of both portraits with faces about `width` and `width * ratio` pixels wide."""
    pictures = [
        cv2.imdecode(np.frombuffer(portrait_bytes(portrait), np.uint8), cv2.IMREAD_COLOR)
        for portrait in (COLLINS, HOPPER)
    ]
    scaled = [
        cv2.resize(picture, None, fx=size / known, fy=size / known)
        for picture, size, known in zip(pictures, (width, width * ratio), (116, 195), strict=True)
    ]
    both = np.full((max(p.shape[0] for p in scaled), sum(p.shape[1] for p in scaled), 3), 200, np.uint8)
    left = 0
    for picture in scaled:
        both[: picture.shape[0], left : left + picture.shape[1]] = picture
        left += picture.shape[1]
    return bytes(cv2.imencode(".jpg", both)[1])


@pytest.mark.parametrize("width", [60, 130, 300])
@pytest.mark.parametrize("ratio", [0.7, 1.0, 1.25])
def test_a_second_person_of_like_size_is_noticed(reader: EngineFaceReader, width: int, ratio: float) -> None:
    assert QualityReason.SEVERAL_FACES in reader.read(side_by_side(width, ratio)).quality.reasons


@pytest.mark.parametrize("portrait", [COLLINS, HOPPER])
def test_one_person_stays_one_person(reader: EngineFaceReader, portrait: object) -> None:
    sample = reader.read(portrait_bytes(portrait))  # type: ignore[arg-type]
    assert sample.quality.components["faces"] == 1
