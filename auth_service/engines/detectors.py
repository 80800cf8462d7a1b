"""Finding faces: dlib's HOG detector with its 5-point file, or YuNet.

Both look first at a small copy, which is where the time goes, and at larger ones only when it shows nothing.

source  dlib `get_frontal_face_detector`: faces of 80x80 pixels and more of the picture it is given
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import cv2
import dlib
import numpy as np
from numpy.typing import NDArray

from auth_service.core.errors import WeightsDigestWrong
from auth_service.engines.dlib_weights import POINTS_FILE, verified_wheel_file
from auth_service.faces.image import Pixels
from auth_service.faces.landmarks import Box, DetectedFace

FIRST_SIDE = 320
"""Longest side of the first copy. source: 4.8 to 6.4 ms with HOG against 23 at 640x480 (benches of this service)"""
SECOND_SIDE = 1280
"""Longest side of the second look: a face narrower than 6 % of the photo is no portrait."""
ENLARGE_BELOW = 640
"""Photos with a shorter longest side get a third look at twice their size (LFW is 250x250)."""
SMALLEST_HOG_FACE = 80
"""Pixels across of the smallest face that the HOG detector sees. source: dlib `get_frontal_face_detector`"""
COMPANION_SHARE = 0.6
"""A second face of this share of the main one's width must be seen. source: QualityPolicy.other_face_ratio"""
COMPANION_SCORE = 0.3
"""HOG score from which a second look's find is a face.

source: measured on 900 shared LFW photos, where what was no face scored at most 0.17, and on portraits side by side,
where the second face scored 1.3 and more"""
FRAME_SIDE = 224
"""Longest side of the copy of a session's frame.

source: measured on 16 shared clips at 320 pixels and 6 frames a second, YuNet's nose offset from frame to frame (median
second difference over the eye distance): 0.023 at 320, 0.027 at 256, 0.026 at 224, 0.029 at 192 and 160; no frame more
is lost at any of them, and 224 costs half of 320"""
_HOG_SIDE, _HOG_LOWER = 0.79, 0.046
"""Side of the HOG detector's square, and how far its middle lies below that of YuNet's box, over that box's height.

source  medians of 65 frames of 14 shared clips. Templates from the points in such a square have a cosine to those from
        the points in the HOG detector's own of 0.9998 at the median of 33 frames, 0.997 at least
"""
SMALLEST_SIDE = 24
"""A photo narrower than this holds no face that anybody could compare."""


def look_scales(height: int, width: int) -> Iterator[float]:
    """Scales at which a photo is looked at until a face shows, at most three."""
    longest = max(height, width)
    first = min(1.0, FIRST_SIDE / longest)
    yield first
    second = min(1.0, SECOND_SIDE / longest)
    if second > first:
        yield second
    if longest < ENLARGE_BELOW:
        yield 2.0


def frame_scales(height: int, width: int) -> Iterator[float]:
    """Scales at which a frame of a session is looked at: many frames a second allow one look, and a person before
    their own camera is large. The second one is coarser, for a face that fills the frame."""
    first = min(1.0, FRAME_SIDE / max(height, width))
    yield first
    yield first / 2.0


Scales = Callable[[int, int], Iterator[float]]
"""Height and width of a picture -> the scales at which it is looked at until a face shows."""


def _scaled(picture: NDArray[np.uint8], scale: float) -> NDArray[np.uint8]:
    if scale == 1.0:
        return picture
    size = (max(1, round(picture.shape[1] * scale)), max(1, round(picture.shape[0] * scale)))
    way = cv2.INTER_AREA if scale < 1.0 else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(picture, size, interpolation=way), np.uint8)


def _largest_first(faces: list[DetectedFace]) -> list[DetectedFace]:
    return sorted(faces, key=lambda face: face.box.area, reverse=True)


def _same_place(one: DetectedFace, other: DetectedFace) -> bool:
    """Whether two looks saw one face: their middles are closer than half the larger one's width."""
    across = (one.box.left + one.box.right - other.box.left - other.box.right) / 2
    down = (one.box.top + one.box.bottom - other.box.top - other.box.bottom) / 2
    return float(np.hypot(across, down)) < max(one.box.width, other.box.width) / 2


class DlibPoints:
    """dlib's five points within a box that is known. Holds C++ state: one per thread."""

    layout = "dlib5"

    def __init__(self) -> None:
        path, _ = verified_wheel_file(POINTS_FILE)
        self._predict = dlib.shape_predictor(str(path))

    def within(self, grey: NDArray[np.uint8], box: Box, score: float) -> DetectedFace:
        """box  whole pixels, as the HOG detector would draw it; it and its score are the answer's"""
        edges = int(box.left), int(box.top), int(box.right) - 1, int(box.bottom) - 1
        shape = self._predict(grey, dlib.rectangle(*edges))
        points = np.array([(part.x, part.y) for part in shape.parts()], np.float32)
        return DetectedFace(box, points, self.layout, score)

    def of(self, grey: NDArray[np.uint8], face: DetectedFace) -> DetectedFace:
        """The points of a face that YuNet found, as if the HOG detector had."""
        half = _HOG_SIDE * face.box.height / 2.0
        x = (face.box.left + face.box.right) / 2.0
        y = (face.box.top + face.box.bottom) / 2.0 + _HOG_LOWER * face.box.height
        edges = (round(edge) for edge in (x - half, y - half, x + half, y + half))
        return self.within(grey, Box(*edges), face.score)


class HogDetector:
    """dlib's frontal face detector and its five points. Holds C++ state: one per thread."""

    layout = "dlib5"

    def __init__(self, scales: Scales = look_scales) -> None:
        self._scales = scales
        self._find = dlib.get_frontal_face_detector()
        self._points = DlibPoints()

    def detect(self, pixels: Pixels) -> list[DetectedFace]:
        if min(pixels.shape[:2]) < SMALLEST_SIDE:
            return []
        grey = np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), np.uint8)
        for scale in self._scales(*pixels.shape[:2]):
            boxes, scores, _ = self._find.run(_scaled(grey, scale), 0, 0.0)
            if boxes:
                faces = [self._face(grey, box, score, scale) for box, score in zip(boxes, scores, strict=True)]
                return _largest_first([*faces, *self._companions(grey, faces, scale)])
        return []

    def _companions(self, grey: NDArray[np.uint8], faces: list[DetectedFace], scale: float) -> list[DetectedFace]:
        """Faces that the look at `scale` was too coarse for, though they are large enough to count."""
        finer = SMALLEST_HOG_FACE / (COMPANION_SHARE * max(face.box.width for face in faces))
        if finer <= scale * 1.05:
            return []
        boxes, scores, _ = self._find.run(_scaled(grey, finer), 0, COMPANION_SCORE)
        seen = [self._face(grey, box, score, finer) for box, score in zip(boxes, scores, strict=True)]
        return [face for face in seen if not any(_same_place(face, known) for known in faces)]

    def _face(self, grey: NDArray[np.uint8], found: dlib.rectangle, score: float, scale: float) -> DetectedFace:
        edges = (found.left(), found.top(), found.right() + 1, found.bottom() + 1)
        left, top, right, bottom = (round(edge / scale) for edge in edges)
        return self._points.within(grey, Box(left, top, right, bottom), float(score))


class YunetDetector:
    """YuNet through OpenCV. Keeps the size of its last picture: one per thread.

    source  OpenCV Zoo, models/face_detection_yunet (input BGR 0..255; score 0.6 where the demo asks for 0.9, because
            whether a found face is good enough is the quality check's question)
    """

    layout = "arcface5"
    _SCORE, _OVERLAP, _KEPT = 0.6, 0.3, 50

    def __init__(self, weights: bytes, scales: Scales = look_scales) -> None:
        self._scales = scales
        model = np.frombuffer(weights, np.uint8)
        size = (FIRST_SIDE, FIRST_SIDE)
        try:
            self._net = cv2.FaceDetectorYN.create(
                "onnx", model, np.empty(0, np.uint8), size, self._SCORE, self._OVERLAP, self._KEPT
            )
        except cv2.error as broken:
            raise WeightsDigestWrong("the YuNet file cannot be loaded") from broken

    def detect(self, pixels: Pixels) -> list[DetectedFace]:
        if min(pixels.shape[:2]) < SMALLEST_SIDE:
            return []
        for scale in self._scales(*pixels.shape[:2]):
            small = cv2.cvtColor(_scaled(pixels, scale), cv2.COLOR_RGB2BGR)
            self._net.setInputSize((small.shape[1], small.shape[0]))
            _, rows = self._net.detect(small)
            if rows is not None and len(rows):
                return _largest_first([self._face(row, scale) for row in rows])
        return []

    def _face(self, row: NDArray[np.float32], scale: float) -> DetectedFace:
        left, top, width, height = (float(value) / scale for value in row[:4])
        points = (row[4:14].reshape(5, 2) / scale).astype(np.float32)
        return DetectedFace(Box(left, top, left + width, top + height), points, self.layout, float(row[14]))
