"""The puppet as a film that a browser plays in a camera's place (`--use-file-for-fake-video-capture=FILE`).

The film begins over when it ends. A known challenge is answered where its cues fall when the page asks
(`Setting.cues`).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from tests.puppet.camera import Pixels, Puppet

MJPEG_RATE = 30
"""Frames a second at which Chromium plays a film of JPEGs, whatever was meant. source: file_video_capture_device.cc"""


def write_film(puppet: Puppet, path: Path, rate: int = 10) -> float:
    """Films a puppet that has not been used yet, from its session's first instant to one second after the last step.

    path     ends in `.y4m` (large, any rate) or `.mjpeg` (small; frames are repeated up to 30 a second)
    returns  seconds that the film lasts
    raises   ValueError: another ending, or a rate that does not divide 30 for `.mjpeg`
    """
    seconds = puppet.act.scenes[-1].last + 1.0
    pictures = (puppet.picture(number / rate) for number in range(round(seconds * rate)))
    if path.suffix == ".y4m":
        _y4m(pictures, path, rate)
    elif path.suffix == ".mjpeg" and MJPEG_RATE % rate == 0:
        with path.open("wb") as file:
            for picture in pictures:
                file.write(puppet.jpeg(picture) * (MJPEG_RATE // rate))
    else:
        raise ValueError(f"no film of this kind at this rate: {path.suffix} {rate}")
    return round(seconds * rate) / rate


def _y4m(pictures: Iterator[Pixels], path: Path, rate: int) -> None:
    """source: YUV4MPEG2 as mjpegtools describes it; planes Y, U, V, the colours at half size"""
    with path.open("wb") as file:
        for number, picture in enumerate(pictures):
            if number == 0:
                file.write(f"YUV4MPEG2 W{picture.shape[1]} H{picture.shape[0]} F{rate}:1 Ip A1:1 C420jpeg\n".encode())
            planes = cv2.cvtColor(np.ascontiguousarray(picture), cv2.COLOR_RGB2YUV_I420)
            file.write(b"FRAME\n" + planes.tobytes())
