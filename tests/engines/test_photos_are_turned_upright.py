"""EXIF orientation is applied once, for every value and every format that carries it."""

from __future__ import annotations

import io

import numpy as np
import PIL.Image
import PIL.ImageOps
import pytest

from auth_service.engines.containers import exif_orientation
from auth_service.engines.decoding import IntakePolicy, decode
from tests.engines import hostile


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_every_orientation_is_applied(kind: str, orientation: int) -> None:
    exif = PIL.Image.Exif()
    exif[0x0112] = orientation
    data = hostile.saved(kind, exif=exif, **({"lossless": True} if kind == "WEBP" else {}))
    expected = np.asarray(PIL.ImageOps.exif_transpose(PIL.Image.open(io.BytesIO(data))).convert("RGB"))
    assert np.array_equal(decode(data, IntakePolicy()).pixels, expected)


@pytest.mark.parametrize(
    "block",
    [
        b"",
        b"II*\0",
        b"II*\0\xff\xff\xff\xff",
        b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x09\0\0",
        b"garbage garbage garbage",
    ],
)
def test_an_unreadable_tag_leaves_the_photo_as_it_is(block: bytes) -> None:
    assert exif_orientation(block) == 1
