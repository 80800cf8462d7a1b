"""Two pictures of one person come out with their eyes in the same place, whatever the camera did."""

from __future__ import annotations

import io

import numpy as np
import PIL.Image
import pytest

from auth_service.core.errors import NoFaceFound
from auth_service.engines.portrait import HEIGHT, WIDTH, portrait
from auth_service.engines.reader import EngineFaceReader
from auth_service.faces.landmarks import Box, DetectedFace
from tests.channels.service import portraits


@pytest.mark.parametrize("layout", ["dlib5", "arcface5"])
def test_a_tilted_face_is_levelled_and_brought_to_size(layout: str) -> None:
    pixels = np.zeros((400, 400, 3), np.uint8)
    left, right = np.array([140.0, 220.0]), np.array([220.0, 160.0])
    for place, colour in ((left, 0), (right, 1)):
        x, y = place.astype(int)
        pixels[y - 4 : y + 5, x - 4 : x + 5, colour] = 255
    eyes = [right, right, left, left, left] if layout == "dlib5" else [left, right, left, left, right]
    face = DetectedFace(Box(100, 100, 300, 300), np.array(eyes, np.float32), layout, 1.0)
    shown = portrait(pixels, face)
    assert shown.shape == (HEIGHT, WIDTH, 3)
    for colour, wanted in ((0, (165, 255)), (1, (315, 255))):
        ys, xs = (
            np.nonzero(shown[..., colour] > 128) if colour else np.nonzero((shown[..., 0] > 128) & (shown[..., 2] < 64))
        )
        inside = (np.abs(xs - wanted[0]) < 60) & (np.abs(ys - wanted[1]) < 60)
        middle = xs[inside].mean(), ys[inside].mean()
        assert np.allclose(middle, wanted, atol=2.0), (colour, middle)


def test_real_faces_come_out_alike_and_a_picture_without_one_is_told(dlib_reader: EngineFaceReader) -> None:
    faces = portraits()
    shown = [
        np.asarray(PIL.Image.open(io.BytesIO(dlib_reader.portrait(data))))
        for data in (faces.eileen, faces.eileen_later)
    ]
    assert shown[0].shape == shown[1].shape == (HEIGHT, WIDTH, 3)
    again = [dlib_reader.read(dlib_reader.portrait(data)).face.box for data in (faces.eileen, faces.eileen_later)]
    middles = [((box.left + box.right) / 2, (box.top + box.bottom) / 2) for box in again]
    assert np.allclose(middles[0], middles[1], atol=30), middles
    assert again[0].width == pytest.approx(again[1].width, rel=0.15)
    with pytest.raises(NoFaceFound):
        dlib_reader.portrait(faces.no_face)
