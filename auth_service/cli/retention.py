"""Retention: what is kept how long, and what is due."""

from __future__ import annotations

from typing import Annotated

import typer

from auth_service.cli.speak import JsonFlag, speaking
from auth_service.core.retention import RULES, days_of, markdown, period_of
from auth_service.settings import load_settings
from auth_service.wiring import Wiring

retention_app = typer.Typer(no_args_is_help=True, help="How long records are kept (docs/compliance/retention.md).")


@retention_app.command("run")
def run(
    dry_run: Annotated[bool, typer.Option(help="say what is due and remove nothing")] = False,
    all_orphans: Annotated[
        bool, typer.Option("--all-orphans", help="set photo files without a record aside however many they are")
    ] = False,
    as_json: JsonFlag = False,
) -> None:
    """Remove what has been kept long enough. The worker does it daily; running it again changes nothing."""
    with speaking(as_json=as_json) as voice:
        wiring = Wiring(load_settings())
        wiring.store.check_schema()
        with voice.progress("records", None) as advance:
            found = wiring.retain.run(dry_run=dry_run, actor="cli", progress=advance, all_orphans=all_orphans)
        for kind, count in found.removed.items():
            if count:
                voice.say(f"  {count:>8,}  {kind}" + (" due" if dry_run else " removed"))
        left = sum(found.overdue.values())
        if not found.total:
            voice.say("Nothing is due.")
        elif not dry_run:
            voice.say(f"{left:,} overdue after the run")
        voice.result({"dry_run": dry_run, "removed": dict(found.removed), "overdue": dict(found.overdue)})
        wiring.store.close()


@retention_app.command("show")
def show(
    as_markdown: Annotated[bool, typer.Option("--markdown", help="the table of docs/compliance/retention.md")] = False,
    as_json: JsonFlag = False,
) -> None:
    """The periods in force here, and from when they count."""
    with speaking(as_json=as_json) as voice:
        policy = load_settings().retention
        if as_markdown:
            voice.plain(markdown(policy))
        else:
            rows = [(rule.kind, period_of(rule, policy), rule.starts, rule.ends) for rule in RULES]
            voice.table("Retention", ("kind", "days", "counted from", "then"), rows)
        voice.result(
            {
                "rules": [
                    {
                        "kind": rule.kind,
                        "records": rule.records,
                        "days": days_of(rule, policy),
                        "hours": rule.hours,
                        "counted_from": rule.starts,
                        "then": rule.ends,
                        "source": rule.source,
                    }
                    for rule in RULES
                ]
            }
        )
