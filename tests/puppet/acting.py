"""How a person follows the prompts: when each movement begins, how far it goes, how it is held, and what trembles.

Everything is drawn from one seed. Amplitudes and times are those of people who understood what was asked.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np

from auth_service.capture.challenge import FLASH_MS, Challenge, Motion, Planned, StepKind
from tests.puppet.mesh import Pose


class Fault(StrEnum):
    """What goes wrong, where a test asks for it."""

    DID_NOT_TURN = "did_not_turn"
    """The person looks straight on throughout."""
    WRONG_WAY = "wrong_way"
    """Turns go to the other side, a nod becomes a look up and the other way round, coming closer becomes going back."""
    OTHER_PERSON = "other_person"
    """Somebody else sits there from the middle of the steps on."""
    TWO_FACES = "two_faces"
    """Somebody else looks in beside, nearly as large."""
    DARK = "dark"
    """A room without a lamp."""
    COVERED = "covered"
    """A finger lies on the lens."""
    FROZEN = "frozen"
    """The camera gives one picture again and again, from the second frame of each step on."""


_OPPOSITE = {
    Motion.TURN_LEFT: Motion.TURN_RIGHT,
    Motion.TURN_RIGHT: Motion.TURN_LEFT,
    Motion.NOD: Motion.LOOK_UP,
    Motion.LOOK_UP: Motion.NOD,
}


@dataclass(frozen=True)
class Movement:
    """One motion from its prompt on, in seconds and degrees; `nearer` is a share of the distance."""

    begins: float
    rise: float
    hold: float
    back: float
    yaw: float = 0.0
    pitch: float = 0.0
    roll: float = 0.0
    nearer: float = 0.0

    @property
    def ends(self) -> float:
        return self.begins + self.rise + self.hold + self.back

    def share(self, at: float) -> float:
        """0 straight, 1 at the far end, with the soft start and stop of a limb."""
        if at <= self.begins or at >= self.ends:
            return 0.0
        if at < self.begins + self.rise:
            return _minimum_jerk((at - self.begins) / self.rise)
        if at <= self.ends - self.back:
            return 1.0
        return _minimum_jerk((self.ends - at) / self.back)


def _minimum_jerk(share: float) -> float:
    """source: Flash and Hogan 1985, the velocity profile of unhurried human movement"""
    return share**3 * (10 - 15 * share + 6 * share**2)


@dataclass(frozen=True)
class Scene:
    """One step in time: what is filmed of it, in seconds of the session.

    flash  when the first colour shows, None in other steps
    """

    planned: Planned
    first: float
    last: float
    movement: Movement | None = None
    flash: float | None = None


class Act:
    """A whole session as one person plays it."""

    def __init__(
        self, challenge: Challenge, seed: int, fault: Fault | None = None, cues: Sequence[float] | None = None
    ) -> None:
        """cues  seconds at which each step is asked for; the person goes on by themselves where none are given"""
        self.challenge = challenge
        self._cues = cues
        self._random = np.random.default_rng([seed, 1])
        self._fault = fault
        draw = self._random
        self._home = Pose(
            yaw=draw.normal(0, 1.5), pitch=draw.normal(0, 2.0), roll=draw.normal(0, 1.5),
            x=draw.normal(0, 12), y=-25 + draw.normal(0, 10), away=draw.uniform(340, 440),
        )  # fmt: skip
        self._tremor = [
            (draw.uniform(0.15, 6.0), draw.uniform(0, 2 * math.pi), draw.normal(0, 1.0, 6)) for _ in range(10)
        ]
        self._blinks = np.cumsum(draw.uniform(1.2, 5.0, 40))
        self.scenes = tuple(self._play())

    @property
    def swaps_at(self) -> float:
        """When another person takes the seat: between two steps, in the middle."""
        middle = len(self.scenes) // 2
        return (self.scenes[middle - 1].last + self.scenes[middle].first) / 2

    def _play(self) -> Sequence[Scene]:
        draw, now, scenes = self._random, float(self._random.uniform(0.2, 0.6)), []
        for planned in self.challenge.steps:
            now = now if self._cues is None else self._cues[planned.n]
            if planned.kind is StepKind.NEUTRAL:
                scene = Scene(planned, now, now + draw.uniform(0.9, 1.3))
            elif planned.kind is StepKind.FLASH:
                length = len(self.challenge.flash) * FLASH_MS / 1000
                scene = Scene(planned, now, now + length, flash=now)
            else:
                movement = self._movement(planned, now + draw.uniform(0.35, 1.1))
                scene = Scene(planned, movement.begins - 0.3, movement.ends + 0.25, movement)
            scenes.append(scene)
            now = scene.last + draw.uniform(0.5, 1.2)
        return scenes

    def _movement(self, planned: Planned, begins: float) -> Movement:
        assert planned.ask is not None
        draw, motion = self._random, planned.ask.motion
        still = Movement(
            begins, draw.uniform(0.5, 1.0), planned.ask.hold_ms / 1000 * draw.uniform(0.9, 1.3), draw.uniform(0.5, 0.9)
        )
        far, nod, nearer = draw.uniform(20, 35), draw.uniform(12, 20), draw.uniform(0.25, 0.40)
        beside = {"pitch": draw.normal(0, 2.5), "roll": draw.normal(0, 2.0)}
        if self._fault is Fault.DID_NOT_TURN:
            return still
        if self._fault is Fault.WRONG_WAY:
            motion, nearer = _OPPOSITE.get(motion, motion), -nearer
        if motion in {Motion.TURN_LEFT, Motion.TURN_RIGHT}:
            return replace(still, yaw=far if motion is Motion.TURN_LEFT else -far, **beside)
        if motion is Motion.COME_CLOSER:
            return replace(still, nearer=nearer, pitch=draw.normal(0, 2.0))
        return replace(still, pitch=-nod if motion is Motion.NOD else nod, yaw=draw.normal(0, 2.0))

    def pose(self, at: float) -> Pose:
        """Where the head is at an instant."""
        home, sway = self._home, self._sway(at)
        yaw, pitch, roll, away = home.yaw, home.pitch, home.roll, home.away
        for movement in (scene.movement for scene in self.scenes if scene.movement):
            share = movement.share(at)
            yaw, pitch, roll = yaw + share * movement.yaw, pitch + share * movement.pitch, roll + share * movement.roll
            away *= 1.0 - share * movement.nearer
        return Pose(
            yaw + 0.5 * sway[0], pitch + 0.4 * sway[1], roll + 0.3 * sway[2],
            home.x + 1.2 * sway[3], home.y + 1.0 * sway[4], away + 2.5 * sway[5], self._lids(at),
        )  # fmt: skip

    def _sway(self, at: float) -> np.ndarray:
        """Six small wanderings, slow ones larger than quick ones."""
        return sum(
            (math.sin(2 * math.pi * rate * at + phase) / (1 + rate) * size for rate, phase, size in self._tremor),
            np.zeros(6),
        )

    def _lids(self, at: float) -> float:
        nearest = float(np.abs(self._blinks - at).min())
        return float(np.clip(1.4 - nearest / 0.09, 0.0, 1.0))

    def colour_at(self, at: float) -> int | None:
        """Which of the row of colours the screen shows, None outside the flash step."""
        for scene in self.scenes:
            if scene.flash is not None and scene.flash <= at:
                number = int((at - scene.flash) * 1000 // FLASH_MS)
                return number if number < len(self.challenge.flash) else None
        return None
