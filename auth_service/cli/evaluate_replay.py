"""`auth-service evaluate replay`: films of people against random challenges, through the real engine and layers."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from random import Random
from typing import Annotated, Any

import typer

from auth_service.capture.challenge import Challenge, Route, draw
from auth_service.cli.speak import JsonFlag, Voice, speaking
from auth_service.core.errors import FileUnreadable
from auth_service.core.intervals import clopper_pearson
from auth_service.engines.best_frames import SeenStep
from auth_service.engines.capture_reader import EngineCaptureReader
from auth_service.engines.catalogue import ReaderSpec, build_capture_parts, build_reader, capture_versions
from auth_service.engines.film_player import Film, Way, look_at_film, play
from auth_service.liveness import challenge_response
from auth_service.liveness.assess import LAYERS_VERSION, LivenessPolicy, examine_all
from auth_service.liveness.fusion import FUSION_VERSION, PadAssessment, fuse
from auth_service.liveness.layers import Layer, Mode, Sign
from auth_service.liveness.ports import NOTHING_KNOWN
from auth_service.settings import Profile, load_settings
from auth_service.wiring import Wiring

evaluate_replay_app = typer.Typer()
_FILMS = frozenset({".mp4", ".mov", ".webm", ".mkv", ".avi"})
_ONE_SIDED = 0.90
"""Of a two-sided interval whose upper end is missed in 5 %."""


class Routes(StrEnum):
    """Which challenges are drawn."""

    FLASH = "flash"
    NO_FLASH = "no_flash"
    BOTH = "both"


@evaluate_replay_app.command("replay")
def replay_command(
    videos: Annotated[Path, typer.Option("--videos", help="Folder of films, each of one person.")],
    challenges: Annotated[int, typer.Option("--challenges", min=1, help="Random challenges for each film.")] = 200,
    route: Annotated[Routes, typer.Option("--route", help="Which challenges are drawn.")] = Routes.BOTH,
    seed: Annotated[int, typer.Option("--seed", help="Draws challenges and cuts.")] = 1,
    out: Annotated[
        Path | None, typer.Option("--out", help="JSON file; films that it holds already are not played again.")
    ] = None,
    every_layer: Annotated[
        bool,
        typer.Option("--every-layer", help="Ask every layer, also where the motions were not made; much slower."),
    ] = False,
    as_json: JsonFlag = False,
) -> None:
    """Play films against random challenges: what was accepted, and which layer stopped the rest.

    The second factor of the route without colours counts as given, and no film as seen before. Where the asked motions
    were not made nobody passes, and nothing else is asked.
    """
    with speaking(as_json=as_json) as voice:
        paths = sorted(path for path in videos.glob("*") if path.suffix.lower() in _FILMS)
        if not paths:
            raise FileUnreadable(f"no films in {videos}")
        settings = load_settings(profile=Profile.DEVELOPMENT)
        policy = replace(settings.liveness, replay=replace(settings.layer_replay, most_known=0))
        trials = Trials(policy, Wiring(settings).spec, challenges, seed, every_layer)
        routes = [Route.FLASH, Route.NO_FLASH] if route is Routes.BOTH else [Route(route.value)]
        kept = _kept(out, trials.about)
        with voice.progress("Playing films", len(paths) * len(routes)) as done:
            for name, which, told in _played(trials, paths, routes, kept):
                kept.setdefault(name, {})[which.value] = told
                _write(out, _document(trials.about, kept, routes))
                done(1)
        document = _document(trials.about, kept, routes)
        voice.result(document)
        _say(voice, document)


@dataclass(frozen=True, slots=True)
class Trials:
    """How films are played and judged. every: ask all layers always"""

    policy: LivenessPolicy
    spec: ReaderSpec
    challenges: int
    seed: int
    every: bool

    @property
    def about(self) -> dict[str, Any]:
        """What must be the same for results to be put together."""
        versions = {**capture_versions(self.spec), "layers": LAYERS_VERSION, "fusion": FUSION_VERSION}
        modes = {layer.value: self.policy.pad.mode(layer).value for layer in Layer}
        return {
            "challenges": self.challenges,
            "seed": self.seed,
            "every_layer": self.every,
            "modes": modes,
            "versions": versions,
        }

    def run(self, reader: EngineCaptureReader, film: Film, name: str, route: Route) -> dict[str, Any]:
        """Half of the trials let the film run on, half show it cut."""
        attempts, accepted = Counter[str](), Counter[str]()
        stopped, alone = Counter[str](), Counter[str]()
        for number in range(self.challenges):
            chance = Random(f"{self.seed} {name} {route} {number}")  # noqa: S311 - measured again with the same numbers
            way = list(Way)[number % len(Way)]
            challenge = draw(route, below=chance.randrange)
            against = self._against(reader, play(film, challenge, way, chance), challenge)
            attempts[way] += 1
            accepted[way] += not against
            stopped.update(against)
            alone.update(against if len(against) == 1 else [])
        ways = {way.value: {"attempts": attempts[way], "accepted": accepted[way]} for way in Way}
        return {"ways": ways, "stopped_by": dict(stopped), "stopped_by_one_alone": dict(alone)}

    def _against(self, reader: EngineCaptureReader, steps: Sequence[SeenStep], challenge: Challenge) -> list[str]:
        """What stands in the way of a pass; nothing for one. `challenge` alone where the motions were not made."""
        if not self.every:
            moved = challenge_response.examine(reader.measured(steps), challenge, self.policy.challenge)
            if moved.sign is not Sign.LIVE:
                return [Layer.CHALLENGE.value]
        measures = reader.conclude(steps, challenge)
        told = examine_all(measures, challenge, NOTHING_KNOWN, self.policy)
        found = fuse(told, challenge, self.policy.pad, possession=True, versions={"measured": "by evaluate"})
        against = [layer.value for layer in _in_the_way(found)]
        if found.bona_fide and (measures.probe is None or not reader.shows_turns):
            against.append("no_probe")
        return against


def _in_the_way(found: PadAssessment) -> Iterator[Layer]:
    """Layers that stood in the way of a pass."""
    for finding in found.findings:
        mode = found.modes[finding.layer]
        attack = finding.sign is Sign.ATTACK and finding.layer is not Layer.CHANNEL and mode is not Mode.OFF
        if attack or (mode is Mode.ENFORCE and finding.sign is not Sign.LIVE):
            yield finding.layer


def _played(
    trials: Trials, paths: list[Path], routes: list[Route], kept: Mapping[str, Mapping[str, Any]]
) -> Iterator[tuple[str, Route, dict[str, Any]]]:
    """What each film came to on each route, as it comes; those that are kept are left out."""
    reader = build_reader(trials.spec)
    captures = EngineCaptureReader(reader, build_capture_parts(trials.spec))
    try:
        for path in paths:
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
            before = kept.get(path.name, {})
            same = {which for which in routes if before.get(which.value, {}).get("sha256") == digest}
            missing = [which for which in routes if which not in same]
            film = look_at_film(captures, path) if missing else None
            for which in routes:
                if film is None or which in same:
                    yield path.name, which, before[which.value]
                else:
                    yield path.name, which, {"sha256": digest, **trials.run(captures, film, path.name, which)}
    finally:
        reader.close()


def _document(about: Mapping[str, Any], kept: Mapping[str, Any], routes: list[Route]) -> dict[str, Any]:
    by_route = {route.value: _summed(route, kept) for route in routes}
    whole = list(by_route.values())
    return {
        "route": routes[0].value if len(routes) == 1 else Routes.BOTH.value,
        "attempts": sum(one["attempts"] for one in whole),
        "accepted": sum(one["accepted"] for one in whole),
        "stopped_by": dict(sum((Counter(one["stopped_by"]) for one in whole), Counter[str]())),
        "routes": by_route,
        **about,
        "films": kept,
    }


def _summed(route: Route, kept: Mapping[str, Any]) -> dict[str, Any]:
    """Over all films. upper: one-sided 95 % bound of the share accepted; trials of one film are no independent ones"""
    of_route = {name: told[route.value] for name, told in kept.items() if route.value in told}
    ways = {way.value: Counter[str]() for way in Way}
    stopped, alone = Counter[str](), Counter[str]()
    for told in of_route.values():
        for way, counts in told["ways"].items():
            ways[way].update(counts)
        stopped.update(told["stopped_by"])
        alone.update(told["stopped_by_one_alone"])
    attempts, accepted = (sum(counts[what] for counts in ways.values()) for what in ("attempts", "accepted"))
    passed = {name: sum(one["accepted"] for one in told["ways"].values()) for name, told in of_route.items()}
    return {
        "films": len(of_route),
        "attempts": attempts,
        "accepted": accepted,
        "upper": clopper_pearson(accepted, attempts, _ONE_SIDED)[1] if attempts else None,
        "ways": {way: dict(counts) for way, counts in ways.items()},
        "stopped_by": dict(stopped),
        "stopped_by_one_alone": dict(alone),
        "accepted_films": {name: count for name, count in passed.items() if count},
    }


def _kept(out: Path | None, about: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Results of an earlier run with the same challenges, layers and weights. raises FileUnreadable"""
    if out is None or not out.exists():
        return {}
    try:
        document = json.loads(out.read_text(encoding="utf-8"))
    except (OSError, ValueError) as broken:
        raise FileUnreadable(f"{out.name}: {type(broken).__name__}") from broken
    same = all(document.get(name) == value for name, value in about.items())
    return dict(document["films"]) if same else {}


def _write(out: Path | None, document: Mapping[str, Any]) -> None:
    """Whole or not at all, so that a run that is killed goes on where it was."""
    if out is None:
        return
    part = out.with_suffix(".part")
    part.write_text(json.dumps(document, ensure_ascii=False, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    part.replace(out)


def _say(voice: Voice, document: Mapping[str, Any]) -> None:
    rows: list[tuple[str, ...]] = []
    for route, told in document["routes"].items():
        for way, counts in told["ways"].items():
            rows.append(
                (route, way, str(told["films"]), f"{counts.get('attempts', 0):,}", str(counts.get("accepted", 0)), "")
            )
        rows.append(
            (route, "all", str(told["films"]), f"{told['attempts']:,}", str(told["accepted"]), f"{told['upper']:.2%}")
        )
    voice.table(
        "films against random challenges", ("route", "shown", "films", "attempts", "accepted", "at most (95 %)"), rows
    )
    for route, told in document["routes"].items():
        words = ", ".join(f"{layer} {count:,}" for layer, count in sorted(told["stopped_by"].items()))
        voice.plain(f"{route}: in the way of a pass stood {words}")
