"""`auth-service demo`: the main job on two real faces, told step by step. Nothing it says is written beforehand."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path
from typing import Annotated

import typer

from auth_service.cli.demo_story import Step, Story
from auth_service.cli.speak import JsonFlag, Voice, speaking
from auth_service.connectors.secret_files import private_folder
from auth_service.core.errors import ServiceError, SettingInvalid
from auth_service.engines.catalogue import DEFAULT_ENGINE
from auth_service.settings import Profile, Settings, load_settings
from auth_service.wiring import Wiring

demonstration = typer.Typer()

_MARK = "this-is-a-demo"
"""File that marks a home as one that the demo made, and may empty."""
_KEPT = frozenset({_MARK, "cache"})
"""Survives from one demo to the next: the recogniser converted to ONNX, which takes seconds."""
_COLOURS = {"qualified": "green", "retry": "yellow", "refer": "yellow", "refused": "yellow", "waiting": "yellow"}


@demonstration.command("demo")
def demo(
    home: Annotated[Path, typer.Option(help="folder for the demo's database and keys; emptied first")] = Path(
        "var/demo"
    ),
    as_json: JsonFlag = False,
) -> None:
    """Enrol two public-domain portraits, verify, certify, flag. Exit 1 when anything comes out otherwise."""
    with speaking(as_json=as_json) as voice:
        started = time.perf_counter()
        clean_slate(home)
        wiring = Wiring(demo_settings(home))
        story, steps = Story(wiring), []
        error: ServiceError | None = None
        try:
            for step in story.play():
                steps.append(step)
                _tell(voice, len(steps), step)
        except ServiceError as fault:
            error = fault
            voice.error(fault)
        finally:
            wiring.store.close()
        succeeded = error is None and all(step.as_expected for step in steps)
        seconds = time.perf_counter() - started
        _close(voice, story, steps, seconds) if succeeded else _apologise(voice, steps)
        voice.result(
            {
                "ok": succeeded,
                "seconds": round(seconds, 2),
                "home": str(home.absolute()),
                "sign_in": {"username": "monitor", "password": story.password},
                "error": error.code if error else None,
                "steps": [_document(number, step) for number, step in enumerate(steps, start=1)],
            }
        )
        if not succeeded:
            raise typer.Exit(1)


def demo_settings(home: Path) -> Settings:
    """Only the demo's own home, whatever the environment says: an operator's database must not be told stories."""
    return load_settings(
        home=home, database_url="", profile=Profile.DEVELOPMENT, engine=DEFAULT_ENGINE, readers=1, workers=1
    )


def clean_slate(home: Path) -> None:
    """Empties a home that a demo made before. raises SettingInvalid: the folder holds something else"""
    if home.exists() and not (home / _MARK).exists() and (not home.is_dir() or any(home.iterdir())):
        raise SettingInvalid(f"{home} is not a folder that the demo made; choose another with --home")
    private_folder(home)
    (home / _MARK).touch()
    for entry in home.iterdir():
        if entry.name in _KEPT:
            continue
        shutil.rmtree(entry) if entry.is_dir() and not entry.is_symlink() else entry.unlink()
    (home / "input").mkdir()


def _tell(voice: Voice, number: int, step: Step) -> None:
    title, told = (step.title[0], step.told[0]) if voice.zh else (step.title[1], step.told[1])
    mark = "[green]✓[/]" if step.as_expected else "[bold red]✗[/]"
    voice.say(f"{mark} [bold]{number:>2} {title}[/]  [{_COLOURS.get(step.outcome, 'cyan')}]{step.outcome}[/]")
    voice.say(f"     {told}")
    if not step.as_expected:
        voice.say(f"     [red]expected {dict(step.expected)}, found {dict(step.found)}[/]")
    for line in step.drawn:
        voice.say(f"     [white on black]{line}[/]")


def _close(voice: Voice, story: Story, steps: list[Step], seconds: float) -> None:
    home = story.wiring.settings.home
    serve = f"AUTH_SERVICE_HOME={home} {'make' if 'MAKELEVEL' in os.environ else 'auth-service'} serve"
    if voice.zh:
        voice.say(f"[green]{len(steps)} 步全部符合预期[/]，用时 {seconds:.1f} 秒。接下来：")
        voice.say(f"  看疑点   [cyan]{serve}[/]，打开 http://127.0.0.1:8000/console")
        voice.say(f"           账号 [cyan]monitor[/]  密码 [cyan]{story.password}[/]（只显示这一次）")
        voice.say("  看代码   README.md“Follow one capture”")
    else:
        voice.say(f"[green]All {len(steps)} steps came out as they should[/], in {seconds:.1f} s. Where to look next:")
        voice.say(f"  the flags   [cyan]{serve}[/], then http://127.0.0.1:8000/console")
        voice.say(f"              user [cyan]monitor[/]  password [cyan]{story.password}[/] (shown only now)")
        voice.say("  the code    README.md, “Follow one capture”")


def _apologise(voice: Voice, steps: list[Step]) -> None:
    wrong = sum(not step.as_expected for step in steps)
    zh = f"演示没有成功：{len(steps)} 步中 {wrong} 步与预期不符。运行 auth-service doctor 查看缺少什么。"
    en = f"The demo failed: {wrong} of {len(steps)} steps came out otherwise. `auth-service doctor` says what lacks."
    voice.say(f"[bold red]{zh if voice.zh else en}[/]")


def _document(number: int, step: Step) -> dict[str, object]:
    return {
        "number": number,
        "title": {"zh": step.title[0], "en": step.title[1]},
        "told": {"zh": step.told[0], "en": step.told[1]},
        "outcome": step.outcome,
        "expected": dict(step.expected),
        "found": dict(step.found),
        "ok": step.as_expected,
    }
