"""The calls about captures without a line, with their rules of access."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from pydantic import BaseModel

from auth_service.channels.agency.description import problems
from auth_service.channels.kiosk import description as words
from auth_service.channels.kiosk import offline
from auth_service.channels.kiosk import offline_schemas as told
from auth_service.channels.phone.held import body_words

_RECORD: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "properties": {
                        "record": {"type": "string", "format": "binary", "description": "the record's bytes"},
                        "signature": {"type": "string", "description": "made with it, base64url"},
                    },
                    "additionalProperties": {
                        "type": "string", "format": "binary", "description": "`f-<n>-<i>`: frame `i` of step `n`, JPEG",
                    },
                    "required": ["record", "signature"],
                }
            }
        },
    }
}  # fmt: skip
_RECORD_PROBLEMS = problems("400", "401", "403", "408", "409", "413", "415", "422", "429", "503")


def add_offline(app: FastAPI, prefix: str, tag: str) -> None:
    """Adds the calls; every function's parameters carry the rule (web/signed.py)."""
    app.add_api_route(
        f"{prefix}/offline-tickets", offline.tickets, methods=["POST"], response_model=None, tags=[tag],
        summary="Challenges for captures without a line", openapi_extra=words.CALL | body_words(told.TicketsBody),
        responses=_answers(200, told.TicketsAnswer, words.OPENING_PROBLEMS),
    )  # fmt: skip
    app.add_api_route(
        f"{prefix}/records", offline.record, methods=["POST"], status_code=202, response_model=None, tags=[tag],
        summary="One capture that was made without a line", openapi_extra=words.CALL | _RECORD,
        responses=_answers(200, told.RecordAnswer, _answers(202, told.RecordAnswer, _RECORD_PROBLEMS)),
    )  # fmt: skip
    app.add_api_route(
        f"{prefix}/records/{{client_event}}", offline.see, methods=["GET"], response_model=None, tags=[tag],
        summary="What became of it", openapi_extra=words.LOOK,
        responses=_answers(200, told.RecordViewAnswer, words.LOOK_PROBLEMS | problems("404")),
    )  # fmt: skip
    app.add_api_route(
        f"{prefix}/reconciliations", offline.reconcile, methods=["POST"], response_model=None, tags=[tag],
        summary="One day as the kiosk counted it", openapi_extra=words.CALL | body_words(told.ReconciliationBody),
        responses=_answers(200, told.ReconciliationAnswer, words.OPENING_PROBLEMS),
    )  # fmt: skip


def _answers(status: int, model: type[BaseModel], refusals: dict[int | str, dict[str, Any]]) -> dict[int | str, Any]:
    return {status: {"model": model}, **refusals}
