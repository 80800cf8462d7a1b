"""A photo that somebody left on the phone's page: looked at by an officer, accepted or refused."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from auth_service.console.confirm import PASSWORD, carrying, confirm
from auth_service.console.requests import SHOWN, request_view
from auth_service.core.errors import (
    ConfirmationNeeded,
    CredentialsInvalid,
    EnrollmentRefused,
    FieldInvalid,
    ImageOfAnotherPerson,
    QualityTooLow,
    SignInThrottled,
)
from auth_service.flows.answer_photo import Checked
from auth_service.web.access import RequestAnswerer
from auth_service.web.csrf import FIELD, check_form
from auth_service.web.forms import read_page_form
from auth_service.web.headers import CSP_PHOTO
from auth_service.web.services import Services, services_of

_TOLD = (
    *SHOWN,
    ConfirmationNeeded,
    CredentialsInvalid,
    EnrollmentRefused,
    ImageOfAnotherPerson,
    QualityTooLow,
    SignInThrottled,
)
_ACCEPTED, _REFUSED = "accepted", "refused"


async def answer_fields(request: Request) -> dict[str, str]:
    """The fields of the form that answers a photo."""
    return await read_page_form(request, (FIELD, PASSWORD, "verdict", "checked", "note"))


AnswerForm = Annotated[dict[str, str], Depends(answer_fields)]


def left_photo(request: Request, request_id: str, visitor: RequestAnswerer) -> Response:
    """The picture, audited, kept by nobody. raises NotFound, StaleJudgement"""
    jpeg = services_of(request).desk.photo.picture(request_id, visitor.staff)
    headers = {"Content-Security-Policy": CSP_PHOTO, "Content-Disposition": 'inline; filename="photo.jpg"'}
    return Response(jpeg, media_type="image/jpeg", headers=headers)


def answer_photo(request: Request, request_id: str, visitor: RequestAnswerer, form: AnswerForm) -> Response:
    """Accepts or refuses it; what the form lacks is said on the same page. raises CsrfRefused, NotFound"""
    check_form(request, form.get(FIELD), visitor.session.csrf_token)
    try:
        verdict, checked = _said(form)
        visitor = confirm(request, visitor, form)
        _answer(services_of(request), request_id, (verdict, checked, form.get("note", "")), visitor)
    except _TOLD as error:
        return carrying(request, request_view(request, request_id, visitor, error, written=form))
    return carrying(request, RedirectResponse(f"/console/requests/{request_id}?recorded=1", 303))


def _answer(
    services: Services, request_id: str, said: tuple[str, Checked | None, str], visitor: RequestAnswerer
) -> None:
    verdict, checked, note = said
    if verdict == _ACCEPTED and checked is not None:
        services.desk.photo.accept(request_id, checked, note, visitor.staff)
    else:
        services.desk.photo.refuse(request_id, note, visitor.staff)


def _said(form: dict[str, str]) -> tuple[str, Checked | None]:
    """Whoever accepts says what the photo was held against. raises FieldInvalid"""
    verdict = form.get("verdict", "")
    if verdict == _REFUSED:
        return verdict, None
    if verdict != _ACCEPTED:
        raise FieldInvalid(field="verdict")
    try:
        return verdict, Checked(form.get("checked", ""))
    except ValueError as error:
        raise FieldInvalid(field="checked") from error
