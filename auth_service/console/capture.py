"""One capture: probe and references side by side, what was asked, what each layer saw, how alike, and the decision."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import Depends
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from auth_service.console.capture_words import (
    act_words,
    chip_rows,
    flag_words,
    layer_words,
    machine_words,
    offline_words,
    reference_words,
    score_words,
    session_rows,
    step_words,
    undo_until,
)
from auth_service.console.confirm import PASSWORD, carrying, confirm, needs_password
from auth_service.console.words import ago, local_time, person_rows
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
    UndoOver,
)
from auth_service.flows.review_capture import Said
from auth_service.flows.see_capture import CaptureShown
from auth_service.qualification.review import REASONS_OF, ReviewReason, ReviewState, ReviewVerdict
from auth_service.web.access import Reviewer, ReviewPhotoReader, ReviewReader, Visitor
from auth_service.web.csrf import FIELD, check_form
from auth_service.web.errors import status_of
from auth_service.web.forms import read_page_form
from auth_service.web.headers import CSP_PHOTO
from auth_service.web.i18n import Language, language_of, text
from auth_service.web.pages import pages_of
from auth_service.web.services import services_of

_SHOWN = (
    ConfirmationNeeded, CredentialsInvalid, SignInThrottled, RateLimited, ReasonMissing, FieldInvalid, FieldTooLong,
    StaleJudgement, UndoOver,
)  # fmt: skip
"""What is said on the page itself, with everything that was written kept."""


async def decision_fields(request: Request) -> dict[str, str]:
    """The fields of the decision form."""
    return await read_page_form(request, (FIELD, "after", "verdict", "reason", "note", PASSWORD))


async def undo_fields(request: Request) -> dict[str, str]:
    """The fields of the form that takes a decision back."""
    return await read_page_form(request, (FIELD, "after"))


DecisionForm = Annotated[dict[str, str], Depends(decision_fields)]
UndoForm = Annotated[dict[str, str], Depends(undo_fields)]


def capture_page(request: Request, evidence_id: str, visitor: ReviewReader) -> Response:
    """One capture. raises NotFound"""
    return _page(request, evidence_id, visitor, None, {})


def capture_photo(request: Request, evidence_id: str, label: str, visitor: ReviewPhotoReader) -> Response:
    """The probe or one enrolled photo, audited, kept by nobody. raises NotFound"""
    return _jpeg(services_of(request).desk.see.photo(evidence_id, label, visitor.staff))


def capture_face(request: Request, evidence_id: str, label: str, visitor: ReviewPhotoReader) -> Response:
    """The face of the same picture, eyes in the same place as in every other. raises NotFound"""
    return _jpeg(services_of(request).desk.see.photo(evidence_id, label, visitor.staff, face=True))


def capture_frame(request: Request, evidence_id: str, n: int, place: int, visitor: ReviewPhotoReader) -> Response:
    """One frame of a step, made anew from its pixels, audited, kept by nobody. raises NotFound"""
    return _jpeg(services_of(request).desk.see.frame(evidence_id, n, place, visitor.staff))


def _jpeg(picture: bytes) -> Response:
    headers = {"Content-Security-Policy": CSP_PHOTO, "Content-Disposition": 'inline; filename="photo.jpg"'}
    return Response(picture, media_type="image/jpeg", headers=headers)


def decide(request: Request, evidence_id: str, visitor: Reviewer, form: DecisionForm) -> Response:
    """Records a decision; what the form lacks is said on the same page. raises CsrfRefused, NotFound, OwnCapture"""
    check_form(request, form.get(FIELD), visitor.session.csrf_token)
    try:
        said = _said(evidence_id, form)
        visitor = confirm(request, visitor, form)
        services_of(request).desk.review.decide(said, visitor.staff)
    except _SHOWN as error:
        return carrying(request, _page(request, evidence_id, visitor, error, form))
    return carrying(request, RedirectResponse(f"/console/desk/{evidence_id}?decided=1", 303))


def take_back(request: Request, evidence_id: str, visitor: Reviewer, form: UndoForm) -> Response:
    """The safe direction asks for no password. raises CsrfRefused, NotFound, AccessRefused"""
    check_form(request, form.get(FIELD), visitor.session.csrf_token)
    try:
        services_of(request).desk.review.take_back(evidence_id, form.get("after") or None, visitor.staff)
    except _SHOWN as error:
        return _page(request, evidence_id, visitor, error, {})
    return RedirectResponse(f"/console/desk/{evidence_id}?undone=1", 303)


def _said(evidence_id: str, form: dict[str, str]) -> Said:
    """raises FieldInvalid, ReasonMissing"""
    try:
        verdict = ReviewVerdict(form.get("verdict", ""))
    except ValueError as error:
        raise FieldInvalid(field="verdict") from error
    if not form.get("reason"):
        raise ReasonMissing(field="reason")
    try:
        reason = ReviewReason(form["reason"])
    except ValueError as error:
        raise FieldInvalid(field="reason") from error
    return Said(evidence_id, verdict, reason, form.get("note", ""), form.get("after") or None)


def _page(
    request: Request, evidence_id: str, visitor: Visitor, error: ServiceError | None, form: dict[str, str]
) -> Response:
    services, language = services_of(request), language_of(request)
    view = services.desk.see.run(evidence_id, visitor.staff)
    address, evidence = f"/console/desk/{evidence_id}", view.evidence
    return pages_of(request).answer(
        request,
        "capture.html",
        status_of(error) if error else 200,
        address=address,
        here=address,
        state=view.state.value,
        why=[text(f"desk.why.{reason.value}", language) for reason in view.decision.reasons],
        taken=text(
            "desk.taken", language, when=local_time(evidence.taken_at),
            channel=text(f"desk.channel.{evidence.channel.value}", language),
            ago=ago(evidence.taken_at, services.clock.now(), language),
        ),
        offline=offline_words(view.record, language),
        passed_since=view.person.last_pass is not None and view.person.last_pass > evidence.taken_at,
        person=person_rows(view.person, language),
        flags=[flag_words(one, language, linked=view.may_see_flags) for one in view.flags],
        **_pictures(address, view, language),
        **_evidence_words(view, language),
        **_decision_words(request, view, language),
        needs_password=needs_password(request, visitor),
        error=error.text(language) if error else None,
        undone=error is None and "undone" in request.query_params,
        form=form,
    )  # fmt: skip


def _pictures(address: str, view: CaptureShown, language: Language) -> dict[str, object]:
    return {
        "sees_faces": view.sees_faces,
        "probe": {"full": f"{address}/photos/probe", "face": f"{address}/faces/probe"} if view.probe else None,
        "references": [
            reference_words(address, one, place, language) for place, one in enumerate(view.references, start=1)
        ],
        "steps": step_words(address, view, language),
        "session": session_rows(view, language),
    }


def _evidence_words(view: CaptureShown, language: Language) -> dict[str, object]:
    versions = sorted(view.findings[0].versions.items()) if view.findings else []
    return {
        "score": score_words(view, language),
        "chip": chip_rows(view, language),
        "layers": [layer_words(one, language) for one in view.findings],
        "machine": machine_words(view, language),
        "versions": versions,
    }


def _decision_words(request: Request, view: CaptureShown, language: Language) -> dict[str, object]:
    newest = view.reviews[-1] if view.reviews else None
    visitor: Visitor = request.state.visitor
    policy = services_of(request).desk.policy
    open_still = newest is not None and view.state is ReviewState.DECIDED
    until = undo_until(newest, policy) if newest is not None and open_still else None
    mine = newest is not None and newest.review.done_by == visitor.staff.id
    return {
        "history": [act_words(one, view.names, language) for one in reversed(view.reviews)],
        "after": newest.id if newest else "",
        "may_decide": view.may_decide and not view.own and view.state is ReviewState.WAITING,
        "own": view.may_decide and view.own,
        "may_accept": view.may_accept,
        "may_undo": until is not None and mine and view.may_decide and services_of(request).clock.now() < until,
        "outcome": _outcome(view, until, mine, language),
        "choices": [
            (verdict.value, [(one.value, text(f"desk.reason.{one.value}", language)) for one in reasons])
            for verdict, reasons in REASONS_OF.items()
        ],
    }


def _outcome(view: CaptureShown, until: datetime | None, mine: bool, language: Language) -> str | None:
    """One sentence on what was decided and from when on it counts."""
    newest = view.reviews[-1] if view.reviews else None
    if newest is None or newest.review.verdict is None:
        return None
    verdict = newest.review.verdict.value
    if until is None:
        due = view.certificate.due_on.isoformat() if view.certificate else "—"
        return text(f"desk.settled.{verdict}", language, due=due)
    when = local_time(until)
    if mine:
        return text("desk.decided", language, when=when)
    who = view.names.get(newest.review.done_by, "?")
    return text("desk.undo.until", language, who=who, verdict=text(f"desk.decide.{verdict}", language), when=when)
