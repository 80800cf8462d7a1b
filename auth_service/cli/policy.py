"""`auth-service policy`: how often whom is asked, as files that two people put in force."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer

from auth_service.beneficiaries.dates import parse_date
from auth_service.cli.signing_in import PasswordStdin, signed_in
from auth_service.cli.speak import JsonFlag, Voice, speaking
from auth_service.connectors.policy_file import read_policy_file
from auth_service.core.clock import legal_date
from auth_service.core.document import Problem
from auth_service.qualification.policy import PolicySet
from auth_service.qualification.policy_document import read_policies
from auth_service.settings import load_settings
from auth_service.storage.unit import StoredPolicy
from auth_service.wiring import Wiring

policy_app = typer.Typer(no_args_is_help=True, help="How often whom is asked, per benefit, region and day.")

File = Annotated[Path, typer.Argument(help="YAML file of policies")]


@policy_app.command("validate")
def validate_command(file: File, as_json: JsonFlag = False) -> None:
    """Check a file and name every fault with its line. Nothing is kept. Exit 1 when there is one."""
    with speaking(as_json=as_json) as voice:
        found, problems = read_policies(read_policy_file(file))
        if found is None:
            _tell_problems(voice, problems)
            voice.result({"valid": False, "problems": [_problem(one) for one in problems]})
            raise typer.Exit(1)
        _tell(voice, found)
        voice.result({"valid": True, "name": found.name, "policies": len(found.policies)})


@policy_app.command("propose")
def propose_command(
    file: File,
    by: Annotated[str, typer.Option("--by", help="staff account that proposes")],
    password_stdin: PasswordStdin = False,
    as_json: JsonFlag = False,
) -> None:
    """Keep a checked file for a second person to put in force."""
    with speaking(as_json=as_json) as voice:
        wiring = Wiring(load_settings())
        document = read_policy_file(file)
        with signed_in(wiring, by, stdin=password_stdin) as member:
            stored = wiring.keep_policies.propose(document, member)
        name = stored.policies.name
        voice.both(
            f"已提议。须由另一人启用：auth-service policy activate {name} --from YYYY-MM-DD --by WHO",
            f"Proposed. Another person activates it: auth-service policy activate {name} --from YYYY-MM-DD --by WHO",
        )
        voice.result(_stored(stored))


@policy_app.command("activate")
def activate_command(
    name: Annotated[str, typer.Argument(help="name of a proposed policy")],
    by: Annotated[str, typer.Option("--by", help="staff account that activates; not the one that proposed")],
    starts_on: Annotated[str, typer.Option("--from", help="first day, YYYY-MM-DD; today when left out")] = "",
    password_stdin: PasswordStdin = False,
    as_json: JsonFlag = False,
) -> None:
    """Put a proposed policy in force from a day on. The next sweep judges everybody by it."""
    with speaking(as_json=as_json) as voice:
        wiring = Wiring(load_settings())
        first: date = parse_date(starts_on, "from") if starts_on else legal_date(wiring.clock.now())
        with signed_in(wiring, by, stdin=password_stdin) as member:
            stored = wiring.keep_policies.activate(name, first, member)
        voice.both(f"[bold green]{name} 自 {first} 起生效。[/]", f"[bold green]{name} is in force from {first}.[/]")
        voice.result(_stored(stored))


@policy_app.command("list")
def list_command(as_json: JsonFlag = False) -> None:
    """Every policy that was proposed, newest first, and from when it holds."""
    with speaking(as_json=as_json) as voice:
        wiring = Wiring(load_settings())
        found = [_stored(stored) for stored in wiring.keep_policies.all()]
        columns = ("name", "policies", "starts_on", "proposed_at")
        rows = [(one["name"], str(one["policies"]), " ".join(one["starts_on"]), one["proposed_at"]) for one in found]
        voice.table("Policies", columns, rows)
        voice.result({"policies": found})


def _tell(voice: Voice, found: PolicySet) -> None:
    rows = [
        (
            one.benefit.value,
            one.region or "*",
            one.cycle.kind.value,
            str(one.cycle.months),
            " ".join(str(days) for days in one.reminders),
            str(one.grace_days),
            "yes" if one.hold_for_overdue else "no",
        )
        for one in found.policies
    ]
    columns = ("benefit", "region", "cycle", "months", "reminders", "grace", "overdue may lead to a hold proposal")
    voice.table(found.name, columns, rows)


def _tell_problems(voice: Voice, problems: tuple[Problem, ...]) -> None:
    for one in problems:
        voice.plain(f"{one.line}: {one.where}: {one.zh}")
        voice.plain(f"{' ' * len(str(one.line))}  {one.en}")


def _problem(one: Problem) -> dict[str, Any]:
    return {"line": one.line, "where": one.where, "zh": one.zh, "en": one.en}


def _stored(stored: StoredPolicy) -> dict[str, Any]:
    return {
        "name": stored.policies.name,
        "policies": len(stored.policies.policies),
        "document_digest": stored.digest,
        "proposed_by": stored.proposed_by,
        "proposed_at": stored.proposed_at.isoformat(),
        "activated_by": stored.activated_by,
        "starts_on": [str(day) for day in stored.starts_on],
    }
