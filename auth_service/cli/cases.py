"""`auth-service cases`: the queue, one case, the steps of work on it, and its evidence pack."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from auth_service.accounts.credentials import StaffMember
from auth_service.casework.case import CaseAct, Cause
from auth_service.casework.disposition import Disposition, Outcome, Step
from auth_service.cli.signing_in import PasswordStdin, signed_in
from auth_service.cli.speak import JsonFlag, speaking
from auth_service.cli.verify import read_file
from auth_service.connectors.case_packs import check_pack, pack_text
from auth_service.connectors.secret_files import replace
from auth_service.core.clock import legal_date
from auth_service.core.errors import FieldInvalid, SealBroken
from auth_service.flows.see_case import CaseShown
from auth_service.flows.work_case import Checked
from auth_service.monitoring.flags import Severity
from auth_service.settings import load_settings
from auth_service.storage.queries import CaseFilter, CaseLine
from auth_service.storage.queries.cases import LISTS, MINE
from auth_service.wiring import Wiring

cases = typer.Typer(no_args_is_help=True, help="Cases: what flags say about one person, and what people decide.")
_WHICH = tuple(one for one in LISTS if one != MINE)
ByOption = Annotated[str, typer.Option("--by", help="your user name; the password is asked for")]
NoteOption = Annotated[str, typer.Option(help="in your words; no ID numbers")]


class Decision(StrEnum):
    """The second word."""

    APPROVE = "approve"
    RETURN = "return"


@cases.command("list")
def list_cases(
    which: Annotated[str, typer.Option("--state", help=", ".join(_WHICH))] = "open",
    cause: Annotated[Cause | None, typer.Option(help="only of this cause")] = None,
    severity: Annotated[Severity | None, typer.Option(help="only of this severity")] = None,
    region: Annotated[str | None, typer.Option(help="region code, or the beginning of one")] = None,
    as_json: JsonFlag = False,
) -> None:
    """List cases: the worst first, then where more rules fired, then what is due first."""
    with speaking(as_json=as_json) as voice:
        if which not in _WHICH:
            raise FieldInvalid(", ".join(_WHICH), field="state")
        wiring = Wiring(load_settings())
        today = legal_date(wiring.clock.now())
        wanted = CaseFilter(which, severity, cause, region, today=today)
        rows, cursor = list[CaseLine](), None
        while True:
            page = wiring.store.queries.cases(wanted, cursor, limit=200)
            rows += page.rows
            cursor = page.next_cursor
            if cursor is None:
                break
        told = ("id", "severity", "cause", "person_key", "state", "due_on", "overdue", "rules", "disposition")
        lines = [
            (r.id, r.standing.severity.value, r.cause.value, r.person.person_key, r.standing.state.value,
             r.standing.due_on.isoformat(), "yes" if r.standing.is_overdue(today) else "no", str(r.standing.rules),
             r.standing.disposition.value if r.standing.disposition else "")
            for r in rows
        ]  # fmt: skip
        voice.table("Cases", told, lines)
        voice.result({"cases": [dict(zip(told, line, strict=True)) for line in lines]})


@cases.command("gather")
def gather(as_json: JsonFlag = False) -> None:
    """Put flags into cases now; the worker does it every five minutes. Running it again changes nothing."""
    with speaking(as_json=as_json) as voice:
        wiring = Wiring(load_settings())
        wiring.store.check_schema()
        with voice.progress("people", None) as advance:
            counts = wiring.gather_cases.run(advance)
        voice.say(", ".join(f"{number} {name}" for name, number in counts.items()))
        voice.result(counts)


@cases.command("show")
def show(case_id: str, by: ByOption, password_stdin: PasswordStdin = False, as_json: JsonFlag = False) -> None:
    """Show one case with both sides of it, masked as on the screen. The look is in the audit trail."""
    with speaking(as_json=as_json) as voice:
        wiring = Wiring(load_settings())
        wiring.store.check_schema()
        with signed_in(wiring, by, stdin=password_stdin) as member:
            document = _document(wiring.see_cases.case(case_id, member))
        for name, value in document.items():
            shown = "; ".join(str(one) for one in value) if isinstance(value, list) else value
            voice.plain(f"{name}: {shown}")
        voice.result(document)


@cases.command("assign")
def assign(
    case_id: str,
    by: ByOption,
    to: Annotated[str | None, typer.Option(help="user name of a monitor; yourself when not given")] = None,
    password_stdin: PasswordStdin = False,
    as_json: JsonFlag = False,
) -> None:
    """Say who works on a case."""
    _do(
        case_id,
        by,
        lambda wiring, who: wiring.work_case.assign(case_id, to or by, who),
        stdin=password_stdin,
        as_json=as_json,
    )


@cases.command("step")
def step(
    case_id: str,
    kind: Annotated[Step, typer.Argument(help="how it was checked")],
    outcome: Annotated[Outcome, typer.Argument(help="what came of it")],
    by: ByOption,
    note: NoteOption = "",
    password_stdin: PasswordStdin = False,
    as_json: JsonFlag = False,
) -> None:
    """Note what was done to check a case."""
    checked = Checked(kind, outcome, note)
    _do(
        case_id,
        by,
        lambda wiring, who: wiring.work_case.note_step(case_id, checked, who),
        stdin=password_stdin,
        as_json=as_json,
    )


@cases.command("propose")
def propose(
    case_id: str,
    disposition: Annotated[Disposition, typer.Argument(help="how it ends")],
    by: ByOption,
    reason: Annotated[str, typer.Option(help="why, in your words; no ID numbers")],
    password_stdin: PasswordStdin = False,
    as_json: JsonFlag = False,
) -> None:
    """Say how a case ends; another person decides. No money moves."""

    def said(wiring: Wiring, who: StaffMember) -> None:
        wiring.work_case.propose(case_id, disposition, reason, who)

    _do(case_id, by, said, stdin=password_stdin, as_json=as_json)


@cases.command("decide")
def decide(
    case_id: str,
    decision: Annotated[Decision, typer.Argument(help="the second word")],
    by: ByOption,
    note: NoteOption = "",
    password_stdin: PasswordStdin = False,
    as_json: JsonFlag = False,
) -> None:
    """Agree with what somebody else proposed, or give it back."""

    def said(wiring: Wiring, who: StaffMember) -> None:
        flow = wiring.decide_case
        (flow.approve if decision is Decision.APPROVE else flow.give_back)(case_id, note, who)

    _do(case_id, by, said, stdin=password_stdin, as_json=as_json)


@cases.command("pack")
def pack(
    case_id: str,
    by: ByOption,
    out: Annotated[Path, typer.Option(help="file for the signed evidence pack")],
    password_stdin: PasswordStdin = False,
    as_json: JsonFlag = False,
) -> None:
    """Write the signed evidence pack of a case, masked as on the screen. Its digest is in the audit trail."""
    with speaking(as_json=as_json) as voice:
        wiring = Wiring(load_settings())
        wiring.store.check_schema()
        with signed_in(wiring, by, stdin=password_stdin) as member:
            signed = wiring.see_cases.pack(case_id, member)
        replace(out, pack_text(signed).encode())
        voice.say(f"[green]✓[/] {out}, signed by {signed['key_id']}")
        voice.result({"case": case_id, "file": str(out), "key_id": signed["key_id"]})


@cases.command("verify-pack")
def verify_pack(file: Annotated[Path, typer.Argument(help="an evidence pack")], as_json: JsonFlag = False) -> None:
    """Check an evidence pack's signature offline, with this service's public keys. Exit 1 when it does not hold."""
    with speaking(as_json=as_json) as voice:
        text = read_file(file).decode("utf-8", "replace")
        try:
            document = check_pack(text, Wiring(load_settings()).key_choice.public_keys.all())
        except SealBroken:
            voice.say("[red]✗[/] the signature does not hold: not made here, or changed since.")
            voice.result({"valid": False})
            raise typer.Exit(1) from None
        voice.say(f"[green]✓[/] case {document['case']}, {document['state']}, made {document['made_at']}")
        told = {name: document[name] for name in ("case", "cause", "state", "disposition", "made_at", "key_id")}
        voice.result({"valid": True, **told})


def _do(case_id: str, by: str, act: Callable[[Wiring, StaffMember], None], *, stdin: bool, as_json: bool) -> None:
    with speaking(as_json=as_json) as voice:
        wiring = Wiring(load_settings())
        wiring.store.check_schema()
        with signed_in(wiring, by, stdin=stdin) as member:
            act(wiring, member)
        with wiring.store.reading() as unit:
            case = unit.cases.get(case_id)
        state = case.standing.state.value if case else ""
        voice.say(f"[green]✓[/] {state}")
        voice.result({"id": case_id, "state": state})


def _document(shown: CaseShown) -> dict[str, Any]:
    """One case as JSON; words of steps are on the screen and in the pack alone."""
    stored, standing = shown.stored, shown.stored.standing
    return {
        "id": stored.id,
        "cause": stored.cause.value,
        "person_key": shown.person.person_key,
        "name": shown.person.masked_name,
        "state": standing.state.value,
        "severity": standing.severity.value,
        "due_on": standing.due_on.isoformat(),
        "assignee": shown.names.get(standing.assignee or "", None),
        "disposition": standing.disposition.value if standing.disposition else None,
        "flags": [f"{one.flag.rule_id} {one.flag.severity.value}" for one in shown.flags],
        "speaks_for": [one.value for one in shown.weighed.speaks_for],
        "speaks_against": [one.value for one in shown.weighed.speaks_against],
        "acts": [_act(event.act, event.done_by, shown.names) for event in stored.events],
        "restore_first": shown.restore_first,
    }


def _act(act: CaseAct, done_by: str | None, names: dict[str, str]) -> str:
    return f"{act.value} ({names.get(done_by, '?') if done_by else 'machine'})"
