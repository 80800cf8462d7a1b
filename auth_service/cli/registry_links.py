"""`auth-service registry compare`, `findings` and `disprove`: whom the rows of other offices may mean."""

from __future__ import annotations

import codecs
import os
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from auth_service.cli.registry import By
from auth_service.cli.signing_in import PasswordStdin, signed_in
from auth_service.cli.speak import JsonFlag, Voice, speaking
from auth_service.connectors.export_file import csv_file
from auth_service.core.errors import StorageFault
from auth_service.flows.compare_registry import CompareReport
from auth_service.flows.list_links import LinkList
from auth_service.settings import load_settings
from auth_service.storage.unit import BatchState
from auth_service.wiring import Wiring

linking = typer.Typer()

COLUMNS = ("source_row", "beneficiary_key", "strength", "rule")
"""source: contract.md section 3"""


@linking.command("compare")
def compare_command(as_json: JsonFlag = False) -> None:
    """Compare what came in with everybody in the ledger, and put what was found before people. It may be stopped at any
    moment and run again; no payment is ever touched."""
    with speaking(as_json=as_json) as voice:
        wiring = Wiring(load_settings())
        wiring.store.check_schema()
        report = _compared(wiring, voice)
        _tell(voice, report)
        seconds = {"ledger_seconds": round(report.ledger_seconds, 3), "seconds": round(report.seconds, 3)}
        voice.result({**asdict(report.counts), **seconds})


@linking.command("findings")
def findings_command(
    batch: Annotated[str, typer.Option("--batch", help="as `registry batches` names it")],
    out: Annotated[Path, typer.Option("--out", help="CSV to write: source_row, beneficiary_key, strength, rule")],
    as_json: JsonFlag = False,
) -> None:
    """Write down whom the rows of one file may mean, after comparing what was not compared yet. A file in quarantine
    speaks of nobody. People are named by the ledger's own key, never by an ID number."""
    with speaking(as_json=as_json) as voice:
        wiring = Wiring(load_settings())
        wiring.store.check_schema()
        compared = _compared(wiring, voice)
        found = wiring.list_links.run(batch, "cli")
        _write(out, found)
        strong = sum(line.strength == "strong" for line in found.lines)
        weak = len(found.lines) - strong
        if found.state not in {BatchState.CLEARED, BatchState.RELEASED}:
            voice.both(
                "[yellow]这批数据未生效，不涉及任何人。[/]", "[yellow]The batch does not count: it tells nothing.[/]"
            )
        if found.emptied:
            voice.say(f"{found.emptied} older findings are left out: their rows are kept no longer.")
        voice.both(f"强 {strong}，弱 {weak}，已写入 {out}", f"{strong} strong, {weak} weak, written to {out}")
        document = {"batch": batch, "state": found.state.value, "out": str(out), "strong": strong, "weak": weak}
        findings = [
            {"finding": line.link_id, "source_row": line.source_row, "beneficiary_key": line.person_key,
             "strength": line.strength.value, "rule": line.rule}
            for line in found.lines
        ]  # fmt: skip
        voice.result({**document, "emptied": found.emptied, "compared": compared.counts.rows, "findings": findings})


@linking.command("disprove")
def disprove_command(
    finding: Annotated[str, typer.Argument(help="as a flag, or `registry findings --json`, names it")],
    by: By,
    reason: Annotated[str, typer.Option("--reason", help="what was seen; kept with the finding")],
    password_stdin: PasswordStdin = False,
    as_json: JsonFlag = False,
) -> None:
    """Say, as a monitor who has looked, that a row does not mean this person: it is not raised again."""
    with speaking(as_json=as_json) as voice:
        wiring = Wiring(load_settings())
        with signed_in(wiring, by, stdin=password_stdin) as member:
            link = wiring.disprove_link.run(finding, reason, member)
        voice.both("已记录：不是此人，不再提示。", "Noted: it means somebody else, and is not raised again.")
        voice.result({"finding": link.id, "state": link.state.value, "rule": link.finding.rule})


def _compared(wiring: Wiring, voice: Voice) -> CompareReport:
    with voice.progress("people and rows", None) as advance:
        return wiring.compare_registry.run(lambda _, count: advance(count), "cli")


def _tell(voice: Voice, report: CompareReport) -> None:
    counts = report.counts
    if not counts.people:
        voice.both("没有需要比对的新数据。", "Nothing new to compare.")
    else:
        voice.both(
            f"{counts.rows} 行与台账 {counts.people} 人比对：强 {counts.strong}，弱 {counts.weak}，"
            f"撤回 {counts.withdrawn}。",
            f"{counts.rows} rows compared with {counts.people} people: {counts.strong} strong, {counts.weak} weak,"
            f" {counts.withdrawn} withdrawn.",
        )
    if counts.flags:
        voice.both(f"新增疑点 {counts.flags} 条，由人核实。", f"{counts.flags} flags raised, for people to look at.")


def _write(out: Path, found: LinkList) -> None:
    """Without the mark at its beginning that spreadsheets like: programs read this file. raises StorageFault"""
    rows = [COLUMNS, *((one.source_row, one.person_key, one.strength.value, one.rule) for one in found.lines)]
    try:
        with os.fdopen(os.open(out, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(csv_file(rows).removeprefix(codecs.BOM_UTF8))
    except OSError as error:
        raise StorageFault(f"{out} cannot be written") from error
