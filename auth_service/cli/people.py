"""Who may act: staff accounts and API keys."""

from __future__ import annotations

from typing import Annotated

import typer

from auth_service.accounts.credentials import ApiKey, StaffMember
from auth_service.accounts.roles import ROLE_WORDS, Scope, parse_role, parse_scopes
from auth_service.cli.speak import JsonFlag, minute, speaking
from auth_service.settings import load_settings
from auth_service.wiring import Wiring

staff = typer.Typer(no_args_is_help=True, help="Staff accounts: create, disable, reset, list.")
api_keys = typer.Typer(no_args_is_help=True, help="API keys of agency systems: create, disable, list.")


@staff.command("create")
def create_staff(
    username: Annotated[str, typer.Argument(help="letters a-z, digits, dot, dash, underscore")],
    role: Annotated[str, typer.Option(help="one of the roles of docs/design/contract.md section 6")],
    password_stdin: Annotated[bool, typer.Option(help="read the password from stdin instead of making one")] = False,
    as_json: JsonFlag = False,
) -> None:
    """Make an account; its password is shown once."""
    with speaking(as_json=as_json) as voice:
        given = typer.get_text_stream("stdin").readline().rstrip("\n") if password_stdin else None
        member, password = Wiring(load_settings()).keep_staff.create(username, parse_role(role), given, "cli")
        zh, en = ROLE_WORDS[member.role]
        voice.say(f"[bold]{member.username}[/]  {zh} {en}")
        if given is None:
            voice.say(f"password (shown once): [cyan]{password}[/]")
        document = {"id": member.id, "username": member.username, "role": member.role.value}
        voice.result(document if given is not None else {**document, "password": password})


@staff.command("disable")
def disable_staff(username: str, as_json: JsonFlag = False) -> None:
    """End an account and all its sessions at once."""
    with speaking(as_json=as_json) as voice:
        Wiring(load_settings()).keep_staff.disable(username, "cli")
        voice.say(f"{username} is disabled.")
        voice.result({"username": username, "disabled": True})


@staff.command("reset")
def reset_staff(username: str, as_json: JsonFlag = False) -> None:
    """Give an account a new password, shown once; all its sessions end."""
    with speaking(as_json=as_json) as voice:
        password = Wiring(load_settings()).keep_staff.reset(username, "cli")
        voice.say(f"new password (shown once): [cyan]{password}[/]")
        voice.result({"username": username, "password": password})


def _state(account: StaffMember | ApiKey) -> str:
    if account.tampered:
        return "tampered"
    return "disabled" if account.disabled else "active"


@staff.command("list")
def list_staff(as_json: JsonFlag = False) -> None:
    """List the accounts."""
    with speaking(as_json=as_json) as voice:
        members = Wiring(load_settings()).keep_staff.all()
        rows = [(m.username, m.role.value, _state(m)) for m in members]
        voice.table("Staff", ("user", "role", "state"), rows)
        voice.result({"staff": [{"username": u, "role": r, "state": s} for u, r, s in rows]})


@api_keys.command("create")
def create_key(
    name: Annotated[str, typer.Argument(help="which system it is for")],
    scopes: Annotated[
        str,
        typer.Option(
            help="comma-separated: enroll, verify, assisted, beneficiaries, metrics, payments, registry, flags"
        ),
    ],
    kinds: Annotated[
        str, typer.Option(help="with the scope registry: the kinds it may send, comma-separated, such as death")
    ] = "",
    source: Annotated[
        str, typer.Option(help="with the scope registry: the one source it speaks for, such as civil_affairs or 民政")
    ] = "",
    days: Annotated[
        int | None, typer.Option(help="valid for so many days; without an end when left out", min=1)
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """Make a key; it is shown once."""
    with speaking(as_json=as_json) as voice:
        keeping = Wiring(load_settings()).keep_api_keys
        key, token = keeping.create(name, parse_scopes(scopes), days, "cli", kinds=kinds, source=source)
        voice.say(f"[bold]{key.name}[/]  scopes {', '.join(key.scopes)}")
        if key.binding is not None:
            voice.say(f"sends {', '.join(key.binding.kinds)} in the name of {key.binding.source}")
        voice.say(f"key (shown once): [cyan]{token}[/]")
        kinds_of, source_of = _bound(key)
        document = {"id": key.id, "name": key.name, "scopes": list(key.scopes), "kinds": kinds_of, "source": source_of}
        voice.result({**document, "key": token})


@api_keys.command("disable")
def disable_key(key_id: str, as_json: JsonFlag = False) -> None:
    """End a key at once."""
    with speaking(as_json=as_json) as voice:
        Wiring(load_settings()).keep_api_keys.disable(key_id, "cli")
        voice.say("The key is disabled.")
        voice.result({"id": key_id, "disabled": True})


@api_keys.command("list")
def list_keys(as_json: JsonFlag = False) -> None:
    """List the keys, without their secrets."""
    with speaking(as_json=as_json) as voice:
        keys = Wiring(load_settings()).keep_api_keys.all()
        told = ("id", "name", "scopes", "kinds", "source", "until", "state")
        rows = [(k.id, k.name, ", ".join(k.scopes), _sends(k), _bound(k)[1], _until(k), _state(k)) for k in keys]
        voice.table("API keys", told, rows)
        exact = [
            {**dict(zip(told, row, strict=True)), "kinds": _bound(k)[0], "until": str(k.expires_at or "no end")}
            for k, row in zip(keys, rows, strict=True)
        ]
        voice.result({"api_keys": exact})


def _bound(key: ApiKey) -> tuple[list[str], str]:
    return (list(key.binding.kinds), key.binding.source) if key.binding else ([], "")


def _sends(key: ApiKey) -> str:
    unbound = Scope.REGISTRY in key.scopes and key.binding is None
    return "none: bound to nothing" if unbound else ", ".join(_bound(key)[0])


def _until(key: ApiKey) -> str:
    return minute(key.expires_at) if key.expires_at else "no end"
