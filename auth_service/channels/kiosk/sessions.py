"""/v1/kiosk/capture-sessions: as the phone's (channels/phone/sessions.py), held by headers in place of a cookie."""

from __future__ import annotations

import hashlib
from typing import Annotated

from fastapi import Depends
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from auth_service.accounts.devices import Device
from auth_service.capture.steps import CapturedStep, FramePrint, StepPrint
from auth_service.channels.kiosk.held import HeldKey, held_body, word_of
from auth_service.channels.kiosk.schemas import KioskConsent, KioskOpenBody, KioskOpenedAnswer, KioskStartedAnswer
from auth_service.channels.phone.answers import Place, begun_answer, decided_before, outcome_answer, view_answer
from auth_service.channels.phone.schemas import ConsentGiven, NothingBody, SealBody, StartBody, StepAnswer
from auth_service.core.errors import AttemptsUsedUp, ConsentMissing, NotFound, SessionSpent
from auth_service.enrollment.consent import Consent, ConsentBasis
from auth_service.flows.idempotent import Save
from auth_service.flows.open_session import Opened, OpenRequest
from auth_service.flows.session_terms import Begun
from auth_service.qualification.evidence import Channel
from auth_service.storage.unit import SavedAnswer, Unit
from auth_service.web.forms import read_frame_form, read_portrait_form
from auth_service.web.idempotency import REPLAYED, checked_key
from auth_service.web.services import Services, services_of
from auth_service.web.signed import ACTIVE, signed_bytes, signed_json

CONSENT = "kiosk_consent"
ActiveDevice = Annotated[Device, Depends(ACTIVE)]
Starting = Annotated[StartBody, Depends(held_body(StartBody))]
Sealing = Annotated[SealBody, Depends(held_body(SealBody))]
Nothing = Annotated[NothingBody, Depends(held_body(NothingBody))]


async def opening_body(request: Request, _device: ActiveDevice) -> KioskOpenBody:
    """Read once the device is known. raises as signed_json"""
    return await signed_json(request, KioskOpenBody)


Opening = Annotated[KioskOpenBody, Depends(opening_body)]


def open_session(request: Request, device: ActiveDevice, given: Opening) -> Response:
    """Takes as long and answers the same whether or not anybody has this number.

    raises  as OpenSession.run; AttemptsUsedUp: this kiosk has captured as many as it may in an hour
    """
    services, key = services_of(request), checked_key(request)
    wanted = OpenRequest(
        id_number=given.id_number,
        channel=Channel.KIOSK,
        consent=_consent(services, given.consent),
        name=given.name,
        device=word_of(device),
        wished=given.route,
        accommodations=given.accommodations,
        slow=given.slow,
        at_once=True,
    )

    def work(save: Save) -> SavedAnswer:
        kept: list[SavedAnswer] = []

        def conclude(unit: Unit, opened: Opened) -> None:
            answer = KioskOpenedAnswer(id=opened.session_id, token=opened.token, expires_at=opened.expires_at)
            kept.append(SavedAnswer(201, answer.model_dump_json().encode(), "application/json"))
            save(unit, kept[-1])

        services.captures.open.run(wanted, conclude)
        return kept[-1]

    fingerprint = hashlib.sha256(given.model_dump_json().encode()).hexdigest()
    saved, again = services.idempotent.run(
        f"device:{device.id}", key, fingerprint, work, lambda: _count(services, device, given.id_number)
    )
    headers = {REPLAYED: "true"} if again else {}
    return Response(saved.body, saved.status, headers, media_type=saved.content_type)


def _count(services: Services, device: Device, number: str) -> None:
    """raises AttemptsUsedUp: this kiosk has captured as many as it may in an hour, of which a monitor hears"""
    try:
        services.limit.kiosk(device.id, number)
    except AttemptsUsedUp:
        services.kiosk.watch.used_up(device.id)
        raise


def start(request: Request, key: HeldKey, given: Starting) -> Response:
    """The camera runs, or runs again. raises as StartSession.run, ConsentMissing"""
    services = services_of(request)
    checked_key(request)
    if given.consent is not None:
        _consent(services, given.consent)
    return _begun(services, services.captures.start.run(key, given.lost_from))


def colours(request: Request, key: HeldKey, _given: Nothing) -> Response:
    """The person is ready for the light. raises as StartSession.colours"""
    services = services_of(request)
    checked_key(request)
    return _begun(services, services.captures.start.colours(key))


def seal(request: Request, key: HeldKey, n: int, given: Sealing) -> Response:
    """Idempotent by its content. raises as SealStep.run"""
    services = services_of(request)
    checked_key(request)
    frames = (FramePrint(one.at_ms, one.bytes, bytes.fromhex(one.sha256)) for one in given.frames)
    return _begun(services, services.captures.seal.run(key, StepPrint(n, tuple(frames))))


async def frames(request: Request, _key: HeldKey, n: int) -> CapturedStep:
    """The step's pictures; their digest is checked before the form is taken apart. raises as read_frame_form"""
    checked_key(request)
    await signed_bytes(request)
    return CapturedStep(n, await read_frame_form(request))


def step(request: Request, key: HeldKey, sent: Annotated[CapturedStep, Depends(frames)]) -> Response:
    """Idempotent by its content. raises as AcceptStep.run"""
    look = services_of(request).captures.step.run(key, sent)
    return _json(StepAnswer(hints=look.hints, movement_seen=look.movement))


async def portrait(request: Request, _key: HeldKey) -> bytes | None:
    """The portrait of a card's chip, where one was read; else an empty JSON object. In memory alone.

    raises  as signed_json, read_portrait_form
    """
    if request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
        await signed_bytes(request)
        return await read_portrait_form(request)
    await signed_json(request, NothingBody)
    return None


def complete(request: Request, key: HeldKey, read: Annotated[bytes | None, Depends(portrait)]) -> Response:
    """Decides once; whoever asks again is told the same, for the session itself remembers it.

    read    the portrait of a card's chip: compared with the living face and with the enrolled photos, and dropped
    raises  as CompleteSession.run; IdempotencyInFlight while it is being decided
    """
    services = services_of(request)
    checked_key(request)
    services.metrics.attempts.labels(Channel.KIOSK.value).inc()
    try:
        done = services.captures.complete.run(key, read)
    except SessionSpent:
        return decided_before(services, key, _place(services))
    services.metrics.decisions.labels(done.decision.outcome.value, Channel.KIOSK.value).inc()
    return _json(outcome_answer(done.outcome, done.certificate, _place(services)))


def state(request: Request, key: HeldKey) -> Response:
    """Where it stands. raises SessionUnknown"""
    services = services_of(request)
    return _json(view_answer(services.captures.see.run(key), _place(services)))


def end(request: Request, key: HeldKey) -> Response:
    """The person leaves; pictures go at once. What is decided stays decided. raises SessionUnknown"""
    services_of(request).captures.end.run(key)
    return Response(status_code=204)


def _consent(services: Services, given: ConsentGiven | KioskConsent | None) -> Consent | None:
    """To the very text of this release that the kiosk shows. raises ConsentMissing: there is no such text"""
    if given is None:
        return None
    try:
        text = services.shown_text(CONSENT, given.version, given.language)
    except NotFound as unknown:
        raise ConsentMissing("no such text", field="consent") from unknown
    now, reference = services.clock.now(), f"sha256:{text.sha256}"
    return Consent(ConsentBasis.SEPARATE_CONSENT, text.version, text.language, Channel.KIOSK.value, now, reference)


def _begun(services: Services, begun: Begun) -> Response:
    answer = begun_answer(begun, services.clock.now())
    fields = {name: getattr(answer, name) for name in type(answer).model_fields}
    return _json(KioskStartedAnswer(**fields, nonce=begun.nonce.hex()))


def _place(services: Services) -> Place:
    return Place(Channel.KIOSK, services.public_url, services.kiosk_calls)


def _json(answer: BaseModel) -> JSONResponse:
    return JSONResponse(answer.model_dump(mode="json", exclude_none=True))
