"""What the browser's camera sees: films made from the shared clips, as Chromium's fake device plays them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
WIDTH, HEIGHT = 640, 480


def clip(path: Path, first: float, last: float, every: int = 1) -> list[Picture]:
    """The pictures of a clip between two times in seconds, each as large as the camera's."""
    film = cv2.VideoCapture(str(path))
    rate = film.get(cv2.CAP_PROP_FPS)
    pictures: list[Picture] = []
    for number in range(int(last * rate)):
        read, picture = film.read()
        if not read:
            break
        if number >= first * rate and number % every == 0:
            pictures.append(camera_sized(np.asarray(picture, np.uint8)))
    film.release()
    assert pictures, path
    return pictures


def camera_sized(picture: Picture) -> Picture:
    """Fitted into the camera's picture, the rest in the picture's own edge colour."""
    scale = min(WIDTH / picture.shape[1], HEIGHT / picture.shape[0])
    small = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    top, left = (HEIGHT - small.shape[0]) // 2, (WIDTH - small.shape[1]) // 2
    bottom, right = HEIGHT - small.shape[0] - top, WIDTH - small.shape[1] - left
    return np.asarray(
        cv2.copyMakeBorder(small, top, bottom, left, right, cv2.BORDER_CONSTANT, value=(128, 128, 128)), np.uint8
    )


def there_and_back(pictures: Sequence[Picture], still: int = 20) -> list[Picture]:
    """Holds the first picture, plays the film and plays it backwards: a loop without a jump."""
    return [pictures[0]] * still + list(pictures) + list(pictures)[::-1]


def dimmed(share: float) -> Callable[[Picture], Picture]:
    return lambda picture: np.asarray(picture * share, np.uint8)


def two_of(picture: Picture) -> Picture:
    """The middle of the picture twice, side by side."""
    middle = picture[:, WIDTH // 4 : WIDTH // 4 * 3]
    return np.asarray(np.concatenate([middle, middle], axis=1), np.uint8)


def write(path: Path, pictures: Sequence[Picture], change: Callable[[Picture], Picture] | None = None) -> Path:
    """MJPEG: JPEGs one after the other, which the fake device repeats without end at 30 a second."""
    with path.open("wb") as film:
        for picture in pictures:
            done, coded = cv2.imencode(".jpg", change(picture) if change else picture, [cv2.IMWRITE_JPEG_QUALITY, 85])
            assert done
            film.write(coded.tobytes())
    return path


def camera_arguments(film: Path | None, *, allowed: bool = True) -> tuple[str, ...]:
    """Chromium's arguments for a camera that plays a film; None: no camera at all."""
    asks = ("--use-fake-ui-for-media-stream",) if allowed else ()
    if film is None:
        return asks
    device: tuple[Any, ...] = ("--use-fake-device-for-media-stream", f"--use-file-for-fake-video-capture={film}")
    return (*device, *asks)
