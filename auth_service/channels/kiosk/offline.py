"""/v1/kiosk/offline-tickets, records and reconciliations: what was captured while there was no line."""

from __future__ import annotations

import base64
import binascii
import hashlib
from typing import Annotated

from fastapi import Depends
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from auth_service.accounts.devices import Device
from auth_service.capture.challenge import FLASH_MS
from auth_service.capture.offline_rules import RECORD_TEXTS, Hold, RecordState, Refusal, Ticket
from auth_service.capture.reconciliation import DIFFERENCE_TEXTS, Code, Difference, Reported
from auth_service.channels.kiosk.offline_schemas import (
    DifferenceAnswer,
    ReconciliationAnswer,
    ReconciliationBody,
    RecordAnswer,
    RecordViewAnswer,
    TicketAnswer,
    TicketsAnswer,
    TicketsBody,
)
from auth_service.channels.phone.answers import Place, outcome_answer
from auth_service.channels.phone.schemas import ChallengeAnswer, PlannedStep, Told
from auth_service.core.errors import RecordUnsigned
from auth_service.flows.accept_record import RecordSent
from auth_service.flows.idempotent import Save
from auth_service.flows.issue_tickets import GivenTicket
from auth_service.qualification.evidence import Channel
from auth_service.storage.unit import SavedAnswer, Unit
from auth_service.web.forms import read_record_form
from auth_service.web.idempotency import REPLAYED, checked_key
from auth_service.web.services import services_of
from auth_service.web.signed import ACTIVE, CARRYING, signed_bytes, signed_json

ActiveDevice = Annotated[Device, Depends(ACTIVE)]
CarryingDevice = Annotated[Device, Depends(CARRYING)]


async def tickets_body(request: Request, _device: ActiveDevice) -> TicketsBody:
    """Read once the device is known. raises as signed_json"""
    return await signed_json(request, TicketsBody)


async def record_form(request: Request, _device: CarryingDevice) -> RecordSent:
    """Its digest is checked before the form is taken apart. raises as signed_bytes, read_record_form, RecordUnsigned"""
    checked_key(request)
    await signed_bytes(request)
    record, signature, frames = await read_record_form(request)
    try:
        given = base64.b64decode(signature + "=" * (-len(signature) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as wrong:
        raise RecordUnsigned("base64url is expected", field="signature") from wrong
    return RecordSent(record, given, frames)


async def reconciliation_body(request: Request, _device: CarryingDevice) -> ReconciliationBody:
    """Read once the device is known. raises as signed_json"""
    return await signed_json(request, ReconciliationBody)


def tickets(request: Request, device: ActiveDevice, given: Annotated[TicketsBody, Depends(tickets_body)]) -> Response:
    """The same tickets again for whoever lost the answer. raises as IssueTickets.run, Idempotent.run"""
    services, key = services_of(request), checked_key(request)

    def work(save: Save) -> SavedAnswer:
        kept: list[SavedAnswer] = []

        def conclude(unit: Unit, drawn: tuple[GivenTicket, ...]) -> None:
            answer = TicketsAnswer(tickets=tuple(_ticket(one.token, one.ticket) for one in drawn))
            kept.append(SavedAnswer(200, answer.model_dump_json().encode(), "application/json"))
            save(unit, kept[-1])

        services.kiosk.tickets.run(device.id, given.count, given.route, conclude)
        return kept[-1]

    fingerprint = hashlib.sha256(given.model_dump_json().encode()).hexdigest()
    saved, again = services.idempotent.run(f"device:{device.id}", key, fingerprint, work)
    return Response(saved.body, saved.status, {REPLAYED: "true"} if again else {}, media_type=saved.content_type)


def record(request: Request, device: CarryingDevice, sent: Annotated[RecordSent, Depends(record_form)]) -> Response:
    """Idempotent by its content. raises as AcceptRecord.run"""
    receipt = services_of(request).kiosk.records.run(device, sent)
    answer = RecordAnswer(
        receipt=receipt.id,
        client_event=receipt.client_event,
        counter=receipt.counter,
        state=receipt.state,
        received_at=receipt.received_at,
        reason=_told(receipt.code),
    )
    return _json(answer, 200 if receipt.state is RecordState.REFUSED else 202)


def see(request: Request, device: CarryingDevice, client_event: str) -> Response:
    """What became of a record of this device. raises NotFound"""
    services = services_of(request)
    place = Place(Channel.KIOSK, services.public_url, services.kiosk_calls)
    view = services.kiosk.see_record.run(device.id, client_event)
    answer = RecordViewAnswer(
        receipt=view.record.id,
        client_event=view.record.client_event,
        counter=view.record.link.counter,
        state=view.state,
        received_at=view.record.received_at,
        reason=_told(view.code),
        captured_at=view.record.captured_at,
        result=None if view.outcome is None else outcome_answer(view.outcome, view.certificate, place),
    )
    return _json(answer, 200)


def reconcile(
    request: Request, device: CarryingDevice, given: Annotated[ReconciliationBody, Depends(reconciliation_body)]
) -> Response:
    """The newest count of a day stands. raises as Reconcile.run"""
    checked_key(request)
    counts = given.counts
    reported = Reported(given.day, counts.captures, counts.records, given.last_counter, given.last_hash)
    found = services_of(request).kiosk.reconcile.run(device, reported)
    return _json(ReconciliationAnswer(agrees=not found, differences=tuple(map(_difference, found))), 200)


def _ticket(token: str, ticket: Ticket) -> TicketAnswer:
    challenge = ticket.challenge
    steps = (
        PlannedStep(
            n=one.n,
            kind=one.kind,
            motion=one.ask.motion if one.ask else None,
            hold_ms=one.ask.hold_ms if one.ask else None,
        )
        for one in challenge.steps
    )
    asked = ChallengeAnswer(
        route=challenge.route,
        steps=tuple(steps),
        count=len(challenge.steps),
        flash=challenge.flash,
        flashes=len(challenge.flash),
        flash_ms=FLASH_MS,
    )
    return TicketAnswer(ticket=token, expires_at=ticket.expires_at, challenge=asked)


def _told(code: str) -> Told | None:
    if not code:
        return None
    zh, en = RECORD_TEXTS[Refusal(code) if code in set(Refusal) else Hold(code)]
    return Told(code=code, zh=zh, en=en)


def _difference(one: Difference) -> DifferenceAnswer:
    zh, en = DIFFERENCE_TEXTS[Code(one.code)]
    return DifferenceAnswer(code=one.code, zh=zh, en=en, kiosk=one.kiosk, here=one.here, counters=one.counters)


def _json(answer: BaseModel, status: int) -> JSONResponse:
    return JSONResponse(answer.model_dump(mode="json", exclude_none=True), status)
