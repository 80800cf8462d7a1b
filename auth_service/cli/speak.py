"""How commands speak: to a person on a terminal, or as one JSON document on stdout and nothing else."""

from __future__ import annotations

import json
import locale
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from auth_service.core.errors import ServiceError

JsonFlag = Annotated[bool, typer.Option("--json", help="print one JSON document on stdout and nothing else")]


def language() -> str:
    """`zh` or `en`, from the terminal's locale; errors are told in both."""
    wanted = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""
    return "zh" if wanted.lower().startswith("zh") or (locale.getlocale()[0] or "").startswith("zh") else "en"


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

    def plain(self, text: str) -> None:
        """A line without markup, such as a QR code or data."""
        if not self.as_json:
            self._out.print(text, markup=False)

    def table(self, title: str, columns: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> None:
        """A table for a person."""
        if self.as_json:
            return
        table = Table(title=title, title_justify="left")
        for column in columns:
            table.add_column(column, overflow="fold")
        for row in rows:
            table.add_row(*row)
        self._out.print(table)

    def result(self, document: Mapping[str, Any]) -> None:
        """The JSON document; printed once, at the end."""
        self._document = document

    def error(self, error: ServiceError) -> None:
        """What went wrong, with its code, in both languages."""
        if self.as_json:
            self._document = {"error": error_document(error)}
            return
        where = f" [{error.field}]" if error.field else ""
        self._err.print(f"[bold red]{error.code}[/]{where}  {error.zh}\n  {error.en}")
        if error.detail:
            self._err.print(f"  {error.detail}", markup=False)

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
