"""`auth-service ledger payments`: what was paid, by entitlement month."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from auth_service.cli.records import RejectsOption, reject_path, say_refused
from auth_service.cli.speak import JsonFlag, speaking
from auth_service.connectors.tables import RejectWriter, open_table
from auth_service.payments.rows import PAYMENT_COLUMNS
from auth_service.settings import load_settings
from auth_service.wiring import Wiring

payments = typer.Typer(no_args_is_help=True, help="Payment rows by entitlement month (发放明细).")


@payments.command("import")
def import_payments(
    file: Annotated[Path, typer.Argument(help="CSV or XLSX, headers in Chinese or English")],
    rejects: RejectsOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Check every row, store the good ones, write the others with their reason. Running it again adds nothing."""
    with speaking(as_json=as_json) as voice:
        wiring = Wiring(load_settings())
        wiring.store.check_schema()
        table = open_table(file, PAYMENT_COLUMNS, required=tuple(PAYMENT_COLUMNS))
        path = rejects or reject_path(wiring, file.stem)
        with RejectWriter(path, tuple(PAYMENT_COLUMNS)) as sink, voice.progress("payments", None) as advance:
            report = wiring.import_payments.run(table, sink, "cli", advance)
        voice.say(
            f"{report.rows} rows: {report.added} added, {report.unchanged} unchanged, "
            f"[{'red' if report.refused else 'green'}]{report.refused} refused[/]"
        )
        if report.unknown_columns:
            voice.say("Columns kept aside, not understood: " + ", ".join(report.unknown_columns))
        say_refused(voice, report.refused_by_code, path)
        voice.result({**asdict(report), "rejects": str(path) if report.refused else None})
