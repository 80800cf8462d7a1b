"""The registry of devices: the list with what may be done about each, and the form that enters one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from fastapi import Depends
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from auth_service.accounts.credentials import StaffMember
from auth_service.accounts.devices import Device, DeviceKind, DeviceState, DeviceWords, LensProfile
from auth_service.console.confirm import PASSWORD, carrying, confirm, needs_password
from auth_service.console.device_words import state_of
from auth_service.console.words import ago, local_time, region
from auth_service.core.errors import (
    ConfirmationNeeded,
    CredentialsInvalid,
    FieldInvalid,
    FieldMissing,
    FieldTooLong,
    NotFound,
    RateLimited,
    SecondPersonNeeded,
    ServiceError,
    SignInThrottled,
    StaleJudgement,
)
from auth_service.flows.keep_devices import KeepDevices
from auth_service.web.access import DeviceKeeper, Visitor
from auth_service.web.csrf import FIELD, check_form
from auth_service.web.errors import status_of
from auth_service.web.forms import read_page_form
from auth_service.web.i18n import Language, language_of, text
from auth_service.web.pages import pages_of
from auth_service.web.services import services_of
from auth_service.web.texts import TEXTS

LIST = "/console/devices"
_SHOWN = (
    FieldInvalid, FieldMissing, FieldTooLong, SecondPersonNeeded, StaleJudgement, ConfirmationNeeded,
    CredentialsInvalid, SignInThrottled, RateLimited,
)  # fmt: skip
_GIVEN = ("name", "owner", "region", "place", "lens")
Act = Callable[[KeepDevices, str, StaffMember], object]
ACTS: dict[str, Act] = {
    "approve": KeepDevices.approve,
    "quarantine": KeepDevices.quarantine,
    "release": KeepDevices.release,
    "revoke": KeepDevices.revoke,
}
"""What a button does; the last part of its address names it."""


async def entry_fields(request: Request) -> dict[str, str]:
    """The fields of the form that enters a device."""
    return await read_page_form(request, (FIELD, PASSWORD, *_GIVEN))


async def act_fields(request: Request) -> dict[str, str]:
    """The fields of a button."""
    return await read_page_form(request, (FIELD, PASSWORD))


EntryForm = Annotated[dict[str, str], Depends(entry_fields)]
ActForm = Annotated[dict[str, str], Depends(act_fields)]


def devices_page(request: Request, visitor: DeviceKeeper) -> Response:
    """The whole registry: a province has hundreds of kiosks, not millions."""
    return _page(request, visitor)


def enter(request: Request, visitor: DeviceKeeper, form: EntryForm) -> Response:
    """Enters a device and shows its one-time code, this once; nothing of it stands in an address. raises CsrfRefused"""
    check_form(request, form.get(FIELD), visitor.session.csrf_token)
    try:
        visitor = confirm(request, visitor, form)
        device, code = services_of(request).keep_devices.create(_words(form), visitor.staff)
    except _SHOWN as error:
        return _page(request, visitor, error, form=form)
    return carrying(request, _page(request, visitor, made=(device, code)))


def act(request: Request, device_id: str, act: str, visitor: DeviceKeeper, form: ActForm) -> Response:
    """Approves, sets aside, lets in again, or ends. raises CsrfRefused, NotFound"""
    check_form(request, form.get(FIELD), visitor.session.csrf_token)
    if act not in ACTS:
        raise NotFound
    try:
        visitor = confirm(request, visitor, form)
        ACTS[act](services_of(request).keep_devices, device_id, visitor.staff)
    except _SHOWN as error:
        return _page(request, visitor, error)
    return carrying(request, RedirectResponse(f"{LIST}?recorded=1", 303))


def _words(form: dict[str, str]) -> DeviceWords:
    """raises FieldInvalid"""
    try:
        lens = LensProfile(form.get("lens", ""))
    except ValueError as error:
        raise FieldInvalid(field="lens") from error
    name, owner, region_code, place = (form.get(field, "") for field in ("name", "owner", "region", "place"))
    return DeviceWords(DeviceKind.KIOSK, name, owner, region_code, place, lens)


def _page(
    request: Request,
    visitor: Visitor,
    error: ServiceError | None = None,
    *,
    made: tuple[Device, str] | None = None,
    form: dict[str, str] | None = None,
) -> Response:
    services, language = services_of(request), language_of(request)
    now = services.clock.now()
    rows = []
    for device in services.keep_devices.all():
        seen = ago(device.last_seen_at, now, language) if device.last_seen_at else text("devices.never", language)
        called = ago(device.staff_called_at, now, language) if device.staff_called_at else ""
        told = text("devices.called", language, ago=called) if called else ""
        rows.append(_row(device, visitor, language) | {"seen": seen, "called": told})
    return pages_of(request).answer(
        request,
        "devices.html",
        status_of(error) if error else 200,
        here=LIST,
        rows=rows,
        lenses=[(one.value, text(f"devices.lens.{one.value}", language)) for one in LensProfile],
        given={name: (form or {}).get(name, "") for name in _GIVEN},
        code=made[1] if made else None,
        code_for=made[0].words.name if made else "",
        code_until=local_time(made[0].code_expires_at) if made else "",
        needs_password=needs_password(request, visitor),
        error=error.text(language) if error else None,
        recorded=error is None and "recorded" in request.query_params,
    )


def _row(device: Device, visitor: Visitor, language: Language) -> dict[str, object]:
    words = device.words
    return {
        "id": device.id,
        "name": words.name,
        "owner": words.owner,
        "place": words.place,
        "region": region(words.region_code, language),
        "state": state_of(device),
        "state_word": text(f"device.state.{state_of(device)}", language),
        "aside": _aside(device, language),
        "acts": [(one, text(f"devices.act.{one}", language)) for one in _acts(device, visitor.staff)],
        "waits_for_other": _waits_for_other(device, visitor.staff),
    }


def _aside(device: Device, language: Language) -> str:
    """Why it is set aside, and whether somebody has proposed to let it in again; empty for one that is not."""
    if device.state is not DeviceState.QUARANTINED or device.tampered:
        return ""
    known = f"fact.breach.{device.quarantine_reason}"
    reason = text(known if known in TEXTS else "devices.by_staff", language)
    proposed = text("devices.release_proposed", language) if device.release_proposed_by else ""
    return " ".join(part for part in (reason, proposed) if part)


def waits_for(device: Device, staff: StaffMember) -> bool:
    """Whether a second person is asked for, and this one may be it."""
    asked = device.state is DeviceState.PENDING or (
        device.state is DeviceState.QUARANTINED and device.release_proposed_by is not None
    )
    return asked and not device.tampered and not _waits_for_other(device, staff)


def _waits_for_other(device: Device, staff: StaffMember) -> bool:
    """Whether this visitor has done their part and somebody else must do theirs."""
    entered = device.state is DeviceState.PENDING and device.created_by == staff.id
    return entered or (device.state is DeviceState.QUARANTINED and device.release_proposed_by == staff.id)


def _acts(device: Device, staff: StaffMember) -> list[str]:
    """What this visitor may do about it."""
    if device.state is DeviceState.REVOKED:
        return []
    if device.tampered:
        return ["revoke"]
    found = {DeviceState.ACTIVE: ["quarantine"], DeviceState.QUARANTINED: ["release"], DeviceState.PENDING: ["approve"]}
    mine = [] if _waits_for_other(device, staff) else found.get(device.state, [])
    return [*mine, "revoke"]
