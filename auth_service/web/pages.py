"""Server-rendered pages: one environment, escaping on, undefined names are errors, no script anywhere."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import cast
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import HTTPConnection, Request
from starlette.responses import HTMLResponse, Response

from auth_service.accounts.roles import ROLE_WORDS, Permission, Role, may
from auth_service.core.errors import NotFound, ServiceError, SignInRequired
from auth_service.web.access import Visitor
from auth_service.web.cookies import remember_language
from auth_service.web.headers import CSP_PAGE
from auth_service.web.i18n import COOKIE, Language, asked_language, language_of, text
from auth_service.web.request_ids import request_id_of
from auth_service.web.services import services_of
from auth_service.web.static import static_url

TEMPLATES = Path(__file__).parent / "templates"


_PLACES = (
    (Permission.SEE_FLAGS, "/console/flags", "flags.title"),
    (Permission.SEE_CASES, "/console/cases", "cases.title"),
    (Permission.SEE_REVIEWS, "/console/desk", "desk.title"),
    (Permission.SEE_REQUESTS, "/console/requests", "requests.title"),
    (Permission.SEE_FLAGS, "/console/fund", "fund.title"),
    (Permission.SEE_FLAGS, "/console/scorecards", "scorecards.title"),
    (Permission.SEE_REGISTRY, "/console/batches", "batches.title"),
    (Permission.MANAGE_DEVICES, "/console/devices", "devices.title"),
    (Permission.SEE_PEOPLE, "/console/due", "due.title"),
    (Permission.SEE_PEOPLE, "/console/poverty", "poverty.title"),
    (Permission.SEE_POLICIES, "/console/policies", "policies.title"),
    (Permission.ERASE_PERSON, "/console/own-requests", "own.title"),
    (Permission.SEE_MONEY, "/console/contests", "contests.title"),
    (Permission.SEE_MONEY, "/console/proposals", "money.title"),
)
"""The lists of the console, in the order of the navigation: who sees them, where, under which word."""


class Pages:
    """Renders templates from `web` and from the given folders, in the language of the request."""

    def __init__(self, folders: Sequence[Path]) -> None:
        self._environment = Environment(
            loader=FileSystemLoader([TEMPLATES, *folders]),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )

    def answer(self, request: Request, template: str, status: int = 200, **context: object) -> Response:
        """One page. `here` in the context replaces the address that the language switch leads to."""
        language = language_of(request)
        shared = self._shared(request, language)
        body = self._environment.get_template(template).render({**shared, **context})
        headers = {
            "Content-Security-Policy": CSP_PAGE,
            "Content-Language": "zh-CN" if language == "zh" else "en",
            "Vary": "Accept, Accept-Language, Cookie",
        }
        response = HTMLResponse(body, status, headers)
        asked = asked_language(request)
        if asked is not None:
            remember_language(response, COOKIE, asked, secure=services_of(request).cookie_secure)
        return response

    def error(self, request: Request, error: ServiceError, status: int) -> Response | None:
        """A page for a person, None for a program."""
        if not wants_page(request):
            return None
        language = language_of(request)
        lead = text("error.404", language) if isinstance(error, NotFound) else error.text(language)
        return self.answer(
            request,
            "error.html",
            status,
            lead=lead,
            number=status,
            code=error.code,
            request_id=request_id_of(request),
            needs_sign_in=isinstance(error, SignInRequired),
            here="/console",
        )

    def _shared(self, request: Request, language: Language) -> dict[str, object]:
        visitor = getattr(request.state, "visitor", None)
        return {
            "t": partial(_text, language),
            "language": language,
            "agency": services_of(request).agency or text("app.agency", language),
            "other_language": "en" if language == "zh" else "zh",
            "visitor": visitor,
            "role_word": role_word(visitor.staff.role, language) if visitor else "",
            "places": [(url, text(word, language)) for permission, url, word in _PLACES if _may(visitor, permission)],
            "csrf_token": visitor.session.csrf_token if visitor else "",
            "style_url": static_url("style.css"),
            "icon_url": static_url("icon.svg"),
            "here": request.url.path,
            "switch": partial(_switch, request, language),
        }


def _may(visitor: Visitor | None, permission: Permission) -> bool:
    return visitor is not None and may(visitor.staff.role, permission)


def _text(language: Language, key: str, **values: object) -> str:
    return text(key, language, **values)


def _switch(request: Request, language: Language, here: str) -> str:
    """The same page in the other language, with its filters."""
    query = [(name, value) for name, value in request.query_params.multi_items() if name != "lang"]
    query = query if here == request.url.path else []
    return here + "?" + urlencode([*query, ("lang", "en" if language == "zh" else "zh")])


def role_word(role: Role, language: Language) -> str:
    """A role's name."""
    zh, en = ROLE_WORDS[role]
    return zh if language == "zh" else en


def wants_page(request: HTTPConnection) -> bool:
    """Whether a person's browser asks; `/v1` speaks to programs only."""
    return "text/html" in request.headers.get("accept", "") and not request.url.path.startswith("/v1/")


def pages_of(connection: HTTPConnection) -> Pages:
    """The pages of the application that serves this request."""
    return cast("Pages", connection.app.state.pages)
