"""/openapi.json: the API as a document that tools read (OpenAPI 3.1)."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from auth_service.channels.agency.schemas import AnswerBody, Problem
from auth_service.crosscheck.sources import RegistryKind
from auth_service.enrollment.consent import ConsentBasis
from auth_service.enrollment.sources import PhotoSource
from auth_service.monitoring.flags import Severity
from auth_service.web.errors import MEDIA_TYPE
from auth_service.web.limits import PHOTOS

TITLE = "Benefit-eligibility authentication 社会保险待遇领取资格认证"
_DESCRIPTION = """Enrolment of reference photos and one-to-one verification for agencies' own systems, files of
registries and flags; capture sessions of the beneficiary's own page, which a cookie bears and a browser sends from that
page alone; and those of kiosks, whose every request is signed.

Every error is `application/problem+json` (RFC 9457) with a stable `code`, a `title` in Chinese or English
(`Accept-Language`), a `request_id` and `retryable`. Every POST needs an `Idempotency-Key`: the same key and content
give the first answer again with `Idempotency-Replayed: true`. Photos are JPEG, PNG or WebP, at most 4 MB and
12 million pixels. Scores and thresholds are never answered. Without the scope `beneficiaries` no answer tells whether
an ID number is in the ledger."""
_STATUSES = {
    "400": "the request has a wrong form", "401": "no key or signature, or a wrong one",
    "403": "the key lacks the scope, or the device may not",
    "404": "there is no such thing", "408": "the body did not come in time",
    "409": "the same request is being processed, or the session does not stand where this fits",
    "410": "the session's time is over",
    "413": "too large", "415": "not a multipart form", "422": "the content cannot be used, or the key was reused",
    "429": "too many requests, or too many tries for this person here; see Retry-After",
    "500": "a fault; nothing was decided", "503": "busy or not available; see Retry-After",
}  # fmt: skip


def describe(app: FastAPI) -> dict[str, Any]:
    """The document, made once per application."""
    if app.openapi_schema is None:
        schema = get_openapi(
            title=TITLE, version=app.version, description=_DESCRIPTION, routes=app.routes, openapi_version="3.1.0"
        )
        components = schema.setdefault("components", {})
        components.setdefault("schemas", {})["Problem"] = Problem.model_json_schema(
            ref_template="#/components/schemas/{model}"
        )
        components["schemas"].update(components["schemas"]["Problem"].pop("$defs", {}))
        components["securitySchemes"] = {
            "deviceSignature": {
                "type": "http",
                "scheme": "signature",
                "description": "RFC 9421 with Ed25519, by the key of a device of the registry",
            },
            "captureSession": {
                "type": "apiKey",
                "in": "cookie",
                "name": "__Host-auth_service_capture",
                "description": "given for the one-time ticket of a capture session",
            },
            "apiKey": {"type": "http", "scheme": "bearer", "description": "`Authorization: Bearer ak_<id>_<secret>`"},
        }
        app.openapi_schema = schema
    return app.openapi_schema


def problems(*statuses: str) -> dict[int | str, dict[str, Any]]:
    """The refusals that a route may answer with."""
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {status: {"description": _STATUSES[status], "content": content} for status in statuses}


POST_PROBLEMS = problems(*(status for status in _STATUSES if status not in {"404", "410"}))

IDEMPOTENCY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": True,
    "schema": {"type": "string", "minLength": 8, "maxLength": 255},
    "description": "made by the caller, one per act",
}


def multipart(fields: dict[str, Any], required: list[str]) -> dict[str, Any]:
    """The request of a route that reads its form itself, after it has seen who asks."""
    photo = {
        "type": "array",
        "minItems": 1,
        "maxItems": PHOTOS,
        "items": {"type": "string", "format": "binary"},
        "description": "one to three photos of the same person, the same moment",
    }
    schema = {"type": "object", "properties": {**fields, "photo": photo}, "required": [*required, "photo"]}
    return {
        "parameters": [IDEMPOTENCY],
        "requestBody": {"required": True, "content": {"multipart/form-data": {"schema": schema}}},
        "security": [{"apiKey": []}],
    }


def _text(description: str, **more: Any) -> dict[str, Any]:
    return {"type": "string", "description": description, **more}


VERIFY_REQUEST = multipart(
    {
        "id_number": _text("18-digit or 15-digit ID number", maxLength=64),
        "attested_by": _text("your own reference of the officer who saw the person; needs the scope `assisted`"),
        "device_id": _text("your own reference of the device that took the photo; limits count by it", maxLength=64),
        "attested_by_device": _text("`true` when a device attests, not an officer", enum=["true", "false"]),
    },
    ["id_number"],
)
ENROLL_REQUEST = multipart(
    {
        "id_number": _text("18-digit or 15-digit ID number", maxLength=64),
        "photo_source": _text("where the photo comes from", enum=[source.value for source in PhotoSource]),
        "taken_on": _text("date of the photo", format="date"),
        "consent_basis": _text("ground for processing the face", enum=[basis.value for basis in ConsentBasis]),
        "consent_text_version": _text("version of the text that the person read", maxLength=64),
        "consent_language": _text("language of that text; zh unless given", enum=["zh", "en"]),
        "consent_reference": _text("form number, or the law of a statutory duty", maxLength=200),
    },
    ["id_number", "photo_source", "consent_basis", "consent_text_version"],
)
LIST_REQUEST: dict[str, Any] = {
    "parameters": [
        {
            "name": "cursor",
            "in": "query",
            "schema": {"type": "string", "maxLength": 300},
            "description": "`next_cursor` of the page before",
        },
        {"name": "limit", "in": "query", "schema": {"type": "integer", "minimum": 1, "maximum": 200, "default": 50}},
    ],
    "security": [{"apiKey": []}],
}
ANSWER_REQUEST: dict[str, Any] = {
    "parameters": [IDEMPOTENCY],
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": AnswerBody.model_json_schema()}},
    },
    "security": [{"apiKey": []}],
}
BATCH_REQUEST: dict[str, Any] = {
    "parameters": [IDEMPOTENCY],
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "properties": {
                        "kind": _text("what the registry tells", enum=[kind.value for kind in RegistryKind]),
                        "source": _text("the source that the key speaks for; taken when left out", maxLength=64),
                        "file": _text("CSV or XLSX, at most 4 MB; columns: docs/integration/registries.md",
                                      format="binary"),
                    },
                    "required": ["kind", "file"],
                }
            }
        },
    },
    "security": [{"apiKey": []}],
}  # fmt: skip
SEEN_REQUEST: dict[str, Any] = {"security": [{"apiKey": []}]}


def _filter(name: str, **schema: Any) -> dict[str, Any]:
    return {"name": name, "in": "query", "schema": {"type": "string", **schema}}


FLAGS_REQUEST: dict[str, Any] = {
    "parameters": [
        _filter("state", enum=["open", "needs_check", "false_flag", "all"], default="open"),
        _filter("rule", pattern="^[A-Z][0-9]{2}$"),
        _filter("severity", enum=[severity.value for severity in Severity]),
        _filter("region", pattern="^[0-9]{2,12}$"),
        *LIST_REQUEST["parameters"],
    ],
    "security": [{"apiKey": []}],
}
