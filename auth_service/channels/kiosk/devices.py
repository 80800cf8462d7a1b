"""A kiosk comes into the registry, asks how it stands, and calls for a person."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from auth_service.accounts.devices import FAR_CM, LENS_DEGREES, NEAR_CM, Device
from auth_service.channels.kiosk.schemas import EnrolmentBody, LensAnswer, StaffCallBody, StatusAnswer
from auth_service.channels.phone.schemas import ReceivedAnswer
from auth_service.core.errors import SignatureInvalid
from auth_service.flows.enrol_device import key_of_text
from auth_service.web.idempotency import checked_key
from auth_service.web.services import services_of
from auth_service.web.signed import HEARD, PROVES_ITS_KEY, signed_json

HeardDevice = Annotated[Device, Depends(HEARD)]
ProvenKey = Annotated[bytes, Depends(PROVES_ITS_KEY)]


async def enrolment_body(request: Request, _key: ProvenKey) -> EnrolmentBody:
    """Read once the key has proved itself. raises as signed_json"""
    return await signed_json(request, EnrolmentBody)


def enrol(request: Request, key: ProvenKey, given: Annotated[EnrolmentBody, Depends(enrolment_body)]) -> Response:
    """The code for a place in the registry. raises as EnrolDevice.run; SignatureInvalid: another key than it names"""
    if key_of_text(given.public_key) != key:
        raise SignatureInvalid("public_key is not the key that signed")
    device = services_of(request).kiosk.enrol.run(given.code, key)
    return _status(request, device, 201)


def status(request: Request, device: HeardDevice) -> Response:
    """How it stands."""
    return _status(request, device, 200)


async def call_body(request: Request, _device: HeardDevice) -> StaffCallBody:
    """Read once the device is known. raises as signed_json"""
    return await signed_json(request, StaffCallBody)


def call_staff(request: Request, device: HeardDevice, _given: Annotated[StaffCallBody, Depends(call_body)]) -> Response:
    """Somebody who stands there needs a person; of whom is not said. raises RateLimited"""
    checked_key(request)
    services_of(request).kiosk.watch.staff_called(device.id)
    return JSONResponse(ReceivedAnswer().model_dump(), 201)


def _status(request: Request, device: Device, code: int) -> Response:
    services, words = services_of(request), device.words
    answer = StatusAnswer(
        device_id=device.id,
        state=device.state,
        name=words.name,
        place=words.place,
        server_time=services.clock.now(),
        lens_profile=words.lens,
        lens=LensAnswer(degrees=LENS_DEGREES[words.lens], near_cm=NEAR_CM, far_cm=FAR_CM),
        counter=device.counter,
        offline_tickets=services.kiosk.tickets.held(device.id),
    )
    return JSONResponse(answer.model_dump(mode="json"), code)
