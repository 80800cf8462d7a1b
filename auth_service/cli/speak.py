"""How commands speak: to a person on a terminal, or as one JSON document on stdout and nothing else."""

from __future__ import annotations

import json
import locale
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.measure import Measurement
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from auth_service.core.clock import AGENCY_ZONE
from auth_service.core.errors import ServiceError

_WIDEST = 10_000
"""Columns: wider than any table, so that measuring one tells what it would like to have."""

JsonFlag = Annotated[bool, typer.Option("--json", help="print one JSON document on stdout and nothing else")]


def language() -> str:
    """`zh` or `en`, from the terminal's locale; errors are told in both."""
    wanted = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""
    return "zh" if wanted.lower().startswith("zh") or (locale.getlocale()[0] or "").startswith("zh") else "en"


def minute(instant: datetime) -> str:
    """`2026-11-23 18:40` in the agency's zone, as people say it; JSON keeps the whole instant."""
    return instant.astimezone(AGENCY_ZONE).strftime("%Y-%m-%d %H:%M")


class Voice:
    """Where a command says what it found. In JSON mode only `result` and `error` reach stdout."""

    def __init__(self, *, as_json: bool) -> None:
        self.as_json = as_json
        self.zh = language() == "zh"
        self._out = Console(highlight=False, soft_wrap=True)
        self._err = Console(stderr=True, highlight=False)
        self._document: Mapping[str, Any] | None = None

    def say(self, text: str) -> None:
        """A line for a person (rich markup allowed)."""
        if not self.as_json:
            self._out.print(text)

    def both(self, zh: str, en: str, *, indent: str = "") -> None:
        """One statement in Chinese and in English, each on a line of its own, as errors are told (markup allowed)."""
        self.say(f"{indent}{zh}\n{indent}  {en}")

    def plain(self, text: str) -> None:
        """A line without markup, such as a QR code or data."""
        if not self.as_json:
            self._out.print(text, markup=False)

    def table(self, title: str, columns: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> None:
        """A table for a person where it fits, else each row as a block; no cell is ever broken in the middle.

        Where stdout is no terminal, one row a line with tabs between the cells, so that grep, cut and awk find them.
        """
        if self.as_json:
            return
        if not self._out.is_terminal:
            lines = [title, *("\t".join(" ".join(cell.split()) for cell in row) for row in (columns, *rows))]
            self._out.file.write("\n".join(lines) + "\n")
            return
        table = Table(title=Text(title), title_justify="left")
        for column in columns:
            table.add_column(column, no_wrap=True)
        for row in rows:
            table.add_row(*(Text(cell) for cell in row))
        options = self._out.options
        if Measurement.get(self._out, options.update(max_width=_WIDEST), table).maximum <= options.max_width:
            self._out.print(table)
        else:
            self._blocks(title, columns, rows)

    def _blocks(self, title: str, columns: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> None:
        self._out.print(Text(title, style="italic"))
        for first, *rest in rows:
            self._out.print(Text(first, style="bold"))
            for column, cell in zip(columns[1:], rest, strict=True):
                self._out.print(Text(f"    {column}: {cell}"))

    def result(self, document: Mapping[str, Any]) -> None:
        """The JSON document; printed once, at the end."""
        self._document = document

    def error(self, error: ServiceError) -> None:
        """What went wrong, with its code, in both languages."""
        if self.as_json:
            self._document = {"error": error_document(error)}
            return
        where = escape(f" [{error.field}]") if error.field else ""
        self._err.print(f"[bold red]{error.code}[/]{where}  {error.zh}\n  {error.en}", soft_wrap=True)
        if error.detail:
            self._err.print(f"  {error.detail}", markup=False, soft_wrap=True)

    def finish(self) -> None:
        if self.as_json and self._document is not None:
            sys.stdout.write(json.dumps(self._document, ensure_ascii=False, indent=2, allow_nan=False) + "\n")

    @contextmanager
    def progress(self, title: str, total: int | None) -> Iterator[Any]:
        """A bar on stderr; gives a function that takes how many more are done."""
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        with Progress(*columns, console=self._err, transient=True, disable=not self._err.is_terminal) as bar:
            task = bar.add_task(title, total=total)
            yield lambda done: bar.advance(task, done)


@contextmanager
def speaking(*, as_json: bool) -> Iterator[Voice]:
    """A command's frame: errors of the service become coded messages and exit status 1."""
    voice = Voice(as_json=as_json)
    try:
        yield voice
    except ServiceError as error:
        voice.error(error)
        raise typer.Exit(1) from error
    finally:
        voice.finish()


def error_document(error: ServiceError) -> dict[str, Any]:
    """An error as JSON: the same keys as over HTTP."""
    document = {"code": error.code, "titles": {"zh": error.zh, "en": error.en}, "retryable": error.retryable}
    if error.detail:
        document["detail"] = error.detail
    if error.field:
        document["field"] = error.field
    return document
