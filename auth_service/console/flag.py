"""One flag: what it means, why it was raised, both photos, who judged what, and the form to judge.

A judgement touches no money, but a false one ends what the machine asked somebody to look at; so it asks for the
password again as a decision on the review desk does (confirm.py).
"""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from auth_service.console.confirm import PASSWORD, carrying, confirm, needs_password
from auth_service.console.device_words import device_rows
from auth_service.console.words import fact_rows, local_time, person_rows, why, words_of
from auth_service.core.errors import (
    ConfirmationNeeded,
    CredentialsInvalid,
    FieldInvalid,
    FieldTooLong,
    RateLimited,
    ReasonMissing,
    ServiceError,
    SignInThrottled,
    StaleJudgement,
)
from auth_service.flows.look import FlagView
from auth_service.monitoring.flags import Verdict
from auth_service.web.access import FlagJudge, FlagPhotoReader, FlagReader, Visitor
from auth_service.web.csrf import FIELD, check_form
from auth_service.web.errors import status_of
from auth_service.web.forms import read_page_form
from auth_service.web.headers import CSP_PHOTO
from auth_service.web.i18n import Language, language_of, text
from auth_service.web.pages import pages_of
from auth_service.web.services import services_of

_SHOWN = (
    ConfirmationNeeded, CredentialsInvalid, SignInThrottled, RateLimited, ReasonMissing, FieldTooLong, FieldInvalid,
    StaleJudgement,
)  # fmt: skip
"""What is said on the page itself, with everything that was written kept."""


async def judgement_fields(request: Request) -> dict[str, str]:
    """The fields of the judgement form."""
    return await read_page_form(request, (FIELD, "after", "verdict", "reason", PASSWORD))


JudgementForm = Annotated[dict[str, str], Depends(judgement_fields)]


def flag_page(request: Request, flag_id: str, visitor: FlagReader) -> Response:
    """One flag. raises NotFound"""
    return _page(request, flag_id, visitor, None, {})


def flag_photo(request: Request, flag_id: str, label: str, visitor: FlagPhotoReader) -> Response:
    """One photo of a flag, audited, kept by nobody. raises NotFound"""
    jpeg = services_of(request).look.photo(flag_id, label, visitor.staff)
    headers = {"Content-Security-Policy": CSP_PHOTO, "Content-Disposition": 'inline; filename="photo.jpg"'}
    return Response(jpeg, media_type="image/jpeg", headers=headers)


def judge(request: Request, flag_id: str, visitor: FlagJudge, form: JudgementForm) -> Response:
    """Records a judgement; what the form lacks is said on the same page, with what was written kept.

    raises   CsrfRefused, NotFound
    """
    check_form(request, form.get(FIELD), visitor.session.csrf_token)
    try:
        verdict = _verdict(form.get("verdict", ""))
        after = form.get("after") or None
        visitor = confirm(request, visitor, form)
        services_of(request).judge_flag.run(flag_id, verdict, form.get("reason", ""), visitor.staff, after)
    except _SHOWN as error:
        return carrying(request, _page(request, flag_id, visitor, error, form))
    return carrying(request, RedirectResponse(f"/console/flags/{flag_id}?judged=1", 303))


def _verdict(word: str) -> Verdict:
    """raises FieldInvalid"""
    try:
        return Verdict(word)
    except ValueError as error:
        raise FieldInvalid(field="verdict") from error


def _page(
    request: Request, flag_id: str, visitor: Visitor, error: ServiceError | None, form: dict[str, str]
) -> Response:
    view = services_of(request).look.flag(flag_id, visitor.staff)
    language = language_of(request)
    return pages_of(request).answer(
        request,
        "flag.html",
        status_of(error) if error else 200,
        flag_id=view.id,
        rule_id=view.flag.rule_id,
        words=words_of(view.flag.rule_id, language, view.flag.severity),
        severity=view.flag.severity.value,
        raised=local_time(view.flag.raised_at),
        why=why(view.flag, language),
        facts=fact_rows(view.flag, language),
        photos=_photos(view, language),
        photos_erased=[text(f"flag.photo.{label}", language) for label in view.erased],
        photos_hidden=bool(view.flag.photos) and not view.photos and not view.erased,
        people=[person_rows(person, language) for person in view.people],
        device=device_rows(view.device, language) if view.device else [],
        **_judgements(view),
        desk=_desk(view, language),
        may_judge=view.may_judge,
        needs_password=needs_password(request, visitor),
        error=error.text(language) if error else None,
        judged=error is None and "judged" in request.query_params,
        chosen=form.get("verdict", ""),
        reason=form.get("reason", ""),
        here=f"/console/flags/{view.id}",
    )


def _desk(view: FlagView, language: Language) -> dict[str, str] | None:
    """The same capture on the review desk; an address for whoever may go there."""
    if view.desk is None:
        return None
    verdict, reason = view.desk.verdict, view.desk.reason
    return {
        "state": view.desk.state.value,
        "verdict": text(f"desk.decide.{verdict.value}", language) if verdict else "",
        "reason": text(f"desk.reason.{reason.value}", language) if reason else "",
        "url": f"/console/desk/{view.desk.evidence_id}" if view.may_see_reviews else "",
    }


def _photos(view: FlagView, language: Language) -> list[dict[str, str]]:
    return [
        {"word": text(f"flag.photo.{label}", language), "url": f"/console/flags/{view.id}/photos/{label}"}
        for label in view.photos
    ]


def _judgements(view: FlagView) -> dict[str, object]:
    """History, newest first; the state that follows; and the newest judgement that this page has shown."""
    newest = view.judgements[-1] if view.judgements else None
    history = [
        {
            "verdict": item.judgement.verdict.value,
            "reason": item.judgement.reason,
            "who": item.username,
            "when": local_time(item.judgement.judged_at),
        }
        for item in reversed(view.judgements)
    ]
    state = newest.judgement.verdict.value if newest else "open"
    return {"history": history, "state": state, "after": newest.id if newest else ""}
