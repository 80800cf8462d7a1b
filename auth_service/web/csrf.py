"""Whether a form was sent from our own page: the browser's word first, then a token that only our page knows.

Cookies are SameSite=Strict besides. source: trust.md 2.3 (three layers); ASVS 5.0, 3.5.1
"""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.requests import Request

from auth_service.accounts.credentials import same_token
from auth_service.core.errors import CsrfRefused
from auth_service.web.services import services_of

FIELD = "csrf_token"


def check_form(request: Request, given: str | None, expected: str | None) -> None:
    """raises CsrfRefused"""
    if not _from_our_page(request) or not given or not expected or not same_token(given, expected):
        raise CsrfRefused


def check_page(request: Request, *, cookie: bool) -> None:
    """For calls of our page's scripts. cookie: the call is borne by a cookie, so that a browser must have said where it
    comes from; without one, a program that says nothing may call as well. raises CsrfRefused
    """
    silent = "sec-fetch-site" not in request.headers and "origin" not in request.headers
    if silent and not cookie:
        return
    if not _from_our_page(request):
        raise CsrfRefused


def _from_our_page(request: Request) -> bool:
    """`Sec-Fetch-Site` where the browser sends it, else `Origin`. Neither means: not a browser's form."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    origin = request.headers.get("origin")
    return origin is not None and origin in _our_origins(request)


def _our_origins(request: Request) -> frozenset[str]:
    public = urlsplit(services_of(request).public_url)
    host = request.headers.get("host", "")
    return frozenset({f"{public.scheme}://{public.netloc}", f"{request.url.scheme}://{host}"})
