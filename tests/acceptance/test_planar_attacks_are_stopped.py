"""Prints and screens made from photographs answer challenges; real people turn and sit still (shared faces and clips).

A session counts as accepted when challenge and geometry say LIVE and parallax does not say ATTACK: more than a pass
with all three enforced. Thresholds were set on the people of LFW at other places of the list, and on the clips `lp_*`.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from auth_service.capture.challenge import TURNS, Ask, Challenge, Motion, Route, draw
from auth_service.liveness import challenge_response, geometry, parallax
from auth_service.liveness.layers import Layer, LayerFinding, Sign
from auth_service.liveness.measures import SessionMeasures
from tests.attacks.clips import Still, Turn, clips_of, stills_of, turns_of
from tests.attacks.following import Follower, Shot
from tests.attacks.planar import Species, answer, hand_of, sheet_of, shots_of

PLACES = (3, 8)
"""People of LFW at these places of every eleven; thresholds were set on others."""
OF_PHOTOGRAPHS = (Species.FLAT, Species.BENT, Species.SCREEN_STILL)
ONE_TURN = Challenge(Route.NO_FLASH, (Ask(Motion.TURN_LEFT, 300),))


@dataclass(frozen=True)
class Judged:
    """What the three layers said of one session."""

    findings: tuple[LayerFinding, LayerFinding, LayerFinding]

    @property
    def accepted(self) -> bool:
        asked, body, room = (finding.sign for finding in self.findings)
        return asked is Sign.LIVE and body is Sign.LIVE and room is not Sign.ATTACK

    @property
    def attacks(self) -> list[Layer]:
        return [finding.layer for finding in self.findings if finding.sign is Sign.ATTACK]


def judge(measures: SessionMeasures, challenge: Challenge) -> Judged:
    return Judged(
        (
            challenge_response.examine(measures, challenge, challenge_response.ChallengePolicy()),
            geometry.examine(measures, challenge, geometry.GeometryPolicy()),
            parallax.examine(measures, challenge, parallax.ParallaxPolicy()),
        )
    )


@pytest.fixture(scope="module")
def follower(data: Path) -> Follower:
    return Follower(data)


def photographs(data: Path, follower: Follower) -> Iterable[tuple[int, np.ndarray, np.ndarray]]:
    """Place in the list, picture, five points: one photograph of each person, where a face is found."""
    people = sorted((data / "faces" / "lfw").iterdir())
    for place, person in enumerate(people):
        if place % 11 in PLACES:
            picture = cv2.imread(str(min(person.glob("*.jpg"))))
            points = None if picture is None else follower.frame(Shot(0, np.asarray(picture, np.uint8))).points
            if points is not None:
                yield place, np.asarray(picture, np.uint8), points


def attacked(place: int, picture: Any, points: Any, species: Species, follower: Follower) -> Judged:
    """One session that a sheet answers. Its first turn comes first: where that is refused, so is the session."""
    chance = np.random.default_rng([place, list(Species).index(species)])
    whole = draw(Route.FLASH, (), random.Random(place).randrange)
    sheet, hand = sheet_of(picture, points, species, chance), hand_of(chance)
    turn = Challenge(Route.FLASH, tuple(ask for ask in whole.asks if ask.motion in TURNS)[:1])
    first = judge(follower.session(shots_of(answer(sheet, hand, turn, chance)), turn), turn)
    if not first.accepted:
        return first
    return judge(follower.session(shots_of(answer(sheet, hand, whole, chance)), whole), whole)


def attacks(data: Path, follower: Follower, of_each: int) -> dict[Species, list[Judged]]:
    found: dict[Species, list[Judged]] = {species: [] for species in OF_PHOTOGRAPHS}
    for place, picture, points in photographs(data, follower):
        for species in OF_PHOTOGRAPHS:
            found[species].append(attacked(place, picture, points, species, follower))
        if len(found[Species.FLAT]) >= of_each:
            break
    return found


def said(sessions: Sequence[Judged]) -> dict[str, dict[str, int]]:
    """Of each layer, how often it gave each answer."""
    layers = (Layer.CHALLENGE, Layer.GEOMETRY, Layer.PARALLAX)
    return {
        layer.value: dict(sorted(Counter(one.findings[k].sign.value for one in sessions).items()))
        for k, layer in enumerate(layers)
    }


def seen(part: Turn | Still, follower: Follower) -> Judged:
    """A piece of a real clip as the answer to a turn."""
    return judge(follower.session([part.neutral, part.shots], ONE_TURN), ONE_TURN)


@pytest.mark.data
def test_a_few_prints_and_screens_are_stopped(data: Path, follower: Follower) -> None:
    found = attacks(data, follower, 2)
    assert [len(sessions) for sessions in found.values()] == [2, 2, 2]
    assert not any(one.accepted for sessions in found.values() for one in sessions), found


@pytest.mark.data
def test_a_real_turn_is_a_body_and_no_sheet(data: Path, follower: Follower) -> None:
    """One of the clips on which no threshold was set."""
    (turn,) = turns_of(data / "videos" / "verify_demo.mp4", follower)
    judged = seen(turn, follower)
    assert judged.findings[1].sign is Sign.LIVE, judged
    assert judged.attacks == []


@pytest.mark.data
@pytest.mark.slow
def test_prints_and_screens_are_stopped(
    data: Path, follower: Follower, proof: Callable[[str, Mapping[str, Any]], None]
) -> None:
    found = attacks(data, follower, 150)
    accepted = {species.value: sum(one.accepted for one in sessions) for species, sessions in found.items()}
    proof(
        "planar-attacks",
        {
            "sessions": {species.value: len(sessions) for species, sessions in found.items()},
            "accepted": accepted,
            "said": {species.value: said(sessions) for species, sessions in found.items()},
        },
    )
    assert min(len(sessions) for sessions in found.values()) >= 150
    assert accepted == dict.fromkeys(accepted, 0)


@pytest.mark.data
@pytest.mark.slow
def test_real_turns_and_still_parts_are_hardly_ever_called_attacks(
    data: Path, follower: Follower, proof: Callable[[str, Mapping[str, Any]], None]
) -> None:
    turns = [(turn, seen(turn, follower)) for path in clips_of(data) for turn in turns_of(path, follower)]
    stills = [(still, seen(still, follower)) for path in clips_of(data) for still in stills_of(path, follower, 4)]
    planar = [f"{turn.clip} at {turn.begins} s" for turn, one in turns if Layer.GEOMETRY in one.attacks]
    tripped = [f"{still.clip} at {still.begins:.1f} s" for still, one in stills if one.attacks]
    proof(
        "real-turns",
        {
            "turns": len(turns),
            "called_planar": planar,
            "geometry_live": sum(one.findings[1].sign is Sign.LIVE for _, one in turns),
            "said": said([one for _, one in turns]),
            "still_parts": len(stills),
            "still_parts_called_attack": tripped,
        },
    )
    print(f"called planar: {planar}; still parts called attack: {tripped}")  # noqa: T201 - the list is the result
    assert len(turns) >= 20
    assert len(planar) <= 2, planar
    assert len(tripped) <= 0.05 * len(stills), tripped
