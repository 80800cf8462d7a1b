"""`auth-service proposals`: acts on money that wait, their files to the paying agency, its answers, and the sums."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from auth_service.cli.payments import payments
from auth_service.cli.records import RejectsOption, reject_path, say_refused
from auth_service.cli.signing_in import PasswordStdin, signed_in
from auth_service.cli.speak import JsonFlag, minute, speaking
from auth_service.connectors.payment_files import check_manifest
from auth_service.connectors.tables import RejectWriter, open_table
from auth_service.core.errors import FieldInvalid, FileUnreadable
from auth_service.payments.instructions import ANSWER_COLUMNS, ANSWER_REQUIRED
from auth_service.payments.proposals import Verdict
from auth_service.settings import load_settings
from auth_service.storage.queries import ProposalFilter, ProposalLine
from auth_service.wiring import Wiring

proposals = typer.Typer(no_args_is_help=True, help="Acts on money: proposals, files to the paying agency, answers.")
_STATES = ("waiting", *(verdict.value for verdict in Verdict), "all")
ByOption = Annotated[str, typer.Option("--by", help="user name of the checker; their password is asked for")]
NoteOption = Annotated[str, typer.Option(help="in your words; no ID numbers")]


@proposals.command("list")
def list_proposals(
    state: Annotated[str, typer.Option(help=", ".join(_STATES))] = "waiting",
    region: Annotated[str | None, typer.Option(help="region code, or the beginning of one")] = None,
    as_json: JsonFlag = False,
) -> None:
    """List acts on money, the longest waiting first."""
    with speaking(as_json=as_json) as voice:
        if state not in _STATES:
            raise FieldInvalid(", ".join(_STATES), field="state")
        queries = Wiring(load_settings()).store.queries
        rows: list[ProposalLine] = []
        cursor: str | None = None
        while True:
            page = queries.proposals(
                ProposalFilter(None if state == "all" else state, region=region), cursor, limit=200
            )
            rows += page.rows
            cursor = page.next_cursor
            if cursor is None:
                break
        told = ("id", "act", "benefit", "person_key", "month", "amount", "ground", "state", "proposed")
        lines = [
            (r.id, r.act.value, r.benefit.value, r.person.person_key, r.month, str(r.amount or ""), r.ground.value,
             r.state, minute(r.proposed_at))
            for r in rows
        ]  # fmt: skip
        voice.table("Acts on money", told, lines)
        voice.result({"proposals": [dict(zip(told, line, strict=True)) for line in lines]})


@proposals.command("approve")
def approve(
    proposal_id: str,
    by: ByOption,
    note: NoteOption = "",
    password_stdin: PasswordStdin = False,
    as_json: JsonFlag = False,
) -> None:
    """Approve what somebody else proposed. It counts at once."""
    _decide(proposal_id, by, note, Verdict.APPROVED, stdin=password_stdin, as_json=as_json)


@proposals.command("return")
def give_back(
    proposal_id: str,
    by: ByOption,
    note: NoteOption = "",
    password_stdin: PasswordStdin = False,
    as_json: JsonFlag = False,
) -> None:
    """Return it to whoever proposed it. Nothing happens."""
    _decide(proposal_id, by, note, Verdict.RETURNED, stdin=password_stdin, as_json=as_json)


def _decide(proposal_id: str, by: str, note: str, verdict: Verdict, *, stdin: bool, as_json: bool) -> None:
    with speaking(as_json=as_json) as voice:
        wiring = Wiring(load_settings())
        wiring.store.check_schema()
        flow = wiring.decide_proposal
        with signed_in(wiring, by, stdin=stdin) as member:
            act = flow.approve if verdict is Verdict.APPROVED else flow.give_back_to_maker
            decision = act(proposal_id, note, member)
        voice.say(f"[green]✓[/] {decision.verdict.value}")
        voice.result({"id": proposal_id, "verdict": decision.verdict.value})


@proposals.command("send")
def send(
    out: Annotated[Path, typer.Option(help="folder for the CSV and its signed manifest")],
    as_json: JsonFlag = False,
) -> None:
    """Write what is approved and not sent into a file for the paying agency, each act once."""
    with speaking(as_json=as_json) as voice:
        wiring = Wiring(load_settings())
        wiring.store.check_schema()
        sent = wiring.send_payments(out).run("cli")
        if sent is None:
            voice.say("Nothing is approved that was not sent.")
        else:
            voice.say(f"[green]✓[/] {sent.rows} acts in {sent.path}, sha256 {sent.digest}")
        voice.result({"sent": asdict(sent) if sent else None})


@proposals.command("check-file")
def check_file(
    file: Annotated[Path, typer.Argument(help="the CSV; its manifest lies beside it")], as_json: JsonFlag = False
) -> None:
    """Check a file's manifest: who signed it, and whether the file is the one that was signed."""
    with speaking(as_json=as_json) as voice:
        try:
            content, manifest = file.read_bytes(), file.with_suffix(".manifest.json").read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise FileUnreadable(f"{file.name!r} or its manifest cannot be read") from error
        found = check_manifest(manifest, content, Wiring(load_settings()).key_choice.public_keys.all())
        voice.say(f"[green]✓[/] {found['rows']} acts, made {found['made_at']}, signed by {found['key_id']}")
        voice.result(found)


@proposals.command("answers")
def import_answers(
    file: Annotated[Path, typer.Argument(help="CSV or XLSX from the paying agency")],
    rejects: RejectsOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Take in what the paying agency did, line by line. Running it again changes nothing."""
    with speaking(as_json=as_json) as voice:
        wiring = Wiring(load_settings())
        wiring.store.check_schema()
        table = open_table(file, ANSWER_COLUMNS, required=ANSWER_REQUIRED)
        path = rejects or reject_path(wiring, file.stem)
        with RejectWriter(path, tuple(ANSWER_COLUMNS)) as sink, voice.progress("answers", None) as advance:
            report = wiring.send_payments(file.parent).import_answers(table, sink, "cli", advance)
        voice.say(f"{report.rows} lines: {report.added} new, {report.unchanged} known, {report.refused} refused")
        say_refused(voice, report.refused_by_code, path)
        voice.result({**asdict(report), "rejects": str(path) if report.refused else None})


@proposals.command("reconcile")
def reconcile(
    days: Annotated[int, typer.Option(help="an answer is late after so many days", min=1)] = 7,
    as_json: JsonFlag = False,
) -> None:
    """What was approved against what was answered and paid. Exit 1 when something does not agree."""
    with speaking(as_json=as_json) as voice:
        wiring = Wiring(load_settings())
        wiring.store.check_schema()
        late = wiring.send_payments(Path()).unanswered(days)
        found = wiring.reconcile_payments.run()
        told = ("kind", "person_key", "benefit", "month", "amount")
        lines = [("not_answered", one.person_key, one.benefit.value, one.month, str(one.amount or "")) for one in late]
        lines += [(one.kind, one.person_key, one.benefit.value, one.month, str(one.amount)) for one in found]
        voice.table("Does not agree", told, lines)
        voice.result({"open": [dict(zip(told, line, strict=True)) for line in lines]})
    if lines:
        raise typer.Exit(1)


@payments.command("totals")
def totals(
    region: Annotated[str | None, typer.Option(help="region code, or the beginning of one")] = None,
    digits: Annotated[int, typer.Option(help="6 sums a county, 9 a town, 12 a village", min=2, max=12)] = 6,
    as_json: JsonFlag = False,
) -> None:
    """What was paid, returned, reversed and withheld, by region, benefit and entitlement month."""
    with speaking(as_json=as_json) as voice:
        if region is not None and not region.isdigit():
            raise FieldInvalid(field="region")
        found = Wiring(load_settings()).store.queries.money_totals(region, digits)
        told = ("region", "benefit", "month", "settled", "returned", "reversed", "withheld")
        lines = [
            (t.region, t.benefit.value, t.month, str(t.settled), str(t.returned), str(t.reversed), str(t.withheld))
            for t in found
        ]
        voice.table("Payments", told, lines)
        voice.result({"totals": [dict(zip(told, line, strict=True)) for line in lines]})
