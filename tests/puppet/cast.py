"""Who plays: two public-domain portraits that come with well-kept packages, and people of the shared clips."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import cv2
import matplotlib
import numpy as np
import skimage.data

from tests.puppet.cutout import Person, Photograph, cut_out

CLIPS = {"lp_d13.mp4": 5, "lp_s20.mp4": 205, "ls_demo2.mp4": 20, "vr_1.mp4": 12}
"""Shared clip -> a frame in which the person looks straight (YuNet's nose within 0.03 of the middle), with the mouth
shut or nearly so; each holds shoulders too."""
PUBLIC = ("eileen", "grace")
EVERYBODY = (*PUBLIC, *(name.partition(".")[0] for name in CLIPS))


def _eileen() -> Photograph:
    """Eileen Collins (NASA), points as YuNet sees them."""
    points = [[200.1, 101.8], [247.1, 102.6], [220.4, 124.5], [198.6, 142.8], [239.7, 143.6]]
    return Photograph("eileen", np.asarray(skimage.data.astronaut()), np.array(points, np.float32), 90.0)


def _grace() -> Photograph:
    """Grace Hopper (US Navy), points as YuNet sees them."""
    file = Path(matplotlib.get_data_path()) / "sample_data" / "grace_hopper.jpg"
    points = [[227.1, 193.3], [307.8, 195.4], [266.5, 240.0], [228.5, 267.9], [302.2, 269.6]]
    pixels = cv2.cvtColor(cv2.imread(str(file)), cv2.COLOR_BGR2RGB)
    return Photograph("grace", np.asarray(pixels, np.uint8), np.array(points, np.float32), 170.0)


def _of_clip(data: Path, name: str, number: int) -> Photograph:
    """A frame of a shared clip."""
    film = cv2.VideoCapture(str(data / "videos" / name))
    for _ in range(number):
        film.grab()
    _, frame = film.read()
    film.release()
    net = cv2.FaceDetectorYN.create(str(data / "models" / "face_detection_yunet_2023mar.onnx"), "", (320, 320), 0.6)
    scale = 320 / max(frame.shape[:2])
    small = cv2.resize(frame, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    net.setInputSize((small.shape[1], small.shape[0]))
    _, faces = net.detect(small)
    largest = max(faces, key=lambda face: face[2] * face[3]) / scale
    points = largest[4:14].reshape(5, 2).astype(np.float32)
    return Photograph(name.partition(".")[0], np.asarray(frame[:, :, ::-1]), points, float(largest[2]))


@cache
def player(name: str, data: Path | None = None) -> Person:
    """One of EVERYBODY. data  the shared data, for people of clips"""
    if name == "eileen":
        return cut_out(_eileen())
    if name == "grace":
        return cut_out(_grace())
    assert data is not None, "people of clips need the shared data"
    clip = next(file for file in CLIPS if file.startswith(name + "."))
    return cut_out(_of_clip(data, clip, CLIPS[clip]))
