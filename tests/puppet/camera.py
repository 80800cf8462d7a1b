"""The puppet camera: what a phone would send when a person of a photograph follows the prompts of a challenge.

It is a test's stand-in for people, and also the attack that no browser page can exclude: pictures computed to answer
the challenge and pushed in where a camera should be (docs/liveness.md).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from auth_service.capture.challenge import Challenge
from auth_service.capture.steps import CapturedFrame, CapturedStep, StepPolicy
from tests.puppet.acting import Act, Fault, Scene
from tests.puppet.cutout import LEFT, MM, TOP, Person
from tests.puppet.head import EYE_DISTANCE
from tests.puppet.light import GUIDE, SCREEN, lamps, lit, on_wall
from tests.puppet.mesh import Drawn, Mesh, Pose, View
from tests.puppet.room import AWAY, room, seen
from tests.puppet.sensor import Sensor

Pixels = NDArray[np.uint8]
NEUTRAL_FRAMES, FLASH_FRAMES, MOTION_FRAMES = 6, 20, 18
"""At most, of each kind of step; the motions share what is left of a session's frames."""


@dataclass(frozen=True)
class Setting:
    """fault    what goes wrong
    place    number of the room; another place for another number
    another  the other person of OTHER_PERSON and TWO_FACES
    view     size of the pictures
    soft     the person went where the light is soft, as the page asks for after a try
    cues     seconds at which each step is asked for, where something else sets the pace
    """

    fault: Fault | None = None
    place: int | None = None
    another: Person | None = None
    view: View = field(default_factory=View)
    soft: bool = False
    cues: tuple[float, ...] | None = None


class Puppet:
    """One session of one person. The same person, challenge, seed and setting give the same bytes."""

    def __init__(self, person: Person, challenge: Challenge, seed: int, setting: Setting | None = None) -> None:
        self.setting = setting or Setting()
        self.act = Act(challenge, seed, self.setting.fault, self.setting.cues)
        self._seed, self._view = seed, self.setting.view
        self._people = [(one, Mesh(one)) for one in (person, self.setting.another) if one is not None]
        self._wall = room(seed if self.setting.place is None else self.setting.place, self._view)
        self._lamp = lamps(seed, dark=self.setting.fault is Fault.DARK, soft=self.setting.soft)
        self._sensor = Sensor(seed, self._view)
        self._random = np.random.default_rng([seed, 5])
        self._lag = self._random.uniform(
            0.07, 0.2
        )  # a screen takes 20 to 60 ms to change, a camera 50 to 150 to deliver
        self._shake = self._random.normal(0, 1, (3, 4, 2))

    def session(self, policy: StepPolicy | None = None) -> tuple[CapturedStep, ...]:
        """All steps, as a phone sends them within a policy."""
        counts = self._counts((policy or StepPolicy()).most_frames)
        return tuple(self._step(scene, most) for scene, most in zip(self.act.scenes, counts, strict=True))

    def step(self, n: int, policy: StepPolicy | None = None) -> CapturedStep:
        """Step `n` alone, at the times that it has in `session`: what comes after it need not be known yet."""
        counts = self._counts((policy or StepPolicy()).most_frames)
        for scene, most in zip(self.act.scenes[:n], counts, strict=False):
            list(self._instants(scene, most))
        return self._step(self.act.scenes[n], counts[n])

    def _counts(self, most: int) -> list[int]:
        """How many frames each step may have: few of the neutral face, two or three of each colour, the rest."""
        motions = sum(scene.movement is not None for scene in self.act.scenes)
        flash = FLASH_FRAMES if self.act.challenge.flash else 0
        neutral = max(3, min(NEUTRAL_FRAMES, most // 4))
        each = min(MOTION_FRAMES, (most - neutral - flash) // motions)
        return [each if scene.movement else flash if scene.flash is not None else neutral for scene in self.act.scenes]

    def _step(self, scene: Scene, most: int) -> CapturedStep:
        frames: list[CapturedFrame] = []
        for at in self._instants(scene, most):
            if self.setting.fault is Fault.FROZEN and frames:
                data = frames[0].data
            else:
                data = self._sensor.jpeg(self.picture(at))
            frames.append(CapturedFrame(data, round(at * 1000)))
        return CapturedStep(scene.planned.n, tuple(frames))

    def _instants(self, scene: Scene, most: int) -> Iterator[float]:
        """Times of a camera that gives 6 to 10 pictures a second, not evenly, and now and then drops one.

        Where a step has room for fewer, the page keeps evenly spread ones.
        """
        draw, times, at = self._random, [], scene.first + self._random.uniform(0.0, 0.04)
        beat = 1.0 / draw.uniform(6.0, 10.0)
        while at < scene.last:
            times.append(at)
            at += max(0.035, beat * (1 + draw.normal(0, 0.09))) * (2 if draw.random() < 0.02 else 1)
        kept = np.unique(np.linspace(0, len(times) - 1, min(most, len(times))).round().astype(int))
        yield from (times[number] for number in kept)

    def jpeg(self, picture: Pixels) -> bytes:
        """The picture as this phone sends it."""
        return self._sensor.jpeg(picture)

    def picture(self, at: float) -> Pixels:
        """uint8 (H, W, 3) RGB of one instant, seconds. Instants must not go back."""
        pose, screen = self.act.pose(at), self._screen(at - self._lag)
        shift, turn = self._hand(at)
        light = on_wall(seen(self._wall, (shift[0], shift[1]), turn, self._view), self._lamp, screen, AWAY)
        for person, mesh, where in self._cast(at, pose):
            near = replace(where, x=where.x + 1.3 * shift[0], y=where.y + 1.3 * shift[1], roll=where.roll + turn)
            layer = lit(person, _blinking(mesh.draw(near, self._view), where.lids), near, self._lamp, screen)
            layer = self._moved(layer, at)
            light = light * (1 - layer[:, :, 3:]) + layer[:, :, :3]
        if self.setting.fault is Fault.COVERED:
            light = _through_a_finger(light)
        return self._sensor.picture(np.asarray(light, np.float32), at)

    def _screen(self, at: float) -> tuple[float, float, float]:
        number = self.act.colour_at(at)
        return GUIDE if number is None else SCREEN[self.act.challenge.flash[number]]

    def _hand(self, at: float) -> tuple[NDArray[np.float64], float]:
        """The wall's shift in pixels and turn in degrees, because a hand holds the phone."""
        rates = np.array([0.23, 0.9, 2.3, 7.0])
        wave = np.sin(2 * np.pi * rates * at + self._shake[:, :, 0] * 3) * self._shake[:, :, 1] / (1 + rates)
        x, y, turn = wave.sum(axis=1)
        return np.array([1.6 * x, 1.6 * y]), float(0.25 * turn)

    def _cast(self, at: float, pose: Pose) -> Iterator[tuple[Person, Mesh, Pose]]:
        """Who is in the picture, the farthest first."""
        fault = self.setting.fault
        if fault is Fault.TWO_FACES:
            beside = Pose(yaw=-4, roll=3, x=pose.x + 140, y=pose.y - 10, away=pose.away + 90)
            yield (*self._people[-1], beside)
            yield (*self._people[0], replace(pose, x=pose.x - 80))
            return
        swapped = fault is Fault.OTHER_PERSON and at >= self.act.swaps_at
        yield (*self._people[-1 if swapped else 0], pose)

    def _moved(self, layer: NDArray[np.float32], at: float) -> NDArray[np.float32]:
        """Blurred along the way that the face goes while the shutter is open, and made fit to be laid over."""
        layer[:, :, :3] *= layer[:, :, 3:]
        open_for = 0.02
        before, after = self.act.pose(at - open_for / 2), self.act.pose(at + open_for / 2)
        focal = self._view.focal / after.away
        x = (after.x - before.x + 125 * np.sin(np.radians(after.yaw - before.yaw))) * focal
        y = (after.y - before.y - 125 * np.sin(np.radians(after.pitch - before.pitch))) * focal
        length = int(np.ceil(np.hypot(x, y)))
        if length < 2:
            return layer
        kernel = np.zeros((length + 1 | 1, length + 1 | 1), np.float32)
        middle = kernel.shape[0] // 2
        ends = [(round(middle + sign * x / 2), round(middle + sign * y / 2)) for sign in (-1, 1)]
        cv2.line(kernel, ends[0], ends[1], 1.0)
        return np.asarray(cv2.filter2D(layer, -1, kernel / kernel.sum()), np.float32)


def _blinking(drawn: Drawn, lids: float) -> Drawn:
    """The skin above the eyes drawn down over them by a share 0..1."""
    if lids <= 0:
        return drawn
    x, y = LEFT + (drawn.u + 0.5) / MM, TOP + (drawn.v + 0.5) / MM
    near = ((np.abs(x) - EYE_DISTANCE / 2) / 15.0) ** 4 + ((y + 1.0) / 8.0) ** 4
    return replace(drawn, v=(drawn.v - lids * 11.0 * MM * np.exp(-near) * (drawn.u >= 0)).astype(np.float32))


def _through_a_finger(light: NDArray[np.float32]) -> NDArray[np.float32]:
    """Hardly any light, red, without a shape."""
    blurred = cv2.GaussianBlur(light, (0, 0), 60)
    return np.asarray(blurred * np.array([0.008, 0.0016, 0.0012], np.float32), np.float32)
