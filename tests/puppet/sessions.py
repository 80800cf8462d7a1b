"""Whole sessions of puppets, numbered: who plays, what is asked, and which phone and room follow from the number alone.

Drawing one takes seconds, and judging it a tenth of that, so that drawn ones can be kept in a folder
(AUTH_SERVICE_TEST_PUPPETS): a run that was stopped, or that judges by other rules, begins from there.
"""

from __future__ import annotations

import os
import pickle
import random
from dataclasses import dataclass
from pathlib import Path

from auth_service.capture.challenge import Challenge, Route, draw
from auth_service.capture.steps import CapturedStep
from tests.puppet.camera import Puppet, Setting
from tests.puppet.cast import EVERYBODY, player

_TRIES = 10
"""More than anybody gets, so that each try of each session has a number of its own."""


@dataclass(frozen=True)
class Played:
    """One try of one session."""

    name: str
    challenge: Challenge
    steps: tuple[CapturedStep, ...]


def play(number: int, attempt: int, data: Path) -> Played:
    """The same for the same numbers. Another try has another challenge, and the person moves anew in softer light, as
    whoever did not pass is told (qualification/capture_outcome.py). attempt: from 0"""
    seed, name = number * _TRIES + attempt, EVERYBODY[number % len(EVERYBODY)]
    folder = os.environ.get("AUTH_SERVICE_TEST_PUPPETS")
    kept = None if folder is None else Path(folder) / f"{seed}.pickle"
    if kept is not None and kept.exists():
        return pickle.loads(kept.read_bytes())
    challenge = draw(Route.FLASH, (), random.Random(seed).randrange)
    played = Played(name, challenge, Puppet(player(name, data), challenge, seed, Setting(soft=attempt > 0)).session())
    if kept is not None:
        unfinished = kept.with_suffix(".part")
        unfinished.write_bytes(pickle.dumps(played))
        unfinished.rename(kept)
    return played
