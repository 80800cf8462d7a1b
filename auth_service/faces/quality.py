"""Is this photo good enough? Components after ISO/IEC 29794-5:2025, each with a reason that guides the person.

component        unit                                             29794-5 name
faces            faces that count (see QualityPolicy)             single face present
eye_distance     pixels between the eye centres                   inter-eye distance
face_share       face box height / photo height                   head size
sharpness        Laplacian variance, face scaled to 48 px eyes    sharpness
brightness       mean grey of the face, 0..255                    under- and over-exposure
contrast         standard deviation of the face's grey, 0..127    dynamic range
unevenness       |left - right| / (left + right) of mean grey     illumination uniformity
yaw              nose offset from the eyes' middle / eye distance head pose, yaw
roll_degrees     slope of the line between the eyes               head pose, roll
outside          share of the face box beyond the photo's border  crop of the face image
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from auth_service.faces.image import Pixels
from auth_service.faces.landmarks import DetectedFace

SHARPNESS_EYE_DISTANCE = 48
"""Eye distance in pixels near which sharpness is measured: the scale at which the recogniser's chip shows a face."""


class QualityReason(StrEnum):
    """What a person can do better. Texts in zh and en: QUALITY_TEXTS."""

    SEVERAL_FACES = "several_faces"
    TOO_SMALL = "face_too_small"
    TOO_CLOSE = "face_too_close"
    BLURRED = "blurred"
    TOO_DARK = "too_dark"
    TOO_BRIGHT = "too_bright"
    LOW_CONTRAST = "low_contrast"
    UNEVEN_LIGHT = "uneven_light"
    TURNED_AWAY = "turned_away"
    TILTED = "tilted"
    CUT_OFF = "cut_off"


QUALITY_TEXTS: dict[QualityReason, tuple[str, str]] = {
    QualityReason.SEVERAL_FACES: (
        "画面中有其他人，请让本人单独拍摄。",
        "Others are in the picture. Please let the person stand alone.",
    ),
    QualityReason.TOO_SMALL: ("人脸太小，请靠近镜头。", "The face is too small. Please come closer to the camera."),
    QualityReason.TOO_CLOSE: ("离镜头太近，请稍微后退。", "The camera is too close. Please step back a little."),
    QualityReason.BLURRED: (
        "照片模糊，请擦净镜头、拿稳后重拍。",
        "The photo is blurred. Please wipe the lens, hold still and take it again.",
    ),
    QualityReason.TOO_DARK: (
        "光线太暗，请到明亮处，让光照在脸上。",
        "It is too dark. Please move to a bright place with light on the face.",
    ),
    QualityReason.TOO_BRIGHT: ("光线太强，请避开强光。", "It is too bright. Please move out of the strong light."),
    QualityReason.LOW_CONTRAST: (
        "画面灰蒙不清，请避开背光或逆光。",
        "The picture is washed out. Please do not stand with the light behind you.",
    ),
    QualityReason.UNEVEN_LIGHT: ("脸部明暗不均，请正对光源。", "One side of the face is dark. Please face the light."),
    QualityReason.TURNED_AWAY: (
        "脸转向一侧，请正对镜头。",
        "The face is turned away. Please look straight at the camera.",
    ),
    QualityReason.TILTED: ("头部倾斜，请把头摆正。", "The head is tilted. Please hold it upright."),
    QualityReason.CUT_OFF: (
        "人脸超出画面，请把整张脸放在画面内。",
        "The face is cut off. Please keep the whole face in the picture.",
    ),
}
"""Reason -> (zh, en), said to the person who holds the camera."""


@dataclass(frozen=True, slots=True)
class QualityPolicy:
    """Limits of the components; a photo on the limit passes.

    other_face_ratio  a second face counts from this share of the main face's width: somebody beside the person has
                      0.7 and more, a passer-by behind less; HOG's widths come in steps of a fifth
    min_eye_distance  pixels between the eyes, below which the face is too small
    max_face_share    of the photo's height, above which the camera is too close
    min_sharpness     variance of the Laplacian, below which the photo is blurred
    min_brightness    mean grey of the face, below which it is too dark
    max_brightness    mean grey of the face, above which it is too bright
    min_contrast      standard deviation of the face's grey, below which it is washed out
    max_unevenness    difference of the two halves' light, above which one side is dark
    max_yaw_base      of the nose base (`dlib5`), above which the face is turned away
    max_yaw_tip       of the nose tip (`arcface5`), which moves twice as far as the base
    max_roll_degrees  slope of the eyes, above which the head is tilted
    max_outside       share of the face box beyond the photo's border

    source  measured on the 3,417 shared LFW photos (press photos, eye distance 41 px at the median): each limit lies
            near the worst half to one percent, or beyond nearly all of them (roll, darkness, cut off). Refused: 2.6 %
            of the photos with HOG and 2.0 % with YuNet, besides 3.6 % and 9.6 % for a second face. Sharpness: a blur
            of 1.5 px (sigma, at 41 px between the eyes) is refused in 86 % of photos, one of 2 px in all. Darkness: a
            third of the light in 73 %, a quarter in all. Of NUAA webcam portraits (77 px) 2 % count as blurred
    """

    other_face_ratio: float = 0.6
    min_eye_distance: float = 28.0
    max_face_share: float = 0.9
    min_sharpness: float = 25.0
    min_brightness: float = 50.0
    max_brightness: float = 215.0
    min_contrast: float = 16.0
    max_unevenness: float = 0.4
    max_yaw_base: float = 0.32
    max_yaw_tip: float = 0.4
    max_roll_degrees: float = 20.0
    max_outside: float = 0.1


@dataclass(frozen=True, slots=True)
class QualityReport:
    """Numbers, verdict and reasons of one face in one photo.

    components  name -> value, in the units that the module's table states
    reasons     why it is not good enough; empty when `acceptable`
    """

    components: dict[str, float]
    reasons: tuple[QualityReason, ...]

    @property
    def acceptable(self) -> bool:
        return not self.reasons


Points = NDArray[np.float32]


def eye_centres(face: DetectedFace) -> tuple[Points, Points]:
    """Centres of the left-in-picture and the right-in-picture eye, float32 (2,) each, in pixels."""
    points = face.points
    if face.layout == "dlib5":  # right-in-picture eye's two corners, then left-in-picture's, then the nose base
        left, right = points[2:4].mean(axis=0), points[0:2].mean(axis=0)
        return left.astype(np.float32), right.astype(np.float32)
    return points[0], points[1]


def nose(face: DetectedFace) -> Points:
    """Nose base (`dlib5`) or tip (`arcface5`), float32 (2,), in pixels."""
    return np.asarray(face.points[4 if face.layout == "dlib5" else 2], np.float32)


def nose_offset(face: DetectedFace) -> tuple[float, float]:
    """Of the nose from the eyes' middle, along the line between the eyes and across it, in eye distances."""
    left, right = (eye.astype(np.float64) for eye in eye_centres(face))
    across = right - left
    off = (nose(face).astype(np.float64) - (left + right) / 2.0) / max(1e-6, float(across @ across))
    return float(off @ across), float(off @ np.array([-across[1], across[0]]))


def assess(pixels: Pixels, faces: Sequence[DetectedFace], policy: QualityPolicy) -> QualityReport:
    """Judges the first (largest) of the faces found. raises ValueError: no face given"""
    components = measure(pixels, faces, policy.other_face_ratio)
    yaw_limit = policy.max_yaw_base if faces[0].layout == "dlib5" else policy.max_yaw_tip
    found = (
        (QualityReason.SEVERAL_FACES, components["faces"] > 1),
        (QualityReason.TOO_SMALL, components["eye_distance"] < policy.min_eye_distance),
        (QualityReason.TOO_CLOSE, components["face_share"] > policy.max_face_share),
        (QualityReason.CUT_OFF, components["outside"] > policy.max_outside),
        (QualityReason.TURNED_AWAY, abs(components["yaw"]) > yaw_limit),
        (QualityReason.TILTED, abs(components["roll_degrees"]) > policy.max_roll_degrees),
        (QualityReason.TOO_DARK, components["brightness"] < policy.min_brightness),
        (QualityReason.TOO_BRIGHT, components["brightness"] > policy.max_brightness),
        (QualityReason.LOW_CONTRAST, components["contrast"] < policy.min_contrast),
        (QualityReason.UNEVEN_LIGHT, components["unevenness"] > policy.max_unevenness),
        (QualityReason.BLURRED, components["sharpness"] < policy.min_sharpness),
    )
    return QualityReport(components, tuple(reason for reason, holds in found if holds))


def measure(pixels: Pixels, faces: Sequence[DetectedFace], other_face_ratio: float) -> dict[str, float]:
    """The components of the module's table, for the first face. raises ValueError: no face given"""
    if not faces:
        raise ValueError("quality of no face")
    face = faces[0]
    left_eye, right_eye = eye_centres(face)
    across = (right_eye - left_eye).astype(np.float64)
    distance = max(1e-3, float(np.hypot(across[0], across[1])))
    middle = (left_eye + right_eye) / 2.0
    return {
        "faces": float(sum(other.box.width >= other_face_ratio * face.box.width for other in faces)),
        "eye_distance": distance,
        "face_share": face.box.height / pixels.shape[0],
        "outside": _outside(face, pixels),
        "yaw": nose_offset(face)[0],
        "roll_degrees": math.degrees(math.atan2(across[1], across[0])),
        **_light(_inner_face(pixels, float(middle[0]), float(middle[1]), distance)),
    }


def _outside(face: DetectedFace, pixels: Pixels) -> float:
    height, width = pixels.shape[:2]
    box = face.box
    inside_width = max(0.0, min(box.right, width) - max(box.left, 0.0))
    inside_height = max(0.0, min(box.bottom, height) - max(box.top, 0.0))
    return float(1.0 - inside_width * inside_height / max(box.area, 1e-3))


def _inner_face(pixels: Pixels, x: float, y: float, distance: float) -> NDArray[np.float32]:
    """Grey square from brows to mouth, float32 (N, N) 0..255, brought near 48 px between the eyes by whole steps.

    source  weights of ITU-R BT.601 for grey
    """
    y += 0.5 * distance
    top, bottom = max(0, round(y - 0.9 * distance)), min(pixels.shape[0], round(y + 0.9 * distance))
    left, right = max(0, round(x - 0.9 * distance)), min(pixels.shape[1], round(x + 0.9 * distance))
    step = max(1, round(distance / SHARPNESS_EYE_DISTANCE))
    rows, columns = max(0, bottom - top) // step, max(0, right - left) // step
    if rows < 4 or columns < 4:
        return np.zeros((4, 4), np.float32)
    cut = pixels[top : top + rows * step, left : left + columns * step]
    grey = cut.astype(np.float32) @ np.array([0.299, 0.587, 0.114], np.float32)
    if step > 1:
        grey = grey.reshape(rows, step, columns, step).mean(axis=(1, 3))
    return np.asarray(grey, np.float32)


def _light(grey: NDArray[np.float32]) -> dict[str, float]:
    laplacian = 4 * grey[1:-1, 1:-1] - grey[:-2, 1:-1] - grey[2:, 1:-1] - grey[1:-1, :-2] - grey[1:-1, 2:]
    half = grey.shape[1] // 2
    left, right = float(grey[:, :half].mean()), float(grey[:, -half:].mean())
    return {
        "sharpness": float(laplacian.var()),
        "brightness": float(grey.mean()),
        "contrast": float(grey.std()),
        "unevenness": abs(left - right) / max(1.0, left + right),
    }
