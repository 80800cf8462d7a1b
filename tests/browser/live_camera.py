"""A camera that answers: the puppet's frames, drawn onto a canvas as the page's prompts ask for them.

It is the injection attack of docs/liveness.md and stands for a person here: all it knows is what the page shows (the
arrow, the colours). Every frame gets noise and a hand's shake of its own, so that none is ever the same twice.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from functools import cache

from auth_service.capture.challenge import FLASHES, Ask, Challenge, Colour, Motion, Route
from tests.puppet.camera import Puppet, Setting
from tests.puppet.cast import player

RATE = 12
SHOWN_AS = {
    Motion.TURN_LEFT: "to-left",
    Motion.TURN_RIGHT: "to-right",
    Motion.LOOK_UP: "up",
    Motion.NOD: "down",
    Motion.COME_CLOSER: "",
}
"""Class of the page's arrow; its picture is a mirror."""


@dataclass(frozen=True)
class Reel:
    """JPEGs: of the neutral face, of each motion there and back by the arrow's class, and under each colour."""

    neutral: list[bytes]
    there: dict[str, list[bytes]]
    back: dict[str, list[bytes]]
    lit: dict[str, list[bytes]]


@cache
def reel(name: str = "eileen", seed: int = 3, place: int = 1) -> Reel:
    """About 150 frames, ten seconds of processor time.

    place  of the room: in some of them YuNet takes a picture on the wall for a second face
    """
    person, setting = player(name), Setting(place=place)

    def filmed(challenge: Challenge, first: float, last: float) -> list[bytes]:
        puppet = Puppet(person, challenge, seed, setting)
        return [puppet.jpeg(puppet.picture(first + n / RATE)) for n in range(round((last - first) * RATE))]

    there, back, straight = {}, {}, []
    for motion, shown in SHOWN_AS.items():
        asked = Challenge(Route.NO_FLASH, (Ask(motion, 600),))
        movement = Puppet(person, asked, seed, setting).act.scenes[1].movement
        assert movement is not None
        held = movement.begins + movement.rise + 0.1
        straight = filmed(asked, movement.begins - 0.5, movement.begins)  # the same for all: it is one seed
        there[shown] = filmed(asked, movement.begins, held)
        back[shown] = filmed(asked, movement.ends - movement.back, movement.ends)
    lit = {}
    for colour in Colour:
        asked = Challenge(Route.FLASH, (), (colour,) * FLASHES)
        scene = Puppet(person, asked, seed, setting).act.scenes[-1]
        lit[colour.value] = filmed(asked, scene.first + 0.6, scene.first + 1.4)
    return Reel(straight, there, back, lit)


def still(pictures: list[bytes]) -> Reel:
    """Somebody who answers nothing, whatever is asked and shown."""
    return Reel(
        pictures,
        dict.fromkeys(SHOWN_AS.values(), pictures),
        dict.fromkeys(SHOWN_AS.values(), pictures),
        dict.fromkeys((colour.value for colour in Colour), pictures),
    )


def script(film: Reel, frame: tuple[int, int, float] | None = None) -> str:
    """What runs in the page before its own scripts.

    frame  width and height of the camera's picture, and how large the reel stands in its middle; as the reel when None
    """
    coded = json.dumps(
        {
            "neutral": _coded(film.neutral),
            **{part: {name: _coded(frames) for name, frames in getattr(film, part).items()}
               for part in ("there", "back", "lit")},
        }
    )  # fmt: skip
    return f"const REEL = {coded}, RATE = {RATE}, FRAME = {json.dumps(frame)};\n{_PLAYER}"


def _coded(frames: list[bytes]) -> list[str]:
    return [base64.b64encode(frame).decode() for frame in frames]


_PLAYER = """
const opened = async (text) => createImageBitmap(
  new Blob([Uint8Array.from(atob(text), (c) => c.charCodeAt(0))], { type: "image/jpeg" }));
const all = async (frames) => Promise.all(frames.map(opened));
const each = async (parts) => Object.fromEntries(
  await Promise.all(Object.entries(parts).map(async ([name, frames]) => [name, await all(frames)])));
const LATE = 350, LAG = 120; // ms: a person's start, and the screen's and the camera's delay

navigator.mediaDevices.getUserMedia = async () => {
  const film = { neutral: await all(REEL.neutral), there: await each(REEL.there), back: await each(REEL.back),
    lit: await each(REEL.lit) };
  const canvas = document.createElement("canvas");
  const own = [film.neutral[0].width, film.neutral[0].height];
  const [wide, high, scale] = FRAME || [...own, 1];
  [canvas.width, canvas.height] = [wide, high];
  const [across, down] = own.map((side) => side * scale);
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  let [motion, since, returning, number, drift] = [null, 0, null, 0, [0, 0, 0]];
  const colours = [];
  const swung = (frames) => { // there and back, so that nothing jumps
    const place = number % Math.max(1, 2 * frames.length - 2);
    return frames[place < frames.length ? place : 2 * frames.length - 2 - place];
  };
  const chosen = (now) => {
    const flash = document.getElementById("flash"), arrow = document.getElementById("arrow");
    colours.push([now, flash.hidden ? "" : flash.className]);
    while (colours.length > 1 && colours[1][0] <= now - LAG) colours.shift();
    const colour = colours[0][1];
    const asked = arrow.hidden ? null : arrow.className;
    if (asked !== null && motion === null) [motion, since, returning] = [asked, now + LATE, null];
    if (asked === null && motion !== null && returning === null) returning = now + LATE;
    if (colour) return swung(film.lit[colour]);
    if (motion === null) return swung(film.neutral);
    const place = Math.floor(((returning === null || now < returning ? now - since : now - returning) * RATE) / 1000);
    const frames = returning === null || now < returning ? film.there[motion] : film.back[motion];
    if (place < 0) return swung(film.neutral);
    if (returning !== null && now >= returning && place >= frames.length) {
      motion = null;
      return swung(film.neutral);
    }
    return frames[Math.min(place, frames.length - 1)];
  };
  const draw = () => {
    const now = performance.now();
    drift = drift.map((one) => 0.9 * one + 0.35 * (Math.random() - 0.5));
    pen.setTransform(1 + drift[2] / 200, 0, 0, 1 + drift[2] / 200, drift[0], drift[1]);
    pen.drawImage(chosen(now), (wide - across) / 2, (high - down) / 2, across, down);
    const picture = pen.getImageData(0, 0, canvas.width, canvas.height), values = picture.data;
    for (let at = 0; at < values.length; at += 4) {
      const noise = 5 * (Math.random() - 0.5);
      values[at] += noise; values[at + 1] += noise; values[at + 2] += noise;
    }
    pen.putImageData(picture, 0, 0);
    number += 1;
  };
  draw();
  setInterval(draw, 1000 / RATE);
  return canvas.captureStream(RATE);
};
"""
