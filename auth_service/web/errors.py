"""From an exception to an answer: HTTP status, `application/problem+json` (RFC 9457) or a page, never a stack.

The words stand beside the codes in core/errors.py (docs/decisions/0007-error-texts.md); here stand the numbers.
"""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from auth_service.core import errors as e
from auth_service.faces.quality import QUALITY_TEXTS, QualityReason
from auth_service.web.i18n import language_of
from auth_service.web.logging import log, where_it_broke
from auth_service.web.request_ids import request_id_of
from auth_service.web.services import services_of

MEDIA_TYPE = "application/problem+json"

STATUS: dict[type[e.ServiceError], int] = {
    e.ServiceError: 500,
    e.InputRefused: 422,
    e.ImageRefused: 422, e.ImageEmpty: 422, e.ImageTooManyBytes: 413, e.ImageTooManyPixels: 422, e.ImageTooCostly: 422,
    e.ImageFormatUnsupported: 422, e.ImageColourUnsupported: 422, e.ImageAnimated: 422, e.ImageDamaged: 422,
    e.ImagePolyglot: 422, e.FaceUnusable: 422, e.NoFaceFound: 422, e.PhotosDiffer: 422,
    e.QualityTooLow: 422,
    e.RowRefused: 422, e.FieldMissing: 422, e.FieldInvalid: 422, e.FieldTooLong: 422, e.IdNumberInvalid: 422,
    e.IdNumberCheckDigit: 422, e.IdNumberDate: 422, e.NameInvalid: 422, e.DateInvalid: 422, e.AmountInvalid: 422,
    e.DigitsLost: 422,
    e.RegionUnknown: 422, e.RowConflict: 409,
    e.FileUnreadable: 422, e.ColumnsMissing: 422, e.EvaluationSetTooSmall: 422,
    e.EnrollmentRefused: 422, e.BeneficiaryUnknown: 422, e.FaceDiffersFromReference: 422,
    e.ImageOfAnotherPerson: 422, e.ConsentMissing: 422, e.ReferencesComplete: 422,
    e.RateLimited: 429, e.AttemptsUsedUp: 429,
    e.RequestRefused: 400, e.BodyTooLarge: 413, e.BodyTooSlow: 408, e.MediaTypeUnsupported: 415,
    e.MethodNotAllowed: 405, e.NotFound: 404, e.IdempotencyKeyMissing: 400, e.IdempotencyKeyReused: 422,
    e.IdempotencyInFlight: 409, e.AlreadyExists: 409, e.EngineInUse: 409, e.PeopleLeftBehind: 409,
    e.StaleJudgement: 409, e.UndoOver: 409, e.KeyInUse: 409, e.ErasureHeldBack: 409, e.ReasonMissing: 422,
    e.SettingInvalid: 500, e.ScopesConflict: 422, e.RegistryBindingMissing: 422,
    e.ActDoesNotFollow: 409, e.ActRefused: 409, e.CaseDoesNotFollow: 409, e.CaseNeedsMeeting: 409,
    e.CaseStepMissing: 409, e.DispositionNotOfCause: 409,
    e.ContestIsOpen: 409, e.EvidenceMissing: 409, e.MakerGone: 409,
    e.MonthNotPossible: 409, e.NothingHeld: 409, e.NothingOwed: 409, e.OneIsWaiting: 409, e.PersonJustSeen: 409,
    e.LateIsNoGround: 409, e.NotToldYet: 409, e.ProposalTooOld: 409, e.SumNotSure: 409,
    e.SessionUnknown: 404, e.SessionExpired: 410, e.SessionSpent: 409, e.SessionNotStarted: 409, e.StepRefused: 422,
    e.StepConflict: 409, e.PhotoConflict: 409, e.StepLate: 409, e.CodeRefused: 422, e.CodeNotOffered: 422,
    e.StepsMissing: 409, e.NoChallengeLeft: 422,
    e.RecordInvalid: 422, e.RecordUnsigned: 422, e.RecordConflict: 409,
    e.AccessRefused: 403, e.CredentialsInvalid: 401, e.SignInRequired: 401, e.SignInThrottled: 429,
    e.CsrfRefused: 403, e.ScopeMissing: 403, e.ConfirmationNeeded: 403, e.OwnCapture: 403, e.PossessionNeeded: 403,
    e.LivePassNeeded: 403,
    e.PushRefused: 403, e.KeyUnbound: 403, e.KindNotOfKey: 403, e.SourceNotOfKey: 403,
    e.SignatureRefused: 401, e.SignatureMissing: 401, e.SignatureInvalid: 401, e.DigestMismatch: 401,
    e.SignatureReplayed: 401, e.ClockWrong: 401, e.ClockSkewed: 401, e.SignatureExpired: 401, e.DeviceRefused: 401,
    e.DeviceQuarantined: 403, e.EnrolmentCodeRefused: 403,
    e.AccountTampered: 403, e.CheckpointInvalid: 422, e.AuditBroken: 500, e.WitnessConflict: 500,
    e.WitnessUnreachable: 503,
    e.EngineFault: 503, e.WeightsMissing: 503, e.WeightsDigestWrong: 503, e.EngineUnknown: 503,
    e.CalibrationTooFew: 409, e.SecondPersonNeeded: 403, e.FlashTooFew: 409, e.FlashOutdated: 409,
    e.FlashTampered: 503,
    e.EventInFuture: 422, e.EventBeforeBirth: 422, e.ReferenceRepeated: 409, e.BatchRefused: 409,
    e.BatchUnfinished: 409, e.ImporterMissing: 409, e.ProfileRefused: 422, e.ListsMissing: 409, e.ListsGone: 409,
    e.PolicyRefused: 422, e.PolicyTampered: 503, e.RuleParameterInvalid: 422, e.RuleFixed: 409, e.RuleTampered: 503,
    e.TemplatesIncomparable: 500, e.CalibrationMissing: 503, e.CalibrationTampered: 503,
    e.ScoreInvalid: 500,
    e.StorageFault: 500, e.SealBroken: 500, e.KeyMissing: 503, e.KeyDestroyed: 409,
    e.SchemaOutdated: 503,
    e.ArchiveUnreadable: 500, e.ArchiveSignerUnknown: 500, e.ArchivePartsDiffer: 422, e.RestoreTargetNotEmpty: 409,
    e.RestoreUnfinished: 503, e.RestoreDiffers: 500, e.ArchiveKeyWrong: 500, e.BackupNeedsNewerRelease: 503,
    e.RestoreKeysMissing: 503, e.LedgerRoleMissing: 503, e.OwnerRoleMissing: 503,
    e.LinkageFault: 500, e.LinkageRoomExceeded: 503, e.SplinkMissing: 503,
    e.Unavailable: 503, e.CapacityExceeded: 503, e.DatabaseUnavailable: 503, e.KeyStoreUnavailable: 503,
    e.DownloadFailed: 503, e.DatabaseRightMissing: 503, e.TransactionConflict: 503, e.StorageFull: 503,
    e.StorageReadOnly: 503, e.PartlyDone: 503, e.TombstoneRefused: 500, e.PhotoFilesUnexplained: 500,
}  # fmt: skip
"""Every class by itself: a test fails for a class that is not listed, so that a new error is thought about."""

RETRY_AFTER_SECONDS: dict[type[e.ServiceError], int] = {
    e.CapacityExceeded: 2,
    e.IdempotencyInFlight: 2,
    e.SignInThrottled: 30,
    e.DatabaseUnavailable: 5,
    e.TransactionConflict: 1,
    e.StorageFull: 30,
    e.StorageReadOnly: 30,
    e.KeyStoreUnavailable: 5,
}
"""What `Retry-After` says; 10 for any other answer with 503 or 429."""

_OF_FRAMEWORK: dict[int, type[e.ServiceError]] = {
    401: e.CredentialsInvalid,
    403: e.AccessRefused,
    404: e.NotFound,
    405: e.MethodNotAllowed,
    413: e.BodyTooLarge,
    415: e.MediaTypeUnsupported,
    422: e.RequestRefused,
}

PageMaker = Callable[[Request, e.ServiceError, int], Response | None]
"""Answers with a page where a person looks, or None where a program does."""


def status_of(error: e.ServiceError) -> int:
    """The HTTP status; a class that nobody listed counts as its nearest listed parent."""
    return next(STATUS[cls] for cls in type(error).__mro__ if cls in STATUS)


def problem(error: e.ServiceError, status: int, request_id: str, language: str) -> dict[str, Any]:
    """The body after RFC 9457, with our members. What broke inside (status >= 500) is never detailed."""
    body: dict[str, Any] = {
        "type": f"urn:auth-service:error:{error.code}",
        "title": error.text(language),
        "titles": {"zh": error.zh, "en": error.en},
        "status": status,
        "code": error.code,
        "request_id": request_id,
        "retryable": error.retryable,
    }
    if error.detail and status < 500:
        body["detail"] = error.detail
    if error.field:
        body["field"] = error.field
    if isinstance(error, e.QualityTooLow):
        body["hints"] = [hint(QualityReason(code)) for code in error.detail.split(",") if code in _QUALITY_CODES]
    return body


_QUALITY_CODES = frozenset(QualityReason)


def hint(reason: QualityReason) -> dict[str, str]:
    """What the person can do better, in both languages."""
    zh, en = QUALITY_TEXTS[reason]
    return {"code": reason.value, "zh": zh, "en": en}


def problem_response(request: Request, error: e.ServiceError, status: int | None = None) -> Response:
    """The answer for a program."""
    code = status or status_of(error)
    language = language_of(request)
    body = problem(error, code, request_id_of(request), language)
    return JSONResponse(body, code, _headers(error, code, language), media_type=MEDIA_TYPE)


def _headers(error: e.ServiceError, status: int, language: str) -> dict[str, str]:
    headers = {"Content-Language": language, "Vary": "Accept-Language, Cookie"}
    if status in {429, 503} or type(error) in RETRY_AFTER_SECONDS:
        wait = error.retry_after if isinstance(error, e.RateLimited) else RETRY_AFTER_SECONDS.get(type(error), 10)
        headers["Retry-After"] = str(wait)
    if status == HTTPStatus.UNAUTHORIZED and isinstance(error, e.CredentialsInvalid):
        headers["WWW-Authenticate"] = 'Bearer realm="auth-service"'
    if status == HTTPStatus.UNAUTHORIZED and isinstance(error, e.SignatureRefused | e.DeviceRefused):
        headers["WWW-Authenticate"] = 'Signature realm="auth-service"'
    return headers


class ErrorAnswers:
    """The handlers of one application. `pages` draws the answer for a person, if a person is looking."""

    def __init__(self, pages: PageMaker) -> None:
        self._pages = pages

    def install(self, app: FastAPI) -> None:
        """Handlers for our errors, the framework's own, and refused parameters."""
        app.add_exception_handler(e.ServiceError, self._expected)
        app.add_exception_handler(HTTPException, self._of_framework)
        app.add_exception_handler(RequestValidationError, self._of_parameters)

    def answer(self, request: Request, error: e.ServiceError) -> Response:
        """Status, words and form for one error; what broke inside is logged by code and place."""
        status = status_of(error)
        services_of(request).metrics.errors.labels(error.code).inc()
        if status >= 500:
            log.error(
                "fault", request_id=request_id_of(request), code=error.code, error_type=type(error).__name__,
                error_at=where_it_broke(error),
            )  # fmt: skip
        page = self._pages(request, error, status)
        if page is None:
            return problem_response(request, error, status)
        for name, value in _headers(error, status, language_of(request)).items():
            page.headers.setdefault(name, value)
        return page

    async def _expected(self, request: Request, error: Exception) -> Response:
        assert isinstance(error, e.ServiceError)  # noqa: S101 - the framework types handlers too widely
        return self.answer(request, error)

    async def _of_framework(self, request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)  # noqa: S101
        ours = _OF_FRAMEWORK.get(error.status_code, e.RequestRefused if error.status_code < 500 else e.ServiceError)
        response = self.answer(request, ours())
        for name, value in (error.headers or {}).items():
            response.headers[name] = value
        return response

    async def _of_parameters(self, request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)  # noqa: S101
        first = error.errors()[0] if error.errors() else {"loc": ()}
        place = [str(part) for part in first["loc"] if isinstance(part, str)]
        return self.answer(request, e.RequestRefused(field=place[-1] if place else None))


class LastHandler:
    """Catches what nobody foresaw: logged by type and place, answered like any other fault, nothing shown."""

    def __init__(self, app: ASGIApp, answer: Callable[[Request, e.ServiceError], Response]) -> None:
        self._app = app
        self._answer = answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = False

        async def noting(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, noting)
        except ClientDisconnect:
            log.info("client_gone", request_id=scope["state"].get("request_id"))
        except Exception as error:  # noqa: BLE001 - the last handler (architecture.md, errors)
            log.error(
                "unforeseen", request_id=scope["state"].get("request_id"), error_type=type(error).__name__,
                error_at=where_it_broke(error),
            )  # fmt: skip
            if not started:
                await self._answer(Request(scope), e.ServiceError())(scope, receive, send)
