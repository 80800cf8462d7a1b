"""`auth-service kiosk simulate`: a kiosk for trying things out, which also does on purpose what goes wrong."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from itertools import cycle, islice
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

import typer

from auth_service.cli.kiosk_client import NoLine
from auth_service.cli.kiosk_faults import MODES, Bench
from auth_service.cli.kiosk_queue import Memory, Terminal
from auth_service.cli.speak import JsonFlag, Voice, speaking
from auth_service.core.errors import FieldInvalid, FileUnreadable, Unavailable

simulating = typer.Typer()
_PICTURES, _FILMS = {".jpg", ".jpeg", ".png"}, {".mp4", ".webm", ".mov", ".avi"}
_LONGEST_FILM = (0, 20_000)
"""Milliseconds of a film that are looked at. source: capture.steps.StepPolicy.longest_ms"""
Mode = StrEnum("Mode", list(MODES))  # type: ignore[misc]


@simulating.command("simulate")
def simulate(
    modes: Annotated[list[Mode], typer.Argument(help="what it does, one after the other; fork and clone end its use")],
    site: Annotated[str, typer.Option(help="the service's public address, AUTH_SERVICE_PUBLIC_URL")],
    memory: Annotated[Path, typer.Option(help="folder of its key and queue; made where there is none")],
    pictures: Annotated[Path, typer.Option(help="folder: neutral.*, turn_left.* ..., flash.*; else all in turn")],
    people: Annotated[Path, typer.Option(help="file with one ID number in each line; nothing of it is shown")],
    records: Annotated[int, typer.Option(min=1, help="captures without a line of each mode")] = 10,
    drop_seconds: Annotated[float, typer.Option(min=0.01, help="the line holds for so many seconds")] = 2.0,
    down_seconds: Annotated[float, typer.Option(min=0.0, help="and is down for so many")] = 0.5,
    address: Annotated[str, typer.Option(help="URL to connect to, where that is another than the site")] = "",
    code_stdin: Annotated[bool, typer.Option("--code-stdin", help="read the one-time code from stdin")] = False,
    seed: Annotated[int | None, typer.Option(help="for the same order and pauses again")] = None,
    as_json: JsonFlag = False,
) -> None:
    """Act as a kiosk, and tell what the service answered."""
    with speaking(as_json=as_json) as voice, _line_told(site):
        terminal = _terminal(Memory(memory), site, address, code_stdin=code_stdin)
        bench = Bench(
            terminal, _Camera(pictures), _numbers(people), records, (drop_seconds, down_seconds),
            chance=random.Random(seed),  # noqa: S311 - pauses and orders, nothing that has to be secret
        )  # fmt: skip
        told = [_run(voice, bench, mode) for mode in modes]
        voice.result({"device_id": terminal.memory.device_id, "modes": told})


@contextmanager
def _line_told(site: str) -> Iterator[None]:
    """raises Unavailable: there is no line where one is needed; FieldInvalid: no address"""
    if urlsplit(site).scheme not in {"http", "https"}:
        raise FieldInvalid("https://...", field="site")
    try:
        yield
    except NoLine as lost:
        raise Unavailable(f"{site}: {lost}") from lost


def _terminal(memory: Memory, site: str, address: str, *, code_stdin: bool) -> Terminal:
    """Enrolled, where it is not yet. raises NoLine, Unavailable, FieldInvalid: it has no place, and no code helps"""
    terminal = Terminal(memory, site, {}, address)
    text = terminal.line.send("GET", "/v1/texts/kiosk_consent/current?lang=zh", {}, b"")
    if text.status != 200:
        raise Unavailable(f"kiosk_consent: {text.word}")
    terminal.consent = {"version": text.told["version"], "language": text.told["language"]}
    if not memory.device_id:
        code = typer.get_text_stream("stdin").readline() if code_stdin else typer.prompt("登记码 code", hide_input=True)
        answer = terminal.enrol(code.strip())
        if answer.status != 201:
            refused = f"{answer.word} {answer.told.get('detail', '')}".strip()
            raise FieldInvalid(refused, field="code" if answer.status == 403 else "site")
    return terminal


def _run(voice: Voice, bench: Bench, mode: str) -> dict[str, Any]:
    bench.told.clear()
    with voice.progress(mode, None) as done:
        bench.done = done
        MODES[mode](bench)
    rows = [(step, word, str(times)) for (step, word), times in bench.told.items()]
    voice.table(mode, ("step", "answer", "times"), rows)
    answers = [{"step": step, "answer": word, "times": times} for (step, word), times in bench.told.items()]
    return {"mode": str(mode), "answers": answers}


def _numbers(path: Path) -> list[str]:
    """raises FileUnreadable: there is nobody in it"""
    try:
        found = [line.strip() for line in path.read_text(encoding="utf-8-sig").splitlines() if line.strip()]
    except (OSError, UnicodeDecodeError) as wrong:
        raise FileUnreadable(path.name) from wrong
    if not found:
        raise FileUnreadable(f"{path.name}: no ID number")
    return found


class _Camera:
    """Shows what lies in a folder: the picture or film named after what is asked, else all others in turn."""

    def __init__(self, folder: Path) -> None:
        """raises FileUnreadable: there is nothing in it that can be shown"""
        self._shown: dict[str, Sequence[bytes]] = {}
        for path in sorted(folder.iterdir() if folder.is_dir() else ()):
            if path.suffix.lower() in _PICTURES | _FILMS:
                self._shown[path.stem] = _frames(path)
        if not self._shown:
            raise FileUnreadable(f"{folder.name}: no picture and no film")

    def __call__(self, asked: str, count: int) -> list[bytes]:
        every = [one for shown in self._shown.values() for one in shown]
        return list(islice(cycle(self._shown.get(asked, every)), count))


def _frames(path: Path) -> Sequence[bytes]:
    from auth_service.engines.presentations import film_frames, frame_of  # noqa: PLC0415 - heavy, for this alone

    if path.suffix.lower() in _PICTURES:
        return [frame_of(path)]
    return [frame.data for frame in film_frames(path, [_LONGEST_FILM])]
