"""From a found face to numbers: align it as its net was trained, run the net in onnxruntime on one thread."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import dlib
import numpy as np
import onnxruntime
from numpy.typing import NDArray

from auth_service.core.errors import FaceUnusable, ScoreInvalid, WeightsDigestWrong
from auth_service.engines.dlib_weights import CHIP_PIXELS
from auth_service.faces.image import AlignedFace, Pixels
from auth_service.faces.landmarks import DetectedFace
from auth_service.faces.template import EngineIdentity

ARCFACE_POINTS_112 = np.array(
    [(38.2946, 51.6963), (73.5318, 51.5014), (56.0252, 71.7366), (41.5493, 92.3655), (70.7299, 92.2041)], np.float32
)
"""Where eyes, nose tip and mouth corners lie in a 112x112 face. source: ArcFace alignment, as in OpenCV's
FaceRecognizerSF::alignCrop (modules/objdetect/src/face_recognize.cpp)"""

CHIP_PADDING = 0.25
"""source: dlib examples/dnn_face_recognition_ex.cpp, the padding that the net was trained with"""


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a net wants its faces: (value - mean) / deviation per channel, in the colour order given.

    size        side of the aligned face in pixels
    colour      `rgb` or `bgr`
    """

    size: int
    colour: str
    mean: tuple[float, float, float]
    deviation: tuple[float, float, float]


def open_session(model: bytes) -> onnxruntime.InferenceSession:
    """One net on one thread, in sequence: worker count decides the parallelism. raises WeightsDigestWrong"""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    options.log_severity_level = 3
    try:
        return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    except (RuntimeError, ValueError) as broken:
        raise WeightsDigestWrong("the net cannot be loaded") from broken


class _OnnxEncoder:
    """What both kinds share: pixels to the net's input, one run, finite numbers out."""

    def __init__(self, identity: EngineIdentity, session: onnxruntime.InferenceSession, recipe: Recipe) -> None:
        self._identity = identity
        self._session = session
        self._recipe = recipe
        self._input = session.get_inputs()[0]
        self._batches = not isinstance(self._input.shape[0], int)
        self._mean = np.array(recipe.mean, np.float32)[:, None, None]
        self._scale = (1.0 / np.array(recipe.deviation, np.float32))[:, None, None]
        self._plain = recipe.mean == (0.0, 0.0, 0.0) and recipe.deviation == (1.0, 1.0, 1.0)

    @property
    def identity(self) -> EngineIdentity:
        return self._identity

    def encode(self, faces: Sequence[AlignedFace]) -> NDArray[np.float32]:
        """raises ScoreInvalid: the net gave something that is not a number"""
        blob = np.stack([self._prepared(face) for face in faces])
        rows = self._run(blob) if self._batches else np.concatenate([self._run(one[None]) for one in blob])
        if not np.all(np.isfinite(rows)):
            raise ScoreInvalid("the embedding is not finite")
        return rows

    def _prepared(self, face: AlignedFace) -> NDArray[np.float32]:
        ordered = face if self._recipe.colour == "rgb" else face[..., ::-1]
        values = ordered.transpose(2, 0, 1).astype(np.float32)
        return values if self._plain else (values - self._mean) * self._scale

    def _run(self, blob: NDArray[np.float32]) -> NDArray[np.float32]:
        (rows,) = self._session.run(None, {self._input.name: blob})
        return np.asarray(rows, np.float32).reshape(len(blob), -1)


class DlibEncoder(_OnnxEncoder):
    """dlib's recogniser; its chip comes from the five points of dlib's file."""

    def __init__(self, identity: EngineIdentity, session: onnxruntime.InferenceSession) -> None:
        super().__init__(identity, session, Recipe(CHIP_PIXELS, "rgb", (0.0, 0.0, 0.0), (1.0, 1.0, 1.0)))

    def align(self, pixels: Pixels, face: DetectedFace) -> AlignedFace:
        """raises FaceUnusable: points of another layout"""
        if face.layout != "dlib5":
            raise FaceUnusable(f"points of layout {face.layout}")
        box = face.box
        found = dlib.rectangle(round(box.left), round(box.top), round(box.right) - 1, round(box.bottom) - 1)
        points = [dlib.point(round(float(x)), round(float(y))) for x, y in face.points]
        shape = dlib.full_object_detection(found, points)
        return np.asarray(dlib.get_face_chip(pixels, shape, CHIP_PIXELS, CHIP_PADDING), np.uint8)


class ArcfaceEncoder(_OnnxEncoder):
    """Any net that takes a face warped onto the five ArcFace points."""

    def align(self, pixels: Pixels, face: DetectedFace) -> AlignedFace:
        """raises FaceUnusable: points of another layout, or all in one place"""
        if face.layout != "arcface5":
            raise FaceUnusable(f"points of layout {face.layout}")
        size = self._recipe.size
        warp = similarity(face.points, ARCFACE_POINTS_112 * (size / 112.0))
        return np.asarray(cv2.warpAffine(pixels, warp, (size, size), flags=cv2.INTER_LINEAR), np.uint8)


def similarity(source: NDArray[np.float32], target: NDArray[np.float32]) -> NDArray[np.float64]:
    """float64 (2, 3): turn, scale and shift that bring `source` points closest to `target` in squared distance.

    raises  FaceUnusable: the points lie in one place
    source  Umeyama, PAMI 13(4), 1991, for the plane, written with complex numbers
    """
    a = source[:, 0].astype(np.float64) + 1j * source[:, 1]
    b = target[:, 0].astype(np.float64) + 1j * target[:, 1]
    a_mean, b_mean = a.mean(), b.mean()
    spread = float(np.sum(np.abs(a - a_mean) ** 2))
    if not np.isfinite(spread) or spread < 1e-6:
        raise FaceUnusable("the face's points lie in one place")
    turn = np.sum(np.conj(a - a_mean) * (b - b_mean)) / spread
    shift = b_mean - turn * a_mean
    return np.array([[turn.real, -turn.imag, shift.real], [turn.imag, turn.real, shift.imag]])
