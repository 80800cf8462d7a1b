"""A session of one's own, changed in every way, handed in once more (F29): against a new challenge and against its own.

Through the real engine, all layers and their fusion, with the colours enforced. The person is a rendered one, whose
skin reflected the colours that were asked for then.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count, product
from pathlib import Path
from random import Random
from typing import Any

import pytest

from auth_service.capture.challenge import Challenge, Planned, Route, StepKind, draw
from auth_service.capture.steps import CapturedFrame, CapturedStep
from auth_service.core.intervals import clopper_pearson
from auth_service.engines.best_frames import SeenStep
from auth_service.engines.capture_reader import EngineCaptureReader
from auth_service.engines.catalogue import build_capture_parts, build_reader
from auth_service.liveness.assess import LivenessPolicy, examine_all
from auth_service.liveness.decision import PadVerdict
from auth_service.liveness.fusion import fuse
from auth_service.liveness.layers import Layer, Mode, Sign
from auth_service.liveness.ports import NOTHING_KNOWN, Past
from auth_service.liveness.replay_print import KnownPrint, print_of
from auth_service.settings import load_settings
from auth_service.wiring import Wiring
from tests.attacks.film_prints import LOOKS, looking
from tests.attacks.replays import jpeg
from tests.conftest import ROOT
from tests.puppet.sessions import play

POLICY = LivenessPolicy()
ACCEPTED, TIMES = 30, 2
"""Sessions that pass, of six people in turn; every look, twice: 30 x 5 x 2 = 300 copies, each against a new challenge
and against its own."""
KEPT = ROOT / "build" / "replay-own"
"""What each session came to, so that a long run goes on where it was."""
pytestmark = [pytest.mark.data, pytest.mark.slow]
Record = dict[str, str]


@pytest.fixture(scope="module")
def engine(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[EngineCaptureReader]:
    folder = tmp_path_factory.mktemp("engine")
    (folder / "models").mkdir()
    for weights in (data / "models").glob("*.onnx"):
        (folder / "models" / weights.name).symlink_to(weights)
    spec = Wiring(load_settings(home=folder / "home", models=folder / "models")).spec
    reader = build_reader(spec)
    yield EngineCaptureReader(reader, build_capture_parts(spec))
    reader.close()


@dataclass(frozen=True)
class Own:
    """A session of one's own: what was asked, what was sent, and what is remembered of it."""

    challenge: Challenge
    steps: Sequence[CapturedStep]
    past: Past


def own_session(engine: EngineCaptureReader, number: int, data: Path) -> Own:
    played = play(number, 0, data)
    kept = print_of(engine.measure(played.steps, played.challenge))
    return Own(played.challenge, played.steps, Past(prints=[KnownPrint("own", kept)]))


def changed(own: Own, look: str, seed: int) -> list[CapturedStep]:
    """The same steps with every picture changed."""
    films = looking(own.steps, look, seed)
    shots = [(n, zip(film.pictures, film.times, strict=True)) for n, film in films]
    return [CapturedStep(n, tuple(CapturedFrame(jpeg(one, 85), at) for one, at in taken)) for n, taken in shots]


def cut_for(challenge: Challenge, own: Own, steps: Sequence[SeenStep]) -> list[SeenStep]:
    """The film's steps in the order that answers a new challenge best: the asked motion where the film has it."""
    made = {planned.ask.motion: planned.n for planned in own.challenge.steps if planned.ask is not None}

    def answer(planned: Planned) -> int:
        if planned.kind is StepKind.FLASH:
            return len(steps) - 1
        return planned.n if planned.ask is None else made.get(planned.ask.motion, planned.n)

    return [replace(steps[answer(planned)], n=planned.n) for planned in challenge.steps]


def record(
    engine: EngineCaptureReader, steps: Sequence[SeenStep], challenge: Challenge, past: Past, **what: str
) -> Record:
    """What became of one session. others: `live` where every other layer that is enforced said so"""
    told = examine_all(engine.conclude(steps, challenge), challenge, past, POLICY)
    found = fuse(told, challenge, POLICY.pad, possession=True, versions={"measured": "here"})
    signs = {one.layer: one.sign for one in found.findings}
    others = {sign for layer, sign in signs.items() if layer is not Layer.REPLAY and found.modes[layer] is Mode.ENFORCE}
    convinced = "live" if others == {Sign.LIVE} else ""
    return {**what, "verdict": found.decision.verdict.value, "replay": signs[Layer.REPLAY].value, "others": convinced}


def records(engine: EngineCaptureReader, number: int, data: Path) -> list[Record]:
    """All sessions with one film of one's own; the first alone, where it did not pass."""
    place = KEPT / f"{number}.json"
    if not place.exists():
        told = list(_played(engine, own_session(engine, number, data), str(number)))
        KEPT.mkdir(parents=True, exist_ok=True)
        place.write_text(json.dumps(told), encoding="ascii")
    return list(json.loads(place.read_text(encoding="ascii")))


def _played(engine: EngineCaptureReader, own: Own, seed: str) -> Iterator[Record]:
    first = record(engine, engine.look(own.steps), own.challenge, NOTHING_KNOWN, against="own", look="first")
    yield first
    if first["verdict"] != PadVerdict.BONA_FIDE.value:
        return
    for look, time in [("exact", 0), *product(LOOKS, range(TIMES))]:
        seen = engine.look(own.steps if look == "exact" else changed(own, look, time))
        fresh = draw(Route.FLASH, below=Random(f"{seed} {look} {time}").randrange)
        yield record(engine, cut_for(fresh, own, seen), fresh, own.past, against="new", look=look)
        yield record(engine, seen, own.challenge, own.past, against="own", look=look)


def counted(found: Sequence[Record]) -> dict[str, Any]:
    """stopped_by_replay_alone: every other layer that is enforced said `live`"""
    verdicts, replays = Counter(one["verdict"] for one in found), Counter(one["replay"] for one in found)
    accepted = verdicts[PadVerdict.BONA_FIDE]
    return {
        "trials": len(found),
        "accepted": accepted,
        "accepted_at_most_95": clopper_pearson(accepted, len(found), 0.9)[1],
        "suspected": verdicts[PadVerdict.ATTACK_SUSPECTED],
        "replay": dict(replays),
        "stopped_by_replay_alone": sum(bool(one["others"]) for one in found) - accepted,
    }


def test_nobody_passes_with_it(
    engine: EngineCaptureReader, data: Path, proof: Callable[[str, Mapping[str, Any]], None]
) -> None:
    sessions: list[list[Record]] = []
    for number in count():
        sessions.append(records(engine, number, data))
        if sum(len(told) > 1 for told in sessions) == ACCEPTED:
            break
    found = [one for told in sessions for one in told]

    def of(against: str, *looks: str) -> list[Record]:
        return [one for one in found if one["against"] == against and one["look"] in looks]

    proof(
        "replay-own-sessions",
        {
            "own_sessions_first_time": counted(of("own", "first")),
            "new_challenge": {"exact": counted(of("new", "exact")), "changed": counted(of("new", *LOOKS))},
            "own_challenge": {"exact": counted(of("own", "exact")), "changed": counted(of("own", *LOOKS))},
            "own_challenge_by_look": {look: counted(of("own", look)) for look in LOOKS},
        },
    )
    assert {one["verdict"] for one in found if one["look"] == "exact"} == {PadVerdict.ATTACK_SUSPECTED}
    assert len(of("new", *LOOKS)) >= 300
    assert counted(of("new", *LOOKS))["accepted"] <= 0.01 * len(of("new", *LOOKS))
