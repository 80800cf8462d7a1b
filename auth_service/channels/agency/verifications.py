"""POST /v1/verifications: a fresh photo against the enrolled ones, from an agency's system."""

from __future__ import annotations

import re
from typing import Annotated

from fastapi import Depends
from starlette.requests import Request
from starlette.responses import Response

from auth_service.accounts.credentials import ApiKey
from auth_service.accounts.roles import Scope
from auth_service.channels.agency.replies import Act, Keep, actor_of, reply_once
from auth_service.channels.agency.schemas import CodedText, VerificationAnswer, certificate_answer, hints
from auth_service.core.errors import FieldInvalid, ImageRefused, ScopeMissing
from auth_service.flows.verify import VerifyRequest, VerifyResult
from auth_service.qualification.decision import REASON_TEXTS, Outcome, Reason
from auth_service.qualification.evidence import Channel, EvidenceKind
from auth_service.storage.unit import Unit
from auth_service.web.access import VerifyingKey
from auth_service.web.forms import PhotoForm, read_photo_form
from auth_service.web.idempotency import checked_key
from auth_service.web.services import Services, services_of

FIELDS = ("id_number", "attested_by", "attested_by_device", "device_id")
_REFERENCE = re.compile(r"[A-Za-z0-9._-]{1,64}")

NOT_CONFIRMED = CodedText(
    code="not_confirmed",
    zh="未能确认。请按提示重拍，或到窗口由工作人员办理。",
    en="Not confirmed. Please follow the hints and try again, or have a member of staff do it at a counter.",
)
"""The only reason that a key without the scope `beneficiaries` is given for anything but a pass: any finer one would
tell whether the ID number belongs to somebody who is enrolled (contract.md section 4)."""


async def verification_form(request: Request, _key: VerifyingKey) -> PhotoForm:
    """The form, read only after the key was found good. raises as read_photo_form, IdempotencyKeyMissing"""
    checked_key(request)
    return await read_photo_form(request, FIELDS)


VerificationForm = Annotated[PhotoForm, Depends(verification_form)]


def verify(request: Request, key: VerifyingKey, form: VerificationForm) -> Response:
    """One attempt. Runs in a worker thread that waits for the inference pool; the event loop stays free."""
    attempt = VerifyRequest(
        id_number=form.required("id_number", 64),
        photos=form.photos,
        channel=Channel.AGENCY_API,
        actor=actor_of(key),
        attested_by=_voucher(form, key),
        by_device=_by_device(form),
    )
    services, device = services_of(request), _device(form)
    act = Act(lambda: _count(services, key, device, attempt), lambda keep: _decide(services, key, attempt, keep))
    return reply_once(request, key, form, act)


def _count(services: Services, key: ApiKey, device: str | None, attempt: VerifyRequest) -> None:
    """raises AttemptsUsedUp, IdNumberInvalid"""
    channel = attempt.channel.value
    services.limit.capture(key.id, channel, device, attempt.id_number)
    services.metrics.attempts.labels(channel).inc()


def _decide(services: Services, key: ApiKey, attempt: VerifyRequest, keep: Keep) -> None:
    reveals = Scope.BENEFICIARIES in key.scopes

    def conclude(unit: Unit, result: VerifyResult) -> None:
        keep(unit, answer_of(result, services.public_url, reveals=reveals))

    channel, measures = attempt.channel.value, services.metrics
    try:
        result = services.verify.run(attempt, conclude)
    except ImageRefused as refused:
        measures.not_acquired.labels(refused.code, channel).inc()
        raise
    measures.decisions.labels(result.decision.outcome.value, channel).inc()
    if Reason.PHOTO_QUALITY in result.decision.reasons:
        for lack in result.quality_hints:
            measures.not_acquired.labels(lack.value, channel).inc()


def answer_of(result: VerifyResult, public_url: str, *, reveals: bool) -> VerificationAnswer:
    """The result without scores. `reveals`: the caller may learn whether the ID number is in the ledger."""
    decision = result.decision
    full = reveals or decision.qualified
    reasons = tuple(
        CodedText(code=reason.value, zh=REASON_TEXTS[reason][0], en=REASON_TEXTS[reason][1])
        for reason in decision.reasons
    )
    return VerificationAnswer(
        verification_id=result.evidence_id,
        decision=decision.outcome.value if full else Outcome.REFER.value,
        zone=decision.zone.value if full and decision.zone else None,
        reasons=reasons if full else _told_to_anybody(result),
        evidence_kind=result.evidence_kind.value,
        certificate=certificate_answer(result.certificate, public_url) if result.certificate else None,
        engine=result.engine,
        calibration=result.calibration,
        hints=hints(result.quality_hints),
    )


def _told_to_anybody(result: VerifyResult) -> tuple[CodedText, ...]:
    """What may be said without telling who is in the ledger: that it was no pass, and that nobody attested."""
    if result.evidence_kind is not EvidenceKind.PHOTO:
        return (NOT_CONFIRMED,)
    zh, en = REASON_TEXTS[Reason.PHOTO_WITHOUT_ATTESTATION]
    return (NOT_CONFIRMED, CodedText(code=Reason.PHOTO_WITHOUT_ATTESTATION.value, zh=zh, en=en))


def _device(form: PhotoForm) -> str | None:
    """The agency's own reference of the device that took the photo. raises FieldInvalid"""
    reference = form.optional("device_id", 64)
    if reference is not None and not _REFERENCE.fullmatch(reference):
        raise FieldInvalid("letters, digits and . _ - only", field="device_id")
    return reference


def _voucher(form: PhotoForm, key: ApiKey) -> str | None:
    """Who says that the person was present, as `api_key:<key>:<reference of the agency>`.

    raises   ScopeMissing (the key may not attest), FieldInvalid
    """
    reference = form.optional("attested_by", 64)
    if reference is None:
        return None
    if Scope.ASSISTED not in key.scopes:
        raise ScopeMissing(Scope.ASSISTED.value, field="attested_by")
    if not _REFERENCE.fullmatch(reference):
        raise FieldInvalid("letters, digits and . _ - only", field="attested_by")
    return f"{actor_of(key)}:{reference}"


def _by_device(form: PhotoForm) -> bool:
    """raises FieldInvalid"""
    word = form.optional("attested_by_device") or "false"
    if word not in {"true", "false"}:
        raise FieldInvalid("true or false", field="attested_by_device")
    return word == "true"
