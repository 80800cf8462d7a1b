"""From what the flows of a capture session return to what the page is told."""

from __future__ import annotations

from datetime import datetime

from auth_service.capture.challenge import FLASH_MS, Challenge
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
from auth_service.flows.open_session import Opened
from auth_service.flows.session_terms import Begun, SessionView
from auth_service.qualification.capture_outcome import CaptureOutcome
from auth_service.qualification.certificate import Certificate


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
        challenge=_challenge(begun.challenge),
        accepted=begun.accepted,
        expires_at=begun.expires_at,
        expires_in_ms=max(0, int((begun.expires_at - now).total_seconds() * 1000)),
    )


def _challenge(challenge: Challenge) -> ChallengeAnswer:
    steps = [
        PlannedStep(
            n=one.n,
            kind=one.kind,
            motion=one.ask.motion if one.ask else None,
            hold_ms=one.ask.hold_ms if one.ask else None,
        )
        for one in challenge.steps
    ]
    return ChallengeAnswer(route=challenge.route, steps=tuple(steps), flash=challenge.flash, flash_ms=FLASH_MS)


def outcome_answer(outcome: CaptureOutcome, certificate: Certificate | None, public_url: str) -> OutcomeAnswer:
    zh, en = outcome.text
    link = None
    if certificate is not None:
        link = CertificateLink(serial=certificate.serial, url=f"{public_url}/certificates/{certificate.serial}")
    return OutcomeAnswer(
        outcome=outcome.word,
        reason=Told(code=outcome.guide.value, zh=zh, en=en),
        other_way=outcome.other_way,
        due_on=certificate.due_on if certificate else None,
        certificate=link,
    )


def view_answer(view: SessionView, public_url: str) -> SessionAnswer:
    begun, outcome = view.begun, view.outcome
    return SessionAnswer(
        state=view.state,
        expires_at=view.expires_at,
        accepted=begun.accepted if begun else (),
        challenge=_challenge(begun.challenge) if begun else None,
        result=None if outcome is None else outcome_answer(outcome, view.certificate, public_url),
    )
