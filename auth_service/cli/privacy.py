"""Erasing a person, and whether every erasure is carried out."""

from __future__ import annotations

from dataclasses import asdict
from enum import StrEnum
from typing import Annotated

import typer

from auth_service.cli.signing_in import PasswordStdin, all_signed_in, signed_in
from auth_service.cli.speak import JsonFlag, Voice, speaking
from auth_service.core.erasure import ErasureReason, Requester
from auth_service.core.errors import FieldInvalid
from auth_service.flows.erase import EraseRequest
from auth_service.settings import load_settings
from auth_service.wiring import Wiring

privacy = typer.Typer(no_args_is_help=True, help="Rights of the people concerned.")


class DataWish(StrEnum):
    """What somebody wishes of data comparison."""

    NONE = "none"
    USE = "use"


@privacy.command("erase")
def erase(
    reason: Annotated[ErasureReason, typer.Option(help="on what ground")],
    confirmed_by: Annotated[
        str, typer.Option(help="user name of the privacy officer who saw the papers; their password is asked for")
    ],
    id_number: Annotated[str | None, typer.Option(help="ID number of the person")] = None,
    person_id: Annotated[str | None, typer.Option(help="internal id, where the ID number is not known")] = None,
    requested_by: Annotated[Requester, typer.Option(help="who asked")] = Requester.PERSON,
    second: Annotated[
        str | None,
        typer.Option(help="with court_order, which does not wait for open flags: another privacy officer or a monitor"),
    ] = None,
    password_stdin: PasswordStdin = False,
    yes: Annotated[bool, typer.Option("--yes", help="do not ask before erasing")] = False,
    as_json: JsonFlag = False,
) -> None:
    """Make everything about one person unreadable, here and in every older backup. It cannot be undone. Payments and
    due dates are not touched; while a flag about the person is open it is refused."""
    with speaking(as_json=as_json) as voice:
        if (id_number is None) == (person_id is None):
            raise FieldInvalid("give --id-number or --person-id", field="id_number")
        wiring = Wiring(load_settings())
        wiring.store.check_schema()
        if not yes and not as_json:
            typer.confirm("Erase this person for good?", abort=True, err=True)
        names = [confirmed_by] if second is None else [confirmed_by, second]
        with all_signed_in(wiring, names, stdin=password_stdin) as members:
            request = EraseRequest(requested_by, reason, members[0], "cli", id_number, person_id, *members[1:])
            erased = wiring.erase.run(request)
        if erased.already:
            voice.say("This person had been erased before; nothing was left to do.")
        else:
            done = ", ".join(f"{count} {kind}" for kind, count in erased.counts.items() if count)
            voice.say(f"[green]✓[/] erased for good: {done}")
            if erased.left:
                voice.say(f"The ledger's row is unreadable but still there ({erased.left}); the worker removes it.")
            voice.say("Keep a copy of the record of erasures off this machine; `restore` needs it.")
        voice.result(
            {
                "person_id": erased.person_id,
                "already": erased.already,
                "counts": dict(erased.counts),
                "left": erased.left,
            }
        )


@privacy.command("status")
def status(as_json: JsonFlag = False) -> None:
    """Compare the record of erasures with the database and the photo folder. Exit 1 when something is left to do."""
    with speaking(as_json=as_json) as voice:
        wiring = Wiring(load_settings())
        wiring.store.check_schema()
        state = wiring.erase.status()
        mark = "[green]✓[/]" if state.sound else "[red]✗[/]"
        voice.say(f"{mark} {state.outside} erasures on record, {state.inside} in the database")
        for count, words in (
            (state.unfinished, "people are to be erased again: auth-service privacy reapply"),
            (state.not_outside, "erasures stand in the database only: auth-service privacy reapply"),
            (state.files_left, "pictures of erased people are still on the disk: auth-service privacy reapply"),
            (state.refused, "people are named by records that are not known to be ours: docs/operations/keys.md"),
        ):
            if count:
                voice.say(f"  {count} {words}")
        voice.result({**asdict(state), "sound": state.sound})
        if not state.sound:
            raise typer.Exit(1)


@privacy.command("data-wish")
def data_wish(
    wish: Annotated[DataWish, typer.Argument(help="none: no data comparison from today on; use: data may be compared")],
    id_number: Annotated[str, typer.Option(help="ID number of the person")],
    said: Annotated[str, typer.Option(help="how the person told it, as `form of 3 May`")],
    heard_by: Annotated[str, typer.Option(help="user name of who heard it; their password is asked for")],
    password_stdin: PasswordStdin = False,
    as_json: JsonFlag = False,
) -> None:
    """Write down what somebody wishes of data comparison. It moves no due date, and can be taken back at any time."""
    with speaking(as_json=as_json) as voice:
        wiring = Wiring(load_settings())
        wiring.store.check_schema()
        with signed_in(wiring, heard_by, stdin=password_stdin) as member:
            changed = wiring.keep_data_wish.run(id_number, member, wants_data=wish is DataWish.USE, said=said)
        if changed:
            voice.both("已登记，自今日起生效。", "Kept, from today on.")
        else:
            voice.both("本人此前已是这一意愿。", "That is what they wished already.")
        voice.result({"wish": wish.value, "changed": changed})


@privacy.command("reapply")
def reapply(
    accept_earlier: Annotated[
        bool, typer.Option("--accept-earlier", help="first stand for records of a release before their guards")
    ] = False,
    confirmed_by: Annotated[
        str | None, typer.Option(help="with --accept-earlier: user name of the privacy officer who looked at them")
    ] = None,
    password_stdin: PasswordStdin = False,
    yes: Annotated[bool, typer.Option("--yes", help="do not ask before accepting")] = False,
    as_json: JsonFlag = False,
) -> None:
    """Erase again whoever the record of erasures names and the database still knows. The worker does it every hour,
    `restore` before anybody is served. Records that are not known to be ours are not obeyed: tombstone_refused."""
    with speaking(as_json=as_json) as voice:
        wiring = Wiring(load_settings())
        wiring.store.check_schema()
        if accept_earlier:
            if confirmed_by is None:
                raise FieldInvalid("give --confirmed-by", field="confirmed_by")
            _accept_earlier(wiring, voice, confirmed_by, stdin=password_stdin, asks=not (yes or as_json))
        found = wiring.erase.reapply()
        voice.say(f"[green]✓[/] {found.listed} erasures on record, {found.erased} people erased again, "
                  f"{found.files} pictures removed")  # fmt: skip
        voice.result(asdict(found))


def _accept_earlier(wiring: Wiring, voice: Voice, officer: str, *, stdin: bool, asks: bool) -> None:
    """Shows them, and takes exactly those. raises CredentialsInvalid, SignInThrottled, AccessRefused, StorageFault"""
    earlier = wiring.erase.earlier()
    for one in earlier:
        voice.say(f"  {one.person_id}  {one.decided_at:%Y-%m-%d %H:%M} UTC  {one.reason.value}  {one.confirmed_by}")
    if not earlier:
        voice.say("No record without a guard.")
        return
    if asks:
        typer.confirm(f"Stand for these {len(earlier)} erasures? They are carried out for good.", abort=True, err=True)
    with signed_in(wiring, officer, stdin=stdin) as member:
        taken = wiring.erase.accept_earlier([one.person_id for one in earlier], member, "cli")
    voice.say(f"{taken.accepted} accepted, {taken.held_back} left because a flag about the person is open")
