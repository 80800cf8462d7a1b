"""How the phone's page shows that a capture session is its own: a cookie that no script reads.

The value is the session's token and, once the camera runs, its nonce. One browser holds one session at a time.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from auth_service.accounts.credentials import new_token
from auth_service.core.errors import SessionUnknown
from auth_service.flows.session_terms import SessionKey
from auth_service.web.cookies import capture_cookie_name, drop_cookie, phone_cookie_name, set_cookie
from auth_service.web.csrf import check_page
from auth_service.web.services import services_of

_VALUE = re.compile(r"([A-Za-z0-9_-]{20,200})(?:\.([0-9a-f]{32}))?")
_MARK = re.compile(r"[A-Za-z0-9_-]{43}")
READING = frozenset({"GET", "HEAD"})


@dataclass(frozen=True, slots=True)
class HoldsSession:
    """Whoever holds the cookie of the session in the path; a call that changes something must come from our page.

    The session is looked up before the request's body is read.
    raises  CsrfRefused, SessionUnknown: no cookie, or one of another session
    """

    def __call__(self, request: Request, session_id: str) -> SessionKey:
        services = services_of(request)
        if request.method not in READING:
            check_page(request, cookie=True)
        found = _VALUE.fullmatch(request.cookies.get(capture_cookie_name(secure=services.cookie_secure), ""))
        if found is None:
            raise SessionUnknown
        key = SessionKey(session_id, found[1], bytes.fromhex(found[2] or ""))
        services.captures.see.run(key)
        return key


@dataclass(frozen=True, slots=True)
class HoldsNamedSession(HoldsSession):
    """The same where the query names the session: calls about the person rather than about the capture."""

    def __call__(self, request: Request, session_id: str = "") -> SessionKey:
        return HoldsSession.__call__(self, request, session_id)


def phone_mark(request: Request) -> str:
    """What this browser is known by where people on one phone are counted; a new one for what is none."""
    given = request.cookies.get(phone_cookie_name(secure=services_of(request).cookie_secure), "")
    return given if _MARK.fullmatch(given) else new_token()


def keep(request: Request, response: Response, key: SessionKey) -> None:
    """The cookie, as long as the browser's window."""
    secure = services_of(request).cookie_secure
    value = f"{key.token}.{key.nonce.hex()}" if key.nonce else key.token
    set_cookie(response, capture_cookie_name(secure=secure), value, secure=secure)


def forget(request: Request, response: Response) -> None:
    """Takes it back."""
    secure = services_of(request).cookie_secure
    drop_cookie(response, capture_cookie_name(secure=secure), secure=secure)
