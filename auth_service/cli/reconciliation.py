"""What each bank's kiosks counted on a day, beside what came."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Annotated, Any

import typer

from auth_service.capture.reconciliation import DIFFERENCE_TEXTS, Code
from auth_service.cli.speak import JsonFlag, Voice, speaking
from auth_service.core.clock import legal_date
from auth_service.core.errors import FieldInvalid
from auth_service.flows.reconcile import DeviceDay, OwnerDay
from auth_service.settings import load_settings
from auth_service.wiring import Wiring

reconciling = typer.Typer()


@reconciling.command("reconciliation")
def reconciliation(
    day: Annotated[str, typer.Option(help="YYYY-MM-DD; yesterday when left out")] = "",
    as_json: JsonFlag = False,
) -> None:
    """What each bank's kiosks counted on a day, beside what came; exit 1 where they do not agree."""
    with speaking(as_json=as_json) as voice:
        wiring = Wiring(load_settings())
        wiring.store.check_schema()
        wanted = _day(day) or legal_date(wiring.clock.now()) - timedelta(days=1)
        owners = wiring.report_day.run(wanted)
        for owner in owners:
            _tell(voice, owner)
        if not owners:
            voice.both("没有已登记的终端。", "No kiosk is enrolled.")
        voice.result({"day": wanted.isoformat(), "owners": [_owner(one) for one in owners]})
        wiring.store.close()
        if not all(owner.agrees for owner in owners):
            raise typer.Exit(1)


def _day(text: str) -> date | None:
    """raises FieldInvalid"""
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as wrong:
        raise FieldInvalid("YYYY-MM-DD", field="day") from wrong


def _tell(voice: Voice, owner: OwnerDay) -> None:
    rows = [
        (
            one.device.words.name,
            _beside(one.captures, one, "captures"),
            _beside(one.records, one, "records"),
            _word(one),
        )
        for one in owner.devices
    ]
    voice.table(owner.owner, ("kiosk", "captures", "offline records", "count"), rows)
    for one in owner.devices:
        for difference in one.told.differences if one.told else ():
            zh, en = DIFFERENCE_TEXTS[Code(difference.code)]
            numbers = f" ({', '.join(map(str, difference.counters))})" if difference.counters else ""
            voice.both(
                f"{one.device.words.name}：{zh}{numbers}", f"{one.device.words.name}: {en}{numbers}", indent="  "
            )


def _beside(came: int, one: DeviceDay, what: str) -> str:
    """What came, and what the kiosk said where that is another number."""
    said = came if one.told is None else getattr(one.told.reported, what)
    return f"{came}" if said == came else f"{came} (kiosk: {said})"


def _word(one: DeviceDay) -> str:
    if one.told is None:
        return "no count sent"
    return "agrees" if one.agrees else "differs"


def _owner(owner: OwnerDay) -> dict[str, Any]:
    return {"owner": owner.owner, "agrees": owner.agrees, "devices": [_device(one) for one in owner.devices]}


def _device(one: DeviceDay) -> dict[str, Any]:
    document: dict[str, Any] = {
        "id": one.device.id,
        "name": one.device.words.name,
        "captures": one.captures,
        "records": one.records,
        "reported": None,
        "agrees": one.agrees,
    }
    if one.told is not None:
        said = one.told.reported
        document["reported"] = {"captures": said.captures, "records": said.records, "last_counter": said.last_counter}
        document["differences"] = _differences(one)
    return document


def _differences(one: DeviceDay) -> Sequence[dict[str, Any]]:
    found = one.told.differences if one.told else ()
    return [{"code": d.code, "kiosk": d.kiosk, "here": d.here, "counters": list(d.counters)} for d in found]
