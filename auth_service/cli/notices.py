"""`auth-service notices`: what people are told, what could not be sent, and what staff told by hand."""

from __future__ import annotations

from typing import Annotated

import typer

from auth_service.cli.signing_in import PasswordStdin, signed_in
from auth_service.cli.speak import JsonFlag, minute, speaking
from auth_service.core.errors import FieldInvalid, NotFound
from auth_service.notices.length import sms_parts
from auth_service.notices.notice import BY_HAND, Language, NoticeState, Reach, Wishes
from auth_service.notices.render import masked_contact
from auth_service.settings import load_settings
from auth_service.storage.unit import StoredNotice
from auth_service.wiring import Wiring

notices = typer.Typer(no_args_is_help=True, help="What people are told: dead letters, and word by hand.")
_TOLD = ("id", "kind", "way", "contact", "state", "tries", "code", "written", "settled")
_MOST = 500
ByOption = Annotated[str, typer.Option("--by", help="user name of the officer; their password is asked for")]


@notices.command("list")
def list_notices(
    state: Annotated[str, typer.Option(help=", ".join(NoticeState))] = NoticeState.DEAD.value,
    as_json: JsonFlag = False,
) -> None:
    """List notices in one state, the longest in it first, with contacts shortened; and how many stand in each."""
    with speaking(as_json=as_json) as voice:
        if state not in set(NoticeState):
            raise FieldInvalid(", ".join(NoticeState), field="state")
        with Wiring(load_settings()).store.reading() as unit:
            found = unit.notices.listed(NoticeState(state), _MOST)
            counts = unit.notices.counts()
        lines = [_line(one) for one in found]
        voice.table(f"Notices: {state}", _TOLD, lines)
        voice.say("  ".join(f"{name} {count}" for name, count in counts.items()))
        voice.result({"counts": counts, "notices": [dict(zip(_TOLD, line, strict=True)) for line in lines]})


@notices.command("show")
def show(
    notice_id: Annotated[str, typer.Argument(metavar="ID")],
    as_json: JsonFlag = False,
) -> None:
    """Show one notice with its words. Looking is written into the audit trail."""
    with speaking(as_json=as_json) as voice:
        found = Wiring(load_settings()).keep_notices.show(notice_id, "cli")
        line = _line(found)
        voice.table("Notice", _TOLD, [line])
        voice.plain(f"\n{found.title}\n\n{found.text}")
        document = dict(zip(_TOLD, line, strict=True))
        voice.result({**document, "title": found.title, "text": found.text, "sms_parts": sms_parts(found.text)})


@notices.command("retry")
def retry(
    notice_ids: Annotated[list[str] | None, typer.Argument(metavar="ID...")] = None,
    every: Annotated[bool, typer.Option("--all-dead", help="every dead letter, as after a gateway came back")] = False,
    as_json: JsonFlag = False,
) -> None:
    """Try dead letters again from the start. Exit 1 when there was none."""
    with speaking(as_json=as_json) as voice:
        wiring = Wiring(load_settings())
        if bool(notice_ids) is every:
            raise FieldInvalid("ids, or --all-dead", field="id")
        revived = 0
        while True:
            with wiring.store.reading() as unit:
                dead = [one.id for one in unit.notices.listed(NoticeState.DEAD, _MOST)] if every else []
            done = wiring.keep_notices.retry(dead or list(notice_ids or ()), "cli")
            revived += done
            if not every or not done:
                break
        voice.say(f"{revived} to be tried again")
        voice.result({"retried": revived})
        if not revived:
            raise NotFound


@notices.command("told")
def told(
    proposal_id: Annotated[str, typer.Argument(metavar="PROPOSAL", help="as `auth-service proposals list` has it")],
    way: Annotated[str, typer.Option(help=", ".join(BY_HAND))],
    note: Annotated[str, typer.Option(help="how, or why there is no second way; no ID numbers")],
    by: ByOption,
    password_stdin: PasswordStdin = False,
    as_json: JsonFlag = False,
) -> None:
    """Write down that staff told somebody what is proposed about their money, or that there is no second way."""
    with speaking(as_json=as_json) as voice:
        if way not in set(BY_HAND):
            raise FieldInvalid(", ".join(BY_HAND), field="way")
        wiring = Wiring(load_settings())
        with signed_in(wiring, by, stdin=password_stdin) as member:
            wiring.keep_notices.told_by_hand(proposal_id, Reach(way), note, member)
        voice.say("[green]✓[/] written down")
        voice.result({"proposal": proposal_id, "way": way})


@notices.command("wishes")
def wishes(
    id_number: Annotated[str, typer.Option("--id-number", help="whose")],
    by: ByOption,
    language: Annotated[str, typer.Option(help=", ".join(Language))] = Language.ZH.value,
    email: Annotated[str, typer.Option(help="beside the telephone on file; empty takes it away")] = "",
    receipts: Annotated[bool, typer.Option(help="a receipt of every pass")] = False,
    password_stdin: PasswordStdin = False,
    as_json: JsonFlag = False,
) -> None:
    """Write down how a person wants to be told, in the place of what they wanted before."""
    with speaking(as_json=as_json) as voice:
        if language not in set(Language):
            raise FieldInvalid(", ".join(Language), field="language")
        wiring = Wiring(load_settings())
        with signed_in(wiring, by, stdin=password_stdin) as member:
            wiring.keep_notices.wish(id_number, Wishes(Language(language), email, receipts), member)
        voice.say("[green]✓[/] written down")
        voice.result({"language": language, "email": bool(email), "receipts": receipts})


def _line(one: StoredNotice) -> tuple[str, ...]:
    return (
        one.id, one.kind.value, one.reach.value, masked_contact(one.contact), one.state.value, str(one.tries),
        one.code or "", minute(one.written_at), minute(one.settled_at) if one.settled_at else "",
    )  # fmt: skip
