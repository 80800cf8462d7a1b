"""Sessions that come back changed in many ways, beside other sessions of one person in one room (F29).

The replay layer alone: what it lets through meets the challenge, the flash and the screen's pattern as well
(test_an_own_session_played_again.py).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from itertools import permutations
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from auth_service.core.intervals import clopper_pearson
from auth_service.liveness.layers import Sign
from auth_service.liveness.replay import ReplayPolicy, judged, matches
from auth_service.liveness.replay_print import KnownPrint, ReplayPrint, print_of
from tests.attacks.clips import clips_of
from tests.attacks.film_prints import FIRST_MS, LOOKS, FilmPrints, of_clip, of_puppet, sent, shown_again
from tests.attacks.filmed_sessions import LENGTH_MS, Reader
from tests.attacks.replays import open_film
from tests.puppet.cast import EVERYBODY

POLICY = ReplayPolicy()
SET_ON = 3
"""max_likeness was set on so many rounds of rendered people; the later ones are reported apart."""
ROUNDS = 4
pytestmark = pytest.mark.data


def sign_of(film: ReplayPrint, known: ReplayPrint) -> Sign:
    earlier = KnownPrint("earlier", ReplayPrint.from_bytes(known.to_bytes()))
    return judged(matches(film, [earlier], POLICY), film, POLICY)[0]


@pytest.fixture(scope="module")
def reader(data: Path) -> Reader:
    return Reader.of(data)


def test_a_turned_head_filmed_before_is_recognised_however_it_comes_back(reader: Reader, data: Path) -> None:
    film = reader.framed(open_film(data / "videos" / "zalo_public_0.mp4"))
    original = print_of(reader.session(sent(film, FIRST_MS)))
    assert judged(matches(original, [KnownPrint("earlier", original)], POLICY), original, POLICY)[1] == "same_pixels"
    rng = np.random.default_rng(11)
    for way in ("recoded", "mirrored", "lit"):
        again = print_of(shown_again(reader, film, way, rng))
        found = matches(again, [KnownPrint("earlier", original)], POLICY)
        assert judged(found, again, POLICY) == (Sign.ATTACK, "same_movement"), (way, found[0].moved.likeness)


def test_other_films_of_the_same_person_in_the_same_room_are_no_replay(reader: Reader, data: Path) -> None:
    film = reader.framed(open_film(data / "videos" / "lia_obama.mov").between(0, 15_500))
    sessions = [print_of(reader.session(sent(film, begin))) for begin in (0, 5_100, 10_200)]
    assert {sign_of(one, other) for one, other in permutations(sessions, 2)} == {Sign.LIVE}


def rates(signs: Iterable[Sign]) -> dict[str, Any]:
    counts = Counter(signs)
    trials = counts.total()
    shares = {
        name: {"share": counts[sign] / trials, "at_most_95": clopper_pearson(counts[sign], trials, 0.9)[1]}
        for name, sign in (("called_replay", Sign.ATTACK), ("let_through", Sign.LIVE))
        if trials
    }
    return {**{sign.value: counts[sign] for sign in (Sign.ATTACK, Sign.UNKNOWN, Sign.LIVE)}, **shares}


def apart(prints: FilmPrints) -> list[Sign]:
    """Sessions of one clip that share no moment."""
    pairs = [pair for pair in permutations(prints.others, 2) if abs(int(pair[0]) - int(pair[1])) > LENGTH_MS]
    return [sign_of(prints.others[one], prints.others[other]) for one, other in pairs]


@pytest.mark.slow
def test_copies_are_known_and_people_who_answer_again_are_not_taken_for_them(
    reader: Reader, data: Path, proof: Callable[[str, Mapping[str, Any]], None]
) -> None:
    clips = {path.stem: of_clip(reader, path) for path in clips_of(data)}
    people = {(name, n): of_puppet(reader, name, n, data) for n in range(ROUNDS) for name in EVERYBODY}
    copies = {clip: [(way, sign_of(one, told.original)) for way, one in told.copies] for clip, told in clips.items()}
    played = [(look, sign_of(one, told.original)) for told in people.values() for look, one in told.copies]
    same = {key: sign_of(told.others["same"], told.original) for key, told in people.items()}
    sessions = [(who, n, one) for (who, n), told in people.items() for one in (told.original, *told.others.values())]
    pairs = [(n, sign_of(one, other)) for who, n, one in sessions for its, _, other in sessions
             if its == who and other is not one]  # fmt: skip
    again = [sign for _, sign in pairs]
    found = {
        "policy": {"max_likeness": POLICY.max_likeness, "least_movement": POLICY.least_movement},
        "clips": {
            "copies": rates(sign for told in copies.values() for _, sign in told),
            "copies_by_way": {
                way: rates(sign for told in copies.values() for one, sign in told if one == way)
                for way in sorted({way for told in copies.values() for way, _ in told})
            },
            "copies_by_clip": {clip: dict(Counter(sign.value for _, sign in told)) for clip, told in copies.items()},
            "exact": rates(sign_of(told.original, told.original) for told in clips.values()),
            "other_sessions": rates(sign for told in clips.values() for sign in apart(told)),
        },
        "rendered": {
            "copies": rates(sign for _, sign in played),
            "copies_by_look": {look: rates(sign for one, sign in played if one == look) for look in LOOKS},
            "same_challenge_again": rates(same.values()),
            "any_session_again": rates(again),
            "any_session_again_reported": rates(sign for n, sign in pairs if n >= SET_ON),
        },
    }
    proof("replay-layer", found)
    assert {sign_of(told.original, told.original) for told in clips.values()} == {Sign.ATTACK}
    assert sum(len(told) for told in copies.values()) >= 300
    assert found["clips"]["other_sessions"]["called_replay"]["share"] <= 0.01
    assert rates(again)["called_replay"]["share"] <= 0.01
    assert Sign.UNKNOWN not in again, "whoever answers moves enough to be told apart"
