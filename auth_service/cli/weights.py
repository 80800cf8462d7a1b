"""Weights: list, install, verify. Nothing else ever fetches anything."""

from __future__ import annotations

from typing import Annotated

import typer

from auth_service.cli.speak import JsonFlag, speaking
from auth_service.engines.install import install
from auth_service.engines.weights import list_weights, verify
from auth_service.settings import load_settings

models = typer.Typer(no_args_is_help=True, help="Weights: list, install, verify.")


@models.command("list")
def list_models(as_json: JsonFlag = False) -> None:
    """Every entry of the manifest with its licence and state."""
    with speaking(as_json=as_json) as voice:
        found = list_weights(load_settings().models)
        voice.table(
            "Weights",
            ("name", "role", "state", "licence", "source"),
            [(s.entry.name, s.entry.role, s.state.value, s.entry.licence, s.entry.source) for s in found],
        )
        voice.result(
            {
                "weights": [
                    {
                        "name": s.entry.name,
                        "role": s.entry.role,
                        "state": s.state.value,
                        "sha256": s.entry.sha256,
                        "licence": s.entry.licence,
                        "source": s.entry.source,
                        "optional": s.entry.optional,
                    }
                    for s in found
                ]
            }
        )


@models.command("install")
def install_model(
    name: Annotated[str, typer.Argument(help="a name from `auth-service models list`")],
    source: Annotated[str | None, typer.Option("--from", help="folder, file, or http(s)/file URL")] = None,
    as_json: JsonFlag = False,
) -> None:
    """Put weights in place; resumable; a wrong digest is refused and nothing is left behind."""
    with speaking(as_json=as_json) as voice, voice.progress(f"installing {name}", None) as advance:
        last = 0

        def report(done: int, expected: int | None) -> None:
            nonlocal last
            advance(done - last)
            last = done
            del expected

        path = install(name, source, models_dir=load_settings().models, progress=report)
        voice.say(f"{name}: {path}")
        voice.result({"name": name, "path": str(path)})


@models.command("verify")
def verify_models(as_json: JsonFlag = False) -> None:
    """Check every installed file against its pinned digest."""
    with speaking(as_json=as_json) as voice:
        found = verify(load_settings().models)
        for status in found:
            voice.say(f"{status.entry.name}: {status.state.value}")
        voice.result({"weights": {status.entry.name: status.state.value for status in found}})
