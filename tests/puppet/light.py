"""Light on a person: the room's, baked into the photo, and the screen's, which falls from where the camera is.

Lambert's law per surface normal with the square of the distance, and a thin sheen where skin faces the phone.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from auth_service.capture.challenge import Colour
from tests.puppet.cutout import Person
from tests.puppet.mesh import Drawn, Pose, View, rotation

SCREEN: dict[Colour, tuple[float, float, float]] = {
    Colour.WHITE: (1.0, 1.0, 1.0),
    Colour.BLUE: (0.01, 0.06, 1.0),
    Colour.GREEN: (0.03, 1.0, 0.09),
    Colour.DARK: (0.006, 0.006, 0.006),
}
"""Linear RGB of what the screen shows, as a camera sees it: a display's primaries leak a little into each other."""
GUIDE = (0.35, 0.35, 0.35)
"""Linear RGB of the page at other times: light text on grey, the camera's picture in the middle."""
SCREEN_LUX_AT = 0.40
"""Metres at which a phone's screen gives `screen` times the room's light."""
Linear = NDArray[np.float32]


@dataclass(frozen=True)
class Lamps:
    """The light of one session.

    room     share of a well-lit room's light, 1.0 for one that a camera likes
    cast     RGB of the room's light against white
    screen   a white screen's light on a face at 0.4 m over that of the well-lit room. A phone of 450 cd/m2 and 100 cm2
             gives 28 lux there; a living room has 80 to 300
    towards  unit vector to the room's lamp, in the camera's frame (x right, y down, z away)
    """

    room: float
    cast: tuple[float, float, float]
    screen: float
    towards: tuple[float, float, float]


def lamps(seed: int, *, dark: bool = False, soft: bool = False) -> Lamps:
    """The lamps of one session; of a dark room: a screen and next to nothing else; of soft light: an evening's."""
    draw = np.random.default_rng([seed, 2])
    lux = draw.uniform(*((60, 150) if soft else (80, 300)))
    warm = draw.uniform(-0.08, 0.1)
    way = np.array([draw.uniform(-0.7, 0.7), -draw.uniform(0.4, 1.0), -draw.uniform(0.3, 1.0)])
    x, y, z = (float(part) for part in way / np.linalg.norm(way))
    level = 0.004 if dark else 1.0
    return Lamps(level, (1 + warm, 1.0, 1 - warm), (0.01 if dark else 1.0) * draw.uniform(22, 36) / lux, (x, y, z))


def lit(person: Person, drawn: Drawn, pose: Pose, lamp: Lamps, screen: tuple[float, float, float]) -> Linear:
    """float32 (H, W, 4): linear RGB that the person sends to the camera, and opacity. screen  linear RGB shown now"""
    whole = np.zeros((*drawn.away.shape, 4), np.float32)
    rows, columns = np.flatnonzero((drawn.away > 0).any(axis=1)), np.flatnonzero((drawn.away > 0).any(axis=0))
    if len(rows) == 0:
        return whole
    part = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    u, v, away = drawn.u[part], drawn.v[part], drawn.away[part]
    texture = cv2.remap(person.texture, u, v, cv2.INTER_LINEAR, borderValue=(0, 0, 0, 0))
    before = cv2.remap(person.normals, u, v, cv2.INTER_LINEAR, borderValue=(0, 0, -1))
    now = before @ rotation(pose).T.astype(np.float32)
    to_lamp = np.asarray(lamp.towards, np.float32)
    shade = 1.0 + 0.35 * (np.clip(now @ to_lamp, 0, 1) - np.clip(before @ to_lamp, 0, 1))
    facing, falloff = _from_screen(now, away, _rays(drawn.away.shape)[part])
    strength = lamp.screen * facing * falloff
    sheen = 0.05 * strength * facing**4 * facing**4 * _is_skin(texture, person)
    colour, room = np.asarray(screen, np.float32), lamp.room * np.asarray(lamp.cast, np.float32)
    whole[part][:, :, :3] = texture[:, :, :3] * (shade[..., None] * room + strength[..., None] * colour)
    whole[part][:, :, :3] += sheen[..., None] * colour
    whole[part][:, :, 3] = texture[:, :, 3] * (away > 0)
    return whole


@cache
def _rays(shape: tuple[int, int]) -> Linear:
    """float32 (H, W, 2): x and y over distance along the axis, of each pixel."""
    high, wide = shape
    focal = View(wide, high).focal
    y, x = np.mgrid[0:high, 0:wide].astype(np.float32)
    return np.dstack([(x - (wide - 1) / 2) / focal, (y - (high - 1) / 2) / focal])


def _from_screen(normal: Linear, away: Linear, rays: Linear) -> tuple[Linear, Linear]:
    """Cosine to the screen, which lies 7 cm below the camera, and (0.4 m / distance) squared. float32 (H, W) each"""
    held = np.where(away > 0, away, 1e5).astype(np.float32)
    x, y = -rays[:, :, 0] * held, 70.0 - rays[:, :, 1] * held
    distance = np.sqrt(x * x + y * y + held * held)
    cosine = (normal[:, :, 0] * x + normal[:, :, 1] * y - normal[:, :, 2] * held) / distance
    return np.clip(cosine, 0, 1), (1000 * SCREEN_LUX_AT / distance) ** 2


def _is_skin(texture: Linear, person: Person) -> Linear:
    """0..1, near the cheeks' colour."""
    total = np.maximum(texture[:, :, 0] + texture[:, :, 1] + texture[:, :, 2], 1e-4)
    wanted = person.skin / person.skin.sum()
    red, green = texture[:, :, 0] / total - wanted[0], texture[:, :, 1] / total - wanted[1]
    return np.asarray(np.exp(-(red * red + green * green) / 0.004), np.float32)


def on_wall(wall: Linear, lamp: Lamps, screen: tuple[float, float, float], away: float) -> Linear:
    """Linear RGB of the room behind."""
    reaches = lamp.screen * (1000 * SCREEN_LUX_AT / away) ** 2
    return np.asarray(
        wall * (lamp.room * np.asarray(lamp.cast, np.float32) + reaches * np.asarray(screen, np.float32)), np.float32
    )
