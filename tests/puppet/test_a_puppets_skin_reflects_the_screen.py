"""Skin takes on the colours of the row while they show; the wall behind hardly does."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from auth_service.capture.challenge import FLASH_MS, Challenge, Colour, Motion
from auth_service.capture.steps import CapturedFrame
from tests.puppet.camera import Puppet, Setting
from tests.puppet.cutout import Person
from tests.puppet.seeing import SMALL, cheeks, faces, pixels, wall

LATE_MS = 210
"""A frame this soon after a change may still show the colour before."""


def _shares(
    frames: tuple[CapturedFrame, ...], challenge: Challenge, begins_ms: float
) -> dict[Colour, list[tuple[np.ndarray, np.ndarray]]]:
    """Colour -> shares of red, green and blue in the skin and in the wall, of frames well within the colour's time."""
    found: dict[Colour, list[tuple[np.ndarray, np.ndarray]]] = {}
    for frame in frames:
        number, into = divmod(frame.at_ms - begins_ms, FLASH_MS)
        seen = faces(pixels(frame))
        if into > LATE_MS and seen and number < len(challenge.flash):
            skin, behind = cheeks(pixels(frame), seen[0]), wall(pixels(frame))
            found.setdefault(challenge.flash[int(number)], []).append((skin / skin.sum(), behind / behind.sum()))
    return found


def test_blue_light_makes_skin_bluer_and_green_light_greener_than_the_wall(
    eileen: Person, asking: Callable[..., Challenge]
) -> None:
    challenge = asking(Motion.TURN_LEFT, flash=True)
    puppet = Puppet(eileen, challenge, 21, Setting(view=SMALL))
    flash = puppet.act.scenes[-1].flash
    assert flash is not None
    shares = _shares(puppet.session()[-1].frames, challenge, 1000 * flash)
    skin, behind = (
        {colour: np.mean([pair[part] for pair in pairs], axis=0) for colour, pairs in shares.items()} for part in (0, 1)
    )
    for of, channel in ((Colour.BLUE, 2), (Colour.GREEN, 1)):
        other = Colour.GREEN if of is Colour.BLUE else Colour.BLUE
        gain = skin[of][channel] - skin[other][channel]
        assert gain > 0.01, f"{of} hardly shows"
        assert gain > 3 * abs(behind[of][channel] - behind[other][channel])


def test_without_colours_there_is_no_step_for_them(eileen: Person, asking: Callable[..., Challenge]) -> None:
    puppet = Puppet(eileen, asking(Motion.TURN_LEFT), 21)
    assert [scene.flash for scene in puppet.act.scenes] == [None, None]
    assert puppet.act.colour_at(3.0) is None
