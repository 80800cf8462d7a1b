"""/v1/capture-sessions: from the page's first words to the outcome (contract.md section 4)."""

from __future__ import annotations

import hashlib
from typing import Annotated

from fastapi import Depends
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from auth_service.capture.steps import CapturedStep, FramePrint, StepPrint
from auth_service.channels.phone.answers import (
    Place,
    begun_answer,
    decided_before,
    opened_answer,
    outcome_answer,
    view_answer,
)
from auth_service.channels.phone.held import HeldKey, held_body
from auth_service.channels.phone.page import CONSENT
from auth_service.channels.phone.schemas import (
    ConsentGiven,
    ExchangeBody,
    NothingBody,
    OpenBody,
    SealBody,
    StartBody,
    StepAnswer,
)
from auth_service.channels.phone.session_key import forget, keep, phone_mark
from auth_service.core.errors import (
    ConsentMissing,
    NotFound,
    SessionSpent,
    SessionUnknown,
)
from auth_service.enrollment.consent import Consent, ConsentBasis
from auth_service.flows.idempotent import Save
from auth_service.flows.open_session import Opened, OpenRequest
from auth_service.flows.session_terms import SessionKey
from auth_service.qualification.capture_outcome import PILOT_OUTCOME
from auth_service.qualification.evidence import Channel
from auth_service.storage.unit import SavedAnswer, Unit
from auth_service.web.access import client_of
from auth_service.web.cookies import remember_phone
from auth_service.web.csrf import check_page
from auth_service.web.forms import read_frame_form
from auth_service.web.idempotency import REPLAYED, checked_key
from auth_service.web.services import Services, services_of

Starting = Annotated[StartBody, Depends(held_body(StartBody))]
Sealing = Annotated[SealBody, Depends(held_body(SealBody))]
Nothing = Annotated[NothingBody, Depends(held_body(NothingBody))]


def open_session(request: Request, given: OpenBody) -> Response:
    """Takes as long and answers the same whether or not anybody has this number. raises as OpenSession.run"""
    check_page(request, cookie=False)
    services, client, key = services_of(request), client_of(request), checked_key(request)
    mark = phone_mark(request)
    wanted = OpenRequest(
        id_number=given.id_number,
        channel=Channel.PHONE,
        consent=_consent(services, _of_phone(given.consent)),
        name=given.name,
        device=client,  # not the page's own word: tries that a stranger uses up are counted where the stranger is
        wished=given.route,
        accommodations=given.accommodations,
        slow=given.slow,
        mark=mark,
        helper=f"{given.helper.relation}: {given.helper.name}" if given.helper else "",
    )

    def work(save: Save) -> SavedAnswer:
        kept: list[SavedAnswer] = []

        def conclude(unit: Unit, opened: Opened) -> None:
            answer = opened_answer(opened, services.public_url).model_dump_json().encode()
            kept.append(SavedAnswer(201, answer, "application/json"))
            save(unit, kept[-1])

        services.captures.open.run(wanted, conclude)
        return kept[-1]

    fingerprint = hashlib.sha256(given.model_dump_json().encode()).hexdigest()
    saved, again = services.idempotent.run(
        f"phone:{client}", key, fingerprint, work, lambda: services.limit.opening(client)
    )
    headers = {REPLAYED: "true"} if again else {}
    response = Response(saved.body, saved.status, headers, media_type=saved.content_type)
    remember_phone(response, mark, secure=services.cookie_secure)
    return response


def exchange(request: Request, session_id: str, given: ExchangeBody) -> Response:
    """The ticket for a cookie, once. raises CsrfRefused, SessionUnknown, SessionExpired"""
    check_page(request, cookie=True)  # a cookie that another site could set would put its session in our page
    checked_key(request)
    key = services_of(request).captures.open.exchange(given.ticket)
    if key.session_id != session_id:
        raise SessionUnknown
    response = JSONResponse({})
    keep(request, response, key)
    return response


def start(request: Request, key: HeldKey, given: Starting) -> Response:
    """The camera runs, or runs again. raises as StartSession.run, ConsentMissing"""
    services = services_of(request)
    checked_key(request)
    begun = services.captures.start.run(key, given.lost_from, _consent(services, given.consent))
    response = _json(begun_answer(begun, services.clock.now()))
    keep(request, response, SessionKey(key.session_id, key.token, begun.nonce))
    return response


def colours(request: Request, key: HeldKey, _given: Nothing) -> Response:
    """The person is ready for the light. raises as StartSession.colours"""
    services = services_of(request)
    checked_key(request)
    return _json(begun_answer(services.captures.start.colours(key), services.clock.now()))


def seal(request: Request, key: HeldKey, n: int, given: Sealing) -> Response:
    """Idempotent by its content. raises as SealStep.run"""
    services = services_of(request)
    checked_key(request)
    frames = (FramePrint(one.at_ms, one.bytes, bytes.fromhex(one.sha256)) for one in given.frames)
    begun = services.captures.seal.run(key, StepPrint(n, tuple(frames)))
    return _json(begun_answer(begun, services.clock.now()))


async def frames(request: Request, _key: HeldKey, n: int) -> CapturedStep:
    """The step's pictures, read only for whoever holds the session. raises as read_frame_form"""
    checked_key(request)
    return CapturedStep(n, await read_frame_form(request))


def step(request: Request, key: HeldKey, sent: Annotated[CapturedStep, Depends(frames)]) -> Response:
    """Idempotent by its content. raises as AcceptStep.run"""
    look = services_of(request).captures.step.run(key, sent)
    return _json(StepAnswer(hints=look.hints, movement_seen=look.movement))


def complete(request: Request, key: HeldKey, _given: Nothing) -> Response:
    """Decides once; whoever asks again is told the same, for the session itself remembers it.

    raises  as CompleteSession.run; IdempotencyInFlight while it is being decided
    """
    services = services_of(request)
    checked_key(request)
    pilot = services.captures.pilot
    if pilot is not None and pilot.run(key):
        return _json(outcome_answer(PILOT_OUTCOME, None, _place(services)))
    services.metrics.attempts.labels(Channel.PHONE.value).inc()
    try:
        done = services.captures.complete.run(key)
    except SessionSpent:
        return decided_before(services, key, _place(services))
    services.metrics.decisions.labels(done.decision.outcome.value, Channel.PHONE.value).inc()
    return _json(outcome_answer(done.outcome, done.certificate, _place(services)))


def state(request: Request, key: HeldKey) -> Response:
    """For a page that was reloaded. raises SessionUnknown"""
    services = services_of(request)
    return _json(view_answer(services.captures.see.run(key), _place(services)))


def end(request: Request, key: HeldKey) -> Response:
    """The person leaves; pictures go at once. What is decided stays decided. raises SessionUnknown"""
    captures = services_of(request).captures
    captures.end.run(key)
    if captures.pilot is not None:
        captures.pilot.withdraw(key)
    response = Response(status_code=204)
    forget(request, response)
    return response


def _consent(services: Services, given: ConsentGiven | None) -> Consent | None:
    """To the very text of this release that the page shows. raises ConsentMissing: there is no such text"""
    if given is None:
        return None
    try:
        text = services.shown_text(given.text, given.version, given.language)
    except NotFound as unknown:
        raise ConsentMissing("no such text", field="consent") from unknown
    now = services.clock.now()
    version = text.version if given.text == CONSENT else f"{given.text}/{text.version}"
    return Consent(
        ConsentBasis.SEPARATE_CONSENT, version, text.language, Channel.PHONE.value, now, f"sha256:{text.sha256}"
    )


def _of_phone(given: ConsentGiven | None) -> ConsentGiven | None:
    """A consent to a pilot is none to an authentication."""
    return given if given is None or given.text == CONSENT else None


def _place(services: Services) -> Place:
    return Place(Channel.PHONE, services.public_url, services.kiosk_calls)


def _json(answer: BaseModel) -> JSONResponse:
    return JSONResponse(answer.model_dump(mode="json", exclude_none=True))
