"""`auth-service pilot`: sessions that only measure, opened and labelled by the member of staff who stands there."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Annotated

import segno
import typer

from auth_service.capture.challenge import Accommodation
from auth_service.cli.signing_in import PasswordStdin, signed_in
from auth_service.cli.speak import JsonFlag, Voice, minute, speaking
from auth_service.core.errors import SettingInvalid
from auth_service.flows.open_session import Opened
from auth_service.liveness.pilot import tag_of
from auth_service.settings import load_settings
from auth_service.wiring import Wiring

pilot_app = typer.Typer(
    name="pilot", no_args_is_help=True, help="Sessions of people who agreed to a pilot, for `evaluate pad`."
)

MOST_AT_ONCE = 10
"""Links of one call. source: each holds for ten minutes (AUTH_SERVICE_CAPTURE__OPEN_SECONDS), a session takes one"""


@pilot_app.command("open")
def open_command(
    subject: Annotated[str, typer.Option("--subject", help="Number in the pilot's own list, such as p017; no name.")],
    label: Annotated[str, typer.Option("--label", help="What you see: live, or a species of attack (print, screen).")],
    by: Annotated[str, typer.Option("--by", help="Your staff account: you stand there.")],
    count: Annotated[int, typer.Option("--count", min=1, max=MOST_AT_ONCE, help="How many links.")] = 1,
    language: Annotated[str, typer.Option("--language", help="zh or en: in which the page opens.")] = "zh",
    slow: Annotated[bool, typer.Option("--slow", help="More time for each step.")] = False,
    accommodation: Annotated[
        list[Accommodation] | None, typer.Option("--accommodation", help="What the person cannot do; may be repeated.")
    ] = None,
    password_stdin: PasswordStdin = False,
    as_json: JsonFlag = False,
) -> None:
    """Make links for sessions of the route with colours. The page asks for the consent to the pilot; nothing is decided
    about anybody."""
    with speaking(as_json=as_json) as voice:
        wiring = _piloting()
        tag_of(label, subject, "")  # before somebody is asked for a password
        with signed_in(wiring, by, stdin=password_stdin) as member:
            tag = tag_of(label, subject, member.id)
            opened = [wiring.open_pilot.run(tag, member, accommodation or (), slow=slow) for _ in range(count)]
        links = [_link(wiring, one, "en" if language == "en" else "zh") for one in opened]
        for link, one in zip(links, opened, strict=True):
            _show(voice, link, one)
        voice.both(
            "请本人在手机上打开，阅读试采同意书后再开始。标签由您负责：只在您亲眼看到时使用。",
            "Let the person open it on the phone and read the consent to the pilot first. The label is yours: give it "
            "only for what you see yourself.",
        )
        told = [{"session": one.session_id, "url": link} for link, one in zip(links, opened, strict=True)]
        voice.result({"label": label, "subject": subject, "sessions": told})


@pilot_app.command("list")
def list_command(as_json: JsonFlag = False) -> None:
    """List the sessions in the folder, the oldest first, with the day on which each goes."""
    with speaking(as_json=as_json) as voice:
        wiring = _piloting()
        kept = timedelta(days=wiring.settings.retention.pilot_days)
        found = [
            {"session": one.id, "label": one.label, "subject": one.subject, "at": minute(one.at),
             "goes": minute(one.at + kept)}
            for one in wiring.pilot_folder.sessions()
        ]  # fmt: skip
        columns = ("session", "label", "subject", "at", "goes")
        voice.table("试采 Pilot sessions", columns, [tuple(row[name] for name in columns) for row in found])
        voice.result({"folder": str(wiring.pilot_folder.folder), "sessions": found})


@pilot_app.command("remove")
def remove_command(
    subject: Annotated[str, typer.Option("--subject", help="Number of the person who asked for it.")],
    by: Annotated[str, typer.Option("--by", help="Your staff account.")],
    password_stdin: PasswordStdin = False,
    as_json: JsonFlag = False,
) -> None:
    """Remove everything of one person from the folder: they have withdrawn their consent."""
    with speaking(as_json=as_json) as voice:
        wiring = _piloting()
        with signed_in(wiring, by, stdin=password_stdin) as member:
            gone = wiring.collect_pilot.remove(subject, member)
        voice.both(f"已删除 {len(gone)} 次试采。", f"{len(gone)} sessions removed.")
        voice.result({"removed": gone})


def _piloting() -> Wiring:
    """raises SettingInvalid: no folder is named, or the page is off"""
    wiring = Wiring(load_settings())
    _ = wiring.pilot_folder
    if not wiring.settings.phone_page:
        raise SettingInvalid("a pilot needs the page: set AUTH_SERVICE_PHONE_PAGE=true", field="phone_page")
    wiring.store.check_schema()
    return wiring


def _link(wiring: Wiring, opened: Opened, language: str) -> str:
    base = wiring.settings.public_url.rstrip("/")
    return f"{base}/verify?lang={language}&pilot=1#t={opened.session_id}.{opened.ticket}"


def _show(voice: Voice, link: str, opened: Opened) -> None:
    drawn = io.StringIO()
    segno.make(link, error="l", micro=False).terminal(drawn, border=1, compact=True)
    voice.plain(drawn.getvalue().rstrip())
    voice.plain(link)
    until = minute(opened.expires_at)
    voice.both(f"有效至 {until}，只能用一次。", f"Good until {until}, once.")
