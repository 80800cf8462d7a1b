"""Sessions cut from real films come back changed in many ways, beside other sessions of one person in one room.

The replay layer alone: what it lets through meets the challenge, the flash and the screen's pattern as well.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from itertools import permutations
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from auth_service.liveness.layers import LayerFinding, Sign
from auth_service.liveness.measures import SessionMeasures
from auth_service.liveness.ports import Past
from auth_service.liveness.replay import ReplayPolicy, examine
from auth_service.liveness.replay_print import KnownPrint, ReplayPrint, print_of
from tests.attacks.filmed_sessions import LENGTH_MS, PER_SECOND, Reader
from tests.attacks.replays import WAYS, Film, open_film

POLICY = ReplayPolicy()
FIRST_MS = 300
TURNING = ("lp_d3", "lp_s20", "ls_demo2", "zalo_public_0")
"""Clips in which a head turns at a person's pace, as our prompts ask. The others are reported."""
pytestmark = pytest.mark.data


def known(measures: SessionMeasures) -> Past:
    """As storage gives it back."""
    return Past(prints=[KnownPrint("earlier", ReplayPrint.from_bytes(print_of(measures).to_bytes()))])


def sent(film: Film, from_ms: int) -> Film:
    return film.between(from_ms, from_ms + LENGTH_MS).sampled(PER_SECOND)


def shown_again(reader: Reader, film: Film, way: str, rng: np.random.Generator) -> SessionMeasures:
    again = WAYS[way].again(film.between(FIRST_MS, FIRST_MS + LENGTH_MS), rng, PER_SECOND)
    return reader.session(again, late_ms=int(rng.integers(-150, 150)))


def others(reader: Reader, film: Film, apart_ms: int) -> Iterator[LayerFinding]:
    """Every session of a clip held against every other that shares no moment with it."""
    begins = range(0, film.times[-1] - LENGTH_MS, apart_ms)
    sessions = {begin: reader.session(sent(film, begin)) for begin in begins}
    for one, other in permutations(begins, 2):
        if abs(one - other) > LENGTH_MS:
            yield examine(sessions[one], known(sessions[other]), POLICY)


@pytest.fixture(scope="module")
def reader(data: Path) -> Reader:
    return Reader.of(data)


def test_a_turned_head_filmed_before_is_recognised_however_it_comes_back(reader: Reader, data: Path) -> None:
    film = reader.framed(open_film(data / "videos" / "zalo_public_0.mp4"))
    original = reader.session(sent(film, FIRST_MS - 300))
    assert examine(original, known(original), POLICY).reasons == ("same_pixels",)
    rng = np.random.default_rng(11)
    earlier = known(reader.session(sent(film, FIRST_MS)))
    for way in ("recoded", "mirrored", "refilmed"):
        finding = examine(shown_again(reader, film, way, rng), earlier, POLICY)
        assert finding.reasons == ("same_movement",), (way, finding.scores)


def test_other_films_of_the_same_person_in_the_same_room_are_no_replay(reader: Reader, data: Path) -> None:
    film = reader.framed(open_film(data / "videos" / "lia_obama.mov").between(0, 15_500))
    signs = [finding.sign for finding in others(reader, film, 5_100)]
    assert len(signs) == 6
    assert Sign.ATTACK not in signs
    assert Sign.LIVE in signs


@pytest.mark.slow
def test_all_clips_in_every_way(reader: Reader, data: Path, proof: Callable[[str, Mapping[str, Any]], None]) -> None:
    clips = sorted(path for path in (data / "videos").iterdir() if path.suffix in {".mp4", ".mov"})
    replays: Counter[tuple[str, str, Sign]] = Counter()
    genuine: Counter[Sign] = Counter()
    exact: Counter[Sign] = Counter()
    for path in clips:
        film = reader.framed(open_film(path).between(0, 19_000))
        original = reader.session(sent(film, FIRST_MS))
        exact[examine(original, known(original), POLICY).sign] += 1
        rng = np.random.default_rng(sum(map(ord, path.stem)))
        for way in sorted(WAYS) * 2:
            finding = examine(shown_again(reader, film, way, rng), known(original), POLICY)
            replays[(path.stem, way, finding.sign)] += 1
        genuine.update(finding.sign for finding in others(reader, film, 1_000))
    let_through = {
        way: sum(n for (_, other, sign), n in replays.items() if other == way and sign is Sign.LIVE) for way in WAYS
    }
    by_clip = {path.stem: {sign.value: 0 for sign in Sign} for path in clips}
    for (clip, _, sign), n in replays.items():
        by_clip[clip][sign.value] += n
    found = {"variants": replays.total(), "let_through": let_through}
    proof("replay-layer", {**found, "exact": dict(exact), "genuine": dict(genuine), "clips": by_clip})
    assert set(exact) == {Sign.ATTACK}
    assert replays.total() >= 300
    assert genuine[Sign.ATTACK] <= 0.01 * genuine.total()
    turned = [by_clip[clip] for clip in TURNING]
    assert sum(signs[Sign.LIVE.value] for signs in turned) <= 0.05 * sum(sum(signs.values()) for signs in turned)
