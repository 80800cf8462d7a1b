"""`auth-service sweep`, `ledger evidence import`, `policy rehearse`, `outages`: who is due, and what says so."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from auth_service.beneficiaries.dates import parse_date
from auth_service.cli.records import RejectsOption, reject_path, say_refused
from auth_service.cli.speak import JsonFlag, Voice, speaking
from auth_service.connectors.policy_file import read_policy_file
from auth_service.connectors.tables import RejectWriter, open_table
from auth_service.core.document import told
from auth_service.core.errors import PolicyRefused
from auth_service.flows.rehearse import Rehearsal
from auth_service.qualification.event_file import EVENT_COLUMNS, EVENT_REQUIRED
from auth_service.settings import load_settings
from auth_service.wiring import Wiring

sweeping = typer.Typer(invoke_without_command=True)
evidence = typer.Typer(no_args_is_help=True, help="Events that show that somebody is there.")
rehearsing = typer.Typer()
outages = typer.Typer(no_args_is_help=True, help="Days on which people could not be served.")

_SHOWN = 20
"""Villages that are printed; all of them stand in --json."""


@sweeping.callback()
def sweep_command(
    context: typer.Context,
    as_of: Annotated[str, typer.Option("--as-of", help="a day that is over, YYYY-MM-DD; today when left out")] = "",
    as_json: JsonFlag = False,
) -> None:
    """Judge anew whoever may stand elsewhere than yesterday. It may be stopped at any moment and run again."""
    if context.invoked_subcommand is not None:
        return
    with speaking(as_json=as_json) as voice:
        wiring = Wiring(load_settings())
        day = parse_date(as_of, "as_of") if as_of else None
        with voice.progress("sweep", None) as advance:
            report = wiring.sweep.run(day, "cli", advance)
        found = wiring.sweep.progress(wiring.settings.sweep).states
        states = ", ".join(f"{state} {count:,}" for state, count in found.items())
        voice.both(
            f"{report.as_of}：查看 {report.judged:,} 人，{report.changed:,} 项待遇状态有变；{states}",
            f"{report.as_of}: {report.judged:,} people looked at, {report.changed:,} benefits changed; {states}",
        )
        voice.result({**asdict(report), "as_of": str(report.as_of), "states": found})


@sweeping.command("status")
def sweep_status(as_json: JsonFlag = False) -> None:
    """How far the newest sweep is, and whether the worker has one to do."""
    with speaking(as_json=as_json) as voice:
        wiring = Wiring(load_settings())
        found = wiring.sweep.progress(wiring.settings.sweep)
        newest, of = found.newest, ""
        if newest is None:
            voice.both("还没有扫描过。", "There has been no sweep yet.")
        else:
            of = f" / {found.people:,}" if newest.whole else ""
            ended = newest.finished_at is not None
            voice.both(
                f"{newest.as_of}：已查看 {newest.judged:,}{of} 人，{newest.changed:,} 项待遇状态有变；"
                + ("已完成" if ended else "进行中或被中断，会从停下处继续"),
                f"{newest.as_of}: {newest.judged:,}{of} people looked at, {newest.changed:,} benefits changed; "
                + ("finished" if ended else "going on, or cut short: it will go on where it stopped"),
            )
        if found.waits is not None:
            voice.both(f"待扫描：{found.waits}", f"to be swept by the worker: {found.waits}")
        told = None if newest is None else {
            "as_of": str(newest.as_of), "whole": newest.whole, "judged": newest.judged, "changed": newest.changed,
            "began_at": newest.began_at.isoformat(),
            "finished_at": newest.finished_at.isoformat() if newest.finished_at else None,
        }  # fmt: skip
        waits = str(found.waits) if found.waits else None
        voice.result({"newest": told, "people": found.people, "waits": waits, "states": found.states})


@evidence.command("import")
def import_evidence(
    file: Annotated[Path, typer.Argument(help="CSV or XLSX, headers in Chinese or English")],
    rejects: RejectsOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Take in events from data feeds, certificates of others and visits. Running it again changes nothing."""
    with speaking(as_json=as_json) as voice:
        wiring = Wiring(load_settings())
        wiring.store.check_schema()
        table = open_table(file, EVENT_COLUMNS, required=EVENT_REQUIRED)
        path = rejects or reject_path(wiring, file.stem)
        with RejectWriter(path, tuple(EVENT_COLUMNS)) as sink, voice.progress("events", None) as advance:
            report = wiring.import_events.run(table, sink, "cli", advance)
        voice.say(
            f"{report.rows} rows: {report.added} added, {report.unchanged} known already, {report.unknown} of people "
            f"who are not here, {report.unwanted} of people who want no data comparison, "
            f"[{'red' if report.refused else 'green'}]{report.refused} refused[/]"
        )
        say_refused(voice, report.refused_by_code, path)
        voice.result({**asdict(report), "rejects": str(path) if report.refused else None})


@rehearsing.command("rehearse")
def rehearse_command(
    file: Annotated[Path, typer.Argument(help="YAML file of policies")],
    starts_on: Annotated[str, typer.Option("--from", help="first day, YYYY-MM-DD; today when left out")] = "",
    on: Annotated[str, typer.Option("--on", help="the day to look at; the first day when left out")] = "",
    as_json: JsonFlag = False,
) -> None:
    """Say who would become due, late or open to a hold proposal under a policy, by village and tag; nothing is kept."""
    with speaking(as_json=as_json) as voice:
        wiring = Wiring(load_settings())
        found, problems = wiring.keep_policies.check(read_policy_file(file))
        if found is None:
            raise PolicyRefused(told(problems), field="document")
        days = [parse_date(text, name) if text else None for text, name in ((starts_on, "from"), (on, "on"))]
        with voice.progress("rehearsal", None) as advance:
            rehearsal = wiring.rehearse.run(found, days[0], days[1], advance)
        _tell(voice, rehearsal)
        voice.result(rehearsal.document())


@outages.command("add")
def add_outage(
    began_on: Annotated[str, typer.Option("--from", help="first day, YYYY-MM-DD")],
    ended_on: Annotated[str, typer.Option("--to", help="last day, YYYY-MM-DD")],
    reason: Annotated[str, typer.Option("--reason", help="what was away, in a few words")],
    as_json: JsonFlag = False,
) -> None:
    """Give back days on which people could not be served: due dates near them move with the next sweep."""
    with speaking(as_json=as_json) as voice:
        wiring = Wiring(load_settings())
        days = parse_date(began_on, "from"), parse_date(ended_on, "to")
        wiring.keep_outages.add(days, reason, "cli")
        voice.both("已登记，下次扫描时顺延到期日。", "Kept; the next sweep moves the due dates.")
        voice.result({"began_on": str(days[0]), "ended_on": str(days[1])})


def _tell(voice: Voice, found: Rehearsal) -> None:
    words = {
        "due_soon": ("即将到期", "due soon"),
        "overdue": ("逾期", "late"),
        "may_be_held": ("可提出暂缓", "open to a hold proposal"),
        "guarded": ("受重点照顾而不可提出", "late, kept from it by the guard"),
    }
    rows = [(f"{zh} / {en}", f"{found.before[word]:,}", f"{found.after[word]:,}") for word, (zh, en) in words.items()]
    voice.table(f"{found.on}, {found.benefits:,} benefits", ("", "now", "with this policy"), rows)
    for title, counts in (("By village, anew", found.by_village), ("By tag, anew", found.by_tag)):
        order = sorted(counts.items(), key=lambda item: (-item[1].total(), item[0]))
        lines = [(name, *(f"{count[word]:,}" for word in words)) for name, count in order]
        voice.table(title, ("", *words), lines[:_SHOWN])
