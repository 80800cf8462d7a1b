"""POST /v1/enrollments: photos become the references of one person, from an agency's system."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import Depends
from starlette.requests import Request
from starlette.responses import Response

from auth_service.accounts.roles import Scope
from auth_service.channels.agency.replies import Act, Keep, actor_of, reply_once
from auth_service.channels.agency.schemas import EnrollmentAnswer, hints
from auth_service.core.clock import legal_date
from auth_service.core.errors import ConsentMissing, DateInvalid, FieldInvalid
from auth_service.enrollment.consent import Consent, ConsentBasis
from auth_service.enrollment.sources import parse_photo_source
from auth_service.flows.enroll import Enrolled, EnrollRequest
from auth_service.qualification.evidence import Channel
from auth_service.web.access import EnrollingKey
from auth_service.web.forms import PhotoForm, read_photo_form
from auth_service.web.idempotency import checked_key
from auth_service.web.services import Services, services_of

FIELDS = (
    "id_number", "photo_source", "taken_on", "consent_basis", "consent_text_version", "consent_language",
    "consent_reference",
)  # fmt: skip


async def enrollment_form(request: Request, _key: EnrollingKey) -> PhotoForm:
    """The form, read only after the key was found good. raises as read_photo_form, IdempotencyKeyMissing"""
    checked_key(request)
    return await read_photo_form(request, FIELDS)


EnrollmentForm = Annotated[PhotoForm, Depends(enrollment_form)]


def enroll(request: Request, key: EnrollingKey, form: EnrollmentForm) -> Response:
    """One person's photos. Runs in a worker thread that waits for the inference pool."""
    services = services_of(request)
    offer = EnrollRequest(
        id_number=form.required("id_number", 64),
        photos=form.photos,
        source=parse_photo_source(form.required("photo_source")),
        taken_on=_taken_on(form, services),
        consent=_consent(form, services),
        actor=actor_of(key),
        channel=Channel.AGENCY_API.value,
        reveal_unknown=Scope.BENEFICIARIES in key.scopes,
    )
    act = Act(
        lambda: services.limit.enrollment(key.id, offer.id_number), lambda keep: _enroll(services, offer, keep), 201
    )
    return reply_once(request, key, form, act)


def _enroll(services: Services, offer: EnrollRequest, keep: Keep) -> None:
    services.enroll.one(offer, lambda unit, done: keep(unit, _answer(done)))


def _answer(enrolled: Enrolled) -> EnrollmentAnswer:
    return EnrollmentAnswer(
        enrollment_id=enrolled.enrollment_id,
        reference_set_id=enrolled.reference_set_id,
        photos=enrolled.photos,
        usable=enrolled.usable,
        hints=hints(enrolled.hints),
    )


def _taken_on(form: PhotoForm, services: Services) -> date | None:
    """raises DateInvalid (not `YYYY-MM-DD`, or not yet)"""
    word = form.optional("taken_on", 10)
    if word is None:
        return None
    try:
        day = date.fromisoformat(word)
    except ValueError as error:
        raise DateInvalid("YYYY-MM-DD", field="taken_on") from error
    if day > legal_date(services.clock.now()):
        raise DateInvalid("in the future", field="taken_on")
    return day


def _consent(form: PhotoForm, services: Services) -> Consent:
    """raises ConsentMissing (no ground, no text version, or a statutory duty without its law), FieldInvalid"""
    basis = form.optional("consent_basis")
    version = form.optional("consent_text_version", 64)
    if basis is None or version is None:
        raise ConsentMissing(field="consent_basis" if basis is None else "consent_text_version")
    if basis not in set(ConsentBasis):
        raise FieldInvalid(f"one of: {', '.join(ConsentBasis)}", field="consent_basis")
    reference = form.optional("consent_reference", 200)
    if basis == ConsentBasis.STATUTORY_DUTY and reference is None:
        raise ConsentMissing("name the law", field="consent_reference")
    language = form.optional("consent_language", 2) or "zh"
    if language not in {"zh", "en"}:
        raise FieldInvalid("zh or en", field="consent_language")
    now = services.clock.now()
    return Consent(ConsentBasis(basis), version, language, Channel.AGENCY_API.value, now, reference)
