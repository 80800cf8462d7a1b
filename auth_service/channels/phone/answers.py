"""From what the flows of a capture session return to what the page is told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from starlette.responses import JSONResponse

from auth_service.capture.challenge import FLASH_MS
from auth_service.channels.phone.schemas import (
    CertificateLink,
    ChallengeAnswer,
    OpenedAnswer,
    OutcomeAnswer,
    PlannedStep,
    SessionAnswer,
    StartedAnswer,
    Told,
)
from auth_service.core.errors import IdempotencyInFlight, SessionSpent
from auth_service.flows.open_session import Opened
from auth_service.flows.session_terms import Begun, SessionKey, SessionView
from auth_service.qualification.capture_outcome import CaptureOutcome, next_way
from auth_service.qualification.certificate import Certificate
from auth_service.qualification.evidence import Channel
from auth_service.web.idempotency import HEADER, REPLAYED
from auth_service.web.services import Services


def opened_answer(opened: Opened, public_url: str) -> OpenedAnswer:
    return OpenedAnswer(
        id=opened.session_id,
        ticket=opened.ticket,
        url=f"{public_url}/verify#t={opened.session_id}.{opened.ticket}",
        expires_at=opened.expires_at,
    )


def begun_answer(begun: Begun, now: datetime) -> StartedAnswer:
    """The nonce is not in it: it goes into the cookie."""
    return StartedAnswer(
        challenge=_challenge(begun),
        accepted=begun.accepted,
        sealed=begun.sealed,
        running_ms=_ms(now - begun.started_at),
        step_in_ms=None if begun.time_left is None else _ms(begun.time_left),
        expires_at=begun.expires_at,
        expires_in_ms=_ms(begun.expires_at - now),
    )


def _ms(left: timedelta) -> int:
    return max(0, left // timedelta(milliseconds=1))


def _challenge(begun: Begun) -> ChallengeAnswer:
    steps = [
        PlannedStep(
            n=one.n,
            kind=one.kind,
            motion=one.ask.motion if one.ask else None,
            hold_ms=one.ask.hold_ms if one.ask else None,
        )
        for one in begun.steps
    ]
    return ChallengeAnswer(
        route=begun.route,
        steps=tuple(steps),
        count=begun.count,
        flash=begun.colours,
        flashes=begun.flashes,
        flash_ms=FLASH_MS,
    )


@dataclass(frozen=True, slots=True)
class Place:
    """Where a capture was made. kiosks: whether this agency has any"""

    channel: Channel
    public_url: str
    kiosks: bool


def outcome_answer(outcome: CaptureOutcome, certificate: Certificate | None, place: Place) -> OutcomeAnswer:
    zh, en = outcome.text
    link = None
    if certificate is not None:
        link = CertificateLink(serial=certificate.serial, url=f"{place.public_url}/certificates/{certificate.serial}")
    return OutcomeAnswer(
        outcome=outcome.word,
        reason=Told(code=outcome.guide.value, zh=zh, en=en),
        other_way=outcome.other_way,
        next_way=next_way(outcome, place.channel, kiosks=place.kiosks),
        due_on=certificate.due_on if certificate else None,
        certificate=link,
    )


def view_answer(view: SessionView, place: Place) -> SessionAnswer:
    begun, outcome = view.begun, view.outcome
    return SessionAnswer(
        state=view.state,
        expires_at=view.expires_at,
        accepted=begun.accepted if begun else (),
        sealed=begun.sealed if begun else (),
        challenge=_challenge(begun) if begun else None,
        result=None if outcome is None else outcome_answer(outcome, view.certificate, place),
    )


def decided_before(services: Services, key: SessionKey, place: Place) -> JSONResponse:
    """What whoever handed this session in was told, for one who hands it in again, on whatever channel.

    raises  IdempotencyInFlight: it is being decided; SessionSpent: whoever was deciding is gone
    """
    view = services.captures.see.run(key)
    if view.outcome is not None:
        told = outcome_answer(view.outcome, view.certificate, place)
        return JSONResponse(told.model_dump(mode="json", exclude_none=True), headers={REPLAYED: "true"})
    if services.clock.now() < view.expires_at:
        raise IdempotencyInFlight(field=HEADER)
    raise SessionSpent
