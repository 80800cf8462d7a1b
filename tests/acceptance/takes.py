"""Many different photos of one person out of the few that the shared faces hold: tilted, cut, lit and encoded anew."""

from __future__ import annotations

import io
import random
from pathlib import Path

import PIL.Image
import PIL.ImageFilter


def new_take(path: Path, chance: random.Random) -> bytes:
    """A JPEG as another camera might have made it. Most are no copies to the service, some are, a few are unusable:
    so the decisions of a long run vary as they do at a counter."""
    picture = PIL.Image.open(path).convert("RGB")
    if chance.random() < 0.5:
        picture = picture.transpose(PIL.Image.Transpose.FLIP_LEFT_RIGHT)
    picture = picture.rotate(chance.uniform(-14, 14), PIL.Image.Resampling.BICUBIC, fillcolor=(90, 90, 90))
    width, height = picture.size
    left, top, right, bottom = (chance.uniform(0, 0.16) for _ in range(4))
    picture = picture.crop((int(left * width), int(top * height), int((1 - right) * width), int((1 - bottom) * height)))
    side = chance.uniform(0.9, 1.6)
    picture = picture.resize((int(picture.width * side), int(picture.height * side * chance.uniform(0.94, 1.06))))
    gain, lift = chance.uniform(0.7, 1.35), chance.uniform(-25, 25)
    picture = picture.point([int(min(255, max(0, value * gain + lift))) for value in range(256)] * 3)
    if chance.random() < 0.08:
        picture = picture.filter(PIL.ImageFilter.GaussianBlur(chance.uniform(1, 4)))
    made = io.BytesIO()
    picture.save(made, "JPEG", quality=chance.randint(60, 95))
    return made.getvalue()
