"""`auth-service flash`: measurements of the colours, put in force by a second person, withdrawn by one."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer

from auth_service.cli.flash_words import STATES_ZH, tell_differing, tell_measurement
from auth_service.cli.signing_in import PasswordStdin, signed_in
from auth_service.cli.speak import JsonFlag, Voice, minute, speaking
from auth_service.flows.current_flash import FlashStanding, FlashState
from auth_service.liveness.flash_measurement import render
from auth_service.settings import load_settings
from auth_service.storage.unit import FlashAct, StoredFlash
from auth_service.wiring import Wiring

flash_app = typer.Typer(
    name="flash",
    no_args_is_help=True,
    help="Whether the screen's colours count: measurements on the operator's people.",
)

Name = Annotated[str, typer.Argument(help="name of a measurement (`evaluate pad --record NAME`)")]


@flash_app.command("list")
def list_command(as_json: JsonFlag = False) -> None:
    """List the measurements, newest first, and say whether colours count."""
    with speaking(as_json=as_json) as voice:
        wiring = Wiring(load_settings())
        standing = wiring.current_flash.standing()
        names = {member.id: member.username for member in wiring.keep_staff.all()}
        found = [_stored(stored, names, standing) for stored in wiring.keep_flash.all()]
        found += [{"name": name, "state": "tampered"} for name in wiring.keep_flash.tampered()]
        columns = ("name", "state", "people", "sessions", "attacks", "recorded_by", "act", "done_by", "done_at")
        rows = [tuple(str(row.get(column) or "") for column in columns) for row in found]
        voice.table("颜色测量 Measurements of the colours", columns, rows)
        _tell_standing(wiring, voice, standing)
        voice.result({"measurements": found, **_standing(wiring, standing)})


@flash_app.command("show")
def show_command(name: Name, as_json: JsonFlag = False) -> None:
    """Show one measurement: what was counted, how often people were refused and attacks passed."""
    with speaking(as_json=as_json) as voice:
        wiring = Wiring(load_settings())
        stored = wiring.keep_flash.find(name)
        names = {member.id: member.username for member in wiring.keep_staff.all()}
        differs = _tell_whole(wiring, voice, stored)
        state = _stored(stored, names, wiring.current_flash.standing())
        voice.both(
            f"{STATES_ZH[state['state']]}；记录人 {state['recorded_by']}",
            f"{state['state']}; recorded by {state['recorded_by']}",
        )
        voice.result({**_document(stored), **state, "differs": list(differs)})


@flash_app.command("activate")
def activate_command(
    name: Name,
    by: Annotated[str, typer.Option("--by", help="Staff account that activates; not the one that recorded.")],
    password_stdin: PasswordStdin = False,
    as_json: JsonFlag = False,
) -> None:
    """Let colours count by this measurement, after showing it. Running servers notice within a minute."""
    with speaking(as_json=as_json) as voice:
        wiring = Wiring(load_settings())
        _tell_whole(wiring, voice, wiring.keep_flash.find(name))
        with signed_in(wiring, by, stdin=password_stdin) as member:
            activated = wiring.keep_flash.activate(name, member)
        voice.both(
            f"[bold green]{name} 已启用。[/] 运行中的服务会在一分钟内采用；程序、模型或策略一旦不同，颜色即不再计入。",
            f"[bold green]{name} is in force.[/] Running servers notice within a minute; once programs, models or "
            "limits differ, colours do not count.",
        )
        voice.result(_told(wiring, activated))


@flash_app.command("withdraw")
def withdraw_command(
    name: Name,
    by: Annotated[str, typer.Option("--by", help="Staff account that withdraws; one person is enough.")],
    password_stdin: PasswordStdin = False,
    as_json: JsonFlag = False,
) -> None:
    """Let colours count no longer. Running servers notice within a minute."""
    with speaking(as_json=as_json) as voice:
        wiring = Wiring(load_settings())
        with signed_in(wiring, by, stdin=password_stdin) as member:
            withdrawn = wiring.keep_flash.withdraw(name, member)
        voice.both(
            f"{name} 已撤回：屏幕颜色不再计入通过，改由验证码或人工补足。",
            f"{name} is withdrawn: colours do not count; a one-time code or a person stands in for them.",
        )
        voice.result(_told(wiring, withdrawn))


def _tell_whole(wiring: Wiring, voice: Voice, stored: StoredFlash) -> tuple[str, ...]:
    """The numbers, and what is no longer as it was measured."""
    tell_measurement(voice, stored.measurement)
    differs = stored.measurement.terms.differing(wiring.liveness_terms)
    tell_differing(voice, differs)
    return differs


def _told(wiring: Wiring, stored: StoredFlash) -> dict[str, Any]:
    names = {member.id: member.username for member in wiring.keep_staff.all()}
    return {**_document(stored), **_stored(stored, names, wiring.current_flash.standing())}


def _document(stored: StoredFlash) -> dict[str, Any]:
    return {"measurement": json.loads(render(stored.measurement)), "record_digest": stored.digest}


def _stored(stored: StoredFlash, names: dict[str, str], standing: FlashStanding) -> dict[str, Any]:
    measurement = stored.measurement
    return {
        "name": measurement.name,
        "state": _state(stored, standing),
        "people": measurement.people,
        "sessions": measurement.sessions,
        "attacks": measurement.attacks,
        "measured_on": measurement.measured_on.isoformat(),
        "recorded_by": names.get(stored.recorded_by, stored.recorded_by),
        "recorded_at": minute(stored.recorded_at),
        "act": None if stored.act is None else stored.act.value,
        "done_by": None if stored.done_by is None else names.get(stored.done_by, stored.done_by),
        "done_at": None if stored.done_at is None else minute(stored.done_at),
    }


def _state(stored: StoredFlash, standing: FlashStanding) -> str:
    if stored.active:
        return "outdated" if standing.state is FlashState.OUTDATED else "in force"
    if stored.act is None:
        return "recorded"
    return "withdrawn" if stored.act is FlashAct.WITHDRAWN else "retired"


def _standing(wiring: Wiring, standing: FlashStanding) -> dict[str, Any]:
    return {
        "measurement": standing.state.value,
        "differs": list(standing.differs),
        "needed": wiring.settings.liveness.pad.flash_needs_measuring,
        "colours_count": wiring.liveness.pad.flash_may_count,
    }


def _tell_standing(wiring: Wiring, voice: Voice, standing: FlashStanding) -> None:
    tell_differing(voice, standing.differs)
    pad = wiring.liveness.pad
    if not pad.flash_needs_measuring:
        voice.both("本环境（非生产）不要求测量：颜色计入通过。", "Not production: colours count without a measurement.")
    elif pad.flash_may_count:
        voice.both("颜色计入通过。", "Colours count towards a pass.")
    else:
        voice.both("颜色不计入通过。", "Colours do not count towards a pass.")
