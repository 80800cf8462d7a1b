"""`auth-service ledger contacts/proxies/accommodations import`: what is arranged around people."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from auth_service.beneficiaries.arrangement_file import COLUMNS, REQUIRED
from auth_service.beneficiaries.arrangements import Topic
from auth_service.cli.records import RejectsOption, reject_path, say_refused
from auth_service.cli.speak import JsonFlag, speaking
from auth_service.connectors.tables import RejectWriter, open_table
from auth_service.settings import load_settings
from auth_service.wiring import Wiring

contacts = typer.Typer(no_args_is_help=True, help="How people are reached, beside the ledger's own columns.")
proxies = typer.Typer(no_args_is_help=True, help="Who may act for people; nobody passes for them.")
accommodations = typer.Typer(no_args_is_help=True, help="What makes it easier for people.")

FileArgument = Annotated[Path, typer.Argument(help="CSV or XLSX, headers in Chinese or English")]


@contacts.command("import")
def import_contacts(file: FileArgument, rejects: RejectsOption = None, as_json: JsonFlag = False) -> None:
    """Take in telephones, addresses and relatives of people in the ledger. Running it again changes nothing."""
    _import(Topic.CONTACT, file, rejects, as_json=as_json)


@proxies.command("import")
def import_proxies(file: FileArgument, rejects: RejectsOption = None, as_json: JsonFlag = False) -> None:
    """Take in guardians, agents and carers with the paper they act on. Running it again changes nothing."""
    _import(Topic.PROXY, file, rejects, as_json=as_json)


@accommodations.command("import")
def import_accommodations(file: FileArgument, rejects: RejectsOption = None, as_json: JsonFlag = False) -> None:
    """Take in who is bedridden, blind or deaf, has no smartphone, wants a visit or more time. Again changes nothing."""
    _import(Topic.ACCOMMODATION, file, rejects, as_json=as_json)


def _import(topic: Topic, file: Path, rejects: Path | None, *, as_json: bool) -> None:
    with speaking(as_json=as_json) as voice:
        wiring = Wiring(load_settings())
        wiring.store.check_schema()
        table = open_table(file, COLUMNS[topic], required=REQUIRED[topic])
        path = rejects or reject_path(wiring, file.stem)
        with RejectWriter(path, tuple(COLUMNS[topic])) as sink, voice.progress(f"{topic.value}s", None) as advance:
            report = wiring.import_arrangements.run(topic, table, sink, "cli", advance)
        voice.say(
            f"{report.rows} rows: {report.added} added, {report.changed} changed, {report.unchanged} unchanged, "
            f"[{'red' if report.refused else 'green'}]{report.refused} refused[/]"
        )
        if report.unknown_columns:
            voice.say("Columns kept aside, not understood: " + ", ".join(report.unknown_columns))
        say_refused(voice, report.refused_by_code, path)
        voice.result({**asdict(report), "rejects": str(path) if report.refused else None})
