"""Copies of a photo are found again and other photos are not, on real faces."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from auth_service.core.errors import NoFaceFound
from auth_service.engines.decoding import IntakePolicy, decode
from auth_service.engines.photo_hash import frequency_signs
from auth_service.engines.reader import EngineFaceReader
from auth_service.faces.copies import CopyPolicy, is_copy, mirrored_distance
from auth_service.faces.image import Image, Pixels
from auth_service.faces.sample import FaceSample

POLICY = CopyPolicy()


def resized(pixels: Pixels, scale: float) -> Pixels:
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=way), np.uint8)


def recoded(pixels: Pixels, quality: int) -> Pixels:
    return np.asarray(cv2.imdecode(cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])[1], 1), np.uint8)


def cropped(pixels: Pixels, share: float) -> Pixels:
    edge = int(len(pixels) * share)
    return np.ascontiguousarray(pixels[edge:, : pixels.shape[1] - edge])


def mirrored(pixels: Pixels) -> Pixels:
    return np.ascontiguousarray(pixels[:, ::-1])


WAYS: dict[str, Callable[[Pixels], Pixels]] = {
    "recoded": lambda pixels: recoded(pixels, 60),
    "smaller": lambda pixels: resized(pixels, 0.6),
    "larger": lambda pixels: resized(pixels, 1.5),
    "cropped": lambda pixels: cropped(pixels, 0.1),
    "brighter": lambda pixels: np.asarray(cv2.convertScaleAbs(pixels, alpha=1.2), np.uint8),
    "mirrored": mirrored,
    "all": lambda pixels: recoded(mirrored(cropped(resized(pixels, 0.8), 0.05)), 75),
}


def same(a: FaceSample, b: FaceSample) -> bool:
    return is_copy(a.photo_hash, a.template, b.photo_hash, b.template, POLICY)


@pytest.mark.data
def test_copies_are_found_and_other_photos_of_the_person_are_not(
    dlib_reader: EngineFaceReader, lfw: list[Path]
) -> None:
    missed = made = 0
    for path in lfw[::170]:
        original = dlib_reader.read(path.read_bytes())
        pixels = decode(path.read_bytes(), IntakePolicy()).pixels
        for change in WAYS.values():
            try:
                copy = dlib_reader.read_image(Image(change(pixels), "jpeg"))
            except NoFaceFound:
                continue
            made += 1
            missed += not same(original, copy)
        for other in sorted(path.parent.iterdir())[:3]:
            if other != path:
                assert not same(original, dlib_reader.read(other.read_bytes())), (path, other)
    assert made > 120
    assert missed <= 0.03 * made


def test_mirroring_turns_only_the_odd_frequencies() -> None:
    grey = np.random.default_rng(5).uniform(0, 255, (32, 32)).astype(np.float32)
    signs, turned = frequency_signs(grey), frequency_signs(np.ascontiguousarray(grey[:, ::-1]))
    assert signs != turned
    assert mirrored_distance(signs, turned) == 0
    assert 10 < mirrored_distance(signs, frequency_signs(np.ascontiguousarray(grey.T))) < 54
