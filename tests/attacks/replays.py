"""Films of real people cut into sessions, and what is done to a film before it is shown again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from auth_service.faces.image import Pixels

Rng = np.random.Generator


@dataclass(frozen=True)
class Film:
    """Pictures with the times at which they were taken, in milliseconds."""

    pictures: tuple[Pixels, ...]
    times: tuple[int, ...]

    def between(self, first_ms: float, last_ms: float) -> Film:
        """The pictures of a stretch of time; its times begin at 0."""
        kept = [i for i, at in enumerate(self.times) if first_ms <= at < last_ms]
        return Film(tuple(self.pictures[i] for i in kept), tuple(self.times[i] - self.times[kept[0]] for i in kept))

    def sampled(self, per_second: float, phase: float = 0.0) -> Film:
        """What a page sends that takes `per_second` pictures, the first of them `phase` of an interval late."""
        step = 1000.0 / per_second
        wanted = np.arange(phase * step, self.times[-1] + 1, step)
        times = np.asarray(self.times)
        chosen = sorted({int(np.argmin(np.abs(times - at))) for at in wanted})
        return Film(tuple(self.pictures[i] for i in chosen), tuple(self.times[i] for i in chosen))

    def changed(self, change: Callable[[Pixels], Pixels]) -> Film:
        return Film(tuple(change(picture) for picture in self.pictures), self.times)

    def timed(self, rate: float) -> Film:
        """Played at `rate` times its speed."""
        return Film(self.pictures, tuple(round(at / rate) for at in self.times))


Change = Callable[[Film, Rng], Film]


def open_film(path: Path, longest_side: int = 480) -> Film:
    """A whole clip at the size that a page sends."""
    clip = cv2.VideoCapture(str(path))
    rate = clip.get(cv2.CAP_PROP_FPS)
    pictures: list[Pixels] = []
    while True:
        more, bgr = clip.read()
        if not more:
            break
        scale = longest_side / max(bgr.shape[:2])
        if scale < 1:
            bgr = cv2.resize(bgr, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        pictures.append(np.ascontiguousarray(bgr[:, :, ::-1]))
    clip.release()
    return Film(tuple(pictures), tuple(round(1000 * i / rate) for i in range(len(pictures))))


def jpeg(picture: Pixels, quality: int) -> bytes:
    return cv2.imencode(".jpg", picture[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])[1].tobytes()


def decoded(data: bytes) -> Pixels:
    return np.ascontiguousarray(cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)[:, :, ::-1])


def recoded(film: Film, rng: Rng) -> Film:
    quality = int(rng.integers(30, 85))
    return film.changed(lambda picture: decoded(jpeg(picture, quality)))


def resized(film: Film, rng: Rng) -> Film:
    scale = float(rng.choice([0.5, 0.6, 0.7, 0.8, 1.25, 1.5]))
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    return film.changed(lambda picture: cv2.resize(picture, None, fx=scale, fy=scale, interpolation=way))


def cropped(film: Film, rng: Rng) -> Film:
    """3 to 15 % off each side."""
    left, right, top, bottom = rng.uniform(0.03, 0.15, 4)

    def cut(picture: Pixels) -> Pixels:
        height, width = picture.shape[:2]
        rows = slice(round(top * height), round((1 - bottom) * height))
        return np.ascontiguousarray(picture[rows, round(left * width) : round((1 - right) * width)])

    return film.changed(cut)


def mirrored(film: Film, rng: Rng) -> Film:
    return film.changed(lambda picture: np.ascontiguousarray(picture[:, ::-1]))


def lit(film: Film, rng: Rng) -> Film:
    """Brightness, contrast and gamma changed together."""
    gain, shift, gamma = rng.uniform(0.75, 1.25), rng.uniform(-30, 30), rng.uniform(0.65, 1.5)
    table = np.clip(255 * (np.arange(256) / 255) ** gamma * gain + shift, 0, 255).astype(np.uint8)
    return film.changed(lambda picture: table[picture])


def turned(film: Film, rng: Rng) -> Film:
    """Up to 5 degrees."""
    degrees = float(rng.uniform(1.5, 5) * rng.choice([-1, 1]))

    def turn(picture: Pixels) -> Pixels:
        height, width = picture.shape[:2]
        way = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1.0)
        return cv2.warpAffine(picture, way, (width, height), borderMode=cv2.BORDER_REPLICATE)

    return film.changed(turn)


def refilmed(film: Film, rng: Rng) -> Film:
    """Shown on a screen and filmed again: perspective, the screen's own edge, moire, glare, blur, colours, noise, and a
    hand that shakes."""
    height, width = film.pictures[0].shape[:2]
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    share = rng.uniform(0.02, 0.1, (4, 2)).astype(np.float32)
    inward = np.array([[1, 1], [-1, 1], [-1, -1], [1, -1]], np.float32) * share * np.array([width, height], np.float32)
    room = cv2.resize(rng.integers(20, 200, (6, 6, 3), dtype=np.uint8), (width, height), interpolation=cv2.INTER_CUBIC)
    screen = _screen(height, width, rng)
    gain = rng.uniform(0.8, 1.15, 3).astype(np.float32)
    blur, noise = rng.uniform(0.5, 1.4), np.float32(rng.uniform(1, 4))
    shake = np.cumsum(rng.normal(0, 0.6, (len(film.pictures), 1, 2)), axis=0).astype(np.float32)

    def again(picture: Pixels, offset: np.ndarray) -> Pixels:
        edge = max(4, width // 40)
        framed = cv2.copyMakeBorder(picture[edge:-edge, edge:-edge], edge, edge, edge, edge, cv2.BORDER_CONSTANT)
        shown = np.clip(framed * screen[0] + screen[1], 0, 255).astype(np.uint8)
        way = cv2.getPerspectiveTransform(corners, corners + inward + offset)
        inside = cv2.warpPerspective(np.full((height, width), 255, np.uint8), way, (width, height))[
            :, :, None
        ] / np.float32(255)
        seen = cv2.warpPerspective(shown, way, (width, height)) * inside + room * (1 - inside)
        seen = cv2.GaussianBlur(seen, (0, 0), blur) * gain
        seen += noise * rng.standard_normal(seen.shape, np.float32)
        return np.clip(seen, 0, 255).astype(np.uint8)

    pairs = zip(film.pictures, shake, strict=True)
    return Film(tuple(again(picture, offset) for picture, offset in pairs), film.times)


def _screen(height: int, width: int, rng: Rng) -> tuple[np.ndarray, np.ndarray]:
    """What a screen multiplies a picture by (moire) and adds to it (glare)."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    angle, period, depth = rng.uniform(0, np.pi), rng.uniform(3.0, 9.0), rng.uniform(0.04, 0.12)
    waves = np.sin(2 * np.pi * (x * np.cos(angle) + y * np.sin(angle)) / period)
    bands = np.sin(2 * np.pi * (x * np.sin(angle) - y * np.cos(angle)) / (period * rng.uniform(5, 9)))
    moire = 1 + depth * (waves + 0.5 * bands)
    middle_x, middle_y, wide = rng.uniform(0, width), rng.uniform(0, height), rng.uniform(0.1, 0.3) * width
    glare = rng.uniform(20, 70) * np.exp(-((x - middle_x) ** 2 + (y - middle_y) ** 2) / (2 * wide**2))
    return moire[:, :, None].astype(np.float32), glare[:, :, None].astype(np.float32)


def retimed(film: Film, rng: Rng) -> Film:
    """Another speed; sampled by the page at other instants all the same."""
    return film.timed(float(rng.uniform(0.8, 1.25)))


def dropped(film: Film, rng: Rng) -> Film:
    """A player that stumbles: three tenths of the pictures are missing."""
    kept = sorted(rng.choice(len(film.pictures), round(0.7 * len(film.pictures)), replace=False))
    return Film(tuple(film.pictures[i] for i in kept), tuple(film.times[i] for i in kept))


def shortened(film: Film, rng: Rng) -> Film:
    """Only the first or the last two thirds."""
    length = film.times[-1]
    first = float(rng.choice([0, length / 3]))
    return film.between(first, first + 2 * length / 3)


def unchanged(film: Film, rng: Rng) -> Film:
    return film


def chain(*changes: Change) -> Change:
    """One change after another."""

    def all_of_them(film: Film, rng: Rng) -> Film:
        for change in changes:
            film = change(film, rng)
        return film

    return all_of_them


@dataclass(frozen=True)
class Way:
    """How a film comes back: what is done to its time, and then to each of its pictures."""

    time: Change
    look: Change

    def again(self, film: Film, rng: Rng, per_second: float) -> Film:
        """What a page sends that is shown the film: taken at instants of its own."""
        return self.look(self.time(film, rng).sampled(per_second, float(rng.uniform(0, 1))), rng)


WAYS: dict[str, Way] = {
    "played": Way(unchanged, unchanged),
    "recoded": Way(unchanged, recoded),
    "resized": Way(unchanged, resized),
    "cropped": Way(unchanged, cropped),
    "mirrored": Way(unchanged, mirrored),
    "lit": Way(unchanged, lit),
    "turned": Way(unchanged, turned),
    "refilmed": Way(unchanged, refilmed),
    "retimed": Way(retimed, recoded),
    "dropped": Way(dropped, recoded),
    "shortened": Way(shortened, recoded),
    "refilmed mirrored": Way(retimed, chain(mirrored, cropped, refilmed)),
}
