"""From one face engine to another: `references reembed`, `references engines`, `references retire`."""

from __future__ import annotations

import os
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from auth_service.cli.speak import JsonFlag, Voice, speaking
from auth_service.connectors.rejects import RejectWriter
from auth_service.flows.reembed import ReembedReport, Retirement, Standing
from auth_service.settings import load_settings
from auth_service.wiring import Wiring

reembedding = typer.Typer(no_args_is_help=True)


@reembedding.command("reembed")
def reembed(
    engine: Annotated[str, typer.Option("--engine", help="the engine to come, one of `auth-service models list`")],
    jobs: Annotated[int, typer.Option(help="people read at the same time (default: one per core)", min=1)] = (
        os.cpu_count() or 1
    ),
    rejects: Annotated[Path | None, typer.Option(help="where unusable photos are named (default: beside home)")] = None,
    as_json: JsonFlag = False,
) -> None:
    """Make templates of another engine from the photos on record, while the service goes on with the present one.
    It may be stopped at any moment and run again; run it again right before the service starts with the new one."""
    with speaking(as_json=as_json) as voice:
        wiring = Wiring(load_settings())
        wiring.store.check_schema()
        reader = wiring.pool_of(engine, jobs)
        waiting = wiring.reembed.standing(wiring.identity, reader.identity).waiting
        stamp = wiring.clock.now().strftime("%Y%m%dT%H%M%S")
        path = rejects or wiring.settings.home / "rejects" / f"reembed-{stamp}.csv"
        with RejectWriter(path, ("person", "photo")) as sink, voice.progress("re-embedding", waiting) as advance:
            report = wiring.reembed.run(wiring.identity, reader, sink, advance, jobs)
        left = wiring.reembed.standing(wiring.identity, reader.identity)
        _say_made(voice, report, left, path)
        voice.result({**asdict(report), "waiting": left.waiting, "rejects": str(path) if report.refused else None})


@reembedding.command("engines")
def engines(
    engine: Annotated[str, typer.Option("--engine", help="the engine to come")] = "",
    as_json: JsonFlag = False,
) -> None:
    """What is on record for each engine, and who would be without a reference if another engine decided."""
    with speaking(as_json=as_json) as voice:
        wiring = Wiring(load_settings())
        wiring.store.check_schema()
        other = wiring.identity_of(engine) if engine else wiring.identity
        standing = wiring.reembed.standing(wiring.identity, other)
        rows = [
            (c.identity.engine, c.identity.weights_digest[:12], f"{c.people}", f"{c.templates}")
            for c in standing.engines
        ]
        voice.table("Engines on record", ("engine", "weights", "people", "templates"), rows)
        document: dict[str, Any] = {
            "in_use": wiring.identity.engine,
            "engines": [
                {"engine": c.identity.engine, "people": c.people, "templates": c.templates} for c in standing.engines
            ],
        }
        if engine:
            voice.say(f"{standing.waiting} people have references of {wiring.identity.engine} but none of {engine}.")
            document["waiting"] = standing.waiting
        voice.result(document)


@reembedding.command("retire")
def retire(
    engine: Annotated[str, typer.Argument(help="the engine that decides no more")],
    left_behind: Annotated[
        int, typer.Option(help="how many people you know to have references of this engine alone", min=0)
    ] = 0,
    despite_use: Annotated[
        bool, typer.Option("--despite-use", help="though attempts on record say that this engine still decides")
    ] = False,
    as_json: JsonFlag = False,
) -> None:
    """Destroy every template of an engine that the service no longer decides with. Cannot be undone."""
    with speaking(as_json=as_json) as voice:
        wiring = Wiring(load_settings())
        wiring.store.check_schema()
        if wiring.strict:
            wiring.check_calibration()  # nothing is destroyed for an engine that may not decide here yet
        change = Retirement(wiring.identity_of(engine), wiring.identity, left_behind, despite_use)
        destroyed = wiring.reembed.retire(change, "cli")
        voice.say(f"{destroyed} templates of {engine} are destroyed.")
        voice.result({"engine": engine, "destroyed": destroyed, "left_behind": left_behind})


def _say_made(voice: Voice, report: ReembedReport, left: Standing, path: Path) -> None:
    voice.say(f"{report.made} people got references of the new engine, from {report.photos} photos.")
    if report.refused:
        voice.say(f"{report.refused} photos cannot be used by it; they are named in {path}")
    if left.waiting:
        voice.say(f"[yellow]{left.waiting} people have none[/]: enrol them anew, or they will be sent to a counter.")
    else:
        voice.say("[green]✓[/] Nobody is left behind. Calibrate the new engine, then start the service with it.")
