"""Players and challenges of the puppet's own tests."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from auth_service.capture.challenge import Ask, Challenge, Colour, Motion, Route
from tests.puppet.cast import player
from tests.puppet.cutout import Person

COLOURS = (
    Colour.WHITE, Colour.BLUE, Colour.GREEN, Colour.DARK, Colour.BLUE, Colour.GREEN, Colour.BLUE, Colour.GREEN,
)  # fmt: skip


@pytest.fixture(scope="session")
def eileen() -> Person:
    return player("eileen")


@pytest.fixture(scope="session")
def grace() -> Person:
    return player("grace")


@pytest.fixture(scope="session")
def asking() -> Callable[..., Challenge]:
    """A challenge of these motions, each held for 0.3 s, with or without colours."""

    def made(*motions: Motion, flash: bool = False) -> Challenge:
        asks = tuple(Ask(motion, 300) for motion in motions)
        return Challenge(Route.FLASH if flash else Route.NO_FLASH, asks, COLOURS if flash else ())

    return made
