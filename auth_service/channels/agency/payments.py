"""/v1/payment-proposals: the paying agency reads what is approved, and says what it did. Nothing is proposed here."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from auth_service.accounts.credentials import ApiKey
from auth_service.channels.agency.replies import Act, Keep, actor_of, reply_once
from auth_service.channels.agency.schemas import ActAnswer, AnswerBody, AnswerKept, ProposalAnswer, ProposalList
from auth_service.core.clock import legal_date
from auth_service.core.errors import FieldInvalid, MediaTypeUnsupported, NotFound
from auth_service.payments.instructions import GivenAnswer, Instruction, check_answer
from auth_service.storage.unit import PayingAnswer
from auth_service.web.access import PayingKey
from auth_service.web.forms import PhotoForm
from auth_service.web.idempotency import checked_key
from auth_service.web.services import Services, services_of

_LONGEST_CURSOR = 300
_MOST = 200


async def answer_body(request: Request, _key: PayingKey) -> AnswerBody:
    """The body, read only after the key was found good. raises IdempotencyKeyMissing, RequestRefused"""
    checked_key(request)
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise MediaTypeUnsupported("JSON is expected")
    try:
        return AnswerBody.model_validate_json(await request.body())
    except ValidationError as refused:
        raise RequestValidationError(refused.errors(include_url=False, include_context=False)) from refused


Answering = Annotated[AnswerBody, Depends(answer_body)]


def listed(request: Request, _key: PayingKey) -> Response:
    """One page. raises FieldInvalid: cursor, limit"""
    query = request.query_params
    cursor = query.get("cursor", "")[:_LONGEST_CURSOR] or None
    page = services_of(request).queries.instructions(cursor, limit_of(query.get("limit", "50")))
    told = ProposalList(
        proposals=tuple(_told(instruction, answer) for instruction, answer in page.rows), next_cursor=page.next_cursor
    )
    return JSONResponse(told.model_dump(mode="json"))


def answer(request: Request, proposal_id: str, key: PayingKey, body: Answering) -> Response:
    """Keeps what was done. raises NotFound (no approved act has this id), FieldMissing, DateInvalid"""
    services = services_of(request)
    values = {"instruction": proposal_id, "outcome": body.outcome, "code": body.code, "done_on": body.done_on or ""}
    given = check_answer(values, legal_date(services.clock.now()))
    form = PhotoForm(values, ())
    return reply_once(request, key, form, Act(lambda: None, lambda keep: _keep(services, key, given, keep)))


def _keep(services: Services, key: ApiKey, given: GivenAnswer, keep: Keep) -> None:
    try:
        services.money.answer_payment.run(
            given, actor_of(key), lambda unit, new: keep(unit, AnswerKept(id=given.instruction, new=new))
        )
    except FieldInvalid as error:
        if error.field == "instruction":
            raise NotFound from error
        raise


def limit_of(text: str) -> int:
    """Rows of one page. raises FieldInvalid"""
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:4]) <= _MOST and len(text) <= 3):
        raise FieldInvalid(f"1 to {_MOST}", field="limit")
    return int(text)


def _told(instruction: Instruction, answer: PayingAnswer | None) -> ProposalAnswer:
    return ProposalAnswer(
        id=instruction.id,
        person_key=instruction.person_key,
        benefit_kind=instruction.benefit.value,
        act=instruction.act.value,
        month=instruction.month,
        amount=None if instruction.amount is None else f"{instruction.amount:.2f}",
        approved_at=instruction.approved_at,
        answer=None
        if answer is None
        else ActAnswer(outcome=answer.outcome.value, code=answer.code, done_on=answer.done_on),
    )
