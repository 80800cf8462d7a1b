"""GET /v1/texts/{kind}/{version}: what a person must be shown before a photo is taken, for agencies' own pages."""

from __future__ import annotations

import dataclasses

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from auth_service.channels.agency.schemas import TextAnswer
from auth_service.web.i18n import language_of
from auth_service.web.services import services_of


def shown(request: Request, kind: str, version: str) -> Response:
    """The consent text or the notice in the language asked for (`?lang=`, Accept-Language). raises NotFound"""
    language = language_of(request)
    text = services_of(request).shown_text(kind, version, language)
    answer = TextAnswer.model_validate(dataclasses.asdict(text))
    return JSONResponse(
        answer.model_dump(mode="json"), headers={"Content-Language": language, "Vary": "Accept-Language, Cookie"}
    )
